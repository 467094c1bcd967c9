/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drive.c: dom0's side of bench-net and bench-block: has Linux guests that run
 * bench-peer send, receive, read and write, and prints samples
 * (bench/report.awk).
 *
 *   bench-drive net|block ROUNDS MIB TURNS NAME=ADDRESS...
 *
 * A round does everything once with each guest by turns, so that a drift of the
 * host meets all alike; the first round is not counted. Throughput is a time
 * for MIB; a round trip and a random read the mean of TURNS.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"
#include "ping.h"
#include "sample.h"
#include "stream.h"

#define GUESTS_MAX 4
#define BLOCK (1u << 20)
#define BOOT_TRIES 300u
#define BOOT_POLL_US 100000u

struct guest {
    const char *name; /* borrowed from argv */
    int fd;
};

struct drive {
    uint64_t bytes;
    uint32_t turns;
    struct guest guests[GUESTS_MAX];
    unsigned count;
};

/* The guest may still be booting: ask often rather than long. */
static int connect_guest(const char *name, struct in_addr address)
{
    struct sockaddr_in to = endpoint(address, PEER_PORT);
    unsigned tries;

    for (tries = 0; tries < BOOT_TRIES; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), once = 1;

        if (fd < 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof(once)) < 0)
            die("socket", strerror(errno));
        if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
            no_delay(fd);
            return fd;
        }
        close(fd);
        pause_us(BOOT_POLL_US);
    }
    die(name, "does not answer");
}

static void add_guest(struct drive *d, char *arg)
{
    char *address = strchr(arg, '=');

    if (!address || d->count == GUESTS_MAX)
        die(arg, "expected up to 4 of NAME=ADDRESS");
    *address++ = '\0';
    d->guests[d->count].name = arg;
    d->guests[d->count].fd = connect_guest(arg, address_of(address));
    d->count++;
    fprintf(stderr, "%s is up\n", arg);
}

static void request(const struct guest *g, uint32_t op, uint32_t count,
                    uint64_t bytes)
{
    struct peer_request r = {.op = op, .count = count, .bytes = bytes};

    send_all(g->fd, &r, sizeof(r));
}

static struct peer_answer answer(const struct guest *g)
{
    struct peer_answer a;

    receive_all(g->fd, &a, sizeof(a));
    return a;
}

static void guest_sample(const char *what, const struct guest *g, double us)
{
    char series[64];

    (void)snprintf(series, sizeof(series), "%s_%s", what, g->name);
    sample(series, us);
}

static void echo(const struct guest *g, uint32_t turns)
{
    char byte = 0;

    for (uint32_t i = 0; i < turns; i++) {
        send_all(g->fd, &byte, 1);
        receive_all(g->fd, &byte, 1);
    }
}

static void net_round(const struct drive *d, const struct guest *g)
{
    double start = now_us();

    request(g, PEER_SOURCE, 0, d->bytes);
    receive_bytes(g->fd, d->bytes);
    (void)answer(g);
    guest_sample("tx", g, now_us() - start);

    start = now_us();
    request(g, PEER_SINK, 0, d->bytes);
    send_bytes(g->fd, d->bytes);
    (void)answer(g);
    guest_sample("rx", g, now_us() - start);

    request(g, PEER_ECHO, d->turns, 0);
    start = now_us();
    echo(g, d->turns);
    guest_sample("rtt", g, (now_us() - start) / d->turns);
    (void)answer(g);
}

static void disk(const char *what, const struct guest *g, uint32_t op,
                 uint32_t count, uint64_t bytes, uint32_t divisor)
{
    struct peer_answer a;

    request(g, op, count, bytes);
    a = answer(g);
    if (a.result)
        die(what, strerror((int)-a.result));
    guest_sample(what, g, (double)a.ns / 1e3 / divisor);
}

static void block_round(const struct drive *d, const struct guest *g)
{
    disk("write", g, PEER_WRITE, BLOCK, d->bytes, 1);
    disk("read", g, PEER_READ, BLOCK, d->bytes, 1);
    disk("random", g, PEER_RANDOM, d->turns, d->bytes, d->turns);
}

/* What the guest measured before it answered. */
static void connect_sample(const struct guest *g)
{
    request(g, PEER_CONNECT, 0, 0);
    guest_sample("connect", g, (double)answer(g).ns / 1e3);
}

static void run(const struct drive *d, unsigned rounds,
                void (*round)(const struct drive *, const struct guest *))
{
    for (unsigned i = 0; i <= rounds; i++) {
        sample_mute(i == 0);
        for (unsigned k = 0; k < d->count; k++)
            round(d, &d->guests[k]);
        progress("round", i, rounds);
    }
    for (unsigned k = 0; k < d->count; k++)
        connect_sample(&d->guests[k]);
}

static void state_bytes(const struct drive *d, const char *what)
{
    for (unsigned k = 0; k < d->count; k++)
        printf("bytes %s_%s %llu\n", what, d->guests[k].name,
               (unsigned long long)d->bytes);
}

int main(int argc, char **argv)
{
    struct drive d = {0};
    unsigned rounds;

    sample_init("bench-drive");
    if (argc < 6)
        die("usage", "net|block ROUNDS MIB TURNS NAME=ADDRESS...");
    rounds = (unsigned)number(argv[2]);
    d.bytes = (uint64_t)number(argv[3]) << 20;
    d.turns = (uint32_t)number(argv[4]);
    for (int i = 5; i < argc; i++)
        add_guest(&d, argv[i]);
    if (strcmp(argv[1], "net") == 0) {
        run(&d, rounds, net_round);
        state_bytes(&d, "tx");
        state_bytes(&d, "rx");
    } else {
        run(&d, rounds, block_round);
        state_bytes(&d, "write");
        state_bytes(&d, "read");
    }
    return 0;
}
