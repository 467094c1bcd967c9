/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front.h: the seam between what all front ends have in common (the bus in
 * front_bus.c, a device's pages and states in front_device.c) and what a type
 * of them does (front_net*.c, front_block*.c).
 */
#ifndef NOXS_FRONT_H
#define NOXS_FRONT_H

#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>

#include <noxs/block.h>
#include <noxs/net.h>

/* The control page and the rings of a device. */
#define NOXS_FRONT_PAGES 3

struct noxs_front;

/*
 * probe, changed and remove run in process context, one at a time for a device.
 */
struct noxs_front_ops {
	/* Grants of the rings, which follow the control page; their number. */
	unsigned int (*rings)(const struct noxs_device *dev, grant_ref_t *refs);
	/* Pages are mapped, the channel is bound, the back end is READY. */
	int (*probe)(struct noxs_front *front);
	/*
	 * The back end's state is another, or noxs_front_retry() was called.
	 * CLOSING: it wants the device closed. True: its users are gone and it
	 * is. False: not now; retry when that may have changed.
	 */
	bool (*changed)(struct noxs_front *front, u32 back_state);
	/* Stop, free everything, closed before or not, the back end alive or not. */
	void (*remove)(struct noxs_front *front);
	/*
	 * The back end rang; maybe before probe or after remove, too. Hard
	 * interrupt context. True: handed over to somebody who calls
	 * noxs_front_eoi().
	 */
	bool (*ring)(struct noxs_front *front);
};

struct noxs_front {
	/* Of the common part, read-only for the type. */
	struct list_head node;
	struct noxs_device dev; /* as the device page had it */
	const struct noxs_front_ops *ops;
	struct device *parent;
	struct noxs_io *io;
	void *rings[NOXS_FRONT_PAGES - 1];
	int irq;
	bool gone; /* no longer in the device page: nobody answers */
	/* The type's own; not NULL while there is a device to close. */
	void *priv;
	/* The common part's own. */
	unsigned int page_count;
	struct page *pages[NOXS_FRONT_PAGES];
	grant_handle_t handles[NOXS_FRONT_PAGES];
	struct mutex lock;
	struct work_struct work;
	wait_queue_head_t wait;
	u32 back_state; /* as last seen */
	int eoi; /* an interrupt waits for its end */
};

/* front_device.c */
int noxs_front_add(struct device *parent, const struct noxs_device *dev,
		   struct noxs_front **front_out);
/* gone: the device page has it no longer. */
void noxs_front_remove(struct noxs_front *front, bool gone);

/*
 * Tell the back end that the rings are in use, or no longer. After disconnect
 * nothing of this side is looked at any more. -EIO: the back end is not ready.
 */
int noxs_front_connect(struct noxs_front *front, u64 features);
void noxs_front_disconnect(struct noxs_front *front);
/* Whether disconnect left the back end ready; else ask it once more. */
int noxs_front_ready(struct noxs_front *front);
/* Any context: the next three. What is wrong with a back end's answers. */
const char *noxs_front_fault(const struct noxs_front *front);
void noxs_front_retry(struct noxs_front *front);
void noxs_front_eoi(struct noxs_front *front);

/* front_bus.c */
long noxs_front_op(unsigned int op, void *arg, void *buf);
int noxs_front_bus_init(struct noxs_device *sysctl_out);
void noxs_front_bus_start(struct device *parent);
void noxs_front_bus_rescan(void);
void noxs_front_bus_stop(void);

/* Bind a port of this guest's, which unbinding must not close. */
int noxs_front_bind(u32 port, irq_handler_t handler, const char *name,
		    void *data);
/* close: nobody will ever want the port again. */
void noxs_front_unbind(int irq, u32 port, void *data, bool close);

/* front_sysctl.c */
int noxs_front_sysctl_start(struct device *parent,
			    const struct noxs_device *dev);
void noxs_front_sysctl_stop(struct device *parent);

/* The types. */
extern const struct noxs_front_ops noxs_front_net_ops;
extern const struct noxs_front_ops noxs_front_block_ops;

#endif /* NOXS_FRONT_H */
