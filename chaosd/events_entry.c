/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events_entry.c: one event, from what was told to JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "events_entry.h"

#define PAIRS_MAX 12
#define TEXT_MAX 512

/* Read the pairs; texts stay where they are. Returns how many. */
static unsigned read_pairs(struct pair *pairs, va_list args)
{
    unsigned count = 0;
    const char *key;

    while ((key = va_arg(args, const char *)) && count < PAIRS_MAX) {
        struct pair *pair = &pairs[count++];

        pair->key = key;
        pair->is_text = va_arg(args, int) == EVENT_S;
        if (!pair->is_text) {
            pair->number = va_arg(args, uint64_t);
            continue;
        }
        pair->text = va_arg(args, const char *);
        if (!pair->text)
            pair->text = "";
    }
    return count;
}

static struct entry *entry_of(const char *event, const struct pair *pairs,
                              unsigned count)
{
    size_t lengths[PAIRS_MAX] = {0};
    size_t size = sizeof(struct entry) + count * sizeof(*pairs);
    struct entry *entry;
    char *to;
    unsigned i;

    for (i = 0; i < count; i++)
        if (pairs[i].is_text) {
            lengths[i] = strnlen(pairs[i].text, TEXT_MAX);
            size += lengths[i] + 1;
        }
    entry = malloc(size);
    if (!entry)
        return NULL;
    entry->event = event;
    entry->size = size;
    entry->count = count;
    memcpy(entry->pairs, pairs, count * sizeof(*pairs));
    to = (char *)&entry->pairs[count];
    for (i = 0; i < count; i++)
        if (pairs[i].is_text) {
            memcpy(to, pairs[i].text, lengths[i]);
            to[lengths[i]] = '\0';
            entry->pairs[i].text = to;
            to += lengths[i] + 1;
        }
    (void)clock_gettime(CLOCK_REALTIME, &entry->time);
    return entry;
}

struct entry *entry_make(const char *event, va_list args)
{
    struct pair pairs[PAIRS_MAX];
    unsigned count = read_pairs(pairs, args);

    return entry_of(event, pairs, count);
}

static void put_time(struct json *json, const struct timespec *time)
{
    char text[40];
    struct tm tm;
    size_t used;

    (void)gmtime_r(&time->tv_sec, &tm);
    used = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text + used, sizeof(text) - used, ".%06ldZ",
                   time->tv_nsec / 1000);
    json_text(json, "time", text);
}

int entry_format(const struct entry *entry, struct json *json,
                 const char **text_out, size_t *size_out)
{
    unsigned i;

    json_clear(json);
    json_map(json, NULL);
    json_number(json, "seq", entry->seq);
    put_time(json, &entry->time);
    json_text(json, "event", entry->event);
    for (i = 0; i < entry->count; i++) {
        const struct pair *pair = &entry->pairs[i];

        if (pair->is_text)
            json_text(json, pair->key, pair->text);
        else
            json_number(json, pair->key, pair->number);
    }
    json_map_end(json);
    return json_result(json, text_out, size_out);
}

static bool is_domain(const char *key)
{
    return strcmp(key, "domid") == 0 || strcmp(key, "previous") == 0;
}

bool entry_concerns(const struct entry *entry, uint64_t domid)
{
    unsigned i;

    for (i = 0; i < entry->count; i++)
        if (!entry->pairs[i].is_text && entry->pairs[i].number == domid &&
            is_domain(entry->pairs[i].key))
            return true;
    return false;
}
