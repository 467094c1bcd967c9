/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.h: what an application provides, and what the base is as a whole.
 *
 * An application defines guest_main. When it runs, traps are caught, events
 * are on, and console, sysctl and memory are ready. It calls guest_up when it
 * does what it was made for. To return n is to call guest_exit(n).
 *
 * There is one vCPU. Event handlers run on the application's stack with events
 * off; so what both touch is touched under events_disable.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/hypercall.h>

/* The application. cmdline is start_info's, terminated for sure. */
int guest_main(const char *cmdline);

/*
 * How the base sets itself up. An application that defines guest_options
 * replaces the base's own: 8 pages of stack, protected.
 */
struct guest_options {
    /* Pages of stack with an unmapped page below; 0: the builder's one page. */
    unsigned int stack_pages;
    /* Write-protect the program's text. */
    bool protect_text;
};
extern const struct guest_options guest_options;

/*
 * What the image asks of a noxs builder, once in an application's source,
 * instead of 1 (NOXS_BOOT_MINIMAL_MAP). 3 also asks for no list of frames
 * (NOXS_BOOT_NO_P2M): such a guest is created a little faster and has no memory
 * to allocate beyond what the builder placed.
 */
#define GUEST_BOOT_FLAGS(flags)                                                \
    __asm__(".globl guest_boot_flags\n.set guest_boot_flags, " #flags)

/*
 * Made by the builder. pt_base, mfn_list and cmd_line are of the boot; what
 * concerns the outside (shared_info, console) changes with a suspend.
 */
extern struct start_info *guest_start_info;
/* Shared with the hypervisor, mapped at the same place for ever. */
#define guest_shared_info ((struct shared_info *)0x10000ul)

/*
 * Report that the guest is up: by its sysctl device, or in XenStore, where
 * data/up becomes the system time in ns.
 */
void guest_up(void);
/* What the toolstack calls it; may be empty. -errno: nobody says. */
int guest_name(char *buf, size_t size);
/* Power off; the toolstack finds `code` in the sysctl page. */
void guest_exit(int code) __attribute__((noreturn));
void guest_reboot(void) __attribute__((noreturn));
/* Stop as crashed, without a word. */
void guest_crash(void) __attribute__((noreturn));
/* Print why, then guest_crash. */
__attribute__((format(printf, 1, 2), noreturn)) void
guest_panic(const char *fmt, ...);

/*
 * Suspend, as a toolstack asks for by the sysctl device. Returns when the
 * domain goes on: 0 as a restored copy, 1 as the same domain, or -errno: there
 * was no suspending, and with XenStore there is none (-EOPNOTSUPP, at once).
 * Events that the application bound for itself are gone in a restored copy;
 * `hook` is called at the end of each suspend with what is returned here.
 */
int guest_suspend(void);
void guest_on_resume(void (*hook)(int rc));

#endif /* GUEST_GUEST_H */
