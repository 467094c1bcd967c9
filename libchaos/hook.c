/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hook.c: run the program of a vif that says what a bridge cannot express.
 *
 * PATH online|offline IFNAME BRIDGE DOMID MAC, with BRIDGE empty where there is
 * none.
 */
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "internal.h"
#include "program.h"

int hook_run(struct chaos_ctx *ctx, const char *path,
             const struct hook_call *call)
{
    const uint8_t *m = call->mac;
    char event[16], ifname[HOST_IFNAME_SIZE], bridge[HOST_IFNAME_SIZE];
    char program[CHAOS_ERROR_SIZE], domid[16], mac[18];
    char *argv[] = {program, event, ifname, bridge, domid, mac, NULL};
    const struct program p = {.what = "hook", .path = path, .argv = argv};

    (void)snprintf(program, sizeof(program), "%s", path);
    (void)snprintf(event, sizeof(event), "%s", call->event);
    (void)snprintf(ifname, sizeof(ifname), "%s", call->ifname);
    (void)snprintf(bridge, sizeof(bridge), "%s",
                   call->bridge ? call->bridge : "");
    (void)snprintf(domid, sizeof(domid), "%u", call->domid);
    (void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
                   m[1], m[2], m[3], m[4], m[5]);
    return program_run(ctx, &p);
}

void hook_offline(struct chaos_ctx *ctx, const struct config_vif *cfg,
                  const char *ifname, uint32_t domid, const uint8_t mac[6])
{
    struct hook_call call = {
        .event = "offline",
        .ifname = ifname,
        .bridge = cfg->bridge,
        .domid = domid,
        .mac = mac,
    };
    char text[CHAOS_ERROR_SIZE];

    if (!cfg->hook)
        return;
    /* Why the vif goes is what the caller wants to read. */
    memcpy(text, ctx->error, sizeof(text));
    if (hook_run(ctx, cfg->hook, &call) < 0)
        chaos__log(ctx, CHAOS_LOG_WARN, "%s", ctx->error);
    memcpy(ctx->error, text, sizeof(text));
}
