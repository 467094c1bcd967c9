/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a guest's parts lie: beyond its memory, at addresses it may not have,
 * and at the borders where one more page table is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <noxs/elfnote.h>

#include "kernel.h"
#include "kit.h"
#include "pv.h"
#include "unit.h"

static struct elf_image image_of(uint64_t base, uint64_t pages, uint32_t flags)
{
    return (struct elf_image){
        .fd = -1,
        .virt_base = base,
        .boot_flags = flags,
        .end = pages << 12,
    };
}

/* Tables of a level that the range of pages touches, counted one by one. */
static uint64_t count_tables(uint64_t base, uint64_t pages, unsigned level)
{
    uint64_t pfn, last = UINT64_MAX, count = 0;

    for (pfn = 0; pfn < pages; pfn++) {
        uint64_t table = (base + (pfn << 12)) >> (12 + 9 * level);

        count += table != last;
        last = table;
    }
    return count;
}

static void check_layout(const struct pv_layout *l)
{
    uint64_t sum = 0;
    unsigned level;

    /* One after the other, without a gap. */
    assert_int_equal(l->p2m, l->ramdisk + l->ramdisk_pages);
    assert_int_equal(l->start_info, l->p2m + l->p2m_pages);
    assert_int_equal(l->console, l->start_info + 1);
    assert_int_equal(l->sysctl, l->console + 1);
    assert_int_equal(l->tables, l->sysctl + 1);
    assert_int_equal(l->stack, l->tables + l->table_pages);
    assert_int_equal(l->end, l->stack + 1);
    assert_true(l->mapped_end >= l->end);
    for (level = 1; level <= PV_LEVELS; level++) {
        sum += l->level_pages[level - 1];
        assert_int_equal(l->level_pages[level - 1],
                         count_tables(l->virt_base, l->mapped_end, level));
    }
    assert_int_equal(sum, l->table_pages);
}

/* Around each size at which one more table is needed, which itself is mapped.
 */
static void borders(void **state)
{
    static const uint64_t bases[] = {
        0, 0x1000, 0x1ff000, 0x3fe00000, 0x7fc0000000, 0xffffffff80000000ull};
    struct kit *kit = *state;
    uint64_t pages;
    unsigned i;

    for (i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        for (pages = 480; pages < 520; pages++) {
            struct elf_image image = image_of(
                bases[i], pages, NOXS_BOOT_MINIMAL_MAP | NOXS_BOOT_NO_P2M);
            struct pv_layout l;

            assert_int_equal(pv_layout_make(kit->ctx, &image, 0, 1u << 20, &l),
                             0);
            assert_int_equal(l.mapped_end, l.end);
            check_layout(&l);
            image.boot_flags = 0;
            assert_int_equal(
                pv_layout_make(kit->ctx, &image, 5000, 1u << 20, &l), 0);
            assert_int_equal(l.ramdisk_pages, 2);
            assert_int_equal(l.p2m_pages, 2048);
            assert_int_equal(((l.mapped_end << 12) + bases[i]) & 0x3fffff, 0);
            assert_true((l.mapped_end - l.end) << 12 >= 512 << 10);
            assert_true((l.mapped_end - l.end) << 12 < (512 << 10) + (4 << 20));
            check_layout(&l);
        }
    }
}

static void frames_of_pieces(void **state)
{
    struct pv_extent extents[] = {{0, 1000, 3}, {8, 500, 0}, {9, 700, 2}};
    struct pv_memory memory = {.pages = 13, .extents = extents, .count = 3};
    static const uint64_t expected[] = {1000, 1001, 1002, 1003, 1004,
                                        1005, 1006, 1007, 500,  700,
                                        701,  702,  703};
    uint64_t first, count;

    (void)state;
    for (first = 0; first < 13; first++) {
        for (count = 0; first + count <= 13; count++) {
            uint64_t frames[14];

            memset(frames, 0xee, sizeof(frames));
            pv_memory_frames(&memory, first, count, frames);
            assert_memory_equal(frames, expected + first, count * 8);
            assert_int_equal(frames[count], 0xeeeeeeeeeeeeeeeeull);
        }
    }
}

/* Segments that are allowed but cannot fit: the layout says so. */
static void huge_segment(void **state)
{
    struct kit *kit = *state;
    struct kernel k;
    struct chaos_config *cfg;
    uint32_t domid;
    unsigned shift;

    kernel_make(&k, 0x400000, NOXS_BOOT_MINIMAL_MAP);
    for (shift = 23; shift < 40; shift++) {
        kernel_phdr(&k, 1)->p_memsz = 1ull << shift;
        kernel_write(&k, kit->kernel);
        cfg = kit_config(kit, NULL);
        kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                         -ENOMEM);
        kit_assert_says(kit->ctx, "the kernel");
        chaos_config_destroy(cfg);
    }
}

/* Where Xen lives, and where no address is. */
static void forbidden_bases(void **state)
{
    static const uint64_t bases[] = {
        0x00007ffffff00000ull, 0x0000800000000000ull, 0x0800000000000000ull,
        0xffff7ffffffff000ull, 0xffff800000000000ull, 0xffff87ffffffe000ull,
        0xffffffffffe00000ull, 0xffffffffffff0000ull};
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    unsigned i;

    for (i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        struct chaos_config *cfg;
        struct kernel k;
        uint32_t domid;

        kernel_make(&k, bases[i], 0);
        kernel_write(&k, kit->kernel);
        cfg = kit_config(kit, NULL);
        kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                         -ENOEXEC);
        kit_assert_says(kit->ctx, "addresses");
        chaos_config_destroy(cfg);
    }
    kit_renew(kit);
    kit_assert_same(kit, &before, "forbidden base");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(borders),
        TEST(huge_segment),
        TEST(forbidden_bases),
        cmocka_unit_test(frames_of_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
