/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_net.c: bridges and their ports, and what domain 0 keeps of neighbours.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* Linux numbers the ports of a bridge with ten bits, and begins with 1. */
#define BRIDGE_PORTS 1023u

struct bridges {
    struct doctor *dr;
    uint64_t ports; /* of all, that are free */
    size_t first;   /* finding */
};

/* How many of a guest's vifs go to it; where that is not known, all. */
static unsigned vifs_of(const struct guest_shape *shape, const char *bridge)
{
    unsigned i, count = 0;
    bool known = false;

    for (i = 0; i < GUEST_VIFS_MAX; i++) {
        known |= shape->bridges[i][0] != '\0';
        count += strcmp(shape->bridges[i], bridge) == 0;
    }
    return known ? count : shape->vifs;
}

static bool find_bridge(void *arg, const char *name)
{
    struct bridges *b = arg;
    char path[PATH_MAX], label[40];
    struct finding *f;
    uint64_t used;

    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
    if (!doctor_exists(b->dr, path))
        return true;
    (void)snprintf(path, sizeof(path), "/sys/class/net/%s/brif", name);
    used = doctor_count(b->dr, path);
    (void)snprintf(label, sizeof(label), "ports of %s", name);
    f = doctor_limit(b->dr, label, "", used, BRIDGE_PORTS,
                     vifs_of(&b->dr->shape, name));
    finding_remedy(f, "put further guests on another bridge");
    b->ports += used < BRIDGE_PORTS ? BRIDGE_PORTS - used : 0;
    return true;
}

/*
 * Guests of which no bridge is named may go to any: one that is full is no
 * harm as long as the others have room.
 */
static void find_bridges(struct doctor *dr)
{
    struct bridges b = {.dr = dr, .first = dr->count};
    size_t i;

    if (doctor_entries(dr, "/sys/class/net", find_bridge, &b) < 0)
        return;
    if (b.first == dr->count && dr->shape.vifs > 0) {
        doctor_thing(dr, "bridges", FINDING_NOTE, "none");
        finding_remedy(&dr->findings[dr->count - 1],
                       "ip link add xenbr0 type bridge; ip link set xenbr0 up");
    }
    if (dr->shape.bridges[0][0] || dr->shape.vifs == 0 ||
        b.ports / dr->shape.vifs < dr->wanted)
        return;
    for (i = b.first; i < dr->count; i++)
        if (dr->findings[i].state == FINDING_BAD)
            dr->findings[i].state = FINDING_NOTE;
}

/* The table's size is the first number of the second line. */
struct entries {
    unsigned line;
    uint64_t count;
};

static bool read_entries(void *arg, const char *line)
{
    struct entries *e = arg;

    if (++e->line == 1)
        return true;
    e->count = strtoull(line, NULL, 16);
    return false;
}

/* Domain 0 has one for each address that it talks to itself. */
static void find_neighbours(struct doctor *dr, const char *family,
                            const char *stat)
{
    char name[96], label[40];
    struct entries e = {0};
    struct finding *f;
    uint64_t limit;

    (void)snprintf(name, sizeof(name),
                   "/proc/sys/net/%s/neigh/default/gc_thresh3", family);
    if (doctor_number(dr, name, 0, &limit) < 0 ||
        doctor_lines(dr, stat, read_entries, &e) < 0)
        return;
    (void)snprintf(label, sizeof(label), "%s neighbours", family);
    f = doctor_limit(dr, label, "", e.count, limit, dr->shape.vifs);
    if (f->state == FINDING_BAD)
        f->state = FINDING_NOTE;
    finding_remedy(f,
                   "sysctl -w net.%s.neigh.default.gc_thresh3=NUMBER, where "
                   "domain 0 itself talks to the guests",
                   family);
}

void doctor_net(struct doctor *dr)
{
    find_bridges(dr);
    find_neighbours(dr, "ipv4", "/proc/net/stat/arp_cache");
    find_neighbours(dr, "ipv6", "/proc/net/stat/ndisc_cache");
}
