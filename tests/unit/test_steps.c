/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of steps: which run, in which order they are undone, and that what
 * was done before is remembered.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "kit.h"
#include "steps.h"
#include "unit.h"

/* What was done, in its order; undoing is in capitals. */
static char trace[64];

#define STEP(letter, capital)                                                  \
    static int do_##letter(struct create *c)                                   \
    {                                                                          \
        (void)c;                                                               \
        strcat(trace, #letter);                                                \
        return 0;                                                              \
    }                                                                          \
    static void undo_##letter(struct create *c)                                \
    {                                                                          \
        (void)c;                                                               \
        strcat(trace, capital);                                                \
    }
STEP(a, "A")
STEP(b, "B")
STEP(c, "C")
STEP(e, "E")

static int do_d(struct create *c)
{
    (void)c;
    strcat(trace, "d");
    return 0;
}

static int do_fail(struct create *c)
{
    (void)c;
    strcat(trace, "!");
    return -EXDEV;
}

static void take_step(void *arg, const char *step, const char *phase,
                      uint64_t ns, int rc)
{
    char *text = arg;

    (void)ns;
    strcat(strcat(text, step), *phase == 'p' ? ":p" : ":e");
    strcat(text, rc == 0 ? " " : "! ");
}

static const struct step table[] = {
    {"a", STEP_IMAGE, do_a, undo_a},   {"b", STEP_PREPARE, do_b, undo_b},
    {"c", STEP_EXECUTE, do_c, undo_c}, {"d", STEP_IMAGE, do_d, NULL},
    {"e", STEP_PREPARE, do_e, undo_e}, {"f", STEP_EXECUTE, do_fail, undo_a},
};
#define ALL 6
#define GOOD 5

static int run(struct kit *kit, struct create *c, size_t count, unsigned kinds,
               const char *expected)
{
    int rc;

    trace[0] = '\0';
    rc = steps_run(kit->ctx, table, count, kinds, c);
    assert_string_equal(trace, expected);
    return rc;
}

static void kinds(void **state)
{
    struct kit *kit = *state;
    struct create c = {0};

    assert_int_equal(run(kit, &c, GOOD, STEP_ALL, "abcde"), 0);
    assert_int_equal(c.done, 0x1f);
    assert_int_equal(run(kit, &c, GOOD, STEP_ALL, ""), 0);
    c.done = 0;
    assert_int_equal(run(kit, &c, GOOD, STEP_PREPARE, "be"), 0);
    assert_int_equal(c.done, steps_done(table, GOOD, STEP_PREPARE));
    assert_int_equal(run(kit, &c, GOOD, STEP_ALL, "acd"), 0);
    assert_int_equal(c.done, steps_done(table, GOOD, STEP_ALL));
    c.done = 0;
    assert_int_equal(run(kit, &c, GOOD, STEP_PREPARE | STEP_IMAGE, "abde"), 0);
    assert_int_equal(run(kit, &c, GOOD, STEP_ALL, "c"), 0);
    assert_int_equal(run(kit, &c, 0, STEP_ALL, ""), 0);
}

/* Whoever did it: in the order of the table, from its end. */
static void undo(void **state)
{
    struct kit *kit = *state;
    struct create c = {0};

    assert_int_equal(run(kit, &c, ALL, STEP_ALL, "abcde!ECBA"), -EXDEV);
    assert_int_equal(c.done, 0);
    c.done = steps_done(table, ALL, STEP_PREPARE);
    assert_int_equal(run(kit, &c, ALL, STEP_ALL, "acd!ECBA"), -EXDEV);
    assert_int_equal(c.done, 0);
    c.done = steps_done(table, ALL, STEP_PREPARE | STEP_IMAGE);
    assert_int_equal(run(kit, &c, ALL, STEP_EXECUTE, "c!ECBA"), -EXDEV);
    assert_int_equal(run(kit, &c, ALL, STEP_EXECUTE, "c!C"), -EXDEV);
    assert_int_equal(run(kit, &c, GOOD, STEP_PREPARE, "be"), 0);
    trace[0] = '\0';
    steps_undo(table, GOOD, &c);
    assert_string_equal(trace, "EB");
    assert_int_equal(c.done, 0);
}

static void phases(void **state)
{
    struct kit *kit = *state;
    char probes[100] = "";
    struct create c = {0};

    chaos_ctx_set_step_probe(kit->ctx, take_step, probes);
    assert_int_equal(run(kit, &c, ALL, STEP_ALL, "abcde!ECBA"), -EXDEV);
    assert_string_equal(probes, "a:e b:p c:e d:e e:p f:e! ");
    probes[0] = '\0';
    assert_int_equal(run(kit, &c, GOOD, STEP_PREPARE | STEP_IMAGE, "abde"), 0);
    assert_string_equal(probes, "a:p b:p d:p e:p ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(kinds), TEST(undo), TEST(phases)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
