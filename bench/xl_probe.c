/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl_probe.c: where the time of a command of xl goes.
 *
 * Preloaded into xl (LD_PRELOAD): stands before the functions below, each of
 * which belongs to a category, and adds the time until they return to it; of
 * one within another, to the inner one's. What is in none is the toolstack's
 * own. At the end a line "CATEGORY US" of each goes to /tmp/nth.parts. The
 * difference to what the command took is the start and end of its process.
 * Costs two looks at the clock a call.
 *
 * Only the first thread of the process itself is measured: neither what it
 * forks, which has no probe any more, nor the thread that reads from xenstored,
 * for which the first one waits.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define OUT "/tmp/nth.parts"

enum category {
    TOOLSTACK,
    CONFIG,
    HYPERVISOR,
    IMAGE,
    XENSTORE,
    DEVICES,
    KINDS
};

static const char *const names[KINDS] = {"toolstack", "config",   "hypervisor",
                                         "image",     "xenstore", "devices"};

static struct {
    double us[KINDS];
    double since;
    enum category now;
} probe;

/* The thread, and the process, that is measured. */
static __thread bool here;

static double now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static enum category enter(enum category c)
{
    enum category before = probe.now;
    double now;

    if (!here)
        return before;
    now = now_us();
    probe.us[before] += now - probe.since;
    probe.since = now;
    probe.now = c;
    return before;
}

__attribute__((constructor)) static void begin(void)
{
    here = true;
    probe.since = now_us();
}

__attribute__((destructor)) static void end(void)
{
    FILE *f;
    int i;

    if (!here)
        return;
    (void)enter(TOOLSTACK);
    f = fopen(OUT, "w");
    if (!f)
        return;
    for (i = 0; i < KINDS; i++)
        fprintf(f, "%s %.3f\n", names[i], probe.us[i]);
    (void)fclose(f);
}

/*
 * All of them take at most nine integers or pointers, and return one or
 * nothing: passing on what may be there is right for each on x86-64, and needs
 * none of their headers.
 */
typedef long any_fn(long, long, long, long, long, long, long, long, long);

/* Calls of processes and threads that are not measured cost the look-up. */
static any_fn *real_one(const char *name)
{
    union {
        void *object;
        any_fn *function;
    } symbol = {.object = dlsym(RTLD_NEXT, name)};

    if (!symbol.object)
        abort();
    return symbol.function;
}

#define PROBE(kind, name)                                                      \
    long name(long a, long b, long c, long d, long e, long f, long g, long h,  \
              long i);                                                         \
    long name(long a, long b, long c, long d, long e, long f, long g, long h,  \
              long i)                                                          \
    {                                                                          \
        static any_fn *real;                                                   \
        enum category before = enter(kind);                                    \
        long result;                                                           \
                                                                               \
        if (!real)                                                             \
            real = real_one(#name);                                            \
        result = real(a, b, c, d, e, f, g, h, i);                              \
        (void)enter(before);                                                   \
        return result;                                                         \
    }

PROBE(CONFIG, xlu_cfg_readdata)

PROBE(HYPERVISOR, xencall1)
PROBE(HYPERVISOR, xencall2)
PROBE(HYPERVISOR, xencall3)
PROBE(HYPERVISOR, xencall4)
PROBE(HYPERVISOR, xenforeignmemory_map)
PROBE(HYPERVISOR, xenforeignmemory_unmap)
PROBE(HYPERVISOR, xenforeignmemory_map_resource)
PROBE(HYPERVISOR, xenforeignmemory_unmap_resource)

PROBE(IMAGE, xc_dom_kernel_file)
PROBE(IMAGE, xc_dom_parse_image)
PROBE(IMAGE, xc_dom_mem_init)
PROBE(IMAGE, xc_dom_boot_mem_init)
PROBE(IMAGE, xc_dom_build_image)
PROBE(IMAGE, xc_dom_boot_image)
PROBE(IMAGE, xc_dom_gnttab_init)
PROBE(IMAGE, xc_dom_release)

PROBE(XENSTORE, xs_open)
PROBE(XENSTORE, xs_close)
PROBE(XENSTORE, xs_read)
PROBE(XENSTORE, xs_write)
PROBE(XENSTORE, xs_mkdir)
PROBE(XENSTORE, xs_rm)
PROBE(XENSTORE, xs_directory)
PROBE(XENSTORE, xs_set_permissions)
PROBE(XENSTORE, xs_transaction_start)
PROBE(XENSTORE, xs_transaction_end)
PROBE(XENSTORE, xs_watch)
PROBE(XENSTORE, xs_unwatch)
PROBE(XENSTORE, xs_check_watch)
PROBE(XENSTORE, xs_introduce_domain)
PROBE(XENSTORE, xs_release_domain)
PROBE(XENSTORE, xs_get_domain_path)

/* xl waits for back ends and for the hotplug scripts. */
PROBE(DEVICES, poll)

/* The child is not measured, and what it executes has no probe. */
pid_t fork(void)
{
    static any_fn *real;
    pid_t pid;

    if (!real)
        real = real_one("fork");
    pid = (pid_t)real(0, 0, 0, 0, 0, 0, 0, 0, 0);
    if (pid == 0) {
        here = false;
        (void)unsetenv("LD_PRELOAD");
    }
    return pid;
}
