// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_net.c: a vif of the device page as a network interface, ethN.
 *
 * The rings are in use while the interface is up. One pair and one interrupt: a
 * queue for each processor would need rings in the device's config, and a guest
 * of this kind rarely has more than one processor.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/inet.h>

#include "front_net.h"

void net_broken(struct front_net *net, const char *why)
{
	if (!net->broken)
		netdev_err(net->dev, "the back end %s: %s\n",
			   noxs_front_fault(net->front), why);
	WRITE_ONCE(net->broken, true);
	netif_carrier_off(net->dev);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct front_net *net = container_of(napi, struct front_net, napi);
	int done, more;

	net_tx_poll(net);
	done = net_rx_poll(net, budget);
	if (unlikely(net->broken)) {
		/* No end of interrupt: there will be none any more. */
		napi_complete_done(napi, done);
		return 0;
	}
	if (done == budget || !napi_complete_done(napi, done))
		return done;
	RING_FINAL_CHECK_FOR_RESPONSES(&net->rx, more);
	if (more)
		napi_schedule(napi);
	noxs_front_eoi(net->front);
	return done;
}

static bool ring(struct noxs_front *front)
{
	struct front_net *net = READ_ONCE(front->priv);

	if (!net || !READ_ONCE(net->running))
		return false;
	/* Of one that is under way, the end ends this interrupt, too. */
	napi_schedule_irqoff(&net->napi);
	return true;
}

static int net_open(struct net_device *dev)
{
	struct front_net *net = netdev_priv(dev);
	int err = noxs_front_ready(net->front);

	if (err)
		return err;
	net->broken = false;
	err = net_tx_open(net);
	if (err)
		return err;
	err = net_rx_open(net);
	if (err)
		goto fail_rx;
	napi_enable(&net->napi);
	WRITE_ONCE(net->running, true);
	err = noxs_front_connect(net->front, net->features);
	if (err)
		goto fail;
	netif_carrier_on(dev);
	netif_start_queue(dev);
	return 0;

fail:
	WRITE_ONCE(net->running, false);
	napi_disable(&net->napi);
	net_rx_close(net);
fail_rx:
	net_tx_close(net);
	return err;
}

static int net_stop(struct net_device *dev)
{
	struct front_net *net = netdev_priv(dev);

	WRITE_ONCE(net->running, false);
	synchronize_irq(net->front->irq);
	napi_disable(&net->napi);
	netif_tx_disable(dev);
	netif_carrier_off(dev);
	/* One that came before: the answer to the next line needs it ended. */
	noxs_front_eoi(net->front);
	noxs_front_disconnect(net->front);
	net_rx_close(net);
	net_tx_close(net);
	return 0;
}

static netdev_features_t fix_features(struct net_device *dev,
				      netdev_features_t features)
{
	/* Segments of the stack's own making are scattered. */
	if (!(features & NETIF_F_SG))
		features &= ~(NETIF_F_TSO | NETIF_F_TSO6);
	return features;
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = net_open,
	.ndo_stop = net_stop,
	.ndo_start_xmit = net_tx_start,
	.ndo_get_stats64 = dev_get_tstats64,
	.ndo_fix_features = fix_features,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static const struct ethtool_ops ethtool_ops = {
	.get_link = ethtool_op_get_link,
};

/* ADDRESS/PREFIX[,GATEWAY] as the toolstack was told; empty: none. */
static ssize_t address_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct front_net *net = netdev_priv(to_net_dev(dev));
	struct noxs_net_address a = ((struct noxs_net *)net->front->io)->address;
	int len = 0;

	if (a.family == NOXS_NET_IPV4) {
		len = sysfs_emit(buf, "%pI4/%u", a.address, a.prefix);
		if (a.has_gateway)
			len += sysfs_emit_at(buf, len, ",%pI4", a.gateway);
	} else if (a.family == NOXS_NET_IPV6) {
		len = sysfs_emit(buf, "%pI6c/%u", a.address, a.prefix);
		if (a.has_gateway)
			len += sysfs_emit_at(buf, len, ",%pI6c", a.gateway);
	}
	return len ? len + sysfs_emit_at(buf, len, "\n") : 0;
}
static DEVICE_ATTR_RO(address);

