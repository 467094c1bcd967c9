/* SPDX-License-Identifier: MIT */
/*
 * elfnote.h: what a guest's image tells a noxs builder, beside Xen's notes.
 *
 * An ELF note of name "noxs". A toolstack that does not know it builds the
 * guest as every PV guest is built; a guest must run then, too.
 */
#ifndef NOXS_ELFNOTE_H
#define NOXS_ELFNOTE_H

#define NOXS_ELFNOTE_NAME "noxs"

/* Type 1: description is one 32-bit word of flags. */
#define NOXS_ELFNOTE_BOOT 1

/*
 * PV: the first page tables need not map more than what the builder put into
 * memory, up to and including the boot stack page. Xen's rule (512 KB of spare
 * room, the end rounded up to 4 MB) is waived; the guest maps the rest.
 */
#define NOXS_BOOT_MINIMAL_MAP 0x1u
/* PV: the guest wants no table of frame numbers (start_info.mfn_list is 0). */
#define NOXS_BOOT_NO_P2M 0x2u

#endif /* NOXS_ELFNOTE_H */
