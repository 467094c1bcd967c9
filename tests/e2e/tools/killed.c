/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * killed.c: killed MICROSECONDS COMMAND [ARGS...]
 *
 * Runs a command and kills it (SIGKILL) after that time. Prints "killed" or
 * "ended".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec delay;
    long us;
    int status;
    pid_t pid;

    if (argc < 3) {
        fprintf(stderr, "usage: killed MICROSECONDS COMMAND...\n");
        return 2;
    }
    us = strtol(argv[1], NULL, 10);
    delay = (struct timespec){us / 1000000, us % 1000000 * 1000};
    pid = fork();
    if (pid < 0)
        return 2;
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    (void)nanosleep(&delay, NULL);
    (void)kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        return 2;
    puts(WIFSIGNALED(status) ? "killed" : "ended");
    return 0;
}
