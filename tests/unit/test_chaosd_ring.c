/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's output in a file: what is kept, in which order it is written down,
 * and what a daemon that was killed leaves its successor.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../chaosd/ring.h"
#include "unit.h"

#define SIZE 8192u

static const struct guest_facts facts = {
    .uuid = {1, 2, 3}, .domid = 7, .name = "guest"};

struct fixture {
    char dir[32];
    char path[64];
    struct ring ring;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.dir = "/tmp/chaos-ring-XXXXXX"};
    assert_non_null(mkdtemp(f.dir));
    (void)snprintf(f.path, sizeof(f.path), "%s/7", f.dir);
    assert_int_equal(ring_create(f.path, SIZE, &facts, &f.ring), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ring_remove(&f->ring);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    return 0;
}

/* The k-th byte of output. */
static uint8_t byte_of(uint64_t k)
{
    return (uint8_t)(k * 7 + k / 256);
}

static void append(struct ring *ring, size_t count)
{
    uint8_t *bytes = malloc(count + 1);
    size_t i;

    for (i = 0; i < count; i++)
        bytes[i] = byte_of(ring->head->total + i);
    ring_append(ring, bytes, count);
    free(bytes);
}

static void assert_holds(const struct ring *ring, uint64_t first,
                         uint64_t total)
{
    uint64_t at = first, from;
    const uint8_t *bytes;
    size_t i, n;

    assert_int_equal(ring->head->first, first);
    assert_int_equal(ring->head->total, total);
    while ((n = ring_piece(ring, at, &from, &bytes)) > 0) {
        assert_int_equal(from, at);
        for (i = 0; i < n; i++)
            assert_int_equal(bytes[i], byte_of(at + i));
        at += n;
    }
    assert_int_equal(at, total);
}

static void keeps_the_last(void **state)
{
    struct fixture *f = *state;
    uint64_t total = 0, from;
    const uint8_t *bytes;
    unsigned i;

    assert_holds(&f->ring, 0, 0);
    for (i = 0; i < 60; i++) {
        append(&f->ring, i * 31);
        total += i * 31;
        assert_holds(&f->ring, total > SIZE ? total - SIZE : 0, total);
    }
    /* More at once than it has room for. */
    append(&f->ring, SIZE + 1000);
    total += SIZE + 1000;
    assert_holds(&f->ring, total - SIZE, total);
    append(&f->ring, SIZE);
    total += SIZE;
    assert_holds(&f->ring, total - SIZE, total);
    /* Who asks for what is not kept any more is told where it goes on. */
    assert_true(ring_piece(&f->ring, 5, &from, &bytes) > 0);
    assert_int_equal(from, total - SIZE);
    assert_int_equal(ring_piece(&f->ring, total, &from, &bytes), 0);
    assert_int_equal(ring_piece(&f->ring, ~0ull, &from, &bytes), 0);
}

static long file_kb(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (long)st.st_blocks / 2;
}

static void costs_what_is_said(void **state)
{
    struct fixture *f = *state;

    append(&f->ring, 3000);
    assert_true(file_kb(f->path) <= 4);
    append(&f->ring, SIZE);
    assert_true(file_kb(f->path) >= (long)SIZE / 1024);
}

static void taken_up(void **state)
{
    struct fixture *f = *state;
    struct ring again = {0};
    struct stat st;

    append(&f->ring, 3000);
    f->ring.head->base = 0xfffffff0u;
    ring_close(&f->ring);
    ring_close(&f->ring);
    assert_int_equal(ring_open(f->path, &again), 0);
    assert_holds(&again, 0, 3000);
    assert_int_equal(again.head->base, 0xfffffff0u);
    assert_memory_equal(&again.head->facts, &facts, sizeof(facts));
    append(&again, 10000);
    ring_close(&again);
    assert_int_equal(ring_open(f->path, &again), 0);
    assert_holds(&again, 13000 - SIZE, 13000);
    ring_remove(&again);
    assert_int_equal(stat(f->path, &st), -1);
    assert_int_equal(ring_open(f->path, &again), -ENOENT);
}

/* Killed at any moment: what is counted is there, byte by byte. */
static void killed(void **state)
{
    struct fixture *f = *state;
    uint64_t before = 0;
    unsigned i;

    for (i = 0; i < 30; i++) {
        struct ring again;
        int status;
        pid_t pid;

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (;;)
                append(&f->ring, 1 + f->ring.head->total % 700);
        }
        usleep(300 + i * 171);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(ring_open(f->path, &again), 0);
        assert_true(again.head->total >= before);
        before = again.head->total;
        assert_holds(&again, again.head->first, again.head->total);
        ring_close(&again);
    }
    assert_true(before > SIZE);
}

static void not_whole(void **state)
{
    struct fixture *f = *state;
    struct ring_head saved, *head = f->ring.head;
    struct ring again;

    append(&f->ring, 100);
    saved = *head;
#define REFUSED(change)                                                        \
    do {                                                                       \
        change;                                                                \
        assert_int_equal(ring_open(f->path, &again), -EINVAL);                 \
        *head = saved;                                                         \
    } while (0)
    REFUSED(head->magic++);
    REFUSED(head->version++);
    REFUSED(head->size = 0);
    REFUSED(head->size = SIZE - 1);
    REFUSED(head->size = SIZE * 2);
    REFUSED(head->first = 101);
    REFUSED(head->total = SIZE + 1);
    REFUSED(memset(head->facts.name, 'x', NOXS_NAME_SIZE));
#undef REFUSED
    assert_int_equal(ring_open(f->path, &again), 0);
    ring_close(&again);
    assert_int_equal(truncate(f->path, 4096), 0);
    assert_int_equal(ring_open(f->path, &again), -EINVAL);
    assert_int_equal(truncate(f->path, 5), 0);
    assert_int_equal(ring_open(f->path, &again), -EINVAL);
    ring_close(&(struct ring){0});
    /* The mapping of the fixture is cut short: do not look into it. */
    assert_int_equal(truncate(f->path, 3 * 4096), 0);
}

static void cannot_be_made(void **state)
{
    struct fixture *f = *state;
    struct ring other = {0};
    char path[80];

    (void)snprintf(path, sizeof(path), "%s/no/7", f->dir);
    assert_int_equal(ring_create(path, SIZE, &facts, &other), -ENOENT);
    assert_int_equal(ring_create(f->path, 0, &facts, &other), -EINVAL);
    assert_int_equal(ring_create(f->path, 5000, &facts, &other), -EINVAL);
    assert_null(other.head);
    assert_int_equal(ring_anonymous(SIZE, &facts, &other), 0);
    append(&other, SIZE + 5);
    assert_holds(&other, 5, SIZE + 5);
    ring_remove(&other);
    /* An old file of that name makes room; who has it mapped keeps it. */
    append(&f->ring, 50);
    assert_int_equal(ring_create(f->path, SIZE * 2, &facts, &other), 0);
    append(&other, 30);
    assert_holds(&f->ring, 0, 50);
    assert_holds(&other, 0, 30);
    ring_close(&other);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_last), TEST(costs_what_is_said), TEST(taken_up),
        TEST(killed),         TEST(not_whole),          TEST(cannot_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
