/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.h: what the files of chaos doctor share.
 *
 * Each looks at a part of the host and adds findings: limits that so many more
 * guests meet, and things that are there or not. What the kernel tells is read
 * below `root`, "" but in tests.
 */
#ifndef CHAOS_DOCTOR_H
#define CHAOS_DOCTOR_H

#include <chaos/chaosd.h>

#include "cli.h"

/* No number of guests meets it. */
#define ROOM_ENDLESS UINT64_MAX

enum finding_state {
    FINDING_OK,
    FINDING_NOTE, /* worth knowing: guests run nevertheless */
    FINDING_BAD,  /* the guests asked for cannot be */
};

struct finding {
    char name[40];
    /* What there is, where that is no number; "" otherwise. */
    char text[64];
    const char *unit; /* of used and limit, "" for pieces; NULL: no numbers */
    uint64_t used, limit;
    uint64_t room; /* guests beside those that are there */
    enum finding_state state;
    char remedy[240];
};

#define GUEST_VIFS_MAX 32

/* What a guest takes, of which there are to be more. */
struct guest_shape {
    uint64_t memory_kb;
    unsigned vifs, vbds;
    bool xenstore; /* its configuration says so, or Xen has no noxs */
    /* Of its vifs, where it is known: empty if not. */
    char bridges[GUEST_VIFS_MAX][CHAOSD_BRIDGE_SIZE];
};

#define FINDINGS_MAX 256

struct doctor {
    struct cli *cli;
    const char *root;
    struct guest_shape shape;
    unsigned wanted; /* guests beside those that are there */
    unsigned daemon_pid;
    bool xenstored;
    bool noxs; /* by which guests have devices; else by XenStore */
    size_t count;
    size_t left_out; /* there was no more room for */
    struct finding findings[FINDINGS_MAX];
};

/* doctor_find.c: add findings. */

/* A thing that is there or not. */
__attribute__((format(printf, 4, 5))) void
doctor_thing(struct doctor *dr, const char *name, enum finding_state state,
             const char *text, ...);
/*
 * A limit: each guest takes `each` of what is left of it; 0: guests take none.
 * `remedy` says what to do about it. FINDING_BAD where there is too little.
 */
struct finding *doctor_limit(struct doctor *dr, const char *name,
                             const char *unit, uint64_t used, uint64_t limit,
                             uint64_t each);
__attribute__((format(printf, 2, 3))) void finding_remedy(struct finding *f,
                                                          const char *fmt, ...);
/* The one that is met first, and so on; what is wrong comes before all. */
void doctor_sort(struct doctor *dr);
bool doctor_is_bad(const struct doctor *dr);

/* doctor_read.c: what the kernel tells. 0 or -errno. */

/* "": the real one. Tests replace this function. */
const char *doctor_root(void);

int doctor_path(const struct doctor *dr, char *path, size_t size,
                const char *name);
bool doctor_exists(const struct doctor *dr, const char *name);
/* The beginning of a file, ended by a zero byte. */
int doctor_text(const struct doctor *dr, const char *name, char *text,
                size_t size);
/* The n-th number of a file, from 0 on. */
int doctor_number(const struct doctor *dr, const char *name, unsigned n,
                  uint64_t *number_out);
/* Call fn with each line; it returns false to go on no longer. */
typedef bool line_fn(void *arg, const char *line);
int doctor_lines(const struct doctor *dr, const char *name, line_fn *fn,
                 void *arg);
/* Call fn with each name in a directory. */
int doctor_entries(const struct doctor *dr, const char *name, line_fn *fn,
                   void *arg);
/* How many names there are in it; 0 where it is not. */
uint64_t doctor_count(const struct doctor *dr, const char *name);

/* The parts. What cannot be asked is left out, or a finding of its own. */

/* doctor_xen.c; an exit code: without Xen there is nothing to examine. */
int doctor_xen(struct doctor *dr);
/* doctor_parts.c: modules, device nodes, daemons. */
void doctor_parts(struct doctor *dr);
/* doctor_dom0.c: event channels, memory, descriptors, loop devices, files. */
void doctor_dom0(struct doctor *dr);
/* doctor_net.c: bridges, neighbours. */
void doctor_net(struct doctor *dr);

/* doctor_show.c */
void doctor_table(struct doctor *dr);
int doctor_json(struct doctor *dr);

#endif /* CHAOS_DOCTOR_H */
