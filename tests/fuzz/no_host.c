/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no_host.c: a context's ways to a host, none of which a parser takes. All
 * are refused.
 */
#include <errno.h>

#include "host.h"
#include "hv.h"
#include "store.h"

int hv_xen_open(struct hv **hv_out)
{
    (void)hv_out;
    return -ENOENT;
}

int host_linux_open(struct host **host_out)
{
    (void)host_out;
    return -ENOENT;
}

int store_xen_open(struct store **store_out)
{
    (void)store_out;
    return -ENOENT;
}
