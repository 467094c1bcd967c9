// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_main.c: noxs_front, the devices of a Linux guest that has no XenStore.
 *
 * It loads in a guest whose device page has a sysctl device, that is, in one
 * that chaos made. Suspend and migration are not supported yet.
 */
#include <linux/module.h>
#include <xen/xen.h>

#include "front.h"

static struct device *root;

static int __init noxs_front_init(void)
{
	struct noxs_device sysctl;
	int err;

	if (!xen_domain() || xen_initial_domain())
		return -ENODEV;
	err = noxs_front_bus_init(&sysctl);
	if (err)
		return err;
	root = root_device_register("noxs");
	if (IS_ERR(root))
		return PTR_ERR(root);
	noxs_front_bus_start(root);
	err = noxs_front_sysctl_start(root, &sysctl);
	if (err) {
		noxs_front_bus_stop();
		root_device_unregister(root);
	}
	return err;
}

static void __exit noxs_front_exit(void)
{
	noxs_front_sysctl_stop(root);
	noxs_front_bus_stop();
	root_device_unregister(root);
}

module_init(noxs_front_init);
module_exit(noxs_front_exit);

MODULE_DESCRIPTION("noxs front ends: network and disks without XenStore");
MODULE_LICENSE("GPL");
