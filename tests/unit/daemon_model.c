/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon_model.c: a daemon in a thread of the test.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_model.h"
#include "unit.h"

static struct {
    int listener;
    pthread_t thread;
    daemon_script *scripts[3]; /* ends with NULL */
} server;

struct chaosd_header asked;
uint8_t asked_payload[CHAOSD_REQUEST_MAX];

static void *serve(void *arg)
{
    size_t i;

    (void)arg;
    for (i = 0; server.scripts[i]; i++) {
        int fd = accept(server.listener, NULL, NULL);

        if (fd < 0)
            break;
        server.scripts[i](fd);
        close(fd);
    }
    return NULL;
}

void daemon_model_listen(const char *dir)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    (void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.60s/chaosd.sock",
                   dir);
    (void)unlink(addr.sun_path);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(server.listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(server.listener, 4), 0);
}

void daemon_model_start(struct kit *kit, daemon_script *first,
                        daemon_script *second)
{
    daemon_model_listen(kit->run);
    memset(server.scripts, 0, sizeof(server.scripts));
    server.scripts[0] = first;
    server.scripts[1] = second;
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

void daemon_model_stop(void)
{
    (void)shutdown(server.listener, SHUT_RDWR);
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    close(server.listener);
    server.listener = -1;
}

static bool read_all(int fd, void *buf, size_t size)
{
    uint8_t *to = buf;

    while (size > 0) {
        ssize_t n = read(fd, to, size);

        if (n <= 0)
            return false;
        to += n;
        size -= (size_t)n;
    }
    return true;
}

void daemon_model_read(int fd)
{
    if (read_all(fd, &asked, sizeof(asked)) && asked.size <= CHAOSD_REQUEST_MAX)
        (void)read_all(fd, asked_payload, asked.size - sizeof(asked));
}

void daemon_model_send(int fd, const void *bytes, size_t size)
{
    (void)!send(fd, bytes, size, MSG_NOSIGNAL);
}

struct chaosd_header daemon_model_header(int status, size_t size)
{
    return (struct chaosd_header){
        .size = (uint32_t)(sizeof(struct chaosd_header) + size),
        .version = CHAOSD_VERSION,
        .type = asked.type,
        .id = asked.id,
        .status = status,
    };
}

void daemon_model_reply(int fd, int status, const void *payload, size_t size)
{
    struct chaosd_header header = daemon_model_header(status, size);

    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, payload, size);
}

/* Until the client closes, so that nothing here closes first. */
void daemon_model_wait(int fd)
{
    char byte;

    while (read(fd, &byte, 1) > 0)
        ;
}
