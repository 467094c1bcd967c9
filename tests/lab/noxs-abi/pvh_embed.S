/* SPDX-License-Identifier: GPL-2.0-only */
/* The linked pvh_guest.c, for pvh.c. */
    .section .rodata
    .globl pvh_guest, pvh_guest_end
pvh_guest:
    .incbin PVH_GUEST
pvh_guest_end:
    .section .note.GNU-stack, "", @progbits
