// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_device.c: what a vif and a vbd have in common: pages of the back end
 * mapped here, the event channel, the states of noxs/io.h.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/interrupt.h>
#include <linux/slab.h>
#include <xen/balloon.h>
#include <xen/events.h>

#include "front.h"

/* The back end answers at once or is broken. */
#define ANSWER_TIMEOUT (5 * HZ)

static u32 back_state(const struct noxs_front *front)
{
	return READ_ONCE(front->io->back_state);
}

/*
 * Room for so few pages is taken out of the guest's own memory: a region of
 * unused addresses costs its page structures, megabytes of a small guest.
 */
static int alloc_room(struct noxs_front *front)
{
	int err = xen_alloc_ballooned_pages(front->page_count, front->pages);

	if (err)
		return err;
	err = gnttab_pages_set_private(front->page_count, front->pages);
	if (err)
		xen_free_ballooned_pages(front->page_count, front->pages);
	return err;
}

static void free_room(struct noxs_front *front)
{
	gnttab_pages_clear_private(front->page_count, front->pages);
	xen_free_ballooned_pages(front->page_count, front->pages);
}

static void unmap_pages(struct noxs_front *front)
{
	struct gnttab_unmap_grant_ref ops[NOXS_FRONT_PAGES];
	struct page *pages[NOXS_FRONT_PAGES];
	unsigned int i, n = 0;

	for (i = 0; i < front->page_count; i++) {
		if (front->handles[i] == INVALID_GRANT_HANDLE)
			continue;
		gnttab_set_unmap_op(&ops[n],
				    (unsigned long)page_address(front->pages[i]),
				    GNTMAP_host_map, front->handles[i]);
		pages[n++] = front->pages[i];
	}
	if (n && gnttab_unmap_refs(ops, NULL, pages, n))
		pr_err("pages of a back end could not be unmapped\n");
	free_room(front);
}

/* One hypercall for all pages. */
static int map_pages(struct noxs_front *front)
{
	struct gnttab_map_grant_ref ops[NOXS_FRONT_PAGES];
	grant_ref_t refs[NOXS_FRONT_PAGES];
	unsigned int i;
	int err;

	refs[0] = front->dev.grant;
	front->page_count = 1 + front->ops->rings(&front->dev, &refs[1]);
	err = alloc_room(front);
	if (err)
		return err;
	for (i = 0; i < front->page_count; i++)
		gnttab_set_map_op(&ops[i],
				  (unsigned long)page_address(front->pages[i]),
				  GNTMAP_host_map, refs[i], front->dev.backend);
	err = gnttab_map_refs(ops, NULL, front->pages, front->page_count);
	for (i = 0; i < front->page_count; i++) {
		bool good = !err && ops[i].status == GNTST_okay;

		front->handles[i] = good ? ops[i].handle : INVALID_GRANT_HANDLE;
		if (!good)
			err = err ?: -EIO;
	}
	if (err) {
		unmap_pages(front);
		return err;
	}
	front->io = page_address(front->pages[0]);
	for (i = 1; i < front->page_count; i++)
		front->rings[i - 1] = page_address(front->pages[i]);
	return 0;
}

static bool is_ours(const struct noxs_front *front)
{
	return front->io->magic == NOXS_IO_MAGIC &&
	       front->io->version == NOXS_VERSION &&
	       front->io->type == front->dev.type;
}

void noxs_front_eoi(struct noxs_front *front)
{
	if (xchg(&front->eoi, 0))
		xen_irq_lateeoi(front->irq, 0);
}

static irqreturn_t interrupt(int irq, void *data)
{
	struct noxs_front *front = data;

	front->irq = irq; /* before bind has returned it, too */
	WRITE_ONCE(front->eoi, 1);
	if (unlikely(back_state(front) != READ_ONCE(front->back_state))) {
		WRITE_ONCE(front->back_state, back_state(front));
		schedule_work(&front->work);
	}
	/* READY after READY is an answer, too. */
	if (unlikely(wq_has_sleeper(&front->wait)))
		wake_up(&front->wait);
	if (!front->ops->ring(front))
		noxs_front_eoi(front);
	return IRQ_HANDLED;
}

