/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identity.c: what the guest is called, wherever that is written.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/noxs.h>
#include <guest/xs.h>

int guest_name(char *buf, size_t size)
{
    struct noxs_identity id;
    int rc;

    if (xs_present()) {
        rc = xs_read(NULL, "name", buf, size);
        return rc < 0 ? rc : 0;
    }
    rc = noxs_identity(&id);
    if (!rc)
        snprintf(buf, size, "%.*s", (int)sizeof(id.name), id.name);
    return rc;
}
