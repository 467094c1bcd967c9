/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event.c: event channels, two-level ABI, one vCPU. What turns events on and
 * off is a byte for PV, and the processor's flag for PVH.
 *
 * shared_info is written by Xen at any time, so its words change by atomic
 * instructions only.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/version.h>

#include "internal.h"
#include "pvh.h"

#define WORD_BITS 64
#define RFLAGS_IF 0x200

static struct {
    event_fn *fn;
    void *arg;
} handlers[EVENT_MAX];

static struct vcpu_info *vcpu(void)
{
    return &guest_shared_info->vcpu_info[0];
}

static void set_bit(xen_ulong_t *words, uint32_t port)
{
    __atomic_or_fetch(&words[port / WORD_BITS], 1ul << (port % WORD_BITS),
                      __ATOMIC_SEQ_CST);
}

static void clear_bit(xen_ulong_t *words, uint32_t port)
{
    __atomic_and_fetch(&words[port / WORD_BITS], ~(1ul << (port % WORD_BITS)),
                       __ATOMIC_SEQ_CST);
}

/* Nobody has a handler yet, or any more: mask everything. */
void event_init(void)
{
    struct shared_info *s = guest_shared_info;

    vcpu()->evtchn_upcall_mask = 1;
    memset(s->evtchn_mask, 0xff, sizeof(s->evtchn_mask));
    memset(handlers, 0, sizeof(handlers));
}

static void handle_word(unsigned int word)
{
    struct shared_info *s = guest_shared_info;
    unsigned long pending;
    uint32_t port;

    while ((pending = READ_ONCE(s->evtchn_pending[word]) &
                      ~READ_ONCE(s->evtchn_mask[word]))) {
        port = word * WORD_BITS + (uint32_t)__builtin_ctzl(pending);
        clear_bit(s->evtchn_pending, port);
        if (port < EVENT_MAX && handlers[port].fn)
            handlers[port].fn(port, handlers[port].arg);
        else
            set_bit(s->evtchn_mask, port);
    }
}

/* Events are off here, and a trap in a handler is nobody's expectation. */
void event_upcall(void)
{
    uint64_t *recover = trap_recover;
    unsigned long words;

    trap_recover = NULL;
    while (READ_ONCE(vcpu()->evtchn_upcall_pending)) {
        WRITE_ONCE(vcpu()->evtchn_upcall_pending, 0);
        words = xchg_ulong(&vcpu()->evtchn_pending_sel, 0);
        while (words) {
            handle_word((unsigned int)__builtin_ctzl(words));
            words &= words - 1;
        }
    }
    trap_recover = recover;
}

static bool interrupts_disable(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags & RFLAGS_IF;
}

bool events_disable(void)
{
    bool on;

    if (guest_is_pvh)
        return interrupts_disable();
    on = !READ_ONCE(vcpu()->evtchn_upcall_mask);

    WRITE_ONCE(vcpu()->evtchn_upcall_mask, 1);
    barrier();
    return on;
}

void events_enable(void)
{
    barrier();
    if (guest_is_pvh) {
        __asm__ volatile("sti" ::: "memory");
        return;
    }
    WRITE_ONCE(vcpu()->evtchn_upcall_mask, 0);
    mb();
    /* One that came meanwhile is delivered at the end of any hypercall. */
    if (READ_ONCE(vcpu()->evtchn_upcall_pending))
        hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

void events_restore(bool on)
{
    if (on)
        events_enable();
}

void event_block(void)
{
    if (guest_is_pvh)
        pvh_halt();
    else
        sched_op(SCHEDOP_block, NULL);
}

/*
 * Unmask without a hypercall; only an event that came while the port was
 * masked needs one, to be delivered now.
 */
static void unmask(uint32_t port)
{
    struct shared_info *s = guest_shared_info;
    struct evtchn_unmask op = {.port = port};

    clear_bit(s->evtchn_mask, port);
    if (!(READ_ONCE(s->evtchn_pending[port / WORD_BITS]) >> (port % WORD_BITS) &
          1))
        return;
    set_bit(s->evtchn_mask, port);
    event_channel_op(EVTCHNOP_unmask, &op);
}

int event_bind(uint32_t port, event_fn *fn, void *arg)
{
    bool on;

    if (port >= EVENT_MAX)
        return -ENOSPC;
    on = events_disable();
    handlers[port].fn = fn;
    handlers[port].arg = arg;
    unmask(port);
    events_restore(on);
    return 0;
}

void event_unbind(uint32_t port)
{
    if (port >= EVENT_MAX)
        return;
    set_bit(guest_shared_info->evtchn_mask, port);
    handlers[port].fn = NULL;
}

int event_notify(uint32_t port)
{
    struct evtchn_send op = {.port = port};

    return (int)event_channel_op(EVTCHNOP_send, &op);
}

void event_poll(uint32_t port, uint64_t until)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll op = {.nr_ports = 1, .timeout = until};

    set_xen_guest_handle(op.ports, ports);
    sched_op(SCHEDOP_poll, &op);
    clear_bit(guest_shared_info->evtchn_pending, port);
}

int event_alloc(uint16_t domid, uint32_t *port_out)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = domid};
    int rc = (int)event_channel_op(EVTCHNOP_alloc_unbound, &op);

    if (!rc)
        *port_out = op.port;
    return rc;
}

int event_connect(uint16_t domid, uint32_t remote, uint32_t *port_out)
{
    struct evtchn_bind_interdomain op = {.remote_dom = domid,
                                         .remote_port = remote};
    int rc = (int)event_channel_op(EVTCHNOP_bind_interdomain, &op);

    if (!rc)
        *port_out = op.local_port;
    return rc;
}

int event_virq(uint32_t virq, uint32_t *port_out)
{
    struct evtchn_bind_virq op = {.virq = virq};
    int rc = (int)event_channel_op(EVTCHNOP_bind_virq, &op);

    if (!rc)
        *port_out = op.port;
    return rc;
}

int event_close(uint32_t port)
{
    struct evtchn_close op = {.port = port};

    event_unbind(port);
    return (int)event_channel_op(EVTCHNOP_close, &op);
}
