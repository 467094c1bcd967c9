# SPDX-License-Identifier: GPL-2.0-only
# chaos: one Makefile; every room brings its own fragment.
#
# The rules here install what is missing (as root), build every room and run
# the two commands of the README. `make help` lists the targets.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all:

B := build
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
else
Q :=
say = @:
endif

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)
SONAME := 0

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wmissing-prototypes -Wstrict-prototypes -Wundef -Wformat=2 -Wvla
ifeq ($(CI),true)
WARN += -Werror
endif
CFLAGS_COMMON := -std=gnu11 $(WARN) -Iinclude -D_GNU_SOURCE -MMD -MP

include tests/lab/lab.mk
include $(wildcard noxs/*.mk xen-patches/*.mk libchaos/*.mk chaos/*.mk \
	chaosd/*.mk guests/*.mk tests/tests.mk bench/*.mk docs/*.mk)

# --- the two commands of the README ------------------------------------------
# Both start from a bare clone, so what the machine lacks comes first and the
# rest is a make of its own.

## demo                   set everything up and show it, from one VM to a hundred
.PHONY: demo test check
demo: setup
	$(Q)$(MAKE) --no-print-directory lab-ready
	$(Q)bench/demo

## test                   set everything up and run every test
test: setup
	$(Q)$(MAKE) --no-print-directory lab-ready
	$(Q)$(MAKE) --no-print-directory -j1 check

# Whatever runs in the lab needs the hypervisor, the initramfs and our files.
.PHONY: lab-ready
lab-ready: all xen lab-files

## install                install to DESTDIR/PREFIX (/usr/local); see docs/install.md
.PHONY: install
install: all
	$(Q)docs/install.sh "$(DESTDIR)$(PREFIX)"

.PHONY: clean help
clean:
	$(Q)rm -rf $(B)

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
