/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_parts.c: the command's own parts: numbers, names, text, messages.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "template.h"
#include "unit.h"

static void numbers(void **state)
{
    unsigned n = 77;

    (void)state;
    assert_int_equal(number_parse("1", 1, 32752, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(number_parse("32752", 1, 32752, &n), 0);
    assert_int_equal(n, 32752);
    assert_int_equal(number_parse("007", 0, 10, &n), 0);
    assert_int_equal(n, 7);
    n = 77;
    assert_int_equal(number_parse("0", 1, 32752, &n), -ERANGE);
    assert_int_equal(number_parse("32753", 1, 32752, &n), -ERANGE);
    assert_int_equal(number_parse("4294967297", 1, 32752, &n), -ERANGE);
    assert_int_equal(number_parse("18446744073709551617", 1, 9, &n), -ERANGE);
    assert_int_equal(number_parse("", 0, 9, &n), -EINVAL);
    assert_int_equal(number_parse("-1", 0, 9, &n), -EINVAL);
    assert_int_equal(number_parse("+1", 0, 9, &n), -EINVAL);
    assert_int_equal(number_parse(" 1", 0, 9, &n), -EINVAL);
    assert_int_equal(number_parse("1x", 0, 9, &n), -EINVAL);
    assert_int_equal(number_parse("0x1", 0, 9, &n), -EINVAL);
    assert_int_equal(n, 77);
}

static void assert_name(const char *text, unsigned number, const char *expected)
{
    struct template t;
    char *name;

    assert_int_equal(template_parse(&t, text), 0);
    name = template_name(&t, number);
    assert_string_equal(name, expected);
    free(name);
    template_dispose(&t);
}

static void assert_no_name(const char *text)
{
    struct template t;

    assert_int_equal(template_parse(&t, text), -EINVAL);
}

static void names(void **state)
{
    (void)state;
    assert_name("web", 3, "web");
    assert_name("web-%d", 3, "web-3");
    assert_name("web-%03d-a", 12, "web-012-a");
    assert_name("%02d", 123, "123");
    assert_name("100%%-%d", 1, "100%-1");
    assert_name("%d%%d", 1, "1%d");
    assert_no_name("%");
    assert_no_name("a%");
    assert_no_name("%s");
    assert_no_name("%n");
    assert_no_name("%3d");
    assert_no_name("%00d");
    assert_no_name("%010d");
    assert_no_name("%d-%d");
    assert_no_name("%0");
}

static void numbered_names(void **state)
{
    struct template t;
    char *name;

    (void)state;
    assert_int_equal(template_literal(&t, "50%.json", 3), 0);
    assert_int_equal(template_number(&t), 0);
    assert_int_equal(template_number(&t), 0);
    name = template_name(&t, 2);
    assert_string_equal(name, "50%-2");
    free(name);
    template_dispose(&t);
}

static void assert_safe(const char *text, const char *expected, size_t columns)
{
    char safe[TEXT_SAFE_SIZE(64)];

    assert_int_equal(text_safe(safe, sizeof(safe), text), columns);
    assert_string_equal(safe, expected);
}

static void text(void **state)
{
    char small[6];

    (void)state;
    assert_safe("web-1 ~", "web-1 ~", 7);
    assert_safe("a\nb\t\033[2J\177", "a\\x0ab\\x09\\x1b[2J\\x7f", 21);
    assert_safe("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 3);
    /* a control character in UTF-8, and alone; overlong; cut; a surrogate */
    assert_safe("\xc2\x9b", "\\xc2\\x9b", 8);
    assert_safe("\x9b", "\\x9b", 4);
    assert_safe("\xc0\xaf", "\\xc0\\xaf", 8);
    assert_safe("\xe0\x80\x80", "\\xe0\\x80\\x80", 12);
    assert_safe("\xe2\x82", "\\xe2\\x82", 8);
    assert_safe("\xed\xa0\x80", "\\xed\\xa0\\x80", 12);
    assert_safe("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16);
    text_safe(small, sizeof(small), "\n\n\n");
    assert_string_equal(small, "\\x0a");
}

static void assert_message(int rc, const char *what, const char *expected)
{
    char line[256];

    error_text(line, sizeof(line), rc, what);
    assert_string_equal(line, expected);
}

static void messages(void **state)
{
    (void)state;
    assert_message(-ENOENT, "kernel /k",
                   "kernel /k: No such file or directory");
    assert_message(-ENOENT, "kernel: no such file or directory",
                   "kernel: no such file or directory");
    assert_message(-ESRCH, "there is no domain 7", "there is no domain 7");
    assert_message(-ENOMEM, "", "Cannot allocate memory");
    assert_message(0, "no name", "no name");
    assert_message(-100000, "odd", "odd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),        cmocka_unit_test(names),
        cmocka_unit_test(numbered_names), cmocka_unit_test(text),
        cmocka_unit_test(messages),
    };

    return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
