// SPDX-License-Identifier: GPL-2.0-only
/*
 * back.c: what back ends of all types have in common: the shared pages, the
 * event channel, and the states of noxs/io.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/page.h>

#include "back.h"

#define CLOSE_TIMEOUT_MAX 3600000 /* ms */
/*
 * Times in a row that a guest may ring with nothing to say. One that works by
 * the rules does when we took a request just before its ring arrived. Beyond
 * that Linux makes us wait up to a second for the next ring, so that a storm of
 * them costs dom0 little.
 */
#define IDLE_RINGS 32

static struct workqueue_struct *backs_wq;

/* --- pages --------------------------------------------------------------- */

int noxs_back_page(struct noxs_back *back, void **page_out,
		   grant_ref_t *ref_out)
{
	void *page;
	int rc;

	if (noxs_fault())
		return -ENOMEM;
	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	rc = noxs_fault() ? -ENOSPC :
	     gnttab_grant_foreign_access(back->domid, virt_to_gfn(page), 0);
	if (rc < 0) {
		free_page((unsigned long)page);
		return rc;
	}
	*page_out = page;
	*ref_out = rc;
	return 0;
}

void noxs_back_page_end(void *page, grant_ref_t ref)
{
	gnttab_end_foreign_access(ref, virt_to_page(page));
}

/* --- states: all under back->lock ----------------------------------------- */

static void set_state(struct noxs_back *back, u32 state)
{
	WRITE_ONCE(back->state, state);
	/* What the state speaks of is there before it. */
	virt_store_release(&back->io->back_state, state);
}

static void cut(struct noxs_back *back)
{
	if (!back->connected)
		return;
	WRITE_ONCE(back->connected, false);
	back->ops->disconnect(back);
}

/* Changed for the guest and for those who wait in CLOSE. */
static void tell_state(struct noxs_back *back, u32 state)
{
	set_state(back, state);
	noxs_back_notify(back);
	wake_up_all(&back->wait);
}

static void connect(struct noxs_back *back)
{
	/* Written before front_state. */
	u64 features;
	int rc;

	virt_rmb();
	features = READ_ONCE(back->io->front_features);
	/* Before the first answer, which may come while connect() runs. */
	set_state(back, NOXS_BACK_CONNECTED);
	rc = back->ops->connect(back, features);
	if (rc) {
		noxs_back_broken(back, "cannot connect: %d", rc);
		tell_state(back, NOXS_BACK_BROKEN);
		return;
	}
	WRITE_ONCE(back->connected, true);
}

/* Do what the front end asks for; false: it asks for nothing new. */
static bool step(struct noxs_back *back)
{
	u32 front = READ_ONCE(back->io->front_state);

	if (READ_ONCE(back->broken)) {
		if (back->state == NOXS_BACK_BROKEN)
			return false;
		cut(back);
		tell_state(back, NOXS_BACK_BROKEN);
		return true;
	}
	if (back->connected && front != NOXS_FRONT_CONNECTED) {
		cut(back);
		tell_state(back, back->closers ? NOXS_BACK_CLOSED :
						 NOXS_BACK_READY);
		return true;
	}
	if (back->state == NOXS_BACK_READY && front == NOXS_FRONT_CONNECTED) {
		connect(back);
		return true;
	}
	return false;
}

static void kick(struct noxs_back *back)
{
	local_bh_disable();
	local_irq_disable();
	back->ops->kick(back);
	local_irq_enable();
	local_bh_enable();
}

static void work(struct work_struct *work)
{
	struct noxs_back *back = container_of(work, struct noxs_back, work);
	bool changed;

	mutex_lock(&back->lock);
	if (!back->dying) {
		changed = step(back);
		/* A broken one's channel stays masked: it has no say any more. */
		if (back->connected)
			kick(back);
		else if (!READ_ONCE(back->broken))
			noxs_back_eoi(back, !changed);
	}
	mutex_unlock(&back->lock);
}

/* --- the event channel ----------------------------------------------------- */

