/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdlib.h: for lwIP: of it netif_find wants atoi, to read what follows "en".
 */
#ifndef LWIP_LIBC_STDLIB_H
#define LWIP_LIBC_STDLIB_H

#include <guest/lib.h>

static inline int atoi(const char *s)
{
    uint64_t n = 0;

    return parse_u64(&s, &n) || n > __INT_MAX__ ? 0 : (int)n;
}

#endif /* LWIP_LIBC_STDLIB_H */
