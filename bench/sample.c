/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.c: what the programs of bench/ share; see sample.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"

#define SETTLE_US 20000u

static const char *program_name = "bench"; /* borrowed from main */
static bool samples_muted;
static int process_output = STDERR_FILENO;

void sample_init(const char *program)
{
    static char buffer[1 << 20];

    program_name = program;
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

void die(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s: %s\n", program_name, what, why);
    exit(1);
}

double now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

void pause_us(unsigned us)
{
    struct timespec ts = {.tv_sec = us / 1000000,
                          .tv_nsec = (long)(us % 1000000) * 1000L};

    nanosleep(&ts, NULL);
}

void settle(void)
{
    pause_us(SETTLE_US);
}

void progress(const char *what, unsigned i, unsigned n)
{
    fflush(stdout);
    fprintf(stderr, "%s %u of %u\n", what, i, n);
}

void sample(const char *series, double us)
{
    if (!samples_muted)
        printf("sample %s %.3f\n", series, us);
}

void sample_mute(bool muted)
{
    samples_muted = muted;
}

void sample_step(void *arg, const char *step, const char *phase,
                 uint64_t duration_ns, int rc)
{
    char series[64];

    (void)arg;
    (void)snprintf(series, sizeof(series), "step_%s_%s", phase, step);
    if (rc == 0)
        sample(series, (double)duration_ns / 1e3);
}

unsigned long number(const char *text)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || end == text || *end)
        die(text, "not a number");
    return value;
}

void sample_output(const char *path)
{
    process_output = open(path, O_WRONLY | O_CLOEXEC);
    if (process_output < 0)
        die(path, strerror(errno));
}

pid_t start_process(const char *const argv[])
{
    pid_t pid = fork();

    if (pid < 0)
        die(argv[0], strerror(errno));
    if (pid == 0) {
        union {
            const char *const *in;
            char *const *out;
        } args = {.in = argv};

        if (dup2(process_output, STDOUT_FILENO) >= 0)
            execv(argv[0], args.out);
        _exit(127);
    }
    return pid;
}

void wait_process(pid_t pid, const char *name)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0)
        die(name, "did not exit with 0");
}

double run_process(const char *const argv[])
{
    double start = now_us();
    pid_t pid = start_process(argv);

    wait_process(pid, argv[0]);
    return now_us() - start;
}
