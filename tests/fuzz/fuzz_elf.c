/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_elf.c: any bytes as a kernel. It is refused with a sentence, or loaded
 * into exactly the memory that it asked for, and its layout ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf.h"
#include "internal.h"
#include "pv.h"

/* Larger images are checked and laid out, but not loaded. */
#define LOAD_MAX (1u << 20)
#define GUEST_PAGES (1u << 18)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(struct chaos_ctx *ctx, const struct elf_image *image)
{
    uint64_t base = image->start & ~0xfffull;
    void *memory;

    if (image->end - base > LOAD_MAX)
        return;
    memory = malloc(image->end - base);
    if (memory && elf_load(ctx, image, memory, base) < 0)
        abort();
    free(memory);
}

static void check(struct chaos_ctx *ctx, const char *path)
{
    struct elf_image image;
    struct pv_layout layout;

    if (elf_open(ctx, path, false, &image) < 0) {
        if (strlen(chaos_ctx_error(ctx)) < 3)
            abort();
        return;
    }
    load(ctx, &image);
    if (pv_layout_make(ctx, &image, 0, GUEST_PAGES, &layout) == 0 &&
        layout.end > GUEST_PAGES)
        abort();
    elf_close(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chaos_ctx *ctx;
    char path[64];
    int fd = memfd_create("kernel", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
        chaos_ctx_create(&ctx) < 0)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    check(ctx, path);
    chaos_ctx_destroy(ctx);
    close(fd);
    return 0;
}
