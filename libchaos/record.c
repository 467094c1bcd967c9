/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * record.c: what the hypervisor cannot hold, under the run directory.
 *
 *   domains/ID  the uuid on the first line, then the configuration as JSON
 *   domains/ID.new  the next one, while devices come or go
 *   lock        byte ID of it is locked by who talks to that domain's sysctl,
 *               byte EDIT + ID by who changes its devices
 *
 * A record is whole before its domain first runs, and nobody asks for it
 * earlier. The uuid tells it from that of an earlier domain of the same id.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "create.h"
#include "internal.h"

#define UUID_LINE 33 /* 32 hexadecimal digits and a newline */
#define RECORD_MAX (2u << 20)
/* Behind the last domain's byte. */
#define EDIT 65536

static int run_path(struct chaos_ctx *ctx, char path[PATH_MAX],
                    const char *name)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", ctx->run_dir, name);

    if (n < 0 || n >= PATH_MAX)
        return chaos__fail(ctx, -ENAMETOOLONG, "%s", ctx->run_dir);
    return 0;
}

static int record_path(struct chaos_ctx *ctx, char path[PATH_MAX],
                       uint32_t domid, const char *suffix)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "domains/%u%s", domid, suffix);
    return run_path(ctx, path, name);
}

static int make_dir(struct chaos_ctx *ctx, const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return 0;
    return chaos__fail(ctx, -errno, "%s: cannot make this directory", path);
}

/* Open a file of the run directory for writing, making directories at need. */
static int open_in_run_dir(struct chaos_ctx *ctx, const char *path, int flags,
                           int *fd_out)
{
    char domains[PATH_MAX];
    int rc, fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 && errno == ENOENT) {
        rc = make_dir(ctx, ctx->run_dir, 0755);
        if (rc == 0)
            rc = run_path(ctx, domains, "domains");
        if (rc == 0)
            rc = make_dir(ctx, domains, 0700);
        if (rc < 0)
            return rc;
        fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        return chaos__fail(ctx, -errno, "%s: cannot write it", path);
    *fd_out = fd;
    return 0;
}

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
    int rc = open_in_run_dir(ctx, path, O_WRONLY | O_TRUNC, &fd);

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
        rc = record_path(ctx, path, domid, suffix);
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

static void remove_as(struct chaos_ctx *ctx, uint32_t domid, const char *suffix)
{
    char path[PATH_MAX];

    if (record_path(ctx, path, domid, suffix) == 0)
        (void)unlink(path);
}

void record_remove(struct chaos_ctx *ctx, uint32_t domid)
{
    remove_as(ctx, domid, "");
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
    int rc = record_path(ctx, from, domid, ".new");

    if (rc == 0)
        rc = record_path(ctx, to, domid, "");
    if (rc < 0)
        return rc;
    if (rename(from, to) < 0)
        return chaos__fail(ctx, -errno, "%s: cannot replace it", to);
    return 0;
}

void record_abort(struct chaos_ctx *ctx, uint32_t domid)
{
    remove_as(ctx, domid, ".new");
}

static int read_file(struct chaos_ctx *ctx, const char *path, char *buf,
                     size_t *len)
{
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;

    if (fd < 0)
        return chaos__fail(ctx, -errno, "there is no record %s", path);
    while (used < *len) {
        ssize_t r = read(fd, buf + used, *len - used);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return chaos__fail(ctx, -errno, "%s: cannot read it", path);
        if (r == 0)
            break;
        used += (size_t)r;
    }
    *len = used;
    return 0;
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
    rc = record_path(ctx, path, domid, "");
    if (rc == 0)
        rc = read_file(ctx, path, text, &len);
    if (rc == 0)
        rc = parse_record(ctx, path, text, len, uuid, cfg_out);
    return rc;
}

/*
 * Lock a byte of the lock file. The lock is the open file's, not the process's:
 * two contexts exclude each other.
 */
static int lock_byte(struct chaos_ctx *ctx, off_t byte, int cmd, int *fd_out)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = byte,
        .l_len = 1,
    };
    CLEANUP_CLOSE int fd = -1;
    char path[PATH_MAX];
    int r, rc = run_path(ctx, path, "lock");

    if (rc == 0)
        rc = open_in_run_dir(ctx, path, O_RDWR, &fd);
    if (rc < 0)
        return rc;
    do {
        r = fcntl(fd, cmd, &lock);
    } while (r < 0 && errno == EINTR);
    if (r < 0 && (errno == EAGAIN || errno == EACCES))
        return -EBUSY;
    if (r < 0)
        return chaos__fail(ctx, -errno, "%s: cannot lock it", path);
    *fd_out = TAKE_FD(fd);
    return 0;
}

int record_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    int rc = lock_byte(ctx, (off_t)domid, F_OFD_SETLK, fd_out);

    if (rc == -EBUSY)
        return chaos__fail(ctx, rc,
                           "domain %u: another program is talking to its "
                           "sysctl device",
                           domid);
    return rc;
}

int record_edit_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    return lock_byte(ctx, EDIT + (off_t)domid, F_OFD_SETLKW, fd_out);
}
