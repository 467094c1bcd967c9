/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels: one good file, and every way to spoil it. Each spoilt one is refused
 * with a sentence, and none is read or loaded beyond its own bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <noxs/elfnote.h>
#include <xen/elfnote.h>

#include "elf.h"
#include "kernel.h"
#include "kit.h"
#include "pv.h"
#include "unit.h"

#define BASE 0x400000ull
#define LOAD_MAX (64u << 10) /* larger images are not loaded here */

/* Open it, and load it where it is small enough. */
static int try_path(struct kit *kit, const char *path)
{
    struct elf_image image = {.fd = -77};
    struct pv_layout layout;
    uint64_t base, size;
    void *memory;
    int rc = elf_open(kit->ctx, path, false, &image);

    if (rc < 0) {
        kit_assert_text(kit->ctx);
        kit_assert_says(kit->ctx, "kernel ");
        assert_int_equal(image.fd, -77);
        return rc;
    }
    assert_in_range(image.segment_count, 1, ELF_SEGMENTS_MAX);
    assert_true(image.start < image.end);
    base = image.start & ~0xfffull;
    size = image.end - base;
    if (size <= LOAD_MAX) {
        memory = malloc(size);
        rc = elf_load(kit->ctx, &image, memory, base);
        free(memory);
    }
    /* Whatever the file says, a layout of it ends. */
    if (pv_layout_make(kit->ctx, &image, 0, 1u << 18, &layout) == 0)
        assert_true(layout.end <= 1u << 18);
    elf_close(&image);
    return rc;
}

static int try_kernel(struct kit *kit, const struct kernel *k)
{
    struct snapshot before;
    int rc;

    kernel_write(k, kit->kernel);
    before = kit_snapshot(kit);
    rc = try_path(kit, kit->kernel);
    kit_assert_same(kit, &before, "kernel");
    return rc;
}

static void refuse(struct kit *kit, const struct kernel *k, const char *says)
{
    int rc = try_kernel(kit, k);

    if (rc != -ENOEXEC)
        fail_msg("'%s' expected, got %d", says, rc);
    kit_assert_says(kit->ctx, says);
}

static struct kernel good(void)
{
    struct kernel k;

    kernel_make(&k, BASE, NOXS_BOOT_MINIMAL_MAP);
    return k;
}

static void good_kernel(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    struct elf_image image;

    assert_int_equal(try_kernel(kit, &k), 0);
    assert_int_equal(elf_open(kit->ctx, kit->kernel, false, &image), 0);
    assert_int_equal(image.virt_base, BASE);
    assert_int_equal(image.entry, BASE + KERNEL_ENTRY);
    assert_true(image.has_hypercall_page);
    assert_int_equal(image.hypercall_page, BASE + KERNEL_HYPERCALL_PAGE);
    assert_int_equal(image.boot_flags, NOXS_BOOT_MINIMAL_MAP);
    assert_int_equal(image.start, 0);
    assert_int_equal(image.end,
                     KERNEL_TEXT_SIZE + KERNEL_DATA_SIZE + KERNEL_BSS_SIZE);
    assert_int_equal(image.segment_count, 2);
    elf_close(&image);
    elf_close(&image);
}

/* --- files that are no kernels
 * ------------------------------------------------ */

static void truncated(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    off_t size;

    kernel_write(&k, kit->kernel);
    for (size = KERNEL_SIZE - 1; size >= 0; size--) {
        assert_int_equal(truncate(kit->kernel, size), 0);
        assert_int_equal(try_path(kit, kit->kernel), -ENOEXEC);
    }
    kit_assert_says(kit->ctx, "no ELF file");
}

/* It shrinks between the check and the load. */
static void truncated_meanwhile(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    struct elf_image image;
    uint8_t *memory = malloc(LOAD_MAX);

    kernel_write(&k, kit->kernel);
    assert_int_equal(elf_open(kit->ctx, kit->kernel, false, &image), 0);
    assert_int_equal(truncate(kit->kernel, KERNEL_SIZE - 1), 0);
    kit_assert_error(kit->ctx, elf_load(kit->ctx, &image, memory, 0), -ENOEXEC);
    elf_close(&image);
    free(memory);
}

