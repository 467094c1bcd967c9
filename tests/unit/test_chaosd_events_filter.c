/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client may say of the events it wants, and what it may not.
 */
#include <errno.h>
#include <string.h>

#include "../../chaosd/events_filter.h"
#include "unit.h"

static char why[EVENT_FILTER_TEXT];

static int parse(const char *json, struct event_filter *filter_out)
{
    why[0] = '\0';
    return event_filter_parse(json, strlen(json), filter_out, why, sizeof(why));
}

static void test_refused(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{", "not JSON"},
        {"{} {}", "not JSON"},
        {"\"created\"", "an object"},
        {"[]", "an object"},
        {"{\"event\":1}", "no key 'event'"},
        {"{\"events\":\"created\"}", "array of names"},
        {"{\"events\":[]}", "array of names"},
        {"{\"events\":[1]}", "array of names"},
        {"{\"events\":[\"made\"]}", "no event 'made'"},
        {"{\"domid\":1,\"domid\":1}", "twice"},
        {"{\"domid\":-1}", "whole number"},
        {"{\"domid\":1e3}", "whole number"},
        {"{\"domid\":1.5}", "whole number"},
        {"{\"domid\":\"1\"}", "whole number"},
        {"{\"domid\":65536}", "more than 65535"},
        {"{\"since\":18446744073709551616}", "more than"},
        {"{\"since\":0,\"history\":1}", "exclude"},
        {"{\"instance\":\"\"}", "instance"},
        {"{\"instance\":\"0123456789012345678901234\"}", "instance"},
    };
    struct event_filter filter = {.domid = 77};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(parse(cases[i].json, &filter), -EINVAL);
        if (!strstr(why, cases[i].says))
            fail_msg("%s: '%s'", cases[i].json, why);
    }
    /* A zero byte would hide what follows from the parser. */
    assert_int_equal(event_filter_parse("{}\0{", 4, &filter, why, sizeof(why)),
                     -EINVAL);
    assert_int_equal(filter.domid, 77);
}

/* Brackets to the end of what a client can send. */
static void test_deep(void **state)
{
    static char deep[EVENT_FILTER_MAX + 1];
    struct event_filter filter;

    (void)state;
    memset(deep, '[', sizeof(deep) - 1);
    assert_int_equal(parse(deep, &filter), -EINVAL);
}

static void test_all_pass(void **state)
{
    struct event_filter filter;

    (void)state;
    assert_int_equal(parse("", &filter), 0);
    assert_true(event_filter_passes(&filter, "created"));
    assert_true(event_filter_passes(&filter, "one_that_is_new"));
    assert_int_equal(parse(" {} ", &filter), 0);
    assert_true(event_filter_passes(&filter, "created"));
    assert_false(filter.has_domid || filter.has_since || filter.history);
}

static void test_keys(void **state)
{
    struct event_filter filter;

    (void)state;
    assert_int_equal(parse("{\"events\":[\"leaving\",\"created\"],"
                           "\"domid\":65535,\"history\":4294967295}",
                           &filter),
                     0);
    assert_true(event_filter_passes(&filter, "created"));
    assert_true(event_filter_passes(&filter, "leaving"));
    assert_false(event_filter_passes(&filter, "up"));
    assert_false(event_filter_passes(&filter, "one_that_is_new"));
    assert_true(filter.has_domid && !filter.has_since);
    assert_int_equal(filter.domid, 65535);
    assert_int_equal(filter.history, UINT32_MAX);
    assert_int_equal(parse("{\"since\":18446744073709551615,"
                           "\"instance\":\"0123456789abcdef\"}",
                           &filter),
                     0);
    assert_true(filter.has_since);
    assert_true(filter.since == UINT64_MAX);
    assert_string_equal(filter.instance, "0123456789abcdef");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_all_pass),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
