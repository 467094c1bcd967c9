/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a create makes: the guest's memory and page tables walked from the top,
 * as the guest will see them, and its devices as the device page has them.
 */
#include <errno.h>
#include <string.h>

#include <noxs/console.h>
#include <noxs/elfnote.h>
#include <noxs/sysctl.h>
#include <xen/xen.h>

#include "kernel.h"
#include "kit.h"
#include "unit.h"

#define RAMDISK_SIZE 9000u
#define SPARE (512u << 10)
#define ROUND (4ull << 20)

/* A domain as its guest sees it. */
struct guest {
    uint32_t domid;
    struct model_view view;
    uint64_t base; /* VIRT_BASE */
    const start_info_t *si;
};

/* The bytes at a guest's address, within one page. */
static void *at(const struct guest *g, uint64_t addr)
{
    uint64_t entry = model_walk(g->domid, addr, NULL);

    if (entry == 0)
        fail_msg("address %#lx is not mapped", (unsigned long)addr);
    return (uint8_t *)model_frame((entry & 0xffffffffff000ull) >> 12) +
           (addr & 0xfff);
}

static uint64_t frame_at(const struct guest *g, uint64_t addr)
{
    return (model_walk(g->domid, addr, NULL) & 0xffffffffff000ull) >> 12;
}

static struct guest look(uint32_t domid, uint64_t base)
{
    struct guest g = {domid, model_view(domid), base, NULL};

    assert_true(g.view.started);
    g.si = at(&g, g.view.start.start_info);
    return g;
}

static void check_image(const struct guest *g)
{
    uint64_t a, bss = KERNEL_TEXT_SIZE + KERNEL_DATA_SIZE;

    for (a = 0; a < bss + KERNEL_BSS_SIZE; a++) {
        uint8_t expected = a < bss ? kernel_byte(a) : 0;

        /* Xen has written the hypercall page. */
        if (a >> 12 == KERNEL_HYPERCALL_PAGE >> 12)
            expected = 0xcc;
        if (*(uint8_t *)at(g, g->base + a) != expected)
            fail_msg("the image differs at %#lx", (unsigned long)a);
    }
    assert_int_equal(g->view.hypercall_frame,
                     frame_at(g, g->base + KERNEL_HYPERCALL_PAGE));
    assert_int_equal(g->view.start.entry, g->base + KERNEL_ENTRY);
}

static void check_start_info(const struct guest *g)
{
    assert_string_equal(g->si->magic, "xen-3.0-x86_64");
    assert_int_equal(g->si->nr_pages, g->view.pages);
    assert_int_equal(g->si->shared_info, g->view.shared_info_frame << 12);
    assert_int_equal(g->si->flags, 0);
    /* XenStore's page is the sysctl page, so that Linux keeps off it. */
    assert_int_equal(g->si->store_mfn,
                     model_device(g->domid, NOXS_DEV_SYSCTL)->gfn);
    assert_int_equal(g->si->store_evtchn, 0);
    assert_int_equal(frame_at(g, g->si->pt_base),
                     g->view.start.top_table_frame);
}

