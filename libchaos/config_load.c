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

/* Until the end of the file or `size` bytes. Blocks where the file does. */
static ssize_t read_all(int fd, char *buf, size_t size, size_t expected)
{
    size_t used = 0;

    while (used < size) {
        ssize_t r = read(fd, buf + used, size - used);

        if (r < 0 && errno != EINTR)
            return -errno;
        if (r == 0)
            break;
        if (r > 0)
            used += (size_t)r;
        /* A plain file as long as it said: no need to ask for its end. */
        if (expected && used == expected)
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
static int open_file(struct chaos_ctx *ctx, const char *path, int *fd_out,
                     size_t *size_out)
{
    CLEANUP_CLOSE int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
        return refuse(ctx, -EFBIG, path,
                      "expected a configuration of at most 1 MiB");
    *size_out = (size_t)st.st_size;
    *fd_out = TAKE_FD(fd);
    return 0;
}

static int load_fd(struct chaos_ctx *ctx, struct chaos_config *cfg,
                   const char *path, int fd, size_t expected, char *buf,
                   size_t size)
{
    bool is_stdin = fd == STDIN_FILENO;
    const char *slash = is_stdin ? NULL : strrchr(path, '/');
    struct config_text text = {.source = path, .text = buf, .dir = path};
    ssize_t r = read_all(fd, buf, size, expected);

    if (r < 0)
        return refuse(ctx, (int)r, path, "cannot be read");
    if ((size_t)r == size)
        return refuse(ctx, -EFBIG, path,
                      "expected a configuration of at most 1 MiB");
    text.len = (size_t)r;
    text.dir_len = slash ? (size_t)(slash - path) + 1 : 0;
    return chaos__config_parse(ctx, cfg, &text, NULL, NULL);
}

int chaos_config_load(struct chaos_ctx *ctx, struct chaos_config *cfg,
                      const char *path)
{
    CLEANUP_CLOSE int opened = -1;
    CLEANUP_FREE char *heap = NULL;
    char small[SMALL_SIZE];
    bool is_stdin = !strcmp(path, "-");
    size_t size = 0;
    int rc;

    if (!is_stdin) {
        rc = open_file(ctx, path, &opened, &size);
        if (rc < 0)
            return rc;
        /* Files of /proc and the like say nothing of their size. */
        if (size > 0 && size < sizeof(small))
            return load_fd(ctx, cfg, path, opened, size, small, sizeof(small));
    }
    heap = malloc(CONFIG_SIZE_MAX + 1);
    if (!heap)
        return refuse(ctx, -ENOMEM, path, "cannot be read");
    return load_fd(ctx, cfg, is_stdin ? "<stdin>" : path,
                   is_stdin ? STDIN_FILENO : opened, size, heap,
                   CONFIG_SIZE_MAX + 1);
}
