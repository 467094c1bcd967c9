/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_conf.c: the daemon's configuration: defaults, every key, and what
 * is said of what is wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_kit.h"
#include "oom.h"
#include "unit.h"

static void test_defaults(void **state)
{
    struct files *f = *state;
    struct conf *conf;

    assert_int_equal(conf_load(NULL, &conf, f->text, sizeof(f->text)), 0);
    assert_string_equal(conf->socket, CHAOSD_SOCKET);
    assert_null(conf->group);
    assert_string_equal(conf->metrics, "unix:/run/chaos/metrics.sock");
    assert_int_equal(conf->clients, 1024);
    assert_int_equal(conf->workers, 2);
    assert_int_equal(conf->on_stop, CONF_STOP_KEEP);
    assert_int_equal(conf->pool_memory_kb, 256 << 10);
    assert_int_equal(conf->pool_reserve_kb, 64 << 10);
    assert_true(conf->pool_learn && conf->pool_preload);
    assert_int_equal(conf->restarts, 5);
    assert_int_equal(conf->ring_bytes, 16 << 10);
    assert_int_equal(conf->log_bytes, 16 << 20);
    assert_int_equal(conf->shape_count, 0);
    conf_free(conf);
}

static void test_values(void **state)
{
    struct conf *conf = conf_kit_must_load(
        *state,
        "{\"socket\": \"/s\", \"group\": \"chaos\", \"clients\": 8,"
        " \"workers\": 64, \"metrics\": \"[::1]:9100\","
        " \"on_stop\": \"destroy\","
        " \"pool\": {\"memory\": \"3G\", \"reserve\": 5, \"learn\": false,"
        "  \"learn_max\": 0, \"low\": 1, \"high\": 1, \"preload\": false},"
        " \"exits\": {\"restarts\": 0, \"within\": 86400},"
        " \"console\": {\"ring\": \"4K\"},"
        " \"log\": {\"keep\": 1, \"size\": \"1K\", \"guest\": \"4M\"}}");

    assert_string_equal(conf->socket, "/s");
    assert_string_equal(conf->group, "chaos");
    assert_int_equal(conf->clients, 8);
    assert_int_equal(conf->workers, 64);
    assert_string_equal(conf->metrics, "[::1]:9100");
    assert_int_equal(conf->on_stop, CONF_STOP_DESTROY);
    assert_int_equal(conf->pool_memory_kb, 3 << 20);
    assert_int_equal(conf->pool_reserve_kb, 5 << 10);
    assert_false(conf->pool_learn || conf->pool_preload);
    assert_int_equal(conf->pool_learn_max, 0);
    assert_int_equal(conf->pool_low, 1);
    assert_int_equal(conf->pool_high, 1);
    assert_int_equal(conf->restarts, 0);
    assert_int_equal(conf->restart_seconds, 86400);
    assert_int_equal(conf->ring_bytes, 4096);
    assert_int_equal(conf->log_seconds, 1);
    assert_int_equal(conf->log_bytes, 1024);
    assert_int_equal(conf->log_guest_bytes, 4 << 20);
    conf_free(conf);
}

static void test_nobody(void **state)
{
    struct conf *conf = conf_kit_must_load(*state, "{\"group\": null}");

    assert_null(conf->group);
    conf_free(conf);
    conf = conf_kit_must_load(*state, "{\"group\": \"\", \"metrics\": \"\"}");
    assert_null(conf->group);
    assert_string_equal(conf->metrics, "");
    conf_free(conf);
}

