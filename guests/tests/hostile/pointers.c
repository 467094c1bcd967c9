/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pointers.c: arguments and arrays where this guest has nothing to say.
 */
#include <guest/barrier.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>

#include "hostile.h"

static const uintptr_t wild[] = {
    0, /* NULL, never mapped here */
    1,
    0x00007f0000000000, /* nothing there */
    0x00007ffffffffff8, /* the last word below the hole */
    0x0000800000000000, /* non-canonical */
    0x8000000000000000,
    0xffff7fffffffffff,
    0xffff800000000000, /* Xen's: the table of frames, readable */
    0xffff82d040000000, /* Xen's: its text */
    0xffff830000000000, /* Xen's: all of memory */
    0xffff87ffffffffff, /* Xen's last byte */
    0xffffffff80000000, /* a kernel's, but not this one's */
    0xfffffffffffffff8, /* the end of everything */
    0xffffffffffffffff,
};

static void expect_refused(unsigned int op, const char *what, uintptr_t p,
                           long rc)
{
    report_check(rc == -EFAULT || (hostile_is_privileged(op) && rc == -EPERM),
                 "%s, %s at %lx: %ld", hostile_op_name(op), what, p, rc);
}

static void test_arg(unsigned int op, uintptr_t p)
{
    union hostile_arg arg;
    void *buf = hostile_prepare(op, NOXS_DOMID_SELF, &arg);

    expect_refused(op, "argument", p, noxs_op(op, (void *)p, buf));
}

static void test_buf(unsigned int op, uintptr_t p)
{
    union hostile_arg arg;

    if (hostile_prepare(op, NOXS_DOMID_SELF, &arg))
        expect_refused(op, "array", p, noxs_op(op, &arg, (void *)p));
}

/*
 * A structure on the last bytes before a page that is not there, and one that
 * can be read but not written: the answer cannot be delivered.
 */
static void test_edges(char *page)
{
    union hostile_arg arg;
    char *edge = page + PAGE_SIZE - 4;
    unsigned int op;

    for (op = 0; op < OPS; op++) {
        hostile_prepare(op, NOXS_DOMID_SELF, &arg);
        memcpy(edge, &arg, 4);
        test_arg(op, (uintptr_t)edge);
        test_buf(op, (uintptr_t)edge);
    }
    for (op = 0; op < OPS; op++) {
        page_protect(page, PAGE_RW);
        hostile_prepare(op, NOXS_DOMID_SELF, (union hostile_arg *)page);
        page_protect(page, PAGE_RO);
        test_arg(op, (uintptr_t)page);
        test_buf(op, (uintptr_t)page);
    }
    page_protect(page, PAGE_RW);
}

void hostile_pointers(void)
{
    char *pages = page_alloc(2);
    unsigned int op, i;

    for (op = 0; op < OPS; op++) {
        for (i = 0; i < ARRAY_SIZE(wild); i++) {
            test_arg(op, wild[i]);
            test_buf(op, wild[i]);
        }
        /* Xen itself may write its page, but not in this guest's name. */
        test_buf(op, (uintptr_t)noxs_page());
    }
    if (!pages || page_protect(pages + PAGE_SIZE, PAGE_NONE)) {
        report_error("no pages to test with");
        return;
    }
    test_edges(pages);
}
