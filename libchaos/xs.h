/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs.h: what the files of the bus that is XenStore's share.
 */
#ifndef LIBCHAOS_XS_H
#define LIBCHAOS_XS_H

#include <chaos/console.h>
#include <chaos/domain.h>

#include "hv.h"
#include "store.h"

/* Commits that may fail because others wrote beside it. */
#define XS_TRIES 100u
#define XS_UUID_SIZE 37

/* --- requests that go out together (xs.c) ----------------------------------
 */

/* 128 vCPUs, each with a node, and all the rest. */
#define XS_BATCH_MAX 160u
#define XS_TEXT_SIZE 16384u

struct xs_batch {
    size_t count, used;
    bool overflow;
    struct store_request requests[XS_BATCH_MAX];
    char text[XS_TEXT_SIZE]; /* paths and values, each ended with a zero */
};

void xs_start(struct xs_batch *b);
/* The value is two texts in a row. */
void xs_write(struct xs_batch *b, const char *value, const char *more,
              const char *path, ...) __attribute__((format(printf, 4, 5)));
void xs_number(struct xs_batch *b, uint64_t value, const char *path, ...)
    __attribute__((format(printf, 3, 4)));
/* A directory, and who may do what below it. */
void xs_mkdir(struct xs_batch *b, const struct store_permissions *perms,
              const char *path, ...) __attribute__((format(printf, 3, 4)));
/* It need not be there. */
void xs_remove(struct xs_batch *b, const char *path, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The domain has its directory still, or -ESRCH: in a transaction, what is
 * written of it does not outlive it.
 */
void xs_expect(struct xs_batch *b, uint32_t domid);

/* What the daemon said of a path, with text. */
int xs_refused(struct chaos_ctx *ctx, int rc, const char *path) CHAOS_CHECK;
/* The first failure, with text. */
int xs_run(struct chaos_ctx *ctx, struct store *store, uint32_t transaction,
           struct xs_batch *b) CHAOS_CHECK;
int xs_begin(struct chaos_ctx *ctx, struct store *store,
             uint32_t *transaction_out) CHAOS_CHECK;
/* -EAGAIN: begin anew. Any failure has text. */
int xs_commit(struct chaos_ctx *ctx, struct store *store,
              uint32_t transaction) CHAOS_CHECK;
/* The same in a transaction of their own. */
int xs_run_at_once(struct chaos_ctx *ctx, struct store *store,
                   struct xs_batch *b) CHAOS_CHECK;

void xs_uuid(const uint8_t uuid[NOXS_UUID_SIZE], char text_out[XS_UUID_SIZE]);

/* --- xs_clean.c: what there is of a domain that ends ------------------------
 */

/* All of it. NULL: the uuid is not known here, but perhaps there. */
int xs_clean(struct chaos_ctx *ctx, uint32_t domid,
             const uint8_t *uuid) CHAOS_CHECK;
/* Its devices alone: it is stopped, and another is to have them. */
int xs_give_up(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;

/* --- xs_device.c: what vifs and vbds have in common -------------------------
 */

/* What its back end may take, beside the module that it may have to load. */
#define XS_BACK_LIMIT_MS 10000u

struct xs_device {
    uint32_t domid;
    uint32_t type; /* NOXS_DEV_VIF, NOXS_DEV_VBD */
    uint32_t id;
    unsigned index; /* of vifs[] or vbds[], for messages */
};

/*
 * Tell both ends of a device: between these two, what is special of it. The
 * back end does not stir before it has read the last node.
 */
void xs_device_start(struct xs_batch *b, const struct xs_device *d);
void xs_device_end(struct xs_batch *b, const struct xs_device *d);
/* Write that: at once where the guest runs, so that it sees all or nothing. */
struct create;
int xs_device_tell(const struct create *c, struct store *store,
                   struct xs_batch *b) CHAOS_CHECK;
/* A node of the front end, of the back end, and for xl to know. */
void xs_front(struct xs_batch *b, const struct xs_device *d, const char *key,
              const char *value);
void xs_back(struct xs_batch *b, const struct xs_device *d, const char *key,
             const char *value);
void xs_tool(struct xs_batch *b, const struct xs_device *d, const char *key,
             const char *value);

/*
 * Wait for what the back end makes, by `wait` of the host, in portions between
 * which it may have said that it cannot. A failure has text.
 */
struct host;
typedef int xs_wait_fn(struct host *host, const struct xs_device *d,
                       unsigned timeout_ms, uint32_t *result_out);
int xs_device_wait(struct chaos_ctx *ctx, struct store *store,
                   struct host *host, const struct xs_device *d,
                   xs_wait_fn *wait, uint32_t *result_out) CHAOS_CHECK;

/*
 * A guest that writes its own end over and over spoils every transaction that
 * removes it, and loses that end first.
 */
int xs_device_disarm(struct chaos_ctx *ctx, struct store *store,
                     const struct xs_device *d) CHAOS_CHECK;
/* All nodes of one. -ENOENT without text: it was not noted for xl to know. */
int xs_device_remove(struct chaos_ctx *ctx,
                     const struct xs_device *d) CHAOS_CHECK;
/* Devices of one type; the last error's text is kept, a failure logged. */
void xs_devices_remove(struct chaos_ctx *ctx, struct host *host,
                       const struct xs_device *devices, unsigned count);

/* --- xs_script.c: what xl's scripts set up ----------------------------------
 */

/* Named as a device's script where there is none; it is never run here. */
#define XS_NO_SCRIPT "/bin/true"

/*
 * If a script set up this device, as for xl's, make the back end close and run
 * the script again, as xl does; then the back end's nodes are gone. What goes
 * wrong with the script is logged. The last error's text is kept, but by what
 * fails here: XenStore.
 */
int xs_script_undo(struct chaos_ctx *ctx, struct store *store,
                   const struct xs_device *d) CHAOS_CHECK;

/* --- the bus's ops of these names (xs_vif.c, xs_vbd.c) -----------------------
 */

int xs_make_vifs(struct create *c) CHAOS_CHECK;
void xs_unmake_vifs(struct create *c);
int xs_finalise_vifs(struct create *c) CHAOS_CHECK;
int xs_make_vbds(struct create *c) CHAOS_CHECK;
void xs_unmake_vbds(struct create *c);

/* xs_other.c: the files that xl keeps of a domain that is gone. */
void xs_other_forget(uint32_t domid);

/* --- names (xs_names.c) -----------------------------------------------------
 */

struct xs_name {
    const char *name; /* NULL: none */
    uint32_t domid;
    const uint8_t *uuid;
    bool given; /* the uuid is not ours: another domain may have it */
};
/*
 * Write what gives a domain its name, at once and while no other program of
 * ours looks for one. -EEXIST with text: another domain has it, or the uuid.
 */
int xs_name_claim(struct chaos_ctx *ctx, struct store *store,
                  const struct xs_name *name, struct xs_batch *b) CHAOS_CHECK;
/* The bus's ops of these names. */
int xs_fill(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
            size_t count) CHAOS_CHECK;
int xs_fill_one(struct chaos_ctx *ctx,
                struct chaos_domain_info *info) CHAOS_CHECK;
int xs_lookup(struct chaos_ctx *ctx, const char *name,
              uint32_t *domid_out) CHAOS_CHECK;
int xs_rename(struct chaos_ctx *ctx, uint32_t domid,
              const char *name) CHAOS_CHECK;

/* --- living guests ----------------------------------------------------------
 */

/* Whether it is what is waited for, or -ENOENT. */
typedef bool xs_ready_fn(const struct store_request *answer);
/* A node of a domain, waited for. */
struct xs_wait {
    uint32_t domid;
    const char *path;
    const char *word; /* written first; NULL: nothing is */
    xs_ready_fn *ready;
    uint64_t deadline;
};
/*
 * xs_wait.c: -ETIME without text when the time is over, and -ESHUTDOWN without
 * text for a domain that ended before. -ETIMEDOUT is, as everywhere, a daemon
 * that does not answer. *text_out (may be NULL) is owned by the caller, and
 * NULL where there is no such node.
 */
int xs_wait(struct chaos_ctx *ctx, struct store *store, const struct xs_wait *w,
            char **text_out) CHAOS_CHECK;

/* xs_request.c, xs_guest.c, console_pty.c: the bus's ops of these names. */
int xs_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_reason what,
               unsigned timeout_ms) CHAOS_CHECK;
int xs_wait_up(struct chaos_ctx *ctx, uint32_t domid,
               unsigned timeout_ms) CHAOS_CHECK;
int xs_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_guest_state *state_out) CHAOS_CHECK;
int xs_console_open(struct chaos_ctx *ctx, uint32_t domid,
                    struct chaos_console **con_out) CHAOS_CHECK;

