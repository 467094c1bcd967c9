/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates: every form, its boundaries, and that a rate that is written reads back
 * as the same number of bytes in the same interval.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "unit.h"

static int parse(const char *text, uint64_t *bytes, uint32_t *interval)
{
    size_t len = strlen(text);
    /* Without a terminator, so that reading on is an error ASan sees. */
    char *copy = malloc(len ? len : 1);
    int rc;

    assert_non_null(copy);
    memcpy(copy, text, len);
    rc = chaos__parse_rate(copy, len, bytes, interval);
    free(copy);
    return rc;
}

static void test_forms(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        uint32_t interval;
        const char *written;
    } good[] = {
        {"10Mb/s", 62500, 50000, "1250KB/s"},
        {"250KB/s", 12500, 50000, "250KB/s"},
        {"1MB/s@20ms", 20000, 20000, "1MB/s@20ms"},
        {"1GB/s@50ms", 50000000, 50000, "1GB/s"},
        {"1Gb/s@50000us", 6250000, 50000, "125MB/s"},
        {"8Kb/s", 50, 50000, "1KB/s"},
        {"160b/s", 1, 50000, "20B/s"},
        {"999B/s", 49, 50000, "980B/s"},
        {"1000B/s@1ms", 1, 1000, "1KB/s@1ms"},
        {"1B/s@1s", 1, 1000000, "1B/s@1s"},
        {"10B/s@999999us", 9, 999999, "10B/s@999999us"},
        {"1000GB/s@1s", 1000000000000, 1000000, "1000GB/s@1s"},
        {"8000Gb/s", 50000000000, 50000, "1000GB/s"},
    };
    char buf[FORMAT_RATE_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t bytes = 0;
        uint32_t interval = 0;

        if (parse(good[i].text, &bytes, &interval) != 0)
            fail_msg("%s", good[i].text);
        assert_int_equal(bytes, good[i].bytes);
        assert_int_equal(interval, good[i].interval);
        assert_int_equal(chaos__format_rate(buf, bytes, interval),
                         strlen(good[i].written));
        assert_string_equal(buf, good[i].written);
    }
}

static void check_refused(const char *const *texts, int rc)
{
    for (; *texts; texts++) {
        uint64_t bytes = 7;
        uint32_t interval = 7;

        if (parse(*texts, &bytes, &interval) != rc)
            fail_msg("\"%s\"", *texts);
        assert_int_equal(bytes, 7);
        assert_int_equal(interval, 7);
    }
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",           "10",        "Mb/s",      "B/s",
        "10M/s",      "10Mbps",    "10mb/s",    "10MiB/s",
        "10MB",       "10 MB/s",   "10MB/s ",   "-1MB/s",
        "1.5MB/s",    "010MB/s",   "10TB/s",    "10MB/s@",
        "@20ms",      "10MB/s@ms", "10MB/s@20", "10MB/s@20m",
        "10MB/s@1ns", "0B/s@20mx", "1@1s",      "10MB/s@20ms@20ms",
        NULL};
    static const char *const range[] = {"0B/s",
                                        "19B/s",
                                        "159b/s",
                                        "7b/s@1s",
                                        "1MB/s@0s",
                                        "1MB/s@999us",
                                        "1MB/s@2s",
                                        "1MB/s@1001ms",
                                        "1001GB/s",
                                        "8001Gb/s",
                                        "1001GB/s@1s",
                                        "1MB/s@1000001us",
                                        "99999999999999999999b/s",
                                        "1MB/s@99999999999999999999us",
                                        NULL};

    (void)state;
    check_refused(bad, -EINVAL);
    check_refused(range, -ERANGE);
}

static void test_back(void **state)
{
    uint64_t bytes;
    uint32_t interval;

    (void)state;
    for (interval = 1000; interval <= 1000000; interval += 7777) {
        for (bytes = 1; bytes < 1000000 * (uint64_t)interval;
             bytes = bytes * 3 + interval % 5) {
            char buf[FORMAT_RATE_SIZE];
            uint64_t again = 0;
            uint32_t interval_again = 0;

            assert_in_range(chaos__format_rate(buf, bytes, interval), 4,
                            FORMAT_RATE_SIZE - 1);
            if (parse(buf, &again, &interval_again) != 0)
                fail_msg("%s", buf);
            assert_int_equal(again, bytes);
            assert_int_equal(interval_again, interval);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_back),
    };

    return cmocka_run_group_tests_name("parse rate", tests, NULL, NULL);
}
