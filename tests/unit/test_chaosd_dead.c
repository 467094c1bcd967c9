/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of guests that end, and what a daemon that ended or was killed
 * leaves its successor.
 */
#include "guests_kit.h"

static void stops(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "web", NULL);
    struct noxs_sysctl *ctl = model_control(domid, NOXS_DEV_SYSCTL);
    uint8_t uuid[16];

    memcpy(uuid, model_view(domid).page->identity.uuid, 16);
    opens(f, 0, domid, 0);
    log_says(f, "web", "\"state\":\"running\",\"reason\":null", 0, "");
    writes(domid, "last words");
    page_of(domid)->dropped = 12;
    ctl->exit_code = 42;
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    got_at(f, 0, 0, 0);
    got_data(f, 0, 0, "last words");
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    assert_null(f->clients[0].hooks);
    /* It stays readable while it is kept ... */
    opens(f, 0, domid, 5);
    got_at(f, 0, 0, 10);
    got_data(f, 0, 5, "words");
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    log_says(f, "web",
             "\"state\":\"stopped\",\"reason\":\"poweroff\",\"exit_code\":42",
             0, "last words");
    assert_int_equal(chaos_domain_rename(f->kit->ctx, domid, "old"), 0);
    log_says(f, "old", "\"name\":\"old\"", 0, "last words");
    /* ... and afterwards. */
    destroy(f, domid);
    assert_false(model_view(domid).exists);
    assert_false(has_ring_file(f, domid));
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    log_says(f, "old", "\"exit_code\":42", 0, "last words");
    log_says(f, "old", "\"lost_bytes\":12,\"bytes\":10", 0, "last words");
    {
        char id[16];

        (void)snprintf(id, sizeof(id), "%u", domid);
        log_says(f, id, "\"state\":\"gone\",\"reason\":\"poweroff\"", 0,
                 "last words");
    }
    (void)model_domain_add("by-xl");
    log_fails(f, "by-xl", -EOPNOTSUPP);
    log_fails(f, "web", -ESRCH);
    log_fails(f, "4711", -ESRCH);
    log_fails(f, "\"quotes\"", -ESRCH);
    asks(f, 3, CHAOSD_LOG, "a\0b", 3);
    got_failure(f, 3, CHAOSD_LOG, -EINVAL);
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -ESRCH);
}

/* Destroyed while it runs, with a reader that fetches nothing for now. */
static void destroyed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "x", NULL);
    uint32_t other;

    opens(f, 0, domid, 0);
    f->clients[1].slow = true;
    f->clients[1].waiting = 1u << 20;
    opens(f, 1, domid, 0);
    got_at(f, 0, 0, 0);
    got_at(f, 1, 0, 0);
    writes(domid, "unread");
    destroy(f, domid);
    got_data(f, 0, 0, "unread");
    got_end(f, 0, CHAOSD_END_GONE, 0);
    got_nothing(f, 1);
    assert_false(has_ring_file(f, domid));
    assert_int_equal(model_counts().mappings, 0);
    log_says(f, "x", "\"state\":\"gone\",\"reason\":\"destroyed\"", 0,
             "unread");
    other = kit_create(f->kit, "name", "x", NULL);
    log_says(f, "x", "\"previous\":1", 0, "");
    assert_int_not_equal(domid, other);
    f->clients[1].waiting = 0;
    f->clients[1].hooks->drained(&f->clients[1], f->clients[1].hooks->arg);
    got_data(f, 1, 0, "unread");
    got_end(f, 1, CHAOSD_END_GONE, 0);
    assert_null(f->clients[1].hooks);
    /* The same with a reader that goes, and one that is there at the end. */
    f->clients[1].waiting = f->clients[2].waiting = 1u << 20;
    opens(f, 1, other, 0);
    opens(f, 2, other, 0);
    writes(other, "unread, too");
    destroy(f, other);
    leaves(f, 1);
}

static void suspended(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);

    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 0);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_SUSPEND);
    got_nothing(f, 0);
    writes(domid, "resumed");
    turns(f, 2);
    got_data(f, 0, 0, "resumed");
    leaves(f, 0);
}

/* It ends before it was found: it is attached to for its last words. */
static void never_found(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "quick", NULL);

    writes(domid, "short life");
    model_shutdown(domid, CHAOS_REASON_CRASH);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_CRASH);
    destroy(f, domid);
    log_says(f, "quick", "\"reason\":\"crash\",\"exit_code\":null", 0,
             "short life");
}

