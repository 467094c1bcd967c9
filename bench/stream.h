/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h: whole buffers through a TCP connection; what fails ends the
 * program.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdint.h>
#include <stddef.h>

void send_all(int fd, const void *data, size_t size);
void receive_all(int fd, void *data, size_t size);
/* Bytes of no meaning. */
void send_bytes(int fd, uint64_t bytes);
void receive_bytes(int fd, uint64_t bytes);
void no_delay(int fd);

#endif /* BENCH_STREAM_H */
