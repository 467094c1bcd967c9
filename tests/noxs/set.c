/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set.c: VIF_SET: what it changes, each way to ask for nonsense, that nothing
 * is changed by halves, and that a front end's vif is left alone.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "front.h"
#include "test.h"

#define RACES 400

static uint16_t domid;
static uint32_t port;

static const uint8_t first_mac[6] = {0x02, 0, 0, 0, 0, 1};
static const uint8_t other_mac[6] = {0x02, 0, 0, 0, 0, 2};

static struct noxs_ioctl_vif made(uint32_t id, const uint8_t mac[6])
{
    struct noxs_ioctl_vif vif = call_vif(domid, id, port);

    memcpy(vif.mac, mac, 6);
    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &vif), 0);
    return vif;
}

/* All of it, for vif 5 of the domain. */
static struct noxs_ioctl_vif_set proper(void)
{
    return (struct noxs_ioctl_vif_set){
        .domid = domid,
        .id = 5,
        .fields = NOXS_VIF_ALL,
        .mtu = 9000,
        .mac = {0x02, 0, 0, 0, 0, 2},
        .rate_bytes = 1000,
        .rate_interval = 50000,
        .address = {.family = NOXS_NET_IPV4,
                    .prefix = 24,
                    .has_gateway = 1,
                    .address = {10, 0, 0, 2},
                    .gateway = {10, 0, 0, 1}},
    };
}

static int set(struct noxs_ioctl_vif_set it)
{
    return call(NOXS_IOCTL_VIF_SET, &it);
}

/* A copy with one thing changed must be refused with just that error. */
#define SPOILT(change, error)                                                  \
    do {                                                                       \
        struct noxs_ioctl_vif_set it = proper();                               \
        change;                                                                \
        EXPECT(set(it), error);                                                \
    } while (0)

static long mtu_of(const struct noxs_ioctl_vif *vif)
{
    char path[64];
    long mtu = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", vif->ifname);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%ld", &mtu) != 1 || fclose(file))
        err(2, "%s", path);
    return mtu;
}

/* Whether some vif has it: another cannot be made with it. */
static bool is_taken(const uint8_t mac[6])
{
    struct noxs_ioctl_vif vif = call_vif(domid, 99, host_port(domid));
    int rc;

    memcpy(vif.mac, mac, 6);
    rc = call(NOXS_IOCTL_VIF_CREATE, &vif);
    if (!rc)
        EXPECT(call_destroy(domid, NOXS_DEV_VIF, 99), 0);
    CHECK(!rc || rc == -EADDRINUSE);
    return rc != 0;
}

/* As it was made. */
static void check_untouched(const struct noxs_ioctl_vif *vif)
{
    EXPECT(mtu_of(vif), vif->mtu);
    CHECK(is_taken(vif->mac));
    CHECK(!is_taken(other_mac));
}

/* --- what makes no sense ----------------------------------------------------
 */

static void check_fields(void)
{
    struct noxs_ioctl_vif vif = made(5, first_mac);

    SPOILT(it.fields = 0, -EINVAL);
    SPOILT(it.fields = NOXS_VIF_ALL + 1, -EINVAL);
    SPOILT(it.fields = UINT32_MAX, -EINVAL);
    SPOILT(it.pad0[0] = 1, -EINVAL);
    SPOILT(it.pad0[1] = 1, -EINVAL);
    SPOILT(it.mtu = 0, -EINVAL);
    SPOILT(it.mtu = NOXS_NET_MTU_MIN - 1, -EINVAL);
    SPOILT(it.mtu = NOXS_NET_MTU_MAX + 1, -EINVAL);
    SPOILT(memset(it.mac, 0, 6), -EINVAL);
    SPOILT(it.mac[0] = 1, -EINVAL);
    SPOILT(memset(it.mac, 0xff, 6), -EINVAL);
    SPOILT(it.rate_interval = 0, -EINVAL);
    SPOILT(it.rate_interval = 999, -EINVAL);
    SPOILT(it.rate_interval = 10000001, -EINVAL);
    SPOILT(it.address.family = 5, -EINVAL);
    SPOILT(it.address.family = NOXS_NET_NO_ADDRESS, -EINVAL);
    SPOILT(it.address.prefix = 33, -EINVAL);
    SPOILT((it.address.family = NOXS_NET_IPV6, it.address.prefix = 129),
           -EINVAL);
    SPOILT(it.address.has_gateway = 2, -EINVAL);
    SPOILT(it.address.pad[0] = 1, -EINVAL);
    SPOILT(it.address.pad[4] = 1, -EINVAL);
    SPOILT(it.id = 6, -ENOENT);
    SPOILT(it.domid = HOST_NOBODY, -ENOENT);
    SPOILT(it.domid = NOXS_DOMID_SELF, -ENOENT);
    check_untouched(&vif);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
    EXPECT(set(proper()), -ENOENT);
}

