/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netclient: fetches from another guest's httpd and proves that what comes is
 * what httpd says it sends. On its command line: server=10.0.0.3 bytes=1048576.
 */
#include <guest/guest.h>
#include <guest/inet.h>
#include <guest/lib.h>
#include <guest/report.h>

#include <lwip/tcp.h>

#define PORT 80
#define BLOCK 8

static struct {
    ip_addr_t server;
    uint64_t bytes;
    uint64_t got;      /* of the body */
    unsigned int ends; /* of "\r\n\r\n" how many were seen */
    char status[16];
    unsigned int status_len;
    bool wrong, done;
} client;

static char expected(uint64_t at)
{
    char text[BLOCK + 1];

    snprintf(text, sizeof(text), "%07u", (unsigned)(at / BLOCK % 10000000));
    text[BLOCK - 1] = '\n';
    return text[at % BLOCK];
}

static void take_head(char c)
{
    static const char end[] = "\r\n\r\n";

    if (client.status_len < sizeof(client.status) - 1)
        client.status[client.status_len++] = c;
    client.ends = c == end[client.ends] ? client.ends + 1 : c == '\r';
}

static void take(char c)
{
    if (client.ends < 4)
        take_head(c);
    else if (c != expected(client.got++))
        client.wrong = true;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p,
                         err_t err)
{
    const struct pbuf *q;
    unsigned int i;

    (void)arg;
    (void)err;
    if (!p) {
        client.done = true;
        return tcp_close(pcb);
    }
    for (q = p; q; q = q->next)
        for (i = 0; i < q->len; i++)
            take(((const char *)q->payload)[i]);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    char request[64];
    int len = snprintf(request, sizeof(request), "GET /%llu HTTP/1.0\r\n\r\n",
                       (unsigned long long)client.bytes);

    (void)arg;
    (void)err;
    tcp_recv(pcb, on_received);
    return tcp_write(pcb, request, (u16_t)len, TCP_WRITE_FLAG_COPY);
}

static void on_error(void *arg, err_t err)
{
    (void)arg;
    report_failure("the connection failed: lwIP says %d", err);
    client.done = true;
}

static void begin(void)
{
    struct tcp_pcb *pcb = tcp_new();

    tcp_err(pcb, on_error);
    if (tcp_connect(pcb, &client.server, PORT, on_connected))
        report_error("cannot connect");
}

int guest_main(const char *cmdline)
{
    const char *text;

    if (!cmdline_has(cmdline, "bytes=", &text) ||
        parse_u64(&text, &client.bytes) ||
        !cmdline_has(cmdline, "server=", &text) ||
        !ipaddr_aton(text, &client.server) || inet_start()) {
        report_error("usage: server=ADDRESS bytes=N");
        report_done();
    }
    inet_on_up(begin);
    guest_up();
    inet_loop(&client.done);
    report_check(!strncmp(client.status, "HTTP/1.1 200", 12), "answered %s",
                 client.status);
    report_check(client.got == client.bytes, "%llu bytes came",
                 (unsigned long long)client.got);
    report_check(!client.wrong, "other bytes than httpd's came");
    report_done();
}
