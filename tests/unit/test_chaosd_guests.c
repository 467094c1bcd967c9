/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon and its guests: who is attached to, what readers get, and whom one
 * of them can hold up.
 */
#include "guests_kit.h"

static void readers(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    /* What was written before anybody attached is the first. */
    writes(domid, "early ");
    guests_found(f->d.guests, domid);
    assert_int_equal(page_of(domid)->attached, 1);
    assert_true(has_ring_file(f, domid));
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 6);
    got_data(f, 0, 0, "early ");
    writes(domid, "and ");
    turns(f, 2);
    got_data(f, 0, 6, "and ");
    opens(f, 1, domid, 8);
    got_at(f, 1, 0, 10);
    got_data(f, 1, 8, "d ");
    opens(f, 2, domid, ~0ull);
    got_at(f, 2, 0, 10);
    got_nothing(f, 2);
    writes(domid, "late");
    turns(f, 2);
    got_data(f, 0, 10, "late");
    got_data(f, 1, 10, "late");
    got_data(f, 2, 10, "late");
    assert_int_equal(guests_counts(f->d.guests).readers, 3);
    /* One leaves, and comes again for what it missed. */
    leaves(f, 1);
    assert_int_equal(guests_counts(f->d.guests).readers, 2);
    writes(domid, " more");
    turns(f, 2);
    got_nothing(f, 1);
    opens(f, 1, domid, 14);
    got_at(f, 1, 0, 19);
    got_data(f, 1, 14, " more");
    got_data(f, 0, 14, " more");
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -EBUSY);
    opens(f, 3, 0, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, 99, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, 0xffffffff, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, model_domain_add("by-xl"), 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    assert_int_equal(guests_counts(f->d.guests).attached, 1);
    assert_int_equal(guests_counts(f->d.guests).bytes, 19);
    leaves(f, 0);
    leaves(f, 1);
    leaves(f, 2);
}

static void slow_reader(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    char text[1025];
    struct sent *m;
    struct chaosd_console_data data;
    unsigned i;

    f->clients[0].slow = true;
    f->clients[0].waiting = 1u << 20;
    opens(f, 0, domid, 0);
    opens(f, 1, domid, 0);
    got_at(f, 0, 0, 0);
    got_at(f, 1, 0, 0);
    for (i = 0; i < 10; i++) {
        fill(text, 1024, (char)('a' + i));
        writes(domid, text);
        turns(f, 2);
        got_data(f, 1, i * 1024, text);
    }
    got_nothing(f, 0);
    /* It fetched all: it goes on with what the ring still has. */
    f->clients[0].waiting = 0;
    f->clients[0].slow = false;
    f->clients[0].hooks->drained(&f->clients[0], f->clients[0].hooks->arg);
    m = got(f, 0, CHAOSD_CONSOLE_DATA);
    memcpy(&data, m->payload, sizeof(data));
    assert_int_equal(data.offset, 10 * 1024 - RING);
    assert_int_equal(m->payload[sizeof(data)], 'g');
    while (f->clients[0].seen < f->clients[0].count)
        m = got(f, 0, CHAOSD_CONSOLE_DATA);
    assert_int_equal(m->payload[m->size - 1], 'j');
    writes(domid, "again");
    turns(f, 2);
    got_data(f, 0, 10 * 1024, "again");
    leaves(f, 0);
    leaves(f, 1);
}

static void input(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct noxs_console *page = page_of(domid);
    char text[3001];

    fill(text, 3000, 'i');
    types(f, 0, "to nobody");
    opens(f, 0, domid, 0);
    opens(f, 1, domid, 0);
    types(f, 0, "hello");
    assert_int_equal(page->in_prod, 5);
    assert_memory_equal(page->in, "hello", 5);
    types(f, 1, text);
    assert_int_equal(page->in_prod, NOXS_CONSOLE_IN);
    assert_true(f->clients[1].held);
    assert_false(f->clients[0].held);
    page->in_cons += 100;
    writes(domid, "");
    turns(f, 2);
    assert_int_equal(page->in_prod, NOXS_CONSOLE_IN + 100);
    assert_true(f->clients[1].held);
    while (page->in_prod < 3005) {
        page->in_cons = page->in_prod;
        writes(domid, "");
        turns(f, 2);
    }
    assert_false(f->clients[1].held);
    /* A reader may go while the guest takes nothing. */
    page->in_cons = page->in_prod - NOXS_CONSOLE_IN;
    types(f, 1, "lost");
    assert_true(f->clients[1].held);
    leaves(f, 1);
    /* And a guest may end under one who types. */
    types(f, 0, "lost");
    assert_true(f->clients[0].held);
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    got_at(f, 0, 0, 0);
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    assert_false(f->clients[0].held);
    types(f, 0, "to the dead");
}

/* Another program is attached, and lets go. */
static void busy(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *con;

    assert_int_equal(chaos_console_open(second, domid, &con), 0);
    guests_found(f->d.guests, domid);
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -EBUSY);
    wait_ms(f, 5);
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    chaos_console_close(con);
    writes(domid, "free");
    wait_ms(f, 60);
    assert_int_equal(guests_counts(f->d.guests).attached, 1);
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 4);
    leaves(f, 0);
    chaos_ctx_destroy(second);
}

