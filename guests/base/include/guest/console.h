/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.h: the console: the noxs device, or else start_info's.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stddef.h>

/*
 * Write; "\n" goes out as "\r\n". Waits at most a little for room (not at all
 * while nobody is attached to a noxs console), then drops.
 */
void console_write(const char *buf, size_t len);
/* What has come in, at most len bytes; 0 if nothing. */
size_t console_read(char *buf, size_t len);
/* Sleep until a byte comes in. */
char console_getc(void);
/* Give a reader in dom0 a moment to take what is in the ring. */
void console_flush(void);

#endif /* GUEST_CONSOLE_H */