static void no_kernels(void **state)
{
    struct kit *kit = *state;
    char path[100];
    static const char script[] = "#!/bin/sh\nexit 0\n";
    char image[0x206] = "MZ";

    snprintf(path, sizeof(path), "%s/file", kit->dir);
    assert_int_equal(try_path(kit, path), -ENOENT);
    assert_int_equal(try_path(kit, ""), -ENOENT);
    kit_write_file(path, "", 0);
    assert_int_equal(try_path(kit, path), -ENOEXEC);
    kit_write_file(path, script, sizeof(script));
    assert_int_equal(try_path(kit, path), -ENOEXEC);
    memcpy(image + 0x202, "HdrS", 4); /* as Linux's boot protocol has it */
    kit_write_file(path, image, sizeof(image));
    assert_int_equal(try_path(kit, path), -ENOEXEC);
    kit_assert_says(kit->ctx, "this is a bzImage");
    assert_int_equal(try_path(kit, kit->dir), -EISDIR);
    assert_int_equal(try_path(kit, "/dev/null"), -ENOEXEC);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    /* Nobody writes to it: it must not wait. */
    assert_int_equal(try_path(kit, path), -ENOEXEC);
    /* An ordinary program of this machine is no PV kernel. */
    assert_int_equal(try_path(kit, "/proc/self/exe"), -ENOEXEC);
}

static void wrong_headers(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();

    k.bytes[EI_CLASS] = ELFCLASS32;
    refuse(kit, &k, "32-bit");
    k.bytes[EI_CLASS] = 0;
    refuse(kit, &k, "32-bit");
    k = good();
    k.bytes[EI_DATA] = ELFDATA2MSB;
    refuse(kit, &k, "not for x86-64");
    k = good();
    kernel_ehdr(&k)->e_machine = EM_AARCH64;
    refuse(kit, &k, "not for x86-64");
    k = good();
    kernel_ehdr(&k)->e_type = ET_DYN;
    refuse(kit, &k, "ET_EXEC");
    k = good();
    kernel_ehdr(&k)->e_phentsize = 55;
    refuse(kit, &k, "program headers");
    k = good();
    kernel_ehdr(&k)->e_phnum = 0;
    refuse(kit, &k, "program headers");
    kernel_ehdr(&k)->e_phnum = 65;
    refuse(kit, &k, "program headers");
    kernel_ehdr(&k)->e_phnum = 0xffff;
    refuse(kit, &k, "program headers");
}

/* --- segments ---------------------------------------------------------------
 */

static void wrong_segments(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();

    kernel_phdr(&k, 1)->p_paddr = KERNEL_TEXT_SIZE - 1;
    refuse(kit, &k, "overlap");
    kernel_phdr(&k, 1)->p_paddr = 0;
    refuse(kit, &k, "overlap");
    k = good();
    kernel_phdr(&k, 1)->p_filesz++;
    refuse(kit, &k, "truncated");
    k = good();
    kernel_phdr(&k, 1)->p_offset = KERNEL_SIZE + 1;
    refuse(kit, &k, "truncated");
    kernel_phdr(&k, 1)->p_offset = UINT64_MAX;
    refuse(kit, &k, "truncated");
    k = good();
    kernel_phdr(&k, 1)->p_memsz = KERNEL_DATA_SIZE - 1;
    refuse(kit, &k, "makes no sense");
    k = good();
    kernel_phdr(&k, 1)->p_memsz = UINT64_MAX;
    refuse(kit, &k, "makes no sense");
    k = good();
    kernel_phdr(&k, 1)->p_paddr = UINT64_MAX;
    refuse(kit, &k, "makes no sense");
    kernel_phdr(&k, 1)->p_paddr = UINT64_MAX - KERNEL_DATA_SIZE;
    refuse(kit, &k, "makes no sense");
    k = good();
    kernel_phdr(&k, 0)->p_type = PT_NULL;
    kernel_phdr(&k, 1)->p_type = PT_NULL;
    refuse(kit, &k, "nothing to load");
    k = good();
    kernel_phdr(&k, 0)->p_memsz = kernel_phdr(&k, 0)->p_filesz = 0;
    kernel_phdr(&k, 1)->p_memsz = kernel_phdr(&k, 1)->p_filesz = 0;
    refuse(kit, &k, "nothing to load");
}

