/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: the page allocator: what lies behind the builder's last page, in
 * order; and a list of pages that came back.
 */
#include <guest/event.h>
#include <guest/memory.h>

#include "internal.h"
#include "table.h"

struct free_page {
    struct free_page *next;
};

static struct free_page *free_list;
static size_t free_pages;

static void *take_new(size_t n)
{
    size_t pfn;

    while (memory.mapped < memory.end && memory.mapped - memory.next < n)
        if (table_extend())
            return NULL;
    if (memory.mapped - memory.next < n)
        return NULL;
    pfn = memory.next;
    memory.next += n;
    return pfn_va(pfn);
}

static void *take_free(void)
{
    struct free_page *page = free_list;

    if (page) {
        free_list = page->next;
        free_pages--;
    }
    return page;
}

void *page_alloc(size_t n)
{
    bool on = events_disable();
    void *page = NULL;

    if (n == 1)
        page = take_free();
    if (!page && n)
        page = take_new(n);
    events_restore(on);
    return page;
}

void page_free(void *va)
{
    bool on = events_disable();
    struct free_page *page = va;

    page->next = free_list;
    free_list = page;
    free_pages++;
    events_restore(on);
}

size_t page_left(void)
{
    return memory.end - memory.next + free_pages;
}
