/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blkcheck: writes a pattern to its first disk, flushes, reads it back and
 * compares. Exit code 0: all is well. Words of the command line:
 *
 *   mode=write, mode=verify   only the one half
 *   seed=N first=N sectors=N  another pattern (1), a part of the disk (all)
 *
 * Sector i is 32 times the line "%06x %08x\n" of seed and i, and the hash is
 * SHA-256, so that dom0 can tell, too:
 *
 *   awk -v seed=1 -v n=2048 'BEGIN { for (i = 0; i < n; i++) {
 *       s = sprintf("%06x %08x\n", seed, i); s = s s s s; s = s s s s
 *       printf "%s", s s } }' | sha256sum
 *
 * Exit code 2: the disk is read-only, and its back end refuses to write.
 */
#include <guest/block.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/sha256.h>

#define CHUNK 256 /* sectors */

static char data[CHUNK * 512] __attribute__((aligned(PAGE_SIZE)));
static char found[CHUNK * 512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t seed = 1, first, sectors = UINT64_MAX;
static struct sha256 hash;

static void number(const char *cmdline, const char *key, uint64_t *out)
{
    const char *value;

    if (cmdline_has(cmdline, key, &value) && parse_u64(&value, out))
        guest_panic("%s needs a number", key);
}

static void make(char *at, uint64_t sector, size_t n)
{
    char line[17], *end = at + n * 512;

    for (; at < end; at += 16) {
        if ((uintptr_t)at % 512 == 0)
            snprintf(line, sizeof(line), "%06x %08x\n", (unsigned)seed,
                     (unsigned)sector++);
        memcpy(at, line, 16);
    }
}

/* Write, or read and compare, all of it: 0 or -errno. */
static int pass(struct block *disk, bool writes)
{
    uint64_t at = first, left = sectors;
    int rc = 0;
    size_t n;

    sha256_init(&hash);
    for (; left && !rc; at += n, left -= n) {
        n = left < CHUNK ? left : CHUNK;
        make(data, at, n);
        sha256_add(&hash, data, n * 512);
        rc = writes ? block_write(disk, at, data, n)
                    : block_read(disk, at, found, n);
        if (!rc && !writes && memcmp(data, found, n * 512))
            rc = -EBADMSG;
        if (rc)
            printf("blkcheck: %s at sector %lu: error %d\n",
                   writes ? "write" : "read", at, -rc);
    }
    return rc;
}

int guest_main(const char *cmdline)
{
    char text[SHA256_TEXT];
    struct block *disk;
    int rc = block_open(0, &disk);

    if (rc)
        guest_panic("no disk: error %d", -rc);
    guest_up();
    number(cmdline, "seed=", &seed);
    number(cmdline, "first=", &first);
    number(cmdline, "sectors=", &sectors);
    if (sectors > block_info(disk)->sectors - first)
        sectors = block_info(disk)->sectors - first;
    if (!cmdline_has(cmdline, "mode=verify", NULL)) {
        rc = pass(disk, true);
        rc = rc ? rc : block_flush(disk);
    }
    if (!rc && !cmdline_has(cmdline, "mode=write", NULL))
        rc = pass(disk, false);
    if (rc == -EROFS)
        printf("blkcheck: read-only, writes are refused\n");
    block_close(disk);
    sha256_text(&hash, text);
    printf("blkcheck: %s sectors=%lu hash=%s\n", rc ? "FAILED" : "OK", sectors,
           text);
    return rc == -EROFS ? 2 : rc ? 1 : 0;
}
