/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * time.c: waiting with an end.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "domain.h"
#include "internal.h"

static uint64_t now_ms(void)
{
    return chaos__now_ns() / 1000000u;
}

uint64_t deadline_after(unsigned timeout_ms)
{
    return now_ms() + timeout_ms;
}

bool deadline_passed(uint64_t deadline)
{
    return now_ms() >= deadline;
}

/* Milliseconds until then for poll(), 0 when it has passed. */
static int deadline_left(uint64_t deadline)
{
    uint64_t now = now_ms();
    uint64_t left = deadline > now ? deadline - now : 0;

    return left > INT_MAX ? INT_MAX : (int)left;
}

int deadline_poll(uint64_t deadline, int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    int r;

    do {
        r = poll(&pfd, 1, deadline_left(deadline));
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return -errno;
    return r == 0 ? -ETIMEDOUT : 0;
}
