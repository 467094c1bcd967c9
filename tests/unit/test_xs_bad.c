/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs on XenStore where the daemon keeps silent in the middle, a guest gets in
 * the way, or another tool was there before: who it was is said, nobody waits
 * longer than need be, and nobody else's nodes are touched.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/device.h>
#include <chaos/shell.h>

#include "device_kit.h"
#include "internal.h"
#include "shell_kit.h"
#include "store_model.h"
#include "unit.h"

#define UUID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

static const uint8_t uuid_bytes[16] = {
    0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78,
    0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0,
};

/* A node of a domain, or its directory, somewhere. */
static void set(const char *where, uint32_t domid, const char *below,
                const char *value)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%u%s", where, domid, below);
    model_store_set(path, value);
}

/* --- a daemon that keeps silent ----------------------------------------------
 */

static int ask_to_stop(struct kit *kit, uint32_t domid)
{
    return chaos_domain_request(kit->ctx, domid, CHAOS_REASON_POWEROFF, 10);
}

static int wait_up(struct kit *kit, uint32_t domid)
{
    return chaos_domain_wait_up(kit->ctx, domid, 10);
}

static int open_console(struct kit *kit, uint32_t domid)
{
    struct chaos_console *con;
    int rc = chaos_console_open(kit->ctx, domid, &con);

    if (rc == 0)
        chaos_console_close(con);
    return rc;
}

static int detach(struct kit *kit, uint32_t domid)
{
    return chaos_vif_detach(kit->ctx, domid, 0, 10, false);
}

/* It is neither the guest's fault nor xenconsoled's. */
static void assert_daemon_blamed(struct kit *kit, const char *operation)
{
    const char *text = chaos_ctx_error(kit->ctx);

    if (!strstr(text, "XenStore's daemon") || strstr(text, "the guest") ||
        strstr(text, "xenconsoled"))
        fail_msg("%s: '%s'", operation, text);
}

/* What is asked of it goes unanswered, each in turn. */
static void silent(struct kit *kit, int (*fn)(struct kit *, uint32_t))
{
    bool was_store;
    unsigned n, times = 0;

    for (n = 1;; n++) {
        uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
        int rc;

        set("/local/domain/0/backend/vif", domid, "/0/state", "4");
        kit_renew(kit);
        model_fail(n, ETIMEDOUT);
        rc = fn(kit, domid);
        if (!model_failed())
            break;
        was_store = strncmp(model_failed_name(), "store_", 6) == 0 &&
                    strcmp(model_failed_name(), "store_unwatch") != 0;
        model_fail_end();
        if (was_store && rc < 0) {
            assert_daemon_blamed(kit, model_failed_name());
            times++;
        }
        kit_renew(kit);
        assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    }
    model_fail_end();
    assert_true(times > 3);
}

static void silent_request(void **state)
{
    silent(*state, ask_to_stop);
}

static void silent_wait_up(void **state)
{
    silent(*state, wait_up);
}

static void silent_console(void **state)
{
    silent(*state, open_console);
}

static void silent_detach(void **state)
{
    silent(*state, detach);
}

/* It dies, and comes back with what it knew; then it is silent. */
static void dies(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "name", "web", "uuid", UUID, "vifs", "[{}]", "vbds",
                   device_image(kit, "w"), NULL);

    (void)kit_create(kit, "vifs", "[{}]", NULL);
    kit_assert_create_fails(kit, cfg, EPIPE, 80);
    chaos_config_destroy(cfg);
}

/* Whoever waits for an end reads why he waits no more. */
static void dies_while_waiting(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    unsigned n, reason, times = 0;

    for (n = 1;; n++) {
        int rc;

        model_fail(n, ETIMEDOUT);
        rc = chaos_domain_wait(kit->ctx, domid, 0, &reason);
        if (!model_failed())
            break;
        if (strncmp(model_failed_name(), "store_", 6) != 0)
            continue;
        model_fail_end();
        kit_assert_error(kit->ctx, rc, -ETIMEDOUT);
        assert_daemon_blamed(kit, model_failed_name());
        times++;
        kit_renew(kit);
    }
    model_fail_end();
    assert_true(times > 3);
}

