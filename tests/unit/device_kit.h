/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device_kit.h: what tests of vifs and vbds start from.
 */
#ifndef TESTS_UNIT_DEVICE_KIT_H
#define TESTS_UNIT_DEVICE_KIT_H

#include "host_model.h"
#include "kit.h"

#define XVDA (202u << 8)
#define XVDB (XVDA + 16)

/*
 * The kit's ramdisk as a disk image of two sectors; the text is vbds of it:
 * xvda with this access. Valid until the next call.
 */
const char *device_image(struct kit *kit, const char *access);
/* A device of the domain's device page; NULL: it has none. */
const struct noxs_device *device_entry(uint32_t domid, uint32_t type,
                                       uint32_t id);
/* The device page has exactly what the back end said, and a generation. */
void device_check(uint32_t domid, uint32_t type, uint32_t id);
void device_destroy(struct kit *kit, uint32_t domid);

#endif /* TESTS_UNIT_DEVICE_KIT_H */
