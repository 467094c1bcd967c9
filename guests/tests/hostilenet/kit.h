/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kit.h: what hostile front ends of all types have in common: one device, a
 * table of cases of which the command line names one (case=NAME), and cases
 * that need not know the ring.
 */
#ifndef HOSTILE_KIT_H
#define HOSTILE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guest/bus.h>

#include <noxs/io.h>

#define MS 1000000ul

/* A table of them ends with a name of NULL. */
struct kit_case {
    const char *name;
    void (*run)(void);
    bool cold; /* it connects by itself */
};

/* What all rings begin with. */
struct kit_ring {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
};

/* --- of each type ------------------------------------------------------- */
extern const enum bus_type kit_type;
/* Rings are as new: so are the private indices. */
void kit_reset(void);
/* Put as many proper requests as there is room for, and ring. */
void kit_traffic(void);
/* A proper exchange comes to its proper end. */
bool kit_works(void);

/* --- kit.c -------------------------------------------------------------- */
extern struct bus_device kit_dev;
struct noxs_io *kit_io(void);
struct kit_ring *kit_ring(unsigned int n);
unsigned int kit_rings(void);

/* Run the case of one of the tables that the command line names; report. */
void kit_run(const struct kit_case *const *tables, const char *cmdline)
    __attribute__((noreturn));
void kit_connect(uint64_t front_features);
void kit_push(unsigned int ring, uint32_t req_prod);
uint32_t kit_random(void);
void *kit_page(void);
uint32_t kit_grant(const void *page, bool readonly);
/* Wait at most that long: whether it came true. */
bool kit_until(bool (*cond)(void), uint64_t ns);
/* Failures if it does otherwise: it must cut this guest off, or carry on. */
void kit_cut_off(void);
void kit_carries_on(void);

/* --- common.c ----------------------------------------------------------- */
extern const struct kit_case kit_common[];

#endif /* HOSTILE_KIT_H */
