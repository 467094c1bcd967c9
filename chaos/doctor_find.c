/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_find.c: the list of findings.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* Room for one more; beyond the list all share the last, which is counted. */
static struct finding *add(struct doctor *dr, const char *name)
{
    struct finding *f;

    if (dr->count == FINDINGS_MAX)
        dr->left_out++;
    else
        dr->count++;
    f = &dr->findings[dr->count - 1];
    *f = (struct finding){.room = ROOM_ENDLESS};
    (void)snprintf(f->name, sizeof(f->name), "%s", name);
    return f;
}

void doctor_thing(struct doctor *dr, const char *name, enum finding_state state,
                  const char *text, ...)
{
    struct finding *f = add(dr, name);
    va_list ap;

    f->state = state;
    va_start(ap, text);
    (void)vsnprintf(f->text, sizeof(f->text), text, ap);
    va_end(ap);
}

struct finding *doctor_limit(struct doctor *dr, const char *name,
                             const char *unit, uint64_t used, uint64_t limit,
                             uint64_t each)
{
    struct finding *f = add(dr, name);

    f->unit = unit;
    f->used = used;
    f->limit = limit;
    if (each > 0)
        f->room = limit > used ? (limit - used) / each : 0;
    if (f->room < dr->wanted)
        f->state = FINDING_BAD;
    return f;
}

void finding_remedy(struct finding *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
    va_end(ap);
}

static int before(const void *a, const void *b)
{
    const struct finding *left = a, *right = b;
    bool left_bad = left->state == FINDING_BAD;
    bool right_bad = right->state == FINDING_BAD;

    if (left_bad != right_bad)
        return left_bad ? -1 : 1;
    if (left->room != right->room)
        return left->room < right->room ? -1 : 1;
    if (left->state != right->state)
        return left->state > right->state ? -1 : 1;
    return strcmp(left->name, right->name);
}

void doctor_sort(struct doctor *dr)
{
    qsort(dr->findings, dr->count, sizeof(*dr->findings), before);
}

bool doctor_is_bad(const struct doctor *dr)
{
    size_t i;

    for (i = 0; i < dr->count; i++)
        if (dr->findings[i].state == FINDING_BAD)
            return true;
    return false;
}
