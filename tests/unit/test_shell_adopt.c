/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shells whose owner is gone: those that are as they were written down are
 * adopted and as good as new; all others are refused, whatever is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "birth.h"
#include "host_model.h"
#include "hv_model_internal.h"
#include "oom.h"
#include "shell.h"
#include "shell_kit.h"
#include "unit.h"

/* A shell whose daemon was killed. */
struct lost {
    struct kit *kit;
    uint32_t domid;
    char path[160];
    struct shell *data; /* what was written down, as it was */
    size_t size;
};

static void lose(struct lost *l, struct kit *kit,
                 const struct chaos_config *cfg, enum way way)
{
    struct chaos_ctx *daemon = kit_second(kit);
    struct chaos_shell *shell = shell_prepare(kit, daemon, cfg, way);
    const void *data = chaos_shell_data(shell, &l->size);

    l->kit = kit;
    l->domid = chaos_shell_domid(shell);
    l->data = malloc(l->size);
    memcpy(l->data, data, l->size);
    snprintf(l->path, sizeof(l->path), "%s/shells/%u", kit->run, l->domid);
    chaos_shell_free(shell);
    chaos_ctx_destroy(daemon);
}

static void reap(struct lost *l)
{
    assert_int_equal(chaos_birth_reap(l->kit->ctx, l->domid, false), 0);
    assert_int_equal(access(l->path, F_OK), -1);
    free(l->data);
}

static int adopt(struct lost *l)
{
    struct chaos_shell *shell = NULL;
    int rc = chaos_shell_adopt(l->kit->ctx, l->domid, &shell);

    if (rc < 0) {
        kit_assert_text(l->kit->ctx);
        assert_null(shell);
    }
    chaos_shell_free(shell);
    return rc;
}

static void good(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    enum way way;

    for (way = WAY_SHELL; way < WAYS; way++) {
        struct chaos_shell *shell = NULL;
        struct chaos_birth birth;
        struct lost l;
        const void *data;
        uint32_t domid, owner;
        size_t size;

        lose(&l, kit, cfg, way);
        assert_int_equal(chaos_shell_adopt(kit->ctx, l.domid, &shell), 0);
        data = chaos_shell_data(shell, &size);
        assert_int_equal(size, l.size);
        assert_memory_equal(data, l.data, size);
        assert_memory_equal(chaos_shell_shape(shell), &l.data->shape,
                            sizeof(l.data->shape));
        assert_int_equal(chaos_birth(kit->ctx, l.domid, &birth), 0);
        assert_int_equal(chaos_owner(kit->ctx, &owner), 0);
        assert_int_equal(birth.owner, owner);
        assert_int_equal(birth.serial, l.data->serial);
        assert_true(birth.shell);
        kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, l.domid, &shell),
                         -EBUSY);
        pool_offer(kit->ctx, shell);
        assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
        assert_int_equal(domid, l.domid);
        pool_end();
        assert_int_equal(access(l.path, F_OK), -1);
        assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        chaos_shell_free(shell);
        free(l.data);
    }
    chaos_config_destroy(cfg);
}

static void no_shells(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_shell *shell = NULL, *own;
    uint32_t made = kit_create(kit, NULL);

    own = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, 0, &shell), -ENOENT);
    kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, 900, &shell),
                     -ENOENT);
    kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, 40000, &shell),
                     -ENOENT);
    kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, made, &shell),
                     -ENOENT);
    kit_assert_error(
        kit->ctx, chaos_shell_adopt(kit->ctx, chaos_shell_domid(own), &shell),
        -EBUSY);
    /* One that was given to a client is no shell any more. */
    assert_int_equal(chaos_shell_give(kit->ctx, own, 4711), 0);
    kit_assert_error(
        kit->ctx, chaos_shell_adopt(kit->ctx, chaos_shell_domid(own), &shell),
        -ENOENT);
    assert_int_equal(chaos_birth_reap(kit->ctx, chaos_shell_domid(own), false),
                     0);
    chaos_shell_free(own);
    chaos_config_destroy(cfg);
}

/* --- what was written down ---------------------------------------------------
 */

static void write_as(struct lost *l, const void *data, size_t size)
{
    kit_write_file(l->path, data, size);
}

