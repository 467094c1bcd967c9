/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The noxs hypercall as dom0 sees it: every operation, every error that
 * dom0 can cause, and what they do to the device page, on a real hypervisor.
 */
#include <stdio.h>
#include <string.h>

#include "test.h"

static unsigned int checks, failures;

void check_(bool ok, const char *file, int line, const char *what, long got)
{
    checks++;
    if (ok)
        return;
    failures++;
    printf("%s:%d: %s", file, line, what);
    if (got)
        printf(": %ld (%s)", got, got < 0 ? strerror((int)-got) : "");
    printf("\n");
}

void expect_(long got, long want, const char *file, int line, const char *what)
{
    char text[256];

    snprintf(text, sizeof(text), "%s should be %ld", what, want);
    check_(got == want, file, line, text, got);
}

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"version", test_version},   {"page", test_page}, {"devices", test_devices},
    {"identity", test_identity}, {"list", test_list}, {"exits", test_exits},
    {"watches", test_watches},   {"pvh", test_pvh},   {"memory", test_memory},
};

static bool is_wanted(const char *name, char **names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

/* Usage: noxs-abi-test [GROUP...] */
int main(int argc, char **argv)
{
    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    call_open();
    host_open();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        unsigned int before = failures;

        if (!is_wanted(groups[i].name, argv + 1))
            continue;
        groups[i].run();
        printf("%s: %s\n", failures == before ? "ok" : "FAILED",
               groups[i].name);
    }
    printf("noxs-abi: %u checks, %u failed\n", checks, failures);
    return failures || !checks;
}
