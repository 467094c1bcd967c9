/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server_kit.h: the daemon's server in this process, on a socket in a
 * directory of its own, and clients of it.
 *
 * All is one thread: whatever waits for the server turns its event loop.
 */
#ifndef TESTS_UNIT_SERVER_KIT_H
#define TESTS_UNIT_SERVER_KIT_H

#include <stdbool.h>

#include "../../chaosd/server_internal.h"

struct server_kit {
    struct daemon d;
    struct conf conf;
    struct server *server;
    char dir[64];
    char path[80];
    char group[16];
    unsigned asked; /* handlers that ran */
    unsigned gone, drained;
    struct client_hook hook;
    uint64_t last;    /* the client that asked last */
    uint32_t last_id; /* and what */
    int input_size;   /* of CONSOLE_INPUT, all of it */
};

/*
 * Its handlers:
 *   LOG            0 to 100 bytes: they come back
 *   POOL_STATUS    u32: so many bytes come
 *   POOL_FILL      nothing yet; the test replies
 *   POOL_SET       root's: an empty reply
 *   CONSOLE        a hook that counts; an empty reply
 *   CONSOLE_INPUT  4 to 100 bytes (told): they are counted, and no more is read
 */
int server_kit_setup(void **state);
int server_kit_teardown(void **state);

/* Let the server do what there is to do. */
void server_kit_turn(struct server_kit *kit);
/* A client that is connected. */
int server_kit_connect(struct server_kit *kit);
void server_kit_send(struct server_kit *kit, int fd, uint16_t type, uint32_t id,
                     const void *payload, size_t size);
void server_kit_bytes(struct server_kit *kit, int fd, const void *data,
                      size_t size);
/* The next message; its payload in buf. Returns its size, -1 at the end. */
ssize_t server_kit_recv(struct server_kit *kit, int fd,
                        struct chaosd_header *header_out, void *buf,
                        size_t size);
/* The next message is a reply to this. Returns the size of the payload. */
size_t server_kit_expect(struct server_kit *kit, int fd, uint16_t type,
                         uint32_t id, int status);
/* The next is REFUSED, and then the end. */
void server_kit_expect_refused(struct server_kit *kit, int fd, int status);
/* It has not been ended: a question has its answer. */
void server_kit_expect_alive(struct server_kit *kit, int fd);
bool server_kit_is_ended(struct server_kit *kit, int fd);

#endif /* TESTS_UNIT_SERVER_KIT_H */
