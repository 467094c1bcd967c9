/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memhog: proves that all memory can be used, however little of it the builder
 * mapped: takes every page, writes a pattern of its own into each, and finds
 * it again. Only page tables may be missing in the end.
 */
#include <guest/barrier.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>

#define WORDS (PAGE_SIZE / sizeof(uint64_t))
#define TABLE_ENTRIES 512

struct page {
    struct page *next;
    uint64_t words[WORDS - 1];
};

static uint64_t pattern(const struct page *page, size_t i)
{
    return ((uintptr_t)page + i) * 0x9e3779b97f4a7c15ul;
}

static struct page *take_all(size_t *n_out)
{
    struct page *list = NULL, *page;
    size_t i, n = 0;

    while ((page = page_alloc(1))) {
        page->next = list;
        for (i = 0; i < WORDS - 1; i++)
            page->words[i] = pattern(page, i);
        list = page;
        n++;
    }
    *n_out = n;
    return list;
}

static void verify(const struct page *page)
{
    size_t i;

    for (; page; page = page->next)
        for (i = 0; i < WORDS - 1; i++)
            if (READ_ONCE(page->words[i]) != pattern(page, i)) {
                report_failure("page %lu, word %lu is not what was written",
                               page_pfn(page), i);
                return;
            }
}

static void give_back(struct page *page)
{
    struct page *next;

    for (; page; page = next) {
        next = page->next;
        page_free(page);
    }
}

int guest_main(const char *cmdline)
{
    size_t all = guest_start_info->nr_pages;
    size_t free = page_left(), n, again;
    struct page *list;

    (void)cmdline;
    guest_up();
    list = take_all(&n);
    printf("%lu pages, %lu free, %lu taken, %lu for tables\n", all, free, n,
           free - n);
    verify(list);
    report_check(n && free - n <= all / TABLE_ENTRIES + 3,
                 "%lu of %lu free pages are missing", free - n, free);
    report_check(!page_left(), "%lu pages are left", page_left());
    give_back(list);
    report_check(page_left() == n, "%lu pages came back", page_left());
    verify(take_all(&again));
    report_check(again == n, "%lu pages the second time", again);
    report_done();
}
