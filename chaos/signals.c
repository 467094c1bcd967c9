/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.c: keep signals away from work that must not be cut in two.
 */
#include <signal.h>

#include "cli.h"

static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define FATAL_COUNT (sizeof(fatal) / sizeof(*fatal))

/* As nohup does; a blocked signal becomes pending all the same. */
static bool is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 &&
           action.sa_handler == SIG_IGN;
}

static void change(int how)
{
    sigset_t set;
    size_t i;

    (void)sigemptyset(&set);
    for (i = 0; i < FATAL_COUNT; i++)
        (void)sigaddset(&set, fatal[i]);
    (void)sigprocmask(how, &set, NULL);
}

void signals_hold(void)
{
    change(SIG_BLOCK);
}

void signals_release(void)
{
    change(SIG_UNBLOCK);
}

bool signals_waiting(void)
{
    sigset_t set;
    size_t i;

    if (sigpending(&set) < 0)
        return false;
    for (i = 0; i < FATAL_COUNT; i++)
        if (sigismember(&set, fatal[i]) && !is_ignored(fatal[i]))
            return true;
    return false;
}

void signals_fatal(sigset_t *set)
{
    size_t i;

    (void)sigemptyset(set);
    for (i = 0; i < FATAL_COUNT; i++)
        if (!is_ignored(fatal[i]))
            (void)sigaddset(set, fatal[i]);
}
