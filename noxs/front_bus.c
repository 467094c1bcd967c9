// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_bus.c: the guest's device page as a bus: what is in it, what came, what
 * went.
 *
 * The list is asked for by hypercall, which copies all of it at one moment; a
 * guest does so once at its start and at each RESCAN.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/slab.h>
#include <xen/events.h>
#include <asm/xen/hypercall.h>

#include "front.h"

/* All devices of types known here; changes under bus_lock. */
static LIST_HEAD(fronts);
static DEFINE_MUTEX(bus_lock);
static struct device *bus_parent;

long noxs_front_op(unsigned int op, void *arg, void *buf)
{
	return xen_single_call(__HYPERVISOR_noxs_op, op, (unsigned long)arg,
			       (unsigned long)buf, 0, 0);
}

int noxs_front_bind(u32 port, irq_handler_t handler, const char *name,
		    void *data)
{
	int irq = bind_evtchn_to_irqhandler_lateeoi(port, handler, 0, name,
						    data);

	if (irq < 0)
		return irq;
	/*
	 * The toolstack made the port: closed, it could never be bound again,
	 * for instance by the next insmod. The reference outlives this module.
	 */
	if (evtchn_get(port)) {
		evtchn_make_refcounted(port);
		evtchn_get(port);
	}
	return irq;
}

void noxs_front_unbind(int irq, u32 port, void *data, bool close)
{
	if (close)
		evtchn_put(port);
	unbind_from_irqhandler(irq, data);
}

/* All devices, in memory that the caller frees. */
static struct noxs_device *list_devices(unsigned int *count_out)
{
	struct noxs_op_devs op = {
		.domid = NOXS_DOMID_SELF,
		.count = NOXS_DEV_MAX,
	};
	struct noxs_device *devs;
	long err;

	devs = kcalloc(NOXS_DEV_MAX, sizeof(*devs), GFP_KERNEL);
	if (!devs)
		return ERR_PTR(-ENOMEM);
	err = noxs_front_op(NOXS_OP_DEV_LIST, &op, devs);
	if (err) {
		kfree(devs);
		return ERR_PTR(err);
	}
	*count_out = min_t(unsigned int, op.count, NOXS_DEV_MAX);
	return devs;
}

static const struct noxs_device *find(const struct noxs_device *devs,
				      unsigned int count, u32 type, u32 id)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (devs[i].type == type && devs[i].id == id)
			return &devs[i];
	return NULL;
}

/* Those that are no longer in the page, or are there as somebody else. */
static void remove_gone(const struct noxs_device *devs, unsigned int count)
{
	struct noxs_front *front, *next;

	list_for_each_entry_safe(front, next, &fronts, node) {
		const struct noxs_device *dev;

		dev = find(devs, count, front->dev.type, front->dev.id);
		if (dev && dev->generation == front->dev.generation)
			continue;
		list_del(&front->node);
		noxs_front_remove(front, true);
	}
}

static bool is_known(const struct noxs_device *dev)
{
	struct noxs_front *front;

	if (dev->type != NOXS_DEV_VIF && dev->type != NOXS_DEV_VBD)
		return true;
	list_for_each_entry(front, &fronts, node)
		if (front->dev.type == dev->type && front->dev.id == dev->id)
			return true;
	return false;
}

static void add_new(const struct noxs_device *devs, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct noxs_front *front;
		int err;

		if (is_known(&devs[i]))
			continue;
		err = noxs_front_add(bus_parent, &devs[i], &front);
		if (err)
			pr_err("%s %u: cannot be used: error %d\n",
			       devs[i].type == NOXS_DEV_VIF ? "vif" : "vbd",
			       devs[i].id, err);
		else
			list_add_tail(&front->node, &fronts);
	}
}

void noxs_front_bus_rescan(void)
{
	unsigned int count;
	struct noxs_device *devs;

	mutex_lock(&bus_lock);
	devs = list_devices(&count);
	if (IS_ERR(devs)) {
		pr_err("no list of devices: error %ld\n", PTR_ERR(devs));
	} else {
		remove_gone(devs, count);
		add_new(devs, count);
		kfree(devs);
	}
	mutex_unlock(&bus_lock);
}

int noxs_front_bus_init(struct noxs_device *sysctl_out)
{
	struct noxs_op_version version = { 0 };
	const struct noxs_device *sysctl;
	struct noxs_device *devs;
	unsigned int count;

	if (noxs_front_op(NOXS_OP_VERSION, &version, NULL) ||
	    version.version != NOXS_VERSION)
		return -ENODEV;
	devs = list_devices(&count);
	if (IS_ERR(devs))
		return PTR_ERR(devs);
	sysctl = find(devs, count, NOXS_DEV_SYSCTL, 0);
	if (sysctl)
		*sysctl_out = *sysctl;
	kfree(devs);
	return sysctl ? 0 : -ENODEV;
}

void noxs_front_bus_start(struct device *parent)
{
	bus_parent = parent;
	noxs_front_bus_rescan();
}

void noxs_front_bus_stop(void)
{
	struct noxs_front *front, *next;

	mutex_lock(&bus_lock);
	list_for_each_entry_safe(front, next, &fronts, node) {
		list_del(&front->node);
		noxs_front_remove(front, false);
	}
	mutex_unlock(&bus_lock);
}
