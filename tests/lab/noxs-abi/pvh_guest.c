/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PVH guest of the noxs test, 32-bit: where its device page appears, that no
 * way of writing to it works, and what it may not ask. It stops with the number
 * of the step that failed as its reason, or with 0. pvh.c runs it.
 */
#include <noxs/noxs.h>

#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define EPERM 1
#define EINVAL 22

/* Frames of the guest's memory for the page to appear at. */
static uint8_t place[3][4096] __attribute__((aligned(4096)));
static uint8_t hypercall_page[4096] __attribute__((aligned(4096), used));

static unsigned int step;

static long hypercall(unsigned int number, unsigned long a, unsigned long b,
                      unsigned long c)
{
    long rc;

    __asm__ volatile("call *%4"
                     : "=a"(rc), "+b"(a), "+c"(b), "+d"(c)
                     : "r"(hypercall_page + number * 32)
                     : "memory");
    return rc;
}

static long noxs(unsigned int op, void *arg, void *buf)
{
    return hypercall(__HYPERVISOR_noxs_op, op, (unsigned long)arg,
                     (unsigned long)buf);
}

static _Noreturn void stop(unsigned int reason)
{
    struct sched_shutdown arg = {.reason = reason};

    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&arg,
                  0);
}

/* Each call is a step of its own; the first that fails ends it all. */
static void check(int ok)
{
    step++;
    if (!ok)
        stop(step);
}

static uint64_t frame(unsigned int i)
{
    return (unsigned long)place[i] >> 12;
}

static int page_is_at(unsigned int i)
{
    const volatile struct noxs_page *page =
        (const volatile struct noxs_page *)place[i];

    return page->magic == NOXS_PAGE_MAGIC && page->version == NOXS_VERSION &&
           page->size == NOXS_PAGE_SIZE && page->dev_max == NOXS_DEV_MAX &&
           page->domid != 0 && page->seq % 2 == 0;
}

/* A write is dropped, Xen's as well as the guest's. */
static int is_read_only(unsigned int i)
{
    volatile struct noxs_page *page = (volatile struct noxs_page *)place[i];

    page->magic = 0;
    page->identity.name[0] = 'x';
    noxs(NOXS_OP_VERSION, place[i], 0);
    return page_is_at(i) && page->identity.name[0] == 'p';
}

static void check_places(void)
{
    struct noxs_op_page op = {.gfn = frame(0)};
    struct xen_add_to_physmap move = {.domid = DOMID_SELF,
                                      .space = XENMAPSPACE_gmfn};

    check(noxs(NOXS_OP_PAGE, &op, 0) == 0 && op.gfn == frame(0));
    check(page_is_at(0));
    check(is_read_only(0));
    check(noxs(NOXS_OP_PAGE, &op, 0) == 0 && page_is_at(0));
    op.gfn = frame(1);
    check(noxs(NOXS_OP_PAGE, &op, 0) == 0);
    check(page_is_at(1) && !page_is_at(0));
    check(is_read_only(1));
    op.gfn = NOXS_GFN_NONE;
    check(noxs(NOXS_OP_PAGE, &op, 0) == -EINVAL);
    op.gfn = 1ull << 50;
    check(noxs(NOXS_OP_PAGE, &op, 0) == -EINVAL);
    check(page_is_at(1));
    /* Having moved the page itself the guest still cannot write it. */
    move.idx = (unsigned long)frame(1);
    move.gpfn = (unsigned long)frame(2);
    check(hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap,
                    (unsigned long)&move, 0) == 0);
    check(page_is_at(2) && !page_is_at(1));
    check(is_read_only(2));
}

static void check_rights(void)
{
    struct noxs_device dev = {.type = NOXS_DEV_VIF};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF};
    struct noxs_op_identity identity = {.domid = 0};
    struct vcpu_register_vcpu_info info = {.mfn = frame(2)};

    check(noxs(NOXS_OP_DEV_LIST, &devs, 0) == 0 && devs.total == 1);
    devs = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = 1};
    check(noxs(NOXS_OP_DEV_LIST, &devs, &dev) == 0 && devs.count == 1);
    check(dev.type == NOXS_DEV_VBD && dev.id == 7 && dev.generation);
    devs = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = 1};
    check(noxs(NOXS_OP_DEV_ADD, &devs, &dev) == -EPERM);
    check(noxs(NOXS_OP_DEV_ADD, (void *)4, (void *)4) == -EPERM);
    check(noxs(NOXS_OP_IDENTITY_GET, &identity, 0) == -EPERM);
    identity.domid = 0x7000;
    check(noxs(NOXS_OP_IDENTITY_GET, &identity, 0) == -EPERM);
    check(noxs(NOXS_OP_LIST, 0, 0) == -EPERM);
    check(noxs(NOXS_OP_EXITS, 0, 0) == -EPERM);
    /* What Xen would write to must not be the page. */
    check(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0,
                    (unsigned long)&info) < 0);
    check(page_is_at(2));
}

/* To give the page away harms nobody else; it cannot be had again. */
static void check_giving_away(void)
{
    xen_pfn_t gfn = (xen_pfn_t)frame(2);
    struct xen_memory_reservation arg = {.nr_extents = 1, .domid = DOMID_SELF};
    struct noxs_op_page op = {.gfn = frame(1)};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF};

    set_xen_guest_handle(arg.extent_start, &gfn);
    check(hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
                    (unsigned long)&arg, 0) == 1);
    check(noxs(NOXS_OP_PAGE, &op, 0) == -EINVAL);
    check(noxs(NOXS_OP_DEV_LIST, &devs, 0) == 0 && devs.total == 1);
}

/* The hypercall page is filled by writing its address to a register. */
static void set_up(void)
{
    uint32_t leaf, eax, ebx, ecx, edx;

    for (leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
        __asm__("cpuid"
                : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx)
                : "a"(leaf));
        if (ebx == 0x566e6558) /* "XenV" */
            break;
    }
    __asm__("cpuid"
            : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx)
            : "a"(leaf + 2));
    __asm__ volatile("wrmsr" ::"c"(ebx), "a"((unsigned long)hypercall_page),
                     "d"(0)
                     : "memory");
}

static _Noreturn __attribute__((used)) void guest_main(void)
{
    struct noxs_op_version version = {.pad = 0};

    set_up();
    check(noxs(NOXS_OP_VERSION, &version, 0) == 0 &&
          version.version == NOXS_VERSION);
    check_places();
    check_rights();
    check_giving_away();
    stop(0);
}

__asm__(".section .note.Xen, \"a\", @note\n"
        ".long 4, 4, 18\n" /* XEN_ELFNOTE_PHYS32_ENTRY */
        ".asciz \"Xen\"\n"
        ".long start\n"
        ".text\n"
        ".globl start\n"
        "start: mov $stack_top, %esp\n"
        "call guest_main\n"
        ".bss\n"
        ".align 16\n"
        ".skip 8192\n"
        "stack_top:\n"
        ".previous\n");
