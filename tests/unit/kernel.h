/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h: small valid kernels for tests, and ways to spoil them.
 */
#ifndef TESTS_UNIT_KERNEL_H
#define TESTS_UNIT_KERNEL_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The file: headers, notes, at 0x1000 two pages of "text" for physical address
 * 0, at 0x3000 KERNEL_DATA bytes of "data" for 0x2000, which KERNEL_BSS zero
 * bytes follow. Everything up to the file's last byte is needed.
 */
#define KERNEL_TEXT_OFFSET 0x1000u
#define KERNEL_TEXT_SIZE 0x2000u
#define KERNEL_DATA_OFFSET 0x3000u
#define KERNEL_DATA_SIZE 0x123u
#define KERNEL_BSS_SIZE 0x1800u
#define KERNEL_SIZE (KERNEL_DATA_OFFSET + KERNEL_DATA_SIZE)
#define KERNEL_ENTRY 0x40u
#define KERNEL_HYPERCALL_PAGE 0x1000u
#define KERNEL_PAGES 4u /* it occupies in memory */
#define KERNEL_NOTES_OFFSET 0x200u
#define KERNEL_PHDRS 3u /* text, data, notes */

struct kernel {
    uint8_t bytes[KERNEL_SIZE];
    size_t notes_size;
};

/* flags: NOXS_BOOT_*; 0: no note of noxs at all. */
void kernel_make(struct kernel *k, uint64_t virt_base, uint32_t flags);
/*
 * The same of a PVH kernel, whose text begins at this physical address, a
 * multiple of pages; kernel_byte() counts from there.
 */
void kernel_make_pvh(struct kernel *k, uint64_t start);
/* Aligned views into the bytes. */
Elf64_Ehdr *kernel_ehdr(struct kernel *k);
Elf64_Phdr *kernel_phdr(struct kernel *k, unsigned i);
/* The first note of Xen with this type; NULL: there is none. */
Elf64_Nhdr *kernel_note(struct kernel *k, uint32_t type);
/* A further note. */
void kernel_note_add(struct kernel *k, const char *name, uint32_t type,
                     const void *desc, uint32_t size);
/* The byte that text and data have at this physical address. */
uint8_t kernel_byte(uint64_t address);
void kernel_write(const struct kernel *k, const char *path);

#endif /* TESTS_UNIT_KERNEL_H */
