/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * openmetrics.c: read OpenMetrics' text line by line.
 *
 * Families begin with TYPE, then UNIT if any, then HELP; their samples follow
 * and no other family has the name. A name of a sample is the family's with the
 * suffix of its type. Histograms' buckets come in the order of their bounds, as
 * sums, up to +Inf, and then _count and _sum. The last line is "# EOF".
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openmetrics.h"

#define NAMES_MAX 128
#define SAMPLES_MAX 4096

struct reader {
    char *why;
    size_t why_size;
    const char *names[NAMES_MAX]; /* of families so far */
    size_t name_count;
    const char *family, *type;
    bool has_help, has_unit;
    const char *samples[SAMPLES_MAX]; /* name and labels, of all */
    size_t sample_count, of_family;
    /* Of the histogram whose buckets are being read. */
    char series[256];
    double bound, last;
    bool has_inf, has_count;
};

static int wrong(struct reader *r, const char *what, const char *line)
{
    (void)snprintf(r->why, r->why_size, "%s: %s", what, line);
    return -EINVAL;
}

static bool is_name(const char *s)
{
    if (!isalpha((unsigned char)*s) && *s != '_')
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '_')
            return false;
    return true;
}

static bool ends_with(const char *s, const char *end)
{
    size_t len = strlen(s), end_len = strlen(end);

    return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

static int end_family(struct reader *r)
{
    if (!r->family)
        return 0;
    if (!r->has_help)
        return wrong(r, "no HELP", r->family);
    if (r->series[0])
        return wrong(r, "a histogram without its end", r->series);
    return 0;
}

static int begin_family(struct reader *r, char *name)
{
    static const char *const types[] = {"counter", "gauge", "histogram",
                                        "info"};
    char *type = strchr(name, ' ');
    size_t i;
    int rc = end_family(r);

    if (rc < 0)
        return rc;
    if (!type)
        return wrong(r, "TYPE without a type", name);
    *type++ = '\0';
    for (i = 0; i < 4 && strcmp(types[i], type) != 0; i++)
        ;
    if (i == 4 || !is_name(name))
        return wrong(r, "no such type, or a bad name", name);
    if (ends_with(name, "_total") || ends_with(name, "_info") ||
        ends_with(name, "_bucket"))
        return wrong(r, "the name of a family has a suffix", name);
    for (i = 0; i < r->name_count; i++)
        if (strcmp(r->names[i], name) == 0)
            return wrong(r, "a family comes twice", name);
    if (r->name_count == NAMES_MAX)
        return wrong(r, "too many families", name);
    r->names[r->name_count++] = name;
    r->family = name;
    r->type = type;
    r->has_help = r->has_unit = false;
    r->of_family = 0;
    return 0;
}

static int describe(struct reader *r, char *line)
{
    bool is_help = strncmp(line, "# HELP ", 7) == 0;
    char *name = line + 7, *text = strchr(name, ' ');

    if (!is_help && strncmp(line, "# UNIT ", 7) != 0)
        return wrong(r, "no such comment", line);
    if (!text || text[1] == '\0')
        return wrong(r, "nothing is said", line);
    *text++ = '\0';
    if (!r->family || strcmp(name, r->family) != 0 || r->of_family > 0)
        return wrong(r, "out of place", line);
    if (is_help ? r->has_help : r->has_unit || r->has_help)
        return wrong(r, "twice, or in the wrong order", line);
    if (is_help) {
        r->has_help = true;
        return strpbrk(text, "\\\"") ? wrong(r, "not escaped", text) : 0;
    }
    r->has_unit = true;
    if (strlen(name) <= strlen(text) + 1 || !ends_with(name, text) ||
        name[strlen(name) - strlen(text) - 1] != '_')
        return wrong(r, "the name does not end with the unit", name);
    return 0;
}

/* {a="b",c="d"}: returns what follows, NULL where it is wrong. */
static const char *skip_labels(const char *s)
{
    size_t len;

    do {
        s++;
        len = strspn(s, "abcdefghijklmnopqrstuvwxyz_");
        if (len == 0 || s[len] != '=' || s[len + 1] != '"')
            return NULL;
        s += len + 2;
        s += strcspn(s, "\"\\\n");
        if (*s++ != '"')
            return NULL;
    } while (*s == ',');
    return *s == '}' ? s + 1 : NULL;
}

static int same_series(struct reader *r, const char *labels, const char *line)
{
    if (strcmp(r->series, labels[0] ? labels : "{}") != 0)
        return wrong(r, "not after its buckets", line);
    return 0;
}

/* `labels` with le in the last place; it is cut off. */
static int read_bucket(struct reader *r, char *labels, double value,
                       const char *line)
{
    char *le = strstr(labels, "le=\""), *end;
    double bound;

    if (!le || (le[-1] != '{' && le[-1] != ','))
        return wrong(r, "a bucket without le", line);
    bound = strtod(le + 4, &end);
    if (strcmp(end, "\"}") != 0 || !strpbrk(le + 4, ".eI"))
        return wrong(r, "le is no number, or not as it is to be written", line);
    if (le[-1] == ',')
        (void)snprintf(le - 1, 2, "}");
    else
        (void)snprintf(le, 2, "}");
    if (!r->series[0]) {
        (void)snprintf(r->series, sizeof(r->series), "%s", labels);
        r->has_inf = r->has_count = false;
    } else if (strcmp(r->series, labels) != 0 || bound <= r->bound ||
               value < r->last || r->has_inf) {
        return wrong(r, "not in order", line);
    }
    r->bound = bound;
    r->last = value;
    r->has_inf = isinf(bound);
    return 0;
}

static int read_histogram(struct reader *r, const char *suffix, char *labels,
                          double value, const char *line)
{
    int rc;

    if (strcmp(suffix, "_bucket") == 0)
        return read_bucket(r, labels, value, line);
    rc = same_series(r, labels, line);
    if (rc < 0)
        return rc;
    if (strcmp(suffix, "_count") == 0 && !r->has_count) {
        r->has_count = true;
        return r->has_inf && value == r->last
                   ? 0
                   : wrong(r, "the count is not that of +Inf", line);
    }
    if (strcmp(suffix, "_sum") != 0 || !r->has_count)
        return wrong(r, "not a histogram's", line);
    r->series[0] = '\0';
    return 0;
}

static int read_value(struct reader *r, const char *suffix, char *labels,
                      double value, const char *line)
{
    if (strcmp(r->type, "histogram") == 0)
        return read_histogram(r, suffix, labels, value, line);
    if (strcmp(r->type, "counter") == 0 &&
        (strcmp(suffix, "_total") != 0 || value < 0))
        return wrong(r, "not a counter's", line);
    if (strcmp(r->type, "gauge") == 0 && suffix[0] != '\0')
        return wrong(r, "not a gauge's", line);
    if (strcmp(r->type, "info") == 0 &&
        (strcmp(suffix, "_info") != 0 || value != 1))
        return wrong(r, "not an info's", line);
    return 0;
}

static int read_sample(struct reader *r, char *line)
{
    char name[128], labels[256] = "", suffix[16];
    size_t name_len = strcspn(line, "{ "), i;
    const char *rest = line + name_len;
    char *end, *sample;
    double value;

    if (!r->family || !r->has_help || name_len >= sizeof(name))
        return wrong(r, "a sample of no family", line);
    (void)snprintf(name, sizeof(name), "%.*s", (int)name_len, line);
    if (strncmp(name, r->family, strlen(r->family)) != 0)
        return wrong(r, "a sample of another family", line);
    (void)snprintf(suffix, sizeof(suffix), "%s", name + strlen(r->family));
    if (*rest == '{') {
        rest = skip_labels(rest);
        if (!rest || (size_t)(rest - line - name_len) >= sizeof(labels))
            return wrong(r, "bad labels", line);
        (void)snprintf(labels, sizeof(labels), "%.*s",
                       (int)(rest - line - name_len), line + name_len);
    }
    if (*rest != ' ' || !isdigit((unsigned char)rest[1]))
        return wrong(r, "no value", line);
    value = strtod(rest + 1, &end);
    if (*end != '\0')
        return wrong(r, "no number", line);
    sample = line;
    line[rest - line] = '\0';
    for (i = 0; i < r->sample_count; i++)
        if (strcmp(r->samples[i], sample) == 0)
            return wrong(r, "a sample comes twice", sample);
    if (r->sample_count == SAMPLES_MAX)
        return wrong(r, "too many samples", line);
    r->samples[r->sample_count++] = sample;
    r->of_family++;
    return read_value(r, suffix, labels, value, line);
}

static int read_line(struct reader *r, char *line)
{
    if (strncmp(line, "# TYPE ", 7) == 0)
        return begin_family(r, line + 7);
    if (line[0] == '#')
        return describe(r, line);
    return read_sample(r, line);
}

int openmetrics_check(char *text, char *why, size_t why_size)
{
    static struct reader r; /* too large for a stack */
    char *end;
    int rc;

    memset(&r, 0, sizeof(r));
    r.why = why;
    r.why_size = why_size;
    for (; strcmp(text, "# EOF\n") != 0; text = end + 1) {
        end = strchr(text, '\n');
        if (!end)
            return wrong(&r, "no EOF", text);
        *end = '\0';
        rc = read_line(&r, text);
        if (rc < 0)
            return rc;
    }
    return end_family(&r);
}