static void check_devices(const struct guest *g)
{
    const struct noxs_device *sysctl = model_device(g->domid, NOXS_DEV_SYSCTL);
    const struct noxs_device *con = model_device(g->domid, NOXS_DEV_CONSOLE);
    const struct noxs_sysctl *s = model_control(g->domid, NOXS_DEV_SYSCTL);
    const struct noxs_console *c = model_control(g->domid, NOXS_DEV_CONSOLE);
    static const struct noxs_console zero;

    assert_non_null(sysctl);
    assert_non_null(con);
    assert_int_equal(sysctl->flags, NOXS_DEV_F_GFN);
    assert_int_equal(con->flags, NOXS_DEV_F_GFN);
    assert_int_equal(sysctl->grant, NOXS_GRANT_NONE);
    assert_int_equal(con->grant, NOXS_GRANT_NONE);
    assert_int_equal(sysctl->backend, 0);
    assert_int_not_equal(sysctl->evtchn, con->evtchn);
    assert_int_equal(con->gfn, g->si->console.domU.mfn);
    assert_int_equal(con->evtchn, g->si->console.domU.evtchn);
    assert_int_equal(s->magic, NOXS_SYSCTL_MAGIC);
    assert_int_equal(s->version, NOXS_VERSION);
    assert_int_equal(s->state, NOXS_STATE_BOOTING);
    assert_int_equal(s->request_id, 0);
    assert_int_equal(s->ack_id, 0);
    assert_int_equal(c->magic, NOXS_CONSOLE_MAGIC);
    assert_int_equal(c->version, NOXS_VERSION);
    assert_int_equal(c->attached, 0);
    assert_memory_equal(c, &zero, offsetof(struct noxs_console, magic));
}

static void check_shared_info(const struct guest *g)
{
    const shared_info_t *si = model_frame(g->view.shared_info_frame);
    unsigned i;

    for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        assert_int_equal(si->vcpu_info[i].evtchn_upcall_mask, 1);
        assert_int_equal(si->vcpu_info[i].evtchn_upcall_pending, 0);
    }
    assert_int_equal(si->evtchn_pending[0], 0);
}

static void check_p2m(const struct guest *g)
{
    uint64_t pfn;

    for (pfn = 0; pfn < g->view.pages; pfn++) {
        const uint64_t *slot = at(g, g->si->mfn_list + pfn * 8);

        if (*slot != model_p2m(g->domid, pfn))
            fail_msg("mfn_list[%lu] is wrong", (unsigned long)pfn);
    }
}

static uint64_t up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/*
 * Exactly the promised pages are mapped, each at its place, tables read-only,
 * all for user mode and executable. The stack is the last page that was built.
 */
static void check_tables(const struct guest *g, bool minimal)
{
    uint64_t end = g->view.start.stack;
    uint64_t first_table = (g->si->pt_base - g->base) >> 12;
    uint64_t pfn, flags, mapped;

    assert_int_equal(end & 0xfff, 0);
    if (!minimal)
        end = up(end + SPARE, ROUND);
    mapped = (end - g->base) >> 12;
    if (mapped > g->view.pages)
        mapped = g->view.pages;
    for (pfn = 0; pfn < mapped; pfn++) {
        uint64_t entry = model_walk(g->domid, g->base + (pfn << 12), &flags);
        bool table =
            pfn >= first_table && pfn < first_table + g->si->nr_pt_frames;

        assert_int_equal(entry, model_p2m(g->domid, pfn) << 12 |
                                    (table ? 0x25 : 0x27));
        assert_int_equal(flags & 7, 7);
    }
    assert_int_equal(model_walk(g->domid, g->base + (mapped << 12), NULL), 0);
    if (g->base != 0)
        assert_int_equal(model_walk(g->domid, g->base - 4096, NULL), 0);
    assert_int_equal(first_table + g->si->nr_pt_frames,
                     (g->view.start.stack - 4096 - g->base) >> 12);
}

static void check_guest(const struct guest *g, uint32_t flags)
{
    check_image(g);
    check_start_info(g);
    check_devices(g);
    check_shared_info(g);
    check_tables(g, flags & NOXS_BOOT_MINIMAL_MAP);
    if (flags & NOXS_BOOT_NO_P2M)
        assert_int_equal(g->si->mfn_list, 0);
    else
        check_p2m(g);
}

static void use_kernel(struct kit *kit, uint64_t base, uint32_t flags)
{
    struct kernel k;

    kernel_make(&k, base, flags);
    kernel_write(&k, kit->kernel);
}

