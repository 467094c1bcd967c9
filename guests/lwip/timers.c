/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timers.c: lwIP's periodic functions, called only while they have something to
 * do, so that a guest at rest is not woken twice a second as with lwIP's own
 * timers; hosts of thousands of guests notice.
 */
#include <guest/inet.h>
#include <guest/lib.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ip4_frag.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>

#include "port.h"

/* How long an ARP entry can be one that is still asked for, and some. */
#define ARP_BUSY_MS 6000

static uint32_t asked; /* when an ARP request was last sent */

static bool tcp_needs(void)
{
    return tcp_active_pcbs || tcp_tw_pcbs;
}

static const struct dhcp *dhcp(void)
{
    return netif_default ? netif_dhcp_data(netif_default) : NULL;
}

static bool dhcp_waits(void)
{
    return dhcp() && dhcp()->request_timeout;
}

static bool dhcp_leases(void)
{
    return dhcp() != NULL;
}

static bool arp_asks(void)
{
    return inet_ms() - asked < ARP_BUSY_MS;
}

static bool never(void)
{
    return false;
}

/*
 * A lazy one only makes things grow old: what it missed is made up for when
 * there is another reason to wake, `most` times at most. The others are called
 * once for what they missed, and their time begins when they are needed.
 */
static struct periodic {
    void (*fn)(void);
    bool (*needed)(void);
    uint32_t interval;
    uint32_t most; /* 0: not lazy */
    uint32_t last;
    bool running;
} periodics[] = {
    {.fn = tcp_tmr, .needed = tcp_needs, .interval = TCP_TMR_INTERVAL},
    {.fn = etharp_tmr,
     .needed = arp_asks,
     .interval = ARP_TMR_INTERVAL,
     .most = 300}, /* etharp.c's ARP_MAXAGE */
    {.fn = ip_reass_tmr,
     .needed = never,
     .interval = IP_TMR_INTERVAL,
     .most = IP_REASS_MAXAGE + 1},
    {.fn = dhcp_fine_tmr,
     .needed = dhcp_waits,
     .interval = DHCP_FINE_TIMER_MSECS},
    {.fn = dhcp_coarse_tmr,
     .needed = dhcp_leases,
     .interval = DHCP_COARSE_TIMER_MSECS},
};

/* lwIP says so when a connection begins; the loop will see it. */
void tcp_timer_needed(void)
{
}

void sys_timeouts_init(void)
{
    unsigned int i;

    asked = inet_ms();
    for (i = 0; i < ARRAY_SIZE(periodics); i++)
        periodics[i].last = asked;
}

void timers_arp_asked(void)
{
    asked = inet_ms();
}

static void run(struct periodic *p, uint32_t now)
{
    uint32_t n = (now - p->last) / p->interval;

    if (!p->most && !p->needed()) {
        p->running = false;
        return;
    }
    if (!p->most && !p->running) {
        p->running = true;
        p->last = now;
        return;
    }
    p->last += n * p->interval;
    if (n > (p->most ? p->most : 1))
        n = p->most ? p->most : 1;
    while (n--)
        p->fn();
}

void timers_run(void)
{
    uint32_t now = inet_ms();
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(periodics); i++)
        run(&periodics[i], now);
}

uint32_t timers_next(void)
{
    uint32_t now = inet_ms(), next = TIMERS_NONE, left, passed;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(periodics); i++) {
        if (!periodics[i].needed())
            continue;
        passed = now - periodics[i].last;
        left =
            passed < periodics[i].interval ? periodics[i].interval - passed : 0;
        if (!periodics[i].most && !periodics[i].running)
            left = 0;
        if (left < next)
            next = left;
    }
    return next;
}
