// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_exit.c: end the back ends of domains that die, whoever destroys them.
 *
 * The hypervisor keeps a log of exits and rings an event channel of ours for
 * each line (noxs/noxs.h, WATCH). Such a channel has both its ends here.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/workqueue.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>

#include "back.h"

#define BATCH 32

static evtchn_port_t watched; /* the end that the hypervisor sends */
static int watch_irq;         /* the other, where it arrives */
static u64 next_exit;         /* the line of the log to read next */

static long noxs_op(unsigned int op, void *arg, void *buf)
{
	return xen_single_call(__HYPERVISOR_noxs_op, op, (unsigned long)arg,
			       (unsigned long)buf, 0, 0);
}

bool noxs_domain_alive(u16 domid)
{
	struct noxs_op_list op = { .first = domid, .count = 1 };
	struct noxs_entry entry;

	/* The first living one from there on; if in doubt leave it alone. */
	if (noxs_op(NOXS_OP_LIST, &op, &entry))
		return true;
	return op.count && entry.domid == domid;
}

static void read_exits(struct work_struct *work)
{
	static struct noxs_exit exits[BATCH];
	struct noxs_op_exits op;
	unsigned int i;
	long rc;

	do {
		op = (struct noxs_op_exits){ .seq = next_exit, .count = BATCH };
		rc = noxs_op(NOXS_OP_EXITS, &op, exits);
		if (rc) {
			pr_err_ratelimited("cannot read the log of exits: %ld\n",
					   rc);
			return;
		}
		next_exit = op.seq;
		if (op.lost)
			noxs_backs_sweep(noxs_domain_alive);
		for (i = 0; i < op.count; i++)
			if (exits[i].kind == NOXS_EXIT_DYING)
				noxs_backs_reap(exits[i].domid);
	} while (op.count);
}

static DECLARE_WORK(exit_work, read_exits);

static irqreturn_t exit_rang(int irq, void *data)
{
	queue_work(system_unbound_wq, &exit_work);
	return IRQ_HANDLED;
}

static void close_port(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	WARN_ON(HYPERVISOR_event_channel_op(EVTCHNOP_close, &op));
}

/* A channel from here to here. */
static int open_loop(evtchn_port_t *near_out, evtchn_port_t *far_out)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF, .remote_dom = DOMID_SELF,
	};
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	if (rc)
		return rc;
	bind.remote_port = alloc.port;
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
	if (rc) {
		close_port(alloc.port);
		return rc;
	}
	*near_out = alloc.port;
	*far_out = bind.local_port;
	return 0;
}

static int check_version(void)
{
	struct noxs_op_version version = {};
	long rc = noxs_op(NOXS_OP_VERSION, &version, NULL);

	if (rc) {
		pr_err("this hypervisor has no noxs (%ld)\n", rc);
		return -ENODEV;
	}
	if (version.version != NOXS_VERSION) {
		pr_err("this hypervisor's noxs has version %u, not %u\n",
		       version.version, NOXS_VERSION);
		return -ENODEV;
	}
	return 0;
}

static int start_watch(void)
{
	struct noxs_op_exits end = {};
	struct noxs_op_watch watch = { .port = watched };
	long rc = noxs_op(NOXS_OP_WATCH, &watch, NULL);

	if (!rc)
		rc = noxs_op(NOXS_OP_EXITS, &end, NULL);
	next_exit = end.seq;
	return rc;
}

int noxs_exit_start(void)
{
	evtchn_port_t near;
	int rc = check_version();

	if (rc)
		return rc;
	rc = open_loop(&near, &watched);
	if (rc)
		return rc;
	rc = bind_evtchn_to_irqhandler(near, exit_rang, 0, "noxs-exits",
				       &watched);
	if (rc < 0) {
		close_port(near);
		goto close_watched;
	}
	watch_irq = rc;
	rc = start_watch();
	if (!rc)
		return 0;
	pr_err("cannot watch domains exit: %d\n", rc);
	unbind_from_irqhandler(watch_irq, &watched);
	cancel_work_sync(&exit_work);
close_watched:
	close_port(watched);
	return rc;
}

void noxs_exit_stop(void)
{
	/* Closing the port ends the watch. */
	close_port(watched);
	unbind_from_irqhandler(watch_irq, &watched);
	cancel_work_sync(&exit_work);
}
