/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.h: what the groups of the noxs hypercall's test share.
 */
#ifndef NOXS_ABI_TEST_H
#define NOXS_ABI_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <noxs/noxs.h>

/* --- main.c --- */

/* Count a check; say where and what if it fails. */
void check_(bool ok, const char *file, int line, const char *what, long got);
#define CHECK(cond) check_((cond), __FILE__, __LINE__, #cond, 0)
/* `expr` must be `want`; a failure shows what it was. */
#define EXPECT(expr, want) expect_((expr), (want), __FILE__, __LINE__, #expr)
void expect_(long got, long want, const char *file, int line, const char *what);

/* --- call.c --- */

void call_open(void);

/*
 * The hypercall with copies of `arg` and `buf`, both copied back. A size of 0
 * passes NULL. Returns what Xen returns.
 */
long call(unsigned int op, void *arg, size_t arg_size, void *buf,
          size_t buf_size);
#define CALL(op, arg) call((op), (arg), sizeof(*(arg)), NULL, 0)
/* The hypercall with the addresses as they are. */
long call_raw(unsigned int op, uint64_t arg, uint64_t buf);

/* Addresses that Xen cannot read or write, and one that it can only read. */
#define WILD 0x1000ull
#define WILD_HIGH 0xffff820000000000ull
uint64_t call_read_only(const void *data, size_t size);

/* --- host.c --- */

void host_open(void);

/* A domain without memory. Returns its id. */
uint16_t host_create(void);
/* An attempt that fails after its device page was made. Returns -errno. */
int host_create_fails(void);
void host_stop(uint16_t domid, int reason);
/* Returns when the id is free. */
void host_destroy(uint16_t domid);
/* Returns when the log says that all destroyed domains are gone entirely. */
void host_settle(void);
uint64_t host_free_pages(void);

/* Both ends of a channel within dom0. Events come out at `out`. */
struct loop {
    void *handle;
    uint32_t in, out;
};
void loop_open(struct loop *loop);
void loop_close(struct loop *loop);
/* Is there an event within `ms`? It is taken. */
bool loop_wait(struct loop *loop, int ms);

/* Map a frame of dom0; NULL if Xen refuses. */
void *host_map(uint64_t frame, bool writable);
void host_unmap(void *page);

/* --- the groups --- */

void test_version(void);
void test_page(void);
void test_devices(void);
void test_identity(void);
void test_list(void);
void test_exits(void);
void test_watches(void);
void test_memory(void);
void test_pvh(void);

#endif /* NOXS_ABI_TEST_H */
