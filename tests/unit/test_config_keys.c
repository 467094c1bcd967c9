/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every key of a configuration: values that are taken, values that are not,
 * and the whole sentence that then is said, with file, line, key and value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/chaos.h>

#include "config.h"
#include "config_fixture.h"
#include "unit.h"

static void test_defaults(void **state)
{
    struct fixture *f = *state;

    take(f, "");
    assert_null(f->cfg->name);
    assert_null(chaos_config_name(f->cfg));
    assert_null(f->cfg->kernel);
    assert_null(f->cfg->ramdisk);
    assert_null(f->cfg->cmdline);
    assert_int_equal(f->cfg->memory_kb, 4096);
    assert_int_equal(f->cfg->vcpus, 1);
    assert_false(f->cfg->has_cpumap);
    assert_false(f->cfg->paused);
    assert_false(f->cfg->has_uuid);
    assert_int_equal(f->cfg->on_poweroff, CONFIG_DESTROY);
    assert_int_equal(f->cfg->on_reboot, CONFIG_RESTART);
    assert_int_equal(f->cfg->on_crash, CONFIG_DESTROY);
    assert_int_equal(f->cfg->address_size, 64);
    assert_false(f->cfg->pvh);
    assert_int_equal(f->cfg->dev_method, CONFIG_DEV_AUTO);
    assert_int_equal(f->cfg->vif_count, 0);
    assert_int_equal(f->cfg->vbd_count, 0);
}

static void test_name(void **state)
{
#define NAME_TEXT                                                              \
    ": expected 1 to 127 bytes without blanks, control characters or '/', "    \
    "not a number and not starting with '-'"
    struct fixture *f = *state;
    char text[256];

    take(f, "\"name\": \"web-%d\"");
    assert_string_equal(chaos_config_name(f->cfg), "web-%d");
    take(f, "\"name\": \"7up\"");
    take(f, "\"name\": \"M\\u00fcnchen\"");
    assert_string_equal(f->cfg->name, "M\xc3\xbcnchen");
    (void)snprintf(text, sizeof(text), "\"name\": \"%0127d\"", 0);
    text[9] = 'x';
    take(f, text);
    assert_int_equal(strlen(f->cfg->name), 127);
    (void)snprintf(text, sizeof(text), "\"name\": \"%0128d\"", 0);
    text[9] = 'x';
    refuse(f, text,
           "web.json:2: name: "
           "\"x000000000000000000000000000000000000000...\"" NAME_TEXT);
    refuse(f, "\"name\": \"\"", "web.json:2: name: \"\"" NAME_TEXT);
    refuse(f, "\"name\": \"a b\"", "web.json:2: name: \"a b\"" NAME_TEXT);
    refuse(f, "\"name\": \"a/b\"", "web.json:2: name: \"a/b\"" NAME_TEXT);
    refuse(f, "\"name\": \"12\"", "web.json:2: name: \"12\"" NAME_TEXT);
    refuse(f, "\"name\": \"-w\"", "web.json:2: name: \"-w\"" NAME_TEXT);
    refuse(f, "\"name\": \"..\"", "web.json:2: name: \"..\"" NAME_TEXT);
    refuse(f, "\"name\": \"a\\nb\"", "web.json:2: name: \"a\\x0ab\"" NAME_TEXT);
    refuse(f, "\"name\": \"a\\u0000\"",
           "web.json:2: name: \"a\\x00\"" NAME_TEXT);
    refuse(f, "\"name\": \"a\\u202e\"",
           "web.json:2: name: \"a\\xe2\\x80\\xae\"" NAME_TEXT);
    refuse(f, "\"name\": 5", "web.json:2: name: 5" NAME_TEXT);
    refuse(f, "\"name\": null", "web.json:2: name: null" NAME_TEXT);
}

static void test_uuid(void **state)
{
#define UUID_TEXT                                                              \
    ": expected a UUID such as 6e5d1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55"
    static const uint8_t uuid[16] = {0x6E, 0x5d, 0x1a, 0xd3, 0x8c, 0x0f,
                                     0x4a, 0x4e, 0x9f, 0x6b, 0x0f, 0x3c,
                                     0x1d, 0x2b, 0x7a, 0x55};
    struct fixture *f = *state;

    take(f, "\"uuid\": \"6E5D1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55\"");
    assert_true(f->cfg->has_uuid);
    assert_memory_equal(f->cfg->uuid, uuid, sizeof(uuid));
    refuse(f, "\"uuid\": \"6e5d1ad3\"",
           "web.json:2: uuid: \"6e5d1ad3\"" UUID_TEXT);
    refuse(f, "\"uuid\": \"6e5d1ad3x8c0f-4a4e-9f6b-0f3c1d2b7a55\"",
           "web.json:2: uuid: "
           "\"6e5d1ad3x8c0f-4a4e-9f6b-0f3c1d2b7a55\"" UUID_TEXT);
    refuse(f, "\"uuid\": \"00000000-0000-0000-0000-000000000000\"",
           "web.json:2: uuid: \"00000000-0000-0000-0000-000000000000\": "
           "expected a UUID that is not all zeros");
    refuse(f, "\"uuid\": true", "web.json:2: uuid: true" UUID_TEXT);
}

