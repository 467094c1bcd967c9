/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * number.c: the one parser of numbers on the command line.
 */
#include <errno.h>

#include "cli.h"

int number_parse(const char *text, unsigned min, unsigned max,
                 unsigned *number_out)
{
    uint64_t number = 0;

    if (*text == '\0')
        return -EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        /* Beyond 2^32 it cannot come back into the range. */
        if (number <= UINT32_MAX)
            number = number * 10 + (unsigned)(*text - '0');
    }
    if (number < min || number > max)
        return -ERANGE;
    *number_out = (unsigned)number;
    return 0;
}
