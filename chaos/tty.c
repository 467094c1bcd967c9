/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tty.c: raw mode and back.
 */
#include <errno.h>
#include <unistd.h>

#include "session.h"

int tty_raw(struct tty *tty, int fd)
{
    struct termios raw;

    tty->is_raw = false;
    if (!isatty(fd))
        return 0;
    if (tcgetattr(fd, &tty->before) < 0)
        return -errno;
    raw = tty->before;
    cfmakeraw(&raw);
    if (tcsetattr(fd, TCSADRAIN, &raw) < 0)
        return -errno;
    tty->is_raw = true;
    return 0;
}

void tty_restore(struct tty *tty, int fd)
{
    if (tty->is_raw)
        (void)tcsetattr(fd, TCSADRAIN, &tty->before);
    tty->is_raw = false;
}
