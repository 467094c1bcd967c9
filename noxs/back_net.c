// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net.c: the net back end: a network interface for each vif.
 *
 * This file makes and ends it and follows the front end; back_net_tx.c and
 * back_net_rx.c move packets.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>

#include "back_net.h"

#define QUEUE_LEN 256

/* --- NAPI: under rtnl ------------------------------------------------------- */

static void start_napi(struct net_back *net)
{
	if (!net->open || !net->connected)
		return;
	napi_enable(&net->napi);
	WRITE_ONCE(net->napi_on, true);
	/* There may be requests that rang before. */
	local_bh_disable();
	napi_schedule(&net->napi);
	local_bh_enable();
}

static void stop_napi(struct net_back *net)
{
	if (!net->napi_on)
		return;
	WRITE_ONCE(net->napi_on, false);
	/* A kick that saw it on has scheduled it by then. */
	synchronize_irq(net->back.irq);
	napi_disable(&net->napi);
	del_timer_sync(&net->tx.timer);
	noxs_net_arp_stop(net);
	noxs_back_eoi(&net->back, false);
}

/* --- the interface ---------------------------------------------------------- */

static int net_open(struct net_device *dev)
{
	struct net_back *net = netdev_priv(dev);

	net->open = true;
	start_napi(net);
	return 0;
}

static int net_stop(struct net_device *dev)
{
	struct net_back *net = netdev_priv(dev);

	stop_napi(net);
	net->open = false;
	return 0;
}

/* Without a front end: what we could do. */
static netdev_features_t net_fix_features(struct net_device *dev,
					  netdev_features_t features)
{
	struct net_back *net = netdev_priv(dev);

	if (!net->connected)
		return features;
	if (!(net->features & NOXS_NET_F_SG))
		features &= ~(NETIF_F_SG | NETIF_F_GSO);
	if (!(net->features & NOXS_NET_F_CSUM))
		features &= ~NETIF_F_IP_CSUM;
	if (!(net->features & NOXS_NET_F_CSUM6))
		features &= ~NETIF_F_IPV6_CSUM;
	if (!(net->features & NOXS_NET_F_TSO4))
		features &= ~NETIF_F_TSO;
	if (!(net->features & NOXS_NET_F_TSO6))
		features &= ~NETIF_F_TSO6;
	return features;
}

static void net_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	const struct net_back *net = netdev_priv(dev);

	stats->rx_packets = READ_ONCE(net->tx.packets);
	stats->rx_bytes = READ_ONCE(net->tx.bytes);
	stats->rx_errors = READ_ONCE(net->tx.refused) +
			   READ_ONCE(net->tx.failed);
	stats->tx_packets = READ_ONCE(net->rx.packets);
	stats->tx_bytes = READ_ONCE(net->rx.bytes);
	stats->tx_dropped = READ_ONCE(net->rx.dropped);
	stats->tx_errors = READ_ONCE(net->rx.failed);
}