static void too_many_segments(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    Elf64_Phdr *phdr = kernel_phdr(&k, 0);
    unsigned i, count = ELF_SEGMENTS_MAX + 1;

    /* The table moves to the text, one byte for each segment. */
    kernel_ehdr(&k)->e_phoff = KERNEL_TEXT_OFFSET;
    kernel_ehdr(&k)->e_phnum = (uint16_t)(count + 1);
    memcpy(k.bytes + KERNEL_TEXT_OFFSET, kernel_phdr(&k, 2), sizeof(*phdr));
    for (i = 0; i < count; i++) {
        Elf64_Phdr one = {.p_type = PT_LOAD,
                          .p_paddr = 0x1000 + i,
                          .p_filesz = 1,
                          .p_memsz = 1};

        if (i == 0)
            one.p_paddr = 0, one.p_memsz = 0x1001;
        else
            one.p_paddr = 0x1000 + i;
        memcpy(k.bytes + KERNEL_TEXT_OFFSET + (i + 1) * sizeof(one), &one,
               sizeof(one));
    }
    refuse(kit, &k, "too many segments");
    kernel_ehdr(&k)->e_phnum--;
    assert_int_equal(try_kernel(kit, &k), 0);
}

/* --- notes
 * -------------------------------------------------------------------- */

static void set_note(struct kernel *k, uint32_t type, uint64_t value)
{
    memcpy((uint8_t *)kernel_note(k, type) + sizeof(Elf64_Nhdr) + 4, &value,
           sizeof(value));
}

static void drop_note(struct kernel *k, uint32_t type)
{
    kernel_note(k, type)->n_type = 0x7777;
}

static void wrong_notes(void **state)
{
    static const uint32_t sizes[] = {0x7fffffff,  0x80000000u, 0xfffffffcu,
                                     0xfffffffdu, 0xffffffffu, 4096,
                                     65536};
    struct kit *kit = *state;
    struct kernel k = good();
    unsigned i;

    drop_note(&k, XEN_ELFNOTE_XEN_VERSION);
    refuse(kit, &k, "no Xen ELF notes");
    k = good();
    drop_note(&k, XEN_ELFNOTE_VIRT_BASE);
    refuse(kit, &k, "no Xen ELF notes");
    k = good();
    kernel_phdr(&k, 2)->p_type = PT_NULL;
    refuse(kit, &k, "no Xen ELF notes");
    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        k = good();
        kernel_note(&k, XEN_ELFNOTE_ENTRY)->n_descsz = sizes[i];
        refuse(kit, &k, "notes make no sense");
        k = good();
        kernel_note(&k, XEN_ELFNOTE_ENTRY)->n_namesz = sizes[i];
        refuse(kit, &k, "notes make no sense");
        k = good();
        kernel_phdr(&k, 2)->p_filesz = sizes[i];
        assert_int_equal(try_kernel(kit, &k), -ENOEXEC);
    }
    /* The last note promises a description that rounds to nothing. */
    for (i = 0; i < 3; i++) {
        k = good();
        kernel_note_add(&k, "Xen", 0x4321, "", 0);
        kernel_note(&k, 0x4321)->n_descsz = 0xfffffffdu + i;
        kernel_note(&k, 0x4321)->n_type = XEN_ELFNOTE_PADDR_OFFSET;
        refuse(kit, &k, "notes make no sense");
    }
    k = good();
    kernel_phdr(&k, 2)->p_filesz = 65537;
    refuse(kit, &k, "too large");
    kernel_phdr(&k, 2)->p_filesz = UINT64_MAX;
    refuse(kit, &k, "too large");
    k = good();
    kernel_phdr(&k, 2)->p_offset = UINT64_MAX - 100;
    refuse(kit, &k, "truncated");
}

