// SPDX-License-Identifier: GPL-2.0-only
/*
 * noxs_back: the back ends of vifs and vbds, made through /dev/xen/noxs.
 *
 * This file is the module and its control device; see noxs/ioctl.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <xen/xen.h>

#include "back.h"

/* More than a host has; bounds what a LIST call may make us allocate. */
#define LIST_MAX 65536

static int fail_at;
module_param(fail_at, int, 0600);
MODULE_PARM_DESC(fail_at, "let the N-th fallible step from now on fail, once (tests)");

bool noxs_fault(void)
{
	int n = READ_ONCE(fail_at);

	while (n > 0) {
		int old = cmpxchg(&fail_at, n, n - 1);

		if (old == n)
			return n == 1;
		n = old;
	}
	return false;
}

static long version_get(void __user *arg)
{
	struct noxs_ioctl_version version = {
		.version = NOXS_IOCTL_VERSION,
		.noxs_version = NOXS_VERSION,
		.types = BIT(NOXS_DEV_VIF) | BIT(NOXS_DEV_VBD),
	};

	return copy_to_user(arg, &version, sizeof(version)) ? -EFAULT : 0;
}

/* OUT fields are no business of the caller's, but pads and reserved bits are. */
static bool is_vif_clean(const struct noxs_ioctl_vif *vif)
{
	return !memchr_inv(vif->pad0, 0, sizeof(vif->pad0)) && !vif->pad1 &&
	       !(vif->features & ~(u64)NOXS_NET_F_ALL);
}

static bool is_vbd_clean(const struct noxs_ioctl_vbd *vbd)
{
	return !vbd->pad0 && !vbd->pad1 &&
	       !(vbd->flags & ~NOXS_VBD_READONLY) &&
	       !(vbd->features & ~(u64)NOXS_BLOCK_F_ALL);
}

/*
 * Made, and told of? A domain that began to die before its back end was in the
 * list was not found by those who reap.
 */
static long finish(u16 domid, u32 type, u32 id, long rc)
{
	struct noxs_ioctl_device which = {
		.domid = domid, .type = type, .id = id,
	};

	if (!noxs_domain_alive(domid)) {
		noxs_backs_reap(domid);
		return -ESRCH;
	}
	if (rc)
		noxs_back_destroy(&which);
	return rc;
}

static long vif_create(void __user *arg)
{
	struct noxs_ioctl_vif vif;
	int rc;

	if (copy_from_user(&vif, arg, sizeof(vif)))
		return -EFAULT;
	if (!is_vif_clean(&vif))
		return -EINVAL;
	memset(&vif.device, 0, sizeof(vif.device));
	rc = noxs_net_create(&vif);
	if (rc)
		return rc;
	if (noxs_fault() || copy_to_user(arg, &vif, sizeof(vif)))
		rc = -EFAULT;
	return finish(vif.domid, NOXS_DEV_VIF, vif.id, rc);
}

static long vif_set(void __user *arg)
{
	struct noxs_ioctl_vif_set set;

	if (copy_from_user(&set, arg, sizeof(set)))
		return -EFAULT;
	if (memchr_inv(set.pad0, 0, sizeof(set.pad0)))
		return -EINVAL;
	return noxs_net_set(&set, arg);
}

static long vbd_create(void __user *arg)
{
	struct noxs_ioctl_vbd vbd;
	int rc;

	if (copy_from_user(&vbd, arg, sizeof(vbd)))
		return -EFAULT;
	if (!is_vbd_clean(&vbd))
		return -EINVAL;
	memset(&vbd.device, 0, sizeof(vbd.device));
	rc = noxs_block_create(&vbd);
	if (rc)
		return rc;
	if (noxs_fault() || copy_to_user(arg, &vbd, sizeof(vbd)))
		rc = -EFAULT;
	return finish(vbd.domid, NOXS_DEV_VBD, vbd.id, rc);
}

static long device_call(void __user *arg,
			int (*call)(const struct noxs_ioctl_device *which))
{
	struct noxs_ioctl_device which;

	if (copy_from_user(&which, arg, sizeof(which)))
		return -EFAULT;
	if (which.pad)
		return -EINVAL;
	return call(&which);
}

static long list(void __user *arg)
{
	struct noxs_back_info *infos = NULL;
	struct noxs_ioctl_list list;
	long rc = 0;

	if (copy_from_user(&list, arg, sizeof(list)))
		return -EFAULT;
	if (list.pad || list.pad1)
		return -EINVAL;
	list.count = min_t(u32, list.count, LIST_MAX);
	if (list.count) {
		infos = kvcalloc(list.count, sizeof(*infos), GFP_KERNEL);
		if (!infos)
			return -ENOMEM;
	}
	noxs_back_list(&list, infos);
	if (list.count && copy_to_user(u64_to_user_ptr(list.infos), infos,
				       list.count * sizeof(*infos)))
		rc = -EFAULT;
	if (!rc && copy_to_user(arg, &list, sizeof(list)))
		rc = -EFAULT;
	kvfree(infos);
	return rc;
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case NOXS_IOCTL_VERSION_GET:
		return version_get(user);
	case NOXS_IOCTL_VIF_CREATE:
		return vif_create(user);
	case NOXS_IOCTL_VIF_SET:
		return vif_set(user);
	case NOXS_IOCTL_VBD_CREATE:
		return vbd_create(user);
	case NOXS_IOCTL_CLOSE:
		return device_call(user, noxs_back_close);
	case NOXS_IOCTL_DESTROY:
		return device_call(user, noxs_back_destroy);
	case NOXS_IOCTL_LIST:
		return list(user);
	default:
		return -ENOTTY;
	}
}

static int control_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = no_llseek,
};

static struct miscdevice control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/noxs",
	.fops = &control_fops,
	.mode = 0600,
};

static int __init noxs_back_start(void)
{
	int rc;

	/* The device page names domain 0 as the one that has the back ends. */
	if (!xen_domain() || !xen_initial_domain())
		return -ENODEV;
	rc = noxs_backs_start();
	if (rc)
		return rc;
	rc = noxs_exit_start();
	if (rc)
		goto stop_backs;
	rc = noxs_net_start();
	if (rc)
		goto stop_exit;
	rc = noxs_block_start();
	if (rc)
		goto stop_net;
	rc = misc_register(&control);
	if (rc)
		goto stop_block;
	return 0;

stop_block:
	noxs_block_stop();
stop_net:
	noxs_net_stop();
stop_exit:
	noxs_exit_stop();
stop_backs:
	noxs_backs_stop();
	return rc;
}

static void __exit noxs_back_stop(void)
{
	misc_deregister(&control);
	noxs_exit_stop();
	noxs_block_stop();
	noxs_net_stop();
	noxs_backs_stop();
}

module_init(noxs_back_start);
module_exit(noxs_back_stop);
MODULE_DESCRIPTION("noxs back ends of network interfaces and disks");
MODULE_LICENSE("GPL");
