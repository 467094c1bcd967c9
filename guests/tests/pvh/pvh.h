/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvh.h: what the files of this guest share.
 */
#ifndef PVH_H
#define PVH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/xen.h>

#include <noxs/noxs.h>

#define FRAME_SIZE 4096u

/* --- kit.c --- */

/* Find Xen and have it fill in the hypercall page. False: it is not there. */
bool hypercalls_open(void);
long hypercall(unsigned int nr, unsigned long a, unsigned long b,
               unsigned long c);
/* The noxs hypercall. */
long noxs(unsigned int op, const volatile void *arg, const volatile void *buf);
long noxs_raw(unsigned int op, unsigned long arg, unsigned long buf);
#ifdef __x86_64__
long hypercall_compat(uint64_t op, uint64_t arg, uint64_t buf);
#endif

/* One line in Xen's log, by the port that is for it. */
void say(const char *text);

/* Count a check; say where and what, and both values, if it fails. */
void expect_(int64_t got, int64_t want, const char *file, int line,
             const char *what);
#define EXPECT(got, want)                                                      \
    expect_((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK(cond) EXPECT(!!(cond), 1)
/* How many checks failed. Says how many there were. */
unsigned int failures(void);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

struct cpuid {
    uint32_t a, b, c, d;
};
struct cpuid cpuid(uint32_t leaf);

/* --- page.c --- */

/* Ours; the device page is placed at the latter two. */
extern uint8_t frames[3][FRAME_SIZE];
#define frame_a (frames[1])
#define frame_b (frames[2])
/* Beyond all memory, and within what both widths can address. */
#define HOLE ((uint8_t *)0x10000000ul)

static inline uint64_t gfn_of(const volatile void *frame)
{
    return (uintptr_t)frame / FRAME_SIZE;
}

/* NOXS_OP_PAGE for that frame. */
long place(uint64_t gfn);
/* Is the page there? */
bool is_page(const volatile void *frame);
/* Give a frame memory; one of ours again, and see that it is that. */
void populate(uint64_t gfn);
void refill(void *frame);

void test_identity(void);
void test_devices(void);
void test_page(void);
void test_moves(void);
void test_wild_frames(void);

/* --- refuse.c --- */

/* Addresses that are no memory. */
extern const unsigned long wild[];
#ifdef __x86_64__
#define WILD_NR 4
#else
#define WILD_NR 2
#endif

void test_version(void);
void test_control_only(void);
void test_others(void);
void test_pads(void);
void test_pointers(void);
void test_halves(void);

/* --- attack.c --- */

void test_writes(void);
void test_writes_by_xen(void);
void test_page_tables(void);
void test_physmap(void);
/* Give the page away for good. */
void test_give_away(void);

#endif /* PVH_H */
