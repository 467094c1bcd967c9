/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_many.c: what many guests cost the daemon that has their consoles:
 * memory, and time when nothing happens.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool_kit.h"
#include "sample.h"

#define CONSOLES "/run/chaos/console"
#define ATTACH_TRIES 1000u
#define IDLE_SECONDS 20u

/* Text of a file of /proc/PID. */
static const char *proc(pid_t pid, const char *file)
{
    static char text[4096];
    char path[64];
    FILE *f;
    size_t n;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    f = fopen(path, "r");
    if (!f)
        die(path, "cannot read it");
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static long status_kb(const char *status, const char *key)
{
    const char *at = strstr(status, key);

    if (!at)
        die(key, "/proc/PID/status does not have it");
    return strtol(at + strlen(key), NULL, 10);
}

/* The rings are files in memory, so they count as shared. */
struct memory {
    long own_kb, rings_kb;
};

static struct memory daemon_memory(pid_t pid)
{
    const char *status = proc(pid, "status");

    return (struct memory){
        .own_kb = status_kb(status, "RssAnon:") +
                  status_kb(status, "RssFile:") + status_kb(status, "VmPTE:"),
        .rings_kb = status_kb(status, "RssShmem:"),
    };
}

/* Seconds of CPU time, of all its threads. */
static double daemon_cpu(pid_t pid)
{
    const char *stat = strrchr(proc(pid, "stat"), ')');
    unsigned long user, system;

    if (!stat || sscanf(stat,
                        ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                        "%lu %lu",
                        &user, &system) != 2)
        die("/proc/PID/stat", "it makes no sense");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static unsigned consoles(void)
{
    DIR *dir = opendir(CONSOLES);
    const struct dirent *entry;
    unsigned n = 0;

    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

static void await_consoles(unsigned count)
{
    unsigned tries;

    for (tries = 0; consoles() != count; tries++) {
        if (tries == ATTACH_TRIES)
            die(CONSOLES, "the daemon has not that many consoles");
        settle();
    }
}

static void create_all(const struct kit *kit, struct chaos_config *cfg,
                       uint32_t *domids, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "bench-%u", i);
        kit_check(kit->ctx, "name",
                  chaos_config_set(kit->ctx, cfg, "name", name));
        kit_check(kit->ctx, "create",
                  chaos_domain_create(kit->ctx, cfg, &domids[i]));
    }
}

static double idle_percent(pid_t pid)
{
    double cpu, start;

    pause_us(2000000);
    cpu = daemon_cpu(pid);
    start = now_us();
    pause_us(IDLE_SECONDS * 1000000);
    return (daemon_cpu(pid) - cpu) / (now_us() - start) * 1e8;
}

void many_run(const struct kit *kit, const char *config, unsigned count)
{
    struct chaos_config *cfg = kit_config(kit, config);
    uint32_t *domids = calloc(count, sizeof(*domids));
    pid_t pid = kit_daemon(kit);
    struct memory before, after;
    unsigned i;

    if (!domids || count == 0)
        die("guests", "no memory");
    await_consoles(0);
    before = daemon_memory(pid);
    create_all(kit, cfg, domids, count);
    await_consoles(count);
    printf("value idle_guests %u\n", count);
    printf("value idle_cpu_percent %.3f\n", idle_percent(pid));
    after = daemon_memory(pid);
    printf("value kb_per_console %.2f\n",
           (double)(after.own_kb - before.own_kb) / count);
    printf("value kb_of_ring_per_console %.2f\n",
           (double)(after.rings_kb - before.rings_kb) / count);
    for (i = 0; i < count; i++)
        kit_destroy(kit, domids[i]);
    free(domids);
    chaos_config_destroy(cfg);
}
