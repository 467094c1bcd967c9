/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap_entry.S: where Xen enters a PV guest, and its processor a PVH guest:
 * traps and events.
 *
 * Xen aligns the stack to 16 bytes and pushes ss, rsp, rflags, cs, rip, for
 * some vectors an error code, then r11 and rcx. The stubs complete that to
 * struct trap_regs. The way back is the iret hypercall, whose frame is rax,
 * r11, rcx, flags, rip, cs, rflags, rsp, ss; its rflags.IF turns events on.
 *
 * The processor pushes the same without r11 and rcx, so that PVH enters behind
 * the instructions that pop these (PV_POPS of pvh.c), and returns by iretq.
 */
#include <xen/xen.h>

    .text

.macro trap vector:req, error=0
    .globl trap_\vector
trap_\vector:
    popq %rcx
    popq %r11
    .ifeq \error
    pushq $0
    .endif
    pushq $\vector
    jmp trap_common
.endm

    trap 0
    trap 1
    trap 3
    trap 4
    trap 5
    trap 6
    trap 7
    trap 10, 1
    trap 11, 1
    trap 12, 1
    trap 13, 1
    trap 14, 1
    trap 16
    trap 17, 1
    trap 19

    .globl entry_event
entry_event:
    popq %rcx
    popq %r11
    pushq $0
    pushq $-1
trap_common:
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    movq %rsp, %rdi
    call trap_handle
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    addq $16, %rsp
    cmpb $0, guest_is_pvh
    jne 1f
    pushq $0
    pushq %rcx
    pushq %r11
    pushq %rax
    movl $__HYPERVISOR_iret, %eax
    syscall
1:  iretq

/*
 * Turn interrupts on and halt. The processor takes none between the two, but
 * one of the host may take the guest away there, and not all hosts know about
 * the promise when they let it go on: what comes then finds the guest at hlt,
 * and is what the halt was for. So trap_handle returns behind it.
 */
    .globl pvh_halt, pvh_halt_hlt, pvh_halt_done
pvh_halt:
    sti
pvh_halt_hlt:
    hlt
pvh_halt_done:
    ret

/* Xen could not load a segment of the guest: nothing to go back to. */
    .globl entry_failsafe
entry_failsafe:
    andq $~15, %rsp
    call trap_failsafe

/*
 * bool trap_try_call(fn, arg, uint64_t *rsp_out): call fn(arg). trap_handle
 * lets a trap return to trap_try_out with this rsp and rax 1.
 */
    .globl trap_try_call, trap_try_out
trap_try_call:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    movq %rsp, (%rdx)
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    xorl %eax, %eax
trap_try_out:
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret

    .section .note.GNU-stack, "", @progbits
