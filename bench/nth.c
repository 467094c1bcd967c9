/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nth.c: make guests that all stay alive, and time the making of each.
 *
 * Runs in dom0. Prints lines that begin with "csv ", which bench/figures/run
 * keeps: create,SERIES,N,US for every guest, memory,SERIES,N,XEN_KB,DOM0_KB
 * now and then, and at the end alive, cpu and end. Guest 0 is made and ended
 * before, because the first create after boot finds everything cold. What
 * fails ends the series there: nothing is wrong with the rows before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nth_host.h"
#include "nth_text.h"
#include "sample.h"

#define WORDS 32
#define WORD_SIZE 256
#define MEMORY_ROWS 50
/* With less left, the kernel would begin to end processes. */
#define DOM0_LEAST_KB (64 * 1024u)

struct options {
    const char *series, *template, *destroy, *process, *hint;
    unsigned long count, settle_ms, idle_seconds, port;
    int hint_fd;
    bool pool, alone, boot, parts;
    char *const *command; /* borrowed from main */
};

static int usage(void)
{
    static const char text[] =
        "usage: bench-nth [OPTION...] SERIES COUNT COMMAND...\n"
        "  -t FILE     template of a configuration, which @ is in COMMAND\n"
        "  -d COMMAND  what ends a guest, blanks between its words\n"
        "  -s MS       pause before each create (100)\n"
        "  -i SECONDS  measure idle guests for so long at the end (0)\n"
        "  -w PORT     at the end, ask every guest something by TCP\n"
        "  -x FILE     make no more once there is something to read from it\n"
        "  -p          wait for the daemon's pool to be full\n"
        "  -c NAME     what is made are processes of that name, not guests\n"
        "  -o          end each guest before the next: no more than one\n"
        "  -b          after each create, ping until the guest answers\n"
        "  -l FILE     preload it; what it leaves in " NTH_PARTS
        " is the create's parts\n"
        "COMMAND may be 'libchaos @': chaos_domain_create in this process.\n"
        "Of FILE and COMMAND %N is the guest's number, %A its address, %M its\n"
        "MAC, %B its bridge.\n";

    fputs(text, stderr);
    return 2;
}

/* Split what has blanks between its words, with the n-th guest's values. */
static void make_argv(char *const *words, unsigned long n,
                      char text[WORDS][WORD_SIZE], const char **argv)
{
    unsigned i;

    for (i = 0; i + 1 < WORDS && words[i]; i++) {
        const char *word = strcmp(words[i], "@") ? words[i] : NTH_CONFIG;

        nth_expand(text[i], WORD_SIZE, word, n);
        argv[i] = text[i];
    }
    argv[i] = NULL;
}

static int create(const struct options *o, unsigned long n, double *us_out)
{
    char text[WORDS][WORD_SIZE];
    const char *argv[WORDS];

    if (o->template)
        nth_write_config(o->template, n);
    make_argv(o->command, n, text, argv);
    if (strcmp(argv[0], "libchaos") == 0)
        return nth_create_here(argv[1], us_out);
    return nth_try(argv, us_out);
}

static int destroy(const struct options *o, unsigned long n)
{
    char *line = strdup(o->destroy), *words[WORDS], *rest = line;
    char text[WORDS][WORD_SIZE];
    const char *argv[WORDS];
    unsigned i = 0;
    double us;
    int rc;

    while (i + 1 < WORDS && (words[i] = strsep(&rest, " ")))
        i++;
    words[i] = NULL;
    make_argv(words, n, text, argv);
    rc = nth_try(argv, &us);
    free(line);
    return rc;
}

/* Refills and wiping are done, and the guest before has come up. */
static void rest(const struct options *o)
{
    pause_us((unsigned)o->settle_ms * 1000);
    if (o->pool) {
        nth_fill();
        settle();
    }
}

static void memory_row(const struct options *o, unsigned long n)
{
    struct nth_memory m = nth_memory();

    printf("csv memory,%s,%lu,%llu,%llu\n", o->series, n,
           (unsigned long long)m.xen_kb, (unsigned long long)m.dom0_kb);
}

static void warm_up(const struct options *o)
{
    double us;

    rest(o);
    if (create(o, 0, &us) != 0)
        die(o->series, "the guest before the first cannot be made");
    rest(o);
    if (o->destroy && destroy(o, 0) != 0)
        die(o->series, "the guest before the first cannot be ended");
    rest(o);
}

/* What the probe in the command has left, and what it cannot know. */
static void part_rows(const struct options *o, unsigned long n, double us)
{
    FILE *f = fopen(NTH_PARTS, "r");
    char name[WORD_SIZE];
    double part;

    if (!f)
        die(NTH_PARTS, "the command left none");
    while (fscanf(f, "%255s %lf", name, &part) == 2) {
        printf("csv part,%s,%lu,%s,%.3f\n", o->series, n, name, part);
        us -= part;
    }
    printf("csv part,%s,%lu,process,%.3f\n", o->series, n, us);
    (void)fclose(f);
}

