/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * template.c: names of several VMs from one text.
 *
 * The text is never a format of printf: it may come from anywhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template.h"

#define WIDTH_MAX 9

static int template_alloc(struct template *t, size_t len)
{
    *t = (struct template){
        .prefix = calloc(1, len + 1),
        .suffix = calloc(1, len + 2),
    };
    if (t->prefix && t->suffix)
        return 0;
    template_dispose(t);
    return -ENOMEM;
}

/* "%d" or "%0Nd" at s: its length, or 0. */
static size_t read_number(const char *s, unsigned *width)
{
    *width = 0;
    if (s[1] == 'd')
        return 2;
    if (s[1] != '0' || s[2] < '1' || s[2] > '0' + WIDTH_MAX || s[3] != 'd')
        return 0;
    *width = (unsigned)(s[2] - '0');
    return 4;
}

int template_parse(struct template *t, const char *text)
{
    char *to;
    int rc = template_alloc(t, strlen(text));

    if (rc < 0)
        return rc;
    to = t->prefix;
    while (*text) {
        size_t len = 1;

        if (text[0] == '%' && text[1] == '%') {
            *to++ = '%';
            len = 2;
        } else if (text[0] == '%') {
            len = read_number(text, &t->width);
            if (len == 0 || t->numbered) {
                template_dispose(t);
                return -EINVAL;
            }
            t->numbered = true;
            to = t->suffix;
        } else {
            *to++ = *text;
        }
        text += len;
    }
    return 0;
}

int template_literal(struct template *t, const char *text, size_t len)
{
    int rc = template_alloc(t, len);

    if (rc == 0)
        memcpy(t->prefix, text, len);
    return rc;
}

int template_number(struct template *t)
{
    size_t len = strlen(t->prefix);
    char *more;

    if (t->numbered)
        return 0;
    more = realloc(t->prefix, len + 2);
    if (!more)
        return -ENOMEM;
    more[len] = '-';
    more[len + 1] = '\0';
    t->prefix = more;
    t->numbered = true;
    return 0;
}

char *template_name(const struct template *t, unsigned number)
{
    char *name;
    int len;

    if (!t->numbered)
        return strdup(t->prefix);
    len = asprintf(&name, "%s%0*u%s", t->prefix, (int)t->width, number,
                   t->suffix);
    return len < 0 ? NULL : name;
}

void template_dispose(struct template *t)
{
    free(t->prefix);
    free(t->suffix);
    *t = (struct template){0};
}
