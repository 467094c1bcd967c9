/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page as a PVH guest sees it: builds pvh_guest.c and reads its verdict,
 * the reason of its shutdown, from the log of exits.
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "test.h"

#define KIB 4096ull /* memory of the guest */

/* pvh_guest.c, linked and embedded. */
extern const char pvh_guest[], pvh_guest_end[];

static bool has_hap(xc_interface *xch)
{
    xc_physinfo_t info = {0};

    if (xc_physinfo(xch, &info))
        err(2, "xc_physinfo");
    return info.capabilities & XEN_SYSCTL_PHYSCAP_hap;
}

static uint32_t create(xc_interface *xch)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 1,
        .max_evtchn_port = 31,
        .max_grant_frames = 1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch.emulation_flags = XEN_X86_EMU_LAPIC,
    };
    uint32_t domid = 0;

    if (xc_domain_create(xch, &domid, &config) ||
        xc_domain_max_vcpus(xch, domid, 1) ||
        xc_set_paging_mempool_size(xch, domid, 1 << 20) ||
        xc_domain_setmaxmem(xch, domid, KIB + 1024))
        err(2, "cannot create a PVH domain");
    return domid;
}

static void load(xc_interface *xch, uint32_t domid)
{
    struct e820entry ram = {.size = KIB << 10, .type = 1};
    struct xc_dom_image *dom = xc_dom_allocate(xch, "", NULL);

    if (!dom)
        errx(2, "xc_dom_allocate");
    dom->container_type = XC_DOM_HVM_CONTAINER;
    dom->target_pages = KIB / 4;
    dom->max_vcpus = 1;
    dom->mmio_start = 0xfc000000;
    dom->mmio_size = 0x4000000;
    dom->lowmem_end = KIB << 10;
    dom->e820 = &ram;
    dom->e820_entries = 1;
    if (xc_dom_kernel_mem(dom, pvh_guest,
                          (size_t)(pvh_guest_end - pvh_guest)) ||
        xc_dom_boot_xen_init(dom, xch, domid) || xc_dom_parse_image(dom) ||
        xc_dom_mem_init(dom, KIB / 1024) || xc_dom_boot_mem_init(dom) ||
        xc_dom_build_image(dom) || xc_dom_boot_image(dom))
        errx(2, "cannot build the PVH guest: %s",
             xc_get_last_error(xch)->message);
    xc_dom_release(dom);
}

/* What the guest stopped with, or -1 if it does not stop. */
static int verdict(uint16_t domid, uint64_t seq)
{
    struct noxs_op_exits op = {.seq = seq};
    struct noxs_exit exit;

    for (int i = 0; i < 2000; i++) {
        op.count = 1;
        EXPECT(call(NOXS_OP_EXITS, &op, sizeof(op), &exit, sizeof(exit)), 0);
        if (!op.count)
            usleep(5000);
        else if (exit.domid == domid && exit.kind == NOXS_EXIT_SHUTDOWN)
            return exit.reason;
    }
    return -1;
}

void test_pvh(void)
{
    struct noxs_device dev = {.type = NOXS_DEV_VBD, .id = 7};
    struct noxs_op_devs add = {.count = 1};
    struct noxs_op_identity name = {.fields = NOXS_ID_NAME};
    struct noxs_op_exits end = {.seq = 0};
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);
    uint16_t domid;

    if (!xch)
        err(2, "xc_interface_open");
    if (!has_hap(xch)) {
        printf("skipped: no PVH guests on this machine\n");
        xc_interface_close(xch);
        return;
    }
    EXPECT(CALL(NOXS_OP_EXITS, &end), 0);
    domid = add.domid = name.domid = (uint16_t)create(xch);
    name.identity.name[0] = 'p';
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &name), 0);
    EXPECT(call(NOXS_OP_DEV_ADD, &add, sizeof(add), &dev, sizeof(dev)), 0);
    load(xch, domid);
    if (xc_domain_unpause(xch, domid))
        err(2, "xc_domain_unpause");
    EXPECT(verdict(domid, end.seq), 0); /* else the step that failed */
    host_destroy(domid);
    xc_interface_close(xch);
}
