/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer.c: the Linux guest's side of bench-net and bench-block.
 *
 *   bench-peer ADDRESS GATEWAY GATEWAY-MAC DISK MODULE...
 *
 * Loads the front ends and serves what peer.h lists. It measures how long it
 * takes from loading them until something answers: a first ping of the gateway
 * or, where DISK is yes, a first read. The gateway's MAC address is told,
 * because a question for it that is lost costs a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "peer.h"
#include "peer_disk.h"
#include "ping.h"
#include "sample.h"
#include "stream.h"

#define INTERFACE "eth0"
#define LINK_POLL_US 200u

struct peer {
    struct in_addr address;
    struct in_addr gateway;
    struct sockaddr gateway_mac;
    char **modules;
    double connect_us;
};

static struct sockaddr mac_of(const char *text)
{
    struct sockaddr mac = {.sa_family = ARPHRD_ETHER};
    unsigned char *b = (unsigned char *)mac.sa_data;

    if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &b[0], &b[1], &b[2],
               &b[3], &b[4], &b[5]) != 6)
        die(text, "not a MAC address");
    return mac;
}

static void set_address(struct ifreq *ifr, struct in_addr address)
{
    struct sockaddr_in in = endpoint(address, 0);

    memcpy(&ifr->ifr_addr, &in, sizeof(in));
}

/* The interface with its address, once there is one. */
static bool interface_up(const struct peer *p, int fd)
{
    struct ifreq ifr = {.ifr_name = INTERFACE};
    struct arpreq arp = {.arp_ha = p->gateway_mac,
                         .arp_flags = ATF_COM | ATF_PERM};
    struct sockaddr_in gateway = endpoint(p->gateway, 0);

    set_address(&ifr, p->address);
    if (ioctl(fd, SIOCSIFADDR, &ifr) < 0)
        return false;
    set_address(&ifr, address_of("255.255.255.0"));
    if (ioctl(fd, SIOCSIFNETMASK, &ifr) < 0)
        return false;
    ifr.ifr_flags = IFF_UP | IFF_RUNNING;
    memcpy(&arp.arp_pa, &gateway, sizeof(gateway));
    return ioctl(fd, SIOCSIFFLAGS, &ifr) == 0 && ioctl(fd, SIOCSARP, &arp) == 0;
}

static void load_modules(char **modules)
{
    for (char **m = modules; *m; m++) {
        int fd = open(*m, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
            die(*m, strerror(errno));
        close(fd);
    }
}

/* From no driver to an answer. */
static double connect_devices(const struct peer *p, bool disk)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct pinger pinger;
    double start, us;

    if (fd < 0)
        die("socket", strerror(errno));
    pinger_open(&pinger);
    start = now_us();
    load_modules(p->modules);
    if (disk)
        disk_wait();
    us = now_us() - start;
    while (!interface_up(p, fd))
        pinger_wait_link(&pinger, LINK_POLL_US);
    pinger_wait_answer(&pinger, p->gateway);
    if (!disk)
        us = now_us() - start;
    pinger_close(&pinger);
    close(fd);
    return us;
}

static void echo(int fd, uint32_t count)
{
    char byte;

    for (uint32_t i = 0; i < count; i++) {
        receive_all(fd, &byte, 1);
        send_all(fd, &byte, 1);
    }
}

static void __attribute__((noreturn)) serve(const struct peer *p, int fd)
{
    struct peer_request request;

    no_delay(fd);
    for (;;) {
        struct peer_answer answer = {0};

        receive_all(fd, &request, sizeof(request));
        switch (request.op) {
        case PEER_SINK:
            receive_bytes(fd, request.bytes);
            break;
        case PEER_SOURCE:
            send_bytes(fd, request.bytes);
            break;
        case PEER_ECHO:
            echo(fd, request.count);
            break;
        case PEER_CONNECT:
            answer.ns = (uint64_t)(p->connect_us * 1e3);
            break;
        default:
            answer = disk_work(&request);
            break;
        }
        send_all(fd, &answer, sizeof(answer));
    }
}

/* A process for each connection: what goes wrong in one ends only that. */
static void __attribute__((noreturn)) serve_all(const struct peer *p)
{
    struct sockaddr_in local = endpoint(p->address, PEER_PORT);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 ||
        bind(listener, (struct sockaddr *)&local, sizeof(local)) < 0 ||
        listen(listener, 1) < 0)
        die("listen", strerror(errno));
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            die("accept", strerror(errno));
        if (fork() == 0)
            serve(p, fd);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    struct peer p = {0};

    sample_init("bench-peer");
    if (argc < 6)
        die("usage", "ADDRESS GATEWAY GATEWAY-MAC DISK MODULE...");
    p.address = address_of(argv[1]);
    p.gateway = address_of(argv[2]);
    p.gateway_mac = mac_of(argv[3]);
    p.modules = argv + 5;
    p.connect_us = connect_devices(&p, strcmp(argv[4], "yes") == 0);
    serve_all(&p);
}
