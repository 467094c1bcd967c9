/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.h: the daemon in figures, for clients of INFO.
 */
#ifndef CHAOSD_INFO_H
#define CHAOSD_INFO_H

struct server;

void info_register(struct server *server);

#endif /* CHAOSD_INFO_H */
