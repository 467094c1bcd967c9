/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oom.c: allocations that fail on purpose.
 */
#include <errno.h>
#include <stddef.h>

#include "oom.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

static struct {
    bool armed, fired;
    unsigned left;
} oom;

void oom_arm(unsigned n)
{
    oom.armed = true;
    oom.fired = false;
    oom.left = n;
}

bool oom_disarm(void)
{
    oom.armed = false;
    return oom.fired;
}

static bool fails(void)
{
    if (!oom.armed || oom.left-- > 0)
        return false;
    oom.armed = false;
    oom.fired = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : __real_strndup(text, len);
}

void *oom_never_realloc(void *old, size_t size)
{
    return __real_realloc(old, size);
}

char *oom_never_strdup(const char *text)
{
    return __real_strdup(text);
}
