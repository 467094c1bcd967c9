/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/chaos.h: all of libchaos. Start reading at chaos/ctx.h.
 */
#ifndef CHAOS_CHAOS_H
#define CHAOS_CHAOS_H

#include <chaos/config.h>
#include <chaos/console.h>
#include <chaos/ctx.h>
#include <chaos/daemon.h>
#include <chaos/device.h>
#include <chaos/domain.h>

#endif /* CHAOS_CHAOS_H */