/* Shells are nobody's guests. */
static void shells(void **state)
{
    struct fixture *f = *state;
    const struct chaosd_shape shape = {.memory_kb = 4096, .vcpus = 1};
    struct chaos_shell *shell;
    uint32_t domid;

    if (chaos_shell_prepare(f->kit->ctx, &shape, &shell) != 0)
        fail_msg("%s", chaos_ctx_error(f->kit->ctx));
    domid = chaos_shell_domid(shell);
    guests_found(f->d.guests, domid);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_null(guest_of(f->d.guests, domid));
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -ESRCH);
    assert_int_equal(chaos_shell_destroy(f->kit->ctx, shell), 0);
    chaos_shell_free(shell);
}

/* A guest that writes as fast as it is read. */
static uint32_t flooder;

static void flood(void *arg, uint32_t domid, uint32_t port)
{
    (void)arg;
    (void)port;
    if (domid == flooder) {
        struct noxs_console *page = page_of(domid);

        page->out_prod = page->out_cons + NOXS_CONSOLE_OUT;
        model_ring(domid, port);
    }
}

static void fair(void **state)
{
    struct fixture *f = *state;
    uint32_t quiet = kit_create(f->kit, NULL);
    uint64_t before;
    unsigned i;

    flooder = kit_create(f->kit, NULL);
    opens(f, 0, quiet, 0);
    got_at(f, 0, 0, 0);
    guests_found(f->d.guests, flooder);
    model_set_guest(flood, NULL);
    writes(flooder, "!");
    for (i = 0; i < 20; i++) {
        before = guests_counts(f->d.guests).bytes;
        writes(quiet, "me");
        turns(f, 2);
        got_data(f, 0, i * 2, "me");
        /* It has its turn, no more and no less. */
        assert_in_range(guests_counts(f->d.guests).bytes - before, 2049,
                        100000);
    }
    model_set_guest(NULL, NULL);
    leaves(f, 0);
}

static void many(void **state)
{
    struct fixture *f = *state;
    uint32_t domids[200];
    char text[16];
    unsigned i;

    for (i = 0; i < 200; i++)
        domids[i] = kit_create(f->kit, NULL);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_int_equal(guests_counts(f->d.guests).attached, 200);
    for (i = 0; i < 200; i++) {
        (void)snprintf(text, sizeof(text), "guest %u", i);
        writes(domids[i], text);
    }
    turns(f, 10);
    for (i = 0; i < 200; i += 17) {
        (void)snprintf(text, sizeof(text), "guest %u", i);
        opens(f, 0, domids[i], 0);
        got_at(f, 0, 0, strlen(text));
        got_data(f, 0, 0, text);
        leaves(f, 0);
    }
    /* Some end and nobody tells: the next look finds out. */
    for (i = 0; i < 200; i += 2)
        assert_int_equal(chaos_domain_destroy(f->kit->ctx, domids[i]), 0);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_int_equal(guests_counts(f->d.guests).attached, 100);
    assert_int_equal(guests_counts(f->d.guests).dead, 100);
}

static void up(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "slow", NULL);
    uint32_t quick = kit_create(f->kit, "name", "quick", NULL);
    struct noxs_sysctl *ctl = model_control(domid, NOXS_DEV_SYSCTL);

    guests_found(f->d.guests, domid);
    guests_found(f->d.guests, quick);
    wait_ms(f, 10);
    assert_string_equal(events_told, "");
    ctl->up_time = 1234;
    ctl->state = NOXS_STATE_UP;
    wait_ms(f, 60);
    assert_string_equal(events_told, "up domid=1 name=slow up_time_ns=1234\n");
    /* It was up and ended between two looks. */
    ctl = model_control(quick, NOXS_DEV_SYSCTL);
    ctl->up_time = 99;
    ctl->state = NOXS_STATE_STOPPING;
    model_shutdown(quick, CHAOS_REASON_POWEROFF);
    exit_comes(f, quick, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    assert_string_equal(events_told, "up domid=1 name=slow up_time_ns=1234\n"
                                     "up domid=2 name=quick up_time_ns=99\n");
    /* What was up before the daemon was is no news to it. */
    stop(f);
    start(f);
    wait_ms(f, 10);
    assert_non_null(strstr(events_told, "quick up_time_ns=99\n"));
    assert_null(strstr(strstr(events_told, "quick") + 1, "up "));
}

static void failures(void **state)
{
    struct fixture *f = *state;
    struct snapshot before;
    uint32_t domid = kit_create(f->kit, NULL);
    struct guests *gs = NULL;
    unsigned n;

    stop(f);
    before = kit_snapshot(f->kit);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = guests_create(&f->d, &gs);
        if (rc == 0) {
            rc = guests_scan(gs);
            guests_destroy(gs);
        }
        if (!model_failed())
            break;
        model_fail_end();
        /* A guest that cannot be had is one less. */
        assert_true(rc == -EIO || rc == 0);
        /* A ring stays for the next daemon. */
        before.files = kit_snapshot(f->kit).files;
        kit_assert_same(f->kit, &before, model_failed_name());
    }
    model_fail_end();
    assert_true(n > 5);
    start(f);
    assert_int_equal(page_of(domid)->attached, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(readers), TEST(slow_reader), TEST(input),
        TEST(busy),    TEST(shells),      TEST(fair),
        TEST(many),    TEST(up),          TEST(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