/* One whose queue of connections is full is not waited for twice, either. */
static void silent_connect(void **state)
{
    struct kit *kit = *state;
    struct chaos_domain_info *infos;
    size_t count;

    store_knobs.open_error = EAGAIN;
    kit_assert_error(kit->ctx, chaos_domain_list(kit->ctx, &infos, &count),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "takes no connection");
    store_knobs.open_error = 0;
    kit_assert_error(kit->ctx, chaos_domain_list(kit->ctx, &infos, &count),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "a moment ago");
}

/* Beside noxs: what was not looked for is not said to be missing. */
static void silent_lookup(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = model_domain_add(NULL), found;
    unsigned n, times = 0;

    model_knobs.no_noxs = false;
    model_store_set(kit_node(domid, "name"), "theirs");
    for (n = 1;; n++) {
        int rc;

        kit_renew(kit);
        model_fail(n, ETIMEDOUT);
        rc = chaos_domain_lookup(kit->ctx, "theirs", &found);
        if (!model_failed())
            break;
        if (strncmp(model_failed_name(), "store_", 6) == 0) {
            kit_assert_error(kit->ctx, rc, -ETIMEDOUT);
            times++;
        }
    }
    model_fail_end();
    assert_true(times >= 2);
}

/* --- a guest that gets in the way --------------------------------------------
 */

static uint32_t hostile;

/* As long as it has an end of its own, it writes there. */
static void scribble(void *arg, const char *operation)
{
    static unsigned times;
    char text[16];

    (void)arg, (void)operation;
    if (!model_store_value(kit_node(hostile, "device/vif/0")))
        return;
    snprintf(text, sizeof(text), "%u", times++);
    model_store_set(kit_node(hostile, "device/vif/0/x"), text);
}

static void scribbler(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;

    (void)kit_create(kit, "vifs", "[{}]", NULL);
    before = kit_snapshot(kit);
    hostile = kit_create(kit, "vifs", "[{}]", NULL);
    model_set_hook(scribble, NULL);
    assert_int_equal(chaos_vif_detach(kit->ctx, hostile, 0, 10, true), 0);
    model_set_hook(NULL, NULL);
    assert_null(model_store_value(kit_node(hostile, "device/vif")));
    assert_int_equal(chaos_domain_destroy(kit->ctx, hostile), 0);
    kit_assert_same(kit, &before, "scribbler");
}

/* --- others' VMs -------------------------------------------------------------
 */

/* As xl: first the nodes, then the domain. */
static void destroy_by_xl(uint32_t domid, bool leaves_nodes)
{
    if (!leaves_nodes) {
        set("/local/domain", domid, "", NULL);
        set("/libxl", domid, "", NULL);
        model_store_set("/vm/" UUID, NULL);
    }
    model_destroy(domid);
    model_store_exits();
}

static void uuid_is_taken(struct kit *kit)
{
    struct chaos_config *cfg =
        kit_config(kit, "name", "twin", "uuid", UUID, NULL);
    struct snapshot before = kit_snapshot(kit);
    char *nodes = model_store_text(), *after;
    uint32_t domid;

    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -EEXIST);
    kit_assert_says(kit->ctx, "uuid");
    kit_assert_same(kit, &before, "uuid");
    after = model_store_text();
    assert_string_equal(after, nodes);
    free(nodes);
    free(after);
    chaos_config_destroy(cfg);
}

