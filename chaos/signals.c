/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.c: keep signals away from work that must not be cut in two.
 */
#include <signal.h>

#include "cli.h"

static void fatal_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGHUP);
    (void)sigaddset(set, SIGQUIT);
}

void signals_hold(void)
{
    sigset_t set;

    fatal_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool signals_waiting(void)
{
    sigset_t set;

    if (sigpending(&set) < 0)
        return false;
    return sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
           sigismember(&set, SIGHUP) || sigismember(&set, SIGQUIT);
}

void signals_release(void)
{
    sigset_t set;

    fatal_signals(&set);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}
