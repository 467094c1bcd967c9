/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.h: what the groups of the back ends' test share.
 */
#ifndef NOXS_TEST_H
#define NOXS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/ioctl.h>

#include <noxs/block.h>
#include <noxs/ioctl.h>

/* --- main.c --- */

/* `expr` must be `want`; a failure shows what it was. */
#define EXPECT(expr, want) expect_((expr), (want), __FILE__, __LINE__, #expr)
void expect_(long got, long want, const char *file, int line, const char *what);
#define CHECK(cond) EXPECT(!!(cond), 1)

/* --- host.c: domains, and dom0's kernel --- */

void host_open(void);
/* A domain with one processor and no memory. */
uint16_t host_domain(void);
void host_domain_end(uint16_t domid);
/* A port of the domain for dom0 to bind; it goes with the domain. */
uint32_t host_port(uint16_t domid);
/* A domid that nobody has. */
#define HOST_NOBODY 0x7000u
/* In the module's parameter: the n-th step from now on fails; 0: none. */
void host_fail_at(int n);
/* True: it did, or there is none to fail. */
bool host_failed(void);
/* Likewise: of the pools of disks from now on. */
void host_pool_pages(int n);
/* Returns 0 or -errno. */
int host_unload(void);
void host_load(void);

/* --- disk.c: loop devices that go with their last user --- */

/* Of a new file of 1 MiB. Returns a descriptor of the device. */
int disk_open(int flags);
/* The same device again. */
int disk_again(int fd, int flags);
unsigned int disk_minor(int fd);
bool disk_is_there(unsigned int minor);

/* --- count.c --- */

/* What a back end takes of dom0. */
struct count {
    long interfaces;
    long loops;    /* devices with a file */
    long handlers; /* interrupts of back ends */
    long channels; /* event channels of dom0 */
    long grants;   /* entries in use in dom0's table */
    long backs;    /* as LIST says */
    long users;    /* of the module */
};
struct count count_now(void);
/* Fails for each that is not as it was, after a moment at least. */
void count_same_(struct count before, const char *file, int line);
#define SAME(before) count_same_((before), __FILE__, __LINE__)
/* KiB of memory in use, and of that the kernel's own that cannot be freed. */
long count_used_kb(void);
long count_slab_kb(void);

/* --- call.c: the ioctls, on one descriptor --- */

void call_open(void);
void call_close(void);
/* Returns 0 or -errno. */
int call(unsigned long cmd, void *arg);
/* Proper ones, for tests to spoil; they free nothing. */
struct noxs_ioctl_vif call_vif(uint16_t domid, uint32_t id, uint32_t port);
struct noxs_ioctl_vbd call_vbd(uint16_t domid, uint32_t id, uint32_t port,
                               int fd);
int call_destroy(uint16_t domid, uint32_t type, uint32_t id);
/* How many back ends a domain has. */
long call_count(uint16_t domid);

/* --- the groups --- */

void test_calls(void);
void test_vif(void);
void test_set(void);
void test_vbd(void);
void test_claims(void);
void test_life(void);
void test_faults(void);
void test_cycles(void);

#endif /* NOXS_TEST_H */
