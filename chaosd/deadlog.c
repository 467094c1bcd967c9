/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deadlog.c: the last output of guests that are no more.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "deadlog.h"

#define BLOCK 4096u
#define TEXT_MAX (4u << 20)

struct dead {
    TAILQ_ENTRY(dead) list;
    struct dead_head head;
};

struct deadlog {
    TAILQ_HEAD(dead_list, dead) list; /* by number, the oldest first */
    size_t count;
    uint64_t bytes;  /* that their files take */
    uint64_t number; /* of the next */
    uint32_t seconds_max;
    uint64_t bytes_max;
    char dir[PATH_MAX - 32];
};

/* What a file takes of the file system, about. */
static uint64_t cost(const struct dead_head *head)
{
    uint64_t size = sizeof(*head) + head->text_size;

    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void path_of(const struct deadlog *log, uint64_t number,
                    const char *suffix, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%s/%llu%s", log->dir,
                   (unsigned long long)number, suffix);
}

static void append(struct deadlog *log, struct dead *dead)
{
    TAILQ_INSERT_TAIL(&log->list, dead, list);
    log->count++;
    log->bytes += cost(&dead->head);
}

static void drop(struct deadlog *log, struct dead *dead)
{
    char path[PATH_MAX];

    path_of(log, dead->head.number, "", path);
    (void)unlink(path);
    TAILQ_REMOVE(&log->list, dead, list);
    log->count--;
    log->bytes -= cost(&dead->head);
    free(dead);
}

/* --- read back ------------------------------------------------------------ */

static int read_head(const char *path, struct dead_head *head)
{
    struct stat st;
    int rc = -EINVAL, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        read(fd, head, sizeof(*head)) == sizeof(*head) &&
        head->magic == DEAD_MAGIC && head->version == DEAD_VERSION &&
        head->text_size <= TEXT_MAX &&
        (off_t)(sizeof(*head) + head->text_size) == st.st_size &&
        memchr(head->facts.name, '\0', sizeof(head->facts.name)))
        rc = 0;
    close(fd);
    return rc;
}

static bool is_number(const char *name, uint64_t *number_out)
{
    char *end;

    if (name[0] < '0' || name[0] > '9')
        return false;
    errno = 0;
    *number_out = strtoull(name, &end, 10);
    return *end == '\0' && errno == 0;
}

/* A file that was being written when the daemon died, or of another's. */
static void read_one(struct deadlog *log, const char *name)
{
    struct dead *dead = calloc(1, sizeof(*dead));
    char path[PATH_MAX];
    uint64_t number;

    if (!dead)
        return;
    (void)snprintf(path, sizeof(path), "%s/%.24s", log->dir, name);
    if (is_number(name, &number) && read_head(path, &dead->head) == 0 &&
        dead->head.number == number) {
        append(log, dead);
        return;
    }
    free(dead);
    (void)unlink(path);
}

static int by_number(const void *a, const void *b)
{
    const struct dead *const *x = a, *const *y = b;

    return ((*x)->head.number > (*y)->head.number) -
           ((*x)->head.number < (*y)->head.number);
}

/* A directory is in no order. */
static int sort(struct deadlog *log)
{
    struct dead **all = calloc(log->count + 1, sizeof(*all));
    struct dead *dead;
    size_t i = 0;

    if (!all)
        return -ENOMEM;
    while ((dead = TAILQ_FIRST(&log->list))) {
        TAILQ_REMOVE(&log->list, dead, list);
        all[i++] = dead;
    }
    qsort(all, i, sizeof(*all), by_number);
    log->number = i > 0 ? all[i - 1]->head.number + 1 : 1;
    for (i = 0; i < log->count; i++)
        TAILQ_INSERT_TAIL(&log->list, all[i], list);
    free(all);
    return 0;
}

static int read_back(struct deadlog *log)
{
    struct dirent *entry;
    DIR *dir = opendir(log->dir);

    if (!dir)
        return -errno;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            read_one(log, entry->d_name);
    }
    closedir(dir);
    return sort(log);
}

int deadlog_open(const char *dir, struct deadlog **log_out)
{
    struct deadlog *log;
    int rc;

    if (strlen(dir) >= sizeof(log->dir))
        return -ENAMETOOLONG;
    log = calloc(1, sizeof(*log));
    if (!log)
        return -ENOMEM;
    TAILQ_INIT(&log->list);
    memcpy(log->dir, dir, strlen(dir) + 1);
    log->seconds_max = UINT32_MAX;
    log->bytes_max = UINT64_MAX;
    rc = mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : read_back(log);
    if (rc < 0) {
        deadlog_close(log);
        return rc;
    }
    *log_out = log;
    return 0;
}

