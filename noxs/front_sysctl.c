// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_sysctl.c: the sysctl device (noxs/sysctl.h): the toolstack's requests,
 * and the guest's word that it is up, in /sys/devices/noxs.
 *
 * The page is this guest's own memory; dom0 may write to all of it at any time.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/clocksource.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/reboot.h>
#include <linux/timekeeping.h>
#include <xen/events.h>
#include <xen/page.h>

#include <noxs/sysctl.h>

#include "front.h"

#define SUPPORTED                                                        \
	(1u << NOXS_SYSCTL_POWEROFF | 1u << NOXS_SYSCTL_REBOOT |         \
	 1u << NOXS_SYSCTL_CRASH | 1u << NOXS_SYSCTL_WATCHDOG |          \
	 1u << NOXS_SYSCTL_RESCAN)

static struct noxs_sysctl *page;
static int irq;
static u32 port;
static u32 handled; /* request_id of the last request */
static unsigned int beat_ms;

/* The page outlives the module: `handled` starts where it left off. */
static void beat(struct work_struct *work);
static DECLARE_DELAYED_WORK(beat_work, beat);

static void beat(struct work_struct *work)
{
	page->heartbeat++;
	if (beat_ms)
		schedule_delayed_work(&beat_work, msecs_to_jiffies(beat_ms));
}

static void set_state(u32 state)
{
	wmb(); /* up_time and exit_code come first */
	WRITE_ONCE(page->state, state);
	notify_remote_via_irq(irq);
}

static u32 accept(u32 cmd, u64 arg)
{
	if (cmd == NOXS_SYSCTL_NONE || cmd > NOXS_SYSCTL_CMD_MAX)
		return NOXS_ACK_INVALID;
	if (!(SUPPORTED & 1u << cmd))
		return NOXS_ACK_UNSUPPORTED;
	if (cmd == NOXS_SYSCTL_WATCHDOG ? arg > INT_MAX : arg != 0)
		return NOXS_ACK_INVALID;
	return NOXS_ACK_ACCEPTED;
}

static void act(u32 cmd, u64 arg)
{
	switch (cmd) {
	case NOXS_SYSCTL_POWEROFF:
		set_state(NOXS_STATE_STOPPING);
		orderly_poweroff(true);
		break;
	case NOXS_SYSCTL_REBOOT:
		set_state(NOXS_STATE_STOPPING);
		orderly_reboot();
		break;
	case NOXS_SYSCTL_CRASH:
		set_state(NOXS_STATE_STOPPING);
		panic("noxs: the toolstack asked for a crash");
	case NOXS_SYSCTL_WATCHDOG:
		beat_ms = arg ? max_t(unsigned int, arg / 2, 1) : 0;
		mod_delayed_work(system_wq, &beat_work, 0);
		break;
	case NOXS_SYSCTL_RESCAN:
		noxs_front_bus_rescan();
		break;
	}
}

static void request(struct work_struct *work)
{
	u32 id = READ_ONCE(page->request_id);

	while (id != handled && id != 0) {
		u32 cmd, status;
		u64 arg;

		rmb(); /* the request came before its id */
		cmd = READ_ONCE(page->request_cmd);
		arg = READ_ONCE(page->request_arg);
		status = accept(cmd, arg);
		handled = id;
		page->ack_status = status;
		wmb(); /* the status before the id */
		WRITE_ONCE(page->ack_id, id);
		notify_remote_via_irq(irq);
		if (status == NOXS_ACK_ACCEPTED)
			act(cmd, arg);
		id = READ_ONCE(page->request_id);
	}
}

static DECLARE_WORK(request_work, request);

static irqreturn_t interrupt(int number, void *data)
{
	schedule_work(&request_work);
	xen_irq_lateeoi(number, 0);
	return IRQ_HANDLED;
}

/* What a guest's clocksource "xen" counts is Xen's system time. */
static u64 system_time(void)
{
	struct system_time_snapshot now;

	ktime_get_snapshot(&now);
	return now.cycles;
}

static ssize_t up_show(struct device *dev, struct device_attribute *attr,
		       char *buf)
{
	return sysfs_emit(buf, "%d\n", page->state == NOXS_STATE_UP);
}

static ssize_t up_store(struct device *dev, struct device_attribute *attr,
			const char *buf, size_t len)
{
	bool up;
	int err = kstrtobool(buf, &up);

	if (err)
		return err;
	if (up && page->state == NOXS_STATE_BOOTING) {
		page->up_time = system_time();
		set_state(NOXS_STATE_UP);
	}
	return len;
}
static DEVICE_ATTR_RW(up);

static ssize_t exit_code_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t len)
{
	u32 code;
	int err = kstrtou32(buf, 0, &code);

	if (err)
		return err;
	page->exit_code = code;
	return len;
}
static DEVICE_ATTR_WO(exit_code);

static struct attribute *attrs[] = {
	&dev_attr_up.attr,
	&dev_attr_exit_code.attr,
	NULL,
};

static const struct attribute_group group = {
	.attrs = attrs,
};

/* The control page must be this guest's own memory, mapped where all of it is. */
static int find_page(const struct noxs_device *dev)
{
	unsigned long pfn;

	if (!(dev->flags & NOXS_DEV_F_GFN))
		return -EPROTO;
	pfn = gfn_to_pfn(dev->gfn);
	if (!pfn_valid(pfn))
		return -EFAULT;
	page = pfn_to_kaddr(pfn);
	if (page->magic != NOXS_SYSCTL_MAGIC || page->version != NOXS_VERSION)
		return -EPROTO;
	return 0;
}

int noxs_front_sysctl_start(struct device *parent,
			    const struct noxs_device *dev)
{
	int err = find_page(dev);

	if (err)
		return err;
	handled = page->ack_id;
	port = dev->evtchn;
	irq = noxs_front_bind(port, interrupt, "noxs-sysctl", &irq);
	if (irq < 0)
		return irq;
	err = sysfs_create_group(&parent->kobj, &group);
	if (err) {
		noxs_front_unbind(irq, port, &irq, false);
		return err;
	}
	WRITE_ONCE(page->supported, SUPPORTED);
	/* One may have come before there was anybody to hear it. */
	schedule_work(&request_work);
	return 0;
}

void noxs_front_sysctl_stop(struct device *parent)
{
	WRITE_ONCE(page->supported, 0);
	sysfs_remove_group(&parent->kobj, &group);
	noxs_front_unbind(irq, port, &irq, false);
	cancel_work_sync(&request_work);
	beat_ms = 0;
	cancel_delayed_work_sync(&beat_work);
}