static void every_byte(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    enum way way;

    for (way = WAY_SHELL; way < WAYS; way++) {
        struct lost l;
        size_t i;

        lose(&l, kit, cfg, way);
        /* Each byte differs; and each length is too short. */
        for (i = 0; i < l.size; i++) {
            ((uint8_t *)l.data)[i] ^= (uint8_t)(1 << i % 8);
            write_as(&l, l.data, l.size);
            assert_int_equal(adopt(&l), -EINVAL);
            ((uint8_t *)l.data)[i] ^= (uint8_t)(1 << i % 8);
            write_as(&l, l.data, i);
            assert_int_equal(adopt(&l), -EINVAL);
        }
        write_as(&l, l.data, l.size);
        assert_int_equal(unlink(l.path), 0);
        assert_int_equal(adopt(&l), -EINVAL);
        write_as(&l, l.data, l.size);
        assert_int_equal(adopt(&l), 0);
        kit_renew(kit);
        reap(&l);
    }
    chaos_config_destroy(cfg);
}

/* Any value in any word, with the sum of it: nothing is done but refuse. */
static void every_word(void **state)
{
    static const uint64_t values[] = {
        0,         1, 0x8000, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63,
        UINT64_MAX};
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct lost l;
    size_t i, k;
    int rc;

    lose(&l, kit, cfg, WAY_SHELL);
    for (i = 0; i < l.size / 8; i++) {
        uint64_t *word = (uint64_t *)(void *)l.data + i;
        uint64_t was = *word;

        for (k = 0; k < sizeof(values) / sizeof(*values); k++) {
            /* The size stays, as the sum needs it. */
            if (i == offsetof(struct shell, size) / 8 || was == values[k])
                continue;
            *word = values[k];
            shell_seal(l.data);
            rc = shell_check(kit->ctx, l.data, l.size);
            assert_true(rc == 0 || rc == -EINVAL || rc == -EPROTO);
        }
        *word = was;
    }
    shell_seal(l.data);
    assert_int_equal(shell_check(kit->ctx, l.data, l.size), 0);
    reap(&l);
    chaos_config_destroy(cfg);
}

/* Each field on its own, sealed again: found by what it must be. */
static void every_field(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct lost l;
    struct shell *s, good_one;
    uint64_t *extents, extent;

    lose(&l, kit, cfg, WAY_SHELL);
    s = l.data;
    good_one = *s;
    extents = (uint64_t *)(void *)(s + 1);
    extent = extents[0];

#define REFUSED(change)                                                        \
    do {                                                                       \
        change;                                                                \
        shell_seal(s);                                                         \
        write_as(&l, s, l.size);                                               \
        if (adopt(&l) != -EINVAL)                                              \
            fail_msg("%s: adopted", #change);                                  \
        *s = good_one;                                                         \
        extents[0] = extent;                                                   \
    } while (0)

    REFUSED(s->magic++);
    REFUSED(s->version++);
    REFUSED(s->domid++);
    REFUSED(s->domid = 0);
    REFUSED(s->serial ^= 1);
    REFUSED(s->serial |= 1u << 24);
    REFUSED(s->loaded = 1);
    REFUSED(s->extent_count++);
    REFUSED(s->extent_count--);
    REFUSED(s->extent_count = 0x20000000);
    REFUSED(s->sysctl_port = 0);
    REFUSED(s->store_port = 1);
    REFUSED(s->pad = 1);
    REFUSED(s->store_frame = 1);
    REFUSED(s->console_port = 1024);
    REFUSED(s->start_info_frame = 1);
    REFUSED(s->console_frame = 1);
    REFUSED(s->sysctl_frame = 1);
    REFUSED(s->vbd_ports[0] = 0);
    REFUSED(s->vbd_ports[2] = 7);
    REFUSED(s->vifs[0].evtchn++);
    REFUSED(s->vifs[0].ifindex = 0);
    REFUSED(s->vifs[1].ifindex++);
    REFUSED(s->vifs[0].ifname[0] = 'w');
    REFUSED(s->vifs[0].ifname[0] = '\0');
    REFUSED(s->vifs[0].ifname[15] = 'x');
    REFUSED(s->vifs[0].mac[0] |= 1);
    REFUSED(s->vifs[0].device.type = NOXS_DEV_VBD);
    REFUSED(s->vifs[0].device.id = 1);
    REFUSED(s->vifs[2].mtu = 1);
    REFUSED(s->shape.memory_kb += 4);
    REFUSED(s->shape.vcpus = 1000);
    REFUSED(s->shape.flags = CHAOSD_SHAPE_PVH);
    REFUSED(s->shape.flags = CHAOSD_SHAPE_XENSTORE);
    REFUSED(s->shape.vif_count--);
    REFUSED(s->shape.vif_count++);
    REFUSED(s->shape.vbd_count++);
    REFUSED(s->shape.kernel.path[0] = '/');
    REFUSED(extents[0] += 1);
    REFUSED(extents[0] = extent & 0xff);
    REFUSED(extents[0] = UINT64_MAX);

    shell_seal(s);
    write_as(&l, s, l.size);
    assert_int_equal(adopt(&l), 0);
    kit_renew(kit);
    reap(&l);
    chaos_config_destroy(cfg);
}

/* --- what the hypervisor and the module say
 * -----------------------------------
 */

static void begin_vm(uint32_t domid)
{
    struct model_domain *d = model_get(domid);

    d->page->identity.uuid[3] = 1;
}

static void changed_since(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct model_domain *d;
    struct lost l;
    unsigned i;

    for (i = 0; i < 10; i++) {
        lose(&l, kit, cfg, WAY_LOADED);
        d = model_get(l.domid);
        d->state.paused = i != 0;
        d->state.stopped = i == 1;
        d->state.cpu_time_ns = i == 2;
        d->state.pages -= i == 3;
        d->state.vcpus += i == 4;
        if (i == 5)
            begin_vm(l.domid);
        if (i == 6)
            d->page->dev[0] = (struct noxs_device){.type = NOXS_DEV_SYSCTL};
        if (i == 7)
            model_back_state(l.domid, NOXS_DEV_VIF, 1, 2);
        if (i == 8)
            model_host_reap(l.domid);
        assert_int_equal(adopt(&l), i == 9 ? 0 : -EINVAL);
        d->state.pages += i == 3;
        kit_renew(kit);
        reap(&l);
    }
    assert_int_equal(model_counts().domains, 1);
    assert_int_equal(model_backs(), 0);
    chaos_config_destroy(cfg);
}

static void failures(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct snapshot before;
    struct lost l;
    unsigned n;

    lose(&l, kit, cfg, WAY_SHELL);
    kit_renew(kit);
    before = kit_snapshot(kit);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EFAULT);
        rc = adopt(&l);
        if (!model_failed())
            break;
        assert_int_equal(rc, -EFAULT);
        kit_renew(kit);
        kit_assert_same(kit, &before, model_failed_name());
    }
    model_fail_end();
    assert_in_range(n, 6, 20);
    kit_renew(kit);
    for (n = 0;; n++) {
        int rc;

        oom_arm(n);
        rc = adopt(&l);
        if (!oom_disarm())
            break;
        if (rc < 0)
            assert_int_equal(rc, -ENOMEM);
        kit_renew(kit);
        kit_assert_same(kit, &before, "allocation");
    }
    assert_in_range(n, 3, 20);
    kit_renew(kit);
    reap(&l);
    chaos_config_destroy(cfg);
}

