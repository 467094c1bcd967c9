/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the vifs and vbds of all domains have moved, in one list.
 */
#include <errno.h>
#include <stdlib.h>

#include "device_kit.h"
#include "oom.h"
#include "store_model.h"
#include "unit.h"

static void empty(void **state)
{
    struct kit *kit = *state;
    struct chaos_traffic *traffic;
    size_t count = 7;

    (void)kit_create(kit, NULL);
    assert_int_equal(chaos_traffic_list(kit->ctx, &traffic, &count), 0);
    assert_int_equal(count, 0);
    free(traffic);
    /* Without the module as well. */
    host_knobs.back_error = ENOENT;
    count = 7;
    assert_int_equal(chaos_traffic_list(kit->ctx, &traffic, &count), 0);
    assert_int_equal(count, 0);
    free(traffic);
}

static void check_zero(const struct chaos_traffic *t)
{
    assert_int_equal(t->vifs, 1);
    assert_int_equal(t->vbds, 0);
    assert_int_equal(t->sent_packets | t->sent_bytes | t->received_packets |
                         t->received_bytes | t->reads | t->read_bytes |
                         t->writes | t->written_bytes,
                     0);
}

static void sums(void **state)
{
    static const uint64_t first[] = {1, 10, 100, 1000};
    static const uint64_t second[] = {2, 20, 200, 2000};
    static const uint64_t disk[] = {3, 30, 300, 3000};
    struct kit *kit = *state;
    uint32_t a = kit_create(kit, "vifs", "[{}, {}]", NULL);
    uint32_t plain = kit_create(kit, NULL);
    uint32_t b =
        kit_create(kit, "vbds", device_image(kit, "r"), "vifs", "[{}]", NULL);
    struct chaos_traffic *traffic;
    size_t count;
    uint32_t c;

    /* A slot below all others. */
    device_destroy(kit, a);
    c = kit_create(kit, "vifs", "[{}]", NULL);
    a = kit_create(kit, "vifs", "[{}, {}]", NULL);
    assert_true(plain < b && b < c && c < a);
    model_back_moved(a, NOXS_DEV_VIF, 0, first);
    model_back_moved(a, NOXS_DEV_VIF, 1, second);
    model_back_moved(b, NOXS_DEV_VIF, 0, second);
    model_back_moved(b, NOXS_DEV_VBD, XVDA, disk);
    assert_int_equal(chaos_traffic_list(kit->ctx, &traffic, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(traffic[0].domid, b);
    assert_int_equal(traffic[0].vifs, 1);
    assert_int_equal(traffic[0].vbds, 1);
    assert_int_equal(traffic[0].sent_packets, 2);
    assert_int_equal(traffic[0].received_bytes, 2000);
    assert_int_equal(traffic[0].writes, 3);
    assert_int_equal(traffic[0].written_bytes, 30);
    assert_int_equal(traffic[0].reads, 300);
    assert_int_equal(traffic[0].read_bytes, 3000);
    assert_int_equal(traffic[1].domid, c);
    check_zero(&traffic[1]);
    assert_int_equal(traffic[2].domid, a);
    assert_int_equal(traffic[2].vifs, 2);
    assert_int_equal(traffic[2].vbds, 0);
    assert_int_equal(traffic[2].sent_packets, 3);
    assert_int_equal(traffic[2].sent_bytes, 30);
    assert_int_equal(traffic[2].received_packets, 300);
    assert_int_equal(traffic[2].received_bytes, 3000);
    assert_int_equal(traffic[2].writes, 0);
    free(traffic);
}

/* Of VMs on either bus, side by side. */
static void both(void **state)
{
    static const uint64_t moved[] = {1, 20, 300, 4000};
    struct kit *kit = *state;
    uint32_t first, noxs, last;
    struct chaos_traffic *traffic;
    size_t count;

    store_knobs.open_error = 0;
    model_store_set("/local/domain/0/name", "Domain-0");
    model_store_set("/vm", "");
    first = kit_create(kit, "name", "a", "xen.dev_method", "xenstore", "vifs",
                       "[{}, {}]", NULL);
    noxs = kit_create(kit, "name", "b", "vifs", "[{}]", NULL);
    last = kit_create(kit, "name", "c", "xen.dev_method", "xenstore", "vbds",
                      device_image(kit, "r"), NULL);
    assert_true(first < noxs && noxs < last);
    model_back_moved(first, NOXS_DEV_VIF, 1, moved);
    model_back_moved(last, NOXS_DEV_VBD, XVDA, moved);
    assert_int_equal(chaos_traffic_list(kit->ctx, &traffic, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(traffic[0].domid, first);
    assert_int_equal(traffic[0].bus, CHAOS_BUS_XENSTORE);
    assert_int_equal(traffic[0].vifs, 2);
    assert_int_equal(traffic[0].sent_bytes, 20);
    assert_int_equal(traffic[0].received_packets, 300);
    assert_int_equal(traffic[1].domid, noxs);
    assert_int_equal(traffic[1].bus, CHAOS_BUS_NOXS);
    check_zero(&traffic[1]);
    assert_int_equal(traffic[2].domid, last);
    assert_int_equal(traffic[2].bus, CHAOS_BUS_XENSTORE);
    assert_int_equal(traffic[2].vbds, 1);
    assert_int_equal(traffic[2].writes, 1);
    assert_int_equal(traffic[2].read_bytes, 4000);
    free(traffic);
    /* Without the module they are all there is. */
    host_knobs.back_error = ENOENT;
    assert_int_equal(chaos_traffic_list(kit->ctx, &traffic, &count), 0);
    assert_int_equal(count, 2);
    free(traffic);
    host_knobs.back_error = 0;
    model_fail(2, EMFILE);
    kit_assert_error(kit->ctx, chaos_traffic_list(kit->ctx, &traffic, &count),
                     -EMFILE);
    assert_string_equal(model_failed_name(), "stock_list");
    kit_assert_says(kit->ctx, "on XenStore");
}

static void failures(void **state)
{
    struct kit *kit = *state;
    struct chaos_traffic *traffic = NULL;
    size_t count = 7;
    unsigned n;
    int rc, fired;

    (void)kit_create(kit, "vifs", "[{}]", NULL);
    host_knobs.back_error = EPROTO;
    kit_assert_error(kit->ctx, chaos_traffic_list(kit->ctx, &traffic, &count),
                     -EPROTO);
    kit_assert_says(kit->ctx, "another version");
    host_knobs.back_error = 0;
    for (n = 0, fired = 1; fired; n++) {
        oom_arm(n);
        rc = chaos_traffic_list(kit->ctx, &traffic, &count);
        fired = oom_disarm();
        if (fired)
            kit_assert_error(kit->ctx, rc, -ENOMEM);
        if (fired)
            assert_int_equal(count, 7);
    }
    assert_true(n > 2);
    assert_int_equal(rc, 0);
    free(traffic);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(empty), TEST(sums), TEST(both),
                                       TEST(failures)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