static void uuid_of_ours(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", "uuid", UUID, NULL);

    uuid_is_taken(kit);
    assert_string_equal(model_store_value("/vm/" UUID "/name"), "web");
    /* Nobody owns it any more, and somebody left nodes of it. */
    destroy_by_xl(domid, true);
    domid = kit_create(kit, "name", "web", "uuid", UUID, NULL);
    destroy_by_xl(domid, false);
    domid = kit_create(kit, "name", "web", "uuid", UUID, NULL);
    assert_string_equal(model_store_value("/vm/" UUID "/name"), "web");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_null(model_store_value("/vm/" UUID));
}

static void uuid_of_theirs(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = model_domain_add(NULL);
    struct hv *hv;

    assert_int_equal(chaos__hv(kit->ctx, &hv), 0);
    assert_int_equal(hv->ops->domain_handle(hv, domid, uuid_bytes), 0);
    model_store_set(kit_node(domid, "name"), "theirs");
    model_store_set(kit_node(domid, "vm"), "/vm/" UUID);
    model_store_set("/vm/" UUID "/name", "theirs");
    (void)kit_create(kit, NULL);
    uuid_is_taken(kit);
    destroy_by_xl(domid, false);
    (void)kit_create(kit, "name", "theirs", "uuid", UUID, NULL);
}

/* What a shell is given, or loses, its taker does not know of. */
static void shell_is_left(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    char *nodes = model_store_text(), *after;

    kit_assert_error(
        kit->ctx,
        chaos_domain_rename(kit->ctx, chaos_shell_domid(shell), "new"), -EBUSY);
    kit_assert_says(kit->ctx, "still being made");
    kit_assert_error(
        kit->ctx,
        chaos_vif_detach(kit->ctx, chaos_shell_domid(shell), 0, 10, true),
        -EBUSY);
    kit_assert_says(kit->ctx, "still being made");
    after = model_store_text();
    assert_string_equal(after, nodes);
    free(nodes);
    free(after);
    assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

/* What a back end of that number said once is not what the new one says. */
static void old_error(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    uint32_t domid = model_domain_add(NULL);

    model_store_set(kit_node(domid, "name"), "theirs");
    set("/local/domain/0/error/backend/vif", domid, "/0/error", "-22 old");
    host_knobs.no_stock = true;
    kit_assert_error(kit->ctx, chaos_vif_attach(kit->ctx, domid, cfg, NULL),
                     -ENODEV);
    kit_assert_says(kit->ctx, "there is no back end");
    chaos_config_destroy(cfg);
}

/* A disk that a program serves has no back end that could be asked to close. */
static void disk_of_qemu(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = model_domain_add(NULL);
    char path[64], *nodes, *after;

    model_store_set(kit_node(domid, "name"), "theirs");
    snprintf(path, sizeof(path), "/local/domain/0/backend/qdisk/%u/51712",
             domid);
    set("/libxl", domid, "/device/vbd/51712/backend", path);
    set("/libxl", domid, "/device/vbd/51712/mode", "w");
    model_store_set(kit_node(domid, "device/vbd/51712/state"), "4");
    set("/local/domain/0/backend/qdisk", domid, "/51712/state", "4");
    nodes = model_store_text();
    kit_assert_error(kit->ctx,
                     chaos_vbd_detach(kit->ctx, domid, XVDA, 10, false),
                     -EOPNOTSUPP);
    kit_assert_says(kit->ctx, "xl");
    kit_assert_error(kit->ctx,
                     chaos_vbd_detach(kit->ctx, domid, XVDA, 10, true),
                     -EOPNOTSUPP);
    after = model_store_text();
    assert_string_equal(after, nodes);
    free(nodes);
    free(after);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silent_request), TEST(silent_wait_up), TEST(silent_console),
        TEST(silent_detach),  TEST(dies),           TEST(dies_while_waiting),
        TEST(silent_connect), TEST(silent_lookup),  TEST(scribbler),
        TEST(uuid_of_ours),   TEST(uuid_of_theirs), TEST(shell_is_left),
        TEST(old_error),      TEST(disk_of_qemu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
