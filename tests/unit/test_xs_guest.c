/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest on XenStore says of itself, what life it is in, and its console
 * by way of xenconsoled.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <noxs/sysctl.h>

#include "host_model.h"
#include "kit.h"
#include "store_model.h"
#include "unit.h"

/* What somebody writes, or does, once a node was read. */
struct later {
    uint32_t domid;
    const char *below, *value; /* NULL: it stops */
};

static void do_later(void *arg, const char *operation)
{
    const struct later *l = arg;

    if (strcmp(operation, "store_read") != 0)
        return;
    model_set_hook(NULL, NULL);
    if (l->below)
        model_store_set(kit_node(l->domid, l->below), l->value);
    else
        model_shutdown(l->domid, CHAOS_REASON_POWEROFF);
}

/* --- being up ----------------------------------------------------------------
 */

static void test_up(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct later up = {domid, "data/up", "12345678901"};
    struct chaos_guest_state guest;
    char owns[16];

    /* It may write there, and what it writes has no name yet. */
    snprintf(owns, sizeof(owns), "n%u", domid);
    assert_string_equal(model_store_permissions(kit_node(domid, "data")), owns);
    kit_assert_error(kit->ctx,
                     chaos_domain_guest_state(kit->ctx, domid, &guest),
                     -EOPNOTSUPP);
    model_set_hook(do_later, &up);
    assert_int_equal(chaos_domain_wait_up(kit->ctx, domid, 10000), 0);
    assert_int_equal(chaos_domain_guest_state(kit->ctx, domid, &guest), 0);
    assert_int_equal(guest.state, NOXS_STATE_UP);
    assert_int_equal(guest.up_time_ns, 12345678901);
    /* At once, and again. */
    assert_int_equal(chaos_domain_wait_up(kit->ctx, domid, 0), 0);
    assert_int_equal(model_store_watches(), 0);
}

static void test_not_up(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct later stop = {.domid = domid};
    struct chaos_guest_state guest;
    static const char *const texts[] = {"", "0", "yes", "-1"};
    size_t i;

    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 10),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "data/up");
    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        model_store_set(kit_node(domid, "data/up"), texts[i]);
        kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 0),
                         -ETIMEDOUT);
        kit_assert_error(kit->ctx,
                         chaos_domain_guest_state(kit->ctx, domid, &guest),
                         -EOPNOTSUPP);
    }
    model_set_hook(do_later, &stop);
    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 10000),
                     -ESHUTDOWN);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 10000),
                     -ESHUTDOWN);
    assert_int_equal(model_store_watches(), 0);
}

/* --- its lives ---------------------------------------------------------------
 */

static void test_generation(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", NULL);
    uint32_t theirs = model_domain_add(NULL);
    struct chaos_domain_info info;
    unsigned i;

    for (i = 1; i < 4; i++) {
        assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
        assert_int_equal(info.generation, i);
        assert_int_equal(info.bus, CHAOS_BUS_XENSTORE);
        model_shutdown(domid, CHAOS_REASON_REBOOT);
        assert_int_equal(chaos_domain_settle(kit->ctx, domid, &domid), 0);
    }
    /* Of xl's nobody counts them. */
    model_store_set(kit_node(theirs, "name"), "theirs");
    assert_int_equal(chaos_domain_info(kit->ctx, theirs, &info), 0);
    assert_int_equal(info.generation, 0);
    assert_int_equal(info.bus, CHAOS_BUS_XENSTORE);
    assert_int_equal(chaos_domain_info(kit->ctx, 0, &info), 0);
    assert_int_equal(info.bus, CHAOS_BUS_NONE);
}

/* --- its console -------------------------------------------------------------
 */

