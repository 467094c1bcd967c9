/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S: the image's notes and its first instructions.
 */
#include <xen/elfnote.h>
#include <noxs/elfnote.h>

#define GUEST_BASE 0x100000

.macro note name:req, type:req, value:vararg
    .pushsection .note.guest, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, \type
1:  .asciz "\name"
2:  .balign 4
3:  \value
4:  .balign 4
    .popsection
.endm

    note Xen, XEN_ELFNOTE_GUEST_OS, .asciz "chaos"
    note Xen, XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    note Xen, XEN_ELFNOTE_LOADER, .asciz "generic"
    note Xen, XEN_ELFNOTE_VIRT_BASE, .quad GUEST_BASE
    note Xen, XEN_ELFNOTE_PADDR_OFFSET, .quad GUEST_BASE
    note Xen, XEN_ELFNOTE_ENTRY, .quad guest_entry
    note Xen, XEN_ELFNOTE_PHYS32_ENTRY, .long pvh_entry
    note Xen, XEN_ELFNOTE_PAE_MODE, .asciz "yes"
    note Xen, XEN_ELFNOTE_FEATURES, .asciz "pae_pgdir_above_4gb"
    note Xen, XEN_ELFNOTE_HV_START_LOW, .quad 0xffff800000000000
    note Xen, XEN_ELFNOTE_SUSPEND_CANCEL, .long 1
    note noxs, NOXS_ELFNOTE_BOOT, .long guest_boot_flags

/* rsi: start_info; rsp: the top of the boot stack, end of what was placed. */
    .section .text..start, "ax"
    .globl guest_entry
guest_entry:
    cld
    xorl %ebp, %ebp
    movq %rsi, %rdi
    movq %rsp, %rsi
    call guest_start

/* start_on_stack(top, fn): leave this stack for ever. */
    .text
    .globl start_on_stack
start_on_stack:
    movq %rdi, %rsp
    xorl %ebp, %ebp
    call *%rsi

/* The one place of hypercalls; pvh.c writes another instruction over it. */
    .globl guest_hypercall
guest_hypercall:
    syscall
    nop
    ret

    .section .note.GNU-stack, "", @progbits
