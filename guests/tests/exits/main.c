/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exits: a guest that ends as its command line says, so that a toolstack can
 * be shown to tell one end from another:
 *
 *   poweroff | reboot | crash | suspend | exit=N   [after=MILLISECONDS]
 *
 * crash is a trap nobody expects. suspend goes on when it is resumed, and
 * powers off with exit code 0.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/time.h>

#define NS_PER_MS 1000000ul

static uint64_t option(const char *cmdline, const char *key)
{
    const char *value;
    uint64_t n = 0;

    if (cmdline_has(cmdline, key, &value) && parse_u64(&value, &n))
        printf("exits: %s wants a number\n", key);
    return n;
}

static int suspend(void)
{
    int rc = guest_suspend();

    printf("exits: suspend returned %d\n", rc);
    return rc < 0;
}

int guest_main(const char *cmdline)
{
    printf("exits: %s\n", cmdline);
    guest_up();
    time_sleep(option(cmdline, "after=") * NS_PER_MS);
    if (cmdline_has(cmdline, "reboot", NULL))
        guest_reboot();
    if (cmdline_has(cmdline, "crash", NULL))
        __asm__ volatile("ud2");
    if (cmdline_has(cmdline, "suspend", NULL))
        return suspend();
    return (int)option(cmdline, "exit=");
}
