/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The failure sweep: every operation of the hypervisor, every allocation, every
 * step and every file that a create needs fails in turn. Whatever fails, the
 * create either works all the same or leaves nothing at all and says why.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <noxs/elfnote.h>

#include "kernel.h"
#include "kit.h"
#include "oom.h"
#include "step_fault.h"
#include "unit.h"

#define SWEEP_MAX 500u /* far more than a create takes */

/*
 * The run directory exists and no handle is open, as at the start of a program
 * that is not the first one.
 */
static struct snapshot settle_down(struct kit *kit)
{
    assert_int_equal(chaos_domain_destroy(kit->ctx, kit_create(kit, NULL)), 0);
    kit_renew(kit);
    return kit_snapshot(kit);
}

/* Every kind of create: all that is optional, and memory in pieces. */
static struct chaos_config *rich_config(struct kit *kit)
{
    uint8_t data[5000] = {1};
    char vbds[400];

    kit_write_file(kit->ramdisk, data, sizeof(data));
    snprintf(vbds, sizeof(vbds),
             "[{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvda\"},"
             "{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvdb\"}]",
             kit->ramdisk, kit->ramdisk);
    return kit_config(kit, "name", "web-1", "ramdisk", kit->ramdisk, "memory",
                      "3600K", "cmdline", "a b", "vcpus",
                      "{\"count\": 2, \"cpumap\": [0]}", "vbds", vbds, "vifs",
                      "[{\"bridge\": \"xenbr0\", \"hook\": \"/bin/true\"},"
                      "{\"ip\": \"10.0.0.2\"}]",
                      NULL);
}

static void sweep_operations(struct kit *kit, const struct chaos_config *cfg,
                             int error)
{
    struct snapshot before = settle_down(kit);
    unsigned n;

    for (n = 1; n < SWEEP_MAX; n++) {
        char what[80];
        bool made_up;
        int rc;

        snprintf(what, sizeof(what), "operation %u fails with %d", n, error);
        model_fail(n, error);
        rc = kit_create_once(kit, cfg, &before, what);
        if (!model_failed()) {
            assert_int_equal(rc, 0);
            break;
        }
        /* Scarce large extents are made up for by small ones. */
        made_up = error == ENOMEM &&
                  strcmp(model_failed_name(), "memory_populate") == 0;
        if (made_up != (rc == 0))
            fail_msg("%s (%s): got %d", what, model_failed_name(), rc);
    }
    model_fail(0, 0);
    /* The sweep went all the way: opening, making, building, starting. */
    assert_in_range(n, 15, SWEEP_MAX - 1);
}

static void every_operation(void **state)
{
    static const int errors[] = {ENOMEM, EINVAL, EPERM,  EFAULT, ESRCH,
                                 EBUSY,  ENOSYS, EEXIST, EACCES};
    struct kit *kit = *state;
    struct chaos_config *rich = rich_config(kit);
    struct chaos_config *plain = kit_config(kit, NULL);
    unsigned i;

    for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        sweep_operations(kit, plain, errors[i]);
        sweep_operations(kit, rich, errors[i]);
    }
    chaos_config_destroy(rich);
    chaos_config_destroy(plain);
}

static void every_allocation(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = rich_config(kit);
    struct snapshot before = settle_down(kit);
    unsigned n;

    for (n = 0; n < SWEEP_MAX; n++) {
        uint32_t domid = CHAOS_DOMID_NONE;
        char what[40];
        bool fired;
        int rc;

        snprintf(what, sizeof(what), "allocation %u fails", n);
        oom_arm(n);
        rc = chaos_domain_create(kit->ctx, cfg, &domid);
        fired = oom_disarm();
        if (rc == 0) {
            assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        } else {
            kit_assert_error(kit->ctx, rc, -ENOMEM);
            assert_int_equal(domid, CHAOS_DOMID_NONE);
        }
        kit_renew(kit);
        kit_assert_same(kit, &before, what);
        if (!fired) {
            assert_int_equal(rc, 0);
            break;
        }
    }
    assert_in_range(n, 5, SWEEP_MAX - 1);
    chaos_config_destroy(cfg);
}

