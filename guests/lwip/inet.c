/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inet.c: lwIP on the net front end: the interface, its address, and the loop.
 */
#include <guest/bus.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/inet.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/net.h>
#include <guest/noxs.h>
#include <guest/time.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>

#include "port.h"

#define NS_PER_MS 1000000ul
/* Bridges learn late: their port may not have been open at the first one. */
#define ANNOUNCE_AGAIN_MS 1000
/* TCP and UDP in software, unless the back end vouches for a frame. */
#define CHECK_ALL NETIF_CHECKSUM_ENABLE_ALL
#define CHECK_LESS                                                             \
    (CHECK_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP))

void *inet_heap;

static struct {
    struct net_device dev;
    struct netif netif;
    char name[NOXS_NAME_SIZE];
    volatile bool changed; /* the list of devices */
    bool look;             /* for ours among them, once there is none */
    bool opened;           /* what netif knows is of the device that is open */
    bool was_up;
    uint32_t announce; /* when to, if announcing */
    bool announcing;
    void (*on_up)(void);
} inet;

uint32_t inet_ms(void)
{
    return (uint32_t)(time_now() / NS_PER_MS);
}

uint32_t sys_now(void)
{
    return inet_ms();
}

/* --- frames --------------------------------------------------------------- */

/* lwIP makes headers in one piece. */
static bool is_arp_request(const struct pbuf *p)
{
    const struct eth_hdr *eth = p->payload;
    const struct etharp_hdr *arp = (const void *)(eth + 1);

    return p->len >= sizeof(*eth) + sizeof(*arp) &&
           eth->type == PP_HTONS(ETHTYPE_ARP) &&
           arp->opcode == PP_HTONS(ARP_REQUEST);
}

static err_t output(struct netif *netif, struct pbuf *p)
{
    struct net_frag frags[NET_FRAGS_MAX];
    unsigned int n = 0;

    (void)netif;
    if (is_arp_request(p))
        timers_arp_asked();
    for (; p; p = p->next) {
        if (!p->len)
            continue;
        if (n == NET_FRAGS_MAX)
            return ERR_BUF;
        frags[n].data = p->payload;
        frags[n++].len = p->len;
    }
    switch (net_send(&inet.dev, frags, n)) {
    case 0:
        return ERR_OK;
    case -ENOSPC:
        return ERR_MEM;
    default:
        return ERR_IF;
    }
}

/* When memory is short a frame is lost, as on any wire. */
static void receive(struct net_device *dev, const struct net_frag *frags,
                    unsigned int n, unsigned int flags)
{
    struct pbuf *p;
    size_t len = 0;
    unsigned int i;

    for (i = 0; i < n; i++)
        len += frags[i].len;
    p = len > UINT16_MAX ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
    if (!p) {
        dev->rx_dropped++;
        return;
    }
    for (i = 0, len = 0; i < n; len += frags[i++].len)
        memcpy((char *)p->payload + len, frags[i].data, frags[i].len);
    inet.netif.chksum_flags = flags & NET_F_CHECKED ? CHECK_LESS : CHECK_ALL;
    if (inet.netif.input(p, &inet.netif))
        pbuf_free(p);
    inet.netif.chksum_flags = CHECK_ALL;
}

/* --- the interface -------------------------------------------------------- */

static err_t netif_setup(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 't';
    netif->output = etharp_output;
    netif->linkoutput = output;
    netif->mtu = NOXS_NET_MTU_DEFAULT;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->chksum_flags = CHECK_ALL;
    netif_set_hostname(netif, inet.name[0] ? inet.name : NULL);
    return ERR_OK;
}

static uint32_t mask_of(unsigned int prefix)
{
    return prefix ? lwip_htonl(UINT32_MAX << (32 - prefix)) : 0;
}

