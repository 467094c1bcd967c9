/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl.h: requests for power from the toolstack; the layout is
 * <noxs/sysctl.h>'s.
 *
 * The base answers all of them by itself: poweroff, reboot, suspend, crash,
 * watchdog, rescan.
 */
#ifndef GUEST_SYSCTL_H
#define GUEST_SYSCTL_H

#include <stdint.h>

#include <noxs/sysctl.h>

/* The control page and port; NULL and 0 if there is no such device. */
struct noxs_sysctl *sysctl_page(void);
uint32_t sysctl_port(void);

/* Called with events off before poweroff and reboot are carried out. */
void sysctl_on_stop(void (*hook)(uint32_t cmd));
/* Called with events off when the device page is to be looked at again. */
void sysctl_on_rescan(void (*hook)(void));

#endif /* GUEST_SYSCTL_H */