/* Short and long descriptions, other owners, and no note of an entry. */
static void odd_notes(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    struct elf_image image;
    uint8_t desc[64] = {0xff};

    kernel_note_add(&k, "Xen", 0x1234, desc, sizeof(desc));
    kernel_note_add(&k, "GNU", XEN_ELFNOTE_ENTRY, desc, 8);
    kernel_note_add(&k, "XenX", XEN_ELFNOTE_ENTRY, desc, 8);
    kernel_note_add(&k, "", XEN_ELFNOTE_ENTRY, desc, 0);
    kernel_note_add(&k, NOXS_ELFNOTE_NAME, 99, desc, 1);
    assert_int_equal(try_kernel(kit, &k), 0);
    kernel_note_add(&k, NOXS_ELFNOTE_NAME, NOXS_ELFNOTE_BOOT, "\2", 1);
    drop_note(&k, XEN_ELFNOTE_ENTRY);
    kernel_ehdr(&k)->e_entry = BASE + 0x50;
    kernel_write(&k, kit->kernel);
    assert_int_equal(elf_open(kit->ctx, kit->kernel, false, &image), 0);
    assert_int_equal(image.boot_flags, NOXS_BOOT_NO_P2M);
    assert_int_equal(image.entry, BASE + 0x50);
    elf_close(&image);
    /* An empty description is a zero. */
    kernel_note_add(&k, "Xen", XEN_ELFNOTE_ENTRY, desc, 0);
    refuse(kit, &k, "entry point");
}

static void wrong_addresses(void **state)
{
    static const uint64_t outside[] = {0, BASE - 1, BASE + KERNEL_PAGES * 4096,
                                       UINT64_MAX};
    struct kit *kit = *state;
    struct kernel k;
    unsigned i;

    for (i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
        k = good();
        set_note(&k, XEN_ELFNOTE_ENTRY, outside[i]);
        refuse(kit, &k, "entry point");
        k = good();
        set_note(&k, XEN_ELFNOTE_HYPERCALL_PAGE, outside[i] & ~0xfffull);
        refuse(kit, &k, "hypercall page");
    }
    k = good();
    set_note(&k, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x1001);
    refuse(kit, &k, "hypercall page");
    k = good();
    set_note(&k, XEN_ELFNOTE_VIRT_BASE, BASE + 1);
    refuse(kit, &k, "VIRT_BASE");
    set_note(&k, XEN_ELFNOTE_VIRT_BASE, UINT64_MAX & ~0xfffull);
    refuse(kit, &k, "VIRT_BASE");
    /* An entry below the image, in memory nobody filled. */
    k = good();
    kernel_phdr(&k, 0)->p_type = PT_NULL;
    refuse(kit, &k, "entry point");
}

static void paddr_offset(void **state)
{
    struct kit *kit = *state;
    struct kernel k = good();
    struct elf_image image;
    uint64_t offset = 0x100000;
    unsigned i;

    kernel_note_add(&k, "Xen", XEN_ELFNOTE_PADDR_OFFSET, &offset, 8);
    refuse(kit, &k, "makes no sense");
    for (i = 0; i < 2; i++)
        kernel_phdr(&k, i)->p_paddr += offset;
    kernel_write(&k, kit->kernel);
    assert_int_equal(elf_open(kit->ctx, kit->kernel, false, &image), 0);
    assert_int_equal(image.start, 0);
    elf_close(&image);
}

/* --- everything else --------------------------------------------------------
 */

/* Each byte of the headers and notes at its extremes, one after the other. */
static void every_byte(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct kit *kit = *state;
    struct kernel k = good();
    size_t notes_end = KERNEL_NOTES_OFFSET + k.notes_size;
    size_t at, i;

    for (at = 0; at < notes_end; at++) {
        uint8_t saved = k.bytes[at];

        for (i = 0; i < sizeof(values); i++) {
            int rc;

            k.bytes[at] = values[i];
            rc = try_kernel(kit, &k);
            if (rc != 0 && rc != -ENOEXEC)
                fail_msg("byte %zu = %#x: %d", at, values[i], rc);
        }
        k.bytes[at] = saved;
        /* What lies between headers and notes means nothing. */
        if (at == sizeof(Elf64_Ehdr) + KERNEL_PHDRS * sizeof(Elf64_Phdr))
            at = KERNEL_NOTES_OFFSET - 1;
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_kernel),         TEST(truncated),
        TEST(truncated_meanwhile), TEST(no_kernels),
        TEST(odd_notes),           TEST(wrong_headers),
        TEST(wrong_segments),      TEST(too_many_segments),
        TEST(wrong_notes),         TEST(every_byte),
        TEST(wrong_addresses),     TEST(paddr_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
