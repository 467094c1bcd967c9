/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inet.h: TCP/IP for applications, by lwIP, over the first network interface.
 *
 * An application says USE := lwip in its Makefile, calls inet_start, sets up
 * what it serves (serve.h, or lwIP's raw API: <lwip/tcp.h> and the like), and
 * ends in inet_loop. All callbacks come from the loop, one at a time.
 */
#ifndef GUEST_INET_H
#define GUEST_INET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Set up the stack and the interface. The address is that of the device; has it
 * none, it is asked for by DHCP. -ENOMEM. That there is no interface (yet) is
 * no error: it may come, and go, at any time.
 */
int inet_start(void);
/* The interface is connected and has an address. */
bool inet_is_up(void);
/* Work until *done, or for ever with NULL; call inet_up once it is up. */
void inet_loop(const bool *done);
void inet_on_up(void (*fn)(void));
/* Milliseconds; wraps. */
uint32_t inet_ms(void);

#endif /* GUEST_INET_H */