static void test_faults(void **state)
{
    static const struct {
        const char *json, *says;
    } faults[] = {
        {"", "expected JSON"},
        {"{", "expected JSON"},
        {"[]", "[...]: expected {...}"},
        {"{\"sockt\": \"/s\"}", "sockt: unknown key"},
        {"{\"pool\": {\"x\": 1}}", "pool.x: unknown key"},
        {"{\"pool\": 1}", "pool: 1: expected {...}"},
        {"{\"clients\": 9, \"clients\": 9}", "clients: duplicate key"},
        {"{\"log\": {\"keep\": 1, \"keep\": 1}}", "log.keep: duplicate key"},
        {"{\"socket\": \"s\"}", "socket: \"s\": expected an absolute path"},
        {"{\"socket\": null}", "socket: null: expected an absolute path"},
        {"{\"group\": 1}", "group: 1: expected the name"},
        {"{\"clients\": 7}", "clients: 7: expected a number from 8 to 65536"},
        {"{\"clients\": -1}", "clients: -1: expected"},
        {"{\"clients\": 1e3}", "clients: 1e3: expected"},
        {"{\"clients\": \"9\"}", "clients: \"9\": expected"},
        {"{\"workers\": 0}", "workers: 0: expected"},
        {"{\"metrics\": \"0.0.0.0:80\"}", "metrics: \"0.0.0.0:80\": expected"},
        {"{\"metrics\": \"127.0.0.1:0\"}", "expected"},
        {"{\"metrics\": \"127.0.0.1:65536\"}", "expected"},
        {"{\"metrics\": \"unix:x\"}", "expected"},
        {"{\"on_stop\": \"keeps\"}", "on_stop: \"keeps\": expected \"keep\""},
        {"{\"on_stop\": true}", "on_stop: true: expected"},
        {"{\"pool\": {\"memory\": \"4x\"}}", "pool.memory: \"4x\": expected"},
        {"{\"pool\": {\"memory\": \"99999999999999999999G\"}}", "expected"},
        {"{\"pool\": {\"memory\": -1}}", "pool.memory: -1: expected"},
        {"{\"pool\": {\"memory\": 1.5}}", "pool.memory: 1.5: expected"},
        {"{\"pool\": {\"learn\": 1}}", "pool.learn: 1: expected true or false"},
        {"{\"pool\": {\"low\": 17}}", "pool.low: is more than pool.high"},
        {"{\"pool\": {\"shapes\": {}}}", "pool.shapes: {...}: expected [...]"},
        {"{\"pool\": {\"shapes\": [1]}}", "pool.shapes[0]: 1: expected {...}"},
        {"{\"console\": {\"ring\": \"5K\"}}", "console.ring: \"5K\": expected"},
        {"{\"console\": {\"ring\": \"2K\"}}", "console.ring: \"2K\": expected"},
        {"{\"log\": {\"guest\": 5}}", "log.guest: 5: expected"},
    };
    struct files *f = *state;
    struct conf *conf;
    size_t i;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        assert_int_equal(conf_kit_load(f, faults[i].json, &conf), -EINVAL);
        if (strncmp(f->text, f->conf, strlen(f->conf)) != 0 ||
            !strstr(f->text, faults[i].says))
            fail_msg("%s: %s", faults[i].json, f->text);
    }
}

static void test_files(void **state)
{
    struct files *f = *state;
    struct conf *conf;
    char *big;

    assert_int_equal(conf_load("/nowhere/c.json", &conf, f->text, TEXT_SIZE),
                     -ENOENT);
    assert_non_null(strstr(f->text, "/nowhere/c.json"));
    assert_int_equal(conf_load(f->dir, &conf, f->text, TEXT_SIZE), -EINVAL);
    big = malloc(CONF_SIZE_MAX + 2);
    assert_non_null(big);
    memset(big, ' ', CONF_SIZE_MAX + 1);
    big[CONF_SIZE_MAX + 1] = '\0';
    assert_int_equal(conf_kit_load(f, big, &conf), -EINVAL);
    assert_non_null(strstr(f->text, "at most 256 KiB"));
    memcpy(big, "{}", 2);
    big[CONF_SIZE_MAX] = '\0';
    conf_free(conf_kit_must_load(f, big));
    free(big);
}

/* --- shapes -----------------------------------------------------------------
 */

static int parse(struct files *f, const char *json, struct conf_shape *shape)
{
    return conf_parse_shape(json, strlen(json), shape, f->text, TEXT_SIZE);
}

static void test_shapes(void **state)
{
    struct files *f = *state;
    struct conf *conf;
    char json[512];

    /* A file is looked for beside the configuration, its kernel beside it. */
    snprintf(json, sizeof(json),
             "{\"pool\": {\"shapes\": ["
             "{\"name\": \"web\", \"file\": \"vm.json\", \"low\": 3},"
             "{\"vm\": {\"kernel\": \"%s\", \"vcpus\": 2,"
             " \"vifs\": [{\"bridge\": \"xenbr0\"}]},"
             " \"image\": false, \"high\": 1}]}}",
             f->kernel);
    conf = conf_kit_must_load(f, json);
    assert_int_equal(conf->shape_count, 2);
    assert_string_equal(conf->shapes[0].name, "web");
    assert_int_equal(conf->shapes[0].low, 3);
    assert_int_equal(conf->shapes[0].high, 16);
    assert_int_equal(conf->shapes[0].shape.memory_kb, 8192);
    assert_string_equal(conf->shapes[0].shape.kernel.path, f->kernel);
    assert_int_equal(conf->shapes[0].shape.kernel.size, 6);
    assert_string_equal(conf->shapes[1].name, "");
    assert_int_equal(conf->shapes[1].low, 1);
    assert_int_equal(conf->shapes[1].high, 1);
    assert_int_equal(conf->shapes[1].shape.vcpus, 2);
    assert_int_equal(conf->shapes[1].shape.vif_count, 1);
    assert_string_equal(conf->shapes[1].shape.bridges[0], "xenbr0");
    assert_string_equal(conf->shapes[1].shape.kernel.path, "");
    assert_int_equal(conf->shapes[1].shape.kernel.size, 0);
    conf_free(conf);
}

