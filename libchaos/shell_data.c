/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_data.c: shells as blocks of memory: made, and checked whole.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "internal.h"
#include "shell.h"

#define WORD sizeof(uint64_t)
#define PORT_MAX 1023u
#define ORDER_MAX 18u
#define FRAME_MAX (UINT64_C(1) << 40)
#define SUM_FACTOR UINT64_C(0x9e3779b97f4a7c15)

_Static_assert(sizeof(struct shell) % WORD == 0, "a shell is whole words");
_Static_assert(sizeof(struct shell_vif) == 104, "a shell has no gaps");

const uint64_t *shell_extents(const struct shell *shell)
{
    return (const void *)(shell + 1);
}

/* Not against malice, but against what is half, old or overwritten. */
static uint64_t sum_of(const struct shell *shell)
{
    const uint64_t *words = (const void *)shell;
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < shell->size / WORD; i++) {
        if (i != offsetof(struct shell, sum) / WORD)
            sum = ((sum << 7 | sum >> 57) ^ words[i]) * SUM_FACTOR;
    }
    return sum;
}

/* --- making one --------------------------------------------------------------
 */

static void encode_vifs(const struct create *c, struct shell *s)
{
    unsigned i;

    for (i = 0; i < c->devices.vif_count; i++) {
        const struct vif *v = &c->devices.vifs[i];

        s->vifs[i].device = v->device;
        s->vifs[i].evtchn = v->evtchn;
        s->vifs[i].ifindex = v->ifindex;
        s->vifs[i].bridge = v->bridge;
        s->vifs[i].mtu = v->mtu;
        memcpy(s->vifs[i].mac, v->mac, sizeof(v->mac));
        memcpy(s->vifs[i].ifname, v->ifname, sizeof(v->ifname));
    }
    for (i = 0; i < c->devices.vbd_count; i++)
        s->vbd_ports[i] = c->devices.vbds[i].evtchn;
}

static void encode_extents(const struct create *c, struct shell *s)
{
    uint64_t *extents = (void *)(s + 1);
    uint32_t i;

    for (i = 0; i < s->extent_count; i++)
        extents[i] =
            c->memory.extents[i].frame << 8 | c->memory.extents[i].order;
}

int shell_encode(struct create *c, struct shell **shell_out)
{
    bool loaded = c->shape->kernel.path[0] != '\0';
    bool xs = shape_is_xs(c->shape);
    size_t extents = loaded ? 0 : c->memory.count;
    size_t size = sizeof(struct shell) + extents * WORD;
    struct shell *s;

    if (extents > SHELL_EXTENTS_MAX)
        return chaos__fail(c->ctx, -E2BIG,
                           "a shell's memory lies in too many pieces");
    s = calloc(1, size);
    if (!s)
        return chaos__fail(c->ctx, -ENOMEM, "no memory for a shell");
    *s = (struct shell){
        .magic = SHELL_MAGIC,
        .version = SHELL_VERSION,
        .size = size,
        .domid = c->domid,
        .serial = c->birth.serial,
        .loaded = loaded,
        .extent_count = (uint32_t)extents,
        .console_port = c->console_port,
        .sysctl_port = c->sysctl_port,
        .store_port = c->store_port,
        .start_info_frame = c->start_info_frame,
        .console_frame = c->console_frame,
        .sysctl_frame = xs ? 0 : c->sysctl_frame,
        .store_frame = xs ? c->store_frame : 0,
        .shape = *c->shape,
    };
    memcpy(s->uuid, c->uuid, sizeof(s->uuid));
    encode_vifs(c, s);
    encode_extents(c, s);
    s->sum = sum_of(s);
    *shell_out = s;
    return 0;
}

/* --- checking one ------------------------------------------------------------
 */

static bool is_port(uint32_t port)
{
    return port > 0 && port <= PORT_MAX;
}

static bool is_frame(uint64_t frame, bool wanted)
{
    return wanted ? frame > 0 && frame < FRAME_MAX : frame == 0;
}

