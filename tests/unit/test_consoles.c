/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many consoles with one descriptor, and reading in two steps.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <noxs/console.h>

#include "kit.h"
#include "oom.h"
#include "unit.h"

#define COUNT 100

struct guest {
    uint32_t domid;
    struct noxs_console *page; /* as the guest sees it */
    struct chaos_console *con;
    unsigned rung;
};

struct fixture {
    struct kit *kit;
    struct chaos_consoles *set;
    struct guest guests[COUNT];
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    if (kit_setup((void **)&f.kit) != 0)
        return -1;
    assert_int_equal(chaos_consoles_create(f.kit->ctx, &f.set), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    chaos_consoles_destroy(f->set);
    return kit_teardown((void **)&f->kit);
}

static void add(struct fixture *f, struct guest *g)
{
    g->domid = kit_create(f->kit, NULL);
    g->page = model_control(g->domid, NOXS_DEV_CONSOLE);
    if (chaos_consoles_add(f->set, g->domid, g, &g->con) != 0)
        fail_msg("%s", chaos_ctx_error(f->kit->ctx));
}

static void writes(struct guest *g, const char *text)
{
    for (; *text; text++)
        g->page->out[g->page->out_prod++ % NOXS_CONSOLE_OUT] = (uint8_t)*text;
    model_ring(g->domid, model_device(g->domid, NOXS_DEV_CONSOLE)->evtchn);
}

static void reads(struct guest *g, const char *text)
{
    char buf[NOXS_CONSOLE_OUT];

    assert_int_equal(chaos_console_read(g->con, buf, sizeof(buf)),
                     strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

static bool readable(const struct fixture *f)
{
    struct pollfd pfd = {.fd = chaos_consoles_fd(f->set), .events = POLLIN};

    return poll(&pfd, 1, 0) == 1;
}

/* Counts who rang; returns how many did. */
static unsigned take_rings(struct fixture *f)
{
    struct guest *g;
    unsigned n = 0;

    while ((g = chaos_consoles_next(f->set))) {
        g->rung++;
        n++;
    }
    return n;
}

static void many(void **state)
{
    struct fixture *f = *state;
    unsigned handles = model_counts().event_handles;
    unsigned i;

    for (i = 0; i < COUNT; i++)
        add(f, &f->guests[i]);
    assert_int_equal(model_counts().event_handles, handles);
    assert_int_equal(model_counts().host_ports, COUNT);
    /* What was there before is found at once. */
    assert_true(readable(f));
    assert_int_equal(take_rings(f), COUNT);
    assert_false(readable(f));
    for (i = 0; i < COUNT; i += 3)
        writes(&f->guests[i], i % 2 ? "odd" : "even");
    assert_true(readable(f));
    assert_int_equal(take_rings(f), (COUNT + 2) / 3);
    assert_false(readable(f));
    for (i = 0; i < COUNT; i++) {
        assert_int_equal(f->guests[i].rung, i % 3 == 0 ? 2 : 1);
        assert_int_equal(chaos_console_fd(f->guests[i].con),
                         chaos_consoles_fd(f->set));
        reads(&f->guests[i], i % 3 ? "" : i % 2 ? "odd" : "even");
    }
    /* Reading one takes no ring of another. */
    writes(&f->guests[1], "x");
    writes(&f->guests[2], "y");
    reads(&f->guests[1], "x");
    assert_int_equal(take_rings(f), 2);
    reads(&f->guests[2], "y");
    assert_int_equal(chaos_console_write(f->guests[7].con, "in", 2), 2);
    assert_memory_equal(f->guests[7].page->in, "in", 2);
}

/* A closed console is let go, and its port's number serves the next. */
static void come_and_go(void **state)
{
    struct fixture *f = *state;
    struct guest *a = &f->guests[0], *b = &f->guests[1], *c = &f->guests[2];
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *alone = NULL;

    add(f, a);
    add(f, b);
    assert_int_equal(take_rings(f), 2);
    kit_assert_error(second, chaos_console_open(second, a->domid, &alone),
                     -EBUSY);
    /* It rang, and is closed before the ring was taken. */
    writes(a, "left behind");
    chaos_console_close(a->con);
    assert_int_equal(a->page->attached, 0);
    assert_int_equal(b->page->attached, 1);
    assert_int_equal(take_rings(f), 0);
    assert_int_equal(chaos_console_open(second, a->domid, &alone), 0);
    {
        char buf[32];

        assert_int_equal(chaos_console_read(alone, buf, sizeof(buf)), 11);
    }
    chaos_console_close(alone);
    add(f, c);
    assert_int_equal(model_counts().host_ports, 2);
    writes(c, "of the third");
    writes(b, "of the second");
    take_rings(f);
    assert_int_equal(a->rung, 1);
    assert_int_equal(b->rung, 2);
    reads(c, "of the third");
    reads(b, "of the second");
    /* The rest is closed with the set. */
    chaos_consoles_destroy(f->set);
    f->set = NULL;
    assert_int_equal(b->page->attached, 0);
    assert_int_equal(c->page->attached, 0);
    assert_int_equal(model_counts().host_ports, 0);
    chaos_consoles_destroy(NULL);
    chaos_ctx_destroy(second);
}

static void two_steps(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->guests[0];
    char buf[NOXS_CONSOLE_OUT + 1];
    uint32_t start;

    add(f, g);
    start = chaos_console_index(g->con);
    assert_int_equal(chaos_console_peek(g->con, buf, sizeof(buf)), 0);
    writes(g, "0123456789");
    assert_int_equal(chaos_console_peek(g->con, buf, 4), 4);
    assert_memory_equal(buf, "0123", 4);
    assert_int_equal(chaos_console_peek(g->con, buf, sizeof(buf)), 10);
    /* Nothing is taken so far: who attaches next begins there. */
    assert_int_equal(g->page->out_cons, start);
    assert_int_equal(chaos_console_index(g->con), start);
    assert_int_equal(chaos_console_take(g->con, 3), 0);
    assert_int_equal(g->page->out_cons, start + 3);
    assert_int_equal(chaos_console_index(g->con), start + 3);
    kit_assert_error(f->kit->ctx, chaos_console_take(g->con, 8), -EINVAL);
    assert_int_equal(g->page->out_cons, start + 3);
    chaos_console_close(g->con);
    assert_int_equal(chaos_consoles_add(f->set, g->domid, g, &g->con), 0);
    assert_int_equal(chaos_console_index(g->con), start + 3);
    reads(g, "3456789");
    assert_int_equal(chaos_console_take(g->con, 0), 0);
    g->page->dropped = 77;
    assert_int_equal(chaos_console_dropped(g->con), 77);
    /* A guest that breaks the rules is met where it says it is. */
    g->page->out_prod += NOXS_CONSOLE_OUT + 1;
    assert_int_equal(chaos_console_peek(g->con, buf, sizeof(buf)), 0);
    assert_int_equal(chaos_console_index(g->con), g->page->out_prod);
    writes(g, "well again");
    reads(g, "well again");
}

/* Wherever the ring's end lies in what is read. */
static void wraps(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->guests[0];
    char text[334], buf[NOXS_CONSOLE_OUT];
    unsigned i;

    add(f, g);
    text[333] = '\0';
    for (i = 0; i < 50; i++) {
        memset(text, 'a' + (int)(i % 26), 333);
        writes(g, text);
        assert_int_equal(chaos_console_peek(g->con, buf, sizeof(buf)), 333);
        assert_memory_equal(buf, text, 333);
        assert_int_equal(chaos_console_take(g->con, 333), 0);
    }
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct guest *g = &f->guests[0];
    struct chaos_console *con = NULL;
    uint32_t xl = model_domain_add("by-xl");

    kit_assert_error(ctx, chaos_consoles_add(f->set, xl, NULL, &con),
                     -EOPNOTSUPP);
    kit_assert_error(ctx, chaos_consoles_add(f->set, 999, NULL, &con), -ESRCH);
    add(f, g);
    kit_assert_error(ctx, chaos_consoles_add(f->set, g->domid, g, &con),
                     -EBUSY);
    assert_null(con);
    /* The domain is destroyed: what it wrote can still be read. */
    writes(g, "last words");
    assert_int_equal(chaos_domain_destroy(ctx, g->domid), 0);
    reads(g, "last words");
    chaos_console_close(g->con);
    assert_false(model_view(g->domid).exists);
}

static void failures(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_consoles *set = NULL;
    struct chaos_console *con = NULL;
    struct snapshot before;
    uint32_t domid = kit_create(f->kit, NULL);
    unsigned n;

    before = kit_snapshot(f->kit);
    model_fail(1, EIO);
    kit_assert_error(ctx, chaos_consoles_create(ctx, &set), -EIO);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = chaos_consoles_add(f->set, domid, NULL, &con);
        if (!model_failed())
            break;
        kit_assert_error(ctx, rc, -EIO);
        assert_null(con);
        kit_assert_same(f->kit, &before, "add");
    }
    model_fail_end();
    assert_int_equal(n, 4);
    chaos_console_close(con);
    con = NULL;
    kit_assert_same(f->kit, &before, "close");
    for (n = 0;; n++) {
        int rc;

        oom_arm(n);
        rc = chaos_consoles_create(ctx, &set);
        if (rc == 0)
            rc = chaos_consoles_add(set, domid, NULL, &con);
        if (!oom_disarm())
            break;
        kit_assert_error(ctx, rc, -ENOMEM);
        assert_null(con);
        chaos_consoles_destroy(set);
        set = NULL;
        kit_assert_same(f->kit, &before, "create and add");
    }
    assert_true(n > 3);
    chaos_consoles_destroy(set);
    kit_assert_same(f->kit, &before, "destroy");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many),  TEST(come_and_go), TEST(two_steps),
        TEST(wraps), TEST(refusals),    TEST(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
