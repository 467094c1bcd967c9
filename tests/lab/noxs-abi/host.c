/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains, event channels and frames, as the test needs them.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <sys/mman.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include "test.h"

static xc_interface *xch;
static xenforeignmemory_handle *frames;

void host_open(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    frames = xenforeignmemory_open(NULL, 0);
    if (!xch || !frames)
        err(2, "no Xen here");
}

static struct xen_domctl_createdomain shape(uint32_t cpupool)
{
    return (struct xen_domctl_createdomain){
        .max_vcpus = 1,
        .max_evtchn_port = 31,
        .max_grant_frames = 1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .cpupool_id = cpupool,
    };
}

uint16_t host_create(void)
{
    struct xen_domctl_createdomain config = shape(0);
    uint32_t domid = 0;

    if (xc_domain_create(xch, &domid, &config))
        err(2, "xc_domain_create");
    return (uint16_t)domid;
}

int host_create_fails(void)
{
    /* Entering the CPU pool is the last thing that can fail. */
    struct xen_domctl_createdomain config = shape(12345);
    uint32_t domid = 0;

    return xc_domain_create(xch, &domid, &config) ? -errno : 0;
}

void host_stop(uint16_t domid, int reason)
{
    if (xc_domain_shutdown(xch, domid, reason))
        err(2, "xc_domain_shutdown");
}

/*
 * Xen frees the rest of a domain when all processors have let go of it: on an
 * idle machine without C-states, as QEMU is, that takes up to a second. So the
 * test waits for many at a time. The log must not overflow meanwhile.
 */
#define PENDING_MAX 40

static bool is_pending[0x7ff0];
static unsigned int pending;
static uint64_t next_exit = 1;

static bool settle_some(void)
{
    struct noxs_exit exits[32];
    struct noxs_op_exits op = {.seq = next_exit, .count = 32};

    EXPECT(call(NOXS_OP_EXITS, &op, sizeof(op), exits, sizeof(exits)), 0);
    next_exit = op.seq;
    for (uint32_t i = 0; i < op.count; i++) {
        bool *is = &is_pending[exits[i].domid];

        if (exits[i].kind == NOXS_EXIT_DESTROYED && *is) {
            *is = false;
            pending--;
        }
    }
    return op.count;
}

void host_settle(void)
{
    for (int i = 0; i < 5000; i++) {
        while (settle_some())
            continue;
        if (!pending)
            return;
        usleep(1000);
    }
    errx(2, "%u domains are not destroyed after five seconds", pending);
}

void host_destroy(uint16_t domid)
{
    xc_domaininfo_t info;

    if (pending == PENDING_MAX)
        host_settle();
    is_pending[domid] = true;
    pending++;
    if (xc_domain_destroy(xch, domid))
        err(2, "xc_domain_destroy");
    while (xc_domain_getinfolist(xch, domid, 1, &info) == 1 &&
           info.domain == domid)
        usleep(1000);
}

uint64_t host_free_pages(void)
{
    xc_physinfo_t info = {0};

    if (xc_physinfo(xch, &info))
        err(2, "xc_physinfo");
    return info.free_pages;
}

void loop_open(struct loop *loop)
{
    xenevtchn_port_or_error_t in, out;

    loop->handle = xenevtchn_open(NULL, 0);
    if (!loop->handle)
        err(2, "xenevtchn_open");
    in = xenevtchn_bind_unbound_port(loop->handle, DOMID_SELF);
    if (in < 0)
        err(2, "xenevtchn_bind_unbound_port");
    out =
        xenevtchn_bind_interdomain(loop->handle, DOMID_SELF, (evtchn_port_t)in);
    if (out < 0)
        err(2, "xenevtchn_bind_interdomain");
    loop->in = (uint32_t)in;
    loop->out = (uint32_t)out;
    /* Binding makes both ends ring once. */
    while (loop_wait(loop, 10))
        continue;
}

void loop_close(struct loop *loop)
{
    xenevtchn_close(loop->handle);
}

bool loop_wait(struct loop *loop, int ms)
{
    struct pollfd fd = {.fd = xenevtchn_fd(loop->handle), .events = POLLIN};
    xenevtchn_port_or_error_t port;

    if (poll(&fd, 1, ms) != 1)
        return false;
    port = xenevtchn_pending(loop->handle);
    if (port < 0)
        err(2, "xenevtchn_pending");
    xenevtchn_unmask(loop->handle, (evtchn_port_t)port);
    return true;
}

void *host_map(uint64_t frame, bool writable)
{
    xen_pfn_t pfn = frame;
    int error = 0;
    void *page = xenforeignmemory_map(frames, DOMID_SELF,
                                      PROT_READ | (writable ? PROT_WRITE : 0),
                                      1, &pfn, &error);

    return error ? NULL : page;
}

void host_unmap(void *page)
{
    xenforeignmemory_unmap(frames, page, 1);
}
