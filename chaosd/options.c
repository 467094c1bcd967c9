/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.c: chaosd's command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"
#include "options.h"

enum { SOCKET = 256, RUN_DIR, LOG_LEVEL, DRAIN, KEEP, VERSION };

static const char help[] =
    "Usage: chaosd [OPTION...]\n"
    "\n"
    "Keep shells of VMs ready, guests' consoles, and what guests that stop "
    "ask for.\n"
    "\n"
    "Options:\n"
    "  -f, --file FILE          the configuration (" CONF_PATH ")\n"
    "  -t, --check-config       check the configuration and exit\n"
    "      --socket PATH        listen there instead of where it says\n"
    "      --run-dir DIR        what is written down goes there (/run/chaos)\n"
    "      --log-level LEVEL    error, warning, info or debug (info)\n"
    "  -v, --verbose            the same as --log-level debug\n"
    "      --drain-on-stop      destroy shells at SIGTERM\n"
    "      --keep-on-stop       keep shells at SIGTERM\n"
    "  -h, --help               show this text\n"
    "      --version            show the version\n"
    "\n"
    "chaosd(8) says more.\n";

static int parse_level(const char *text, enum chaos_log_level *level_out)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    unsigned i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0) {
            *level_out = (enum chaos_log_level)i;
            return 0;
        }
    fprintf(stderr,
            "chaosd: --log-level: %s: expected error, warning, info "
            "or debug\n",
            text);
    return -1;
}

/* EXIT_USAGE, or -1 to go on. */
static int check_paths(const struct options *o)
{
    if (o->socket && (o->socket[0] != '/' || strlen(o->socket) > 100)) {
        fprintf(stderr, "chaosd: --socket: expected an absolute path of at "
                        "most 100 bytes\n");
        return EXIT_USAGE;
    }
    if (o->run_dir[0] != '/') {
        fprintf(stderr, "chaosd: --run-dir: expected an absolute path\n");
        return EXIT_USAGE;
    }
    return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
    static const struct option rows[] = {
        {"file", required_argument, NULL, 'f'},
        {"check-config", no_argument, NULL, 't'},
        {"socket", required_argument, NULL, SOCKET},
        {"run-dir", required_argument, NULL, RUN_DIR},
        {"log-level", required_argument, NULL, LOG_LEVEL},
        {"verbose", no_argument, NULL, 'v'},
        {"drain-on-stop", no_argument, NULL, DRAIN},
        {"keep-on-stop", no_argument, NULL, KEEP},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, VERSION},
        {NULL, 0, NULL, 0}};
    int option;

    *o = (struct options){
        .run_dir = RUN_DIR_DEFAULT, .on_stop = -1, .level = CHAOS_LOG_INFO};
    while ((option = getopt_long(argc, argv, "f:tvh", rows, NULL)) != -1) {
        if (option == 'f')
            o->file = optarg;
        else if (option == 't')
            o->check = true;
        else if (option == SOCKET)
            o->socket = optarg;
        else if (option == RUN_DIR)
            o->run_dir = optarg;
        else if (option == 'v')
            o->level = CHAOS_LOG_DEBUG;
        else if (option == DRAIN)
            o->on_stop = CONF_STOP_DESTROY;
        else if (option == KEEP)
            o->on_stop = CONF_STOP_KEEP;
        else if (option == 'h')
            return fputs(help, stdout) < 0;
        else if (option == VERSION)
            return printf("chaosd %s\n", chaos_version()) < 0;
        else if (option != LOG_LEVEL || parse_level(optarg, &o->level) < 0)
            return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "chaosd: %s: expected options only\n", argv[optind]);
        return EXIT_USAGE;
    }
    return check_paths(o);
}
