/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenguest.c: a PV guest by libxenctrl and libxenguest, with nothing around it:
 * no XenStore, no configuration, no locks; what xl's libxl does at its core.
 */
#include <stdlib.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "xenguest.h"

struct xenguest {
    xc_interface *xch;
};

struct xenguest *xenguest_open(void)
{
    struct xenguest *xg = calloc(1, sizeof(*xg));

    if (!xg)
        return NULL;
    xg->xch = xc_interface_open(NULL, NULL, 0);
    if (!xg->xch) {
        free(xg);
        return NULL;
    }
    return xg;
}

static int make_domain(xc_interface *xch, unsigned mb, uint32_t *domid)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };

    if (xc_domain_create(xch, domid, &config) < 0)
        return -1;
    if (xc_domain_max_vcpus(xch, *domid, 1) < 0 ||
        xc_domain_setmaxmem(xch, *domid, (uint64_t)mb << 10) < 0)
        return -1;
    return 0;
}

static int build(xc_interface *xch, uint32_t domid, const char *kernel,
                 unsigned mb)
{
    struct xc_dom_image *dom = xc_dom_allocate(xch, "", NULL);
    int console = xc_evtchn_alloc_unbound(xch, domid, 0);
    int store = xc_evtchn_alloc_unbound(xch, domid, 0);
    int r = -1;

    if (!dom || console < 0 || store < 0)
        goto out;
    dom->container_type = XC_DOM_PV_CONTAINER;
    dom->console_evtchn = (unsigned)console;
    dom->xenstore_evtchn = (unsigned)store;
    if (xc_dom_kernel_file(dom, kernel) < 0 ||
        xc_dom_boot_xen_init(dom, xch, domid) < 0 ||
        xc_dom_parse_image(dom) < 0 || xc_dom_mem_init(dom, mb) < 0 ||
        xc_dom_boot_mem_init(dom) < 0 || xc_dom_build_image(dom) < 0 ||
        xc_dom_boot_image(dom) < 0)
        goto out;
    r = xc_domain_unpause(xch, domid);
out:
    if (dom)
        xc_dom_release(dom);
    return r;
}

int xenguest_create(struct xenguest *xg, const char *kernel, unsigned mb,
                    uint32_t *domid_out)
{
    uint32_t domid = 0;

    if (make_domain(xg->xch, mb, &domid) < 0 ||
        build(xg->xch, domid, kernel, mb) < 0) {
        if (domid)
            (void)xc_domain_destroy(xg->xch, domid);
        return -1;
    }
    *domid_out = domid;
    return 0;
}

int xenguest_destroy(struct xenguest *xg, uint32_t domid)
{
    return xc_domain_destroy(xg->xch, domid);
}
