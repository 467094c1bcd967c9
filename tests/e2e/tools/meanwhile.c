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
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_SYSCALL (SIGTRAP | 0x80)
#define TOO_FEW 99

static void die(const char *what)
{
    fprintf(stderr, "meanwhile: %s: %s\n", what, strerror(errno));
    exit(125);
}

static pid_t run(char **argv)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        die("ptrace");
    (void)raise(SIGSTOP);
    (void)execvp(argv[0], argv);
    die(argv[0]);
    return -1;
}

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
    pid = run(argv + 3);
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        die("wait");
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
        die("ptrace");
    for (;;) {
        int sig = 0;

        if (WIFSTOPPED(status)) {
            sig = WSTOPSIG(status);
            if (sig == STOP_SYSCALL && is_send(pid, &inside) && ++seen == at &&
                system(argv[2]) != 0)
                die(argv[2]);
            if (sig == STOP_SYSCALL || sig == SIGTRAP || sig == SIGSTOP)
                sig = 0;
            (void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
        } else if (seen < at) {
            return TOO_FEW;
        } else {
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }
        if (waitpid(pid, &status, 0) != pid)
            die("wait");
    }
}