/* Two that find it at once: one gets it. */
static struct {
    struct lost *lost;
    unsigned got;
} rival;

static void come_between(void *arg, const char *operation)
{
    struct chaos_birth birth;

    if (strcmp(operation, "domain_handle") != 0)
        return;
    (void)arg;
    /* The mark names its new owner: nobody else takes it for an orphan. */
    assert_int_equal(
        chaos_birth(rival.lost->kit->ctx, rival.lost->domid, &birth), 0);
    assert_false(birth.orphan);
    rival.got++;
}

static void one_owner(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_shell *shell = NULL, *second = NULL;
    struct chaos_ctx *other;
    struct chaos_birth birth;
    struct lost l;
    uint32_t owner;

    lose(&l, kit, cfg, WAY_SHELL);
    rival.lost = &l;
    rival.got = 0;
    other = kit_second(kit);
    assert_int_equal(chaos_owner(other, &owner), 0);
    model_set_hook(come_between, NULL);
    assert_int_equal(chaos_shell_adopt(kit->ctx, l.domid, &shell), 0);
    kit_assert_error(other, chaos_shell_adopt(other, l.domid, &second), -EBUSY);
    assert_int_equal(rival.got, 1);
    /* Handing over changes kind and owner at once. */
    assert_int_equal(chaos_shell_give(kit->ctx, shell, owner), 0);
    assert_int_equal(rival.got, 2);
    model_set_hook(NULL, NULL);
    assert_int_equal(chaos_birth(kit->ctx, l.domid, &birth), 0);
    assert_int_equal(birth.owner, owner);
    assert_false(birth.shell || birth.orphan);
    kit_assert_error(kit->ctx, chaos_shell_give(kit->ctx, shell, owner),
                     -ENOENT);
    kit_assert_error(kit->ctx, chaos_shell_give(kit->ctx, shell, 0), -EINVAL);
    chaos_ctx_destroy(other);
    chaos_shell_free(shell);
    reap(&l);
    chaos_config_destroy(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good),       TEST(no_shells),   TEST(every_byte),
        TEST(every_word), TEST(every_field), TEST(changed_since),
        TEST(failures),   TEST(one_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
