/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scripts of xl's devices run again when chaos takes the devices away:
 * after the back end has closed, before its nodes go, and never for ours.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chaos/device.h>

#include "device_kit.h"
#include "store_model.h"
#include "unit.h"

#define BACK "/local/domain/0/backend/"

static struct {
    struct kit *kit;
    uint32_t domid;
    char script[96], log[96];
    char warnings[2048];
    char state[8]; /* of the vif's back end while no script had run */
} f;

static const char *back(const char *kind, uint32_t id, const char *key)
{
    static char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), BACK "%s/%u/%u%s%s", kind, f.domid, id,
             *key ? "/" : "", key);
    return path;
}

static void take_warning(void *arg, enum chaos_log_level level,
                         const char *text)
{
    size_t used = strlen(f.warnings);

    (void)arg, (void)level;
    snprintf(f.warnings + used, sizeof(f.warnings) - used, "%s\n", text);
}

static void write_script(const char *end, mode_t mode)
{
    char text[512];

    snprintf(text, sizeof(text),
             "#!/bin/sh\necho \"$0 $* $script $XENBUS_TYPE $XENBUS_PATH "
             "$XENBUS_BASE_PATH vif=$vif netdev=$netdev\" >>%s\n%s\n",
             f.log, end);
    kit_write_file(f.script, text, strlen(text));
    assert_int_equal(chmod(f.script, mode), 0);
}

static void attach(const char *key, const char *value)
{
    struct chaos_config *cfg = kit_config(f.kit, key, value, NULL);
    int rc = strcmp(key, "vifs") == 0
                 ? chaos_vif_attach(f.kit->ctx, f.domid, cfg, NULL)
                 : chaos_vbd_attach(f.kit->ctx, f.domid, cfg, NULL);

    chaos_config_destroy(cfg);
    assert_int_equal(rc, 0);
}

/* A domain of xl's, whose devices have a script. */
static void make_theirs(void)
{
    char path[64];

    f.domid = model_domain_add(NULL);
    snprintf(path, sizeof(path), "/local/domain/%u/name", f.domid);
    model_store_set(path, "theirs");
    attach("vifs", "[{}, {}]");
    attach("vbds", device_image(f.kit, "w"));
    model_store_set(back("vif", 0, "script"), f.script);
    model_store_set(back("vif", 0, "gatewaydev"), "eth7");
    model_store_set(back("vif", 0, "state"), "4");
    model_store_set(back("vbd", XVDA, "script"), f.script);
    f.warnings[0] = '\0';
}

static int setup(void **state)
{
    int rc = kit_setup_stock(state);

    memset(&f, 0, sizeof(f));
    f.kit = *state;
    snprintf(f.script, sizeof(f.script), "%s/script", f.kit->dir);
    snprintf(f.log, sizeof(f.log), "%s/log", f.kit->dir);
    write_script("exit 0", 0755);
    chaos_ctx_set_log(f.kit->ctx, CHAOS_LOG_WARN, take_warning, NULL);
    return rc;
}

static int teardown(void **state)
{
    unlink(f.script);
    unlink(f.log);
    return kit_teardown(state);
}

/* What it logged, with nothing after that. */
static void assert_ran(const char *kind, uint32_t id, const char *words,
                       const char *rest)
{
    char expected[512], line[512] = "";
    FILE *file = fopen(f.log, "r");

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    snprintf(expected, sizeof(expected),
             "%s %s %s %s backend/%s/%u/%u backend %s\n", f.script, words,
             f.script, kind, kind, f.domid, id, rest);
    assert_string_equal(line, expected);
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_int_equal(unlink(f.log), 0);
}

static bool has_run(void)
{
    return access(f.log, F_OK) == 0;
}

/* The guest's end is written as long as it is there. */
static void scribble(void *arg, const char *operation)
{
    static unsigned times;
    char path[64], text[16];

    (void)arg, (void)operation;
    snprintf(path, sizeof(path), "/local/domain/%u/device/vif/0", f.domid);
    if (!model_store_value(path))
        return;
    snprintf(path, sizeof(path), "/local/domain/%u/device/vif/0/x", f.domid);
    snprintf(text, sizeof(text), "%u", times++);
    model_store_set(path, text);
}

static void scribbler(void **state)
{
    (void)state;
    make_theirs();
    model_set_hook(scribble, NULL);
    assert_int_equal(chaos_vif_detach(f.kit->ctx, f.domid, 0, 10, true), 0);
    model_set_hook(NULL, NULL);
    assert_true(has_run());
    assert_null(model_store_value(back("vif", 0, "")));
    assert_int_equal(chaos_domain_destroy(f.kit->ctx, f.domid), 0);
}

/* Its nodes are there, and its last state is kept, until it has run. */
static void look(void *arg, const char *operation)
{
    const char *state = model_store_value(back("vif", 0, "state"));

    (void)arg, (void)operation;
    if (has_run())
        return;
    assert_non_null(state);
    snprintf(f.state, sizeof(f.state), "%s", state);
}

/* Changes with each process that was run and waited for. */
static long children(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_minflt;
}

/* --- they run ----------------------------------------------------------------
 */

