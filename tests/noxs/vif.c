/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif.c: VIF_CREATE: what it makes, and each way to ask for nonsense.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <net/if.h>

#include "test.h"

/* The domain, and a port of it, that is used again and again. */
static uint16_t domid;
static uint32_t port;

static struct noxs_ioctl_vif proper(void)
{
    return call_vif(domid, 5, port);
}

static int create(struct noxs_ioctl_vif vif)
{
    return call(NOXS_IOCTL_VIF_CREATE, &vif);
}

/* A copy with one thing changed must be refused with just that error. */
#define SPOILT(change, error)                                                  \
    do {                                                                       \
        struct noxs_ioctl_vif it = proper();                                   \
        change;                                                                \
        EXPECT(create(it), error);                                             \
    } while (0)

static void check_made(void)
{
    struct noxs_ioctl_vif vif = proper();
    struct noxs_net_config config;
    char name[NOXS_IFNAME_SIZE];

    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &vif), 0);
    snprintf(name, sizeof(name), "vif%u.5", domid);
    CHECK(!strcmp(vif.ifname, name));
    EXPECT(vif.ifindex, if_nametoindex(name));
    EXPECT(vif.features & ~(uint64_t)NOXS_NET_F_ALL, 0);
    EXPECT(vif.device.type, NOXS_DEV_VIF);
    EXPECT(vif.device.id, 5);
    EXPECT(vif.device.backend, 0);
    EXPECT(vif.device.flags, 0);
    EXPECT(vif.device.generation, 0);
    EXPECT(vif.device.evtchn, port);
    EXPECT(vif.device.gfn, 0);
    EXPECT(vif.device.features, (long)vif.features);
    memcpy(&config, vif.device.config, sizeof(config));
    CHECK(!memcmp(config.mac, vif.mac, sizeof(config.mac)));
    EXPECT(config.mtu, NOXS_NET_MTU_DEFAULT);
    CHECK(config.tx_grant != config.rx_grant);
    CHECK(vif.device.grant != config.tx_grant);
    /* All that is another's already. */
    EXPECT(create(vif), -EADDRINUSE);
    SPOILT(it.mac[1] = 1, -EEXIST);
    SPOILT((it.mac[1] = 1, it.id = 6), -ENODEV);
    SPOILT((it.id = 6, it.evtchn = host_port(domid)), -EADDRINUSE);
    SPOILT((it.mac[1] = 1, it.id = 6, it.evtchn = host_port(domid),
            strcpy(it.ifname, name)),
           -EEXIST);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
    EXPECT(if_nametoindex(name), 0);
}

static void check_limits(void)
{
    static const uint16_t mtus[] = {NOXS_NET_MTU_MIN, 9000, NOXS_NET_MTU_MAX};
    struct noxs_ioctl_vif vif;

    for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
        vif = proper();
        vif.mtu = mtus[i];
        vif.features = 0;
        vif.rate_bytes = UINT64_MAX;
        vif.rate_interval = i ? 10000000 : 1000;
        strcpy(vif.ifname, "fifteen-letters");
        EXPECT(call(NOXS_IOCTL_VIF_CREATE, &vif), 0);
        EXPECT(vif.features, 0);
        EXPECT(if_nametoindex("fifteen-letters"), vif.ifindex);
        EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
    }
}

static void check_names(void)
{
    static const char *const bad[] = {".",   "..",  "a/b", "a b",
                                      "a:b", "x%d", "%"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        SPOILT(strcpy(it.ifname, bad[i]), -EINVAL);
    SPOILT(memset(it.ifname, 'x', sizeof(it.ifname)), -EINVAL);
    SPOILT(strcpy(it.ifname, "lo"), -EEXIST);
}

static void check_fields(void)
{
    SPOILT(it.pad0[0] = 1, -EINVAL);
    SPOILT(it.pad0[1] = 1, -EINVAL);
    SPOILT(it.pad1 = 1, -EINVAL);
    SPOILT(it.address.pad[4] = 1, -EINVAL);
    SPOILT(it.features = NOXS_NET_F_ALL + 1, -EINVAL);
    SPOILT(it.features = UINT64_MAX, -EINVAL);
    SPOILT(it.mtu = 0, -EINVAL);
    SPOILT(it.mtu = NOXS_NET_MTU_MIN - 1, -EINVAL);
    SPOILT(it.mtu = NOXS_NET_MTU_MAX + 1, -EINVAL);
    SPOILT(memset(it.mac, 0, 6), -EINVAL);
    SPOILT(it.mac[0] = 1, -EINVAL);
    SPOILT(memset(it.mac, 0xff, 6), -EINVAL);
    SPOILT((it.rate_bytes = 1, it.rate_interval = 0), -EINVAL);
    SPOILT((it.rate_bytes = 1, it.rate_interval = 999), -EINVAL);
    SPOILT((it.rate_bytes = 1, it.rate_interval = 10000001), -EINVAL);
    SPOILT(it.address.family = 5, -EINVAL);
    SPOILT((it.address.family = NOXS_NET_IPV4, it.address.prefix = 33),
           -EINVAL);
    SPOILT((it.address.family = NOXS_NET_IPV6, it.address.prefix = 129),
           -EINVAL);
    SPOILT(it.address.has_gateway = 2, -EINVAL);
}

static void check_domains(void)
{
    SPOILT(it.domid = HOST_NOBODY, -ESRCH);
    SPOILT(it.domid = NOXS_DOMID_SELF, -EINVAL);
    SPOILT(it.domid = UINT16_MAX, -EINVAL);
    SPOILT(it.evtchn = 0, -ENODEV);
    SPOILT(it.evtchn = port + 500, -ENODEV);
    SPOILT(it.evtchn = 100000, -ENODEV);
    SPOILT(it.evtchn = UINT32_MAX, -ENODEV);
}

void test_vif(void)
{
    domid = host_domain();
    port = host_port(domid);
    check_fields();
    check_names();
    check_domains();
    check_made();
    check_limits();
    host_domain_end(domid);
}
