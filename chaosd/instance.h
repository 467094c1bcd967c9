/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * instance.h: the one daemon of a host, and the directory where it works.
 */
#ifndef CHAOSD_INSTANCE_H
#define CHAOSD_INSTANCE_H

/*
 * Make the directory (mode 0755) where it is not there, and take the lock of
 * its file chaosd.pid, which the kernel lets go when the process ends.
 * -EADDRINUSE: another daemon has it, or works in another directory of this
 * host. Says itself what is wrong. *fd_out stays open as long as the daemon
 * lives.
 */
int instance_take(const char *run_dir, int *fd_out);

#endif /* CHAOSD_INSTANCE_H */
