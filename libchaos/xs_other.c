/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_other.c: what xl keeps outside of XenStore of a VM that it made. It goes
 * with the VM, or it would be there when xl looks for another's.
 *
 * The library's glob knows of users' homes, for which a program linked
 * statically takes in all of NSS, and starts the later.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xs.h"

#define XL_DIR "/var/lib/xen"

/* userdata-TYPE.DOMID.UUID.NAME, the type being a letter. */
static bool is_of(const char *name, uint32_t domid)
{
    static const char start[] = "userdata-";
    size_t len = sizeof(start) - 1;
    char id[16];

    if (strncmp(name, start, len) != 0 || name[len] == '\0')
        return false;
    (void)snprintf(id, sizeof(id), ".%u.", domid);
    return strncmp(name + len + 1, id, strlen(id)) == 0;
}

void xs_other_forget(uint32_t domid)
{
    DIR *dir = opendir(XL_DIR);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        if (is_of(entry->d_name, domid))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
}