/* The device's own address, or one to be asked for. */
static void take_address(const struct noxs_net_address *a)
{
    ip4_addr_t address, mask, gateway = {0};

    if (a->family != NOXS_NET_IPV4 || a->prefix > 32) {
        dhcp_start(&inet.netif);
        return;
    }
    memcpy(&address, a->address, sizeof(address));
    ip4_addr_set_u32(&mask, mask_of(a->prefix));
    if (a->has_gateway)
        memcpy(&gateway, a->gateway, sizeof(gateway));
    netif_set_addr(&inet.netif, &address, &mask, &gateway);
}

/* What was known of another device is forgotten. */
static void device_lost(void)
{
    inet.opened = false;
    inet.was_up = false;
    inet.announcing = false;
    netif_set_link_down(&inet.netif);
    dhcp_release_and_stop(&inet.netif);
    netif_set_addr(&inet.netif, NULL, NULL, NULL);
}

static void device_found(void)
{
    struct net_device *dev = &inet.dev;

    inet.opened = true;
    memcpy(inet.netif.hwaddr, dev->mac, ETH_HWADDR_LEN);
    inet.netif.mtu = dev->mtu;
    netif_set_link_up(&inet.netif);
    take_address(&dev->address);
}

/*
 * Devices come and go; the first one is ours. What came while it was up is
 * looked at when it is lost.
 */
static void follow_device(void)
{
    if (inet.changed)
        inet.look = true;
    inet.changed = false;
    if (inet.opened && !inet.dev.up)
        device_lost();
    if (inet.look && !inet.dev.up) {
        inet.look = false;
        if (!net_open(&inet.dev, 0))
            device_found();
    }
}

static void devices_changed(void)
{
    inet.changed = true;
}

bool inet_is_up(void)
{
    return inet.dev.up && !ip4_addr_isany_val(*netif_ip4_addr(&inet.netif));
}

void inet_on_up(void (*fn)(void))
{
    inet.on_up = fn;
}

/* lwIP announces a new address at once; do it again a little later. */
static void follow_address(void)
{
    bool up = inet_is_up();

    if (up && !inet.was_up) {
        inet.announcing = true;
        inet.announce = inet_ms() + ANNOUNCE_AGAIN_MS;
        net_flush(&inet.dev);
        if (inet.on_up)
            inet.on_up();
    }
    inet.was_up = up;
    if (inet.announcing && (int32_t)(inet_ms() - inet.announce) >= 0) {
        inet.announcing = false;
        if (up)
            etharp_gratuitous(&inet.netif);
    }
}

int inet_start(void)
{
    inet_heap = page_alloc(MEM_SIZE / PAGE_SIZE + 1);
    if (!inet_heap)
        return -ENOMEM;
    guest_name(inet.name, sizeof(inet.name));
    random_init();
    lwip_init();
    netif_add(&inet.netif, NULL, NULL, NULL, NULL, netif_setup, ethernet_input);
    netif_set_default(&inet.netif);
    netif_set_up(&inet.netif);
    bus_on_change(BUS_NET, devices_changed);
    inet.changed = true;
    follow_device();
    return 0;
}

/* --- the loop ------------------------------------------------------------- */

static void wake(struct timer *t)
{
    (void)t;
}

/* Until an event, but not longer than the next thing to do is away. */
static void sleep(void)
{
    static struct timer alarm = {.fn = wake};
    uint32_t ms = timers_next();
    int32_t left = (int32_t)(inet.announce - inet_ms());

    if (inet.announcing && left < (int64_t)ms)
        ms = left > 0 ? (uint32_t)left : 0;
    if (!ms)
        return;
    if (ms != TIMERS_NONE)
        timer_arm(&alarm, time_now() + ms * NS_PER_MS);
    events_disable();
    if (inet.dev.event || inet.changed)
        events_enable();
    else
        event_block();
    timer_cancel(&alarm);
}

void inet_loop(const bool *done)
{
    bool more;

    while (!done || !*done) {
        more = net_poll(&inet.dev, receive);
        if (inet.dev.tx_full && inet.dev.up) {
            inet.dev.tx_full = false;
            tcp_txnow();
        }
        follow_device();
        timers_run();
        follow_address();
        net_flush(&inet.dev);
        if (!more)
            sleep();
    }
}
