/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count.c: what there is in dom0 that a back end may leave something in.
 *
 * The kernel of the distribution has no kmemleak, lockdep or KASAN; these
 * counts and the memory of many cycles stand in for the first.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <xencall.h>
#include <xenforeignmemory.h>

#include <xen/xen.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>

#include "test.h"

static xencall_handle *xen;

static void *buffer(size_t size)
{
    void *p;

    if (!xen)
        xen = xencall_open(NULL, 0);
    p = xen ? xencall_alloc_buffer(xen, size) : NULL;
    if (!p)
        err(2, "no buffer for a hypercall");
    memset(p, 0, size);
    return p;
}

static long matches(const char *pattern)
{
    glob_t found;
    int rc = glob(pattern, 0, NULL, &found);
    long n = rc == GLOB_NOMATCH ? 0 : (long)found.gl_pathc;

    if (rc && rc != GLOB_NOMATCH)
        errx(2, "glob %s: %d", pattern, rc);
    globfree(&found);
    return n;
}

/* Lines of a file that have a word. */
static long lines(const char *path, const char *word)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    long n = 0;

    if (!file)
        err(2, "%s", path);
    while (getline(&line, &size, file) > 0)
        n += strstr(line, word) != NULL;
    free(line);
    fclose(file);
    return n;
}

/* The number behind a word at the beginning of a line. */
static long number(const char *path, const char *word)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    long n = -1;

    if (!file)
        err(2, "%s", path);
    while (n < 0 && getline(&line, &size, file) > 0)
        if (!strncmp(line, word, strlen(word)))
            n = strtol(line + strlen(word), NULL, 10);
    free(line);
    fclose(file);
    return n;
}

/* All below the first that Xen does not know, but closed ones. */
static long channels(void)
{
    struct evtchn_status *status = buffer(sizeof(*status));
    long used = 0;
    uint32_t port;

    for (port = 1;; port++) {
        *status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
        if (xencall2(xen, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
                     (uintptr_t)status))
            break;
        used += status->status != EVTCHNSTAT_closed;
    }
    xencall_free_buffer(xen, status);
    return used;
}

/* The frames of dom0's own grant table. */
static uint32_t table_frames(xen_pfn_t *frames, uint32_t max)
{
    struct gnttab_query_size *size = buffer(sizeof(*size));
    struct gnttab_setup_table *setup = buffer(sizeof(*setup));
    xen_pfn_t *list = buffer(max * sizeof(*list));
    uint32_t n;

    size->dom = DOMID_SELF;
    if (xencall3(xen, __HYPERVISOR_grant_table_op, GNTTABOP_query_size,
                 (uintptr_t)size, 1) ||
        size->status || size->nr_frames > max)
        errx(2, "no size of the grant table");
    n = size->nr_frames;
    setup->dom = DOMID_SELF;
    setup->nr_frames = n;
    set_xen_guest_handle_raw(setup->frame_list, list);
    if (xencall3(xen, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
                 (uintptr_t)setup, 1) ||
        setup->status)
        errx(2, "no frames of the grant table");
    memcpy(frames, list, n * sizeof(*list));
    xencall_free_buffer(xen, list);
    xencall_free_buffer(xen, setup);
    xencall_free_buffer(xen, size);
    return n;
}

static long grants(void)
{
    xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
    const size_t each = 4096 / sizeof(grant_entry_v1_t);
    const grant_entry_v1_t *entries;
    xen_pfn_t frames[64];
    uint32_t n = table_frames(frames, 64);
    long used = 0;
    size_t i;

    if (!memory)
        err(2, "xenforeignmemory_open");
    entries =
        xenforeignmemory_map(memory, DOMID_SELF, PROT_READ, n, frames, NULL);
    if (!entries)
        err(2, "no map of the grant table");
    for (i = 0; i < n * each; i++)
        used += (entries[i].flags & GTF_type_mask) != GTF_invalid;
    if (xenforeignmemory_unmap(memory, (void *)(uintptr_t)entries, n))
        err(2, "xenforeignmemory_unmap");
    xenforeignmemory_close(memory);
    return used;
}

struct count count_now(void)
{
    return (struct count){
        .interfaces = matches("/sys/class/net/*"),
        .loops = matches("/sys/block/loop*/loop"),
        .handlers = lines("/proc/interrupts", "noxs-v"),
        .channels = channels(),
        .grants = grants(),
        .backs = call_count(NOXS_DOMID_SELF),
        .users = number("/sys/module/noxs_back/refcnt", ""),
    };
}

/* A loop device goes a moment after its last user. */
void count_same_(struct count before, const char *file, int line)
{
    struct count now = count_now();
    int tries;

    for (tries = 0; tries < 50 && memcmp(&now, &before, sizeof(now)); tries++) {
        usleep(20000);
        now = count_now();
    }
    expect_(now.interfaces, before.interfaces, file, line, "interfaces");
    expect_(now.loops, before.loops, file, line, "loop devices");
    expect_(now.handlers, before.handlers, file, line, "interrupts");
    expect_(now.channels, before.channels, file, line, "event channels");
    expect_(now.grants, before.grants, file, line, "grants");
    expect_(now.backs, before.backs, file, line, "back ends");
    expect_(now.users, before.users, file, line, "users of the module");
}

/* Pages that are free, but in the lists of a processor. */
static long cached_pages(void)
{
    FILE *file = fopen("/proc/zoneinfo", "r");
    long n, sum = 0;
    char line[128];

    if (!file)
        err(2, "/proc/zoneinfo");
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, " count: %ld", &n) == 1)
            sum += n;
    fclose(file);
    return sum;
}

long count_used_kb(void)
{
    /* To be read: each processor's part of the counts is added. */
    (void)lines("/proc/sys/vm/stat_refresh", "-");
    return number("/proc/meminfo", "MemTotal:") -
           number("/proc/meminfo", "MemFree:") - 4 * cached_pages();
}

long count_slab_kb(void)
{
    return number("/proc/meminfo", "SUnreclaim:");
}
