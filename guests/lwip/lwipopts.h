/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwipopts.h: lwIP as guests have it: IPv4 over Ethernet with ICMP, UDP, TCP
 * and DHCP, by its raw API, called from one loop (inet.c), never from events.
 *
 * Sizes are for a guest of 3.6 MB. What a connection needs for itself comes out
 * of pools, so that a flood of them finds an end, and packets come out of a
 * heap that inet.c takes from the page allocator, so that images stay small.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1
#define LWIP_RAW 0

/* Timers are timers.c's: a guest at rest sleeps. */
#define LWIP_TIMERS 1
#define LWIP_TIMERS_CUSTOM 1

#define MEM_ALIGNMENT 8
#define MEM_SIZE (1024 * 1024)
#define LWIP_RAM_HEAP_POINTER inet_heap
extern void *inet_heap;
/* Packets that come in are copied into the heap, too. */
#define PBUF_POOL_SIZE 0
#define MEMP_NUM_PBUF 64
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_TCP_PCB 96
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_TCP_SEG 768
#define MEMP_NUM_ARP_QUEUE 16
#define MEMP_NUM_REASSDATA 4
#define IP_REASS_MAX_PBUFS 48

#define ARP_TABLE_SIZE 64
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_LINK_CALLBACK 0
#define LWIP_NETIF_STATUS_CALLBACK 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_SINGLE_NETIF 1
#define LWIP_DHCP 1
#define LWIP_AUTOIP 0
#define LWIP_IGMP 0
#define LWIP_DNS 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define IP_FORWARD 0
/* An echo to everybody is nobody's business. */
#define LWIP_MULTICAST_PING 0
#define LWIP_BROADCAST_PING 0

#define LWIP_TCP 1
#define TCP_MSS 1460
#define TCP_WND (32 * TCP_MSS)
#define TCP_SND_BUF (32 * TCP_MSS)
#define TCP_SND_QUEUELEN 128
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 32
/* TIME_WAIT lasts twice as long: half a minute. */
#define TCP_MSL 15000UL
/* Sequence numbers nobody can guess, and random ones for the rest. */
#define LWIP_HOOK_FILENAME "hooks.h"
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port)        \
    inet_isn(local_ip, local_port, remote_ip, remote_port)

#endif /* LWIPOPTS_H */
