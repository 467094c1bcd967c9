/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * program.c: run a program and wait for its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain.h"
#include "internal.h"
#include "program.h"

extern char **environ;

/* --- its environment ---------------------------------------------------------
 */

static size_t count(char *const *env)
{
    size_t n = 0;

    while (env && env[n])
        n++;
    return n;
}

static bool is_among(const char *entry, char *const *env)
{
    size_t name = strcspn(entry, "=") + 1;

    for (; *env; env++) {
        if (strncmp(entry, *env, name) == 0)
            return true;
    }
    return false;
}

/* This process's own, but for what `more` says otherwise. */
static char **environment(char *const *more)
{
    char **env = calloc(count(environ) + count(more) + 1, sizeof(*env));
    size_t n = count(more);
    char **own;

    if (!env)
        return NULL;
    memcpy(env, more, n * sizeof(*env));
    for (own = environ; *own; own++) {
        if (!is_among(*own, more))
            env[n++] = *own;
    }
    return env;
}

/* --- its life ----------------------------------------------------------------
 */

/* Its own descriptors and signals, whatever this process's are. */
static int spawn(const struct program *p, char *const *env, pid_t *pid_out)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
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
    /* A group of its own, which can be killed as a whole. */
    if (p->limit_ms)
        flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attr, flags);
    r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                         O_RDONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO,
                                             STDOUT_FILENO);
    if (!r)
        r = posix_spawn(pid_out, p->path, &files, &attr, p->argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return -r;
}

static int start(const struct program *p, pid_t *pid_out)
{
    CLEANUP_FREE char **env = NULL;

    if (!p->env)
        return spawn(p, environ, pid_out);
    env = environment(p->env);
    return env ? spawn(p, env, pid_out) : -ENOMEM;
}

static int wait_for(pid_t pid, int *status_out)
{
    pid_t r;

    do {
        r = waitpid(pid, status_out, 0);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

/* -ETIMEDOUT: it was killed. */
static int wait_until(pid_t pid, unsigned limit_ms, int *status_out)
{
    CLEANUP_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    int ended, rc = -errno;

    if (fd >= 0)
        rc = deadline_poll(deadline_after(limit_ms), fd);
    if (rc < 0)
        (void)kill(-pid, SIGKILL);
    ended = wait_for(pid, status_out);
    return rc < 0 ? rc : ended;
}

int program_run(struct chaos_ctx *ctx, const struct program *p)
{
    int rc, status;
    pid_t pid;

    rc = start(p, &pid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "%s %s cannot be run", p->what, p->path);
    rc = p->limit_ms ? wait_until(pid, p->limit_ms, &status)
                     : wait_for(pid, &status);
    if (rc == -ETIMEDOUT)
        return chaos__fail(ctx, rc,
                           "%s %s: it did not end in %u ms and was killed",
                           p->what, p->path, p->limit_ms);
    if (rc < 0)
        return chaos__fail(ctx, rc, "%s %s: its end was not seen", p->what,
                           p->path);
    if (WIFSIGNALED(status))
        return chaos__fail(ctx, -ECANCELED, "%s %s: signal %d ended it",
                           p->what, p->path, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return chaos__fail(ctx, -ECANCELED, "%s %s: it failed with status %d",
                           p->what, p->path, WEXITSTATUS(status));
    return 0;
}
