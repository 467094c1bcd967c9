/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * template.h: names of several VMs from one text: "web-%d", "web-%03d".
 */
#ifndef CHAOS_TEMPLATE_H
#define CHAOS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct template
{
    char *prefix, *suffix; /* owned */
    bool numbered;         /* there is a %d between the two */
    unsigned width;        /* zeros fill the number up to this */
};

/*
 * From a text with at most one %d or %0Nd, and %% for a per cent sign.
 * -EINVAL: another %; -ENOMEM.
 */
int template_parse(struct template *t, const char *text);
/* From a text in which % means nothing. */
int template_literal(struct template *t, const char *text, size_t len);
/* Append "-%d" unless there is a number already. */
int template_number(struct template *t);
/* The name, for free(); NULL: no memory. */
char *template_name(const struct template *t, unsigned number);
void template_dispose(struct template *t);

#endif /* CHAOS_TEMPLATE_H */
