/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.c: from the builder's state to the application.
 *
 * What noop does between its first instruction and "I am up" is this file's
 * first half, in three hypercalls: find the device page; map it and the shared
 * page, catch traps and events, as one multicall; ring.
 */
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>

#include "internal.h"

__attribute__((weak)) const struct guest_options guest_options = {
    .stack_pages = 8,
    .protect_text = true,
};

struct start_info *guest_start_info;

static void set_call(struct multicall_entry *call, unsigned long op,
                     unsigned long a0, unsigned long a1, unsigned long a2)
{
    call->op = op;
    call->args[0] = a0;
    call->args[1] = a1;
    call->args[2] = a2;
}

/* Nothing can be said before there is a console; crash, that is all. */
static bool attach(void)
{
    struct multicall_entry calls[4];
    uint64_t frame = 0;
    bool mapped = !noxs_frame(&frame);

    set_call(&calls[0], __HYPERVISOR_update_va_mapping,
             (unsigned long)guest_shared_info,
             guest_start_info->shared_info | memory_pte(0, PAGE_RW), UVMF_NONE);
    set_call(&calls[1], __HYPERVISOR_set_trap_table, (unsigned long)trap_table,
             0, 0);
    set_call(&calls[2], __HYPERVISOR_set_callbacks, (unsigned long)entry_event,
             (unsigned long)entry_failsafe, 0);
    set_call(&calls[3], __HYPERVISOR_update_va_mapping,
             WINDOW_VA(WINDOW_DEVICE_PAGE), memory_pte(frame, PAGE_RO),
             UVMF_NONE);
    if (multicall(calls, mapped ? 4 : 3) || calls[0].result ||
        calls[1].result || calls[2].result)
        guest_crash();
    return mapped && !calls[3].result;
}

static void protect_text(void)
{
    char *page;

    for (page = text_start; page < text_end; page += PAGE_SIZE)
        if (page_protect(page, PAGE_RX))
            guest_panic("cannot protect the text");
}

static void run(void)
{
    events_enable();
    guest_exit(guest_main((const char *)guest_start_info->cmd_line));
}

static void *new_stack(unsigned int pages)
{
    char *stack = page_alloc(pages + 1);

    if (!stack || page_protect(stack, PAGE_NONE))
        guest_panic("no memory for a stack");
    return stack + (pages + 1) * PAGE_SIZE;
}

void guest_start(struct start_info *si, uintptr_t stack_top)
{
    guest_start_info = si;
    si->cmd_line[sizeof(si->cmd_line) - 1] = '\0';
    memory_init(stack_top);
    guest_attached(attach());
}

void guest_attached(bool has_device_page)
{
    event_init();
    noxs_init(has_device_page);
    console_init();
    sysctl_init();
    xs_init();
    if (guest_options.protect_text)
        protect_text();
    if (!guest_options.stack_pages)
        run();
    start_on_stack(new_stack(guest_options.stack_pages), run);
}
