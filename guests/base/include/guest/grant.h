/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant.h: leave to other domains to access pages of this one (version 1), and
 * map pages that they leave to this one.
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

#define GRANT_MAP_MAX 4

/*
 * Map the n (at most GRANT_MAP_MAX) pages that `domid` grants by refs, writable,
 * one after the other from *va_out on, in one hypercall. All or none. handles
 * (n of them) are what grant_unmap wants back.
 * -ENOSPC: no room in the window or no maptrack frames, which the toolstack
 * allots; -EPERM: not granted to this domain; -EINVAL: anything else.
 */
int grant_map(uint16_t domid, const uint32_t *refs, unsigned int n,
              void **va_out, uint32_t *handles);
void grant_unmap(void *va, const uint32_t *handles, unsigned int n);

#endif /* GUEST_GRANT_H */