static void detached(void **state)
{
    struct chaos_ctx *ctx = f.kit->ctx;
    char rest[64];

    (void)state;
    make_theirs();
    model_set_hook(look, NULL);
    assert_int_equal(chaos_vif_detach(ctx, f.domid, 0, 10, true), 0);
    model_set_hook(NULL, NULL);
    assert_string_equal(f.state, "6");
    snprintf(rest, sizeof(rest), "vif=vif%u.0 netdev=eth7", f.domid);
    assert_ran("vif", 0, "offline type_if=vif", rest);
    assert_null(model_store_value(back("vif", 0, "")));
    assert_int_equal(chaos_vif_detach(ctx, f.domid, 1, 10, false), 0);
    assert_false(has_run());
    assert_int_equal(chaos_vbd_detach(ctx, f.domid, XVDA, 10, false), 0);
    assert_ran("vbd", XVDA, "remove", "vif= netdev=");
    assert_int_equal(model_backs(), 0);
    assert_int_equal(model_store_watches(), 0);
    assert_string_equal(f.warnings, "");
}

static void destroyed(void **state)
{
    (void)state;
    make_theirs();
    /* One of a kind alone, so that what it said is in one order. */
    model_store_set(back("vbd", XVDA, "script"), "/bin/true");
    model_set_hook(look, NULL);
    device_destroy(f.kit, f.domid);
    model_set_hook(NULL, NULL);
    assert_string_equal(f.state, "6");
    assert_true(has_run());
    assert_null(model_store_value(back("vif", 0, "")));
    assert_null(model_store_value(back("vif", 1, "")));
    assert_null(model_store_value(back("vbd", XVDA, "")));
    assert_int_equal(model_backs(), 0);
    assert_int_equal(model_store_watches(), 0);
    assert_string_equal(f.warnings, "");
}

/* --- and do not --------------------------------------------------------------
 */

static void ours(void **state)
{
    long before = children();
    char text[64];

    (void)state;
    f.domid = kit_create(f.kit, "vifs", "[{}]", "vbds",
                         device_image(f.kit, "w"), NULL);
    f.warnings[0] = '\0';
    assert_string_equal(model_store_value(back("vif", 0, "script")),
                        "/bin/true");
    assert_int_equal(chaos_vif_detach(f.kit->ctx, f.domid, 0, 10, true), 0);
    device_destroy(f.kit, f.domid);
    assert_int_equal(children(), before);
    assert_string_equal(f.warnings, "");
    /* What tells one run from none does so. */
    snprintf(text, sizeof(text), "exit 0");
    assert_int_equal(system(text), 0);
    assert_true(children() != before);
}

/* Nobody took the device up: nothing was set up. */
static void untouched(void **state)
{
    (void)state;
    make_theirs();
    host_knobs.no_stock = true;
    model_store_set(back("vif", 0, "state"), "1");
    model_store_set(back("vbd", XVDA, "state"), NULL);
    host_knobs.no_stock = false;
    device_destroy(f.kit, f.domid);
    assert_false(has_run());
    assert_null(model_store_value(back("vif", 0, "")));
    assert_string_equal(f.warnings, "");
}

/* --- what goes wrong with them -----------------------------------------------
 */

static void assert_warned(const char *text)
{
    if (!strstr(f.warnings, text))
        fail_msg("no '%s' in: %s", text, f.warnings);
    f.warnings[0] = '\0';
}

static void refused_with(const char *script, const char *why)
{
    make_theirs();
    model_store_set(back("vif", 0, "script"), script);
    model_store_set(back("vbd", XVDA, "script"), "/bin/true");
    device_destroy(f.kit, f.domid);
    assert_false(has_run());
    assert_null(model_store_value(back("vif", 0, "")));
    assert_int_equal(model_backs(), 0);
    assert_warned(why);
}

static void refused(void **state)
{
    char name[300], path[128];

    (void)state;
    refused_with("/nowhere/script", "vif 0: its script /nowhere/script is not "
                                    "there; what it set up may be left");
    refused_with("no-such-script", "/etc/xen/scripts/no-such-script is not");
    refused_with(f.kit->dir, "is not a file");
    snprintf(path, sizeof(path), "%s/../script", f.kit->dir);
    refused_with(path, "has .. in its path");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    refused_with(name, "the name of its script is too long");
    write_script("exit 0", 0757);
    refused_with(f.script, "may be written by others");
    write_script("exit 0", 0644);
    refused_with(f.script, "cannot be run");
}

static void failed(void **state)
{
    (void)state;
    make_theirs();
    write_script("exit 4", 0755);
    model_store_set(back("vbd", XVDA, "hotplug-error"), "it is busy");
    device_destroy(f.kit, f.domid);
    assert_null(model_store_value(back("vbd", XVDA, "")));
    assert_int_equal(model_backs(), 0);
    assert_non_null(strstr(f.warnings, "vbd 51712: script: it is busy\n"));
    assert_warned("it failed with status 4; what it set up may be left");
}

/* Whatever fails, it is told, and another attempt does the rest. */
static void faults(void **state)
{
    unsigned n;

    (void)state;
    for (n = 1;; n++) {
        bool is_over;
        int rc;

        make_theirs();
        model_fail(n, EIO);
        rc = chaos_vif_detach(f.kit->ctx, f.domid, 0, 10, true);
        is_over = !model_failed();
        model_fail_end();
        if (rc < 0)
            kit_assert_text(f.kit->ctx);
        else
            assert_null(model_store_value(back("vif", 0, "")));
        device_destroy(f.kit, f.domid);
        assert_int_equal(model_backs(), 0);
        assert_true(has_run());
        unlink(f.log);
        if (is_over)
            break;
    }
    assert_true(n > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(detached), TEST(destroyed), TEST(ours),   TEST(untouched),
        TEST(refused),  TEST(failed),    TEST(faults), TEST(scribbler),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
