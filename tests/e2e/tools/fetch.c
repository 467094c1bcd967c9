/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fetch.c: fetch SOCKET PATH: GET a path by HTTP from a Unix socket and print
 * the body. Exit code 1: another answer than 200, whose first line is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (1u << 20)

static int ask(const char *socket_path, const char *path)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", socket_path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
        dprintf(fd, "GET %s HTTP/1.1\r\nHost: chaosd\r\n\r\n", path) < 0) {
        perror(socket_path);
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    static char answer[ANSWER_MAX];
    size_t used = 0;
    char *body;
    ssize_t n;
    int fd;

    if (argc != 3)
        return 2;
    fd = ask(argv[1], argv[2]);
    if (fd < 0)
        return 1;
    while ((n = read(fd, answer + used, sizeof(answer) - 1 - used)) > 0)
        used += (size_t)n;
    close(fd);
    body = strstr(answer, "\r\n\r\n");
    if (!body || strncmp(answer, "HTTP/1.1 200 ", 13) != 0) {
        printf("%.*s\n", (int)strcspn(answer, "\r\n"), answer);
        return 1;
    }
    fputs(body + 4, stdout);
    return 0;
}
