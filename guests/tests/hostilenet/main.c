/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostilenet: a front end of a vif that breaks the rules. case=NAME on the
 * command line says how; it exits with 0 if the back end did what it should,
 * which is to answer what can be refused by itself, and to cut off (BROKEN) who
 * cannot be understood. That the host shows no harm is for dom0 to see.
 *
 *   grants    pages that were never granted, or to another domain: answered
 *   readonly  buffers to receive into that may only be read: it carries on
 *   norx      connected, but takes no packets for five seconds: it carries on
 *   revoke    ends its grants while they are used: it carries on
 *   txindex   one request more than the tx ring holds (index is rx's): cut off
 *
 * slots.c and common.c have the others.
 */
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include "net.h"

#define BUFFERS 64

static void case_grants(void)
{
    static const uint32_t refs[] = {0, 7, 100, 511, 512, 0xffffff, UINT32_MAX};
    struct netif_tx_request req = net_proper();
    uint32_t other;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(refs); i++) {
        req.gref = refs[i];
        net_put(req);
    }
    /* Granted, but to somebody else. */
    if (grant_access(kit_dev.backend + 1000, net_packet, true, &other))
        guest_panic("no grants");
    req.gref = other;
    net_put(req);
    net_push();
    report_check(net_answered(), "bad grants are not answered");
    report_check(net_count(NETIF_RSP_ERROR) == i + 1,
                 "a bad grant is not an error");
    kit_carries_on();
}

static void case_readonly(void)
{
    const struct netif_rx_sring *rx = kit_dev.ring[NET_RX];
    const void *page = kit_page();
    uint32_t i, answers;

    for (i = 0; i < BUFFERS; i++)
        net_post(i % 2 ? 0xfffff0 + i : kit_grant(page, true));
    time_sleep(5000 * MS);
    answers = READ_ONCE(rx->rsp_prod);
    report_check(answers > 0, "there was no packet for it");
    for (i = 0; i < answers && i < BUFFERS; i++)
        report_check(rx->ring[i].rsp.status < 0, "a packet came nowhere");
    kit_carries_on();
}

static void case_norx(void)
{
    time_sleep(5000 * MS);
    kit_carries_on();
}

static void case_revoke(void)
{
    uint64_t end = time_now() + 3000 * MS;
    uint32_t refs[BUFFERS], i;
    unsigned int rounds;
    void *pages[BUFFERS];

    for (i = 0; i < BUFFERS; i++)
        pages[i] = kit_page();
    for (rounds = 0; time_now() < end; rounds++) {
        for (i = 0; i < BUFFERS; i++) {
            struct netif_tx_request req = net_proper();

            req.gref = refs[i] = kit_grant(pages[i], false);
            memcpy(pages[i], net_packet, PACKET);
            if (i % 2)
                net_put(req);
            else if (rounds < 4)
                net_post(refs[i]);
        }
        net_push();
        for (i = 0; i < BUFFERS; i++)
            while (grant_end(refs[i]))
                ;
        if (!net_answered())
            break;
    }
    printf("%u rounds\n", rounds);
    kit_carries_on();
}

static void case_tx_index(void)
{
    kit_push(NET_TX, NET_RING + 1);
    kit_cut_off();
}

static const struct kit_case cases[] = {
    {"grants", case_grants, false},    {"readonly", case_readonly, false},
    {"norx", case_norx, false},        {"revoke", case_revoke, false},
    {"txindex", case_tx_index, false}, {NULL, NULL, false},
};

int guest_main(const char *cmdline)
{
    static const struct kit_case *const tables[] = {cases, net_slots,
                                                    kit_common, NULL};

    kit_run(tables, cmdline);
}
