/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_show.c: findings, for people and as JSON.
 */
#include <stdio.h>

#include "doctor.h"
#include "json.h"

static const char *const states[] = {
    [FINDING_OK] = "ok",
    [FINDING_NOTE] = "note",
    [FINDING_BAD] = "bad",
};

static void number_text(char *text, size_t size, uint64_t number,
                        const char *unit)
{
    (void)snprintf(text, size, "%llu%s%s", (unsigned long long)number,
                   unit[0] ? " " : "", unit);
}

static void print_finding(struct out *out, const struct finding *f)
{
    char used[32] = "", limit[32] = "", room[24] = "-";

    if (f->unit) {
        number_text(used, sizeof(used), f->used, f->unit);
        number_text(limit, sizeof(limit), f->limit, f->unit);
    }
    if (f->room != ROOM_ENDLESS)
        number_text(room, sizeof(room), f->room, "");
    out_printf(out, "%-5s ", states[f->state]);
    out_column(out, f->name, 25);
    if (f->unit)
        out_printf(out, " %14s %14s", used, limit);
    else
        out_column(out, f->text, 29 + 1);
    out_printf(out, " %7s", room);
    if (f->remedy[0]) {
        out_text(out, "  ");
        out_safe(out, f->remedy);
    }
    out_text(out, "\n");
}

/* The first that guests meet, which the order has put first but for the bad. */
static const struct finding *first_met(const struct doctor *dr)
{
    const struct finding *first = NULL;
    size_t i;

    for (i = 0; i < dr->count; i++) {
        const struct finding *f = &dr->findings[i];

        if (f->room != ROOM_ENDLESS && (!first || f->room < first->room))
            first = f;
    }
    return first;
}

void doctor_table(struct doctor *dr)
{
    struct out *out = &dr->cli->out;
    const struct finding *first = first_met(dr);
    size_t i;

    out_printf(out, "%-5s %-25s %14s %14s %7s  %s\n", "", "What", "Used",
               "Limit", "Guests", "Remedy");
    for (i = 0; i < dr->count; i++)
        print_finding(out, &dr->findings[i]);
    if (dr->left_out)
        out_printf(out, "and %zu more\n", dr->left_out);
    if (!first)
        return;
    out_printf(out,
               "\nroom for %llu more guests of %llu KiB, %u vifs and %u vbds; "
               "met first: ",
               (unsigned long long)first->room,
               (unsigned long long)dr->shape.memory_kb, dr->shape.vifs,
               dr->shape.vbds);
    out_safe(out, first->name);
    out_text(out, "\n");
}

static void put_finding(struct json *json, const struct finding *f)
{
    json_map(json, NULL);
    json_text(json, "name", f->name);
    json_text(json, "state", states[f->state]);
    if (f->unit) {
        json_number(json, "used", f->used);
        json_number(json, "limit", f->limit);
        json_text(json, "unit", f->unit);
    } else {
        json_text(json, "text", f->text);
    }
    if (f->room == ROOM_ENDLESS)
        json_null(json, "room");
    else
        json_number(json, "room", f->room);
    json_text(json, "remedy", f->remedy);
    json_map_end(json);
}

int doctor_json(struct doctor *dr)
{
    const struct finding *first = first_met(dr);
    struct json json;
    size_t i;
    int rc = json_open(&json, &dr->cli->out);

    if (rc < 0)
        return rc;
    json_map(&json, NULL);
    json_map(&json, "guest");
    json_number(&json, "memory_kb", dr->shape.memory_kb);
    json_number(&json, "vifs", dr->shape.vifs);
    json_number(&json, "vbds", dr->shape.vbds);
    json_map_end(&json);
    json_number(&json, "wanted", dr->wanted);
    json_bool(&json, "bad", doctor_is_bad(dr));
    if (first) {
        json_text(&json, "first", first->name);
        json_number(&json, "room", first->room);
    }
    json_array(&json, "findings");
    for (i = 0; i < dr->count; i++)
        put_finding(&json, &dr->findings[i]);
    json_array_end(&json);
    json_map_end(&json);
    return json_close(&json);
}
