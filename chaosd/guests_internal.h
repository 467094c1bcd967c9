/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_internal.h: what the files of guests share. All of it is the main
 * thread's.
 */
#ifndef CHAOSD_GUESTS_INTERNAL_H
#define CHAOSD_GUESTS_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>

#include "daemon.h"
#include "deadlog.h"
#include "guests.h"
#include "json.h"
#include "ring.h"
#include "server.h"

struct event;
struct reader;

/*
 * One domain. It waits (for its maker, or for a program that is attached) while
 * con and ring.head are NULL and `foreign` is false. One that is gone is in no
 * table any more and lives on only for readers that have not read all.
 */
struct guest {
    struct guests *gs;
    struct chaos_console *con; /* NULL: not attached */
    struct ring ring;
    TAILQ_ENTRY(guest) all;
    TAILQ_ENTRY(guest) busy;
    TAILQ_HEAD(, reader) readers;
    struct event *timer; /* to attach, or until it is up; NULL: neither */
    uint64_t since_ns;   /* when that began */
    uint64_t checked_ns; /* when it was last seen not to be up */
    uint32_t domid;
    uint8_t tries;
    bool foreign; /* it has no console of ours: known, and left alone */
    struct guest_facts known; /* of a foreign one */
    bool is_busy;             /* in the list */
    bool gone;
};

TAILQ_HEAD(guest_list, guest);
TAILQ_HEAD(reader_list, reader);

#define READER_BUCKETS 64

struct guests {
    struct daemon *d;
    struct chaos_consoles *set; /* NULL: this Xen has no noxs */
    struct event *rings;        /* a guest wrote, or made room */
    struct event *turn;  /* those that wrote more than one turn's worth */
    struct event *sweep; /* now and then: who was missed, what is too old */
    struct guest **by_id;
    uint32_t room; /* in by_id */
    struct guest_list all, busy;
    struct deadlog *log; /* NULL: none can be kept */
    struct json json;
    struct reader_list readers[READER_BUCKETS]; /* by number of client */
    struct guests_counts counts;
    bool started; /* the first scan is over */
};

/* guests.c */
struct guest *guest_of(const struct guests *gs, uint32_t domid);
/* An entry for a domain; NULL: no memory. */
struct guest *guest_make(struct guests *gs, uint32_t domid);
/* Forget it; its ring file goes with it. */
void guest_drop(struct guest *g);
int64_t guests_time(void);

/* guests_attach.c */
enum attach_how {
    ATTACH_MADE, /* only when it is made; else it is tried again */
    ATTACH_NOW,  /* whatever it is: it has stopped */
};
/* An entry remains, be it of one that waits; none of a domain that is not. */
void guest_attach(struct guests *gs, uint32_t domid, enum attach_how how);
/* The same in a millisecond, unless somebody wants it earlier. */
void guest_attach_soon(struct guests *gs, uint32_t domid);
/* What may have changed of an attached one: its name, what it dropped. */
void guest_refresh(struct guest *g);
/* Rings without a domain: their guests ended while no daemon ran. */
void guests_bury_orphans(struct guests *gs);
/* The directory of the rings. */
void guests_ring_path(const struct guests *gs, char *path, size_t size,
                      const char *name);

/* guests_drain.c */
/* Take what it wrote, at most a turn's worth. True: there may be more. */
bool guest_drain(struct guest *g);
/* The same, and tell its readers; the rest comes by itself. */
void guest_turn(struct guest *g);
int guests_drain_start(struct guests *gs);
void guests_drain_stop(struct guests *gs);

/* guests_up.c */
/* It was attached to: see when it is up. `now`: it may have been for long. */
void guest_await_up(struct guest *g, bool now);
/* It wrote something: perhaps it is up by now. */
void guest_look_up(struct guest *g);
/* It has stopped: what it says of itself is final. */
void guest_final_state(struct guest *g, unsigned reason);
void guest_timer_stop(struct guest *g);
/* 1, 2, 4 ... up to `most` milliseconds. False: no memory. */
bool guest_timer_next(struct guest *g, unsigned most,
                      void (*fn)(int fd, short what, void *arg));

/* guests_console.c */
extern const struct handler guests_console_handlers[];
extern const size_t guests_console_handler_count;
/* Send readers what they lack; and the end to those that have all. */
void guest_feed(struct guest *g);
/* It made room: pass on what its readers typed. */
void guest_input(struct guest *g);
/* It has no more readers, without a word to them. */
void guest_readers_drop(struct guest *g);
/* The same for all, and for those that are gone, which only readers keep. */
void guests_readers_end(struct guests *gs);

/* guests_log.c */
void guests_log(struct daemon *d, struct client *c, const struct request *rq);

#endif /* CHAOSD_GUESTS_INTERNAL_H */
