/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ping.h: when does an address answer for the first time?
 */
#ifndef BENCH_PING_H
#define BENCH_PING_H

#include <netinet/in.h>
#include <stdint.h>

/*
 * Two sockets: ICMP, and news of interfaces, since a ping sent before a carrier
 * is there is lost.
 */
struct pinger {
    int icmp;
    int links;
    uint16_t sequence;
};

void pinger_open(struct pinger *p);
void pinger_close(struct pinger *p);

/* Wait for news of an interface, but no longer than that. */
void pinger_wait_link(const struct pinger *p, unsigned timeout_us);

/*
 * Ping `to` whenever an interface changes, and every half a millisecond, more
 * seldom as time goes by, until it answers. -ETIMEDOUT after a minute.
 */
int pinger_try_answer(struct pinger *p, struct in_addr to);
/* The same; ends the program after a minute. */
void pinger_wait_answer(struct pinger *p, struct in_addr to);

struct in_addr address_of(const char *text);
struct sockaddr_in endpoint(struct in_addr address, uint16_t port);

#endif /* BENCH_PING_H */
