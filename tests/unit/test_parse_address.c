/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parsers of uuids, addresses and names: forms, boundaries, and that
 * nothing is written when a text is refused.
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

static void test_uuid(void **state)
{
    static const char text[] = "0123abcd-4567-89ab-cdef-00112233445f";
    static const uint8_t bytes[16] = {0x01, 0x23, 0xab, 0xcd, 0x45, 0x67,
                                      0x89, 0xab, 0xcd, 0xef, 0x00, 0x11,
                                      0x22, 0x33, 0x44, 0x5f};
    static const char *const bad[] = {
        "",
        "0123abcd",
        "0123abcd-4567-89ab-cdef-00112233445",
        "0123abcd-4567-89ab-cdef-00112233445f0",
        "0123abcd+4567-89ab-cdef-00112233445f",
        "0123abcg-4567-89ab-cdef-00112233445f",
        "{123abcd-4567-89ab-cdef-00112233445}",
    };
    uint8_t uuid[16] = {7};
    char buf[FORMAT_UUID_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(chaos__parse_uuid(bad[i], strlen(bad[i]), uuid),
                         -EINVAL);
    assert_int_equal(
        chaos__parse_uuid("00000000-0000-0000-0000-000000000000", 36, uuid),
        -ERANGE);
    assert_int_equal(uuid[0], 7);
    assert_int_equal(chaos__parse_uuid(text, 36, uuid), 0);
    assert_memory_equal(uuid, bytes, 16);
    assert_int_equal(chaos__format_uuid(buf, uuid), 36);
    assert_string_equal(buf, text);
}

static void test_mac(void **state)
{
    static const char *const bad[] = {
        "",
        "00:16:3e:00:00",
        "00:16:3e:00:00:001",
        "00-16-3e-00-00-01",
        "00:16:3e:00:00:0g",
        "0:16:3e:00:00:001",
    };
    uint8_t mac[6] = {7};
    char buf[FORMAT_MAC_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(chaos__parse_mac(bad[i], strlen(bad[i]), mac),
                         -EINVAL);
    assert_int_equal(chaos__parse_mac("01:00:5e:00:00:01", 17, mac), -ERANGE);
    assert_int_equal(chaos__parse_mac("ff:ff:ff:ff:ff:ff", 17, mac), -ERANGE);
    assert_int_equal(chaos__parse_mac("00:00:00:00:00:00", 17, mac), -ERANGE);
    assert_int_equal(mac[0], 7);
    assert_int_equal(chaos__parse_mac("02:16:3E:fF:00:09", 17, mac), 0);
    assert_int_equal(chaos__format_mac(buf, mac), 17);
    assert_string_equal(buf, "02:16:3e:ff:00:09");
}

static void check_all(int (*check)(const char *text, size_t len),
                      const char *const *texts, int rc)
{
    for (; *texts; texts++) {
        char *text = bare(*texts);

        if (check(text, strlen(*texts)) != rc)
            fail_msg("\"%s\"", *texts);
        free(text);
    }
}

static void test_ip(void **state)
{
    static const char *const good[] = {
        "10.0.0.2",
        "10.0.0.2/0",
        "10.0.0.2/32",
        "255.255.255.255",
        "::",
        "fd00::2",
        "fd00::2/128",
        "::ffff:10.0.0.1/96",
        "1111:2222:3333:4444:5555:6666:7777:8888/64",
        NULL};
    static const char *const bad[] = {
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.2/",
        "/24",
        "10.0.0.2/x",
        "10.0.0.2/-1",
        "010.0.0.2",
        "10.0.0.2 ",
        "fd00::2::",
        "a.b.c.d",
        "1111:2222:3333:4444:5555:6666:7777:88888888888888",
        NULL};
    static const char *const range[] = {"10.0.0.2/33", "fd00::2/129", NULL};

    (void)state;
    check_all(chaos__check_ip, good, 0);
    check_all(chaos__check_ip, bad, -EINVAL);
    check_all(chaos__check_ip, range, -ERANGE);
    assert_int_equal(chaos__check_ip("10.0.0.2\0", 9), -EINVAL);
}

static void test_host(void **state)
{
    static const char *const good[] = {"10.0.0.1", "fd00::1", NULL};
    static const char *const bad[] = {"", "10.0.0.1/24", "fd00::1/", "/", NULL};
    struct parsed_ip ip = {.prefix = 7};

    (void)state;
    check_all(chaos__check_host, good, 0);
    check_all(chaos__check_host, bad, -EINVAL);
    assert_int_equal(chaos__parse_ip("10.0.0.2/33", 11, &ip), -ERANGE);
    assert_int_equal(ip.prefix, 7);
    assert_int_equal(chaos__parse_ip("10.0.0.2/31", 11, &ip), 0);
    assert_false(ip.is_ipv6);
    assert_true(ip.has_prefix);
    assert_int_equal(ip.prefix, 31);
    assert_memory_equal(ip.address, "\x0a\0\0\2", 4);
    assert_int_equal(chaos__parse_ip("fd00::2", 7, &ip), 0);
    assert_true(ip.is_ipv6);
    assert_false(ip.has_prefix);
}

static void test_ifname(void **state)
{
    static const char *const good[] = {"a", "xenbr0", "br-lan.5",
                                       "a23456789012345", NULL};
    static const char *const bad[] = {
        "",       ".",          "..",  "a/b",
        "a:b",    "a b",        "-br", "a234567890123456",
        "br\x7f", "br\xc3\xbc", "b\n", NULL};
    static const char *const not_new[] = {"vif%d", "%", "0", "123", NULL};

    (void)state;
    check_all(chaos__check_ifname, good, 0);
    check_all(chaos__check_ifname, bad, -EINVAL);
    check_all(chaos__check_new_ifname, good, 0);
    check_all(chaos__check_new_ifname, bad, -EINVAL);
    check_all(chaos__check_ifname, not_new, 0);
    check_all(chaos__check_new_ifname, not_new, -EINVAL);
}

static void test_vdev(void **state)
{
    static const char *const good[] = {"xvda",    "xvdzzz", "xvda1",
                                       "xvda255", "sda",    "sdp15",
                                       "hda",     "hdd63",  NULL};
    static const char *const bad[] = {
        "",     "xvd", "xvd1",   "xvdA",    "xvdaaaa", "vda",       "sdq",
        "sdaa", "hde", "xvda01", "xvda1p2", "xvda ",   "/dev/xvda", NULL};
    static const char *const range[] = {"xvda0", "xvda256", "sda16", "hda64",
                                        NULL};

    (void)state;
    check_all(chaos__check_vdev, good, 0);
    check_all(chaos__check_vdev, bad, -EINVAL);
    check_all(chaos__check_vdev, range, -ERANGE);
}

static void test_name(void **state)
{
    static const char *const good[] = {
        "a",   "7up", "0x7", "web-1",          "a.b",
        "...", "a-",  "%d",  "M\xc3\xbcnchen", "\xf0\x9f\x90\xa7",
        NULL};
    static const char *const bad[] = {
        "",
        "0",
        "123",
        "-a",
        ".",
        "..",
        "a/b",
        "a b",
        "a\tb",
        "a\x7f",
        "a\x1b[31m",
        "a\xc2\x9b"
        "1m",                /* a C1 control */
        "a\xc2\xa0",         /* a blank that does not break */
        "a\xe2\x80\x8b",     /* a blank of no width */
        "a\xe2\x80\xae",     /* turns the text around */
        "a\xff",             /* not UTF-8 */
        "a\xc0\xaf",         /* overlong '/' */
        "a\xed\xa0\x80",     /* half a surrogate pair */
        "a\xf4\x90\x80\x80", /* beyond Unicode */
        "a\xe2\x82",         /* cut off */
        NULL};
    char long_name[129];

    (void)state;
    check_all(chaos__parse_name, good, 0);
    check_all(chaos__parse_name, bad, -EINVAL);
    memset(long_name, 'x', sizeof(long_name));
    assert_int_equal(chaos__parse_name(long_name, 127), 0);
    assert_int_equal(chaos__parse_name(long_name, 128), -EINVAL);
}

static void test_name_check(void **state)
{
    char name[10001];
    struct chaos_ctx *ctx;

    (void)state;
    memset(name, 'x', sizeof(name));
    name[10000] = '\0';
    assert_int_equal(chaos_ctx_create(&ctx), 0);
    assert_int_equal(chaos__name_check(ctx, "web"), 0);
    assert_int_equal(chaos__name_check(ctx, name), -EINVAL);
    assert_string_equal(
        chaos_ctx_error(ctx),
        "name: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\": "
        "expected " NAME_EXPECTED);
    assert_int_equal(chaos__name_check(ctx, "a\033[2J"), -EINVAL);
    assert_string_equal(chaos_ctx_error(ctx),
                        "name: \"a\\x1b[2J\": expected " NAME_EXPECTED);
    chaos_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid), cmocka_unit_test(test_mac),
        cmocka_unit_test(test_ip),   cmocka_unit_test(test_ifname),
        cmocka_unit_test(test_host), cmocka_unit_test(test_vdev),
        cmocka_unit_test(test_name), cmocka_unit_test(test_name_check),
    };

    return cmocka_run_group_tests_name("parse address", tests, NULL, NULL);
}
