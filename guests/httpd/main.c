/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * httpd: a page at /, and N bytes at /N: in each 8 of them the number of the
 * eight in 7 decimal digits and a newline, so that
 *     seq -w 0 9999999 | head -c N
 * makes the same of up to 80 million.
 */
#include <guest/guest.h>
#include <guest/inet.h>
#include <guest/lib.h>
#include <guest/serve.h>

#define BLOCK 8
#define BLOCKS 10000000u

static const char page[] = "<!DOCTYPE html>\n<title>httpd</title>\n"
                           "<p>This page is served by a unikernel.\n";
static const char sorry[] = "There is no such page.\n";

static void fill_bytes(char *to, size_t len, uint64_t offset)
{
    static const unsigned int place[] = {1000000, 100000, 10000, 1000,
                                         100,     10,     1};
    unsigned int block = (unsigned)(offset / BLOCK % BLOCKS);
    unsigned int at = offset % BLOCK;

    for (; len; len--, to++) {
        *to = at < 7 ? (char)('0' + block / place[at] % 10) : '\n';
        if (++at == BLOCK) {
            at = 0;
            block = (block + 1) % BLOCKS;
        }
    }
}

static void choose(const char *path, struct serve_answer *a)
{
    bool is_page = path[0] == ' ';
    uint64_t bytes;

    a->text = is_page ? page : sorry;
    a->length = strlen(a->text);
    if (!is_page && !parse_u64(&path, &bytes) && *path == ' ') {
        a->length = bytes;
        a->fill = fill_bytes;
    }
}

static int answer(const char *request, size_t len, struct serve_answer *a)
{
    bool head = !strncmp(request, "HEAD /", 6);

    (void)len;
    if (!serve_has_blank_line(request))
        return -EAGAIN;
    if (!head && strncmp(request, "GET /", 5))
        return -EINVAL;
    choose(request + 5 + head, a);
    a->head_len = (size_t)snprintf(
        a->head, sizeof(a->head),
        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\n"
        "Connection: close\r\n\r\n",
        !a->fill && a->text == sorry ? "404 Not Found" : "200 OK",
        !a->fill && a->text == page ? "text/html" : "text/plain",
        (unsigned long long)a->length);
    if (head)
        a->length = 0;
    return 0;
}

int guest_main(const char *cmdline)
{
    (void)cmdline;
    if (inet_start() || serve_tcp(80, answer, true))
        guest_panic("cannot listen");
    inet_on_up(guest_up);
    inet_loop(NULL);
    return 1;
}
