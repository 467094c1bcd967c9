/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notify.c: systemd's readiness protocol: datagrams to a Unix socket.
 *
 * Written here because libsystemd has no static library.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "notify.h"

static struct {
    int fd;
    struct sockaddr_un to;
    socklen_t to_size;
    uint64_t watchdog_us;
} systemd = {.fd = -1};

static uint64_t watchdog_from(const char *us, const char *pid)
{
    unsigned long long value;
    char *end;

    if (!us || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    errno = 0;
    value = strtoull(us, &end, 10);
    return errno || *end || end == us ? 0 : value;
}

static void open_socket(const char *path)
{
    size_t len = strlen(path);

    if ((path[0] != '/' && path[0] != '@') ||
        len >= sizeof(systemd.to.sun_path)) {
        log_warn("notify", "NOTIFY_SOCKET is no Unix socket's address");
        return;
    }
    systemd.to.sun_family = AF_UNIX;
    memcpy(systemd.to.sun_path, path, len + 1);
    systemd.to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    /* An abstract name: a zero byte in front and none behind. */
    if (path[0] == '@')
        systemd.to.sun_path[0] = '\0';
    else
        systemd.to_size++;
    systemd.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void notify_init(void)
{
    const char *path = getenv("NOTIFY_SOCKET");

    if (path && systemd.fd < 0)
        open_socket(path);
    systemd.watchdog_us =
        watchdog_from(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify(const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int n;

    if (systemd.fd < 0)
        return;
    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n <= 0)
        return;
    if ((size_t)n >= sizeof(text))
        n = sizeof(text) - 1;
    /* Not waited for: a systemd that does not read must not stop guests. */
    if (sendto(systemd.fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
               (const struct sockaddr *)&systemd.to, systemd.to_size) < 0)
        log_debug("notify", "%s", strerror(errno));
}

uint64_t notify_watchdog_us(void)
{
    return systemd.fd < 0 ? 0 : systemd.watchdog_us;
}
