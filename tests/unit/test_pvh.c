/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PVH guests: what one finds in its memory by the address that its first vCPU
 * is given, on both buses.
 */
#include <stdio.h>
#include <string.h>

#include <noxs/console.h>
#include <noxs/sysctl.h>
#include <xen/elfnote.h>

#include "kernel.h"
#include "kit.h"
#include "store_model.h"
#include "unit.h"

#include <xen/arch-x86/hvm/start_info.h>

#define START 0x100000ull /* of the kernel */
#define RAMDISK_SIZE 9000u
#define GAP_END (1ull << 32)

static int setup(void **state)
{
    int rc = kit_setup(state);
    struct kit *kit = *state;
    struct kernel k;

    kernel_make_pvh(&k, START);
    kernel_write(&k, kit->kernel);
    return rc;
}

static int setup_xs(void **state)
{
    int rc = setup(state);

    model_knobs.no_noxs = true;
    store_knobs.open_error = 0;
    model_store_set("/local/domain/0/name", "Domain-0");
    model_store_set("/vm", "");
    return rc;
}

/* --- a guest, as it sees itself ----------------------------------------------
 */

struct guest {
    uint32_t domid;
    struct model_view view;
    const struct hvm_start_info *info;
    const struct hvm_memmap_table_entry *map;
};

static void *at(uint32_t domid, uint64_t address)
{
    uint8_t *page = model_page(domid, address >> 12);

    if (!page)
        fail_msg("there is no memory at %#lx", (unsigned long)address);
    return page + (address & 0xfff);
}

static struct guest look(uint32_t domid)
{
    struct guest g = {.domid = domid, .view = model_view(domid)};

    assert_true(g.view.started && g.view.pvh && !g.view.paused);
    g.info = at(domid, g.view.start_pvh.start_info);
    g.map = at(domid, g.info->memmap_paddr);
    return g;
}

static void check_image(const struct guest *g)
{
    uint64_t a, bss = KERNEL_TEXT_SIZE + KERNEL_DATA_SIZE;

    for (a = 0; a < bss + KERNEL_BSS_SIZE; a++) {
        uint8_t expected = a < bss ? kernel_byte(a) : 0;

        if (*(uint8_t *)at(g->domid, START + a) != expected)
            fail_msg("the image differs at %#lx", (unsigned long)a);
    }
    assert_int_equal(g->view.start_pvh.entry, START + KERNEL_ENTRY);
}

/* All pages that it has and no others, in the order of their addresses. */
static void check_map(const struct guest *g)
{
    uint64_t end = 0, pages = 0;
    unsigned i;

    assert_int_equal(g->info->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(g->info->version, 1);
    assert_int_equal(g->info->flags, 0);
    assert_in_range(g->info->memmap_entries, 2, 3);
    for (i = 0; i < g->info->memmap_entries; i++) {
        const struct hvm_memmap_table_entry *e = &g->map[i];

        assert_int_equal(e->addr, i == 2 ? GAP_END : end);
        assert_int_equal(e->type, i == 1 ? XEN_HVM_MEMMAP_TYPE_RESERVED
                                         : XEN_HVM_MEMMAP_TYPE_RAM);
        assert_int_equal(e->reserved, 0);
        end = e->addr + e->size;
        pages += e->size >> 12;
        (void)at(g->domid, e->addr);
        (void)at(g->domid, end - 1);
        if (i > 0)
            assert_int_equal(model_p2m(g->domid, end >> 12), 0);
    }
    assert_int_equal(pages, g->view.pages);
    assert_int_equal(g->view.pages, g->view.max_pages);
}

static bool is_reserved(const struct guest *g, uint64_t address)
{
    return address >= g->map[1].addr &&
           address < g->map[1].addr + g->map[1].size;
}

/* --- ACPI --------------------------------------------------------------------
 */

static unsigned sum(const void *data, size_t size)
{
    const uint8_t *p = data;
    unsigned s = 0;

    while (size-- > 0)
        s += *p++;
    return s & 0xff;
}

static uint64_t number(const void *from, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, from, size);
    return value;
}

