/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * killat.c: run a command and kill it (SIGKILL) at its N-th system call, be it
 * in whichever of its threads: odd numbers before a call is made, even ones
 * after it. So that every instant at which the world outside can tell a
 * difference is tried, and not only those that a timer happens to meet.
 *
 * usage: killat N COMMAND [ARGUMENT...]
 *
 * Prints "killed" and ends with 0, or prints "ended N CODE" (of N stops in all)
 * when the command ended by itself before, and ends with its exit code.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "trace.h"

static int wait_end(pid_t pid)
{
    int status = 0;
    pid_t r;

    do {
        r = waitpid(-1, &status, __WALL);
    } while ((r > 0 && r != pid) || (r < 0 && errno == EINTR) ||
             (r == pid && WIFSTOPPED(status)));
    return status;
}

int main(int argc, char **argv)
{
    long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    unsigned long at, seen = 0;
    int status;
    pid_t pid;

    if (argc < 3) {
        fprintf(stderr, "usage: killat N COMMAND [ARGUMENT...]\n");
        return 125;
    }
    at = strtoul(argv[1], NULL, 10);
    pid = trace_start(argv + 2);
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        trace_die("wait");
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) < 0 ||
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
        trace_die("ptrace");
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL);

        if (tid < 0 && errno == EINTR)
            continue;
        if (tid < 0)
            trace_die("wait");
        if (tid == pid && !WIFSTOPPED(status)) {
            int code = WIFEXITED(status) ? WEXITSTATUS(status)
                                         : 128 + WTERMSIG(status);

            printf("ended %lu %d\n", seen, code);
            return code;
        }
        if (!WIFSTOPPED(status))
            continue;
        if (WSTOPSIG(status) == TRACE_SYSCALL && ++seen == at) {
            (void)kill(pid, SIGKILL);
            (void)wait_end(pid);
            printf("killed\n");
            return 0;
        }
        /* It may have been killed meanwhile: then the next wait tells. */
        (void)ptrace(PTRACE_SYSCALL, tid, NULL,
                     (void *)(long)trace_signal(status));
    }
}