static void test_shape_faults(void **state)
{
    static const struct {
        const char *json, *says;
    } faults[] = {
        {"{}", "shape: expected either vm or file"},
        {"{\"vm\": {}, \"file\": \"x\"}", "expected either vm or file"},
        {"{\"vm\": 1}", "vm: 1: expected {...}"},
        {"{\"file\": 1}", "file: 1: expected the path"},
        {"{\"vm\": {\"memry\": 1}}", "memry"},
        {"{\"vm\": {\"memory\": \"4x\"}}", "expected a number of MiB"},
        {"{\"vm\": {\"kernel\": \"/nowhere/k\"}}", "/nowhere/k"},
        {"{\"file\": \"/nowhere/vm.json\"}", "/nowhere/vm.json"},
        {"{\"vm\": {}, \"x\": 1}", "x: unknown key"},
        {"{\"vm\": {}, \"vm\": {}}", "vm: duplicate key"},
        {"{\"vm\": {}, \"name\": \"a b\"}", "name: \"a b\": expected"},
        {"{\"vm\": {}, \"low\": 4097}", "low: 4097: expected"},
        {"{\"vm\": {}, \"low\": 2, \"high\": 1}", "expected no less than low"},
        {"{\"vm\": {}, \"image\": 1}", "image: 1: expected true or false"},
        {"[", "expected JSON"},
        {"[]", "expected {...}"},
    };
    struct files *f = *state;
    struct conf_shape shape;
    size_t i;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        assert_true(parse(f, faults[i].json, &shape) < 0);
        if (!strstr(f->text, faults[i].says))
            fail_msg("%s: %s", faults[i].json, f->text);
    }
    /* Bytes behind a zero are not overlooked. */
    assert_int_equal(
        conf_parse_shape("{\"vm\":{}}\0x", 11, &shape, f->text, TEXT_SIZE),
        -EINVAL);
}

static void test_shape_nested(void **state)
{
    struct files *f = *state;
    struct conf_shape shape;
    char json[5000] = "{\"vm\": {\"kernel\": ";
    size_t len = strlen(json);

    memset(json + len, '[', 2000);
    memset(json + len + 2000, ']', 2000);
    memcpy(json + len + 4000, "}}", 3);
    assert_int_equal(parse(f, json, &shape), -EINVAL);
    assert_non_null(strstr(f->text, "nested too deeply"));
}

static void test_shape_names_differ(void **state)
{
    struct files *f = *state;
    struct conf *conf;

    assert_int_equal(
        conf_kit_load(f,
                      "{\"pool\": {\"shapes\": [{\"vm\": {}},"
                      " {\"name\": \"a\", \"vm\": {}}, {\"vm\": {}},"
                      " {\"name\": \"a\", \"vm\": {}}]}}",
                      &conf),
        -EINVAL);
    assert_non_null(strstr(f->text, "pool.shapes[3]: its name"));
}

/* Every allocation fails once: a sentence, and nothing is lost. */
static void test_no_memory(void **state)
{
    struct files *f = *state;
    unsigned n;

    conf_kit_write(f->conf, "{\"group\": \"g\", \"socket\": \"/s\", \"pool\":"
                            " {\"shapes\": [{\"file\": \"vm.json\"}]}}");
    for (n = 0;; n++) {
        struct conf *conf = NULL;
        int rc;

        f->text[0] = '\0';
        oom_arm(n);
        rc = conf_load(f->conf, &conf, f->text, TEXT_SIZE);
        if (!oom_disarm()) {
            assert_int_equal(rc, 0);
            conf_free(conf);
            break;
        }
        if (rc == 0) {
            conf_free(conf);
        } else {
            assert_null(conf);
            assert_true(f->text[0] != '\0');
        }
    }
    assert_true(n > 5);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, conf_kit_setup, conf_kit_teardown)
    const struct CMUnitTest tests[] = {TEST(test_defaults),
                                       TEST(test_values),
                                       TEST(test_nobody),
                                       TEST(test_faults),
                                       TEST(test_files),
                                       TEST(test_shapes),
                                       TEST(test_shape_faults),
                                       TEST(test_shape_nested),
                                       TEST(test_shape_names_differ),
                                       TEST(test_no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
