/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.h: making VMs, one or many, and telling what became of each.
 */
#ifndef CHAOS_BATCH_H
#define CHAOS_BATCH_H

#include "cli.h"
#include "template.h"

struct step_time {
    const char *step, *phase; /* constants of libchaos */
    uint64_t ns;
};

struct vm {
    char *name;  /* owned; NULL: no memory */
    char *error; /* owned; NULL: it was made */
    bool made;
    uint32_t domid;
    uint64_t total_ns;
    struct step_time *steps; /* owned */
    size_t step_count;
};

struct batch {
    struct cli *cli;
    struct chaos_config *cfg; /* borrowed from create.c */
    struct template name;     /* owned */
    bool timing;              /* take the steps' times */
    unsigned first, count;
    struct vm *vms; /* owned; count of them */
    unsigned tried, made;
};

/* batch.c: all functions with an int return an exit code. */
int batch_run(struct batch *b);
/* Wait until each guest says that it is up; `seconds` for each. */
int batch_wait_up(struct batch *b, unsigned seconds);
void batch_dispose(struct batch *b);

/* batch_report.c */
/* "NAME ID" for each that was made. */
void batch_print(struct batch *b);
int batch_json(struct batch *b);
/* How many of many; nothing if all were made. */
void batch_summary(struct batch *b);

/* timing.c: a table of the steps to stderr */
void timing_print(const struct batch *b);

/* progress.c: "37/100" on a terminal */
struct progress {
    bool on;
    unsigned count;
    uint64_t next_ns;
};
void progress_start(struct progress *p, const struct cli *cli, unsigned count);
void progress_show(struct progress *p, unsigned done);
/* Before a message, and at the end. */
void progress_clear(struct progress *p);

#endif /* CHAOS_BATCH_H */
