/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant.h: leave to other domains to map pages of this one (version 1).
 */
#ifndef GUEST_GRANT_H
#define GUEST_GRANT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Let `domid` map the page at va. The table is set up at the first grant and
 * grows when it is full. -ENOSPC: it cannot grow.
 */
int grant_access(uint16_t domid, const void *va, bool readonly,
                 uint32_t *ref_out);
/* The same for any machine frame. */
int grant_frame(uint16_t domid, uint64_t mfn, bool readonly, uint32_t *ref_out);
/* -EBUSY: the other domain has it mapped. */
int grant_end(uint32_t ref);

#endif /* GUEST_GRANT_H */