static void every_base_and_flag(void **state)
{
    static const uint64_t bases[] = {
        0, 0x400000, 0x1ff000, 0xffff880000000000ull, 0xffffffff80000000ull};
    struct kit *kit = *state;
    unsigned i;
    uint32_t flags;

    for (i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        for (flags = 0; flags < 4; flags++) {
            struct guest g;

            use_kernel(kit, bases[i], flags);
            g = look(kit_create(kit, NULL), bases[i]);
            check_guest(&g, flags);
            assert_int_equal(chaos_domain_destroy(kit->ctx, g.domid), 0);
        }
    }
}

static void memory_sizes(void **state)
{
    static const struct {
        const char *memory;
        uint64_t pages;
    } sizes[] = {
        {"3600K", 900}, {"1", 256},    {"1028K", 257},
        {"4", 1024},    {"64", 16384}, {"1048580K", 262145},
    };
    struct kit *kit = *state;
    unsigned i;
    uint32_t flags;

    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (flags = 0; flags < 4; flags++) {
            struct guest g;

            use_kernel(kit, 0, flags);
            g = look(kit_create(kit, "memory", sizes[i].memory, NULL), 0);
            assert_int_equal(g.view.pages, sizes[i].pages);
            assert_int_equal(g.view.max_pages, sizes[i].pages);
            check_guest(&g, flags);
            assert_int_equal(chaos_domain_destroy(kit->ctx, g.domid), 0);
        }
    }
}

/* A kernel of that many pages, wanting nothing but the least. */
static void use_kernel_of(struct kit *kit, unsigned pages)
{
    struct kernel k;

    kernel_make(&k, 0, NOXS_BOOT_MINIMAL_MAP | NOXS_BOOT_NO_P2M);
    kernel_phdr(&k, 1)->p_memsz += (pages - KERNEL_PAGES) * 4096;
    kernel_write(&k, kit->kernel);
}

/*
 * The largest kernel that fits, and a page more, which says what it would take.
 * Beside it: start_info, console, sysctl, four tables and the stack.
 */
static void memory_too_small(void **state)
{
    struct kit *kit = *state;
    unsigned fits = 64 / 4 - (3 + 4 + 1);
    struct snapshot before;
    struct chaos_config *cfg;
    uint32_t domid = 77;
    int rc;

    use_kernel_of(kit, fits);
    kit_create(kit, "memory", "64K", NULL);
    use_kernel_of(kit, fits + 1);
    before = kit_snapshot(kit);
    cfg = kit_config(kit, "memory", "64K", NULL);
    rc = chaos_domain_create(kit->ctx, cfg, &domid);
    chaos_config_destroy(cfg);
    kit_assert_error(kit->ctx, rc, -ENOMEM);
    kit_assert_says(kit->ctx, "needs 68 KiB and the guest has 64 KiB");
    assert_int_equal(domid, 77);
    kit_assert_same(kit, &before, "too small");
}

static void ramdisk(void **state)
{
    struct kit *kit = *state;
    uint8_t data[RAMDISK_SIZE];
    uint32_t flags;
    size_t i;

    for (i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 31 + 5);
    kit_write_file(kit->ramdisk, data, sizeof(data));
    for (flags = 0; flags < 4; flags++) {
        struct guest g;

        use_kernel(kit, 0x400000, flags);
        g = look(kit_create(kit, "ramdisk", kit->ramdisk, NULL), 0x400000);
        check_guest(&g, flags);
        assert_int_equal(g.si->mod_len, sizeof(data));
        for (i = 0; i < sizeof(data); i++)
            assert_int_equal(*(uint8_t *)at(&g, g.si->mod_start + i), data[i]);
        assert_int_equal(chaos_domain_destroy(kit->ctx, g.domid), 0);
    }
}

static void no_ramdisk_no_module(void **state)
{
    struct kit *kit = *state;
    struct guest g = look(kit_create(kit, NULL), 0);

    assert_int_equal(g.si->mod_start, 0);
    assert_int_equal(g.si->mod_len, 0);
    assert_string_equal((const char *)g.si->cmd_line, "");
}

