/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's console: wrap-around, full rings, small buffers, hostile indices,
 * and who is attached.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <noxs/console.h>

#include "kit.h"
#include "oom.h"
#include "unit.h"

struct fixture {
    struct kit *kit;
    uint32_t domid;
    struct noxs_console *page; /* as the guest sees it */
    struct chaos_console *con;
    unsigned rings; /* of dom0 */
};

static void count_ring(void *arg, uint32_t domid, uint32_t port)
{
    struct fixture *f = arg;

    assert_int_equal(domid, f->domid);
    assert_int_equal(port, model_device(domid, NOXS_DEV_CONSOLE)->evtchn);
    f->rings++;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    if (kit_setup((void **)&f.kit) != 0)
        return -1;
    f.domid = kit_create(f.kit, NULL);
    f.page = model_control(f.domid, NOXS_DEV_CONSOLE);
    model_set_guest(count_ring, &f);
    assert_int_equal(chaos_console_open(f.kit->ctx, f.domid, &f.con), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    chaos_console_close(f->con);
    return kit_teardown((void **)&f->kit);
}

static void guest_rings(struct fixture *f)
{
    model_ring(f->domid, model_device(f->domid, NOXS_DEV_CONSOLE)->evtchn);
}

/* The guest's k-th byte of output. */
static uint8_t byte_of(uint32_t k)
{
    return (uint8_t)(k * 5 + 3);
}

static void guest_writes(struct fixture *f, uint32_t count)
{
    while (count-- > 0) {
        f->page->out[f->page->out_prod % NOXS_CONSOLE_OUT] =
            byte_of(f->page->out_prod);
        f->page->out_prod++;
    }
    guest_rings(f);
}

static void reads(struct fixture *f, size_t len, ssize_t expected)
{
    uint32_t from = f->page->out_cons;
    uint8_t buf[NOXS_CONSOLE_OUT + 8];
    ssize_t n, i;

    memset(buf, 0xee, sizeof(buf));
    n = chaos_console_read(f->con, buf, len);
    assert_int_equal(n, expected);
    for (i = 0; i < n; i++)
        assert_int_equal(buf[i], byte_of(from + (uint32_t)i));
    assert_int_equal(buf[len], 0xee);
    assert_int_equal(f->page->out_cons, from + (uint32_t)n);
}

static bool readable(const struct fixture *f)
{
    struct pollfd pfd = {.fd = chaos_console_fd(f->con), .events = POLLIN};

    return poll(&pfd, 1, 0) == 1;
}

static void output(void **state)
{
    struct fixture *f = *state;

    /* What was there before is found at once. */
    assert_true(readable(f));
    reads(f, 100, 0);
    assert_false(readable(f));
    assert_int_equal(f->rings, 0);
    guest_writes(f, 10);
    assert_true(readable(f));
    reads(f, 4, 4);
    reads(f, 0, 0);
    reads(f, 100, 6);
    reads(f, 100, 0);
    assert_int_equal(f->rings, 2);
}

static void output_wraps(void **state)
{
    struct fixture *f = *state;
    unsigned i;

    for (i = 0; i < 40; i++) {
        guest_writes(f, 333);
        reads(f, 200, 200);
        reads(f, 200, 133);
    }
    guest_writes(f, NOXS_CONSOLE_OUT);
    reads(f, NOXS_CONSOLE_OUT + 1, NOXS_CONSOLE_OUT);
}

/* The indices themselves run over. */
static void indices_wrap(void **state)
{
    struct fixture *f = *state;
    unsigned i;

    chaos_console_close(f->con);
    f->page->out_prod = f->page->out_cons = 0xffffff00u;
    f->page->in_prod = f->page->in_cons = 0xffffff00u;
    assert_int_equal(chaos_console_open(f->kit->ctx, f->domid, &f->con), 0);
    for (i = 0; i < 4; i++) {
        guest_writes(f, 100);
        reads(f, 2000, 100);
        assert_int_equal(chaos_console_write(f->con, "0123456789", 10), 10);
        f->page->in_cons = f->page->in_prod;
    }
    for (i = 0; i < 30; i++) {
        assert_int_equal(chaos_console_write(f->con, "0123456789", 10), 10);
        f->page->in_cons = f->page->in_prod;
    }
    assert_int_equal(f->page->out_prod, 0xffffff00u + 400);
    assert_int_equal(f->page->in_prod, 0xffffff00u + 340);
}

static void input(void **state)
{
    struct fixture *f = *state;
    uint8_t buf[NOXS_CONSOLE_IN + 100];
    unsigned i;

    for (i = 0; i < sizeof(buf); i++)
        buf[i] = byte_of(i);
    assert_int_equal(chaos_console_write(f->con, buf, 0), 0);
    assert_int_equal(f->rings, 0);
    assert_int_equal(chaos_console_write(f->con, buf, 1000), 1000);
    assert_int_equal(f->rings, 1);
    /* Full, and again once the guest made room. */
    assert_int_equal(chaos_console_write(f->con, buf + 1000, 100), 24);
    assert_int_equal(chaos_console_write(f->con, buf + 1024, 100), 0);
    assert_int_equal(f->rings, 2);
    assert_memory_equal(f->page->in, buf, NOXS_CONSOLE_IN);
    f->page->in_cons += 50;
    assert_int_equal(chaos_console_write(f->con, buf + 1024, 100), 50);
    assert_memory_equal(f->page->in, buf + 1024, 50);
    assert_memory_equal(f->page->in + 50, buf + 50, 974);
}

/* Whatever the guest makes of the indices, nothing beyond the ring is touched.
 */
static void hostile_indices(void **state)
{
    static const uint32_t values[] = {1,           2047,        2048,
                                      2049,        4096,        0x7fffffff,
                                      0x80000000u, 0xfffff7ffu, 0xffffffffu};
    struct fixture *f = *state;
    uint8_t buf[4096];
    unsigned i, k;

    memset(buf, 'x', sizeof(buf));
    for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
        for (k = 0; k < sizeof(values) / sizeof(*values); k++) {
            ssize_t n;

            f->page->out_prod += values[i];
            f->page->out_cons = values[k];
            f->page->in_cons += values[i];
            f->page->in_prod = values[k];
            guest_rings(f);
            n = chaos_console_read(f->con, buf, sizeof(buf));
            assert_in_range(n, 0, NOXS_CONSOLE_OUT);
            assert_int_equal(f->page->out_cons, f->page->out_prod);
            n = chaos_console_write(f->con, buf, sizeof(buf));
            assert_in_range(n, 0, NOXS_CONSOLE_IN);
            /* What dom0 owns was not for the guest to write. */
            assert_true(f->page->in_prod - f->page->in_cons <= NOXS_CONSOLE_IN);
        }
    }
    /* A difference beyond the ring is skipped, and then all is well. */
    f->page->out_prod += NOXS_CONSOLE_OUT + 1;
    assert_int_equal(chaos_console_read(f->con, buf, 10), 0);
    guest_writes(f, 10);
    assert_int_equal(chaos_console_read(f->con, buf, 100), 10);
}

