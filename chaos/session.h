/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h: a terminal, or a pipe, attached to a guest's console.
 */
#ifndef CHAOS_SESSION_H
#define CHAOS_SESSION_H

#include <termios.h>

#include "cli.h"

enum session_end {
    SESSION_DETACHED, /* by ^], or the terminal hung up */
    SESSION_STOPPED,  /* the guest stopped; `reason` says why */
    SESSION_GONE,     /* it was destroyed */
};

struct session_result {
    bool attached; /* false: nothing was moved */
    enum session_end end;
    unsigned reason;
};

/*
 * session.c: attach until the guest ends or ^] comes. With `unpause`, the
 * guest starts when all is attached. Returns an exit code.
 */
int session_run(struct cli *cli, const char *label, uint32_t domid,
                bool unpause, struct session_result *result_out);

/*
 * console.c: the session of a domain made for it; when it ends, its policy is
 * carried out. If it cannot be attached to, it is destroyed.
 */
int session_new(struct cli *cli, const char *label, uint32_t domid,
                bool unpause);

/* tty.c: 0 or -errno; a descriptor that is no terminal stays as it is. */
struct tty {
    bool is_raw;
    struct termios before;
};
int tty_raw(struct tty *tty, int fd) CHAOS_CHECK;
void tty_restore(struct tty *tty, int fd);

#endif /* CHAOS_SESSION_H */