static void say(struct noxs_front *front, u32 state)
{
	wmb(); /* what the state is about comes first */
	WRITE_ONCE(front->io->front_state, state);
	notify_remote_via_irq(front->irq);
}

static bool is_at_rest(const struct noxs_front *front)
{
	u32 state = back_state(front);

	return state != NOXS_BACK_CONNECTED && state != NOXS_BACK_CLOSING;
}

void noxs_front_disconnect(struct noxs_front *front)
{
	say(front, NOXS_FRONT_CLOSED);
	if (!front->gone &&
	    !wait_event_timeout(front->wait, is_at_rest(front), ANSWER_TIMEOUT))
		pr_err("a back end does not close\n");
}

int noxs_front_ready(struct noxs_front *front)
{
	/* An earlier kernel or module may have left it connected. */
	if (back_state(front) == NOXS_BACK_CONNECTED)
		noxs_front_disconnect(front);
	return back_state(front) == NOXS_BACK_READY ? 0 : -EIO;
}

int noxs_front_connect(struct noxs_front *front, u64 features)
{
	if (front->gone || back_state(front) != NOXS_BACK_READY)
		return -EIO;
	front->io->front_features = features;
	say(front, NOXS_FRONT_CONNECTED);
	return 0;
}

/* Rings of a back end that is being destroyed begin anew. */
const char *noxs_front_fault(const struct noxs_front *front)
{
	return is_at_rest(front) ? "went away" : "is broken";
}

void noxs_front_retry(struct noxs_front *front)
{
	schedule_work(&front->work);
}

/* The back end's state changed, or what kept the device from closing. */
static void state_changed(struct work_struct *work)
{
	struct noxs_front *front = container_of(work, struct noxs_front, work);

	u32 state = back_state(front);

	mutex_lock(&front->lock);
	if (front->priv && front->ops->changed(front, state))
		say(front, NOXS_FRONT_CLOSED);
	mutex_unlock(&front->lock);
}

static int probe(struct noxs_front *front)
{
	int err = is_ours(front) ? noxs_front_ready(front) : -EPROTO;

	if (err)
		return err;
	mutex_lock(&front->lock);
	err = front->ops->probe(front);
	mutex_unlock(&front->lock);
	/* A change may have come before there was anybody to take care of it. */
	schedule_work(&front->work);
	return err;
}

int noxs_front_add(struct device *parent, const struct noxs_device *dev,
		   struct noxs_front **front_out)
{
	struct noxs_front *front = kzalloc(sizeof(*front), GFP_KERNEL);
	int err;

	if (!front)
		return -ENOMEM;
	front->dev = *dev;
	front->parent = parent;
	front->ops = dev->type == NOXS_DEV_VIF ? &noxs_front_net_ops :
						 &noxs_front_block_ops;
	mutex_init(&front->lock);
	INIT_WORK(&front->work, state_changed);
	init_waitqueue_head(&front->wait);
	err = map_pages(front);
	if (err)
		goto fail;
	front->back_state = back_state(front);
	err = noxs_front_bind(dev->evtchn, interrupt, "noxs", front);
	if (err < 0)
		goto fail_unmap;
	front->irq = err;
	err = probe(front);
	if (err)
		goto fail_unbind;
	*front_out = front;
	return 0;

fail_unbind:
	noxs_front_unbind(front->irq, dev->evtchn, front, false);
	cancel_work_sync(&front->work);
fail_unmap:
	unmap_pages(front);
fail:
	kfree(front);
	return err;
}

void noxs_front_remove(struct noxs_front *front, bool gone)
{
	mutex_lock(&front->lock);
	WRITE_ONCE(front->gone, gone);
	front->ops->remove(front);
	mutex_unlock(&front->lock);
	noxs_front_unbind(front->irq, front->dev.evtchn, front, gone);
	cancel_work_sync(&front->work);
	unmap_pages(front);
	kfree(front);
}
