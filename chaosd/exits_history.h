/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits_history.h: how often each VM was restarted lately.
 */
#ifndef CHAOSD_EXITS_HISTORY_H
#define CHAOSD_EXITS_HISTORY_H

#include <stdint.h>

#include <noxs/noxs.h>

struct history;

int history_create(struct history **history_out);
void history_destroy(struct history *history);

/* Restarts of this VM since `since`; what is older is forgotten. */
unsigned history_count(struct history *history,
                       const uint8_t uuid[NOXS_UUID_SIZE], uint64_t since_ns);
/*
 * It was restarted, and has this uuid from now on (with rename-restart it is
 * another). Of one VM the last `most` are kept.
 */
int history_add(struct history *history, const uint8_t old_uuid[NOXS_UUID_SIZE],
                const uint8_t uuid[NOXS_UUID_SIZE], uint64_t now_ns,
                unsigned most);
/* Forget VMs that were not restarted since then. */
void history_prune(struct history *history, uint64_t since_ns);
unsigned history_size(const struct history *history);

#endif /* CHAOSD_EXITS_HISTORY_H */
