/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer_disk.c: work on the guest's disk; see peer_disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "peer_disk.h"
#include "sample.h"

#define BLOCK_MAX (1u << 20)
#define PAGE 4096u
#define DISK_POLL_US 100u
#define DISK_PATIENCE_US 20e6

static char block[BLOCK_MAX] __attribute__((aligned(PAGE)));

static int transfer(int fd, bool write, size_t size, uint64_t at)
{
    ssize_t n = write ? pwrite(fd, block, size, (off_t)at)
                      : pread(fd, block, size, (off_t)at);

    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

static int sequential(int fd, const struct peer_request *request)
{
    uint64_t at;
    int rc = 0;

    for (at = 0; at < request->bytes && rc == 0; at += request->count)
        rc = transfer(fd, request->op == PEER_WRITE, request->count, at);
    return rc;
}

/* The same places in the same order each time. */
static int random_reads(int fd, const struct peer_request *request)
{
    uint64_t pages = request->bytes / PAGE, state = 1;
    int rc = 0;

    for (uint32_t i = 0; i < request->count && rc == 0; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        rc = transfer(fd, false, PAGE, (state >> 33) % pages * PAGE);
    }
    return rc;
}

struct peer_answer disk_work(const struct peer_request *request)
{
    struct peer_answer answer = {.result = -EINVAL};
    double start;
    int fd;

    if (request->op != PEER_RANDOM &&
        (request->count == 0 || request->count > BLOCK_MAX))
        return answer;
    fd = open(PEER_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
    if (fd < 0) {
        answer.result = -errno;
        return answer;
    }
    start = now_us();
    answer.result = request->op == PEER_RANDOM ? random_reads(fd, request)
                                               : sequential(fd, request);
    answer.ns = (uint64_t)((now_us() - start) * 1e3);
    close(fd);
    return answer;
}

static bool first_read(void)
{
    int fd = open(PEER_DISK, O_RDONLY | O_DIRECT | O_CLOEXEC), rc;

    if (fd < 0)
        return false;
    rc = transfer(fd, false, PAGE, 0);
    close(fd);
    return rc == 0;
}

void disk_wait(void)
{
    double start = now_us();

    while (!first_read()) {
        if (now_us() - start > DISK_PATIENCE_US)
            die(PEER_DISK, "no such disk");
        pause_us(DISK_POLL_US);
    }
}