/* --- what is changed --------------------------------------------------------
 */

/* The entry of the device page is that of the vif but for what was changed. */
static void check_device(const struct noxs_ioctl_vif *vif,
                         const struct noxs_ioctl_vif_set *it,
                         const uint8_t mac[6], uint16_t mtu)
{
    struct noxs_device want = vif->device;
    struct noxs_net_config config;

    memcpy(&config, want.config, sizeof(config));
    memcpy(config.mac, mac, 6);
    config.mtu = mtu;
    memcpy(want.config, &config, sizeof(config));
    CHECK(!memcmp(&want, &it->device, sizeof(want)));
    EXPECT(mtu_of(vif), mtu);
}

static void check_one_by_one(void)
{
    struct noxs_ioctl_vif vif = made(5, first_mac);
    struct noxs_ioctl_vif_set it = proper();

    /* What is not named is not looked at. */
    it.fields = NOXS_VIF_MTU;
    it.mac[0] = 1;
    it.address.family = 77;
    it.rate_interval = 0;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    check_device(&vif, &it, first_mac, 9000);
    it = proper();
    it.fields = NOXS_VIF_MAC;
    it.mtu = 0;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    check_device(&vif, &it, other_mac, 9000);
    CHECK(!is_taken(first_mac));
    CHECK(is_taken(other_mac));
    /* Its own again. */
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    check_device(&vif, &it, other_mac, 9000);
    it = proper();
    it.fields = NOXS_VIF_RATE;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    it.rate_bytes = it.rate_interval = 0;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    it.fields = NOXS_VIF_ADDRESS;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    check_device(&vif, &it, other_mac, 9000);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
    CHECK(!is_taken(other_mac));
}

static void check_taken(void)
{
    struct noxs_ioctl_vif vif = made(5, first_mac);
    struct noxs_ioctl_vif other = call_vif(domid, 6, host_port(domid));
    struct noxs_ioctl_vif_set it = proper();

    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &other), 0);
    memcpy(it.mac, other.mac, 6);
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), -EADDRINUSE);
    check_untouched(&vif);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 6), 0);
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    check_device(&vif, &it, other.mac, 9000);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
}

/* All or none: each step fails, and memory that cannot be written to. */
static void check_halves(void)
{
    struct noxs_ioctl_vif vif = made(5, first_mac);
    struct noxs_ioctl_vif_set *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int n, rc;

    if (page == MAP_FAILED)
        err(2, "mmap");
    *page = proper();
    if (mprotect(page, 4096, PROT_READ))
        err(2, "mprotect");
    EXPECT(call(NOXS_IOCTL_VIF_SET, page), -EFAULT);
    check_untouched(&vif);
    munmap(page, 4096);
    for (n = 1;; n++) {
        host_fail_at(n);
        rc = set(proper());
        if (!rc)
            break;
        CHECK(rc == -EFAULT || rc == -ENOMEM);
        CHECK(host_failed());
        host_fail_at(0);
        check_untouched(&vif);
    }
    CHECK(!host_failed());
    host_fail_at(0);
    CHECK(n > 2);
    EXPECT(mtu_of(&vif), 9000);
    EXPECT(call_destroy(domid, NOXS_DEV_VIF, 5), 0);
}

/* --- a front end ------------------------------------------------------------
 */

