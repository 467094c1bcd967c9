/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/xen/noxs on a real hypervisor: every call, every error that its caller
 * can cause, failures in each step, and that nothing is left of any of it.
 */
#include <stdio.h>
#include <string.h>

#include "test.h"

static unsigned int checks, failures;

void expect_(long got, long want, const char *file, int line, const char *what)
{
    checks++;
    if (got == want)
        return;
    failures++;
    printf("%s:%d: %s should be %ld, is %ld (%s)\n", file, line, what, want,
           got, got < 0 ? strerror((int)-got) : "");
}

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"calls", test_calls},   {"vif", test_vif},       {"set", test_set},
    {"vbd", test_vbd},       {"claims", test_claims}, {"life", test_life},
    {"faults", test_faults}, {"cycles", test_cycles},
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

/* Usage: noxs-back-test [GROUP...] */
int main(int argc, char **argv)
{
    struct count before;

    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    host_open();
    host_load();
    call_open();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        unsigned int failed = failures;

        if (!is_wanted(groups[i].name, argv + 1))
            continue;
        before = count_now();
        groups[i].run();
        SAME(before);
        printf("%s: %s\n", failures == failed ? "ok" : "FAILED",
               groups[i].name);
    }
    call_close();
    printf("noxs-back: %u checks, %u failed\n", checks, failures);
    return failures || !checks;
}