/* A table at an address: its signature and its sum are right. */
static const uint8_t *table(const struct guest *g, uint64_t address,
                            const char *signature)
{
    const uint8_t *t = at(g->domid, address);
    uint64_t length = number(t + 4, 4);

    assert_true(is_reserved(g, address));
    assert_true(is_reserved(g, address + length - 1));
    assert_memory_equal(t, signature, 4);
    assert_int_equal(sum(t, length), 0);
    return t;
}

static void check_acpi(const struct guest *g, unsigned vcpus)
{
    const uint8_t *rsdp = at(g->domid, g->info->rsdp_paddr);
    const uint8_t *xsdt, *fadt, *madt;
    unsigned i;

    assert_memory_equal(rsdp, "RSD PTR ", 8);
    assert_int_equal(sum(rsdp, 20), 0);
    assert_int_equal(sum(rsdp, 36), 0);
    xsdt = table(g, number(rsdp + 24, 8), "XSDT");
    assert_int_equal(number(xsdt + 4, 4), 36 + 2 * 8);
    fadt = table(g, number(xsdt + 36, 8), "FACP");
    assert_int_equal(number(fadt + 112, 4), 1 << 20); /* no fixed hardware */
    assert_int_equal(number(fadt + 40, 4), number(fadt + 140, 8));
    (void)table(g, number(fadt + 140, 8), "DSDT");
    madt = table(g, number(xsdt + 44, 8), "APIC");
    assert_int_equal(number(madt + 4, 4), 44 + 8 * vcpus);
    for (i = 0; i < vcpus; i++) {
        const uint8_t lapic[8] = {0, 8, (uint8_t)i, (uint8_t)(2 * i), 1};

        assert_memory_equal(madt + 44 + 8 * i, lapic, sizeof(lapic));
    }
}

/* --- what a create makes
 * ------------------------------------------------------- */

static void check_noxs(const struct guest *g)
{
    const struct noxs_device *sysctl = model_device(g->domid, NOXS_DEV_SYSCTL);
    const struct noxs_device *con = model_device(g->domid, NOXS_DEV_CONSOLE);
    const struct noxs_sysctl *s = model_control(g->domid, NOXS_DEV_SYSCTL);
    const struct noxs_console *c = model_control(g->domid, NOXS_DEV_CONSOLE);

    assert_true(is_reserved(g, sysctl->gfn << 12));
    assert_true(is_reserved(g, con->gfn << 12));
    assert_int_equal(s->magic, NOXS_SYSCTL_MAGIC);
    assert_int_equal(s->state, NOXS_STATE_BOOTING);
    assert_int_equal(c->magic, NOXS_CONSOLE_MAGIC);
    /* A kernel that knows no noxs finds its console all the same. */
    assert_int_equal(g->view.rings.console_frame, con->gfn);
    assert_int_equal(g->view.rings.console_port, con->evtchn);
    assert_int_equal(g->view.rings.store_frame, 0);
    assert_int_equal(g->view.rings.store_port, 0);
}

static void guest_of_noxs(void **state)
{
    struct kit *kit = *state;
    struct guest g = look(kit_create(kit, "xen.pvh", "true", NULL));

    check_image(&g);
    check_map(&g);
    check_acpi(&g, 1);
    check_noxs(&g);
    assert_int_equal(g.info->nr_modules, 0);
    assert_string_equal(at(g.domid, g.info->cmdline_paddr), "");
    assert_int_equal(g.view.start_pvh.vcpus, 1);
    /* The kernel's end, and nothing between. */
    assert_int_equal(g.view.start_pvh.start_info, START + KERNEL_PAGES * 4096);
}

