/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy.c: see that the policy of a VM that stopped is carried out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "peek.h"
#include "policy.h"

static const char filter[] =
    "{\"events\": [\"restarted\", \"destroyed\", \"preserved\", "
    "\"restart_limited\", \"settle_failed\"]}";

void policy_open(struct policy *policy, struct cli *cli)
{
    const void *reply;
    size_t size;

    *policy = (struct policy){.cli = cli};
    if (chaos_conn_open(cli->ctx, &policy->conn) < 0)
        policy->conn = NULL;
    else if (chaos_conn_ask(policy->conn, CHAOSD_EVENTS, filter,
                            sizeof(filter) - 1, CHAOS_DAEMON_TIMEOUT_MS, &reply,
                            &size) < 0)
        policy_close(policy);
}

void policy_close(struct policy *policy)
{
    chaos_conn_close(policy->conn);
    policy->conn = NULL;
}

bool policy_is_daemons(const struct policy *policy)
{
    return policy->conn != NULL;
}

bool policy_is_awaited(const struct policy *policy, unsigned reason)
{
    return policy->conn && reason != CHAOS_REASON_SUSPEND;
}

int policy_fd(const struct policy *policy)
{
    return policy->conn ? chaos_conn_fd(policy->conn) : -1;
}

static void look_at_policies(struct policy *policy, struct policy_vm *vm)
{
    struct chaos_config *cfg;

    /* One of which nothing is known has none. */
    if (chaos_domain_config(policy->cli->ctx, vm->domid, &cfg) < 0)
        return;
    if (config_peek(policy->cli->ctx, cfg, &vm->found) < 0)
        vm->found = 0;
    chaos_config_destroy(cfg);
}

int policy_look(struct policy *policy, const char *label, uint32_t domid,
                struct policy_vm *vm_out)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(policy->cli->ctx, domid, &info);

    if (rc < 0)
        return rc;
    *vm_out = (struct policy_vm){.label = label, .domid = domid};
    memcpy(vm_out->uuid, info.uuid, sizeof(vm_out->uuid));
    memcpy(vm_out->name, info.name, sizeof(vm_out->name));
    if (policy->conn)
        look_at_policies(policy, vm_out);
    return 0;
}

/* False: the event tells of something else. */
static bool read_event(yajl_val event, struct outcome *o)
{
    const char *name = ask_text(event, "event");

    *o = (struct outcome){
        .domid = (uint32_t)ask_number(event, "domid"),
        .now = CHAOS_DOMID_NONE,
    };
    if (strcmp(name, "restarted") == 0) {
        o->now = o->domid;
        o->domid = (uint32_t)ask_number(event, "previous");
    } else if (strcmp(name, "preserved") == 0) {
        o->now = o->domid;
    } else if (strcmp(name, "restart_limited") == 0) {
        o->failed = o->limited = true;
        (void)snprintf(o->text, sizeof(o->text),
                       "chaosd keeps it as it stopped: it was restarted too "
                       "often");
    } else if (strcmp(name, "settle_failed") == 0) {
        o->failed = true;
        (void)snprintf(o->text, sizeof(o->text), "chaosd: %s",
                       ask_text(event, "error"));
    } else if (strcmp(name, "destroyed") != 0) {
        return false;
    }
    return true;
}

static bool read_payload(const void *payload, size_t size, struct outcome *o)
{
    char *text = strndup(payload, size);
    yajl_val event = text ? yajl_tree_parse(text, NULL, 0) : NULL;
    bool told = event && read_event(event, o);

    yajl_tree_free(event);
    free(text);
    return told;
}

int policy_read(struct policy *policy, unsigned timeout_ms,
                struct outcome *outcome_out)
{
    struct chaosd_header header;
    const void *payload;
    int rc;

    do {
        rc = chaos_conn_recv(policy->conn, timeout_ms, &header, &payload);
        if (rc == -ETIMEDOUT)
            return rc;
        if (rc < 0) {
            policy_close(policy);
            return -ECONNRESET;
        }
    } while (header.type != CHAOSD_EVENT ||
             !read_payload(payload, header.size - sizeof(header), outcome_out));
    return 0;
}

static void print_new(struct cli *cli, const char *label, uint32_t domid)
{
    if (cli->quiet)
        return;
    out_safe(&cli->out, label);
    out_printf(&cli->out, " %u\n", domid);
}

bool policy_is_done(const struct policy_vm *vm, unsigned reason,
                    const struct outcome *o)
{
    unsigned restart = reason == CHAOS_REASON_POWEROFF ? PEEK_RESTART_POWEROFF
                       : reason == CHAOS_REASON_REBOOT ? PEEK_RESTART_REBOOT
                                                       : PEEK_RESTART_CRASH;

    if (o->domid != vm->domid)
        return false;
    return o->failed || o->now != CHAOS_DOMID_NONE || !(vm->found & restart);
}

int policy_report(struct policy *policy, const struct policy_vm *vm,
                  const struct outcome *o)
{
    if (o->failed)
        return cli_error(policy->cli, 0, "%s: %s", vm->label, o->text);
    /* Its destruction has begun; this waits for its end. */
    if (o->now == CHAOS_DOMID_NONE)
        return policy_settle(policy, vm);
    if (o->now != o->domid)
        print_new(policy->cli, vm->label, o->now);
    return EXIT_OK;
}

int policy_settle(struct policy *policy, const struct policy_vm *vm)
{
    struct chaos_ctx *ctx = policy->cli->ctx;
    uint32_t now = vm->domid;
    int rc;

    signals_hold();
    rc = chaos_domain_settle(ctx, vm->domid, &now);
    signals_release();
    if (rc == -ESRCH) {
        if (!vm->name[0] || chaos_domain_lookup(ctx, vm->name, &now) < 0)
            return EXIT_OK;
        rc = 0;
    }
    if (rc < 0)
        return cli_fail(policy->cli, rc);
    if (now != CHAOS_DOMID_NONE && now != vm->domid)
        print_new(policy->cli, vm->label, now);
    return EXIT_OK;
}

int policy_carry_out(struct policy *policy, const struct policy_vm *vm,
                     unsigned reason)
{
    uint64_t end = clock_ns() + POLICY_MS * UINT64_C(1000000), now;
    struct outcome o;

    while (policy_is_awaited(policy, reason) && (now = clock_ns()) < end) {
        unsigned left_ms = (unsigned)((end - now) / 1000000u) + 1;

        if (policy_read(policy, left_ms, &o) == 0 &&
            policy_is_done(vm, reason, &o))
            return policy_report(policy, vm, &o);
    }
    return policy_settle(policy, vm);
}
