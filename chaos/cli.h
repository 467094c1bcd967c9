/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli.h: what a command is made of, and what all commands share.
 */
#ifndef CHAOS_CLI_H
#define CHAOS_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/chaos.h>

#include "out.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Domains that may live at once, and so the most that one create can make. */
#define DOMAINS_MAX 32752u
#define SECONDS_MAX 86400u

enum option_type {
    OPTION_FLAG,   /* bool */
    OPTION_NUMBER, /* unsigned, min to max, `initial` where not given */
    OPTION_TEXT,   /* const char *, NULL where not given */
};

/* One row makes the getopt tables, the help text and the parser. */
struct option_row {
    char short_name; /* 0: none */
    const char *long_name;
    const char *arg; /* NULL for a flag */
    const char *help;
    size_t offset; /* in the command's struct of options */
    enum option_type type;
    unsigned min, max, initial;
};

/* The largest struct of options of a command. */
#define OPTIONS_SIZE 64

struct cli;

struct command {
    const char *name; /* of a part of a group: "vif attach" */
    const char *args;
    const char *help;
    const struct option_row *options; /* ends with a row without long_name */
    int args_min, args_max;           /* operands; args_max < 0: any number */
    /* NULL, or this is a group: its first operand chooses; ends with NULL. */
    const struct command *const *parts;
    /* Gets the operands only. Returns an exit code. */
    int (*run)(struct cli *cli, const void *options, int argc, char **argv);
};

struct cli {
    const struct command *command; /* NULL before it is known */
    struct chaos_ctx *ctx;         /* owned */
    bool verbose, very_verbose, quiet, no_daemon;
    const char *socket; /* chaosd's, borrowed from the command line, or NULL */
    struct out out;     /* the last, so that its buffer need not be cleared */
};

/* main.c: all commands in the order of the help; ends with NULL. */
extern const struct command *const commands[];
/* One of all commands (group NULL), or one of a group by its second word. */
const struct command *command_find(const struct command *group,
                                   const char *word);

/* create.c, ...: the commands */
extern const struct command create_command, destroy_command, shutdown_command,
    reboot_command, pause_command, unpause_command, list_command, top_command,
    console_command, log_command, events_command, pool_command, reap_command,
    domid_command, domname_command, rename_command, info_command,
    doctor_command, vif_command, vbd_command, version_command, help_command;

/*
 * options.c: returns -1 to go on, with *first_out the first operand, or the
 * code to exit with. `command` is NULL for what comes before the command.
 */
int options_parse(struct cli *cli, const struct command *command, void *options,
                  int argc, char **argv, int *first_out);
void usage_command(struct out *out, const struct command *command);
void usage_all(struct out *out);

/*
 * context.c: make the context as the options before it say. Returns an exit
 * code; after a failure there is none.
 */
int cli_context(struct cli *cli);

/* config.c: read FILE [KEY=VALUE...], and check the whole. An exit code. */
int config_read(struct cli *cli, struct chaos_config *cfg, int argc,
                char **argv);
/* "web" of "/etc/chaos/web.json", "vm" of "-"; not ended by a zero byte. */
const char *config_stem(const char *path, size_t *len_out);

/* error.c: messages of one line to stderr; those with an int return an exit
 * code.
 */
/* What libchaos says of its last failure. */
int cli_fail(struct cli *cli, int rc);
/* A failure of our own; rc 0: no error number. */
int cli_error(struct cli *cli, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int cli_usage(struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Write out what was printed so far. */
int cli_flush(struct cli *cli);
/* Unless -q. */
void cli_notice(struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void cli_log(void *arg, enum chaos_log_level level, const char *text);
/* `text` and what rc adds to it, if anything. */
void error_text(char *buf, size_t size, int rc, const char *text);

/* target.c: the domains that a command line names */
struct target {
    const char *label; /* borrowed from the command line */
    uint32_t domid;
    bool done;
};
/*
 * Look up each operand. Those that cannot be found are reported and left out.
 * Returns an exit code; *targets_out is for free() in any case.
 */
int targets_find(struct cli *cli, int argc, char **argv,
                 struct target **targets_out, size_t *count_out);
/*
 * What is known of the domains that operands name, or of all where there are
 * none, those in the making left out unless `all` is set. Returns an exit code;
 * *infos_out is for free() in any case.
 */
int infos_find(struct cli *cli, int argc, char **argv, bool all,
               struct chaos_domain_info **infos_out, size_t *count_out);
/* One that is in the making is refused. */
int domain_find(struct cli *cli, const char *name_or_id, uint32_t *domid_out);
/* Call fn for each operand's domain; fails if any failed, but tries all. */
typedef int domain_fn(struct chaos_ctx *ctx, uint32_t domid);
int domains_each(struct cli *cli, int argc, char **argv, domain_fn *fn);
/* For people: "-" where there is no name. */
const char *domain_label(const struct chaos_domain_info *info);

/* number.c: decimal digits only. -EINVAL: something else; -ERANGE. */
int number_parse(const char *text, unsigned min, unsigned max,
                 unsigned *number_out) CHAOS_CHECK;

/*
 * signals.c: hold SIGINT, SIGTERM, SIGHUP and SIGQUIT back, so that none cuts
 * a domain's creation in two; releasing lets those that came take effect.
 */
void signals_hold(void);
bool signals_waiting(void);
void signals_release(void);
/* Those of them that would end this process. */
void signals_fatal(sigset_t *set);

/* clock.c */
uint64_t clock_ns(void);

#endif /* CHAOS_CLI_H */
