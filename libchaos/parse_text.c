/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * parse_text.c: UTF-8, names of domains, and texts made fit for messages.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "parse.h"

size_t chaos__utf8_char(const char *text, size_t len, uint32_t *code_out)
{
    /* The smallest code that needs so many bytes. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t need, i;
    uint32_t code;

    if (first < 0x80) {
        *code_out = first;
        return 1;
    }
    need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc0 || first > 0xf7 || need > len)
        return 0;
    code = first & (0x7fu >> need);
    for (i = 1; i < need; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    if (code < least[need] || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_out = code;
    return need;
}

bool chaos__is_text(const char *text, size_t len)
{
    size_t i, used;

    for (i = 0; i < len; i += used) {
        uint32_t code = (unsigned char)text[i];

        used = code < 0x80 ? 1 : chaos__utf8_char(text + i, len - i, &code);
        if (used == 0 || code == 0)
            return false;
    }
    return true;
}

/* The code of a \uXXXX escape; negative where it is none. */
static int32_t escape_code(const char *text, size_t len)
{
    int32_t code = 0;
    size_t i;

    if (len < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (i = 2; i < 6; i++) {
        int digit = chaos__hex_digit(text[i]);

        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

const char *chaos__json_half_escape(const char *text, size_t len)
{
    const char *end = text + len;
    size_t used;

    /* A backslash outside of a string is none of our concern: it is no JSON. */
    while ((text = memchr(text, '\\', (size_t)(end - text))) != NULL) {
        int32_t code = escape_code(text, (size_t)(end - text));

        used = code >= 0 ? 6 : end - text > 1 ? 2 : 1;
        if (code >= 0xd800 && code <= 0xdfff) {
            int32_t low = escape_code(text + 6, (size_t)(end - text) - 6);

            if (code > 0xdbff || low < 0xdc00 || low > 0xdfff)
                return text;
            used = 12;
        }
        text += used;
    }
    return NULL;
}

/*
 * Controls, blanks, and what a terminal does not show or shows in another
 * order, so that two names that look the same could differ.
 */
static bool is_visible(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x20},     {0x7f, 0xa0},     {0xad, 0xad},
        {0x1680, 0x1680}, {0x2000, 0x200f}, {0x2028, 0x202f},
        {0x205f, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
    };
    size_t i;

    if (code > 0x20 && code < 0x7f)
        return true;
    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (code >= hidden[i].first && code <= hidden[i].last)
            return false;
    return true;
}

int chaos__parse_name(const char *text, size_t len)
{
    bool number = true;
    size_t i, used;

    if (len == 0 || len >= NOXS_NAME_SIZE || text[0] == '-')
        return -EINVAL;
    for (i = 0; i < len; i += used) {
        uint32_t code;

        used = chaos__utf8_char(text + i, len - i, &code);
        if (used == 0 || code == '/' || !is_visible(code))
            return -EINVAL;
        number &= code >= '0' && code <= '9';
    }
    if (text[0] == '.' && (len == 1 || (len == 2 && text[1] == '.')))
        return -EINVAL;
    return number ? -EINVAL : 0;
}

int chaos__name_check(struct chaos_ctx *ctx, const char *name)
{
    size_t len = strlen(name);
    char shown[SHOW_SIZE(SHOW_CHARS)];

    if (chaos__parse_name(name, len) == 0)
        return 0;
    return chaos__fail(ctx, -EINVAL, "name: \"%s\": expected " NAME_EXPECTED,
                       chaos__show(shown, SHOW_CHARS, name, len));
}

const char *chaos__show(char *buf, unsigned chars, const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t i, used;
    char *p = buf;

    for (i = 0; i < len && chars; i += used, chars--) {
        uint32_t code = 0;

        used = chaos__utf8_char(text + i, len - i, &code);
        if (used && (code == ' ' || is_visible(code))) {
            memcpy(p, text + i, used);
            p += used;
        } else {
            used = 1;
            *p++ = '\\';
            *p++ = 'x';
            *p++ = digits[(unsigned char)text[i] >> 4];
            *p++ = digits[(unsigned char)text[i] & 15];
        }
    }
    memcpy(p, i < len ? "..." : "", i < len ? 4 : 1);
    return buf;
}

const char *chaos__show_key(char *buf, const char *text, size_t len)
{
    static const char empty[] = "\"\"";

    if (len == 0)
        return memcpy(buf, empty, sizeof(empty));
    return chaos__show(buf, SHOW_CHARS, text, len);
}
