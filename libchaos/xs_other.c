/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_other.c: what xl keeps outside of XenStore of a VM that it made. It goes
 * with the VM, or it would be there when xl looks for another's.
 */
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "xs.h"

#define XL_FILES "/var/lib/xen/userdata-?.%u.*"

void xs_other_forget(uint32_t domid)
{
    char pattern[sizeof(XL_FILES) + 16];
    glob_t found;
    size_t i;

    (void)snprintf(pattern, sizeof(pattern), XL_FILES, domid);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        return;
    for (i = 0; i < found.gl_pathc; i++)
        (void)unlink(found.gl_pathv[i]);
    globfree(&found);
}