/*
 * Make the n-th, say what it took, and see to what shall follow. Out of a pool
 * that cannot be filled any more none is made.
 */
static int one(const struct options *o, unsigned long n)
{
    double us, end;
    int rc;

    rest(o);
    if (nth_is_full())
        return -ENOMEM;
    (void)unlink(NTH_PARTS);
    rc = create(o, n, &us);
    end = now_us();
    if (rc != 0)
        return rc;
    printf("csv create,%s,%lu,%.3f\n", o->series, n, us);
    if (o->parts)
        part_rows(o, n, us);
    if (o->boot) {
        rc = nth_wait_ping(n);
        if (rc < 0)
            return rc;
        printf("csv boot,%s,%lu,%.3f\n", o->series, n, us + now_us() - end);
    }
    fflush(stdout);
    if (o->alone && o->destroy) {
        rest(o);
        rc = destroy(o, n);
    }
    return rc;
}

static bool is_late(const struct options *o)
{
    struct pollfd p = {.fd = o->hint_fd, .events = POLLIN};

    return o->hint && poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* Makes them all, or as many as can be; *why is how that came to its end. */
static unsigned long create_all(const struct options *o, const char **why)
{
    unsigned long every = o->count / MEMORY_ROWS + 1, n, noted = 0;

    memory_row(o, 0);
    *why = "complete";
    for (n = 1; n <= o->count; n++) {
        int rc;

        if (is_late(o)) {
            *why = "time";
            break;
        }
        if (n % 16 == 0 && nth_memory().dom0_kb < DOM0_LEAST_KB) {
            *why = "memory";
            break;
        }
        rc = one(o, n);
        if (rc != 0) {
            fprintf(stderr, "%s: guest %lu: ended with %d\n", o->series, n, rc);
            *why = nth_is_full()                 ? "memory"
                   : o->boot && rc == -ETIMEDOUT ? "silent"
                                                 : "failed";
            break;
        }
        if (n == o->count || n % every == 0) {
            rest(o);
            memory_row(o, n);
            noted = n;
        }
    }
    if (noted != n - 1) {
        rest(o);
        memory_row(o, n - 1);
    }
    return n - 1;
}

static unsigned long answers(const struct options *o, unsigned long made)
{
    unsigned long n, count = 0;

    for (n = 1; n <= made; n++)
        count += nth_answers(n, (unsigned)o->port);
    return count;
}

static void finish(const struct options *o, unsigned long made, const char *why)
{
    rest(o);
    printf("csv alive,%s,%lu,%u\n", o->series, made,
           o->process ? nth_processes(o->process) : nth_alive());
    if (o->port && made)
        printf("csv answer,%s,%lu,%lu\n", o->series, made, answers(o, made));
    if (o->idle_seconds) {
        struct nth_cpu cpu = nth_idle((unsigned)o->idle_seconds);

        printf("csv cpu,%s,%lu,%.4f,%.4f\n", o->series, made, cpu.dom0_percent,
               cpu.guests_percent);
    }
    printf("csv end,%s,%lu,%s\n", o->series, made, why);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct options o = {.settle_ms = 100};
    unsigned long made;
    const char *why;
    int c;

    sample_init("bench-nth");
    while ((c = getopt(argc, argv, "+t:d:s:i:w:x:c:pobl:")) != -1) {
        switch (c) {
        case 't':
            o.template = optarg;
            break;
        case 'd':
            o.destroy = optarg;
            break;
        case 's':
            o.settle_ms = number(optarg);
            break;
        case 'i':
            o.idle_seconds = number(optarg);
            break;
        case 'w':
            o.port = number(optarg);
            break;
        case 'x':
            o.hint = optarg;
            break;
        case 'c':
            o.process = optarg;
            break;
        case 'p':
            o.pool = true;
            break;
        case 'o':
            o.alone = true;
            break;
        case 'b':
            o.boot = true;
            break;
        case 'l':
            o.parts = true;
            (void)setenv("LD_PRELOAD", optarg, 1);
            break;
        default:
            return usage();
        }
    }
    if (argc - optind < 3)
        return usage();
    o.series = argv[optind];
    o.count = number(argv[optind + 1]);
    o.command = argv + optind + 2;
    if (o.hint && (o.hint_fd = open(o.hint, O_RDONLY | O_CLOEXEC)) < 0)
        die(o.hint, strerror(errno));
    nth_open(o.pool);
    warm_up(&o);
    made = create_all(&o, &why);
    finish(&o, made, why);
    nth_close();
    return 0;
}
