/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_script.c: undo what xl's scripts set up for a device.
 *
 * Of a device of xl's, a script made what the back end needs, such as the loop
 * device of a file. It is to run once more when the back end has closed, with
 * the words and variables that libxl gives it, and while its nodes are there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"
#include "internal.h"
#include "program.h"
#include "xs.h"

/* Where names without a slash lie. */
#define SCRIPTS_DIR "/etc/xen/scripts"
#define SCRIPT_LIMIT_MS 40000u

/* States of xenbus. */
#define INITIALISING "1"
#define CLOSING "5"
#define CLOSED "6"

struct undo {
    struct chaos_ctx *ctx;
    struct store *store;
    const struct xs_device *d;
    const char *kind;
    char back[STORE_PATH_SIZE - 16];
    char state[STORE_PATH_SIZE];
    char script[STORE_PATH_SIZE];
};

/* *text_out is owned by the caller; NULL: there is no such node. */
static int read_node(const struct undo *u, uint32_t transaction,
                     const char *key, char **text_out)
{
    char path[STORE_PATH_SIZE];
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    (void)snprintf(path, sizeof(path), "%s/%s", u->back, key);
    rc = u->store->ops->run(u->store, transaction, &r, 1);
    *text_out = r.text;
    if (rc < 0 && rc != -ENOENT)
        return xs_refused(u->ctx, rc, path);
    return 0;
}

static void warn(const struct undo *u, const char *what)
{
    chaos__log(u->ctx, CHAOS_LOG_WARN,
               "domain %u: %s %u: %s; what it set up may be left", u->d->domid,
               u->kind, u->d->id, what);
}

/* --- the back end closes -----------------------------------------------------
 */

static int ask(const struct undo *u, uint32_t transaction)
{
    struct xs_batch b;

    xs_start(&b);
    xs_remove(&b, "/local/domain/%u/device/%s/%u", u->d->domid, u->kind,
              u->d->id);
    xs_write(&b, "0", "", "%s/online", u->back);
    xs_write(&b, CLOSING, "", "%s", u->state);
    return xs_run(u->ctx, u->store, transaction, &b);
}

/* 1: it is to close; 0: it has closed. -ENOENT: nobody ever took it up. */
static int ask_if_open(const struct undo *u, uint32_t transaction)
{
    CLEANUP_FREE char *state = NULL;
    int rc = read_node(u, transaction, "state", &state);

    if (rc < 0)
        return rc;
    if (!state || strcmp(state, INITIALISING) == 0)
        return -ENOENT;
    if (strcmp(state, CLOSED) == 0)
        return 0;
    rc = ask(u, transaction);
    return rc < 0 ? rc : 1;
}

static int begin_to_close(const struct undo *u)
{
    unsigned tries = XS_TRIES;
    int rc;

    do {
        uint32_t transaction;

        rc = xs_begin(u->ctx, u->store, &transaction);
        if (rc < 0)
            return rc;
        rc = ask_if_open(u, transaction);
        if (rc <= 0) {
            (void)u->store->ops->end(u->store, transaction, false);
            return rc;
        }
        rc = xs_commit(u->ctx, u->store, transaction);
        if (rc == -EAGAIN && tries == XS_TRIES / 2 &&
            xs_device_disarm(u->ctx, u->store, u->d) < 0)
            break;
    } while (rc == -EAGAIN && --tries > 0);
    return rc;
}

/*
 * The guest is not asked: it is gone, or was. Where XenStore forgot its end
 * before, xen-blkback goes without a word, so it is the kernel that tells.
 */
static int close_back_end(const struct undo *u)
{
    struct host *host;
    int rc = begin_to_close(u);

    if (rc == 0)
        rc = chaos__host(u->ctx, &host);
    if (rc < 0)
        return rc;
    rc = host->ops->stock_gone(host, u->d->domid, u->d->type, u->d->id,
                               XS_BACK_LIMIT_MS);
    if (rc < 0)
        chaos__log(u->ctx, CHAOS_LOG_WARN,
                   "domain %u: the back end of its %s %u does not close: "
                   "error %d",
                   u->d->domid, u->kind, u->d->id, -rc);
    return 0;
}

/* --- its script --------------------------------------------------------------
 */

