/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings of the guests' network front end, against a back end that keeps the
 * protocol, and against one that writes whatever it likes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()
typedef uint64_t xen_pfn_t;
#include <xen/io/netif.h>

#include "net_ring.h"

#define PAGE 4096
#define RING 256

static struct net_device dev;
static union {
    struct netif_tx_sring ring;
    uint8_t page[PAGE];
} tx;
static union {
    struct netif_rx_sring ring;
    uint8_t page[PAGE];
} rx;
static unsigned int notified;
/* What was received last, and how often. */
static uint8_t received[NET_FRAGS_MAX * PAGE];
static size_t received_len;
static unsigned int received_flags, received_count;

int event_notify(uint32_t port);
int event_notify(uint32_t port)
{
    (void)port;
    notified++;
    return 0;
}

/* That frames lie in the buffers is for AddressSanitizer to see. */
static void receive(struct net_device *d, const struct net_frag *frags,
                    unsigned int n, unsigned int flags)
{
    unsigned int i;

    assert_ptr_equal(d, &dev);
    assert_in_range(n, 1, NET_FRAGS_MAX);
    received_len = 0;
    for (i = 0; i < n; i++) {
        assert_in_range(frags[i].len, 1, PAGE);
        memcpy(received + received_len, frags[i].data, frags[i].len);
        received_len += frags[i].len;
    }
    received_flags = flags;
    received_count++;
}

static int setup(void **state)
{
    unsigned int i;

    (void)state;
    memset(&dev, 0, sizeof(dev));
    memset(&tx, 0, sizeof(tx));
    memset(&rx, 0, sizeof(rx));
    tx.ring.req_event = tx.ring.rsp_event = 1;
    rx.ring.req_event = rx.ring.rsp_event = 1;
    dev.bus.ring[0] = &tx;
    dev.bus.ring[1] = &rx;
    dev.mtu = 9000;
    for (i = 0; i < NET_TX_SLOTS; i++) {
        dev.tx_buf[i] = aligned_alloc(NET_SLOT_SIZE, NET_SLOT_SIZE);
        dev.tx_ref[i] = 1000 + i;
    }
    for (i = 0; i < NET_RX_SLOTS; i++) {
        dev.rx_buf[i] = aligned_alloc(PAGE, PAGE);
        memset(dev.rx_buf[i], (int)i, PAGE);
        dev.rx_ref[i] = 2000 + i;
    }
    net_ring_init(&dev);
    dev.up = true;
    received_count = notified = 0;
    return 0;
}

static int teardown(void **state)
{
    unsigned int i;

    (void)state;
    for (i = 0; i < NET_TX_SLOTS; i++)
        free(dev.tx_buf[i]);
    for (i = 0; i < NET_RX_SLOTS; i++)
        free(dev.rx_buf[i]);
    return 0;
}

/* --- a back end that keeps to the rules ------------------------------------
 */

/* Answer the next request for a buffer; rsp_prod moves with publish_rx. */
static void answer_rx(uint32_t at, int16_t status, uint16_t flags)
{
    netif_rx_response_t *rsp = &rx.ring.ring[at % RING].rsp;
    uint16_t id = rx.ring.ring[at % RING].req.id;

    rsp->id = id;
    rsp->offset = 0;
    rsp->flags = flags;
    rsp->status = status;
}

static void answer_extra(uint32_t at, uint8_t flags)
{
    struct netif_extra_info *extra =
        (struct netif_extra_info *)&rx.ring.ring[at % RING];

    memset(extra, 0xff, sizeof(*extra));
    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->flags = flags;
}

static void offers_all_buffers(void **state)
{
    unsigned int i;

    (void)state;
    assert_int_equal(rx.ring.req_prod, NET_RX_SLOTS);
    for (i = 0; i < NET_RX_SLOTS; i++)
        assert_int_equal(rx.ring.ring[i].req.gref, 2000 + i);
    assert_int_equal(notified, 0);
}