/* --- devices of living domains: the bus's ops of these names ----------------
 */

struct host_back;

/* xs_list.c */
int xs_devices(struct chaos_ctx *ctx, uint32_t domid,
               struct noxs_device *devices) CHAOS_CHECK;
int xs_backs(struct chaos_ctx *ctx, uint32_t domid,
             struct host_back **backs_out, size_t *count_out) CHAOS_CHECK;

/* xs_plug.c */
int xs_plug(struct create *c) CHAOS_CHECK;
void xs_unplug(struct create *c);
void xs_rescan(struct chaos_ctx *ctx, uint32_t domid);
int xs_device_close(struct chaos_ctx *ctx, uint32_t domid,
                    const struct noxs_device *device,
                    unsigned timeout_ms) CHAOS_CHECK;
int xs_device_forget(struct chaos_ctx *ctx, uint32_t domid,
                     const struct noxs_device *device) CHAOS_CHECK;
int xs_device_gone(struct chaos_ctx *ctx, uint32_t domid,
                   const struct noxs_device *device) CHAOS_CHECK;

/* --- xs_watch.c: chaos_watch on a Xen without noxs --------------------------
 */

struct xs_watch;
/* Of a context whose hypervisor is open. */
int xs_watch_open(struct chaos_ctx *ctx,
                  struct xs_watch **watch_out) CHAOS_CHECK;
void xs_watch_close(struct xs_watch *w);
int xs_watch_fd(const struct xs_watch *w);
/* Make the descriptor wait for what comes next. */
int xs_watch_drain(struct xs_watch *w) CHAOS_CHECK;
int xs_watch_read(struct xs_watch *w, struct noxs_exit *exits,
                  size_t count) CHAOS_CHECK;

#endif /* LIBCHAOS_XS_H */
