/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_read.c: read what the kernel tells in files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* Room for a line of the kernel's log, which is read whole or not at all. */
struct lines {
    char buf[16384];
    size_t len;
};

const char *doctor_root(void)
{
    return "";
}

int doctor_path(const struct doctor *dr, char *path, size_t size,
                const char *name)
{
    int len = snprintf(path, size, "%s%s", dr->root, name);

    return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* The kernel's log would have us wait for its next line. */
static int open_file(const struct doctor *dr, const char *name)
{
    char path[PATH_MAX];
    int fd, rc = doctor_path(dr, path, sizeof(path), name);

    if (rc < 0)
        return rc;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

bool doctor_exists(const struct doctor *dr, const char *name)
{
    char path[PATH_MAX];

    return doctor_path(dr, path, sizeof(path), name) == 0 &&
           access(path, F_OK) == 0;
}

int doctor_text(const struct doctor *dr, const char *name, char *text,
                size_t size)
{
    int fd = open_file(dr, name);
    ssize_t len;

    if (fd < 0)
        return fd;
    len = read(fd, text, size - 1);
    (void)close(fd);
    if (len < 0)
        return -EIO;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return 0;
}

int doctor_number(const struct doctor *dr, const char *name, unsigned n,
                  uint64_t *number_out)
{
    char text[256], *at = text, *end;
    unsigned long long number = 0;
    unsigned i;
    int rc = doctor_text(dr, name, text, sizeof(text));

    if (rc < 0)
        return rc;
    for (i = 0; i <= n; i++, at = end) {
        errno = 0;
        number = strtoull(at, &end, 10);
        if (end == at || errno != 0)
            return -EINVAL;
    }
    *number_out = number;
    return 0;
}

/*
 * Each whole line that is in the buffer, or all of it at the end or where it is
 * full; what is left moves to its beginning. False: fn has seen enough.
 */
static bool split(struct lines *l, bool all, line_fn *fn, void *arg)
{
    char *at = l->buf, *end;
    bool more = true;

    l->buf[l->len] = '\0';
    while (more && (end = strchr(at, '\n'))) {
        *end = '\0';
        more = fn(arg, at);
        at = end + 1;
    }
    l->len -= (size_t)(at - l->buf);
    memmove(l->buf, at, l->len + 1);
    if (more && l->len > 0 && (all || l->len == sizeof(l->buf) - 1)) {
        more = fn(arg, l->buf);
        l->len = 0;
    }
    return more;
}

int doctor_lines(const struct doctor *dr, const char *name, line_fn *fn,
                 void *arg)
{
    struct lines l = {.len = 0};
    int fd = open_file(dr, name);
    ssize_t got;
    bool again;

    if (fd < 0)
        return fd;
    do {
        got = read(fd, l.buf + l.len, sizeof(l.buf) - 1 - l.len);
        /* The kernel's log: some was overwritten, and it goes on behind. */
        again = got > 0 || (got < 0 && errno == EPIPE);
        if (got > 0)
            l.len += (size_t)got;
    } while (split(&l, !again, fn, arg) && again);
    (void)close(fd);
    return 0;
}

int doctor_entries(const struct doctor *dr, const char *name, line_fn *fn,
                   void *arg)
{
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *dir;
    int rc = doctor_path(dr, path, sizeof(path), name);

    if (rc < 0)
        return rc;
    dir = opendir(path);
    if (!dir)
        return -errno;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 && !fn(arg, entry->d_name))
            break;
    (void)closedir(dir);
    return 0;
}

static bool count_one(void *arg, const char *line)
{
    (void)line;
    ++*(uint64_t *)arg;
    return true;
}

uint64_t doctor_count(const struct doctor *dr, const char *name)
{
    uint64_t count = 0;

    (void)doctor_entries(dr, name, count_one, &count);
    return count;
}
