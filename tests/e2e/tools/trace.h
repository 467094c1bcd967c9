/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h: what the tools share that stop a program at its system calls.
 */
#ifndef TESTS_E2E_TOOLS_TRACE_H
#define TESTS_E2E_TOOLS_TRACE_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* With PTRACE_O_TRACESYSGOOD. */
#define TRACE_SYSCALL (SIGTRAP | 0x80)

_Noreturn static inline void trace_die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
            strerror(errno));
    exit(125);
}

/* It stops before its first instruction, for this process to see. */
static inline pid_t trace_start(char **argv)
{
    pid_t pid = fork();

    if (pid < 0)
        trace_die("fork");
    if (pid > 0)
        return pid;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        trace_die("ptrace");
    (void)raise(SIGSTOP);
    (void)execvp(argv[0], argv);
    trace_die(argv[0]);
}

/* The signal to hand on to a thread that stopped; 0: the stop was ours. */
static inline int trace_signal(int status)
{
    int sig = WSTOPSIG(status);

    return sig == TRACE_SYSCALL || sig == SIGTRAP || sig == SIGSTOP ? 0 : sig;
}

#endif /* TESTS_E2E_TOOLS_TRACE_H */
