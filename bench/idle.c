/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idle.c: a process that does nothing: what an idle container runs. With -d it
 * is started, as a daemon is: the command returns when the process has begun
 * its program.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int start(const char *program)
{
    int gone[2];
    char c;

    if (pipe2(gone, O_CLOEXEC) < 0)
        return 1;
    switch (fork()) {
    case -1:
        return 1;
    case 0:
        (void)setsid();
        (void)execl(program, program, (char *)NULL);
        _exit(127);
    default:
        (void)close(gone[1]);
        return read(gone[0], &c, 1) != 0; /* exec closes the other end */
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-d") == 0)
        return start(argv[0]);
    for (;;)
        (void)pause();
}
