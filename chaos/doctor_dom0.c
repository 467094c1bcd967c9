/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_dom0.c: what domain 0's kernel has a limited number of.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "doctor.h"

/* Event channels of a 64-bit domain by Xen's two interfaces. */
#define PORTS_TWO_LEVEL 4096u
#define PORTS_FIFO 131071u
/*
 * Memory of domain 0, about: a vif is 20 KiB of rings and buffers, and what
 * Linux has for an interface in sysfs, in sysctl and for IPv4 and IPv6.
 */
#define VIF_KB 64u
#define VBD_KB 64u
#define FAIR_QUEUES_KB 72u /* of fq_codel, for each vif */
#define GUEST_KB 32u       /* its record, and its console in chaosd */
/* Of the latter, in files under /run. */
#define RUN_KB 28u
#define RUN_FILES 2u
/* The console's page, and the ring that keeps what it said. */
#define DAEMON_MAPS 2u
/* Minor numbers, shared out between loop devices and their partitions. */
#define LOOP_MINORS (1u << 20)

/* --- event channels --------------------------------------------------------
 */

static bool count_port(void *arg, const char *line)
{
    if (strstr(line, " xen-"))
        ++*(uint64_t *)arg;
    return true;
}

/* 1: the kernel said FIFO, 2: two levels. */
static bool find_abi(void *arg, const char *line)
{
    int *abi = arg;

    if (strstr(line, "xen:events: Using FIFO-based ABI"))
        *abi = 1;
    else if (strstr(line, "xen:events: Using 2-level ABI"))
        *abi = 2;
    return *abi == 0;
}

/* The log may have lost it; then the command line, and Linux's default. */
static bool is_fifo(const struct doctor *dr)
{
    char line[4096] = "";
    int abi = 0;

    (void)doctor_lines(dr, "/dev/kmsg", find_abi, &abi);
    if (abi)
        return abi == 1;
    (void)doctor_text(dr, "/proc/cmdline", line, sizeof(line));
    return !strstr(line, "xen.fifo_events=0") &&
           !strstr(line, "xen.fifo_events=n");
}

/* Its console and devices; XenStore has one more, and Linux's vifs two. */
static unsigned ports_of(const struct doctor *dr)
{
    const struct guest_shape *shape = &dr->shape;

    return dr->noxs ? 1 + shape->vifs + shape->vbds
                    : 2 + 2 * shape->vifs + shape->vbds;
}

static void find_ports(struct doctor *dr)
{
    bool fifo = is_fifo(dr);
    uint64_t used = 0;
    struct finding *f;

    if (doctor_lines(dr, "/proc/interrupts", count_port, &used) < 0)
        return;
    f = doctor_limit(
        dr, fifo ? "event channels (FIFO)" : "event channels (2-level)", "",
        used, fifo ? PORTS_FIFO : PORTS_TWO_LEVEL, ports_of(dr));
    finding_remedy(f, fifo ? "Xen has no more: use another host as well"
                           : "boot domain 0 without xen.fifo_events=0, for "
                             "131,071 of them");
}

/* --- memory ----------------------------------------------------------------
 */

struct meminfo {
    uint64_t total, available;
};

static bool read_meminfo(void *arg, const char *line)
{
    struct meminfo *m = arg;

    if (strncmp(line, "MemTotal:", 9) == 0)
        m->total = strtoull(line + 9, NULL, 10);
    else if (strncmp(line, "MemAvailable:", 13) == 0)
        m->available = strtoull(line + 13, NULL, 10);
    return true;
}

/* systemd's choice has a thousand queues, and a vif has one of them. */
static bool has_fair_queues(const struct doctor *dr)
{
    char text[32] = "";

    (void)doctor_text(dr, "/proc/sys/net/core/default_qdisc", text,
                      sizeof(text));
    return strcmp(text, "fq_codel") == 0;
}

static void find_memory(struct doctor *dr)
{
    bool fair = has_fair_queues(dr);
    uint64_t vif = VIF_KB + (fair ? FAIR_QUEUES_KB : 0);
    uint64_t each = GUEST_KB + dr->shape.vifs * vif + dr->shape.vbds * VBD_KB;
    struct meminfo m = {0};

    if (doctor_lines(dr, "/proc/meminfo", read_meminfo, &m) < 0 || !m.total)
        return;
    finding_remedy(doctor_limit(dr, "memory of domain 0", "KiB",
                                m.total - m.available, m.total, each),
                   "a guest takes %llu KiB: boot Xen with a larger dom0_mem=%s",
                   (unsigned long long)each,
                   fair && dr->shape.vifs > 0
                       ? ", or sysctl -w net.core.default_qdisc=pfifo_fast"
                       : "");
}

