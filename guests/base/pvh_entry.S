/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvh_entry.S: the other way in: PVH starts the image in flat 32-bit mode
 * without paging, ebx being the address of struct hvm_start_info. From here it
 * goes to 64-bit mode, all addresses below 4 GB but the first page mapped as
 * they are.
 */
#include "pvh.h"

#define CR0_PG_WP 0x80010000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define LARGE 0x200000

    .section .text.pvh_entry, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    cld
    xorl %eax, %eax
    movl $PVH_LOW, %edi
    movl $((PVH_LOW_END - PVH_LOW) / 4), %ecx
    rep stosl

    movl $(PVH_L3 + PVH_PTE), PVH_L4
    movl $(PVH_L2 + PVH_PTE), %eax
    movl $PVH_L3, %edi
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $0x1000, %eax
    addl $8, %edi
    loop 1b
    /* 2 MB each, until the address does not fit into 32 bits. */
    movl $PVH_PTE_LARGE, %eax
    movl $PVH_L2, %edi
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $LARGE, %eax
    jnc 1b
    /* The first 2 MB by pages, the first of them not at all. */
    movl $(PVH_L1 + PVH_PTE), PVH_L2
    movl $(0x1000 + PVH_PTE), %eax
    movl $(PVH_L1 + 8), %edi
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x1000, %eax
    cmpl $LARGE, %eax
    jb 1b

    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $PVH_L4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG_WP, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $PVH_CODE, $1f

    .code64
1:  movl $PVH_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $PVH_STACK_TOP, %esp
    xorl %ebp, %ebp
    movl %ebx, %edi
    call pvh_start

    /* Used already, so that the processor has nothing to write to them. */
    .section .rodata.pvh_entry, "a"
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .section .note.GNU-stack, "", @progbits
