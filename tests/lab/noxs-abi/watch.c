/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches: who is told of exits, and for how long.
 */
#include <errno.h>

#include "test.h"

#define LOOPS 66 /* more than can watch at once */

static long watch(uint32_t port)
{
    struct noxs_op_watch op = {.port = port};

    return CALL(NOXS_OP_WATCH, &op);
}

static long unwatch(uint32_t port)
{
    struct noxs_op_watch op = {.port = port};

    return CALL(NOXS_OP_UNWATCH, &op);
}

static void test_errors(void)
{
    struct noxs_op_watch op = {.port = 1, .pad = 1};

    EXPECT(CALL(NOXS_OP_WATCH, &op), -EINVAL);
    EXPECT(CALL(NOXS_OP_UNWATCH, &op), -EINVAL);
    EXPECT(call_raw(NOXS_OP_WATCH, WILD, 0), -EFAULT);
    EXPECT(watch(0), -EINVAL);
    EXPECT(watch(1), -EINVAL); /* one of dom0's VIRQs or IPIs */
    EXPECT(watch(4095), -EINVAL);
    EXPECT(watch(0xffffffffu), -EINVAL);
    EXPECT(unwatch(0), -ENOENT);
    EXPECT(unwatch(4095), -ENOENT);
}

/* Each exit rings everybody who watches, at the other end. */
static void test_told(void)
{
    struct loop first, second;
    uint16_t guest;

    host_settle();
    loop_open(&first);
    loop_open(&second);
    EXPECT(unwatch(first.in), -ENOENT);
    EXPECT(watch(first.in), 0);
    EXPECT(watch(first.in), -EEXIST);
    EXPECT(watch(second.in), 0);
    CHECK(!loop_wait(&first, 20));

    guest = host_create();
    CHECK(!loop_wait(&first, 20)); /* being born is no exit */
    host_stop(guest, 0);
    CHECK(loop_wait(&first, 1000));
    CHECK(loop_wait(&second, 1000));
    EXPECT(unwatch(second.in), 0);
    EXPECT(unwatch(second.in), -ENOENT);
    host_destroy(guest);
    CHECK(loop_wait(&first, 1000)); /* it is dying */
    CHECK(loop_wait(&first, 5000)); /* it is destroyed */
    CHECK(!loop_wait(&first, 20));
    CHECK(!loop_wait(&second, 0));
    EXPECT(unwatch(first.in), 0);
    loop_close(&first);
    loop_close(&second);
}

/* A watcher that dies is forgotten, and its ports' next owner starts afresh. */
static void test_forgotten(void)
{
    struct loop loop;
    uint32_t port;

    host_settle();
    loop_open(&loop);
    port = loop.in;
    EXPECT(watch(port), 0);
    loop_close(&loop);
    EXPECT(unwatch(port), -ENOENT);

    loop_open(&loop);
    EXPECT(loop.in, port); /* the test's point: the same port again */
    CHECK(!loop_wait(&loop, 0));
    host_destroy(host_create());
    CHECK(!loop_wait(&loop, 100));
    EXPECT(watch(port), 0);
    host_destroy(host_create());
    CHECK(loop_wait(&loop, 1000));
    loop_close(&loop);
}

/* The table fills up, and is empty again when the watchers are gone. */
static void test_full(void)
{
    static struct loop loops[LOOPS];
    struct noxs_op_version version = {0};

    EXPECT(CALL(NOXS_OP_VERSION, &version), 0);
    for (int round = 0; round < 2; round++) {
        uint32_t opened = 0;

        for (unsigned int i = 0; i < LOOPS; i++) {
            long rc;

            loop_open(&loops[i]);
            rc = watch(loops[i].out);
            if (!rc)
                opened++;
            else
                EXPECT(rc, -ENOSPC);
        }
        EXPECT(opened, version.watch_max);
        for (unsigned int i = 0; i < LOOPS; i++)
            loop_close(&loops[i]);
    }
}

void test_watches(void)
{
    test_errors();
    test_told();
    test_forgotten();
    test_full();
}
