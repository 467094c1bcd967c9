/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ping.c: when does an address answer for the first time? See ping.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ping.h"
#include "sample.h"

#define IDENTITY 0x6e78
#define INTERVAL_US 500u
/* Who takes long to answer is asked more seldom: asking takes time, too. */
#define SELDOM 1000
#define PATIENCE_US 60e6

struct in_addr address_of(const char *text)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        die(text, "not an IPv4 address");
    return address;
}

struct sockaddr_in endpoint(struct in_addr address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
}

void pinger_open(struct pinger *p)
{
    struct sockaddr_nl links = {.nl_family = AF_NETLINK,
                                .nl_groups = RTMGRP_LINK};

    *p = (struct pinger){0};
    p->icmp = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
    p->links = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (p->icmp < 0 || p->links < 0 ||
        bind(p->links, (struct sockaddr *)&links, sizeof(links)) < 0)
        die("ping", strerror(errno));
}

void pinger_close(struct pinger *p)
{
    close(p->icmp);
    close(p->links);
}

static uint16_t checksum(const void *data, size_t size)
{
    const uint16_t *words = data;
    uint32_t sum = 0;

    for (; size >= 2; size -= 2)
        sum += *words++;
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

/* While the interface is not up there are errors, which will pass. */
static void send_ping(struct pinger *p, struct in_addr to)
{
    struct sockaddr_in dest = endpoint(to, 0);
    struct icmphdr icmp = {.type = ICMP_ECHO};
    ssize_t r;

    icmp.un.echo.id = htons(IDENTITY);
    icmp.un.echo.sequence = htons(++p->sequence);
    icmp.checksum = checksum(&icmp, sizeof(icmp));
    r = sendto(p->icmp, &icmp, sizeof(icmp), 0, (struct sockaddr *)&dest,
               sizeof(dest));
    (void)r;
}

static bool answered(const struct pinger *p, struct in_addr from)
{
    unsigned char packet[512];
    struct sockaddr_in sender;
    socklen_t length = sizeof(sender);
    struct icmphdr icmp;
    ssize_t n;

    while ((n = recvfrom(p->icmp, packet, sizeof(packet), 0,
                         (struct sockaddr *)&sender, &length)) > 0) {
        size_t header = (size_t)(packet[0] & 15) * 4;

        if ((size_t)n < header + sizeof(icmp))
            continue;
        memcpy(&icmp, packet + header, sizeof(icmp));
        if (icmp.type == ICMP_ECHOREPLY && icmp.un.echo.id == htons(IDENTITY) &&
            sender.sin_addr.s_addr == from.s_addr)
            return true;
    }
    return false;
}

static void wait_events(const struct pinger *p, unsigned timeout_us)
{
    struct pollfd fds[] = {{.fd = p->links, .events = POLLIN},
                           {.fd = p->icmp, .events = POLLIN}};
    struct timespec timeout = {.tv_nsec = (long)timeout_us * 1000L};
    char news[8192];

    (void)ppoll(fds, 2, &timeout, NULL);
    while (recv(p->links, news, sizeof(news), 0) > 0)
        ;
}

void pinger_wait_link(const struct pinger *p, unsigned timeout_us)
{
    wait_events(p, timeout_us);
}

int pinger_try_answer(struct pinger *p, struct in_addr to)
{
    double start = now_us(), waited = 0;

    do {
        if (waited > PATIENCE_US)
            return -ETIMEDOUT;
        send_ping(p, to);
        wait_events(p, INTERVAL_US + (unsigned)(waited / SELDOM));
        waited = now_us() - start;
    } while (!answered(p, to));
    return 0;
}

void pinger_wait_answer(struct pinger *p, struct in_addr to)
{
    if (pinger_try_answer(p, to) < 0)
        die("ping", "nobody answers");
}