static void assert_reads(struct chaos_console *con, const char *text)
{
    char buf[64];
    ssize_t n = chaos_console_read(con, buf, sizeof(buf));

    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

static void test_console(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct pollfd fd = {.events = POLLIN};
    struct chaos_console *con, *second;
    char buf[8];

    assert_int_equal(chaos_console_open(kit->ctx, domid, &con), 0);
    assert_true(chaos_console_is_pty(con));
    fd.fd = chaos_console_fd(con);
    assert_reads(con, "");
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_int_equal(write(model_terminal(), "hello\n", 6), 6);
    assert_int_equal(poll(&fd, 1, 1000), 1);
    assert_reads(con, "hello\n");
    assert_int_equal(chaos_console_write(con, "a\x03\r", 3), 3);
    assert_int_equal(read(model_terminal(), buf, sizeof(buf)), 3);
    assert_memory_equal(buf, "a\x03\r", 3);
    /* Neither is it in a ring of its own, nor anybody else's. */
    kit_assert_error(kit->ctx, (int)chaos_console_peek(con, buf, sizeof(buf)),
                     -EOPNOTSUPP);
    kit_assert_error(kit->ctx, chaos_console_take(con, 1), -EOPNOTSUPP);
    assert_int_equal(chaos_console_dropped(con), 0);
    kit_assert_error(kit->ctx, chaos_console_open(kit->ctx, domid, &second),
                     -EBUSY);
    model_terminal_hang_up();
    kit_assert_error(kit->ctx, (int)chaos_console_read(con, buf, sizeof(buf)),
                     -EPIPE);
    kit_assert_error(kit->ctx, (int)chaos_console_write(con, "a", 1), -EPIPE);
    chaos_console_close(con);
}

static void test_console_late(void **state)
{
    struct kit *kit = *state;
    struct later late, stop;
    struct chaos_console *con;
    uint32_t domid;

    store_knobs.no_consoled = true;
    domid = kit_create(kit, NULL);
    late = (struct later){domid, "console/tty", MODEL_TERMINAL};
    model_set_hook(do_later, &late);
    assert_int_equal(chaos_console_open(kit->ctx, domid, &con), 0);
    chaos_console_close(con);
    model_store_set(kit_node(domid, "console/tty"), "/dev/pts/8");
    kit_assert_error(kit->ctx, chaos_console_open(kit->ctx, domid, &con),
                     -ENOENT);
    kit_assert_says(kit->ctx, "/dev/pts/8");
    /* Nobody serves it, and it ends meanwhile. */
    model_store_set(kit_node(domid, "console/tty"), "");
    stop = (struct later){.domid = domid};
    model_set_hook(do_later, &stop);
    kit_assert_error(kit->ctx, chaos_console_open(kit->ctx, domid, &con),
                     -EOPNOTSUPP);
    kit_assert_error(kit->ctx, chaos_console_open(kit->ctx, 4000, &con),
                     -ESRCH);
    assert_int_equal(model_store_watches(), 0);
}

static void test_console_fails(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct chaos_console *con = NULL;
    struct snapshot before;
    unsigned n;
    int rc;

    assert_int_equal(chaos_console_open(kit->ctx, domid, &con), 0);
    chaos_console_close(con);
    before = kit_snapshot(kit);
    for (n = 1;; n++) {
        model_fail(n, EIO);
        rc = chaos_console_open(kit->ctx, domid, &con);
        if (!model_failed())
            break;
        /* Watches that cannot be given up ring in vain. */
        if (strcmp(model_failed_name(), "store_unwatch") == 0) {
            assert_int_equal(rc, 0);
            chaos_console_close(con);
            kit_renew(kit);
            assert_int_equal(chaos_console_open(kit->ctx, domid, &con), 0);
            chaos_console_close(con);
            continue;
        }
        kit_assert_error(kit->ctx, rc, -EIO);
        kit_assert_same(kit, &before, model_failed_name());
    }
    model_fail_end();
    assert_true(n > 5);
    chaos_console_close(con);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_up),      TEST(test_not_up),       TEST(test_generation),
        TEST(test_console), TEST(test_console_late), TEST(test_console_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
