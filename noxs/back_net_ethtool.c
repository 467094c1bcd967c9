// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_ethtool.c: what ethtool is told of a vif.
 */
#include <linux/ethtool.h>

#include "back_net.h"

static const char counter_names[][ETH_GSTRING_LEN] = {
	"tx_refused", "tx_failed", "rx_dropped", "rx_failed_slots",
};

static void net_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	const struct net_back *net = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	snprintf(info->bus_info, sizeof(info->bus_info), "vif-%u-%u",
		 net->back.domid, net->back.id);
}

static int net_counter_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(counter_names) : -EOPNOTSUPP;
}

static void net_counter_names(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, counter_names, sizeof(counter_names));
}

static void net_counters(struct net_device *dev, struct ethtool_stats *stats,
			 u64 *data)
{
	const struct net_back *net = netdev_priv(dev);

	data[0] = READ_ONCE(net->tx.refused);
	data[1] = READ_ONCE(net->tx.failed);
	data[2] = READ_ONCE(net->rx.dropped);
	data[3] = READ_ONCE(net->rx.failed);
}

const struct ethtool_ops noxs_net_ethtool_ops = {
	.get_drvinfo = net_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = net_counter_count,
	.get_strings = net_counter_names,
	.get_ethtool_stats = net_counters,
};