static irqreturn_t rang(int irq, void *data)
{
	struct noxs_back *back = data;

	if (READ_ONCE(back->connected) && !READ_ONCE(back->broken) &&
	    READ_ONCE(back->io->front_state) == NOXS_FRONT_CONNECTED)
		back->ops->kick(back);
	else
		queue_work(backs_wq, &back->work);
	return IRQ_HANDLED;
}

void noxs_back_notify(struct noxs_back *back)
{
	notify_remote_via_irq(back->irq);
}

void noxs_back_eoi(struct noxs_back *back, bool spurious)
{
	back->idle_rings = spurious ? back->idle_rings + 1 : 0;
	xen_irq_lateeoi(back->irq, back->idle_rings > IDLE_RINGS ?
				   XEN_EOI_FLAG_SPURIOUS : 0);
}

void noxs_back_broken(struct noxs_back *back, const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	if (xchg(&back->broken, true))
		return;
	va_start(args, fmt);
	text.va = &args;
	pr_warn_ratelimited("%s %u of domain %u is cut off: %pV\n",
			    back->type == NOXS_DEV_VIF ? "vif" : "vbd",
			    back->id, back->domid, &text);
	va_end(args);
	queue_work(backs_wq, &back->work);
}

static void close_port(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	WARN_ON(HYPERVISOR_event_channel_op(EVTCHNOP_close, &op));
}

static int bind(struct noxs_back *back)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = back->domid, .remote_port = back->evtchn,
	};
	int rc;

	if (noxs_fault())
		return -ENOSPC;
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &op);
	if (rc)
		return rc == -EINVAL ? -ENODEV : rc;
	rc = noxs_fault() ? -ENOMEM :
	     bind_evtchn_to_irqhandler_lateeoi(op.local_port, rang, 0,
					       back->type == NOXS_DEV_VIF ?
					       "noxs-vif" : "noxs-vbd", back);
	if (rc < 0) {
		close_port(op.local_port);
		return rc;
	}
	back->irq = rc;
	return 0;
}

/* No interrupt and no work comes after this. Closes the channel. */
static void unbind(struct noxs_back *back)
{
	unbind_from_irqhandler(back->irq, back);
	cancel_work_sync(&back->work);
}

/* --- life ------------------------------------------------------------------- */

int noxs_back_init(struct noxs_back *back, const struct noxs_back_ops *ops,
		   u16 domid, u32 type, u32 id, u32 evtchn)
{
	void *page;
	int rc;

	if (domid >= NOXS_DOMID_SELF)
		return -EINVAL;
	*back = (struct noxs_back){
		.ops = ops, .domid = domid, .type = type, .id = id,
		.evtchn = evtchn, .state = NOXS_BACK_READY,
	};
	if (!noxs_back_is_free(domid, type, id))
		return -EEXIST;
	rc = noxs_back_page(back, &page, &back->io_ref);
	if (rc)
		return rc;
	back->io = page;
	mutex_init(&back->lock);
	INIT_WORK(&back->work, work);
	init_waitqueue_head(&back->wait);
	return 0;
}

static void fill_io(struct noxs_back *back, u64 features)
{
	struct noxs_io *io = back->io;

	io->magic = NOXS_IO_MAGIC;
	io->version = NOXS_VERSION;
	io->type = back->type;
	io->back_features = features;
	set_state(back, NOXS_BACK_READY);
}

void noxs_back_describe(const struct noxs_back *back, u64 features,
			struct noxs_device *device)
{
	*device = (struct noxs_device){
		.type = back->type, .id = back->id, .grant = back->io_ref,
		.evtchn = back->evtchn, .features = features,
	};
}

int noxs_back_publish(struct noxs_back *back, u64 features)
{
	int rc;

	fill_io(back, features);
	/* A front end that is there already waits at the lock. */
	mutex_lock(&back->lock);
	rc = bind(back);
	if (rc) {
		mutex_unlock(&back->lock);
		return rc;
	}
	__module_get(THIS_MODULE);
	if (noxs_back_enter(back)) {
		mutex_unlock(&back->lock);
		return 0;
	}
	back->dying = true;
	mutex_unlock(&back->lock);
	unbind(back);
	module_put(THIS_MODULE);
	return -EEXIST;
}

