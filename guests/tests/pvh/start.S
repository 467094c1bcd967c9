/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S: the note, the first instructions and, for the 64-bit guest, the way
 * into long mode and back into its 32-bit half.
 *
 * PVH starts us in flat 32-bit protected mode without paging, ebx being the
 * address of struct hvm_start_info.
 */
#include <xen/elfnote.h>

    .pushsection .note.guest, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, XEN_ELFNOTE_PHYS32_ENTRY
1:  .asciz "Xen"
2:  .balign 4
3:  .long pvh_entry
4:  .balign 4
    .popsection

    .section .bss.stack, "aw", @nobits
    .balign 16
    .skip 16384
stack_top:

    /* Xen fills it in: 32 bytes for each hypercall. */
    .section .bss.hypercalls, "aw", @nobits
    .balign 4096
    .globl hypercalls
hypercalls:
    .skip 4096

    .section .text..start, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    cld
    movl $stack_top, %esp

#ifndef __x86_64__
    subl $12, %esp
    pushl %ebx
    call pvh_main
#else
#define CODE64 0x08
#define DATA 0x10
#define CODE32 0x18
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define CR0_PG 0x80000000
#define CR0_WP 0x10000

    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $root_table, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PG | CR0_WP), %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $CODE64, $1f

    .code64
1:  movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %ebx, %edi
    movl $stack_top, %esp
    call pvh_main

/*
 * long hypercall_compat(rdi: op, rsi: arg, rdx: buf): the noxs hypercall by a
 * 32-bit caller of a 64-bit guest. The upper halves stay in the registers.
 */
    .text
    .globl hypercall_compat
hypercall_compat:
    pushq %rbx
    movq %rdi, %rbx
    movq %rsi, %rcx
    pushq $CODE32
    pushq $1f
    lretq
    .code32
1:  call hypercalls + 43 * 32
    ljmp $CODE64, $2f
    .code64
2:  movslq %eax, %rax
    popq %rbx
    ret

    /* The first GB as it is; the second is test_directory's. */
    .data
    .balign 4096
root_table:
    .quad pointer_table + 3
    .fill 511, 8, 0
pointer_table:
    .quad directory + 3
    .quad test_directory + 3
    .fill 510, 8, 0
directory:
    .set address, 0
    .rept 512
    .quad address + 0x83
    .set address, address + 0x200000
    .endr
    .globl test_directory
test_directory:
    .fill 512, 8, 0

gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00cf9b000000ffff
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt
#endif

    .section .note.GNU-stack, "", @progbits
