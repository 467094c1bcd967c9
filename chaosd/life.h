/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * life.h: how the daemon lives: signals, what systemd is told, the end.
 */
#ifndef CHAOSD_LIFE_H
#define CHAOSD_LIFE_H

#include "conf.h"
#include "daemon.h"

/* Shells that clients hold are waited for so long after SIGTERM. */
#define LEAVE_SECONDS 5

struct options {
    const char *file;    /* of the configuration; NULL: CONF_PATH */
    const char *socket;  /* instead of the configuration's, or NULL */
    const char *run_dir; /* "/run/chaos" */
    int on_stop;         /* instead of the configuration's, or -1 */
    enum chaos_log_level level;
    bool check; /* only check the configuration */
};

/* The configuration with what the command line says instead. */
int life_load_conf(const struct options *options, struct conf **conf_out,
                   char *text, size_t text_size);

/* Limits of the process; before anything else is started. */
void life_prepare(void);

struct life;
/* Signals and the watchdog. options is borrowed. */
int life_create(struct daemon *d, const struct options *options,
                struct life **life_out);
/* Everything is there: systemd may start what comes after. */
void life_ready(struct life *life);
void life_destroy(struct life *life);

#endif /* CHAOSD_LIFE_H */
