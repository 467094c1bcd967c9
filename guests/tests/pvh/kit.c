/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kit.c: hypercalls, verdicts, and the C library's share.
 */
#include "pvh.h"

extern uint8_t hypercalls[];

static unsigned int checks, failed;

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    while (n--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int c, size_t n)
{
    uint8_t *t = to;

    while (n--)
        *t++ = (uint8_t)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p < *q ? -1 : 1;
    return 0;
}

struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r = {.a = leaf};

    asm volatile("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
    return r;
}

bool hypercalls_open(void)
{
    for (uint32_t leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
        struct cpuid id = cpuid(leaf);

        if (memcmp(&id.b, "XenVMMXenVMM", 12) == 0) {
            id = cpuid(leaf + 2);
            asm volatile("wrmsr" ::"c"(id.b), "a"(hypercalls), "d"(0)
                         : "memory");
            return true;
        }
    }
    return false;
}

long hypercall(unsigned int nr, unsigned long a, unsigned long b,
               unsigned long c)
{
    long r;

#ifdef __x86_64__
    asm volatile("call *%[entry]"
                 : "=a"(r), "+D"(a), "+S"(b), "+d"(c)
                 : [entry] "r"(hypercalls + nr * 32)
                 : "memory", "cc");
#else
    asm volatile("call *%%eax"
                 : "=a"(r), "+b"(a), "+c"(b), "+d"(c)
                 : "a"(hypercalls + nr * 32)
                 : "memory", "cc");
#endif
    return r;
}

long noxs_raw(unsigned int op, unsigned long arg, unsigned long buf)
{
    return hypercall(__HYPERVISOR_noxs_op, op, arg, buf);
}

long noxs(unsigned int op, const volatile void *arg, const volatile void *buf)
{
    return noxs_raw(op, (uintptr_t)arg, (uintptr_t)buf);
}

static void put(char c)
{
    asm volatile("outb %0, $0xe9" ::"a"(c));
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_count(unsigned int n)
{
    if (n >= 10)
        put_count(n / 10);
    put((char)('0' + n % 10));
}

static void put_value(int64_t value)
{
    uint64_t v = (uint64_t)value;

    if (value < 0) {
        put('-');
        v = 0 - v;
    }
    put_text("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift || !shift)
            put("0123456789abcdef"[(v >> shift) & 15]);
}

void say(const char *text)
{
    put_text(text);
    put('\n');
}

void expect_(int64_t got, int64_t want, const char *file, int line,
             const char *what)
{
    checks++;
    if (got == want)
        return;
    failed++;
    put_text("FAILURE: ");
    put_text(file);
    put(':');
    put_count((unsigned int)line);
    put(' ');
    put_text(what);
    put_text(" is ");
    put_value(got);
    put_text(" instead of ");
    put_value(want);
    put('\n');
}

unsigned int failures(void)
{
    put_count(checks);
    put_text(" checks, failed: ");
    put_count(failed);
    put('\n');
    return failed;
}