static void every_step(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = rich_config(kit);
    struct snapshot before = settle_down(kit);
    size_t i, count = step_fault_count();

    assert_int_equal(count, 18);
    for (i = 0; i < count; i++) {
        step_fault_set((int)i, EXDEV);
        assert_int_equal(kit_create_once(kit, cfg, &before, step_fault_name(i)),
                         -EXDEV);
    }
    step_fault_set(-1, 0);
    assert_int_equal(kit_create_once(kit, cfg, &before, "none"), 0);
    chaos_config_destroy(cfg);
}

struct logged {
    unsigned count;
    char last[512];
};

static void take_log(void *arg, enum chaos_log_level level, const char *text)
{
    struct logged *l = arg;

    assert_int_equal(level, CHAOS_LOG_ERROR);
    l->count++;
    snprintf(l->last, sizeof(l->last), "%s", text);
}

/* The undo itself fails: the log says which domain is left. */
static void undo_fails(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct logged log = {0};
    uint32_t domid;
    char expected[64];

    chaos_ctx_set_log(kit->ctx, CHAOS_LOG_ERROR, take_log, &log);
    kit_create(kit, NULL);
    model_knobs.undestroyable = true;
    step_fault_set(7, EXDEV);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -EXDEV);
    step_fault_set(-1, 0);
    kit_assert_says(kit->ctx, "on purpose");
    assert_int_equal(log.count, 1);
    snprintf(expected, sizeof(expected), "domain %u,", 2);
    assert_non_null(strstr(log.last, expected));
    chaos_config_destroy(cfg);
}

/* --- memory that the host does not have -------------------------------------
 */

static void memory_in_pieces(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    struct chaos_config *cfg = rich_config(kit);
    unsigned order, most;

    for (order = 0; order <= 10; order++) {
        for (most = 0; most < 4; most++) {
            model_knobs.order_max = order;
            model_knobs.extents_max = most;
            assert_int_equal(kit_create_once(kit, cfg, &before, "pieces"), 0);
        }
    }
    chaos_config_destroy(cfg);
}

static void host_without_memory(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    struct chaos_config *cfg = kit_config(kit, "memory", "4", NULL);
    uint64_t pages;

    /* One page short of memory and shared_info; and nothing at all. */
    for (pages = 1024; pages != 0; pages /= 2) {
        model_knobs.host_pages = pages;
        assert_int_equal(kit_create_once(kit, cfg, &before, "short"), -ENOMEM);
    }
    model_knobs.host_pages = 1024;
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &(uint32_t){0}),
                     -ENOMEM);
    kit_assert_says(kit->ctx, "4096 KiB");
    model_knobs.host_pages = 1026;
    kit_renew(kit);
    assert_int_equal(kit_create_once(kit, cfg, &before, "enough"), 0);
    chaos_config_destroy(cfg);
}

/* --- files
 * -------------------------------------------------------------------- */

static void fails_with(struct kit *kit, const struct snapshot *before, int rc,
                       const char *says, const char *key, const char *value)
{
    struct chaos_config *cfg = kit_config(kit, key, value, NULL);
    uint32_t domid;

    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), rc);
    kit_assert_says(kit->ctx, says);
    chaos_config_destroy(cfg);
    kit_renew(kit);
    kit_assert_same(kit, before, says);
}

