/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell.h: a shell as it is written down and handed over.
 *
 * One block of memory without pointers: struct shell, then extent_count words,
 * one for each extent of its memory (frame << 8 | order, in their order). It
 * lies in the file shells/DOMID of the run directory and crosses the daemon's
 * socket, always between programs of one machine and one version: anything else
 * is refused, and so is one that was spoiled. Whoever gets one checks it whole
 * (shell_check) before anything of it is used.
 */
#ifndef LIBCHAOS_SHELL_H
#define LIBCHAOS_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/chaosd.h>
#include <chaos/shell.h>

#include "config.h"
#include "host.h"
#include "hv.h"

struct birth;
struct create;
struct stat;

#define SHELL_MAGIC 0x6c6c6873u /* "shll" */
#define SHELL_VERSION 2
#define SHELL_DIR "shells"
/* As many as a guest of 128 GiB has, in pieces of 2 MiB. */
#define SHELL_EXTENTS_MAX 65536u

struct shell_vif {
    struct noxs_device device; /* noxs; else zeros, and no channel */
    uint32_t evtchn;
    uint32_t ifindex;
    uint32_t bridge; /* its interface's number; 0: none */
    uint16_t mtu;
    uint8_t mac[6];
    char ifname[HOST_IFNAME_SIZE];
    uint32_t pad;
};

struct shell {
    uint32_t magic, version;
    uint64_t size; /* of all, extents included */
    uint64_t sum;  /* of all words, this one taken as 0 */
    uint32_t domid;
    uint32_t serial;       /* of its mark */
    uint32_t loaded;       /* 1: the images of its shape are in it */
    uint32_t extent_count; /* 0 where it is loaded */
    uint8_t uuid[NOXS_UUID_SIZE];
    uint32_t console_port;
    uint32_t sysctl_port; /* noxs, else 0 */
    uint32_t store_port;  /* XenStore, else 0 */
    uint32_t pad;
    /* Where it is loaded, else 0. */
    uint64_t start_info_frame, console_frame;
    uint64_t sysctl_frame; /* noxs, else 0 */
    uint64_t store_frame;  /* XenStore, else 0 */
    uint32_t vbd_ports[CONFIG_VBDS_MAX];
    struct shell_vif vifs[CHAOSD_SHAPE_VIFS];
    struct chaosd_shape shape;
};

struct chaos_shell {
    struct shell *data; /* owned */
};

/* shell_shape.c */

/* -EINVAL with text unless all of it makes sense. */
int shape_check(struct chaos_ctx *ctx,
                const struct chaosd_shape *shape) CHAOS_CHECK;
/* It is on XenStore; else noxs. */
bool shape_is_xs(const struct chaosd_shape *shape);
/* The same file, not touched since. */
bool shape_image_is(const struct chaosd_image *image, const struct stat *st);
/* Whether a shell of shape `shell` can become a VM of shape `vm`. */
bool shape_fits(const struct chaosd_shape *shell,
                const struct chaosd_shape *vm);

/* shell_data.c */

/* Of a create that has made a shell; free() it. */
int shell_encode(struct create *c, struct shell **shell_out) CHAOS_CHECK;
/* -EPROTO: of another version; -EINVAL: spoiled. Aligned to 8 bytes. */
int shell_check(struct chaos_ctx *ctx, const void *data,
                size_t size) CHAOS_CHECK;
const uint64_t *shell_extents(const struct shell *shell);
/* Whether the domain is as the shell says, paused, and never ran. */
bool shell_is(const struct shell *shell, const struct hv_domain_state *state);

/* shell_xs.c: -EINVAL: what XenStore has of it, is not a shell's on XenStore */
int shell_check_store(struct chaos_ctx *ctx,
                      const struct shell *shell) CHAOS_CHECK;

/* shell_file.c */
int shell_write(struct chaos_ctx *ctx, const struct shell *shell) CHAOS_CHECK;
/* -ENOENT: there is none; -EINVAL: it is spoiled. free() it. */
int shell_read(struct chaos_ctx *ctx, uint32_t domid,
               struct shell **shell_out) CHAOS_CHECK;
/* Blocks until no other program changes the domain's owner. */
int shell_owner_lock(struct chaos_ctx *ctx, uint32_t domid,
                     int *fd_out) CHAOS_CHECK;

/* create_shell.c */

/*
 * Take a shell from the daemon and make c's VM of it. -ENODATA: there was none,
 * or none that can be used; nothing has happened then. *taken_out: whether the
 * daemon must be told what became of it, c->domid being its id.
 */
int create_from_shell(struct create *c, bool *taken_out) CHAOS_CHECK;

#endif /* LIBCHAOS_SHELL_H */
