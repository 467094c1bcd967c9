/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * elf.h: a kernel's ELF file, checked and understood, not yet loaded.
 */
#ifndef LIBCHAOS_ELF_H
#define LIBCHAOS_ELF_H

#include <stdbool.h>
#include <stdint.h>

struct chaos_ctx;

#define ELF_SEGMENTS_MAX 16

struct elf_segment {
    uint64_t file_offset;
    uint64_t file_size;
    uint64_t page_offset; /* in bytes from the guest's physical address 0 */
    uint64_t memory_size;
};

struct elf_image {
    int fd;
    uint64_t virt_base;
    uint64_t entry;
    bool has_hypercall_page;
    uint64_t hypercall_page; /* virtual address */
    uint32_t boot_flags;     /* NOXS_BOOT_* */
    uint64_t pvh_entry;      /* physical address; of a PVH kernel */
    uint64_t start, end;     /* physical addresses, the end exclusive */
    unsigned segment_count;
    struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/*
 * Open and check a kernel, for a PV or a PVH guest. Everything in the file is
 * hostile: nothing is used that was not checked against the file's size.
 * -ENOENT, -EACCES, -EISDIR as open() says; -ENOEXEC: not a kernel that can run
 * here, and the text says why.
 */
int elf_open(struct chaos_ctx *ctx, const char *path, bool pvh,
             struct elf_image *image_out);
/* Safe on an image that was zeroed with fd = -1. */
void elf_close(struct elf_image *image);

/* Copy the segments to memory that holds physical addresses from `base` on. */
int elf_load(struct chaos_ctx *ctx, const struct elf_image *image, void *memory,
             uint64_t base);

#endif /* LIBCHAOS_ELF_H */
