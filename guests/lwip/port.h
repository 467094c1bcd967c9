/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.h: what the files of the lwIP port know of each other.
 */
#ifndef GUEST_LWIP_PORT_H
#define GUEST_LWIP_PORT_H

#include <stdint.h>

/* timers.c */
#define TIMERS_NONE UINT32_MAX
/* Call what is due of lwIP's periodic functions. */
void timers_run(void);
/* Milliseconds until timers_run has something to do; TIMERS_NONE: nothing. */
uint32_t timers_next(void);
/* An ARP request was sent, which may have to be repeated. */
void timers_arp_asked(void);

/* random.c */
void random_init(void);

#endif /* GUEST_LWIP_PORT_H */