static void test_paths(void **state)
{
    struct fixture *f = *state;
    char text[5000];

    take(f, "\"kernel\": \"/guests/noop.elf\", \"ramdisk\": \"/r\"");
    assert_string_equal(f->cfg->kernel, "/guests/noop.elf");
    assert_string_equal(f->cfg->ramdisk, "/r");
    take(f, "\"ramdisk\": \"\"");
    assert_null(f->cfg->ramdisk);
    refuse(f, "\"kernel\": \"\"",
           "web.json:2: kernel: \"\": expected the path of a kernel image");
    refuse(f, "\"kernel\": {}",
           "web.json:2: kernel: {...}: expected the path of a kernel image");
    refuse(f, "\"kernel\": \"a\\u0000b\"",
           "web.json:2: kernel: \"a\\x00b\": "
           "expected the path of a kernel image");
    refuse(f, "\"ramdisk\": [\"a\"]",
           "web.json:2: ramdisk: [...]: expected the path of a ramdisk");
    (void)snprintf(text, sizeof(text), "\"kernel\": \"/%04094d\"", 0);
    take(f, text);
    (void)snprintf(text, sizeof(text), "\"kernel\": \"/%04095d\"", 0);
    refuse(f, text,
           "web.json:2: kernel: \"/000000000000000000000000000000000000000"
           "...\": expected a path of at most 4095 bytes");
}

static void test_cmdline(void **state)
{
    struct fixture *f = *state;
    char text[2000];

    take(f, "\"cmdline\": \"a=\\\"1\\\" b\"");
    assert_string_equal(f->cfg->cmdline, "a=\"1\" b");
    take(f, "\"cmdline\": \"\"");
    assert_null(f->cfg->cmdline);
    (void)snprintf(text, sizeof(text), "\"cmdline\": \"%01023d\"", 0);
    take(f, text);
    assert_int_equal(strlen(f->cfg->cmdline), 1023);
    (void)snprintf(text, sizeof(text), "\"cmdline\": \"%01024d\"", 0);
    refuse(f, text,
           "web.json:2: cmdline: \"0000000000000000000000000000000000000000"
           "...\": expected at most 1023 bytes");
    refuse(f, "\"cmdline\": 1",
           "web.json:2: cmdline: 1: expected a text in UTF-8");
    refuse(f, "\"cmdline\": \"\xed\xa0\x80\"",
           "web.json:2: cmdline: \"\\xed\\xa0\\x80\": "
           "expected a text in UTF-8");
}

static void test_memory(void **state)
{
#define MEMORY_TEXT ": expected a number of MiB or a size such as \"3600K\""
#define MEMORY_RANGE ": expected 64K to 16384G, in steps of 4K"
    static const struct {
        const char *text;
        uint64_t kb;
    } good[] = {
        {"4", 4096},
        {"\"4\"", 4096},
        {"\"3600K\"", 3600},
        {"\"4M\"", 4096},
        {"\"1G\"", 1 << 20},
        {"\"64K\"", 64},
        {"1", 1024},
        {"16777216", UINT64_C(1) << 34},
        {"\"16384G\"", UINT64_C(1) << 34},
    };
    struct fixture *f = *state;
    char text[64];
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(text, sizeof(text), "\"memory\": %s", good[i].text);
        take(f, text);
        assert_int_equal(f->cfg->memory_kb, good[i].kb);
    }
    refuse(f, "\"memory\": \"4x\"", "web.json:2: memory: \"4x\"" MEMORY_TEXT);
    refuse(f, "\"memory\": \"\"", "web.json:2: memory: \"\"" MEMORY_TEXT);
    refuse(f, "\"memory\": \"M\"", "web.json:2: memory: \"M\"" MEMORY_TEXT);
    refuse(f, "\"memory\": \" 4\"", "web.json:2: memory: \" 4\"" MEMORY_TEXT);
    refuse(f, "\"memory\": 4.5", "web.json:2: memory: 4.5" MEMORY_TEXT);
    refuse(f, "\"memory\": 1e3", "web.json:2: memory: 1e3" MEMORY_TEXT);
    refuse(f, "\"memory\": -1", "web.json:2: memory: -1" MEMORY_TEXT);
    refuse(f, "\"memory\": true", "web.json:2: memory: true" MEMORY_TEXT);
    refuse(f, "\"memory\": 0", "web.json:2: memory: 0" MEMORY_RANGE);
    refuse(f, "\"memory\": \"60K\"",
           "web.json:2: memory: \"60K\"" MEMORY_RANGE);
    refuse(f, "\"memory\": \"3601K\"",
           "web.json:2: memory: \"3601K\"" MEMORY_RANGE);
    refuse(f, "\"memory\": 16777217",
           "web.json:2: memory: 16777217" MEMORY_RANGE);
    refuse(f, "\"memory\": \"17179869188K\"",
           "web.json:2: memory: \"17179869188K\"" MEMORY_RANGE);
    refuse(f, "\"memory\": 18446744073709551620",
           "web.json:2: memory: 18446744073709551620" MEMORY_RANGE);
    refuse(f, "\"memory\": \"18014398509481985M\"",
           "web.json:2: memory: \"18014398509481985M\"" MEMORY_RANGE);
}