/* What the bus has of it. */
static bool is_noxs_vif(const struct shell_vif *v, uint32_t id)
{
    return v->device.type == NOXS_DEV_VIF && v->device.id == id &&
           v->device.evtchn == v->evtchn && is_port(v->evtchn);
}

static bool is_xs_vif(const struct shell_vif *v)
{
    static const struct noxs_device none;

    return memcmp(&v->device, &none, sizeof(none)) == 0 && v->evtchn == 0;
}

static bool is_vif(const struct shell *s, uint32_t id)
{
    const struct shell_vif *v = &s->vifs[id];

    return (shape_is_xs(&s->shape) ? is_xs_vif(v) : is_noxs_vif(v, id)) &&
           v->ifindex != 0 && v->ifname[0] != '\0' &&
           v->ifname[sizeof(v->ifname) - 1] == '\0' && !(v->mac[0] & 1);
}

static bool are_devices(const struct shell *s)
{
    static const struct shell_vif none;
    uint32_t i;

    for (i = 0; i < CHAOSD_SHAPE_VIFS; i++) {
        if (i < s->shape.vif_count
                ? !is_vif(s, i)
                : memcmp(&s->vifs[i], &none, sizeof(none)) != 0)
            return false;
    }
    for (i = 0; i < CONFIG_VBDS_MAX; i++) {
        if (i < s->shape.vbd_count ? !is_port(s->vbd_ports[i])
                                   : s->vbd_ports[i] != 0)
            return false;
    }
    return true;
}

/* Those of its bus and no others. */
static bool are_rings(const struct shell *s)
{
    bool xs = shape_is_xs(&s->shape);

    return is_port(s->console_port) &&
           (xs ? s->sysctl_port == 0 : is_port(s->sysctl_port)) &&
           (xs ? is_port(s->store_port) : s->store_port == 0) &&
           is_frame(s->start_info_frame, s->loaded) &&
           is_frame(s->console_frame, s->loaded) &&
           is_frame(s->sysctl_frame, s->loaded && !xs) &&
           is_frame(s->store_frame, s->loaded && xs) && s->pad == 0;
}

static bool are_extents(const struct shell *s)
{
    const uint64_t *extents = shell_extents(s);
    uint64_t pages = 0;
    uint32_t i;

    for (i = 0; i < s->extent_count; i++) {
        if ((extents[i] & 0xff) > ORDER_MAX || !is_frame(extents[i] >> 8, true))
            return false;
        pages += UINT64_C(1) << (extents[i] & 0xff);
    }
    return pages == (s->loaded ? 0 : s->shape.memory_kb / 4);
}

static bool is_whole(const struct shell *s, size_t size)
{
    return s->size == size && s->extent_count <= SHELL_EXTENTS_MAX &&
           size == sizeof(*s) + s->extent_count * WORD && s->sum == sum_of(s);
}

int shell_check(struct chaos_ctx *ctx, const void *data, size_t size)
{
    const struct shell *s = data;

    if (size < sizeof(*s) || s->magic != SHELL_MAGIC)
        return chaos__fail(ctx, -EINVAL, "this is no shell");
    if (s->version != SHELL_VERSION)
        return chaos__fail(ctx, -EPROTO,
                           "this shell is of version %u, this library knows %u",
                           s->version, SHELL_VERSION);
    if (!is_whole(s, size))
        return chaos__fail(ctx, -EINVAL, "this shell is spoiled");
    if (shape_check(ctx, &s->shape) < 0)
        return -EINVAL;
    if (s->domid == 0 || s->domid >= NOXS_DOMID_SELF || s->serial >> 24 ||
        s->loaded != (s->shape.kernel.path[0] != '\0') || !are_rings(s) ||
        !are_devices(s) || !are_extents(s))
        return chaos__fail(ctx, -EINVAL, "this shell makes no sense");
    return 0;
}

bool shell_is(const struct shell *shell, const struct hv_domain_state *state)
{
    return state->domid == shell->domid && state->paused && !state->stopped &&
           !state->dying && !state->hvm && state->cpu_time_ns == 0 &&
           state->pages == shell->shape.memory_kb / 4 &&
           state->vcpus <= shell->shape.vcpus;
}
