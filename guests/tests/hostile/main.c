/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile: everything a guest may try against the hypervisor and dom0. The
 * word on the command line selects what; without one:
 *
 *   abi       its device page cannot be written by any means; privileged
 *             operations, other domains, wild pointers, unknown commands and
 *             pads that are not zero are refused, and change nothing. Prints
 *             a verdict and powers off.
 *
 * The others never end by themselves. They prove something about the host, if
 * it shows no harm; all but `deaf` and `scribble` say what they did:
 *
 *   scribble  random values all over its sysctl and console pages, for ever
 *   deaf      never answers its sysctl device
 *   spin      never sleeps, with events off
 *   exhaust   holds all event channels and grants it can get
 *   balloon   gave the pages it shares with dom0, and its device page, back
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/report.h>

#include "hostile.h"

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"scribble", hostile_scribble}, {"deaf", hostile_deaf},
    {"spin", hostile_spin},         {"exhaust", hostile_exhaust},
    {"balloon", hostile_balloon},
};

int guest_main(const char *cmdline)
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(modes); i++)
        if (cmdline_has(cmdline, modes[i].name, NULL))
            modes[i].run();
    guest_up();
    if (noxs_list(NULL, 0) > 0) {
        hostile_abi();
        hostile_pointers();
        hostile_pages();
    } else {
        report_skip("no noxs, or no devices");
    }
    report_done();
}
