/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_process.c: what the kernel knows of this process.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "metrics_internal.h"

static void read_memory(struct process_figures *figures)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long total, resident;

    if (!file)
        return;
    if (fscanf(file, "%llu %llu", &total, &resident) == 2) {
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

        figures->virtual_bytes = total * page;
        figures->resident_bytes = resident * page;
    }
    (void)fclose(file);
}

static void count_fds(struct process_figures *figures)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            figures->open_fds++;
    (void)closedir(dir);
    /* Not the one with which they were counted. */
    figures->open_fds--;
}

void process_figures(struct process_figures *figures)
{
    struct rlimit limit;
    struct timespec cpu;

    memset(figures, 0, sizeof(*figures));
    read_memory(figures);
    count_fds(figures);
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        figures->cpu_ns =
            (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        figures->max_fds = limit.rlim_cur;
}
