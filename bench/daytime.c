/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daytime.c: a native daytime server (RFC 867, TCP), linked statically: what
 * the unikernel of that name is compared with.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 13

static void tell_time(int fd)
{
    char text[64];
    time_t now = time(NULL);
    struct tm tm;
    size_t size;

    gmtime_r(&now, &tm);
    size = strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y\r\n", &tm);
    (void)send(fd, text, size, MSG_NOSIGNAL);
}

int main(void)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, fd;

    if (listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(listener, (struct sockaddr *)&local, sizeof(local)) < 0 ||
        listen(listener, 8) < 0)
        return 1;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        tell_time(fd);
        close(fd);
    }
    return 1;
}
