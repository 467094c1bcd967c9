/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bounded parsers: forms, boundaries, and that nothing is written when a
 * text is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "parse.h"
#include "unit.h"

/* A copy without a terminator, so that reading on is an error ASan sees. */
static char *bare(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return copy;
}

static void test_uint(void **state)
{
    static const struct {
        const char *text;
        uint64_t min, max;
        int rc;
        uint64_t value;
    } cases[] = {
        {"0", 0, 9, 0, 0},
        {"9", 0, 9, 0, 9},
        {"10", 0, 9, -ERANGE, 0},
        {"4", 5, 9, -ERANGE, 0},
        {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
        {"99999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
        {"", 0, 9, -EINVAL, 0},
        {"00", 0, 9, -EINVAL, 0},
        {"07", 0, 9, -EINVAL, 0},
        {"+1", 0, 9, -EINVAL, 0},
        {"-1", 0, 9, -EINVAL, 0},
        {" 1", 0, 9, -EINVAL, 0},
        {"1 ", 0, 9, -EINVAL, 0},
        {"0x1", 0, 9, -EINVAL, 0},
        {"1e3", 0, 9, -EINVAL, 0},
        {"99999999999999999999999x", 0, 9, -EINVAL, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = bare(cases[i].text);
        uint64_t value = 12345;

        assert_int_equal(chaos__parse_uint(text, strlen(cases[i].text),
                                           cases[i].min, cases[i].max, &value),
                         cases[i].rc);
        assert_int_equal(value, cases[i].rc ? 12345 : cases[i].value);
        free(text);
    }
}

static void test_size(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t kb;
        const char *again;
    } cases[] = {
        {"1", 0, 1024, "1"},
        {"64K", 0, 64, "64K"},
        {"1024K", 0, 1024, "1"},
        {"3600K", 0, 3600, "3600K"},
        {"8M", 0, 8192, "8"},
        {"2G", 0, 2097152, "2048"},
        {"16G", 0, 16777216, "16384"},
        {"17G", -ERANGE, 0, NULL},
        {"16777220K", -ERANGE, 0, NULL},
        {"60K", -ERANGE, 0, NULL},
        {"66K", -ERANGE, 0, NULL},
        {"0", -ERANGE, 0, NULL},
        {"K", -EINVAL, 0, NULL},
        {"4k", -EINVAL, 0, NULL},
        {"4KB", -EINVAL, 0, NULL},
        {"4T", -EINVAL, 0, NULL},
        {"", -EINVAL, 0, NULL},
        {"-4M", -EINVAL, 0, NULL},
        {"4 M", -EINVAL, 0, NULL},
        {"4.5M", -EINVAL, 0, NULL},
        {"18446744073709551615G", -ERANGE, 0, NULL},
    };
    char again[FORMAT_UINT_SIZE + 1];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = bare(cases[i].text);
        uint64_t kb = 12345;

        assert_int_equal(chaos__parse_size_kb(text, strlen(cases[i].text), 64,
                                              16 << 20, &kb),
                         cases[i].rc);
        assert_int_equal(kb, cases[i].rc ? 12345 : cases[i].kb);
        free(text);
        if (cases[i].rc)
            continue;
        assert_int_equal(chaos__format_size_kb(again, kb),
                         strlen(cases[i].again));
        assert_string_equal(again, cases[i].again);
    }
}

static void test_format_uint(void **state)
{
    static const uint64_t values[] = {0, 9, 10, 4096, UINT64_MAX};
    char buf[FORMAT_UINT_SIZE], expected[32];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int len = snprintf(expected, sizeof(expected), "%llu",
                           (unsigned long long)values[i]);

        assert_int_equal(chaos__format_uint(buf, values[i]), len);
        assert_string_equal(buf, expected);
    }
}

static void test_word(void **state)
{
    static const char *const words[] = {"r", "rw", NULL};
    unsigned index = 77;

    (void)state;
    assert_int_equal(chaos__parse_word("rw", 2, words, &index), 0);
    assert_int_equal(index, 1);
    assert_int_equal(chaos__parse_word("rw", 1, words, &index), 0);
    assert_int_equal(index, 0);
    assert_int_equal(chaos__parse_word("rwx", 3, words, &index), -EINVAL);
    assert_int_equal(chaos__parse_word("", 0, words, &index), -EINVAL);
    assert_int_equal(chaos__parse_word("R", 1, words, &index), -EINVAL);
    assert_int_equal(index, 0);
}

