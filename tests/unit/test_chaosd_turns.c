/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_turns.c: clients that ask much at once, and others beside them.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "server_kit.h"
#include "unit.h"

static const struct chaosd_header good = {
    .size = sizeof(good), .version = CHAOSD_VERSION, .type = CHAOSD_LOG};

/* More than one turn takes, in one piece, the last not whole. */
static void test_many_at_once(void **state)
{
    enum { COUNT = 5 * TURN_QUESTIONS / 2 };
    struct chaosd_header h[COUNT + 1];
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);
    uint32_t i;

    for (i = 0; i <= COUNT; i++) {
        h[i] = good;
        h[i].id = i;
    }
    server_kit_bytes(kit, fd, h, sizeof(h) - 1);
    for (i = 0; i < COUNT; i++)
        server_kit_expect(kit, fd, CHAOSD_LOG, i, 0);
    assert_int_equal(kit->asked, COUNT);
    server_kit_bytes(kit, fd, (const char *)(h + COUNT + 1) - 1, 1);
    server_kit_expect(kit, fd, CHAOSD_LOG, COUNT, 0);
    close(fd);
}

/* Between two turns of one who asked much, another has his. */
static void test_turns(void **state)
{
    enum { COUNT = 4 * TURN_QUESTIONS };
    const int once = EVLOOP_ONCE | EVLOOP_NONBLOCK;
    struct chaosd_header h[COUNT];
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit), other = server_kit_connect(kit);
    uint32_t i;

    for (i = 0; i < COUNT; i++) {
        h[i] = good;
        h[i].id = i;
    }
    assert_int_equal(send(fd, h, sizeof(h), 0), sizeof(h));
    assert_true(event_base_loop(kit->d.base, once) >= 0);
    assert_int_equal(kit->asked, TURN_QUESTIONS);
    assert_int_equal(send(other, h, sizeof(*h), 0), sizeof(*h));
    assert_true(event_base_loop(kit->d.base, once) >= 0);
    assert_int_equal(kit->asked, 2 * TURN_QUESTIONS + 1);
    assert_int_equal(recv(other, h, sizeof(*h), MSG_DONTWAIT), sizeof(*h));
    for (i = 0; i < COUNT; i++)
        server_kit_expect(kit, fd, CHAOSD_LOG, i, 0);
    close(fd);
    close(other);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, server_kit_setup, server_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_many_at_once),
        TEST(test_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
