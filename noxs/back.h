/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * back.h: the seam between what all back ends have in common (back.c) and what
 * a type of them does (back_net*.c, back_block*.c).
 *
 * The common part owns the control page, the event channel, the states of
 * noxs/io.h, the list of all back ends, and their end. A type owns its rings.
 *
 * Locks, outermost first:
 *
 *   back->lock		mutex of one back end: its state, connect, disconnect
 *   what a type has (net: MAC addresses; rtnl; the queue's xmit lock)
 *   backs_lock		mutex of back.c: the hash of all back ends
 *
 * rtnl may be taken under back->lock, never the other way round: what the
 * network core calls under rtnl does not take back->lock. Nothing is taken
 * under backs_lock, so info() takes no lock that is held around a call of
 * back.c. The interrupt handler, kick(), noxs_back_notify(), noxs_back_eoi()
 * and noxs_back_broken() take none of these.
 */
#ifndef NOXS_BACK_H
#define NOXS_BACK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>

#include <noxs/block.h>
#include <noxs/ioctl.h>

struct noxs_back;

/*
 * connect, disconnect and destroy run in process context, one at a time for one
 * back end: connect and disconnect under back->lock, destroy after the last
 * user is gone.
 */
struct noxs_back_ops {
	/*
	 * The front end is there; its features are as it wrote them. From
	 * now on kick() is called, also once right after this for what came
	 * before. -errno: the front end is cut off.
	 */
	int (*connect)(struct noxs_back *back, u64 front_features);
	/*
	 * Stop: when it returns nothing touches the rings or the guest's pages
	 * any more, and the rings are as new. Called only when connected.
	 */
	void (*disconnect)(struct noxs_back *back);
	/*
	 * The guest rang while connected. Hard interrupt context, or as if:
	 * hand over to NAPI or a thread, which calls noxs_back_eoi() when it
	 * has looked. Until then the guest's ringing, that it closed included,
	 * is not heard. May come once more while disconnect() runs.
	 */
	void (*kick)(struct noxs_back *back);
	/*
	 * Disconnected already: free everything, the noxs_back included, after
	 * noxs_back_fini().
	 */
	void (*destroy)(struct noxs_back *back);
	/*
	 * Fill in the counters and what is of this type. Process context, at
	 * any time between publish and fini, beside all others.
	 */
	void (*info)(struct noxs_back *back, struct noxs_back_info *info);
};

struct noxs_back {
	/* Of the common part, read-only for the type. */
	struct hlist_node node;
	const struct noxs_back_ops *ops;
	u16 domid;
	u32 type;
	u32 id;
	u32 evtchn;          /* the guest's port */
	struct noxs_io *io;  /* the control page */
	u32 state;           /* NOXS_BACK_*; io->back_state is for the guest */
	/* The common part's own. */
	grant_ref_t io_ref;
	int irq;
	u64 features;        /* offered */
	bool connected;      /* ops->connect was called; under lock */
	bool listed;         /* in the hash; under backs_lock */
	bool dying;          /* on its way out; under backs_lock and lock */
	bool broken;         /* set once, from any context */
	unsigned int idle_rings; /* in a row; of who may call eoi */
	unsigned int closers; /* CLOSE calls that wait; under lock */
	unsigned int users;  /* pointers got by a look-up; under backs_lock */
	struct mutex lock;
	struct work_struct work;
	wait_queue_head_t wait;
};

/*
 * For a type's create call. Init checks that (domid, type, id) is new, allocates
 * and grants the control page and prepares everything but the interrupt; the type
 * then allocates its rings, fills in the control page behind io, and calls
 * publish, which binds the event channel and enters the list. From then on
 * connect() may be called, and anybody may end the back end: the type must not
 * touch it after publish succeeded. After a failure of publish, or instead of
 * it, abort undoes init; the type's own memory is the caller's to free.
 */
int noxs_back_init(struct noxs_back *back, const struct noxs_back_ops *ops,
		   u16 domid, u32 type, u32 id, u32 evtchn);
int noxs_back_publish(struct noxs_back *back, u64 features);
void noxs_back_abort(struct noxs_back *back);
/* The guest's device page's entry, but for its config. After init. */
void noxs_back_describe(const struct noxs_back *back, u64 features,
			struct noxs_device *device);
/*
 * One that no front end has taken up, with its lock held, so that none does; to
 * be given back. ERR_PTR(-ENOENT): there is none such; -EBUSY: one has.
 */
struct noxs_back *noxs_back_change(u16 domid, u32 type, u32 id);
void noxs_back_changed(struct noxs_back *back);
/* For ops->destroy: what init and publish made; (domid, type, id) is free. */
void noxs_back_fini(struct noxs_back *back);

/* A zeroed page granted to the guest, for a ring. */
int noxs_back_page(struct noxs_back *back, void **page_out,
		   grant_ref_t *ref_out);
/* End the grant; the page is freed now or when the guest lets go of it. */
void noxs_back_page_end(void *page, grant_ref_t ref);

/* Ring the guest. Any context, between publish and the end of disconnect. */
void noxs_back_notify(struct noxs_back *back);
/* The last kick was looked at; spurious: there was nothing. Same contexts. */
void noxs_back_eoi(struct noxs_back *back, bool spurious);
/*
 * The front end broke the protocol: log why (rate-limited), cut it off. Any
 * context; the type stops by itself to look at the rings and is disconnected
 * soon.
 */
__printf(2, 3) void noxs_back_broken(struct noxs_back *back, const char *fmt,
				     ...);

/* The types: the ioctls, with the structure already copied and its pads checked. */
int noxs_net_create(struct noxs_ioctl_vif *vif);
/* `out` is where `set` came from: written before anything is changed. */
int noxs_net_set(struct noxs_ioctl_vif_set *set, void __user *out);
int noxs_net_start(void); /* of the module */
void noxs_net_stop(void);
int noxs_block_create(struct noxs_ioctl_vbd *vbd);
int noxs_block_start(void);
void noxs_block_stop(void);

/*
 * With the module's parameter fail_at=N the N-th call from then on says true,
 * once: every step of a create that can fail asks it. Tests walk through them.
 */
bool noxs_fault(void);

/* back_list.c, for back.c */

bool noxs_back_is_free(u16 domid, u32 type, u32 id);
/* False: such a one is there. */
bool noxs_back_enter(struct noxs_back *back);
/* Also where it was not entered. */
void noxs_back_leave(struct noxs_back *back);
/* One that is not dying, until put; or NULL. */
struct noxs_back *noxs_back_get(u16 domid, u32 type, u32 id);
void noxs_back_put(struct noxs_back *back);
/* Become the one who ends it; NULL: there is none, or another does. */
struct noxs_back *noxs_back_claim(u16 domid, u32 type, u32 id);
/* Until nobody has it from get any more. */
void noxs_back_wait_unused(struct noxs_back *back);

/* back.c, for back_list.c: end one that was claimed. */
void noxs_back_end(struct noxs_back *back);

/* back.c and back_list.c, for back_main.c and back_exit.c */

int noxs_backs_start(void);
/* There are no back ends any more. */
void noxs_backs_stop(void);
/* The ioctls CLOSE, DESTROY and LIST: see noxs/ioctl.h. */
int noxs_back_close(const struct noxs_ioctl_device *which);
int noxs_back_destroy(const struct noxs_ioctl_device *which);
/* At most list->count infos; sets count and total. */
void noxs_back_list(struct noxs_ioctl_list *list, struct noxs_back_info *infos);
/* End all back ends of a domain. True: there were some. */
bool noxs_backs_reap(u16 domid);
/* End those of all domains of which alive(domid) is false. */
void noxs_backs_sweep(bool (*alive)(u16 domid));

/* back_exit.c */

/* -ENODEV: this hypervisor does not know noxs. */
int noxs_exit_start(void);
void noxs_exit_stop(void);
bool noxs_domain_alive(u16 domid);

#endif /* NOXS_BACK_H */
