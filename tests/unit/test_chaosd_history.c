/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each VM was restarted lately.
 */
#include "../../chaosd/exits_history.h"
#include "unit.h"

/* The time that counts passes. */
static void restarts_are_forgotten(void **state)
{
    static const uint8_t a[16] = {1}, b[16] = {2};
    struct history *h;
    unsigned i;

    (void)state;
    assert_int_equal(history_create(&h), 0);
    assert_int_equal(history_count(h, a, 0), 0);
    for (i = 1; i <= 10; i++)
        assert_int_equal(history_add(h, a, a, i * 100, 5), 0);
    assert_int_equal(history_count(h, a, 0), 5);
    assert_int_equal(history_count(h, a, 801), 2);
    assert_int_equal(history_count(h, a, 0), 2);
    assert_int_equal(history_count(h, b, 0), 0);
    assert_int_equal(history_add(h, a, b, 1100, 5), 0);
    assert_int_equal(history_count(h, a, 0), 0);
    assert_int_equal(history_count(h, b, 0), 3);
    assert_int_equal(history_add(h, a, a, 2000, 0), 0);
    assert_int_equal(history_size(h), 2);
    history_prune(h, 1500);
    assert_int_equal(history_size(h), 1);
    assert_int_equal(history_count(h, a, 3000), 0);
    assert_int_equal(history_size(h), 0);
    history_destroy(h);
    history_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