static void receives_for_ever(void **state)
{
    uint32_t at;

    (void)state;
    for (at = 0; at < 3 * RING; at++) {
        assert_int_equal(rx.ring.ring[at % RING].req.gref,
                         2000 + at % NET_RX_SLOTS);
        answer_rx(at, 60, at % 2 ? NETRXF_data_validated : 0);
        rx.ring.rsp_prod = at + 1;
        assert_int_equal(net_ring_poll(&dev, receive), 0);
        assert_int_equal(received_count, at + 1);
        assert_int_equal(received_len, 60);
        assert_int_equal(received[0], at % NET_RX_SLOTS);
        assert_int_equal(received_flags, at % 2 ? NET_F_CHECKED : 0);
        assert_int_equal(rx.ring.req_prod, at + 1 + NET_RX_SLOTS);
        assert_int_equal(rx.ring.rsp_event, at + 2);
    }
}

static void waits_for_the_rest_of_a_frame(void **state)
{
    (void)state;
    answer_rx(0, 4096, NETRXF_more_data | NETRXF_extra_info);
    rx.ring.rsp_prod = 1;
    assert_int_equal(net_ring_poll(&dev, receive), 0);
    answer_extra(1, XEN_NETIF_EXTRA_FLAG_MORE);
    rx.ring.rsp_prod = 2;
    assert_int_equal(net_ring_poll(&dev, receive), 0);
    answer_extra(2, 0);
    answer_rx(3, 904, NETRXF_csum_blank);
    rx.ring.rsp_prod = 3;
    assert_int_equal(net_ring_poll(&dev, receive), 0);
    assert_int_equal(received_count, 0);
    rx.ring.rsp_prod = 4;
    assert_int_equal(net_ring_poll(&dev, receive), 0);
    assert_int_equal(received_count, 1);
    assert_int_equal(received_len, 5000);
    assert_int_equal(received[4999], 3);
    assert_int_equal(rx.ring.req_prod, 4 + NET_RX_SLOTS);
}

static void drops_what_failed_or_is_too_long(void **state)
{
    uint32_t at;

    (void)state;
    answer_rx(0, NETIF_RSP_ERROR, 0);
    for (at = 1; at <= NET_FRAGS_MAX + 1; at++)
        answer_rx(at, 100, at <= NET_FRAGS_MAX ? NETRXF_more_data : 0);
    answer_rx(at, 61, 0);
    rx.ring.rsp_prod = at + 1;
    assert_int_equal(net_ring_poll(&dev, receive), 0);
    assert_int_equal(dev.rx_dropped, 2);
    assert_int_equal(received_count, 1);
    assert_int_equal(received_len, 61);
}

static void sends_in_pieces(void **state)
{
    static char head[14], body[5000];
    struct net_frag frags[2] = {{head, sizeof(head)}, {body, sizeof(body)}};
    netif_tx_request_t *req;

    (void)state;
    memset(head, 'h', sizeof(head));
    memset(body, 'b', sizeof(body));
    assert_int_equal(net_send(&dev, frags, 2), 0);
    assert_int_equal(tx.ring.req_prod, 0);
    net_flush(&dev);
    assert_int_equal(tx.ring.req_prod, 3);
    assert_int_equal(notified, 1);
    req = &tx.ring.ring[0].req;
    assert_int_equal(req->size, 5014);
    assert_int_equal(req->flags, NETTXF_more_data);
    assert_int_equal(tx.ring.ring[1].req.size, NET_SLOT_SIZE);
    assert_int_equal(tx.ring.ring[2].req.size, 5014 - 2 * NET_SLOT_SIZE);
    assert_int_equal(tx.ring.ring[2].req.flags, 0);
    assert_memory_equal(dev.tx_buf[req->id], head, sizeof(head));
    assert_memory_equal(dev.tx_buf[req->id] + 14, body, NET_SLOT_SIZE - 14);
    frags[1].len = 9100;
    assert_true(net_send(&dev, frags, 2) < 0);
    assert_false(dev.tx_full);
}

static void sends_until_full_and_on(void **state)
{
    static char frame[60];
    struct net_frag frag = {frame, sizeof(frame)};
    unsigned int i;
    uint16_t id;

    (void)state;
    for (i = 0; i < NET_TX_SLOTS; i++)
        assert_int_equal(net_send(&dev, &frag, 1), 0);
    assert_true(net_send(&dev, &frag, 1) < 0);
    assert_true(dev.tx_full);
    assert_int_equal(tx.ring.rsp_event, 1);
    for (i = 0; i < 3 * RING; i++) {
        id = tx.ring.ring[i % RING].req.id;
        tx.ring.ring[i % RING].rsp.id = id;
        tx.ring.ring[i % RING].rsp.status = i ? NETIF_RSP_OKAY : -1;
        tx.ring.rsp_prod = i + 1;
        assert_int_equal(net_send(&dev, &frag, 1), 0);
        assert_true(net_send(&dev, &frag, 1) < 0);
    }
    assert_int_equal(dev.tx_dropped, 1);
}

