/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_kit.h: the metrics without the daemon's other parts, which are played
 * here, and somebody who fetches them. Each program includes it once.
 */
#ifndef TESTS_UNIT_METRICS_KIT_H
#define TESTS_UNIT_METRICS_KIT_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "../../chaosd/conf.h"
#include "../../chaosd/daemon.h"
#include "../../chaosd/guests.h"
#include "../../chaosd/metrics_internal.h"
#include "../../chaosd/pool.h"
#include "../../chaosd/server.h"
#include "../../chaosd/worker.h"
#include "unit.h"

static struct daemon d;
static struct conf conf;
static char dir[] = "/tmp/metrics.XXXXXX";
static char address[64], text[1 << 18];

/* --- the other parts ---------------------------------------------------------
 */

struct pool_counts pool_counts(const struct pool *pool)
{
    (void)pool;
    return (struct pool_counts){.ready = 3,
                                .preparing = 1,
                                .given = 2,
                                .ending = 4,
                                .memory_kb = 12288,
                                .shapes = 2};
}

struct guests_counts guests_counts(const struct guests *guests)
{
    (void)guests;
    return (struct guests_counts){
        .attached = 9, .readers = 1, .dead = 5, .bytes = 777};
}

size_t server_clients(const struct server *server)
{
    (void)server;
    return 6;
}

size_t workers_count(const struct workers *workers, enum job_priority priority)
{
    (void)workers;
    return priority == JOB_REFILL;
}

int peer_group(const char *name, gid_t *gid_out)
{
    if (strcmp(name, "vms") != 0)
        return -ENOENT;
    *gid_out = getgid();
    return 0;
}

/* --- what the tests share ----------------------------------------------------
 */

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    memset(&conf, 0, sizeof(conf));
    (void)snprintf(dir, sizeof(dir), "/tmp/metrics.XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(address, sizeof(address), "unix:%s/socket", dir);
    conf.metrics = address;
    d.conf = &conf;
    d.started_ns = now_ns();
    d.base = event_base_new();
    assert_non_null(d.base);
    assert_int_equal(metrics_create(&d, &d.metrics), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    metrics_destroy(d.metrics);
    event_base_free(d.base);
    /* The socket is gone. */
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static int visit(void)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    (void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", address + 5);
    assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
    return fd;
}

static void say(int fd, const char *words)
{
    assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL),
                     strlen(words));
}

/* All that comes until the other side closes. */
static void hear(int fd)
{
    size_t used = 0;
    ssize_t r;

    for (;;) {
        (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
        r = read(fd, text + used, sizeof(text) - 1 - used);
        if (r == 0 || (r < 0 && errno != EAGAIN))
            break;
        used += r > 0 ? (size_t)r : 0;
    }
    text[used] = '\0';
    close(fd);
}

static void ask(const char *request)
{
    int fd = visit();

    say(fd, request);
    hear(fd);
}

static void assert_begins(const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0)
        fail_msg("%.60s does not begin with %s", text, begin);
}

/* Fetch, and leave the body in `text`. */
static void fetch(void)
{
    char *body;

    ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_begins("HTTP/1.1 200 OK\r\n");
    body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    memmove(text, body + 4, strlen(body + 4) + 1);
}

#endif /* TESTS_UNIT_METRICS_KIT_H */
