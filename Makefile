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
include $(wildcard xen-patches/*.mk libchaos/*.mk chaos/*.mk guests/*.mk \
	tests/tests.mk bench/*.mk docs/*.mk)

.PHONY: clean help
clean:
	$(Q)rm -rf $(B)

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
