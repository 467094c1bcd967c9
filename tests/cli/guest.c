/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.c: what the model's guests do when dom0 rings or starts them.
 */
#include <string.h>

#include <chaos/domain.h>
#include <noxs/console.h>
#include <noxs/sysctl.h>

#include "guest.h"
#include "hv_model.h"

#define DOMAINS 300

struct guest guest;
static bool started[DOMAINS];

static void console_write(uint32_t domid, const char *text)
{
    struct noxs_console *page = model_control(domid, NOXS_DEV_CONSOLE);

    for (; *text; text++)
        page->out[page->out_prod++ % NOXS_CONSOLE_OUT] = (uint8_t)*text;
    model_ring(domid, model_device(domid, NOXS_DEV_CONSOLE)->evtchn);
}

static void console_hear(uint32_t domid)
{
    struct noxs_console *page = model_control(domid, NOXS_DEV_CONSOLE);
    size_t len = strlen(guest.heard);

    while (page->in_cons != page->in_prod && len < sizeof(guest.heard) - 1)
        guest.heard[len++] = (char)page->in[page->in_cons++ % NOXS_CONSOLE_IN];
}

static unsigned reason_of(uint32_t command)
{
    if (guest.own_reason)
        return guest.reason;
    return command == NOXS_SYSCTL_REBOOT ? CHAOS_REASON_REBOOT
                                         : CHAOS_REASON_POWEROFF;
}

static void obey(uint32_t domid, uint32_t port)
{
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);

    if (guest.deaf || page->ack_id == page->request_id)
        return;
    guest.requests++;
    page->ack_status = NOXS_ACK_ACCEPTED;
    page->ack_id = page->request_id;
    model_ring(domid, port);
    /* It has no devices to look for. */
    if (page->request_cmd == NOXS_SYSCTL_RESCAN)
        return;
    if (!guest.slow)
        model_shutdown(domid, reason_of(page->request_cmd));
}

static void rung(void *arg, uint32_t domid, uint32_t port)
{
    (void)arg;
    if (port == model_device(domid, NOXS_DEV_SYSCTL)->evtchn)
        obey(domid, port);
    else if (port == model_device(domid, NOXS_DEV_CONSOLE)->evtchn)
        console_hear(domid);
}

/* The hook does not say which domain it was: look for one that was started. */
static void operation(void *arg, const char *name)
{
    uint32_t domid;

    (void)arg;
    if (strcmp(name, "domain_unpause") != 0 || !guest.says)
        return;
    for (domid = 1; domid < DOMAINS; domid++) {
        if (started[domid] || !model_view(domid).exists ||
            model_view(domid).paused || !model_device(domid, NOXS_DEV_CONSOLE))
            continue;
        started[domid] = true;
        console_write(domid, guest.says);
        model_shutdown(domid, guest.stops_with);
    }
}

void guest_install(void)
{
    memset(&guest, 0, sizeof(guest));
    memset(started, 0, sizeof(started));
    model_set_guest(rung, NULL);
    model_set_hook(operation, NULL);
}
