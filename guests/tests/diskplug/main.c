/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diskplug: takes the first disk there is, reads and writes it without a pause
 * until the toolstack wants it back or it is gone, closes it, and waits for the
 * next. With the word "keep" on the command line it does not give it back.
 */
#include <guest/barrier.h>
#include <guest/block.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>

#define SECTORS 64

static char data[SECTORS * 512] __attribute__((aligned(PAGE_SIZE)));
static bool changed = true;

static void note_change(void)
{
    changed = true;
}

/* What was there stays there, so that a disk can be checked for its content. */
static void use(struct block *disk, bool keep)
{
    uint64_t last = block_info(disk)->sectors - SECTORS, at = 0;
    unsigned long ops = 0;
    int rc = 0;

    while (!rc && (keep || !block_wanted_back(disk))) {
        rc = block_read(disk, at, data, SECTORS);
        if (!rc && !block_info(disk)->readonly)
            rc = block_write(disk, at, data, SECTORS);
        at = at + SECTORS > last ? 0 : at + SECTORS;
        ops++;
    }
    printf("disk %u: %s after %lu operations\n", block_info(disk)->id,
           rc ? "lost" : "given back", ops);
}

int guest_main(const char *cmdline)
{
    bool keep = cmdline_has(cmdline, "keep", NULL);
    struct block *disk;

    block_on_change(note_change);
    guest_up();
    for (;;) {
        event_wait(READ_ONCE(changed));
        changed = false;
        if (block_open(0, &disk))
            continue;
        printf("disk %u: %lu sectors%s\n", block_info(disk)->id,
               block_info(disk)->sectors,
               block_info(disk)->readonly ? ", read-only" : "");
        use(disk, keep);
        block_close(disk);
    }
}