static void test_cpumap(void **state)
{
    static const struct {
        const char *text;
        int rc;
        const char *again;
    } cases[] = {
        {"0", 0, "0"},
        {"1023", 0, "1023"},
        {"0-1023", 0, "0-1023"},
        {"0-3,5", 0, "0-3,5"},
        {"5,0,2,1", 0, "0-2,5"},
        {"0-3,2-64", 0, "0-64"},
        {"63-64,64", 0, "63-64"},
        {"1024", -ERANGE, NULL},
        {"0-1024", -ERANGE, NULL},
        {"5-3", -EINVAL, NULL},
        {"", -EINVAL, NULL},
        {",", -EINVAL, NULL},
        {"1,", -EINVAL, NULL},
        {"1-", -EINVAL, NULL},
        {"-1", -EINVAL, NULL},
        {"1-2-3", -EINVAL, NULL},
        {"1, 2", -EINVAL, NULL},
    };
    uint64_t map[CONFIG_CPUS_MAX / 64];
    char again[FORMAT_CPUMAP_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = bare(cases[i].text);

        memset(map, 0x5a, sizeof(map));
        assert_int_equal(chaos__parse_cpumap(text, strlen(cases[i].text), map),
                         cases[i].rc);
        free(text);
        if (cases[i].rc) {
            assert_int_equal(map[0], 0x5a5a5a5a5a5a5a5a);
            continue;
        }
        assert_int_equal(chaos__format_cpumap(again, map),
                         strlen(cases[i].again));
        assert_string_equal(again, cases[i].again);
    }
    /* The longest there is fits its buffer. */
    memset(map, 0x55, sizeof(map));
    assert_in_range(chaos__format_cpumap(again, map), 2000,
                    FORMAT_CPUMAP_SIZE - 1);
    memset(map, 0xaa, sizeof(map));
    assert_in_range(chaos__format_cpumap(again, map), 2000,
                    FORMAT_CPUMAP_SIZE - 1);
}

static void test_show(void **state)
{
    char buf[SHOW_SIZE(4)];

    (void)state;
    assert_string_equal(chaos__show(buf, 4, "", 0), "");
    assert_string_equal(chaos__show(buf, 4, "a b", 3), "a b");
    assert_string_equal(chaos__show(buf, 4, "abcd", 4), "abcd");
    assert_string_equal(chaos__show(buf, 4, "abcde", 5), "abcd...");
    assert_string_equal(chaos__show(buf, 4, "a\n\0b", 4), "a\\x0a\\x00b");
    assert_string_equal(chaos__show(buf, 4, "\xff\xff\xff\xff\xff", 5),
                        "\\xff\\xff\\xff\\xff...");
    assert_string_equal(chaos__show(buf, 4, "\xf0\x9f\x90\xa7", 4),
                        "\xf0\x9f\x90\xa7");
    /* A character cut off is shown as bytes. */
    assert_string_equal(chaos__show(buf, 4, "\xc3x", 2), "\\xc3x");
    assert_string_equal(chaos__show(buf, 4, "\xf0\x9f\x90", 3),
                        "\\xf0\\x9f\\x90");
}

static void test_half_escape(void **state)
{
    static const char *const good[] = {
        "",          "abc", "\\u0041", "\\ud83d\\udc27", "\\uD83D\\uDC27x",
        "\\\\ud800", "\\",  "\\u",     "\\ud8",          "\\uzzzz",
        "\\\\",      NULL};
    static const char *const bad[] = {"\\ud800",
                                      "\\udc00",
                                      "\\ud800x",
                                      "\\ud800\\u0041",
                                      "\\ud800\\ud800",
                                      "\\\\\\udfff",
                                      "\\ud83d\\udc27\\uDC27",
                                      "a\\nb\\udc00",
                                      NULL};
    const char *const *p;

    (void)state;
    for (p = good; *p; p++)
        if (chaos__json_half_escape(*p, strlen(*p)) != NULL)
            fail_msg("%s", *p);
    for (p = bad; *p; p++)
        if (chaos__json_half_escape(*p, strlen(*p)) == NULL)
            fail_msg("%s", *p);
    assert_string_equal(chaos__json_half_escape("a\\ud800b", 8), "\\ud800b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint),        cmocka_unit_test(test_size),
        cmocka_unit_test(test_format_uint), cmocka_unit_test(test_word),
        cmocka_unit_test(test_cpumap),      cmocka_unit_test(test_show),
        cmocka_unit_test(test_half_escape),
    };

    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