/* Dom0 is its own guest here, as a domain without memory can write nothing. */
static void check_front(void)
{
    struct front front;
    struct noxs_net_address told;
    struct noxs_ioctl_vif vif;
    struct noxs_ioctl_vif_set it = proper();

    front_open(&front);
    vif = call_vif(0, 5, front.port);
    EXPECT(call(NOXS_IOCTL_VIF_CREATE, &vif), 0);
    front_map(&front, &vif.device);
    EXPECT(front.page->address.family, NOXS_NET_NO_ADDRESS);
    it.domid = 0;
    EXPECT(call(NOXS_IOCTL_VIF_SET, &it), 0);
    told = front.page->address;
    CHECK(!memcmp(&told, &it.address, sizeof(told)));
    EXPECT(front.page->io.back_state, NOXS_BACK_READY);
    /* It wrote that it is there, and has not rung yet. */
    front.page->io.front_state = NOXS_FRONT_CONNECTED;
    EXPECT(set(it), -EBUSY);
    EXPECT(front.page->io.back_state, NOXS_BACK_READY);
    CHECK(front_ring(&front, NOXS_BACK_CONNECTED));
    EXPECT(set(it), -EBUSY);
    front.page->io.front_state = NOXS_FRONT_CLOSED;
    CHECK(front_ring(&front, NOXS_BACK_READY));
    EXPECT(set(it), -EBUSY);
    front_unmap(&front);
    EXPECT(call_destroy(0, NOXS_DEV_VIF, 5), 0);
    front_close(&front);
}

/* --- at once ----------------------------------------------------------------
 */

/* Two vifs that both want each other's address now and then. */
static void race_sets(uint32_t id)
{
    struct noxs_ioctl_vif_set it = proper();
    int i, rc = 0;

    it.id = id;
    for (i = 0; i < RACES && (!rc || rc == -EADDRINUSE); i++) {
        it.fields = NOXS_VIF_MAC | (i & 3 ? 0 : NOXS_VIF_MTU);
        it.mtu = (uint16_t)(1000 + i);
        memcpy(it.mac, (unsigned)i & 1 ? first_mac : other_mac, 6);
        rc = set(it);
    }
    _exit(rc == -EADDRINUSE ? 0 : -rc);
}

static void race_lives(uint32_t id)
{
    int i, rc = 0;

    for (i = 0; i < RACES && (!rc || rc == -EADDRINUSE); i++) {
        struct noxs_ioctl_vif vif = call_vif(domid, id, port);

        memcpy(vif.mac, first_mac, 6);
        rc = call(NOXS_IOCTL_VIF_CREATE, &vif);
        if (!rc)
            rc = call_destroy(domid, NOXS_DEV_VIF, id);
    }
    _exit(rc == -EADDRINUSE ? 0 : -rc);
}

/* Sets of the vif that comes and goes. */
static void race_found(uint32_t id)
{
    struct noxs_ioctl_vif_set it = proper();
    int i, rc = 0;

    it.id = id;
    for (i = 0; i < RACES && (!rc || rc == -EADDRINUSE || rc == -ENOENT); i++)
        rc = set(it);
    _exit(rc == -EADDRINUSE || rc == -ENOENT ? 0 : -rc);
}

static void start(void (*run)(uint32_t id), uint32_t id)
{
    pid_t pid = fork();

    if (pid < 0)
        err(2, "fork");
    if (!pid)
        run(id);
}

static void check_races(void)
{
    static const uint8_t macs[2][6] = {{0x02, 0, 0, 0, 1, 1},
                                       {0x02, 0, 0, 0, 1, 2}};
    struct noxs_ioctl_vif vif;
    int i, status;

    for (i = 0; i < 2; i++) {
        vif = call_vif(domid, 5 + (uint32_t)i, host_port(domid));
        memcpy(vif.mac, macs[i], 6);
        EXPECT(call(NOXS_IOCTL_VIF_CREATE, &vif), 0);
    }
    start(race_sets, 5);
    start(race_sets, 6);
    start(race_lives, 7);
    start(race_found, 7);
    for (i = 0; i < 4; i++) {
        CHECK(wait(&status) > 0);
        EXPECT(WIFEXITED(status) ? WEXITSTATUS(status) : 256, 0);
    }
    EXPECT(call_count(domid), 2);
    EXPECT(call_destroy(domid, NOXS_DEV_NONE, 0), 0);
    CHECK(!is_taken(first_mac));
    CHECK(!is_taken(other_mac));
    CHECK(!is_taken(macs[0]));
    CHECK(!is_taken(macs[1]));
}

void test_set(void)
{
    domid = host_domain();
    port = host_port(domid);
    check_fields();
    check_one_by_one();
    check_taken();
    check_halves();
    check_front();
    check_races();
    host_domain_end(domid);
}
