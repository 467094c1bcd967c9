/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h: where a session's bytes come from and go to: chaosd where it runs,
 * which has the guest's console then, or that console itself. A guest on
 * XenStore has its console with xenconsoled, never with chaosd.
 */
#ifndef CHAOS_SOURCE_H
#define CHAOS_SOURCE_H

#include <poll.h>
#include <sys/types.h>

#include "cli.h"
#include "session.h"

#define SOURCE_FDS 2

struct source;

struct source_ops {
    void (*close)(struct source *src);
    /*
     * What to poll for; a descriptor of -1 is none. `reading`: output is
     * wanted; `writing`: there is input that was not taken.
     */
    void (*want)(const struct source *src, bool reading, bool writing,
                 struct pollfd fds[SOURCE_FDS]);
    /* What came of it. 0 or -errno. */
    int (*polled)(struct source *src, const struct pollfd fds[SOURCE_FDS]);
    /* Bytes moved, 0 where nothing can be now, or -errno. Never block. */
    ssize_t (*read)(struct source *src, void *buf, size_t size);
    ssize_t (*write)(struct source *src, const void *buf, size_t len);
};

struct source {
    const struct source_ops *ops; /* NULL: not open */
    struct cli *cli;
    uint32_t domid;
    /* The guest has come to its end. There may be more to read. */
    bool ended;
    enum session_end how;
    unsigned reason;

    struct chaos_watch *watch;

    /* source_direct.c */
    struct chaos_console *con;
    uint64_t stopped_ns; /* what a stopped guest wrote may come yet; 0: no */
    unsigned stopped_reason;

    /* source_daemon.c */
    struct chaos_conn *conn;
    const uint8_t *data; /* borrowed from conn: what came and was not read */
    size_t data_len;
    uint64_t next;    /* number of the byte that comes next */
    uint64_t lost_ns; /* when the daemon ended; 0: it is there */
};

/* source.c: returns an exit code. */
int source_open(struct source *src, struct cli *cli, uint32_t domid);
/* Fine for one that is not open. */
void source_close(struct source *src);
/* For poll: -1, or that `polled` is to be called after so many ms. */
int source_timeout(const struct source *src);
/* For the two: the guest has ended. The first reason counts. */
void source_end(struct source *src, enum session_end how, unsigned reason);

/* 0 or -errno, with the context's text. */
int source_open_direct(struct source *src) CHAOS_CHECK;
/* -EAGAIN: there is no daemon that answers. */
int source_open_daemon(struct source *src) CHAOS_CHECK;

#endif /* CHAOS_SOURCE_H */