static void find_run(struct doctor *dr)
{
    char path[PATH_MAX];
    struct statvfs fs;
    uint64_t unit;

    if (doctor_path(dr, path, sizeof(path), "/run/chaos") < 0 ||
        (statvfs(path, &fs) < 0 &&
         (doctor_path(dr, path, sizeof(path), "/run") < 0 ||
          statvfs(path, &fs) < 0)))
        return;
    unit = fs.f_frsize / 1024 ? fs.f_frsize / 1024 : 1;
    if (fs.f_blocks > 0)
        finding_remedy(doctor_limit(dr, "space in /run", "KiB",
                                    (fs.f_blocks - fs.f_bavail) * unit,
                                    fs.f_blocks * unit, RUN_KB),
                       "mount -o remount,size=SIZE /run");
    if (fs.f_files > 0)
        finding_remedy(doctor_limit(dr, "files in /run", "",
                                    fs.f_files - fs.f_favail, fs.f_files,
                                    RUN_FILES),
                       "mount -o remount,nr_inodes=NUMBER /run");
}

/* --- descriptors and mappings ----------------------------------------------
 */

static void find_files(struct doctor *dr)
{
    uint64_t used, limit;

    if (doctor_number(dr, "/proc/sys/fs/file-nr", 0, &used) == 0 &&
        doctor_number(dr, "/proc/sys/fs/file-nr", 2, &limit) == 0)
        finding_remedy(
            doctor_limit(dr, "open files", "", used, limit, dr->shape.vbds),
            "sysctl -w fs.file-max=NUMBER");
}

static bool find_open_max(void *arg, const char *line)
{
    static const char key[] = "Max open files";

    if (strncmp(line, key, sizeof(key) - 1) != 0)
        return true;
    /* "unlimited" is none. */
    *(uint64_t *)arg = strtoull(line + sizeof(key) - 1, NULL, 10);
    return false;
}

static bool count_line(void *arg, const char *line)
{
    (void)line;
    ++*(uint64_t *)arg;
    return true;
}

/* The daemon has each guest's console mapped, and one descriptor for all. */
static void find_daemon(struct doctor *dr)
{
    uint64_t limit = 0, used = 0;
    char name[64];
    int dir;

    if (!dr->daemon_pid)
        return;
    dir = snprintf(name, sizeof(name), "/proc/%u/", dr->daemon_pid);
    (void)snprintf(name + dir, sizeof(name) - (size_t)dir, "limits");
    (void)doctor_lines(dr, name, find_open_max, &limit);
    (void)snprintf(name + dir, sizeof(name) - (size_t)dir, "fd");
    if (limit)
        finding_remedy(doctor_limit(dr, "chaosd's open files", "",
                                    doctor_count(dr, name), limit, 0),
                       "LimitNOFILE= in chaosd.service: each client has one");
    (void)snprintf(name + dir, sizeof(name) - (size_t)dir, "maps");
    if (doctor_number(dr, "/proc/sys/vm/max_map_count", 0, &limit) == 0 &&
        doctor_lines(dr, name, count_line, &used) == 0)
        finding_remedy(
            doctor_limit(dr, "chaosd's mappings", "", used, limit, DAEMON_MAPS),
            "sysctl -w vm.max_map_count=NUMBER");
}

/* --- loop devices ----------------------------------------------------------
 */

struct loops {
    const struct doctor *dr;
    uint64_t used;
};

static bool count_loop(void *arg, const char *name)
{
    struct loops *loops = arg;
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name);
    if (strncmp(name, "loop", 4) == 0 && doctor_exists(loops->dr, path))
        loops->used++;
    return true;
}

/*
 * max_loop= bounds those that are made by opening /dev/loopN, not those that
 * are asked for by way of /dev/loop-control, as ours are.
 */
static void find_loops(struct doctor *dr)
{
    struct loops loops = {.dr = dr};
    uint64_t parts = 0, limit = LOOP_MINORS;

    if (dr->shape.vbds == 0 || !doctor_exists(dr, "/sys/module/loop"))
        return;
    (void)doctor_number(dr, "/sys/module/loop/parameters/max_part", 0, &parts);
    for (; parts > 0; parts /= 2)
        limit /= 2;
    if (doctor_entries(dr, "/sys/block", count_loop, &loops) < 0)
        return;
    finding_remedy(
        doctor_limit(dr, "loop devices", "", loops.used, limit, dr->shape.vbds),
        "load loop with max_part=0, or give guests block devices");
}

void doctor_dom0(struct doctor *dr)
{
    find_ports(dr);
    find_memory(dr);
    find_run(dr);
    find_files(dr);
    find_daemon(dr);
    find_loops(dr);
}
