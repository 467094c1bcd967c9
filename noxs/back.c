// SPDX-License-Identifier: GPL-2.0-only
/*
 * back.c: what back ends of all types have in common: the shared pages, the
 * event channel, the states of noxs/io.h, and the list of all back ends.
 *
 * Who may hold a struct noxs_back: the hash has it from publish to fini. A
 * look-up counts its user; the one who sets `dying` first ends the back end: it
 * is disconnected, its interrupt goes, its users leave, its type destroys it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/page.h>

#include "back.h"

#define CLOSE_TIMEOUT_MAX 3600000 /* ms */

/* By domid: a domain has few devices, a host has many domains. */
static DEFINE_HASHTABLE(backs, 12);
static DEFINE_MUTEX(backs_lock);
/* Rings when a user left, and when a back end is gone. */
static DECLARE_WAIT_QUEUE_HEAD(backs_wait);
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
	rc = back->ops->connect(back, features);
	if (rc) {
		noxs_back_broken(back, "cannot connect: %d", rc);
		tell_state(back, NOXS_BACK_BROKEN);
		return;
	}
	WRITE_ONCE(back->connected, true);
	set_state(back, NOXS_BACK_CONNECTED);
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
	xen_irq_lateeoi(back->irq, spurious ? XEN_EOI_FLAG_SPURIOUS : 0);
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

/* --- the list --------------------------------------------------------------- */

/* Under backs_lock. NOXS_DEV_NONE: any of the domain that is not dying. */
static struct noxs_back *find(u16 domid, u32 type, u32 id)
{
	struct noxs_back *back;

	hash_for_each_possible(backs, back, node, domid)
		if (back->domid == domid &&
		    (type == NOXS_DEV_NONE ? !back->dying :
		     back->type == type && back->id == id))
			return back;
	return NULL;
}

static bool is_free(u16 domid, u32 type, u32 id)
{
	bool found;

	mutex_lock(&backs_lock);
	found = find(domid, type, id);
	mutex_unlock(&backs_lock);
	return !found;
}

static bool has_any(u16 domid)
{
	struct noxs_back *back;
	bool found = false;

	mutex_lock(&backs_lock);
	hash_for_each_possible(backs, back, node, domid)
		found |= back->domid == domid;
	mutex_unlock(&backs_lock);
	return found;
}

static struct noxs_back *get(u16 domid, u32 type, u32 id)
{
	struct noxs_back *back;

	mutex_lock(&backs_lock);
	back = find(domid, type, id);
	if (back && back->dying)
		back = NULL;
	if (back)
		back->users++;
	mutex_unlock(&backs_lock);
	return back;
}

static void put(struct noxs_back *back)
{
	mutex_lock(&backs_lock);
	back->users--;
	mutex_unlock(&backs_lock);
	/* Not back->wait: it may be gone by now. */
	wake_up_all(&backs_wait);
}

/* Become the one who ends a back end. */
static struct noxs_back *claim(u16 domid, u32 type, u32 id)
{
	struct noxs_back *back;

	mutex_lock(&backs_lock);
	back = find(domid, type, id);
	if (back && back->dying)
		back = NULL;
	if (back)
		WRITE_ONCE(back->dying, true);
	mutex_unlock(&backs_lock);
	return back;
}

static bool enter(struct noxs_back *back)
{
	bool is_new;

	mutex_lock(&backs_lock);
	is_new = !find(back->domid, back->type, back->id);
	if (is_new)
		hash_add(backs, &back->node, back->domid);
	back->listed = is_new;
	mutex_unlock(&backs_lock);
	return is_new;
}

static void leave(struct noxs_back *back)
{
	mutex_lock(&backs_lock);
	if (back->listed)
		hash_del(&back->node);
	back->listed = false;
	mutex_unlock(&backs_lock);
	wake_up_all(&backs_wait);
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
	if (!is_free(domid, type, id))
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

int noxs_back_publish(struct noxs_back *back, u64 features,
		      struct noxs_device *device)
{
	int rc;

	fill_io(back, features);
	*device = (struct noxs_device){
		.type = back->type, .id = back->id, .grant = back->io_ref,
		.evtchn = back->evtchn, .features = features,
	};
	/* A front end that is there already waits at the lock. */
	mutex_lock(&back->lock);
	rc = bind(back);
	if (rc) {
		mutex_unlock(&back->lock);
		return rc;
	}
	__module_get(THIS_MODULE);
	if (enter(back)) {
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
	leave(back);
	noxs_back_page_end(back->io, back->io_ref);
}

/* End a back end that was claimed. */
static void end(struct noxs_back *back)
{
	mutex_lock(&back->lock);
	cut(back);
	tell_state(back, NOXS_BACK_CLOSED);
	mutex_unlock(&back->lock);
	unbind(back);
	wait_event(backs_wait, !READ_ONCE(back->users));
	back->ops->destroy(back);
	module_put(THIS_MODULE);
}

bool noxs_backs_reap(u16 domid)
{
	struct noxs_back *back;
	bool some = false;

	while ((back = claim(domid, NOXS_DEV_NONE, 0))) {
		end(back);
		some = true;
	}
	/* Others may be at it. */
	wait_event(backs_wait, !has_any(domid));
	return some;
}

/* From `bucket` on, the first domain that is not alive. */
static bool find_dead(bool (*alive)(u16 domid), unsigned int *bucket,
		      u16 *domid_out)
{
	struct noxs_back *back;
	bool found = false;

	mutex_lock(&backs_lock);
	for (; *bucket < HASH_SIZE(backs); ++*bucket) {
		hlist_for_each_entry(back, &backs[*bucket], node) {
			found = !back->dying && !alive(back->domid);
			*domid_out = back->domid;
			if (found)
				break;
		}
		if (found)
			break;
	}
	mutex_unlock(&backs_lock);
	return found;
}

void noxs_backs_sweep(bool (*alive)(u16 domid))
{
	unsigned int bucket = 0;
	u16 domid;

	while (find_dead(alive, &bucket, &domid))
		noxs_backs_reap(domid);
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
	back = claim(which->domid, which->type, which->id);
	if (!back)
		return -ENOENT;
	end(back);
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
	back = get(which->domid, which->type, which->id);
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
	put(back);
	return rc;
}

static void fill_info(struct noxs_back *back, struct noxs_back_info *info)
{
	*info = (struct noxs_back_info){
		.domid = back->domid, .type = back->type, .id = back->id,
		.back_state = READ_ONCE(back->state), .evtchn = back->evtchn,
	};
	back->ops->info(back, info);
}

void noxs_back_list(struct noxs_ioctl_list *list, struct noxs_back_info *infos)
{
	struct noxs_back *back;
	u32 room = list->count;
	unsigned int bucket;

	list->count = 0;
	list->total = 0;
	mutex_lock(&backs_lock);
	if (list->domid == NOXS_DOMID_SELF) {
		hash_for_each(backs, bucket, back, node)
			if (list->total++ < room)
				fill_info(back, &infos[list->count++]);
	} else {
		hash_for_each_possible(backs, back, node, list->domid)
			if (back->domid == list->domid &&
			    list->total++ < room)
				fill_info(back, &infos[list->count++]);
	}
	mutex_unlock(&backs_lock);
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
