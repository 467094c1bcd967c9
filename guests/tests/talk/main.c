/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk: a guest that counts aloud, so that whoever reads its console can be
 * shown to have lost nothing and to have nothing twice:
 *
 *   count=N   lines with the numbers from 1 to N (100)
 *   every=MS  milliseconds between two of them (0)
 *   end       power off after the last; else it sleeps
 */
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/time.h>

#define NS_PER_MS 1000000ul

static uint64_t option(const char *cmdline, const char *key, uint64_t n)
{
    const char *value;

    if (cmdline_has(cmdline, key, &value) && parse_u64(&value, &n))
        printf("talk: %s wants a number\n", key);
    return n;
}

int guest_main(const char *cmdline)
{
    uint64_t every = option(cmdline, "every=", 0) * NS_PER_MS;
    unsigned i, count = (unsigned)option(cmdline, "count=", 100);

    guest_up();
    for (i = 1; i <= count; i++) {
        printf("%u\n", i);
        if (every)
            time_sleep(every);
    }
    if (cmdline_has(cmdline, "end", NULL))
        return 0;
    for (;;)
        event_block();
}
