/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon_model.h: a daemon in a thread of the test, which does as it is told.
 */
#ifndef TESTS_UNIT_DAEMON_MODEL_H
#define TESTS_UNIT_DAEMON_MODEL_H

#include <chaos/chaosd.h>

#include "kit.h"

/* What it does with one connection, before it closes it. */
typedef void daemon_script(int fd);

/*
 * Listen in the kit's run directory, and serve one connection with each script,
 * one after the other; `second` may be NULL.
 */
void daemon_model_start(struct kit *kit, daemon_script *first,
                        daemon_script *second);
/* Wait until it has served them, or take no more. */
void daemon_model_stop(void);
/* Listen only; nobody answers. */
void daemon_model_listen(const char *dir);

/* The last question, whole once the next daemon_model_read has returned. */
extern struct chaosd_header asked;
extern uint8_t asked_payload[CHAOSD_REQUEST_MAX];

/* For scripts. */
void daemon_model_read(int fd);
/* Of a reply to it with so much payload. */
struct chaosd_header daemon_model_header(int status, size_t size);
void daemon_model_send(int fd, const void *bytes, size_t size);
void daemon_model_reply(int fd, int status, const void *payload, size_t size);
/* Until the client closes, so that it does so first. */
void daemon_model_wait(int fd);

#endif /* TESTS_UNIT_DAEMON_MODEL_H */
