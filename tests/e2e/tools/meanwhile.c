/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meanwhile.c: run a program, and a shell command in the middle of it: right
 * before the program sends its N-th message over a socket. So that what others
 * do meanwhile happens at every instant that can make a difference.
 *
 * usage: meanwhile N COMMAND PROGRAM [ARGUMENT...]
 *
 * Ends with the program's exit code, or with 99 if it sent fewer messages.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "trace.h"

#define TOO_FEW 99

/* Whether it is about to send; each call stops it twice. */
static int is_send(pid_t pid, int *inside)
{
    long number = ptrace(PTRACE_PEEKUSER, pid,
                         offsetof(struct user_regs_struct, orig_rax), NULL);

    *inside = !*inside;
    return *inside && number == SYS_sendto;
}

int main(int argc, char **argv)
{
    unsigned long at, seen = 0;
    int status, inside = 0;
    pid_t pid;

    if (argc < 4) {
        fprintf(stderr, "usage: meanwhile N COMMAND PROGRAM [ARGUMENT...]\n");
        return 125;
    }
    at = strtoul(argv[1], NULL, 10);
    pid = trace_start(argv + 3);
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        trace_die("wait");
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
        trace_die("ptrace");
    for (;;) {
        if (WIFSTOPPED(status)) {
            if (WSTOPSIG(status) == TRACE_SYSCALL && is_send(pid, &inside) &&
                ++seen == at && system(argv[2]) != 0)
                trace_die(argv[2]);
            (void)ptrace(PTRACE_SYSCALL, pid, NULL,
                         (void *)(long)trace_signal(status));
        } else if (seen < at) {
            return TOO_FEW;
        } else {
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }
        if (waitpid(pid, &status, 0) != pid)
            trace_die("wait");
    }
}
