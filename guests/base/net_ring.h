/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_ring.h: what net.c wants of net_ring.c.
 */
#ifndef GUEST_NET_RING_H
#define GUEST_NET_RING_H

#include <guest/net.h>

/* The rings are as new: put all buffers for receiving there. */
void net_ring_init(struct net_device *dev);
/* 1: there is more to do; 0: there is not; -EINVAL: what it says cannot be. */
int net_ring_poll(struct net_device *dev, net_receive_fn *receive);

#endif /* GUEST_NET_RING_H */
