/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slots.c: packets whose slots do not fit together. What cannot be parsed is
 * cut off, for nobody knows where the next packet would begin.
 */
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include "net.h"

/* A packet in n slots of 100 bytes. */
static void put_chain(unsigned int n)
{
    struct netif_tx_request req = net_proper();
    unsigned int i;

    for (i = 0; i < n; i++) {
        req.size = (uint16_t)(i ? 100 : 100 * n);
        req.flags = i + 1 < n ? NETTXF_more_data : 0;
        net_put(req);
    }
}

static void case_slots(void)
{
    put_chain(60);
    net_push();
    kit_cut_off();
}

/* More bytes in the slots than the packet says that it has. */
static void case_sizes(void)
{
    struct netif_tx_request req = net_proper();

    req.flags = NETTXF_more_data;
    req.size = 200;
    net_put(req);
    req.flags = 0;
    req.size = 3000;
    net_put(req);
    net_push();
    kit_cut_off();
}

static void case_cross(void)
{
    struct netif_tx_request req = net_proper();

    req.offset = PAGE_SIZE - 10;
    net_put(req);
    net_push();
    kit_cut_off();
}

/* 65,535 bytes, far beyond the MTU, in 16 slots, without GSO. */
static void case_oversize(void)
{
    struct netif_tx_request req = net_proper();
    unsigned int i;

    for (i = 0; i < 16; i++) {
        req.size = i ? PAGE_SIZE : 65535;
        if (i == 15)
            req.size = PAGE_SIZE - 1;
        req.flags = i < 15 ? NETTXF_more_data : 0;
        net_put(req);
    }
    net_push();
    report_check(net_answered(), "an oversize packet is not answered");
    kit_carries_on();
}

/* Less than an Ethernet header, or nothing at all. */
static void case_runt(void)
{
    struct netif_tx_request req = net_proper();

    for (req.size = 0; req.size < 14; req.size++)
        net_put(req);
    net_push();
    report_check(net_answered(), "runts are not answered");
    report_check(net_count(NETIF_RSP_OKAY) == 0, "a runt is taken for good");
    kit_carries_on();
}

/* The last slot says that more follow, and none do. */
static void case_unfinished(void)
{
    struct netif_tx_request req = net_proper();

    req.flags = NETTXF_more_data;
    req.size = 1000;
    net_put(req);
    net_push();
    kit_cut_off();
}

static void put_with_extra(struct netif_extra_info extra)
{
    struct netif_tx_request req = net_proper();

    req.flags = NETTXF_extra_info | NETTXF_csum_blank | NETTXF_data_validated;
    net_put(req);
    net_put_extra(extra);
    net_push();
}

static void case_extra(void)
{
    put_with_extra((struct netif_extra_info){.type = 0x77});
    kit_cut_off();
}

static void case_noextra(void)
{
    struct netif_tx_request req = net_proper();

    req.flags = NETTXF_extra_info;
    net_put(req);
    net_push();
    kit_cut_off();
}

static void case_endless(void)
{
    struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO,
                                     .flags = XEN_NETIF_EXTRA_FLAG_MORE};
    struct netif_tx_request req = net_proper();
    unsigned int i;

    req.flags = NETTXF_extra_info;
    net_put(req);
    for (i = 1; i < NET_RING; i++)
        net_put_extra(extra);
    net_push();
    kit_cut_off();
}

static void gso(uint16_t size, uint8_t type)
{
    put_with_extra((struct netif_extra_info){
        .type = XEN_NETIF_EXTRA_TYPE_GSO,
        .u.gso = {.size = size, .type = type},
    });
}

static void case_gso_type(void)
{
    gso(1000, 99);
    kit_cut_off();
}

static void case_gso_size(void)
{
    gso(0, XEN_NETIF_GSO_TYPE_TCPV4);
    kit_cut_off();
}

/* GSO and blank checksums of what is no TCP at all, or is cut short. */
static void case_headers(void)
{
    unsigned int i, at;

    for (i = 0; i < 60; i++) {
        for (at = 12; at < PACKET; at++)
            net_packet[at] = (uint8_t)kit_random();
        net_packet[12] = i % 2 ? 0x86 : 0x08;
        net_packet[13] = i % 2 ? 0xdd : 0x00;
        net_packet[14] = (uint8_t)(i % 2 ? 0x60 : 0x40 + i % 16);
        net_packet[23] = net_packet[20] = 6;
        gso((uint16_t)(8 + i * 40), 1 + i % 2);
    }
    report_check(net_answered() || bus_state(&kit_dev) == BUS_BROKEN,
                 "odd headers are not answered");
}

const struct kit_case net_slots[] = {
    {"slots", case_slots, false},      {"sizes", case_sizes, false},
    {"cross", case_cross, false},      {"oversize", case_oversize, false},
    {"runt", case_runt, false},        {"unfinished", case_unfinished, false},
    {"extra", case_extra, false},      {"noextra", case_noextra, false},
    {"endless", case_endless, false},  {"gsotype", case_gso_type, false},
    {"gsosize", case_gso_size, false}, {"headers", case_headers, false},
};
const size_t net_slots_count = ARRAY_SIZE(net_slots);
