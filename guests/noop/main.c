/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noop: the smallest guest. Reports up, then sleeps; the base answers what the
 * toolstack asks for. Its boot is what creation times are measured with, so it
 * does without a stack of its own, protection of its text, and more memory.
 */
#include <guest/event.h>
#include <guest/guest.h>

GUEST_BOOT_FLAGS(3);
const struct guest_options guest_options = {0};

int guest_main(const char *cmdline)
{
    (void)cmdline;
    guest_up();
    for (;;)
        event_block();
}
