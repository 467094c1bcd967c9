/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * churn.c: churn COUNT CONFIG: make and end COUNT VMs in one process.
 *
 * Each is waited for until it is up, looked at, and its console read; then
 * every other is destroyed as it is, and every other is asked to power off and
 * settled. Prints what this process and the host had before and afterwards, a
 * line "NAME BEFORE AFTER" each, and fails at the first error. A few rounds go
 * ahead uncounted, so that what is set up once is not taken for a loss.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <chaos/chaos.h>

#define WARM_UP 8
#define GUEST_MS 20000u
#define SETTLE_TRIES 100
#define TRY_US 100000u
#define REST_US 1000000u

struct host {
    long fds;
    size_t heap; /* bytes in use */
    uint64_t free_kb;
    size_t domains;
};

static struct chaos_ctx *ctx;
static struct chaos_config *cfg;

static int fail(const char *what, int rc)
{
    fprintf(stderr, "churn: %s: %d: %s\n", what, rc, chaos_ctx_error(ctx));
    return rc < 0 ? rc : -1;
}

static long count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    long n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        (void)closedir(dir);
    return n;
}

static int look(struct host *host)
{
    struct chaos_domain_info *infos;
    struct chaos_host_info info;
    int rc = chaos_domain_list(ctx, &infos, &host->domains);

    if (rc < 0)
        return fail("list", rc);
    free(infos);
    rc = chaos_host_info(ctx, &info);
    if (rc < 0)
        return fail("host info", rc);
    host->free_kb = info.free_kb;
    host->fds = count_fds();
    host->heap = mallinfo2().uordblks;
    return 0;
}

/* Xen gives a domain's last pages back a moment after its end. */
static int look_at_rest(const struct host *before, struct host *after)
{
    int tries, rc = 0;

    for (tries = 0; rc == 0 && tries < SETTLE_TRIES; tries++) {
        rc = look(after);
        if (after->free_kb >= before->free_kb &&
            after->domains <= before->domains)
            break;
        (void)usleep(TRY_US);
    }
    return rc;
}

static int read_console(uint32_t domid)
{
    struct chaos_console *con;
    char buf[256];
    ssize_t n;
    int rc = chaos_console_open(ctx, domid, &con);

    if (rc < 0)
        return fail("console", rc);
    n = chaos_console_read(con, buf, sizeof(buf));
    chaos_console_close(con);
    return n < 0 ? fail("console read", (int)n) : 0;
}

static int power_off(uint32_t domid)
{
    unsigned reason;
    uint32_t left;
    int rc = chaos_domain_request(ctx, domid, CHAOS_REASON_POWEROFF, GUEST_MS);

    if (rc < 0)
        return fail("request", rc);
    rc = chaos_domain_wait(ctx, domid, GUEST_MS, &reason);
    if (rc < 0 || reason != CHAOS_REASON_POWEROFF)
        return fail("wait", rc);
    rc = chaos_domain_settle(ctx, domid, &left);
    if (rc < 0 || left != CHAOS_DOMID_NONE)
        return fail("settle", rc);
    return 0;
}

static int round_trip(unsigned i)
{
    struct chaos_guest_state state;
    uint32_t domid;
    char name[32];
    int rc;

    (void)snprintf(name, sizeof(name), "churn-%u", i);
    rc = chaos_config_set(ctx, cfg, "name", name);
    if (rc == 0)
        rc = chaos_domain_create(ctx, cfg, &domid);
    if (rc < 0)
        return fail("create", rc);
    rc = chaos_domain_wait_up(ctx, domid, GUEST_MS);
    if (rc == 0)
        rc = chaos_domain_guest_state(ctx, domid, &state);
    if (rc < 0)
        return fail("up", rc);
    rc = read_console(domid);
    if (rc < 0)
        return rc;
    if (i % 2)
        return power_off(domid);
    rc = chaos_domain_destroy(ctx, domid);
    return rc < 0 ? fail("destroy", rc) : 0;
}

static int churn(unsigned count)
{
    struct host before, after;
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < WARM_UP; i++)
        rc = round_trip(i);
    (void)usleep(REST_US);
    if (rc == 0)
        rc = look(&before);
    for (i = 0; rc == 0 && i < count; i++)
        rc = round_trip(i);
    if (rc == 0)
        rc = look_at_rest(&before, &after);
    if (rc < 0)
        return rc;
    printf("fds %ld %ld\n", before.fds, after.fds);
    printf("heap %zu %zu\n", before.heap, after.heap);
    printf("free_kb %llu %llu\n", (unsigned long long)before.free_kb,
           (unsigned long long)after.free_kb);
    printf("domains %zu %zu\n", before.domains, after.domains);
    return 0;
}

int main(int argc, char **argv)
{
    int rc;

    if (argc != 3) {
        fprintf(stderr, "usage: churn COUNT CONFIG\n");
        return 2;
    }
    if (chaos_ctx_create(&ctx) < 0)
        return 1;
    rc = chaos_config_create(ctx, &cfg);
    if (rc == 0)
        rc = chaos_config_load(ctx, cfg, argv[2]);
    if (rc < 0)
        (void)fail(argv[2], rc);
    else
        rc = churn((unsigned)strtoul(argv[1], NULL, 10));
    chaos_config_destroy(cfg);
    chaos_ctx_destroy(ctx);
    return rc < 0 ? 1 : 0;
}
