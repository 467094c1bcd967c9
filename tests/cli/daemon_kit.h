/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon_kit.h: the command beside a model of the daemon.
 */
#ifndef TESTS_CLI_DAEMON_KIT_H
#define TESTS_CLI_DAEMON_KIT_H

#include <stddef.h>
#include <stdint.h>

/* For cmocka: cli_setup and guest_install; *state is the struct kit. */
int daemon_kit_setup(void **state);

/* A VM called web, with these further keys, made without a daemon. */
void daemon_kit_make(const char *more);

/* For the daemon's scripts: of the last question ... */
void daemon_kit_reply(int fd, const char *text);
/* ... and what comes unasked, of two pieces. */
void daemon_kit_send(int fd, uint16_t type, const void *first,
                     size_t first_size, const void *second, size_t size);
void daemon_kit_event(int fd, const char *json);

#endif /* TESTS_CLI_DAEMON_KIT_H */