static void command_line(void **state)
{
    struct kit *kit = *state;
    char text[1024];
    struct guest g;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    g = look(kit_create(kit, "cmdline", text, NULL), 0);
    assert_string_equal((const char *)g.si->cmd_line, text);
}

static void cpumap(void **state)
{
    struct kit *kit = *state;
    struct model_view v = model_view(
        kit_create(kit, "vcpus", "{\"count\": 2, \"cpumap\": [1]}", NULL));

    assert_int_equal(v.vcpus, 2);
    assert_int_equal(v.affinities, 2);
    assert_int_equal(v.affinity0, 2);
    v = model_view(kit_create(kit, "vcpus", "1", NULL));
    assert_int_equal(v.affinities, 0);
}

static void identity(void **state)
{
    struct kit *kit = *state;
    static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                     0xcd, 0xef, 0x01, 0x23, 0x45, 0x67,
                                     0x89, 0xab, 0xcd, 0xef};
    static const uint8_t zero[NOXS_SEED_SIZE];
    const struct noxs_identity *a, *b;
    struct chaos_domain_info info;
    uint32_t domid = kit_create(kit, "name", "web-1", "uuid",
                                "01234567-89ab-cdef-0123-456789abcdef", NULL);

    a = &model_view(domid).page->identity;
    assert_string_equal(a->name, "web-1");
    assert_memory_equal(a->uuid, uuid, sizeof(uuid));
    assert_int_equal(a->generation, 1);
    assert_memory_not_equal(a->seed, zero, sizeof(zero));
    assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
    assert_memory_equal(info.uuid, uuid, sizeof(uuid));
    b = &model_view(kit_create(kit, NULL)).page->identity;
    assert_string_equal(b->name, "");
    /* A random uuid says that it is one. */
    assert_int_equal(b->uuid[6] >> 4, 4);
    assert_int_equal(b->uuid[8] >> 6, 2);
    assert_memory_not_equal(a->seed, b->seed, sizeof(a->seed));
}

static void paused_or_not(void **state)
{
    struct kit *kit = *state;

    assert_false(model_view(kit_create(kit, NULL)).paused);
    assert_true(model_view(kit_create(kit, "paused", "true", NULL)).paused);
}

static void no_hypercall_page(void **state)
{
    struct kit *kit = *state;
    struct kernel k;

    kernel_make(&k, 0, NOXS_BOOT_MINIMAL_MAP);
    kernel_note(&k, 2)->n_type = 0x7777;
    kernel_write(&k, kit->kernel);
    assert_int_equal(model_view(kit_create(kit, NULL)).hypercall_frame, 0);
}

struct probe {
    unsigned steps, prepares;
    char names[256];
};

static void count_step(void *arg, const char *step, const char *phase,
                       uint64_t ns, int rc)
{
    struct probe *p = arg;

    p->steps++;
    p->prepares += strcmp(phase, "prepare") == 0;
    strcat(strcat(p->names, step), " ");
    assert_true(ns < 60000000000ull);
    assert_int_equal(rc, 0);
}

static void step_probe(void **state)
{
    struct kit *kit = *state;
    struct probe probe = {0};

    chaos_ctx_set_step_probe(kit->ctx, count_step, &probe);
    kit_create(kit, NULL);
    assert_string_equal(probe.names,
                        "files disks domain vcpus memory channels identity "
                        "image vcpu cmdline vifs network vbds devices affinity "
                        "record start own ");
    assert_int_equal(probe.prepares, 5);
    chaos_ctx_set_step_probe(kit->ctx, NULL, NULL);
    kit_create(kit, NULL);
    assert_int_equal(probe.steps, 18);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_base_and_flag),
        TEST(memory_sizes),
        TEST(memory_too_small),
        TEST(ramdisk),
        TEST(no_ramdisk_no_module),
        TEST(command_line),
        TEST(cpumap),
        TEST(identity),
        TEST(paused_or_not),
        TEST(no_hypercall_page),
        TEST(step_probe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
