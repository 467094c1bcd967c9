/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that libchaos runs: their words and variables, and their ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"
#include "program.h"
#include "unit.h"

/* Run this text by the shell. */
static int run(struct kit *kit, char *text, char *const *env, unsigned limit_ms)
{
    char name[] = "sh", option[] = "-c";
    char *const argv[] = {name, option, text, NULL};
    const struct program p = {.what = "script",
                              .path = "/bin/sh",
                              .argv = argv,
                              .env = env,
                              .limit_ms = limit_ms};

    return program_run(kit->ctx, &p);
}

static void ends(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    char *const argv[] = {NULL};
    const struct program none = {
        .what = "hook", .path = "/nowhere/hook", .argv = argv};
    char good[] = "test ! -t 0", bad[] = "exit 3", dead[] = "kill -15 $$";

    assert_int_equal(run(kit, good, NULL, 0), 0);
    assert_int_equal(run(kit, good, NULL, 60000), 0);
    kit_assert_error(kit->ctx, run(kit, bad, NULL, 60000), -ECANCELED);
    kit_assert_says(kit->ctx, "script /bin/sh: it failed with status 3");
    kit_assert_error(kit->ctx, run(kit, dead, NULL, 0), -ECANCELED);
    kit_assert_says(kit->ctx, "signal 15 ended it");
    kit_assert_error(kit->ctx, program_run(kit->ctx, &none), -ENOENT);
    kit_assert_says(kit->ctx, "hook /nowhere/hook cannot be run");
    kit_assert_same(kit, &before, "ends");
}

/* What it says replaces what this process has; the rest is inherited. */
static void variables(void **state)
{
    struct kit *kit = *state;
    char one[] = "CHAOS_ONE=new", empty[] = "CHAOS_EMPTY=";
    char *const env[] = {one, empty, NULL};
    char text[] = "test \"$CHAOS_ONE-$CHAOS_EMPTY-$CHAOS_ONES\" = new--kept && "
                  "test \"$(env | grep -c '^CHAOS_ONE=')\" = 1";

    assert_int_equal(setenv("CHAOS_ONE", "old", 1), 0);
    assert_int_equal(setenv("CHAOS_EMPTY", "old", 1), 0);
    assert_int_equal(setenv("CHAOS_ONES", "kept", 1), 0);
    assert_int_equal(run(kit, text, env, 0), 0);
    kit_assert_error(kit->ctx, run(kit, text, NULL, 0), -ECANCELED);
}

/* What it began goes with it: nobody holds the pipe any more. */
static void too_slow(void **state)
{
    struct kit *kit = *state;
    char text[] = "sleep 1000 & sleep 1000", byte;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    kit_assert_error(kit->ctx, run(kit, text, NULL, 50), -ETIMEDOUT);
    kit_assert_says(kit->ctx, "did not end in 50 ms and was killed");
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    close(fds[0]);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends),
        TEST(variables),
        TEST(too_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