/* 1: there is one, which is not ours; 0: there is none. */
static int find_script(struct undo *u)
{
    CLEANUP_FREE char *name = NULL;
    int rc = read_node(u, STORE_NO_TRANSACTION, "script", &name);

    if (rc < 0)
        return rc;
    if (!name || name[0] == '\0' || strcmp(name, XS_NO_SCRIPT) == 0)
        return 0;
    rc = snprintf(u->script, sizeof(u->script), "%s%s",
                  name[0] == '/' ? "" : SCRIPTS_DIR "/", name);
    if (rc >= (int)sizeof(u->script)) {
        warn(u, "the name of its script is too long");
        return 0;
    }
    return 1;
}

/* NULL: it may be run. */
static const char *objection(const char *script)
{
    struct stat st;

    if (strstr(script, "/../"))
        return "has .. in its path";
    if (stat(script, &st) < 0)
        return errno == ENOENT ? "is not there" : "cannot be looked at";
    if (!S_ISREG(st.st_mode))
        return "is not a file";
    if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & S_IWOTH))
        return "may be written by others";
    return NULL;
}

/* The script's own words, which libxl shows, too. */
static void tell_failure(const struct undo *u)
{
    CLEANUP_FREE char *words = NULL;
    char text[CHAOS_ERROR_SIZE];

    memcpy(text, u->ctx->error, sizeof(text));
    if (read_node(u, STORE_NO_TRANSACTION, "hotplug-error", &words) == 0 &&
        words)
        chaos__log(u->ctx, CHAOS_LOG_WARN, "domain %u: %s %u: script: %s",
                   u->d->domid, u->kind, u->d->id, words);
    warn(u, text);
}

static void run_script(struct undo *u, const char *gateway)
{
    char script[STORE_PATH_SIZE + 16], type[32], path[64], vif[48];
    char netdev[STORE_PATH_SIZE];
    char offline[] = "offline", of_vif[] = "type_if=vif", gone[] = "remove";
    char base[] = "XENBUS_BASE_PATH=backend";
    char *const for_vif[] = {u->script, offline, of_vif, NULL};
    char *const for_vbd[] = {u->script, gone, NULL};
    bool is_vif = u->d->type == NOXS_DEV_VIF;
    char *const env[] = {script, type, path, base, is_vif ? vif : NULL,
                         netdev, NULL};
    const struct program p = {
        .what = "script",
        .path = u->script,
        .argv = is_vif ? for_vif : for_vbd,
        .env = env,
        .limit_ms = SCRIPT_LIMIT_MS,
    };

    (void)snprintf(script, sizeof(script), "script=%s", u->script);
    (void)snprintf(type, sizeof(type), "XENBUS_TYPE=%s", u->kind);
    (void)snprintf(path, sizeof(path), "XENBUS_PATH=backend/%s/%u/%u", u->kind,
                   u->d->domid, u->d->id);
    (void)snprintf(vif, sizeof(vif), "vif=vif%u.%u", u->d->domid, u->d->id);
    (void)snprintf(netdev, sizeof(netdev), "netdev=%s", gateway);
    if (program_run(u->ctx, &p) < 0)
        tell_failure(u);
}

static void try_script(struct undo *u, const char *gateway)
{
    char error[CHAOS_ERROR_SIZE], text[STORE_PATH_SIZE + 64];
    const char *why = objection(u->script);

    if (why) {
        (void)snprintf(text, sizeof(text), "its script %s %s", u->script, why);
        warn(u, text);
        return;
    }
    memcpy(error, u->ctx->error, sizeof(error));
    run_script(u, gateway);
    memcpy(u->ctx->error, error, sizeof(error));
}

int xs_script_undo(struct chaos_ctx *ctx, struct store *store,
                   const struct xs_device *d)
{
    struct undo u = {
        .ctx = ctx,
        .store = store,
        .d = d,
        .kind = d->type == NOXS_DEV_VIF ? "vif" : "vbd",
    };
    CLEANUP_FREE char *gateway = NULL;
    struct xs_batch b;
    int rc;

    (void)snprintf(u.back, sizeof(u.back), "/local/domain/0/backend/%s/%u/%u",
                   u.kind, d->domid, d->id);
    (void)snprintf(u.state, sizeof(u.state), "%s/state", u.back);
    rc = find_script(&u);
    if (rc <= 0)
        return rc;
    rc = close_back_end(&u);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = read_node(&u, STORE_NO_TRANSACTION, "gatewaydev", &gateway);
    if (rc < 0)
        return rc;
    try_script(&u, gateway ? gateway : "");
    /* Else somebody else may run it once more, to the harm of others. */
    xs_start(&b);
    xs_remove(&b, "%s", u.back);
    return xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
}