/* An orderly end, and the next daemon. */
static void next_daemon(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "stays", NULL);
    uint32_t gone = kit_create(f->kit, "name", "goes", NULL);

    guests_found(f->d.guests, domid);
    guests_found(f->d.guests, gone);
    writes(domid, "one ");
    writes(gone, "goodbye");
    turns(f, 2);
    opens(f, 0, domid, 0);
    stop(f);
    assert_null(f->clients[0].hooks);
    assert_int_equal(page_of(domid)->attached, 0);
    writes(domid, "two ");
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, gone), 0);
    start(f);
    writes(domid, "three");
    turns(f, 2);
    opens(f, 1, domid, 0);
    got_at(f, 1, 0, 13);
    got_data(f, 1, 0, "one two three");
    log_says(f, "goes", "\"state\":\"gone\"", 0, "goodbye");
    assert_false(has_ring_file(f, gone));
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    leaves(f, 1);
    /* What is dead stays so. */
    stop(f);
    start(f);
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    log_says(f, "goes", "\"bytes\":7", 0, "goodbye");
}

/* Killed between the count and telling the guest; or one that read meanwhile.
 */
static void killed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *con;
    char buf[8];

    writes(domid, "0123");
    guests_found(f->d.guests, domid);
    writes(domid, "456789");
    ring_append(&guest_of(f->d.guests, domid)->ring, "4567", 4);
    stop(f);
    assert_int_equal(page_of(domid)->out_cons, 4);
    start(f);
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 10);
    got_data(f, 0, 0, "0123456789");
    leaves(f, 0);
    stop(f);
    writes(domid, "abcdef");
    assert_int_equal(chaos_console_open(second, domid, &con), 0);
    assert_int_equal(chaos_console_read(con, buf, 3), 3);
    chaos_console_close(con);
    start(f);
    opens(f, 0, domid, 10);
    got_at(f, 0, 0, 13);
    got_data(f, 0, 10, "def");
    leaves(f, 0);
    chaos_ctx_destroy(second);
}

/* A ring of another guest of the same id is the last of that one. */
static void another_of_that_id(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "new", NULL);
    struct guest_facts facts = {
        .uuid = {9}, .domid = domid, .reason = 3, .name = "old"};
    struct ring ring;
    char path[128];

    stop(f);
    (void)snprintf(path, sizeof(path), "%s/console/%u", f->kit->run, domid);
    assert_int_equal(ring_create(path, RING, &facts, &ring), 0);
    ring_append(&ring, "of old", 6);
    ring_close(&ring);
    (void)snprintf(path, sizeof(path), "%s/console/77", f->kit->run);
    kit_write_file(path, "rubbish", 7);
    start(f);
    log_says(f, "old", "\"reason\":\"crash\"", 0, "of old");
    log_says(f, "new", "\"bytes\":0", 0, "");
    assert_int_equal(access(path, F_OK), -1);
}

static void logs_are_limited(void **state)
{
    struct fixture *f = *state;
    char text[2001], name[16];
    uint32_t domid, first = 0;
    unsigned i;

    fill(text, 2000, 'x');
    for (i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof(name), "g%u", i);
        domid = kit_create(f->kit, "name", name, NULL);
        first = i == 0 ? domid : first;
        guests_found(f->d.guests, domid);
        writes(domid, text);
        destroy(f, domid);
    }
    /* The last bytes of each. */
    log_says(f, "g3", "\"bytes\":2000", 1000, text + 1000);
    assert_int_equal(guests_counts(f->d.guests).dead, 20);
    f->conf.log_bytes = 10 * 4096;
    guests_reload(f->d.guests);
    assert_int_equal(guests_counts(f->d.guests).dead, 10);
    log_fails(f, "g3", -ESRCH);
    log_says(f, "g19", "\"bytes\":2000", 1000, text + 1000);
    stop(f);
    start(f);
    assert_int_equal(guests_counts(f->d.guests).dead, 10);
    log_says(f, "g10", "\"bytes\":2000", 1000, text + 1000);
    f->conf.log_bytes = 0;
    guests_reload(f->d.guests);
    assert_int_equal(guests_counts(f->d.guests).dead, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stops),
        TEST(destroyed),
        TEST(suspended),
        TEST(never_found),
        TEST(next_daemon),
        TEST(killed),
        TEST(another_of_that_id),
        TEST(logs_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