static void attached(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *con = NULL;

    assert_int_equal(f->page->attached, 1);
    kit_assert_error(second, chaos_console_open(second, f->domid, &con),
                     -EBUSY);
    assert_null(con);
    assert_int_equal(f->page->attached, 1);
    guest_writes(f, 5);
    chaos_console_close(f->con);
    f->con = NULL;
    assert_int_equal(f->page->attached, 0);
    /* The guest was rung, since it may have waited for room. */
    assert_int_equal(f->rings, 1);
    assert_int_equal(chaos_console_open(second, f->domid, &con), 0);
    assert_int_equal(f->page->attached, 1);
    {
        uint8_t buf[16];

        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 5);
        assert_int_equal(buf[0], byte_of(0));
    }
    chaos_console_close(con);
    chaos_console_close(NULL);
    chaos_ctx_destroy(second);
}

/* The domain is destroyed: what it wrote can still be read. */
static void after_the_end(void **state)
{
    struct fixture *f = *state;

    guest_writes(f, 20);
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, f->domid), 0);
    reads(f, 100, 20);
    reads(f, 100, 0);
    assert_int_equal(chaos_console_write(f->con, "x", 1), 1);
    chaos_console_close(f->con);
    f->con = NULL;
    assert_false(model_view(f->domid).exists);
}

static void no_console(void **state)
{
    struct fixture *f = *state;
    struct chaos_console *con;
    uint32_t domid = model_domain_add("by-xl");

    kit_assert_error(f->kit->ctx, chaos_console_open(f->kit->ctx, domid, &con),
                     -EOPNOTSUPP);
}

static void failures(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_console *con = NULL;
    struct snapshot before;
    uint8_t buf[8];
    unsigned n;

    model_fail(1, EIO);
    kit_assert_error(ctx, (int)chaos_console_read(f->con, buf, 8), -EIO);
    model_fail(1, EIO);
    kit_assert_error(ctx, (int)chaos_console_write(f->con, buf, 8), -EIO);
    chaos_console_close(f->con);
    f->con = NULL;
    before = kit_snapshot(f->kit);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = chaos_console_open(ctx, f->domid, &con);
        if (!model_failed())
            break;
        kit_assert_error(ctx, rc, -EIO);
        assert_null(con);
        kit_assert_same(f->kit, &before, "open");
    }
    model_fail_end();
    assert_int_equal(n, 6);
    chaos_console_close(con);
    con = NULL;
    for (n = 0;; n++) {
        int rc;

        oom_arm(n);
        rc = chaos_console_open(ctx, f->domid, &con);
        if (!oom_disarm())
            break;
        kit_assert_error(ctx, rc, -ENOMEM);
        kit_assert_same(f->kit, &before, "open");
    }
    chaos_console_close(con);
    assert_true(n > 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output),   TEST(output_wraps),    TEST(indices_wrap),
        TEST(input),    TEST(hostile_indices), TEST(attached),
        TEST(failures), TEST(after_the_end),   TEST(no_console),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
