/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc.h: compiler and C library as lwIP finds them in a guest. What it wants of
 * <string.h> and the like is in ../libc.
 */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <stdint.h>

#include <guest/guest.h>

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define INT_MAX __INT_MAX__
#define SSIZE_MAX __LONG_MAX__
typedef long ssize_t;

#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "lu"

uint32_t inet_random(void);
#define LWIP_RAND() inet_random()

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(text) guest_panic("lwIP: %s", text)

#endif /* LWIP_ARCH_CC_H */
