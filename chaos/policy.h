/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy.h: what is done with VMs that stopped: by chaosd where it runs, which
 * tells what it did; else by this command.
 */
#ifndef CHAOS_POLICY_H
#define CHAOS_POLICY_H

#include "cli.h"

/* Where the daemon does not tell within this time, the command does it. */
#define POLICY_MS 3000u

struct policy {
    struct cli *cli;
    struct chaos_conn *conn; /* owned; NULL: no daemon, or it has ended */
};

/* Before the VMs are asked to stop. */
void policy_open(struct policy *policy, struct cli *cli);
void policy_close(struct policy *policy);
bool policy_is_daemons(const struct policy *policy);
/* That of one that stopped for this: to the daemon a suspend is no end. */
bool policy_is_awaited(const struct policy *policy, unsigned reason);
/* Readable when the daemon did something; -1: there is none. */
int policy_fd(const struct policy *policy);

/* A VM that is expected to stop. */
struct policy_vm {
    const char *label; /* borrowed from the caller */
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    char name[NOXS_NAME_SIZE];
    unsigned found; /* PEEK_RESTART_*, where the daemon carries policies out */
};
/* Look at it while it is there. 0 or -errno. */
int policy_look(struct policy *policy, const char *label, uint32_t domid,
                struct policy_vm *vm_out) CHAOS_CHECK;

/* Something that the daemon did with a VM. */
struct outcome {
    uint32_t domid; /* of the one that stopped */
    uint32_t now;   /* of the one in its place, or CHAOS_DOMID_NONE */
    bool failed;
    bool limited;   /* it failed for having been restarted too often */
    char text[256]; /* why */
};
/*
 * The next thing, with any VM, at most timeout_ms from now. -ETIMEDOUT: none;
 * -ECONNRESET: the daemon has ended.
 */
int policy_read(struct policy *policy, unsigned timeout_ms,
                struct outcome *outcome_out) CHAOS_CHECK;
/*
 * Whether it ends the policy of this VM, which stopped for `reason`: a restart
 * begins with the destruction of the old domain.
 */
bool policy_is_done(const struct policy_vm *vm, unsigned reason,
                    const struct outcome *outcome);
/*
 * Report it; "LABEL ID" is printed where a new VM took its place. Returns an
 * exit code.
 */
int policy_report(struct policy *policy, const struct policy_vm *vm,
                  const struct outcome *outcome);

/*
 * Settle a stopped VM here, and report. One that somebody else settled, or
 * settles now, is fine: a new one is found by its name.
 */
int policy_settle(struct policy *policy, const struct policy_vm *vm);
/* Wait until the daemon has settled it; where it does not, do so. */
int policy_carry_out(struct policy *policy, const struct policy_vm *vm,
                     unsigned reason);

#endif /* CHAOS_POLICY_H */