void deadlog_close(struct deadlog *log)
{
    struct dead *dead;

    if (!log)
        return;
    while ((dead = TAILQ_FIRST(&log->list))) {
        TAILQ_REMOVE(&log->list, dead, list);
        free(dead);
    }
    free(log);
}

/* --- limits --------------------------------------------------------------- */

void deadlog_limits(struct deadlog *log, uint32_t seconds, uint64_t bytes)
{
    log->seconds_max = seconds;
    log->bytes_max = bytes;
    deadlog_expire(log);
}

void deadlog_expire(struct deadlog *log)
{
    int64_t now = time(NULL);
    struct dead *dead;

    while ((dead = TAILQ_FIRST(&log->list)) &&
           (log->bytes > log->bytes_max ||
            now - dead->head.facts.ended_ns / 1000000000 >
                (int64_t)log->seconds_max))
        drop(log, dead);
}

/* --- one guest ------------------------------------------------------------ */

static uint64_t start_of(const struct ring_head *head, uint32_t most)
{
    if (most > TEXT_MAX)
        most = TEXT_MAX;
    if (head->total - head->first > most)
        return head->total - most;
    return head->first;
}

static int write_file(const char *path, const struct dead_head *head,
                      const struct ring *ring)
{
    union {
        const void *in;
        void *out;
    } cast = {.in = head};
    struct iovec iov[3] = {{cast.out, sizeof(*head)}};
    size_t size = sizeof(*head) + head->text_size;
    uint64_t from = head->first;
    const uint8_t *bytes;
    ssize_t r;
    int i, rc = 0, fd;

    for (i = 1; i < 3; i++) {
        iov[i].iov_len = ring_piece(ring, from, &from, &bytes);
        if (iov[i].iov_len == 0)
            break;
        cast.in = bytes;
        iov[i].iov_base = cast.out;
        from += iov[i].iov_len;
    }
    fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    r = writev(fd, iov, i);
    if (r != (ssize_t)size)
        rc = r < 0 ? -errno : -ENOSPC;
    close(fd);
    return rc;
}

int deadlog_add(struct deadlog *log, const struct ring *ring, uint32_t most)
{
    struct dead *dead = calloc(1, sizeof(*dead));
    char new[PATH_MAX], path[PATH_MAX];
    struct dead_head *head;
    int rc;

    if (!dead)
        return -ENOMEM;
    head = &dead->head;
    head->magic = DEAD_MAGIC;
    head->version = DEAD_VERSION;
    head->number = log->number++;
    head->total = ring->head->total;
    head->first = start_of(ring->head, most);
    head->text_size = (uint32_t)(head->total - head->first);
    head->facts = ring->head->facts;
    path_of(log, head->number, ".new", new);
    path_of(log, head->number, "", path);
    rc = write_file(new, head, ring);
    if (rc == 0 && rename(new, path) < 0)
        rc = -errno;
    if (rc < 0) {
        (void)unlink(new);
        free(dead);
        return rc;
    }
    append(log, dead);
    deadlog_expire(log);
    return 0;
}

const struct dead_head *deadlog_find(const struct deadlog *log,
                                     const char *name, uint32_t domid)
{
    const struct dead *dead;

    TAILQ_FOREACH_REVERSE(dead, &log->list, dead_list, list)
    {
        if (name ? strcmp(dead->head.facts.name, name) == 0
                 : dead->head.facts.domid == domid)
            return &dead->head;
    }
    return NULL;
}

int deadlog_text(const struct deadlog *log, const struct dead_head *head,
                 uint8_t **text_out)
{
    char path[PATH_MAX];
    uint8_t *text = malloc(head->text_size + 1u);
    int rc = 0, fd;

    if (!text)
        return -ENOMEM;
    path_of(log, head->number, "", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        rc = -errno;
    else if (pread(fd, text, head->text_size, sizeof(*head)) !=
             (ssize_t)head->text_size)
        rc = -EIO;
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        free(text);
    else
        *text_out = text;
    return rc;
}

size_t deadlog_count(const struct deadlog *log)
{
    return log->count;
}