static const struct net_device_ops net_device_ops = {
	.ndo_open = net_open,
	.ndo_stop = net_stop,
	.ndo_start_xmit = noxs_net_rx_xmit,
	.ndo_fix_features = net_fix_features,
	.ndo_get_stats64 = net_stats,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* --- the front end ------------------------------------------------------------ */

/* A segment to be cut has a blank checksum and does not fit one buffer. */
static u64 net_features(u64 features)
{
	features &= NOXS_NET_F_ALL;
	if (!(features & NOXS_NET_F_CSUM) || !(features & NOXS_NET_F_SG))
		features &= ~(u64)NOXS_NET_F_TSO4;
	if (!(features & NOXS_NET_F_CSUM6) || !(features & NOXS_NET_F_SG))
		features &= ~(u64)NOXS_NET_F_TSO6;
	return features;
}

static struct net_back *to_net(struct noxs_back *back)
{
	return container_of(back, struct net_back, back);
}

/*
 * As netdev_update_features() would, but without telling of it: a bridge would
 * look at all its ports again, which are up to a thousand, only to learn what
 * the stack sees to by itself when a packet comes to this one.
 */
static void follow_features(struct net_device *dev)
{
	dev->features = net_fix_features(dev, netdev_get_wanted_features(dev));
}

static int net_connect(struct noxs_back *back, u64 front_features)
{
	struct net_back *net = to_net(back);
	int rc;

	rtnl_lock();
	net->features = net_features(front_features);
	rc = noxs_net_rx_connect(net);
	if (!rc) {
		net->connected = true;
		follow_features(net->dev);
		netif_carrier_on(net->dev);
		start_napi(net);
	}
	rtnl_unlock();
	return rc;
}

static void net_disconnect(struct noxs_back *back)
{
	struct net_back *net = to_net(back);

	rtnl_lock();
	netif_carrier_off(net->dev);
	stop_napi(net);
	net->connected = false;
	noxs_net_rx_disconnect(net);
	noxs_net_tx_reset(net);
	rtnl_unlock();
}

static void net_kick(struct noxs_back *back)
{
	struct net_back *net = to_net(back);

	/* The interface is down: we hear of nothing but the front end's end. */
	if (READ_ONCE(net->napi_on))
		napi_schedule_irqoff(&net->napi);
	else
		noxs_back_eoi(back, true);
}

static void free_rings(struct net_back *net)
{
	if (net->rx.ring.sring)
		noxs_back_page_end(net->rx.ring.sring, net->rx.ref);
	if (net->tx.ring.sring)
		noxs_back_page_end(net->tx.ring.sring, net->tx.ref);
}

static void net_destroy(struct noxs_back *back)
{
	struct net_back *net = to_net(back);

	unregister_netdev(net->dev);
	noxs_net_give_mac(net);
	free_rings(net);
	noxs_back_fini(back);
	free_netdev(net->dev);
}

static void net_info(struct noxs_back *back, struct noxs_back_info *info)
{
	const struct net_back *net = to_net(back);

	info->ifindex = net->dev->ifindex;
	strscpy(info->ifname, net->dev->name, sizeof(info->ifname));
	info->sent_ops = READ_ONCE(net->tx.packets);
	info->sent_bytes = READ_ONCE(net->tx.bytes);
	info->received_ops = READ_ONCE(net->rx.packets);
	info->received_bytes = READ_ONCE(net->rx.bytes);
	info->errors = READ_ONCE(net->tx.refused) + READ_ONCE(net->tx.failed) +
		       READ_ONCE(net->rx.dropped) + READ_ONCE(net->rx.failed);
}

static const struct noxs_back_ops net_back_ops = {
	.connect = net_connect,
	.disconnect = net_disconnect,
	.kick = net_kick,
	.destroy = net_destroy,
	.info = net_info,
};

/* --- creation ------------------------------------------------------------------- */

static void setup_netdev(struct net_device *dev,
			 const struct noxs_ioctl_vif *vif, u64 offered)
{
	/* Never the address of a guest, and the highest of a bridge's ports. */
	static const u8 back_mac[ETH_ALEN] = {
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	dev->netdev_ops = &net_device_ops;
	dev->ethtool_ops = &noxs_net_ethtool_ops;
	dev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			   NETIF_F_TSO | NETIF_F_TSO6;
	dev->features = dev->hw_features;
	dev->mtu = vif->mtu;
	dev->min_mtu = NOXS_NET_MTU_MIN;
	dev->max_mtu = NOXS_NET_MTU_MAX;
	dev->tx_queue_len = QUEUE_LEN;
	eth_hw_addr_set(dev, back_mac);
	/*
	 * The carrier is on until a front end has closed or broken: a bridge is
	 * told of a carrier by a work of the kernel that may come a second
	 * later, and the guest's first packets would be lost meanwhile.
	 */
}

static struct net_back *alloc_net(const struct noxs_ioctl_vif *vif)
{
	struct net_device *dev;
	struct net_back *net;
	char name[IFNAMSIZ];

	if (vif->ifname[0])
		strscpy(name, vif->ifname, sizeof(name));
	else
		snprintf(name, sizeof(name), "vif%u.%u", vif->domid, vif->id);
	if (noxs_fault())
		return NULL;
	dev = alloc_netdev(sizeof(*net), name, NET_NAME_USER, ether_setup);
	if (!dev)
		return NULL;
	net = netdev_priv(dev);
	net->dev = dev;
	net->offered = net_features(vif->features);
	net->mtu = vif->mtu;
	memcpy(net->mac, vif->mac, sizeof(net->mac));
	setup_netdev(dev, vif, net->offered);
	netif_napi_add(dev, &net->napi, noxs_net_poll);
	return net;
}

static int make_rings(struct net_back *net, const struct noxs_ioctl_vif *vif)
{
	void *page;
	int rc = noxs_back_page(&net->back, &page, &net->tx.ref);

	if (rc)
		return rc;
	net->tx.ring.sring = page;
	rc = noxs_back_page(&net->back, &page, &net->rx.ref);
	if (rc)
		return rc;
	net->rx.ring.sring = page;
	noxs_net_tx_init(net);
	noxs_net_tx_limit(net, vif->rate_bytes, vif->rate_interval);
	noxs_net_rx_init(net);
	noxs_net_arp_init(net);
	return 0;
}

static int announce(struct net_back *net, struct noxs_ioctl_vif *vif)
{
	struct noxs_net *page = (struct noxs_net *)net->back.io;

	page->address = vif->address;
	vif->ifindex = net->dev->ifindex;
	strscpy(vif->ifname, net->dev->name, sizeof(vif->ifname));
	vif->features = net->offered;
	noxs_net_describe(net, net->mac, net->mtu, &vif->device);
	return noxs_back_publish(&net->back, net->offered);
}

/*
 * It is the toolstack's alone: no program is started for it (uevents), and dom0
 * takes no IPv6 address on what is a port of a bridge; who routes instead turns
 * that on (net.ipv6.conf.NAME.disable_ipv6).
 */
static int register_vif(struct net_device *dev)
{
	int rc;

	dev_set_uevent_suppress(&dev->dev, true);
	rtnl_lock();
	rc = register_netdevice(dev);
#if IS_ENABLED(CONFIG_IPV6)
	if (!rc && __in6_dev_get(dev))
		__in6_dev_get(dev)->cnf.disable_ipv6 = 1;
#endif
	rtnl_unlock();
	return rc;
}

int noxs_net_create(struct noxs_ioctl_vif *vif)
{
	struct net_back *net;
	int rc;

	if (!noxs_net_is_valid(vif))
		return -EINVAL;
	net = alloc_net(vif);
	if (!net)
		return -ENOMEM;
	rc = noxs_net_take_mac(net);
	if (rc)
		goto free_net;
	rc = noxs_back_init(&net->back, &net_back_ops, vif->domid,
			    NOXS_DEV_VIF, vif->id, vif->evtchn);
	if (rc)
		goto give_mac;
	rc = make_rings(net, vif);
	if (rc)
		goto free_rings;
	rc = noxs_fault() ? -ENOMEM : register_vif(net->dev);
	if (rc)
		goto free_rings;
	rc = announce(net, vif);
	if (rc)
		goto unregister;
	return 0;

unregister:
	unregister_netdev(net->dev);
free_rings:
	free_rings(net);
	noxs_back_abort(&net->back);
give_mac:
	noxs_net_give_mac(net);
free_net:
	free_netdev(net->dev);
	return rc;
}
