/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version_dyn.c: prints libchaos's version and returns.
 *
 * Linked dynamically with what libchaos needs: what a command of the usual kind
 * costs before it has done anything.
 */
#include <stdio.h>

#include <chaos/ctx.h>

int main(void)
{
    return printf("%s\n", chaos_version()) > 0 ? 0 : 1;
}
