/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notify.h: what systemd is told of the daemon (sd_notify(3)). Without
 * systemd, nothing happens.
 */
#ifndef CHAOSD_NOTIFY_H
#define CHAOSD_NOTIFY_H

#include <stdint.h>

/* Remember whom to tell, and take it out of the environment of hooks. */
void notify_init(void);
/* One or more lines "KEY=VALUE", without a newline at the end. */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* How often systemd wants WATCHDOG=1, in microseconds; 0: not at all. */
uint64_t notify_watchdog_us(void);

#endif /* CHAOSD_NOTIFY_H */
