/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon_kit.c: the command beside a model of the daemon.
 */
#include <string.h>
#include <sys/stat.h>

#include "cli_kit.h"
#include "daemon_kit.h"
#include "daemon_model.h"
#include "guest.h"
#include "unit.h"

static struct kit *the_kit;

int daemon_kit_setup(void **state)
{
    int rc = cli_setup(state);

    the_kit = *state;
    (void)mkdir(the_kit->run, 0700);
    guest_install();
    return rc;
}

void daemon_kit_make(const char *more)
{
    assert_int_equal(cli_run("--no-daemon", "create", "--name=web",
                             cli_config(the_kit, more), NULL),
                     0);
}

void daemon_kit_send(int fd, uint16_t type, const void *first,
                     size_t first_size, const void *second, size_t size)
{
    struct chaosd_header header = daemon_model_header(0, first_size + size);

    header.type = type;
    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, first, first_size);
    daemon_model_send(fd, second, size);
}

void daemon_kit_event(int fd, const char *json)
{
    daemon_kit_send(fd, CHAOSD_EVENT, json, strlen(json), NULL, 0);
}

void daemon_kit_reply(int fd, const char *text)
{
    daemon_model_reply(fd, 0, text, strlen(text));
}