static struct attribute *attrs[] = {
	&dev_attr_address.attr,
	NULL,
};

/* /sys/class/net/ethN/noxs */
static const struct attribute_group group = {
	.name = "noxs",
	.attrs = attrs,
};

static void set_features(struct front_net *net)
{
	struct net_device *dev = net->dev;

	if (net->features & NOXS_NET_F_SG)
		dev->hw_features |= NETIF_F_SG;
	if (net->features & NOXS_NET_F_CSUM)
		dev->hw_features |= NETIF_F_IP_CSUM;
	if (net->features & NOXS_NET_F_CSUM6)
		dev->hw_features |= NETIF_F_IPV6_CSUM;
	if (net->features & NOXS_NET_F_CSUM && net->features & NOXS_NET_F_TSO4)
		dev->hw_features |= NETIF_F_TSO;
	if (net->features & NOXS_NET_F_CSUM6 && net->features & NOXS_NET_F_TSO6)
		dev->hw_features |= NETIF_F_TSO6;
	dev->features |= dev->hw_features | NETIF_F_RXCSUM;
	netif_set_tso_max_size(dev, XEN_NETIF_MAX_TX_SIZE);
}

static int set_up(struct front_net *net, const struct noxs_net_config *config)
{
	struct net_device *dev = net->dev;

	if (!is_valid_ether_addr(config->mac) ||
	    config->mtu < NOXS_NET_MTU_MIN || config->mtu > NOXS_NET_MTU_MAX)
		return -EPROTO;
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &ethtool_ops;
	dev->sysfs_groups[0] = &group;
	SET_NETDEV_DEV(dev, net->front->parent);
	dev->dev_id = net->front->dev.id;
	eth_hw_addr_set(dev, config->mac);
	dev->mtu = config->mtu;
	dev->min_mtu = NOXS_NET_MTU_MIN;
	dev->max_mtu = config->mtu;
	set_features(net);
	netif_napi_add(dev, &net->napi, poll);
	netif_carrier_off(dev);
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static void net_free(struct front_net *net)
{
	free_percpu(net->dev->tstats);
	free_netdev(net->dev);
}

static unsigned int net_rings(const struct noxs_device *dev, grant_ref_t *refs)
{
	const struct noxs_net_config *config = (const void *)dev->config;

	refs[0] = config->tx_grant;
	refs[1] = config->rx_grant;
	return 2;
}

static int net_probe(struct noxs_front *front)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct front_net));
	struct front_net *net;
	int err;

	if (!dev)
		return -ENOMEM;
	net = netdev_priv(dev);
	net->dev = dev;
	net->front = front;
	net->features = front->dev.features & NOXS_NET_F_ALL;
	err = set_up(net, (const void *)front->dev.config);
	if (!err) {
		WRITE_ONCE(front->priv, net);
		err = register_netdev(dev);
	}
	if (!err)
		return 0;
	WRITE_ONCE(front->priv, NULL);
	synchronize_irq(front->irq);
	net_free(net);
	return err;
}

/* Its users are told that it went; none can keep it. */
static void net_remove(struct noxs_front *front)
{
	struct front_net *net = front->priv;

	if (!net)
		return;
	unregister_netdev(net->dev);
	WRITE_ONCE(front->priv, NULL);
	synchronize_irq(front->irq);
	net_free(net);
}

static bool net_changed(struct noxs_front *front, u32 back_state)
{
	if (back_state == NOXS_BACK_BROKEN)
		net_broken(front->priv, "it cut this side off");
	if (back_state != NOXS_BACK_CLOSING)
		return false;
	net_remove(front);
	return true;
}

const struct noxs_front_ops noxs_front_net_ops = {
	.rings = net_rings,
	.probe = net_probe,
	.changed = net_changed,
	.remove = net_remove,
	.ring = ring,
};
