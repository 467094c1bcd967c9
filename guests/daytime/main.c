/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * daytime: tells whoever connects to TCP port 13 the time of day (RFC 867), in
 * UTC, as in "Wed Jan  1 10:57:23 2026".
 */
#include <guest/guest.h>
#include <guest/inet.h>
#include <guest/lib.h>
#include <guest/serve.h>
#include <guest/time.h>

#define PORT 13
#define NS_PER_S 1000000000ul
#define S_PER_DAY 86400u

/* The 1st of January 1970 was a Thursday. */
static const char week[7][4] = {"Thu", "Fri", "Sat", "Sun",
                                "Mon", "Tue", "Wed"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static unsigned int days_in(unsigned int month, unsigned int year)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month == 1)
        return leap ? 29 : 28;
    return 31 - month % 7 % 2;
}

static int answer(const char *request, size_t len, struct serve_answer *a)
{
    uint64_t now = time_wall() / NS_PER_S;
    unsigned int day = (unsigned)(now / S_PER_DAY), year = 1970, month = 0;
    unsigned int second = (unsigned)(now % S_PER_DAY);
    const char *weekday = week[day % 7];

    (void)request;
    (void)len;
    for (; day >= days_in(month, year); year += month / 12, month %= 12)
        day -= days_in(month++, year);
    a->head_len = (size_t)snprintf(a->head, sizeof(a->head),
                                   "%s %s %2u %02u:%02u:%02u %u\r\n", weekday,
                                   months[month], day + 1, second / 3600,
                                   second / 60 % 60, second % 60, year);
    return 0;
}

int guest_main(const char *cmdline)
{
    (void)cmdline;
    if (inet_start() || serve_tcp(PORT, answer, false))
        guest_panic("cannot listen");
    inet_on_up(guest_up);
    inet_loop(NULL);
    return 1;
}
