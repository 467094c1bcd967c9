/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: chaosd: its command line, and the order in which its parts come.
 */
#include <stdio.h>

#include "daemon.h"

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        printf("chaosd %s\n", chaos_version());
        return 0;
    }
    log_error("main", "nothing to do");
    return 1;
}
