// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_list.c: the list of all back ends.
 *
 * Who may hold a struct noxs_back: the hash has it from publish to fini. A
 * look-up counts its user; the one who sets `dying` first ends the back end: it
 * is disconnected, its interrupt goes, its users leave, its type destroys it.
 */
#include <linux/hashtable.h>

#include "back.h"

/* By domid: a domain has few devices, a host has many domains. */
static DEFINE_HASHTABLE(backs, 12);
static DEFINE_MUTEX(backs_lock);
/* Rings when a user left, and when a back end is gone. */
static DECLARE_WAIT_QUEUE_HEAD(backs_wait);

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

bool noxs_back_is_free(u16 domid, u32 type, u32 id)
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

struct noxs_back *noxs_back_get(u16 domid, u32 type, u32 id)
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

void noxs_back_put(struct noxs_back *back)
{
	mutex_lock(&backs_lock);
	back->users--;
	mutex_unlock(&backs_lock);
	/* Not back->wait: it may be gone by now. */
	wake_up_all(&backs_wait);
}

struct noxs_back *noxs_back_claim(u16 domid, u32 type, u32 id)
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

bool noxs_back_enter(struct noxs_back *back)
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

void noxs_back_leave(struct noxs_back *back)
{
	mutex_lock(&backs_lock);
	if (back->listed)
		hash_del(&back->node);
	back->listed = false;
	mutex_unlock(&backs_lock);
	wake_up_all(&backs_wait);
}

void noxs_back_wait_unused(struct noxs_back *back)
{
	wait_event(backs_wait, !READ_ONCE(back->users));
}

bool noxs_backs_reap(u16 domid)
{
	struct noxs_back *back;
	bool some = false;

	while ((back = noxs_back_claim(domid, NOXS_DEV_NONE, 0))) {
		noxs_back_end(back);
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