void noxs_back_abort(struct noxs_back *back)
{
	noxs_back_page_end(back->io, back->io_ref);
}

void noxs_back_fini(struct noxs_back *back)
{
	noxs_back_leave(back);
	noxs_back_page_end(back->io, back->io_ref);
}

void noxs_back_end(struct noxs_back *back)
{
	mutex_lock(&back->lock);
	cut(back);
	tell_state(back, NOXS_BACK_CLOSED);
	mutex_unlock(&back->lock);
	unbind(back);
	noxs_back_wait_unused(back);
	/*
	 * Before it leaves the list, for whoever waits for that may unload the
	 * module next. Who runs this keeps the module: by an open file, or as the
	 * work that the module's exit waits for.
	 */
	module_put(THIS_MODULE);
	back->ops->destroy(back);
}

/* A front end that comes meanwhile waits at the lock, as work() does. */
struct noxs_back *noxs_back_change(u16 domid, u32 type, u32 id)
{
	struct noxs_back *back = noxs_back_get(domid, type, id);
	int rc = 0;

	if (!back)
		return ERR_PTR(-ENOENT);
	mutex_lock(&back->lock);
	if (back->dying)
		rc = -ENOENT;
	else if (back->state != NOXS_BACK_READY ||
		 READ_ONCE(back->io->front_state) != NOXS_FRONT_INIT)
		rc = -EBUSY;
	if (!rc)
		return back;
	noxs_back_changed(back);
	return ERR_PTR(rc);
}

void noxs_back_changed(struct noxs_back *back)
{
	mutex_unlock(&back->lock);
	noxs_back_put(back);
}

/* --- the ioctls ------------------------------------------------------------- */

int noxs_back_destroy(const struct noxs_ioctl_device *which)
{
	struct noxs_back *back;

	if (which->timeout_ms)
		return -EINVAL;
	if (which->type == NOXS_DEV_NONE) {
		if (which->id)
			return -EINVAL;
		noxs_backs_reap(which->domid);
		return 0;
	}
	back = noxs_back_claim(which->domid, which->type, which->id);
	if (!back)
		return -ENOENT;
	noxs_back_end(back);
	return 0;
}

/* Under back->lock, which is let go of meanwhile. */
static int wait_closed(struct noxs_back *back, u32 timeout_ms)
{
	long left;

	back->closers++;
	tell_state(back, NOXS_BACK_CLOSING);
	mutex_unlock(&back->lock);
	left = wait_event_interruptible_timeout(back->wait,
						!READ_ONCE(back->connected) ||
						READ_ONCE(back->dying),
						msecs_to_jiffies(timeout_ms));
	mutex_lock(&back->lock);
	back->closers--;
	if (!back->connected)
		return 0;
	if (!back->closers && !back->dying)
		tell_state(back, NOXS_BACK_CONNECTED);
	return left < 0 ? -EINTR : -ETIMEDOUT;
}

int noxs_back_close(const struct noxs_ioctl_device *which)
{
	struct noxs_back *back;
	int rc = 0;

	if (which->timeout_ms > CLOSE_TIMEOUT_MAX ||
	    which->type == NOXS_DEV_NONE)
		return -EINVAL;
	back = noxs_back_get(which->domid, which->type, which->id);
	if (!back)
		return -ENOENT;
	mutex_lock(&back->lock);
	if (!back->dying)
		step(back);
	if (back->connected && !back->dying)
		rc = which->timeout_ms ? wait_closed(back, which->timeout_ms) :
					 -ETIMEDOUT;
	if (back->dying)
		rc = -ENOENT;
	else if (!rc && back->state == NOXS_BACK_READY)
		tell_state(back, NOXS_BACK_CLOSED);
	mutex_unlock(&back->lock);
	noxs_back_put(back);
	return rc;
}

int noxs_backs_start(void)
{
	/* A connect is waited for by a guest's user. */
	backs_wq = alloc_workqueue("noxs_back", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return backs_wq ? 0 : -ENOMEM;
}

void noxs_backs_stop(void)
{
	destroy_workqueue(backs_wq);
}
