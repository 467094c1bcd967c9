/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_load.c: the text of a configuration from a file or standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

#define SMALL_SIZE 4096
#define PATH_CHARS 100
#define TOO_LARGE "expected a configuration of at most 1 MiB"

struct input {
    const char *name; /* as it was given, or <stdin> */
    int fd;           /* borrowed */
    size_t size;      /* 0: unknown */
    size_t dir_len;   /* of name, that is its directory */
};

/* Until the end of the input or `size` bytes. Blocks where the input does. */
static ssize_t read_all(const struct input *in, char *buf, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t r = read(in->fd, buf + used, size - used);

        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            break;
        if (r > 0)
            used += (size_t)r;
        /* As long as the file said: no need to ask for its end. */
        if (in->size && used == in->size)
            break;
    }
    return (ssize_t)used;
}

static int refuse(struct chaos_ctx *ctx, int rc, const char *path,
                  const char *why)
{
    char shown[SHOW_SIZE(PATH_CHARS)];

    return chaos__fail(ctx, rc, "%s: %s",
                       chaos__show(shown, PATH_CHARS, path, strlen(path)), why);
}

/* Open a plain file; anything else could block or never end. */
static int open_file(struct chaos_ctx *ctx, const char *path,
                     struct input *in_out)
{
    CLEANUP_CLOSE int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return refuse(ctx, -errno, path, "cannot be opened");
    if (S_ISDIR(st.st_mode))
        return refuse(ctx, -EISDIR, path, "expected a JSON file");
    if (!S_ISREG(st.st_mode))
        return refuse(ctx, -EINVAL, path,
                      "not a plain file; for a pipe use \"-\", which reads "
                      "standard input");
    if (st.st_size > CONFIG_SIZE_MAX)
        return refuse(ctx, -EFBIG, path, TOO_LARGE);
    in_out->name = path;
    in_out->size = (size_t)st.st_size;
    in_out->dir_len = slash ? (size_t)(slash - path) + 1 : 0;
    in_out->fd = TAKE_FD(fd);
    return 0;
}

static int load(struct chaos_ctx *ctx, struct chaos_config *cfg,
                const struct input *in, char *buf, size_t size)
{
    struct config_text text = {.source = in->name,
                               .text = buf,
                               .dir = in->name,
                               .dir_len = in->dir_len};
    ssize_t r = read_all(in, buf, size);

    if (r < 0)
        return refuse(ctx, (int)r, in->name, "cannot be read");
    if ((size_t)r == size)
        return refuse(ctx, -EFBIG, in->name, TOO_LARGE);
    text.len = (size_t)r;
    return chaos__config_parse(ctx, cfg, &text, NULL, NULL);
}

int chaos_config_load(struct chaos_ctx *ctx, struct chaos_config *cfg,
                      const char *path)
{
    struct input in = {.name = "<stdin>", .fd = STDIN_FILENO};
    CLEANUP_CLOSE int opened = -1;
    CLEANUP_FREE char *heap = NULL;
    char small[SMALL_SIZE];
    int rc;

    if (strcmp(path, "-") != 0) {
        rc = open_file(ctx, path, &in);
        if (rc < 0)
            return rc;
        opened = in.fd;
    }
    /* The usual file. Those of /proc and the like do not tell their size. */
    if (in.size > 0 && in.size < sizeof(small))
        return load(ctx, cfg, &in, small, sizeof(small));
    heap = malloc(CONFIG_SIZE_MAX + 1);
    if (!heap)
        return refuse(ctx, -ENOMEM, in.name, "cannot be read");
    return load(ctx, cfg, &in, heap, CONFIG_SIZE_MAX + 1);
}
