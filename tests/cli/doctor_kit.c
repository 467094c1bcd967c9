/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_kit.c: a kernel that is a tree of files, and what chaos doctor found
 * in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli_kit.h"
#include "doctor_kit.h"
#include "unit.h"

char host_root[HOST_ROOT_SIZE];
yajl_val found_tree;

/* A file below the root, and the directories that lead to it. */
void host_put(const char *name, const char *text)
{
    char path[256], *slash;

    (void)snprintf(path, sizeof(path), "%s%s", host_root, name);
    for (slash = path + strlen(host_root); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    if (text)
        kit_write_file(path, text, strlen(text));
    else
        assert_int_equal(mkdir(path, 0755), 0);
}

void host_put_bridge(const char *name, unsigned ports)
{
    char path[128];
    unsigned i;

    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
    host_put(path, NULL);
    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/brif", name);
    host_put(path, NULL);
    for (i = 0; i < ports; i++) {
        (void)snprintf(path, sizeof(path), "/sys/class/net/%s/brif/vif%u.0",
                       name, i);
        host_put(path, "");
    }
}

static void put_host(void)
{
    host_put("/dev/xen/privcmd", "");
    host_put("/dev/xen/hypercall", "");
    host_put("/dev/xen/evtchn", "");
    host_put("/dev/xen/gntdev", "");
    host_put("/dev/kmsg",
             "6,1,0,-;x\n6,2,0,-;xen:events: Using FIFO-based ABI\n");
    host_put("/proc/interrupts", "     CPU0\n  1: 0 xen-dyn -event a\n"
                                 "  2: 0 xen-percpu -virq b\n  3: 0 other c\n");
    host_put("/proc/meminfo", "MemTotal: 1000000 kB\nMemFree: 1 kB\n"
                              "MemAvailable: 800000 kB\n");
    host_put("/proc/sys/fs/file-nr", "1000\t0\t5000\n");
    host_put("/proc/sys/vm/max_map_count", "65530\n");
    host_put("/proc/sys/net/ipv4/neigh/default/gc_thresh3", "1024\n");
    host_put("/proc/net/stat/arp_cache",
             "entries allocs\n0000001f 2\n0000001f 3\n");
    host_put("/sys/module/noxs_back/version", "0.3\n");
    host_put("/sys/module/bridge/version", "1\n");
    host_put_bridge("xenbr0", 3);
    host_put("/sys/class/net/eth0/mtu", "1500\n");
    host_put("/run/chaos/lock", "");
}

int host_setup(void **state)
{
    int rc = cli_setup(state);
    const struct kit *kit = *state;

    (void)snprintf(host_root, sizeof(host_root), "%s/root", kit->dir);
    assert_int_equal(mkdir(host_root, 0755), 0);
    put_host();
    cli_set_root(host_root);
    return rc;
}

int host_teardown(void **state)
{
    char command[160];

    cli_set_root("");
    yajl_tree_free(found_tree);
    found_tree = NULL;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", host_root);
    assert_int_equal(system(command), 0);
    return cli_teardown(state);
}

yajl_val found_get(yajl_val object, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(object, path, yajl_t_any);
}

void found_read(void)
{
    yajl_tree_free(found_tree);
    found_tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_non_null(found_tree);
}

const char *found_text(yajl_val object, const char *key)
{
    const char *text = YAJL_GET_STRING(found_get(object, key));

    assert_non_null(text);
    return text;
}

/* What was found of that name; NULL: nothing. `at` may be NULL. */
yajl_val found_look(const char *name, size_t *at)
{
    yajl_val list = found_get(found_tree, "findings");
    size_t i;

    for (i = 0; i < YAJL_GET_ARRAY(list)->len; i++) {
        yajl_val f = YAJL_GET_ARRAY(list)->values[i];

        if (strcmp(found_text(f, "name"), name) != 0)
            continue;
        if (at)
            *at = i;
        return f;
    }
    return NULL;
}

void assert_limit(const char *name, long long used, long long limit,
                  long long room)
{
    yajl_val f = found_look(name, NULL);

    if (!f)
        fail_msg("no %s", name);
    assert_int_equal(YAJL_GET_INTEGER(found_get(f, "used")), used);
    assert_int_equal(YAJL_GET_INTEGER(found_get(f, "limit")), limit);
    if (room < 0)
        assert_true(YAJL_IS_NULL(found_get(f, "room")));
    else
        assert_int_equal(YAJL_GET_INTEGER(found_get(f, "room")), room);
}

void assert_state(const char *name, const char *state)
{
    yajl_val f = found_look(name, NULL);

    if (!f)
        fail_msg("no %s", name);
    assert_string_equal(found_text(f, "state"), state);
}