static void bad_files(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    char none[90], fifo[90];

    snprintf(none, sizeof(none), "%s/none", kit->dir);
    snprintf(fifo, sizeof(fifo), "%s/fifo", kit->dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    fails_with(kit, &before, -ENOENT, none, "kernel", none);
    fails_with(kit, &before, -EISDIR, "directory", "kernel", kit->dir);
    fails_with(kit, &before, -ENOEXEC, "no regular file", "kernel", fifo);
    fails_with(kit, &before, -ENOENT, none, "ramdisk", none);
    fails_with(kit, &before, -EINVAL, "no regular file", "ramdisk", kit->dir);
    fails_with(kit, &before, -EINVAL, "no regular file", "ramdisk", fifo);
}

/* Sparse files whose size no guest could have, up to the largest there are. */
static void ramdisk_too_large(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    unsigned shift;

    for (shift = 22; shift < 63; shift++) {
        int fd = open(kit->ramdisk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        int r = ftruncate(fd, (off_t)(1ull << shift));

        close(fd);
        /* Not every file system takes the largest. */
        if (r < 0)
            break;
        fails_with(kit, &before, -ENOMEM, "KiB", "ramdisk", kit->ramdisk);
    }
    assert_in_range(shift, 32, 63);
}

static void run_dir_unusable(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    struct chaos_config *cfg = kit_config(kit, NULL);
    char path[120];

    /* A file where the directory should be; no parent; a file inside. */
    kit_write_file(kit->run, "x", 1);
    before.files = 1;
    assert_int_equal(kit_create_once(kit, cfg, &before, "a file"), -ENOTDIR);
    assert_int_equal(unlink(kit->run), 0);
    before.files = 0;
    snprintf(path, sizeof(path), "%s/none/run", kit->dir);
    assert_int_equal(chaos_ctx_set_run_dir(kit->ctx, path), 0);
    assert_int_equal(kit_create_once(kit, cfg, &before, "no parent"), -ENOENT);
    assert_int_equal(mkdir(kit->run, 0700), 0);
    snprintf(path, sizeof(path), "%s/domains", kit->run);
    kit_write_file(path, "x", 1);
    before.files = 1;
    assert_int_equal(kit_create_once(kit, cfg, &before, "a file inside"),
                     -ENOTDIR);
    chaos_config_destroy(cfg);
}

/* A directory where the record should be put: it cannot be renamed there. */
static void record_in_the_way(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    struct chaos_config *cfg = kit_config(kit, NULL);
    char path[120];

    snprintf(path, sizeof(path), "%s/domains/2", kit->run);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(kit_create_once(kit, cfg, &before, "in the way"), -EISDIR);
    chaos_config_destroy(cfg);
}

/* A disk that is full at each byte of the record. */
static void disk_full(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct rlimit old, limit;
    unsigned size;
    int rc = -1;

    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    for (size = 0; rc != 0 && size < 4096; size++) {
        limit = (struct rlimit){size, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
        rc = chaos_domain_create(kit->ctx, cfg, &(uint32_t){0});
        setrlimit(RLIMIT_FSIZE, &old);
        if (rc == 0)
            break;
        assert_true(rc == -EFBIG || rc == -ENOSPC);
        kit_assert_says(kit->ctx, "cannot write it");
        kit_renew(kit);
        kit_assert_same(kit, &before, "disk full");
    }
    signal(SIGXFSZ, SIG_DFL);
    assert_in_range(size, 34, 4095);
    chaos_config_destroy(cfg);
}

/* --- what this version does not do
 * --------------------------------------------- */

static void unsupported(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = settle_down(kit);

    /* "chaos" in hexadecimal: a domain of this uuid would be taken for one in
     * the making (birth.h). */
    fails_with(kit, &before, -EINVAL, "being made", "uuid",
               "6368616f-7300-8000-8000-000001000000");
    fails_with(kit, &before, -ENODEV, "xenstored", "xen.dev_method",
               "xenstore");
    fails_with(kit, &before, -EINVAL, "cpumap", "vcpus",
               "{\"count\": 1, \"cpumap\": [9]}");
    fails_with(kit, &before, -ENOMEM, "memory", "memory", "65536");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_operation),  TEST(every_allocation),
        TEST(every_step),       TEST(undo_fails),
        TEST(memory_in_pieces), TEST(host_without_memory),
        TEST(bad_files),        TEST(ramdisk_too_large),
        TEST(run_dir_unusable), TEST(record_in_the_way),
        TEST(disk_full),        TEST(unsupported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
