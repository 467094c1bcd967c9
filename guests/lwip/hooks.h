/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks.h: what lwIP calls for that is not its own (random.c).
 */
#ifndef LWIP_HOOKS_H
#define LWIP_HOOKS_H

#include <lwip/ip_addr.h>

uint32_t inet_isn(const ip_addr_t *local_ip, uint16_t local_port,
                  const ip_addr_t *remote_ip, uint16_t remote_port);

#endif /* LWIP_HOOKS_H */
