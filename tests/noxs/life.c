/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * life.c: unloading, domains that die, failures in each step, many cycles.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/wait.h>

#include "test.h"

#define RACES 20
#define WARM_UP 100
#define CYCLES 500
/* A page that each cycle leaks would be 2,000 KiB. */
#define NOISE_KB 512

static int add_vif(uint16_t domid, uint32_t id, uint32_t port)
{
    struct noxs_ioctl_vif vif = call_vif(domid, id, port);

    return call(NOXS_IOCTL_VIF_CREATE, &vif);
}

static int add_vbd(uint16_t domid, uint32_t id, uint32_t port, int fd)
{
    struct noxs_ioctl_vbd vbd = call_vbd(domid, id, port, fd);

    return call(NOXS_IOCTL_VBD_CREATE, &vbd);
}

static bool is_gone(uint16_t domid)
{
    for (int i = 0; i < 500; i++) {
        if (!call_count(domid))
            return true;
        usleep(10000);
    }
    return false;
}

/* A back end outlives who made it, and keeps the module. */
static void check_unload(void)
{
    uint16_t domid = host_domain();
    uint32_t port = host_port(domid);
    int disk = disk_open(O_RDWR);

    EXPECT(add_vbd(domid, 1, port, disk), 0);
    close(disk);
    call_close();
    EXPECT(host_unload(), -EWOULDBLOCK);
    call_open();
    EXPECT(host_unload(), -EWOULDBLOCK);
    EXPECT(call_count(domid), 1);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 1), 0);
    EXPECT(host_unload(), -EWOULDBLOCK);
    call_close();
    EXPECT(host_unload(), 0);
    CHECK(access(NOXS_IOCTL_PATH, F_OK) && errno == ENOENT);
    host_load();
    call_open();
    host_domain_end(domid);
}

static void check_reaped(void)
{
    uint16_t domid = host_domain();
    int disk = disk_open(O_RDWR);
    unsigned int minor = disk_minor(disk);

    EXPECT(add_vif(domid, 1, host_port(domid)), 0);
    EXPECT(add_vif(domid, 2, host_port(domid)), 0);
    EXPECT(add_vbd(domid, 1, host_port(domid), disk), 0);
    close(disk);
    EXPECT(call_count(domid), 3);
    host_domain_end(domid);
    CHECK(is_gone(domid));
    CHECK(!disk_is_there(minor));
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 1), -ENOENT);
    EXPECT(add_vif(domid, 1, 1), -ESRCH);
}

/* Create and destroy until the domain is no more, which comes at any moment. */
static void churn(uint16_t domid, uint32_t id, uint32_t port)
{
    int rc = 0;

    while (!rc) {
        rc = add_vif(domid, id, port);
        if (!rc && id & 1)
            rc = call_destroy(domid, NOXS_DEV_VIF, id);
        else if (rc == -EEXIST || rc == -EADDRINUSE)
            rc = 0;
    }
    /* Reaped between the two, or no longer there. */
    _exit(rc == -ESRCH || rc == -ENOENT || rc == -ENODEV ? 0 : -rc);
}

static void race(useconds_t delay)
{
    uint16_t domid = host_domain();
    uint32_t ports[2] = {host_port(domid), host_port(domid)};
    int status;

    for (uint32_t i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (pid < 0)
            err(2, "fork");
        if (!pid)
            churn(domid, i + 1, ports[i]);
    }
    usleep(delay);
    host_domain_end(domid);
    for (int i = 0; i < 2; i++) {
        CHECK(wait(&status) > 0);
        EXPECT(WIFEXITED(status) ? WEXITSTATUS(status) : 256, 0);
    }
    CHECK(is_gone(domid));
}

/* Two who want the same: one gets it. */
static void check_one_wins(void)
{
    uint16_t domid = host_domain();
    uint32_t ports[2] = {host_port(domid), host_port(domid)};
    int status, won = 0;

    for (uint32_t i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (pid < 0)
            err(2, "fork");
        if (!pid) {
            struct noxs_ioctl_vif vif = call_vif(domid, 7, ports[i]);

            vif.mac[1] = (uint8_t)i;
            snprintf(vif.ifname, sizeof(vif.ifname), "wins%u", i);
            _exit(-call(NOXS_IOCTL_VIF_CREATE, &vif));
        }
    }
    for (int i = 0; i < 2; i++) {
        CHECK(wait(&status) > 0 && WIFEXITED(status));
        won += WEXITSTATUS(status) == 0;
        CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EEXIST);
    }
    EXPECT(won, 1);
    EXPECT(call_count(domid), 1);
    host_domain_end(domid);
    CHECK(is_gone(domid));
}

void test_life(void)
{
    check_unload();
    check_reaped();
    for (useconds_t i = 0; i < RACES; i++)
        race(i * 1500);
    check_one_wins();
}

/* --- failures ---------------------------------------------------------------
 */

static uint16_t fault_domid;
static uint32_t fault_port;
static int fault_disk;

static int fault_vif(void)
{
    return add_vif(fault_domid, 1, fault_port);
}

static int fault_vbd(void)
{
    return add_vbd(fault_domid, 1, fault_port, fault_disk);
}

static bool is_plausible(int rc)
{
    return rc == -ENOMEM || rc == -ENOSPC || rc == -EBUSY || rc == -EFAULT;
}

/* The port serves for all: it is free again after each failure. */
static void walk(const char *name, uint32_t type, int (*create)(void),
                 int least)
{
    struct count before = count_now();
    int n, rc;

    for (n = 1;; n++) {
        host_fail_at(n);
        rc = create();
        if (!rc)
            break;
        CHECK(is_plausible(rc));
        CHECK(host_failed());
        SAME(before);
    }
    CHECK(!host_failed());
    host_fail_at(0);
    EXPECT(call_destroy(fault_domid, type, 1), 0);
    SAME(before);
    CHECK(n > least);
    printf("%s: each of %d steps failed\n", name, n - 1);
}

void test_faults(void)
{
    fault_domid = host_domain();
    fault_port = host_port(fault_domid);
    fault_disk = disk_open(O_RDWR);
    walk("vif", NOXS_DEV_VIF, fault_vif, 8);
    walk("vbd", NOXS_DEV_VBD, fault_vbd, 8);
    close(fault_disk);
    host_domain_end(fault_domid);
}

/* --- cycles -----------------------------------------------------------------
 */

static void cycle(uint16_t domid, const uint32_t *ports)
{
    int disk = disk_open(O_RDWR);

    EXPECT(add_vif(domid, 1, ports[0]), 0);
    EXPECT(add_vbd(domid, 1, ports[1], disk), 0);
    close(disk);
    EXPECT(call_destroy(domid, NOXS_DEV_NONE, 0), 0);
}

void test_cycles(void)
{
    uint16_t domid = host_domain();
    uint32_t ports[2] = {host_port(domid), host_port(domid)};
    struct count before;
    long used, slab;
    int i;

    for (i = 0; i < WARM_UP; i++)
        cycle(domid, ports);
    sleep(1);
    before = count_now();
    used = count_used_kb();
    slab = count_slab_kb();
    for (i = 0; i < CYCLES; i++)
        cycle(domid, ports);
    SAME(before);
    sleep(1);
    used = count_used_kb() - used;
    slab = count_slab_kb() - slab;
    printf("%d cycles: %+ld KiB of memory, %+ld KiB of slabs\n", CYCLES, used,
           slab);
    CHECK(used < NOISE_KB);
    CHECK(slab < NOISE_KB);
    host_domain_end(domid);
}
