/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.c: make text of unknown origin safe to show.
 *
 * Names and messages may hold what others chose. Printable ASCII and valid
 * UTF-8 pass; control characters (also the C1 ones, which some terminals obey)
 * and broken UTF-8 become \xNN, so that the result is always valid UTF-8.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "out.h"

/* Length of the UTF-8 sequence at s; 0 where there is no valid one. */
static size_t utf8_length(const unsigned char *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code;
    size_t len, i;

    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    code = s[0] & (0x7fu >> len);
    for (i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff)
        return 0;
    if (code < 0xa0 || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return len;
}

size_t text_safe(char *to, size_t size, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0, columns = 0;

    while (*s && used + 5 <= size) {
        size_t len = *s >= 0x20 && *s < 0x7f ? 1 : utf8_length(s);

        if (len > 0) {
            memcpy(to + used, s, len);
            used += len;
            columns++;
            s += len;
        } else {
            used += (size_t)snprintf(to + used, 5, "\\x%02x", *s++);
            columns += 4;
        }
    }
    to[used] = '\0';
    return columns;
}
