/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.c: the last output of a guest, in a file that is mapped.
 *
 * The file is sparse: a guest that says little costs a page. A page that the
 * file system cannot give when it is first written would kill the daemon
 * (SIGBUS), so it is asked for before; where there is none, the ring goes on in
 * memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "ring.h"

#define PAGE 4096u
#define SIZE_MAX_BYTES (64u << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static size_t whole(uint32_t size)
{
    return (sizeof(struct ring_head) + size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static bool is_size(uint32_t size)
{
    return size > 0 && size <= SIZE_MAX_BYTES && (size & (size - 1)) == 0;
}

/* Linux before 5.14 cannot be asked: it is taken on trust there. */
static int populate(void *addr, size_t length)
{
    if (madvise(addr, length, MADV_POPULATE_WRITE) == 0 || errno == EINVAL)
        return 0;
    return -errno;
}

static int map(int fd, size_t length, struct ring *ring)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *addr = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (addr == MAP_FAILED)
        return -errno;
    if (populate(addr, PAGE) < 0) {
        (void)munmap(addr, length);
        return -ENOSPC;
    }
    ring->head = addr;
    ring->data = (uint8_t *)addr + sizeof(struct ring_head);
    ring->ready = PAGE;
    return 0;
}

static void begin(struct ring *ring, uint32_t size,
                  const struct guest_facts *facts)
{
    struct ring_head *head = ring->head;

    head->version = RING_VERSION;
    head->size = size;
    head->facts = *facts;
    /* Now it is one. */
    __atomic_store_n(&head->magic, RING_MAGIC, __ATOMIC_RELEASE);
}

int ring_create(const char *path, uint32_t size,
                const struct guest_facts *facts, struct ring *ring_out)
{
    struct ring ring = {0};
    int fd, rc = 0;

    if (!is_size(size))
        return -EINVAL;
    ring.path = strdup(path);
    if (!ring.path)
        return -ENOMEM;
    /* One that is still mapped by somebody must not be cut short under him. */
    (void)unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)whole(size)) < 0)
        rc = -errno;
    else
        rc = map(fd, whole(size), &ring);
    if (fd >= 0)
        close(fd);
    if (rc < 0) {
        if (fd >= 0)
            (void)unlink(path);
        free(ring.path);
        return rc;
    }
    begin(&ring, size, facts);
    *ring_out = ring;
    return 0;
}

int ring_anonymous(uint32_t size, const struct guest_facts *facts,
                   struct ring *ring_out)
{
    struct ring ring = {0};
    int rc = is_size(size) ? map(-1, whole(size), &ring) : -EINVAL;

    if (rc < 0)
        return rc;
    begin(&ring, size, facts);
    *ring_out = ring;
    return 0;
}

void ring_close(struct ring *ring)
{
    if (ring->head)
        (void)munmap(ring->head, whole(ring->head->size));
    free(ring->path);
    *ring = (struct ring){0};
}

void ring_forget(struct ring *ring)
{
    if (ring->path)
        (void)unlink(ring->path);
    free(ring->path);
    ring->path = NULL;
}

void ring_remove(struct ring *ring)
{
    ring_forget(ring);
    ring_close(ring);
}

/* The file system is full: the same bytes at the same place, but in no file. */
static int leave_file(struct ring *ring)
{
    size_t i, length = whole(ring->head->size);
    uint8_t *copy = mmap(NULL, length, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (copy == MAP_FAILED)
        return -ENOMEM;
    for (i = 0; i < ring->ready; i += PAGE)
        memcpy(copy + i, (uint8_t *)ring->head + i, PAGE);
    if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
               ring->head) == MAP_FAILED) {
        (void)munmap(copy, length);
        return -ENOMEM;
    }
    log_warn("console",
             "domid=%u: no space for %s; what the guest writes from now on "
             "does not outlive this daemon",
             ring->head->facts.domid, ring->path ? ring->path : "its output");
    ring_forget(ring);
    ring->ready = length;
    return 0;
}

/* Memory for all up to the end of what is about to be written. */
static int make_ready(struct ring *ring, size_t end)
{
    size_t length = whole(ring->head->size);
    size_t want = sizeof(struct ring_head) + end;

    if (want <= ring->ready)
        return 0;
    want = (want + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (want > length)
        want = length;
    if (populate((uint8_t *)ring->head + ring->ready, want - ring->ready) < 0)
        return leave_file(ring);
    ring->ready = want;
    return 0;
}

static size_t bytes_used(const struct ring_head *head)
{
    return head->total < head->size ? (size_t)head->total : head->size;
}

/* Only a daemon of this host writes there, but any version of it. */
static bool is_whole(const struct ring_head *head, size_t length)
{
    return head->magic == RING_MAGIC && head->version == RING_VERSION &&
           is_size(head->size) && whole(head->size) == length &&
           head->first <= head->total &&
           head->total - head->first <= head->size &&
           memchr(head->facts.name, '\0', sizeof(head->facts.name));
}

int ring_open(const char *path, struct ring *ring_out)
{
    struct ring ring = {0};
    struct stat st;
    int rc, fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < PAGE ||
        st.st_size > SIZE_MAX_BYTES + 2 * PAGE)
        rc = -EINVAL;
    else
        rc = map(fd, (size_t)st.st_size, &ring);
    close(fd);
    if (rc < 0)
        return rc;
    if (!is_whole(ring.head, (size_t)st.st_size)) {
        (void)munmap(ring.head, (size_t)st.st_size);
        return -EINVAL;
    }
    ring.path = strdup(path);
    if (!ring.path) {
        ring_close(&ring);
        return -ENOMEM;
    }
    if (make_ready(&ring, bytes_used(ring.head)) < 0) {
        ring_close(&ring);
        return -ENOMEM;
    }
    *ring_out = ring;
    return 0;
}

static void write_at(struct ring *ring, uint64_t at, const uint8_t *bytes,
                     size_t count)
{
    size_t size = ring->head->size;
    size_t offset = at & (size - 1);
    size_t straight = size - offset;

    if (straight > count)
        straight = count;
    memcpy(ring->data + offset, bytes, straight);
    memcpy(ring->data, bytes + straight, count - straight);
}

void ring_append(struct ring *ring, const void *bytes, size_t count)
{
    struct ring_head *head = ring->head;
    uint64_t total = head->total + count;
    uint64_t end = total < head->size ? total : head->size;
    size_t skipped = count > head->size ? count - head->size : 0;

    if (make_ready(ring, (size_t)end) < 0) {
        /* No memory at all: what was written is lost, its number is not. */
        head->first = total;
        head->total = total;
        return;
    }
    /* What is about to be overwritten is given up before it is. */
    if (total > head->first + head->size)
        __atomic_store_n(&head->first, total - head->size, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    write_at(ring, head->total + skipped, (const uint8_t *)bytes + skipped,
             count - skipped);
    __atomic_store_n(&head->total, total, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

size_t ring_piece(const struct ring *ring, uint64_t from, uint64_t *from_out,
                  const uint8_t **bytes_out)
{
    const struct ring_head *head = ring->head;
    size_t offset, count;

    if (from < head->first)
        from = head->first;
    if (from >= head->total)
        return 0;
    offset = from & (head->size - 1);
    count = head->size - offset;
    if (count > head->total - from)
        count = (size_t)(head->total - from);
    *from_out = from;
    *bytes_out = ring->data + offset;
    return count;
}
