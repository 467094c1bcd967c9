/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * record.c: what the hypervisor cannot hold, under the run directory.
 *
 * The uuid on the first line, then the configuration as JSON.
 *
 * A record is whole before its domain first runs, and nobody asks for it
 * earlier. The uuid tells it from that of an earlier domain of the same id.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "create.h"
#include "internal.h"
#include "run_dir.h"

#define UUID_LINE 33 /* 32 hexadecimal digits and a newline */
#define RECORD_MAX (2u << 20)
#define DIR_NAME "domains"

static void uuid_line(char line[UUID_LINE + 1],
                      const uint8_t uuid[NOXS_UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned i;

    for (i = 0; i < NOXS_UUID_SIZE; i++) {
        line[2 * i] = digits[uuid[i] >> 4];
        line[2 * i + 1] = digits[uuid[i] & 15];
    }
    line[UUID_LINE - 1] = '\n';
    line[UUID_LINE] = '\0';
}

static int write_record(struct chaos_ctx *ctx, const char *path,
                        const uint8_t uuid[NOXS_UUID_SIZE], char *json)
{
    char line[UUID_LINE + 1];
    struct iovec iov[] = {{line, UUID_LINE}, {json, strlen(json)}};
    ssize_t want = (ssize_t)(UUID_LINE + strlen(json));
    CLEANUP_CLOSE int fd = -1;
    ssize_t r;
    int rc = run_open(ctx, path, O_WRONLY | O_TRUNC, &fd);

    if (rc < 0)
        return rc;
    uuid_line(line, uuid);
    r = writev(fd, iov, 2);
    if (r == want)
        return 0;
    rc = r < 0 ? -errno : -ENOSPC;
    (void)unlink(path);
    return chaos__fail(ctx, rc, "%s: cannot write it", path);
}

static int write_as(struct chaos_ctx *ctx, uint32_t domid, const char *suffix,
                    const uint8_t uuid[NOXS_UUID_SIZE],
                    const struct chaos_config *cfg)
{
    CLEANUP_FREE char *json = NULL;
    char path[PATH_MAX];
    int rc = chaos_config_json(ctx, cfg, &json);

    if (rc == 0)
        rc = run_file(ctx, path, DIR_NAME, domid, suffix);
    if (rc == 0)
        rc = write_record(ctx, path, uuid, json);
    return rc;
}

int record_write(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE],
                 const struct chaos_config *cfg)
{
    return write_as(ctx, domid, "", uuid, cfg);
}

void record_remove(struct chaos_ctx *ctx, uint32_t domid)
{
    run_remove(ctx, DIR_NAME, domid, "");
}

int record_stage(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE],
                 const struct chaos_config *cfg)
{
    return write_as(ctx, domid, ".new", uuid, cfg);
}

int record_commit(struct chaos_ctx *ctx, uint32_t domid)
{
    char from[PATH_MAX], to[PATH_MAX];
    int rc = run_file(ctx, from, DIR_NAME, domid, ".new");

    if (rc == 0)
        rc = run_file(ctx, to, DIR_NAME, domid, "");
    if (rc < 0)
        return rc;
    if (rename(from, to) < 0)
        return chaos__fail(ctx, -errno, "%s: cannot replace it", to);
    return 0;
}

void record_abort(struct chaos_ctx *ctx, uint32_t domid)
{
    run_remove(ctx, DIR_NAME, domid, ".new");
}

static int parse_record(struct chaos_ctx *ctx, const char *path,
                        const char *text, size_t len,
                        const uint8_t uuid[NOXS_UUID_SIZE],
                        struct chaos_config **cfg_out)
{
    struct chaos_config *cfg;
    char line[UUID_LINE + 1];
    int rc;

    uuid_line(line, uuid);
    if (len < UUID_LINE || memcmp(text, line, UUID_LINE) != 0)
        return chaos__fail(ctx, -ENOENT,
                           "%s: this record is of an earlier domain", path);
    rc = chaos_config_create(ctx, &cfg);
    if (rc < 0)
        return rc;
    rc = chaos_config_parse(ctx, cfg, path, text + UUID_LINE, len - UUID_LINE);
    if (rc < 0) {
        chaos_config_destroy(cfg);
        return rc;
    }
    /* Whoever uses the record means this very VM. */
    memcpy(cfg->uuid, uuid, sizeof(cfg->uuid));
    cfg->has_uuid = true;
    *cfg_out = cfg;
    return 0;
}

int record_read(struct chaos_ctx *ctx, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE],
                struct chaos_config **cfg_out)
{
    CLEANUP_FREE char *text = malloc(RECORD_MAX);
    char path[PATH_MAX];
    size_t len = RECORD_MAX;
    int rc;

    if (!text)
        return chaos__fail(ctx, -ENOMEM, "no memory for a record");
    rc = run_file(ctx, path, DIR_NAME, domid, "");
    if (rc == 0)
        rc = run_read(ctx, path, text, &len);
    if (rc == 0)
        rc = parse_record(ctx, path, text, len, uuid, cfg_out);
    return rc;
}

int record_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    int rc = run_lock(ctx, (off_t)domid, F_OFD_SETLK, fd_out);

    if (rc == -EBUSY)
        return chaos__fail(ctx, rc,
                           "domain %u: another program is talking to its "
                           "sysctl device",
                           domid);
    return rc;
}

int record_settle_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    return run_lock(ctx, RUN_SETTLE + (off_t)domid, F_OFD_SETLKW, fd_out);
}

int record_edit_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    return run_lock(ctx, RUN_EDIT + (off_t)domid, F_OFD_SETLKW, fd_out);
}