/* --- one that does not -----------------------------------------------------
 */

static void expect_refusal(void)
{
    assert_true(net_ring_poll(&dev, receive) < 0);
    assert_int_equal(received_count, 0);
}

static void refuses_wild_indices(void **state)
{
    (void)state;
    rx.ring.rsp_prod = NET_RX_SLOTS + 1;
    expect_refusal();
    rx.ring.rsp_prod = UINT32_MAX;
    expect_refusal();
    rx.ring.rsp_prod = 0;
    tx.ring.rsp_prod = 1;
    expect_refusal();
}

static void refuses_what_lies_outside(void **state)
{
    (void)state;
    answer_rx(0, 4096, 0);
    rx.ring.ring[0].rsp.offset = 1;
    rx.ring.rsp_prod = 1;
    expect_refusal();
}

static void refuses_other_buffers(void **state)
{
    (void)state;
    answer_rx(0, 60, 0);
    rx.ring.ring[0].rsp.id = 1;
    rx.ring.rsp_prod = 1;
    expect_refusal();
}

static void refuses_a_frame_without_end(void **state)
{
    uint32_t at;

    (void)state;
    for (at = 0; at < NET_RX_SLOTS; at++)
        answer_rx(at, 60, NETRXF_more_data);
    rx.ring.rsp_prod = at;
    expect_refusal();
}

static void refuses_extras_without_end(void **state)
{
    uint32_t at;

    (void)state;
    answer_rx(0, 60, NETRXF_extra_info);
    for (at = 1; at < NET_RX_SLOTS; at++)
        answer_extra(at, XEN_NETIF_EXTRA_FLAG_MORE);
    rx.ring.rsp_prod = at;
    expect_refusal();
}

static void refuses_answers_to_nothing(void **state)
{
    static char frame[60];
    struct net_frag frag = {frame, sizeof(frame)};

    (void)state;
    assert_int_equal(net_send(&dev, &frag, 1), 0);
    net_flush(&dev);
    tx.ring.ring[0].rsp.id++;
    tx.ring.rsp_prod = 1;
    expect_refusal();
    tx.ring.ring[0].rsp.id = NET_TX_SLOTS;
    expect_refusal();
}

/* Anything may be on the rings: nothing but the buffers may be looked at. */
static void survives_noise(void **state)
{
    static char frame[3000];
    struct net_frag frag = {frame, sizeof(frame)};
    unsigned int round, i, refused = 0;

    srandom(1);
    for (round = 0; round < 20000; round++) {
        for (i = 0; i < 64; i++)
            rx.page[(size_t)random() % PAGE] = (uint8_t)random();
        /* Lead some deeper in than the first response. */
        for (i = 0; i < 4; i++)
            answer_rx(dev.rx_cons + i, (int16_t)(random() % 5000),
                      (uint16_t)(random() % 16));
        rx.ring.rsp_prod = dev.rx_cons + (uint32_t)random() % NET_RX_SLOTS;
        for (i = 0; i < 16; i++)
            tx.page[(size_t)random() % PAGE] = (uint8_t)random();
        tx.ring.rsp_prod = dev.tx_cons + (uint32_t)random() % 3;
        if (net_ring_poll(&dev, receive) < 0) {
            refused++;
            teardown(state);
            setup(state);
        }
        net_send(&dev, &frag, 1);
        net_flush(&dev);
    }
    assert_true(refused > 0);
}

#define test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(offers_all_buffers),
        test(receives_for_ever),
        test(waits_for_the_rest_of_a_frame),
        test(drops_what_failed_or_is_too_long),
        test(sends_in_pieces),
        test(sends_until_full_and_on),
        test(refuses_wild_indices),
        test(refuses_what_lies_outside),
        test(refuses_other_buffers),
        test(refuses_a_frame_without_end),
        test(refuses_extras_without_end),
        test(refuses_answers_to_nothing),
        test(survives_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
