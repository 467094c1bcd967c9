/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device_kit.c: what tests of vifs and vbds start from.
 */
#include <stdio.h>
#include <string.h>

#include "device_kit.h"
#include "unit.h"

const char *device_image(struct kit *kit, const char *access)
{
    static char text[300];
    static const uint8_t data[1024];

    kit_write_file(kit->ramdisk, data, sizeof(data));
    snprintf(text, sizeof(text),
             "[{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvda\", "
             "\"access\": \"%s\"}]",
             kit->ramdisk, access);
    return text;
}

const struct noxs_device *device_entry(uint32_t domid, uint32_t type,
                                       uint32_t id)
{
    const struct noxs_page *page = model_view(domid).page;
    unsigned i;

    for (i = 0; i < NOXS_DEV_MAX; i++) {
        if (page->dev[i].type == type && page->dev[i].id == id)
            return &page->dev[i];
    }
    return NULL;
}

void device_check(uint32_t domid, uint32_t type, uint32_t id)
{
    const struct noxs_device *device = device_entry(domid, type, id);
    struct noxs_device expected = model_back(domid, type, id)->device;

    assert_non_null(device);
    expected.generation = device->generation;
    assert_memory_equal(device, &expected, sizeof(expected));
}

void device_destroy(struct kit *kit, uint32_t domid)
{
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
}
