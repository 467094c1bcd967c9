/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.c: one line of text on standard error for each thing worth telling. Any
 * thread may write one: each is a single write.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

#define LINE_SIZE 1024

static atomic_int most = CHAOS_LOG_INFO;

void log_level_set(enum chaos_log_level level)
{
    atomic_store(&most, (int)level);
}

enum chaos_log_level log_level(void)
{
    return (enum chaos_log_level)atomic_load(&most);
}

/* Whether standard error leads to journald, which reads "<3>" as a priority. */
static bool is_journal(void)
{
    static atomic_int known = -1;
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long dev, ino;
    struct stat st;
    int is = atomic_load(&known);

    if (is >= 0)
        return is != 0;
    is = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
         fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
    atomic_store(&known, is);
    return is != 0;
}

static int print_head(char *line, size_t size, enum chaos_log_level level)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    static const int priorities[] = {3, 4, 6, 7};
    struct timespec now;
    struct tm tm;

    if (is_journal())
        return snprintf(line, size, "<%d>", priorities[level]);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    return snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s ",
                    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                    tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000, words[level]);
}

void log_line(enum chaos_log_level level, const char *what, const char *fmt,
              ...)
{
    char line[LINE_SIZE];
    size_t room = sizeof(line) - 1; /* for the newline */
    size_t len, i;
    va_list args;
    int n;

    if ((int)level > atomic_load(&most))
        return;
    len = (size_t)print_head(line, room, level);
    len += (size_t)snprintf(line + len, room - len, "%s: ", what);
    va_start(args, fmt);
    n = vsnprintf(line + len, room - len, fmt, args);
    va_end(args);
    if (n > 0)
        len += (size_t)n < room - len ? (size_t)n : room - len - 1;
    /* Names of guests and files cannot begin a line of their own. */
    for (i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    /* There is nobody to tell that this failed. */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}
