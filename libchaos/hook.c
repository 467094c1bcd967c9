/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hook.c: run the program of a vif that says what a bridge cannot express.
 *
 * PATH online|offline IFNAME BRIDGE DOMID MAC, with BRIDGE empty where there is
 * none. It gets no input, and its output goes where errors go.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "devices.h"
#include "internal.h"

extern char **environ;

/* The program's own descriptors and signals, whatever the caller's are. */
static int spawn(const char *path, char *const argv[], pid_t *pid_out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int r = posix_spawn_file_actions_init(&files);

    if (r)
        return -r;
    r = posix_spawnattr_init(&attr);
    if (r) {
        posix_spawn_file_actions_destroy(&files);
        return -r;
    }
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                         O_RDONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO,
                                             STDOUT_FILENO);
    if (!r)
        r = posix_spawn(pid_out, path, &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return -r;
}

static int wait_for(pid_t pid, int *status_out)
{
    pid_t r;

    do {
        r = waitpid(pid, status_out, 0);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

int hook_run(struct chaos_ctx *ctx, const char *path,
             const struct hook_call *call)
{
    const uint8_t *m = call->mac;
    char event[16], ifname[HOST_IFNAME_SIZE], bridge[HOST_IFNAME_SIZE];
    char program[CHAOS_ERROR_SIZE], domid[16], mac[18];
    char *argv[] = {program, event, ifname, bridge, domid, mac, NULL};
    int rc, status;
    pid_t pid;

    (void)snprintf(program, sizeof(program), "%s", path);
    (void)snprintf(event, sizeof(event), "%s", call->event);
    (void)snprintf(ifname, sizeof(ifname), "%s", call->ifname);
    (void)snprintf(bridge, sizeof(bridge), "%s",
                   call->bridge ? call->bridge : "");
    (void)snprintf(domid, sizeof(domid), "%u", call->domid);
    (void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
                   m[1], m[2], m[3], m[4], m[5]);
    rc = spawn(path, argv, &pid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "hook %s cannot be run", path);
    rc = wait_for(pid, &status);
    if (rc < 0)
        return chaos__fail(ctx, rc, "hook %s: its end was not seen", path);
    if (WIFSIGNALED(status))
        return chaos__fail(ctx, -ECANCELED, "hook %s: signal %d ended it", path,
                           WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return chaos__fail(ctx, -ECANCELED, "hook %s: it failed with status %d",
                           path, WEXITSTATUS(status));
    return 0;
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
