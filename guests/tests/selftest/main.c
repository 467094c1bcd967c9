/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * selftest: proves that the base does what its headers say: text is formatted,
 * traps are caught with the right vector and address, text cannot be written,
 * pages are mapped, protected and found by their frames, events and timers
 * arrive, grants are made and taken back; and (noxs.c) that the device page
 * says the same as the hypercalls. Without noxs that part is skipped.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>
#include <guest/report.h>
#include <guest/sysctl.h>
#include <guest/time.h>
#include <guest/trap.h>

#include <xen/grant_table.h>

#include "selftest.h"

#define NS_PER_MS 1000000ul

static void expect_text(const char *expected, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void expect_text(const char *expected, const char *fmt, ...)
{
    char text[64];
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_check(len == (int)strlen(expected) && !strcmp(text, expected),
                 "printf %s: '%s' instead of '%s'", fmt, text, expected);
}

static void test_lib(void)
{
    const char *p = "18446744073709551615x";
    char small[4];
    uint64_t n;

    expect_text("a-5 007 ffff FF% z  |", "%c%d %03u %x %X%% %-3s|", 'a', -5, 7u,
                0xffffu, 0xffu, "z");
    expect_text("18446744073709551615", "%lu", UINT64_MAX);
    expect_text("-9223372036854775808", "%ld", INT64_MIN);
    expect_text("ab  -1", "%.*s%4d", 2, "abc", -1);
    report_check(snprintf(small, sizeof(small), "12345") == 5 &&
                     !strcmp(small, "123"),
                 "snprintf does not stop at the end of its buffer");
    report_check(!parse_u64(&p, &n) && n == UINT64_MAX && *p == 'x',
                 "parse_u64 cannot read the largest number");
    p = "18446744073709551616";
    report_check(parse_u64(&p, &n) == -ERANGE, "parse_u64 overflows");
    report_check(cmdline_has("ab c=1", "c=", &p) && *p == '1' &&
                     !cmdline_has("ab c=1", "a", NULL),
                 "cmdline_has finds the wrong words");
}

static void do_ud2(void *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
}

static void do_read(void *arg)
{
    (void)READ_ONCE(*(char *)arg);
}

static void do_write(void *arg)
{
    WRITE_ONCE(*(char *)arg, 0);
}

static void expect_trap(const char *what, void (*fn)(void *), uintptr_t arg,
                        struct trap expected)
{
    struct trap t = {.vector = ~0u};

    if (!report_check(trap_try(fn, (void *)arg, &t), "%s: no trap", what))
        return;
    report_check(t.vector == expected.vector, "%s: trap %u, not %u", what,
                 t.vector, expected.vector);
    report_check(t.vector != TRAP_PAGE || (t.address == expected.address &&
                                           t.error == expected.error),
                 "%s: address %lx error %x", what, t.address, t.error);
}

/* Xen hides that a PV kernel runs in ring 3: there is no user bit in error. */
static struct trap page_fault(uintptr_t address, uint32_t error)
{
    return (struct trap){
        .vector = TRAP_PAGE, .address = address, .error = error};
}

static void test_traps(void)
{
    uintptr_t text = (uintptr_t)test_traps;

    expect_trap("ud2", do_ud2, 0, (struct trap){.vector = TRAP_OPCODE});
    expect_trap("read of NULL", do_read, 0, page_fault(0, 0));
    expect_trap("write to nowhere", do_write, 0x7f0000001238,
                page_fault(0x7f0000001238, TRAP_PAGE_WRITE));
    expect_trap("non-canonical address", do_read, 1ul << 63,
                (struct trap){.vector = TRAP_PROTECTION});
    expect_trap("write to the text", do_write, text,
                page_fault(text, TRAP_PAGE_WRITE | TRAP_PAGE_PRESENT));
    report_check(!trap_try(do_read, (void *)text, NULL),
                 "a trap where there is none");
}

static void test_aliases(char *page)
{
    uintptr_t address = (uintptr_t)page;
    char *alias;
    void *found = NULL;

    if (!report_check(!window_map(page_frame(page), PAGE_RW, (void **)&alias),
                      "cannot map a page of its own twice"))
        return;
    *page = 1;
    *alias = 2;
    report_check(READ_ONCE(*page) == 2, "two mappings of one page differ");
    window_unmap(alias);
    expect_trap("unmapped window", do_read, (uintptr_t)alias,
                page_fault((uintptr_t)alias, 0));
    report_check(!page_of_frame(page_frame(page), &found) && found == page,
                 "a frame is not found again");
    report_check(!page_protect(page, PAGE_RO), "cannot protect a page");
    expect_trap("write to a read-only page", do_write, address,
                page_fault(address, TRAP_PAGE_WRITE | TRAP_PAGE_PRESENT));
    report_check(!page_protect(page, PAGE_NONE), "cannot unmap a page");
    expect_trap("read of an unmapped page", do_read, address,
                page_fault(address, 0));
    report_check(!page_protect(page, PAGE_RW), "cannot map a page again");
    report_check(READ_ONCE(*page) == 2, "a page lost what was in it");
}

static void test_memory(void)
{
    char *page = page_alloc(1);
    void *va;

    if (!page) {
        report_error("no memory to test with");
        return;
    }
    test_aliases(page);
    report_check(page_of_frame(UINT64_MAX, &va) == -ERANGE &&
                     page_of_frame(MACH2PHYS_NR_ENTRIES - 1, &va) == -ERANGE &&
                     page_of_frame(0, &va) == -ERANGE,
                 "a frame that is not this guest's is taken for one");
    page_free(page);
    report_check(page_alloc(1) == page, "a freed page is not given again");
    page_free(page);
    report_check(!page_alloc(SIZE_MAX) && !page_alloc(page_left() + 1),
                 "more pages than there are");
}

static void count_event(uint32_t port, void *arg)
{
    (void)port;
    ++*(unsigned int *)arg;
}

static void test_events(void)
{
    unsigned int count = 0;
    uint32_t here, there;

    if (!report_check(!event_alloc(DOMID_SELF, &here), "no port to be had"))
        return;
    if (!report_check(!event_connect(DOMID_SELF, here, &there),
                      "a port of its own cannot be bound"))
        return;
    event_notify(there);
    report_check(!event_bind(here, count_event, &count), "no handler");
    report_check(count == 1, "an event from before the handler: %u", count);
    event_notify(there);
    event_wait(READ_ONCE(count) == 2);
    events_disable();
    event_notify(there);
    report_check(count == 2, "an event came while they are off");
    events_enable();
    report_check(READ_ONCE(count) == 3, "an event is lost");
    event_unbind(here);
    test_halt(there, here);
    event_notify(there);
    report_check(READ_ONCE(count) == 3, "an event without a handler");
    report_check(!event_close(there) && !event_close(here) &&
                     event_close(here) == -EINVAL,
                 "ports cannot be closed");
    report_check(event_bind(EVENT_MAX, count_event, NULL) == -ENOSPC,
                 "a handler for a port beyond the last");
}

static void note_order(struct timer *t)
{
    char **p = t->arg;

    *(*p)++ = t->at % 2 ? 'b' : 'a';
}

static void test_time(void)
{
    char order[4] = "";
    char *p = order;
    struct timer a = {.fn = note_order, .arg = &p}, b = a, c = a;
    uint64_t start = time_now() & ~1ul;

    report_check(!timer_arm(&b, start + 10 * NS_PER_MS + 1) &&
                     !timer_arm(&a, start + 5 * NS_PER_MS) &&
                     !timer_arm(&c, start + 7 * NS_PER_MS),
                 "timers cannot be armed");
    timer_cancel(&c);
    time_sleep(20 * NS_PER_MS);
    report_check(time_now() >= start + 20 * NS_PER_MS, "it sleeps too little");
    report_check(time_now() < start + 5000 * NS_PER_MS, "it sleeps too long");
    report_check(!strcmp(order, "ab"), "timers came as '%s'", order);
    report_check(!timer_arm(&a, 1), "a time that is past cannot be armed");
    event_wait(READ_ONCE(p) == order + 3);
}

/* A grant is good if Xen itself can copy through it. */
static void test_grant_copy(const char *from, uint32_t ref, char *to)
{
    uint16_t self = noxs_page()->domid;
    struct gnttab_copy op = {
        .source = {.u.ref = ref, .domid = self},
        .dest = {.u.gmfn = page_frame(to), .domid = DOMID_SELF},
        .len = 8,
        .flags = GNTCOPY_source_gref,
    };

    report_check(!grant_table_op(GNTTABOP_copy, &op, 1) &&
                     op.status == GNTST_okay && !memcmp(from, to, 8),
                 "no copying through a grant: %d", op.status);
}

static void test_grants(void)
{
    char *from = page_alloc(1), *to = page_alloc(1);
    uint16_t peer = noxs_page() ? noxs_page()->domid : 0;
    uint32_t ref, again;

    if (!from || !to) {
        report_error("no memory to test with");
        return;
    }
    memcpy(from, "granted", 8);
    memset(to, 0, 8);
    if (!report_check(!grant_access(peer, from, true, &ref), "no grant"))
        return;
    report_check(ref >= 8, "a reserved grant was given");
    if (noxs_page())
        test_grant_copy(from, ref, to);
    report_check(!grant_end(ref), "a grant cannot be ended");
    report_check(!grant_access(peer, from, false, &again) && again == ref,
                 "an ended grant is not used again");
    report_check(!grant_end(again), "a grant cannot be ended again");
    page_free(from);
    page_free(to);
}

int guest_main(const char *cmdline)
{
    (void)cmdline;
    test_lib();
    test_traps();
    test_memory();
    test_events();
    test_time();
    test_grants();
    test_noxs();
    guest_up();
    report_done();
}
