/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall from dom0's user space.
 */
#include <err.h>
#include <errno.h>
#include <string.h>

#include <sys/mman.h>

#include <xencall.h>

#include "test.h"

static xencall_handle *handle;

void call_open(void)
{
    handle = xencall_open(NULL, 0);
    if (!handle)
        err(2, "xencall_open");
}

long call_raw(unsigned int op, uint64_t arg, uint64_t buf)
{
    long r = xencall3(handle, __HYPERVISOR_noxs_op, op, arg, buf);

    return r == -1 ? -errno : r;
}

static void *copy_in(const void *data, size_t size)
{
    void *copy;

    if (!size)
        return NULL;
    copy = xencall_alloc_buffer(handle, size);
    if (!copy)
        err(2, "xencall_alloc_buffer");
    memcpy(copy, data, size);
    return copy;
}

static void copy_out(void *data, void *copy, size_t size)
{
    if (!size)
        return;
    memcpy(data, copy, size);
    xencall_free_buffer(handle, copy);
}

long call(unsigned int op, void *arg, size_t arg_size, void *buf,
          size_t buf_size)
{
    void *arg_copy = copy_in(arg, arg_size);
    void *buf_copy = copy_in(buf, buf_size);
    long rc = call_raw(op, (uintptr_t)arg_copy, (uintptr_t)buf_copy);

    copy_out(arg, arg_copy, arg_size);
    copy_out(buf, buf_copy, buf_size);
    return rc;
}

/* Written before it is made read-only, so that it is present for Xen. */
uint64_t call_read_only(const void *data, size_t size)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

    if (page == MAP_FAILED)
        err(2, "mmap");
    memcpy(page, data, size);
    if (mprotect(page, 4096, PROT_READ))
        err(2, "mprotect");
    return (uintptr_t)page;
}