static void ramdisk_and_command_line(void **state)
{
    struct kit *kit = *state;
    const struct hvm_modlist_entry *module;
    uint8_t data[RAMDISK_SIZE];
    char text[1024];
    struct guest g;
    size_t i;

    for (i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 31 + 5);
    kit_write_file(kit->ramdisk, data, sizeof(data));
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    g = look(kit_create(kit, "xen.pvh", "true", "ramdisk", kit->ramdisk,
                        "cmdline", text, NULL));
    assert_string_equal(at(g.domid, g.info->cmdline_paddr), text);
    assert_int_equal(g.info->nr_modules, 1);
    module = at(g.domid, g.info->modlist_paddr);
    assert_int_equal(module->size, sizeof(data));
    assert_int_equal(module->paddr & 0xfff, 0);
    for (i = 0; i < sizeof(data); i++)
        assert_int_equal(*(uint8_t *)at(g.domid, module->paddr + i), data[i]);
    check_image(&g);
    check_map(&g);
}

static void vcpus(void **state)
{
    struct kit *kit = *state;
    struct guest g =
        look(kit_create(kit, "xen.pvh", "true", "vcpus.count", "128", NULL));

    check_acpi(&g, 128);
    assert_int_equal(g.view.start_pvh.vcpus, 128);
    assert_true(g.view.paging_pages > 128);
}

/* The least that fits, one page less, and both sides of the gap. */
static void memory_sizes(void **state)
{
    static const char *const sizes[] = {"1068K", "4", "513", "3840", "3844"};
    struct kit *kit = *state;
    unsigned i;

    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct guest g =
            look(kit_create(kit, "xen.pvh", "true", "memory", sizes[i], NULL));

        check_image(&g);
        check_map(&g);
        check_acpi(&g, 1);
        check_noxs(&g);
        assert_int_equal(g.info->memmap_entries, i == 4 ? 3 : 2);
        assert_int_equal(chaos_domain_destroy(kit->ctx, g.domid), 0);
    }
}

static void memory_in_pieces(void **state)
{
    struct kit *kit = *state;
    unsigned order;

    for (order = 0; order <= 10; order++) {
        struct guest g;

        model_knobs.order_max = order;
        model_knobs.extents_max = order % 4;
        g = look(kit_create(kit, "xen.pvh", "true", "memory", "3600K", NULL));
        check_image(&g);
        check_map(&g);
        assert_int_equal(chaos_domain_destroy(kit->ctx, g.domid), 0);
    }
}

static void guest_of_xenstore(void **state)
{
    struct kit *kit = *state;
    struct guest g = look(kit_create(kit, "xen.pvh", "true", NULL));
    const struct hv_rings *rings = &g.view.rings;
    char path[80], port[16];

    assert_true(is_reserved(&g, rings->console_frame << 12));
    assert_true(is_reserved(&g, rings->store_frame << 12));
    assert_int_not_equal(rings->console_frame, rings->store_frame);
    assert_int_not_equal(rings->store_port, 0);
    snprintf(path, sizeof(path), "/local/domain/%u/console/port", g.domid);
    snprintf(port, sizeof(port), "%u", rings->console_port);
    assert_string_equal(model_store_value(path), port);
    /* Empty rings. */
    assert_int_equal(sum(at(g.domid, rings->store_frame << 12), 4096), 0);
    assert_int_equal(sum(at(g.domid, rings->console_frame << 12), 4096), 0);
    check_acpi(&g, 1);
}

/* Where PADDR_OFFSET would move it for PV, it stays for PVH. */
static void paddr_offset(void **state)
{
    struct kit *kit = *state;
    struct kernel k;

    kernel_make_pvh(&k, START);
    kernel_note_add(&k, "Xen", XEN_ELFNOTE_PADDR_OFFSET, &(uint64_t){START}, 8);
    kernel_write(&k, kit->kernel);
    check_image(&(struct guest){
        .domid = kit_create(kit, "xen.pvh", "true", NULL),
        .view.start_pvh.entry = START + KERNEL_ENTRY,
    });
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
#define TEST_XS(f) cmocka_unit_test_setup_teardown(f, setup_xs, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(guest_of_noxs),
        TEST(ramdisk_and_command_line),
        TEST(vcpus),
        TEST(memory_sizes),
        TEST(memory_in_pieces),
        TEST_XS(guest_of_xenstore),
        TEST(paddr_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
