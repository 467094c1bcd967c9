/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net_first.c: how long until a new server answers; see net_first.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chaos/chaos.h>

#include "net_first.h"
#include "ping.h"
#include "sample.h"

#define NAME "bench-first"
#define DAYTIME_PORT 13
#define RETRY_US 50u
#define PATIENCE_US 5e6

void first_open(struct first *f, struct chaos_ctx *ctx, const char *config,
                const char *address)
{
    *f = (struct first){
        .ctx = ctx, .config = config, .address = address_of(address)};
}

/* False: nobody is there. */
static bool ask_once(struct in_addr address)
{
    struct sockaddr_in to = endpoint(address, DAYTIME_PORT);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char text[64];
    ssize_t n = 0;

    if (fd < 0)
        die("socket", strerror(errno));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        n = recv(fd, text, sizeof(text), 0);
    close(fd);
    return n > 0;
}

static void wait_time(struct in_addr address)
{
    double start = now_us();

    while (!ask_once(address)) {
        if (now_us() - start > PATIENCE_US)
            die("daytime", "nobody tells the time");
        pause_us(RETRY_US);
    }
}

static void round_chaos(const struct first *f)
{
    const char *argv[] = {"/usr/bin/chaos", "-q", "create", "--name", NAME,
                          f->config,        NULL};
    struct pinger pinger;
    uint32_t domid;
    double start;
    pid_t pid;

    pinger_open(&pinger);
    start = now_us();
    pid = start_process(argv);
    pinger_wait_answer(&pinger, f->address);
    sample("chaos_first_ping", now_us() - start);
    wait_time(f->address);
    sample("chaos_first_answer", now_us() - start);
    pinger_close(&pinger);
    wait_process(pid, argv[0]);
    if (chaos_domain_lookup(f->ctx, NAME, &domid) < 0 ||
        chaos_domain_destroy(f->ctx, domid) < 0)
        die(NAME, chaos_ctx_error(f->ctx));
    settle();
}

static void round_fork(void)
{
    static const char *const argv[] = {"/bench/daytime", NULL};
    double start = now_us();
    pid_t pid = start_process(argv);

    wait_time((struct in_addr){.s_addr = htonl(INADDR_LOOPBACK)});
    sample("fork_first_answer", now_us() - start);
    kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    settle();
}

void first_round(const struct first *f)
{
    round_chaos(f);
    round_fork();
}
