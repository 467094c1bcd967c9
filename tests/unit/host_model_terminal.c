/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model_terminal.c: the terminal that xenconsoled made for a domain: a
 * real one, whose other side is the test's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "host_model_internal.h"
#include "store_model.h"

static struct {
    int master; /* -1: nobody has opened it */
    bool attached;
} all = {.master = -1};

void model_terminal_reset(void)
{
    model_terminal_hang_up();
    all.attached = false;
}

int model_terminal(void)
{
    return all.master;
}

void model_terminal_hang_up(void)
{
    if (all.master >= 0)
        close(all.master);
    all.master = -1;
}

static int open_slave(int *fd_out)
{
    struct termios term;
    int fd = -1, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (master < 0)
        return -errno;
    if (unlockpt(master) == 0)
        fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &term) < 0) {
        close(master);
        return -EIO;
    }
    cfmakeraw(&term);
    (void)tcsetattr(fd, TCSANOW, &term);
    all.master = master;
    *fd_out = fd;
    return 0;
}

int host_terminal_open(struct host *host, uint32_t domid, const char *path,
                       struct host_terminal *terminal_out)
{
    int rc = host_enter("terminal_open");

    (void)host;
    (void)domid;
    if (rc < 0)
        return rc;
    if (all.attached)
        return -EBUSY;
    if (strcmp(path, MODEL_TERMINAL) != 0)
        return -ENOENT;
    terminal_out->lock_fd = -1;
    rc = open_slave(&terminal_out->fd);
    all.attached = rc == 0;
    return model_leave("terminal_open", rc);
}

void host_terminal_close(struct host *host, uint32_t domid,
                         struct host_terminal *terminal)
{
    (void)host;
    (void)domid;
    close(terminal->fd);
    model_terminal_reset();
}