static void test_vcpus(void **state)
{
#define VCPUS_TEXT                                                             \
    ": expected a whole number or {\"count\": 2, \"cpumap\": \"0-3\"}"
    struct fixture *f = *state;

    take(f, "\"vcpus\": 128");
    assert_int_equal(f->cfg->vcpus, 128);
    take(f, "\"vcpus\": {\"count\": 2, \"cpumap\": \"0-3,64,1023\"}");
    assert_int_equal(f->cfg->vcpus, 2);
    assert_true(f->cfg->has_cpumap);
    assert_int_equal(f->cfg->cpumap[0], 0xf);
    assert_int_equal(f->cfg->cpumap[1], 1);
    assert_int_equal(f->cfg->cpumap[15], UINT64_C(1) << 63);
    take(f, "\"vcpus\": {\"cpumap\": [5, 1]}");
    assert_int_equal(f->cfg->vcpus, 1);
    assert_int_equal(f->cfg->cpumap[0], 0x22);
    assert_int_equal(f->cfg->cpumap[1], 0);
    take(f, "\"vcpus\": 3");
    assert_false(f->cfg->has_cpumap);
    take(f, "\"vcpus\": {\"count\": 4, \"cpumap\": \"all\"}");
    assert_false(f->cfg->has_cpumap);

    refuse(f, "\"vcpus\": 0",
           "web.json:2: vcpus: 0: expected a number from 1 to 128");
    refuse(f, "\"vcpus\": 129",
           "web.json:2: vcpus: 129: expected a number from 1 to 128");
    refuse(f, "\"vcpus\": \"2\"", "web.json:2: vcpus: \"2\"" VCPUS_TEXT);
    refuse(f, "\"vcpus\": [1]", "web.json:2: vcpus: [...]" VCPUS_TEXT);
    refuse(f, "\"vcpus\": {\"count\": 0}",
           "web.json:2: vcpus.count: 0: expected a number from 1 to 128");
    refuse(f, "\"vcpus\": {\"count\": \"2\"}",
           "web.json:2: vcpus.count: \"2\": expected a whole number");
    refuse(f, "\"vcpus\": {\"cpumap\": \"1024\"}",
           "web.json:2: vcpus.cpumap: \"1024\": expected CPUs from 0 to 1023");
    refuse(f, "\"vcpus\": {\"cpumap\": \"3-1\"}",
           "web.json:2: vcpus.cpumap: \"3-1\": expected CPUs such as "
           "\"0-3,5\" or [0, 1], or \"all\"");
    refuse(f, "\"vcpus\": {\"cpumap\": []}",
           "web.json:2: vcpus.cpumap: [...]: expected CPUs such as "
           "\"0-3,5\" or [0, 1], or \"all\"");
    refuse(f, "\"vcpus\": {\"cpumap\": [0, 1024]}",
           "web.json:2: vcpus.cpumap[1]: 1024: "
           "expected the number of a CPU from 0 to 1023");
    refuse(f, "\"vcpus\": {\"cpumap\": [0, [1]]}",
           "web.json:2: vcpus.cpumap[1]: [...]: "
           "expected the number of a CPU");
    refuse(f, "\"vcpus\": {\"cpumap\": [{}]}",
           "web.json:2: vcpus.cpumap[0]: {...}: "
           "expected the number of a CPU");
}

static void test_keys(void **state)
{
    struct fixture *f = *state;

    refuse(f, "\"memroy\": 8",
           "web.json:2: memroy: unknown key: expected one of name, uuid, "
           "kernel, ramdisk, cmdline, memory, vcpus, address_size, paused, "
           "on_poweroff, on_reboot, on_crash, vifs, vbds, xen");
    refuse(f, "\"ip\\u0000x\": 8, \"memory\": 1",
           "web.json:2: ip\\x00x: unknown key: expected one of name, uuid, "
           "kernel, ramdisk, cmdline, memory, vcpus, address_size, paused, "
           "on_poweroff, on_reboot, on_crash, vifs, vbds, xen");
    refuse(f, "\"xen\": {\n\"pv\": 1}",
           "web.json:3: xen.pv: unknown key: expected one of pvh, dev_method");
    refuse(f, "\"memory\": 8,\n\"vcpus\": 1,\n\"memory\": 9",
           "web.json:4: memory: duplicate key: expected each key once");
    refuse(f, "\"xen\": {\"pvh\": true, \"pvh\": true}",
           "web.json:2: xen.pvh: duplicate key: expected each key once");
    /* The same key of two elements is not twice. */
    take(f, "\"vifs\": [{\"ip\": \"10.0.0.1\"}, {\"ip\": \"10.0.0.2\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uuid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cmdline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vcpus, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
    };

    return cmocka_run_group_tests_name("config keys", tests, NULL, NULL);
}
