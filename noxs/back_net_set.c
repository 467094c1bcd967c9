// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_set.c: what a toolstack says of a vif: whether it makes sense, that
 * no two have one MAC address, and to change it before a guest takes it up.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/rtnetlink.h>
#include <linux/uaccess.h>

#include "back_net.h"

#define INTERVAL_MIN 1000     /* us */
#define INTERVAL_MAX 10000000 /* us */

/* --- MAC addresses: the guests', none twice ---------------------------------- */

static DEFINE_HASHTABLE(macs, 12);
static DEFINE_MUTEX(macs_lock);

static u32 mac_key(const u8 *mac)
{
	return jhash(mac, ETH_ALEN, 0);
}

/* By another than `self`. Under macs_lock. */
static bool is_mac_taken(const u8 *mac, const struct net_back *self)
{
	struct net_back *net;

	hash_for_each_possible(macs, net, mac_node, mac_key(mac))
		if (net != self && ether_addr_equal_unaligned(net->mac, mac))
			return true;
	return false;
}

int noxs_net_take_mac(struct net_back *net)
{
	int rc = 0;

	mutex_lock(&macs_lock);
	if (is_mac_taken(net->mac, net))
		rc = -EADDRINUSE;
	else
		hash_add(macs, &net->mac_node, mac_key(net->mac));
	mutex_unlock(&macs_lock);
	return rc;
}

void noxs_net_give_mac(struct net_back *net)
{
	mutex_lock(&macs_lock);
	hash_del(&net->mac_node);
	mutex_unlock(&macs_lock);
}

/* --- what makes sense --------------------------------------------------------- */

static bool is_address_valid(const struct noxs_net_address *address)
{
	if (memchr_inv(address->pad, 0, sizeof(address->pad)))
		return false;
	switch (address->family) {
	case NOXS_NET_NO_ADDRESS:
		return !address->prefix && !address->has_gateway;
	case NOXS_NET_IPV4:
		return address->prefix <= 32 && address->has_gateway <= 1;
	case NOXS_NET_IPV6:
		return address->prefix <= 128 && address->has_gateway <= 1;
	default:
		return false;
	}
}

static bool is_mtu_valid(u16 mtu)
{
	return mtu >= NOXS_NET_MTU_MIN && mtu <= NOXS_NET_MTU_MAX;
}

static bool is_rate_valid(u64 bytes, u32 interval)
{
	return !bytes || (interval >= INTERVAL_MIN && interval <= INTERVAL_MAX);
}

static bool is_name_valid(const char *name)
{
	if (strnlen(name, NOXS_IFNAME_SIZE) == NOXS_IFNAME_SIZE)
		return false;
	/* % would have the kernel look for a number. */
	return !name[0] || (dev_valid_name(name) && !strchr(name, '%'));
}

bool noxs_net_is_valid(const struct noxs_ioctl_vif *vif)
{
	return is_name_valid(vif->ifname) && is_mtu_valid(vif->mtu) &&
	       is_valid_ether_addr(vif->mac) &&
	       is_rate_valid(vif->rate_bytes, vif->rate_interval) &&
	       is_address_valid(&vif->address);
}

/* Of a field that is not named nothing is looked at. */
static bool is_set_valid(const struct noxs_ioctl_vif_set *set)
{
	u32 fields = set->fields;

	if (!fields || fields & ~NOXS_VIF_ALL)
		return false;
	return (!(fields & NOXS_VIF_MAC) || is_valid_ether_addr(set->mac)) &&
	       (!(fields & NOXS_VIF_MTU) || is_mtu_valid(set->mtu)) &&
	       (!(fields & NOXS_VIF_RATE) ||
		is_rate_valid(set->rate_bytes, set->rate_interval)) &&
	       (!(fields & NOXS_VIF_ADDRESS) ||
		is_address_valid(&set->address));
}

/* --- changes ------------------------------------------------------------------- */

void noxs_net_describe(const struct net_back *net, const u8 *mac, u16 mtu,
		       struct noxs_device *device)
{
	struct noxs_net_config config = {
		.mtu = mtu, .tx_grant = net->tx.ref, .rx_grant = net->rx.ref,
	};

	memcpy(config.mac, mac, sizeof(config.mac));
	noxs_back_describe(&net->back, net->offered, device);
	memcpy(device->config, &config, sizeof(config));
}

static int set_mtu(struct net_back *net, u16 mtu)
{
	int rc;

	if (noxs_fault())
		return -ENOMEM;
	rtnl_lock();
	rc = dev_set_mtu(net->dev, mtu);
	rtnl_unlock();
	if (!rc)
		net->mtu = mtu;
	return rc;
}

/* Nobody else has either address meanwhile, so the old one stays if this fails. */
static int set_mac_and_mtu(struct net_back *net,
			   const struct noxs_ioctl_vif_set *set)
{
	bool is_mac = set->fields & NOXS_VIF_MAC;
	int rc = 0;

	mutex_lock(&macs_lock);
	if (is_mac && is_mac_taken(set->mac, net))
		rc = -EADDRINUSE;
	if (!rc && set->fields & NOXS_VIF_MTU)
		rc = set_mtu(net, set->mtu);
	if (!rc && is_mac) {
		hash_del(&net->mac_node);
		memcpy(net->mac, set->mac, sizeof(net->mac));
		hash_add(macs, &net->mac_node, mac_key(net->mac));
	}
	mutex_unlock(&macs_lock);
	return rc;
}

/* Under back->lock. The caller is told first, as that can fail as well. */
static int change(struct net_back *net, struct noxs_ioctl_vif_set *set,
		  void __user *out)
{
	struct noxs_net *page = (struct noxs_net *)net->back.io;
	u32 fields = set->fields;
	int rc;

	noxs_net_describe(net, fields & NOXS_VIF_MAC ? set->mac : net->mac,
			  fields & NOXS_VIF_MTU ? set->mtu : net->mtu,
			  &set->device);
	if (noxs_fault() || copy_to_user(out, set, sizeof(*set)))
		return -EFAULT;
	rc = set_mac_and_mtu(net, set);
	if (rc)
		return rc;
	if (fields & NOXS_VIF_RATE)
		noxs_net_tx_limit(net, set->rate_bytes, set->rate_interval);
	if (fields & NOXS_VIF_ADDRESS)
		page->address = set->address;
	return 0;
}

int noxs_net_set(struct noxs_ioctl_vif_set *set, void __user *out)
{
	struct noxs_back *back;
	int rc;

	if (!is_set_valid(set))
		return -EINVAL;
	back = noxs_back_change(set->domid, NOXS_DEV_VIF, set->id);
	if (IS_ERR(back))
		return PTR_ERR(back);
	rc = change(container_of(back, struct net_back, back), set, out);
	noxs_back_changed(back);
	return rc;
}
