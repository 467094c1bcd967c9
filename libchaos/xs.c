/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs.c: requests to XenStore that go out together, and their errors as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "xs.h"

/* --- a batch -----------------------------------------------------------------
 */

void xs_start(struct xs_batch *b)
{
    b->count = b->used = 0;
    b->overflow = false;
}

static const char *vtext(struct xs_batch *b, const char *format, va_list ap)
{
    char *text = b->text + b->used;
    size_t room = sizeof(b->text) - b->used;
    size_t len = (size_t)vsnprintf(text, room, format, ap);

    if (len >= room) {
        b->overflow = true;
        return "";
    }
    b->used += len + 1;
    return text;
}

static const char *text(struct xs_batch *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *text(struct xs_batch *b, const char *format, ...)
{
    const char *result;
    va_list ap;

    va_start(ap, format);
    result = vtext(b, format, ap);
    va_end(ap);
    return result;
}

static void add(struct xs_batch *b, enum store_verb verb, const char *value,
                const char *path, va_list ap)
{
    b->overflow |= b->count == XS_BATCH_MAX;
    if (b->overflow)
        return;
    b->requests[b->count++] = (struct store_request){
        .verb = verb,
        .path = vtext(b, path, ap),
        .value = value,
    };
}

void xs_write(struct xs_batch *b, const char *value, const char *more,
              const char *path, ...)
{
    va_list ap;

    va_start(ap, path);
    add(b, STORE_WRITE, text(b, "%s%s", value, more), path, ap);
    va_end(ap);
}

void xs_number(struct xs_batch *b, uint64_t value, const char *path, ...)
{
    va_list ap;

    va_start(ap, path);
    add(b, STORE_WRITE, text(b, "%" PRIu64, value), path, ap);
    va_end(ap);
}

void xs_mkdir(struct xs_batch *b, const struct store_permissions *perms,
              const char *path, ...)
{
    va_list ap;

    va_start(ap, path);
    add(b, STORE_MKDIR, NULL, path, ap);
    va_end(ap);
    va_start(ap, path);
    add(b, STORE_PERMISSIONS, NULL, path, ap);
    va_end(ap);
    if (!b->overflow)
        b->requests[b->count - 1].perms = *perms;
}

void xs_remove(struct xs_batch *b, const char *path, ...)
{
    va_list ap;

    va_start(ap, path);
    add(b, STORE_RM, NULL, path, ap);
    va_end(ap);
}

void xs_expect(struct xs_batch *b, uint32_t domid)
{
    if (b->count == XS_BATCH_MAX) {
        b->overflow = true;
        return;
    }
    b->requests[b->count++] = (struct store_request){
        .verb = STORE_READ,
        .path = text(b, "/local/domain/%u", domid),
    };
}

/* --- what can go wrong -------------------------------------------------------
 */

int xs_refused(struct chaos_ctx *ctx, int rc, const char *path)
{
    switch (rc) {
    case -EPIPE:
        return chaos__fail(ctx, rc,
                           "XenStore's daemon ended meanwhile, at '%s': see "
                           "that it runs",
                           path);
    case -ETIMEDOUT:
        return chaos__fail(ctx, rc,
                           "XenStore's daemon does not answer, at '%s': see "
                           "whether it hangs",
                           path);
    case -ENOSPC:
        return chaos__fail(ctx, rc,
                           "XenStore's quota is used up, at '%s': raise it in "
                           "the daemon's configuration",
                           path);
    case -E2BIG:
        return chaos__fail(ctx, -EMSGSIZE,
                           "XenStore's quota of a node's size is too small, at "
                           "'%s': raise it in the daemon's configuration",
                           path);
    default:
        return chaos__fail(ctx, rc, "XenStore refused '%s'", path);
    }
}

int xs_run(struct chaos_ctx *ctx, struct store *store, uint32_t transaction,
           struct xs_batch *b)
{
    size_t i;
    int rc;

    if (b->overflow)
        return chaos__fail(ctx, -E2BIG, "too much for XenStore");
    rc = store->ops->run(store, transaction, b->requests, b->count);
    for (i = 0; i < b->count; i++) {
        free(b->requests[i].text);
        b->requests[i].text = NULL;
    }
    if (rc == 0)
        return 0;
    for (i = 0; i < b->count; i++) {
        const struct store_request *r = &b->requests[i];

        if (r->rc == -ENOENT && r->verb == STORE_READ)
            return chaos__fail(ctx, -ESRCH, "the domain is gone meanwhile");
        if (r->rc < 0 && !(r->verb == STORE_RM && r->rc == -ENOENT))
            return xs_refused(ctx, r->rc, r->path);
    }
    return 0;
}

int xs_begin(struct chaos_ctx *ctx, struct store *store,
             uint32_t *transaction_out)
{
    int rc = store->ops->begin(store, transaction_out);

    return rc < 0 ? xs_refused(ctx, rc, "a transaction") : 0;
}

int xs_commit(struct chaos_ctx *ctx, struct store *store, uint32_t transaction)
{
    int rc = store->ops->end(store, transaction, true);

    if (rc == -EAGAIN)
        return chaos__fail(ctx, rc,
                           "XenStore is too busy: others always write "
                           "beside us");
    return rc < 0 ? xs_refused(ctx, rc, "a transaction") : 0;
}

int xs_run_at_once(struct chaos_ctx *ctx, struct store *store,
                   struct xs_batch *b)
{
    unsigned tries = XS_TRIES;
    int rc;

    do {
        uint32_t transaction;

        rc = xs_begin(ctx, store, &transaction);
        if (rc < 0)
            return rc;
        rc = xs_run(ctx, store, transaction, b);
        if (rc < 0) {
            (void)store->ops->end(store, transaction, false);
            return rc;
        }
        rc = xs_commit(ctx, store, transaction);
    } while (rc == -EAGAIN && --tries > 0);
    return rc;
}

void xs_uuid(const uint8_t uuid[NOXS_UUID_SIZE], char text_out[XS_UUID_SIZE])
{
    unsigned i, at = 0;

    for (i = 0; i < NOXS_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_out[at++] = '-';
        at += (unsigned)snprintf(text_out + at, 3, "%02x", uuid[i]);
    }
}
