/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.c: domains and ports as a toolstack makes them, and the module.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <xenctrl.h>

#include "test.h"

#define MODULE "/lib/noxs/noxs_back.ko"
#define PARAMETERS "/sys/module/noxs_back/parameters/"
#define FAIL_AT PARAMETERS "fail_at"
#define POOL_PAGES PARAMETERS "pool_pages"

static xc_interface *xch;

void host_open(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch)
        err(2, "no Xen here");
}

uint16_t host_domain(void)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = 1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    uint32_t domid = 0;

    if (xc_domain_create(xch, &domid, &config) ||
        xc_domain_max_vcpus(xch, domid, 1))
        err(2, "no domain");
    return (uint16_t)domid;
}

void host_domain_end(uint16_t domid)
{
    xc_domaininfo_t info;

    if (xc_domain_destroy(xch, domid))
        err(2, "xc_domain_destroy");
    while (xc_domain_getinfolist(xch, domid, 1, &info) == 1 &&
           info.domain == domid)
        usleep(1000);
}

uint32_t host_port(uint16_t domid)
{
    xc_evtchn_port_or_error_t port = xc_evtchn_alloc_unbound(xch, domid, 0);

    if (port < 0)
        err(2, "xc_evtchn_alloc_unbound");
    return (uint32_t)port;
}

static void set(const char *path, int n)
{
    FILE *file = fopen(path, "w");

    if (!file || fprintf(file, "%d\n", n) < 0 || fclose(file))
        err(2, "%s", path);
}

void host_fail_at(int n)
{
    set(FAIL_AT, n);
}

void host_pool_pages(int n)
{
    set(POOL_PAGES, n);
}

bool host_failed(void)
{
    FILE *file = fopen(FAIL_AT, "r");
    int left = 0;

    if (!file || fscanf(file, "%d", &left) != 1 || fclose(file))
        err(2, "%s", FAIL_AT);
    return left == 0;
}

int host_unload(void)
{
    return syscall(SYS_delete_module, "noxs_back", O_NONBLOCK) ? -errno : 0;
}

void host_load(void)
{
    int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        err(2, "%s", MODULE);
    if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
        err(2, "%s", MODULE);
    close(fd);
}
