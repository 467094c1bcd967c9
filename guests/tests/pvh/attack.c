/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attack.c: ways in which a guest might change its device page, or keep it
 * where it was. The page is at frame_a before and after each.
 */
#include "pvh.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

static struct noxs_page before;
static const struct noxs_page *const page = (const void *)frame_a;

static void remember(void)
{
    memcpy(&before, frame_a, FRAME_SIZE);
    CHECK(is_page(&before));
}

static bool is_same(void)
{
    return memcmp(&before, frame_a, FRAME_SIZE) == 0;
}

/* Xen drops what we write: the instruction goes on as if it had worked. */
void test_writes(void)
{
    volatile uint8_t *b = frame_a;
    volatile uint16_t *w = (volatile uint16_t *)frame_a;
    volatile uint32_t *l = (volatile uint32_t *)frame_a;
    void *to = frame_a;
    unsigned long count = FRAME_SIZE;
    uint32_t old = 0x12345678;

    remember();
    b[0] = 1;
    w[8] = 0; /* domid */
    l[3] = 1; /* seq */
    l[1023] = ~0u;
    *(volatile unsigned long *)(frame_a + 64) = 0;
    CHECK(is_same());
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    EXPECT(count, 0);
    CHECK(is_same());
    asm volatile("xchgl %0, %1" : "+r"(old), "+m"(l[0]));
    CHECK(is_same());
    asm volatile("lock incl %0" : "+m"(l[3]));
    asm volatile("btsl $5, %0" : "+m"(l[4]));
    CHECK(is_same());
}

/* Xen writes nothing there for us, whatever it answers. */
void test_writes_by_xen(void)
{
    static struct noxs_op_devs devs;
    struct gnttab_copy copy = {
        .source = {.u.gmfn = (xen_pfn_t)gfn_of(frame_b), .domid = DOMID_SELF},
        .dest = {.u.gmfn = (xen_pfn_t)gfn_of(frame_a), .domid = DOMID_SELF},
        .len = FRAME_SIZE,
    };
    struct vcpu_register_vcpu_info info = {.mfn = gfn_of(frame_a)};
    struct evtchn_init_control control = {.control_gfn = gfn_of(frame_a)};

    remember();
    devs = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = 1};
    (void)noxs(NOXS_OP_DEV_LIST, &devs, frame_a);
    CHECK(is_same());
    (void)noxs(NOXS_OP_VERSION, page->pad1, NULL);
    CHECK(is_same());
    EXPECT(hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_copy,
                     (uintptr_t)&copy, 1),
           0);
    CHECK(copy.status < 0);
    CHECK(is_same());
    CHECK(hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0,
                    (uintptr_t)&info) < 0);
    CHECK(hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_init_control,
                    (uintptr_t)&control, 0) < 0);
    CHECK(is_same());
}

#ifdef __x86_64__
#define SECOND_GB (1ul << 30)
#define LARGE_PAGE 0x200000ul
#define ADDRESS 0x000ffffffffff000ull
#define PRESENT 1u
#define WRITABLE 2u
#define LARGE 0x80u

/* What the first 2 MB of the second GB are, or a table for them. */
static void set_directory(uint64_t entry)
{
    extern volatile uint64_t test_directory[];

    test_directory[0] = entry;
    asm volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" ::: "rax", "memory");
}

static void clear(uint64_t address)
{
    set_directory((address & -LARGE_PAGE) | PRESENT | WRITABLE | LARGE);
    memset((void *)(SECOND_GB + address % LARGE_PAGE), 0, FRAME_SIZE);
}

/*
 * The word at `offset` as an entry that maps `entry & ADDRESS`. A walk of it
 * would mark it as accessed or dirty, be it Xen's for us or the CPU's.
 */
static void walk(size_t offset)
{
    const uint64_t entry = *(uint64_t *)(frame_a + offset);
    const bool writable = entry & WRITABLE;
    const uintptr_t address = SECOND_GB + offset / 8 * FRAME_SIZE;
    volatile uint32_t *to = (volatile uint32_t *)address;

    if (!(entry & PRESENT))
        return;
    clear(entry & ADDRESS);
    set_directory((uintptr_t)frame_a | PRESENT | WRITABLE);
    EXPECT(noxs_raw(NOXS_OP_VERSION, address, 0), writable ? 0 : -XEN_EFAULT);
    CHECK(is_same());
    EXPECT(*to, writable ? NOXS_VERSION : 0);
    if (writable) {
        *to = 1;
        EXPECT(*to, 1);
    }
    set_directory(0);
    CHECK(is_same());
}
#endif

/*
 * The page as a page table. `features` of our device maps 8 MB; an odd domid
 * makes the word that it is in an entry for something above 4 GB.
 */
void test_page_tables(void)
{
#ifdef __x86_64__
    const size_t domid = offsetof(struct noxs_page, domid);
    const size_t features = offsetof(struct noxs_page, dev[0].features);
    uint64_t entry = *(uint64_t *)(frame_a + domid);

    remember();
    CHECK(*(uint64_t *)(frame_a + features) & PRESENT);
    walk(features);
    populate((entry & ADDRESS) / FRAME_SIZE);
    walk(domid);
#endif
}

/* Moved as if it were memory, it stays read-only and in one place. */
void test_physmap(void)
{
    struct xen_add_to_physmap move = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn,
        .idx = (xen_ulong_t)gfn_of(frame_a),
        .gpfn = (xen_pfn_t)gfn_of(frame_b),
    };

    remember();
    EXPECT(hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap,
                     (uintptr_t)&move, 0),
           0);
    CHECK(is_page(frame_b));
    CHECK(!is_page(frame_a));
    *(volatile uint32_t *)frame_b = 0;
    CHECK(is_page(frame_b));
    EXPECT(memcmp(&before, frame_b, FRAME_SIZE), 0);
    EXPECT(place(gfn_of(frame_a)), 0);
    CHECK(is_same());
    CHECK(!is_page(frame_b));
    refill(frame_b);
}

void test_give_away(void)
{
    xen_pfn_t gfn = (xen_pfn_t)gfn_of(frame_a);
    struct xen_memory_reservation arg = {.nr_extents = 1, .domid = DOMID_SELF};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF};

    set_xen_guest_handle(arg.extent_start, &gfn);
    EXPECT(hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
                     (uintptr_t)&arg, 0),
           1);
    CHECK(!is_page(frame_a));
    EXPECT(place(gfn), -XEN_EINVAL);
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, NULL), 0);
    EXPECT(devs.total, 1);
    refill(frame_a);
}
