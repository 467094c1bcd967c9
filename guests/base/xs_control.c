/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xs_control.c: requests from a toolstack by control/shutdown, and readiness.
 *
 * A request is acknowledged by emptying the node. One that is not meant to be
 * carried out is left there, whereby the toolstack learns that it is not.
 */
#include <guest/lib.h>
#include <guest/sysctl.h>
#include <guest/time.h>
#include <guest/xs.h>

#include "internal.h"

static const struct {
    char name[12];
    uint32_t cmd;
} requests[] = {
    {"poweroff", NOXS_SYSCTL_POWEROFF},
    {"halt", NOXS_SYSCTL_POWEROFF},
    {"reboot", NOXS_SYSCTL_REBOOT},
};

static void look(struct xs_watch *w)
{
    char text[16];
    unsigned int i;

    if (xs_read(NULL, w->path, text, sizeof(text)) <= 0)
        return;
    for (i = 0; i < ARRAY_SIZE(requests); i++)
        if (!strcmp(text, requests[i].name)) {
            xs_write(NULL, w->path, "");
            sysctl_act(requests[i].cmd);
            return;
        }
    printf("request '%s' refused\n", text);
}

static struct xs_watch shutdown = {.path = "control/shutdown", .fn = look};

void xs_control_init(void)
{
    xs_post_u64("control/feature-poweroff", 1);
    xs_post_u64("control/feature-reboot", 1);
    xs_watch(&shutdown);
}

void xs_up(void)
{
    if (xs_present())
        xs_post_u64("data/up", time_now());
}
