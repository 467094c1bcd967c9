/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nth_host.c: the host of bench-nth; see nth_host.h.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nth_host.h"
#include "nth_text.h"
#include "ping.h"
#include "pool_kit.h"
#include "sample.h"

#define ANSWER_MS 10000
#define LINE_SIZE 256

static struct {
    struct kit kit;
    bool pool;
    bool is_full;
} host;

void nth_open(bool pool)
{
    host.pool = pool;
    if (pool)
        kit_open(&host.kit);
    else if (chaos_ctx_create(&host.kit.ctx) < 0)
        die("context", "no memory");
}

void nth_close(void)
{
    if (host.pool)
        kit_close(&host.kit);
    else
        chaos_ctx_destroy(host.kit.ctx);
}

int nth_try(const char *const argv[], double *us_out)
{
    double start = now_us();
    pid_t pid = start_process(argv);
    int status;

    if (waitpid(pid, &status, 0) != pid)
        die(argv[0], "is lost");
    *us_out = now_us() - start;
    return status;
}

int nth_create_here(const char *config, double *us_out)
{
    struct chaos_config *cfg = kit_config(&host.kit, config);
    uint32_t domid;
    double start = now_us();
    int rc = chaos_domain_create(host.kit.ctx, cfg, &domid);

    *us_out = now_us() - start;
    if (rc < 0)
        fprintf(stderr, "create: %s\n", chaos_ctx_error(host.kit.ctx));
    chaos_config_destroy(cfg);
    return rc;
}

void nth_fill(void)
{
    int rc = kit_try_fill(&host.kit);

    host.is_full = rc == -ENOMEM;
    if (!host.is_full)
        kit_check(host.kit.ctx, "fill", rc);
}

bool nth_is_full(void)
{
    return host.is_full;
}

static uint64_t available_kb(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[LINE_SIZE];
    unsigned long long kb;

    if (!f)
        die("/proc/meminfo", "cannot read it");
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "MemAvailable: %llu", &kb) == 1) {
            (void)fclose(f);
            return kb;
        }
    }
    die("/proc/meminfo", "it has no MemAvailable");
}

struct nth_memory nth_memory(void)
{
    struct chaos_host_info info;

    kit_check(host.kit.ctx, "host", chaos_host_info(host.kit.ctx, &info));
    return (struct nth_memory){.xen_kb = info.free_kb,
                               .dom0_kb = available_kb()};
}

struct usage {
    unsigned alive;
    uint64_t dom0_ns, guests_ns;
};

static struct usage usage(void)
{
    struct chaos_domain_info *infos;
    struct usage u = {0};
    size_t count, i;

    kit_check(host.kit.ctx, "list",
              chaos_domain_list(host.kit.ctx, &infos, &count));
    for (i = 0; i < count; i++) {
        const struct chaos_domain_info *d = &infos[i];

        if (d->domid == 0) {
            u.dom0_ns = d->cpu_time_ns;
            continue;
        }
        u.guests_ns += d->cpu_time_ns;
        u.alive += !d->stopped && !d->dying && !d->building;
    }
    free(infos);
    return u;
}

unsigned nth_alive(void)
{
    return usage().alive;
}

/* One that has ended, and nobody has waited for, does not count. */
static bool is_named(const char *pid, const char *name)
{
    char path[LINE_SIZE], found[LINE_SIZE], state;
    FILE *f;
    int fields;

    (void)snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
    f = fopen(path, "r");
    if (!f)
        return false;
    fields = fscanf(f, "%*d (%255[^)]) %c", found, &state);
    (void)fclose(f);
    return fields == 2 && strcmp(found, name) == 0 && state != 'Z';
}

unsigned nth_processes(const char *name)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    unsigned n = 0;

    if (!dir)
        die("/proc", "cannot read it");
    while ((entry = readdir(dir)))
        n += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
             is_named(entry->d_name, name);
    (void)closedir(dir);
    return n;
}

struct nth_cpu nth_idle(unsigned seconds)
{
    struct usage before, after;
    double start, ns;

    pause_us(2000000);
    before = usage();
    start = now_us();
    pause_us(seconds * 1000000);
    after = usage();
    ns = (now_us() - start) * 1e3;
    return (struct nth_cpu){
        .dom0_percent = (double)(after.dom0_ns - before.dom0_ns) / ns * 100,
        .guests_percent =
            (double)(after.guests_ns - before.guests_ns) / ns * 100,
    };
}

unsigned nth_answers(unsigned long n, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char text[LINE_SIZE];
    unsigned answers = 0;

    if (fd < 0)
        die("socket", "cannot make it");
    nth_address(text, sizeof(text), n);
    if (inet_pton(AF_INET, text, &to.sin_addr) != 1)
        die(text, "not an address");
    (void)connect(fd, (struct sockaddr *)&to, sizeof(to));
    if (poll(&p, 1, ANSWER_MS) == 1 && read(fd, text, sizeof(text)) > 0)
        answers = 1;
    (void)close(fd);
    return answers;
}

int nth_wait_ping(unsigned long n)
{
    struct pinger pinger;
    char text[LINE_SIZE];
    int rc;

    nth_address(text, sizeof(text), n);
    pinger_open(&pinger);
    rc = pinger_try_answer(&pinger, address_of(text));
    pinger_close(&pinger);
    return rc;
}
