# SPDX-License-Identifier: BSD-2-Clause
#
# How a guest is built. An application's Makefile sets NAME and SRCS and
# includes this file; build/guests/NAME.elf comes out, and with its symbols
# build/guests/NAME/NAME.dbg. Sources are compiled for a bare 64-bit CPU: no
# C library, no floating point, no red zone (Xen pushes frames on our stack).

GUESTS := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
TOP := $(patsubst %/,%,$(dir $(GUESTS)))
OUT := $(TOP)/build/guests
BASE := $(OUT)/base
XEN_HEADERS ?= /usr/include/xen

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
ifneq ($(V),1)
Q := @
say = @printf '  %-8s %s\n' $(1) $(patsubst $(TOP)/%,%,$@)
else
say = @:
endif

GUEST_CC ?= gcc
GUEST_AR ?= gcc-ar
GUEST_OBJCOPY ?= objcopy
# Small before fast: pages of an image cost time when a guest is created. An
# application that computes may set this before it includes this file.
GUEST_OPT ?= -Oz
GUEST_WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wmissing-prototypes -Wstrict-prototypes -Wundef \
	-Wformat=2 -Wvla $(if $(filter true,$(CI)),-Werror)
GUEST_CPPFLAGS := -nostdinc -isystem $(shell $(GUEST_CC) \
	-print-file-name=include) -isystem $(OUT)/include \
	-I$(GUESTS)/base/include -I$(TOP)/include -MMD -MP
GUEST_CFLAGS := -m64 -std=gnu11 $(GUEST_OPT) -g -ffreestanding -fno-pic \
	-mcmodel=small -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fno-strict-aliasing -fcf-protection=none -fno-unwind-tables \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns \
	-ffunction-sections -fdata-sections -flto -flto-partition=one
GUEST_LDFLAGS := -m64 -nostdlib -static -no-pie -Wl,--gc-sections \
	-Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
	-Wl,--no-warn-rwx-segments -Wl,-T,$(GUESTS)/base/guest.lds

BASE_SRCS := $(notdir $(wildcard $(GUESTS)/base/*.c $(GUESTS)/base/*.S))
BASE_OBJS := $(patsubst %,$(BASE)/%.o,$(BASE_SRCS))
LIB := $(BASE)/libguest.a
OBJS := $(patsubst %,$(OUT)/$(NAME)/%.o,$(SRCS))

# Libraries beside the base that an application asks for with USE.
EXTRA_LIBS :=
ifneq ($(filter lwip,$(USE)),)
EXTRA_LIBS += $(OUT)/lwip/liblwip.a
endif

all: $(if $(NAME),$(OUT)/$(NAME).elf,$(or $(EXTRA_LIBS),$(LIB)))
	@:
.PHONY: all

$(OUT)/%.elf: $(OUT)/$(NAME)/%.dbg
	$(call say,ELF)
	$(Q)$(GUEST_OBJCOPY) --strip-all $< $@

$(OUT)/$(NAME)/$(NAME).dbg: $(OBJS) $(EXTRA_LIBS) $(LIB) \
		$(GUESTS)/base/guest.lds
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LDFLAGS) -o $@ $(OBJS) \
		$(EXTRA_LIBS) -Wl,--whole-archive $(LIB) -Wl,--no-whole-archive

$(LIB): $(BASE_OBJS)
	$(call say,AR)
	$(Q)rm -f $@ && $(GUEST_AR) rcs $@ $^

COMPILE = $(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) $(GUEST_WARN)

$(OUT)/$(NAME)/%.c.o: %.c $(GUESTS)/common.mk | $(OUT)/include/xen
	$(Q)mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -c -o $@ $<

$(BASE)/%.c.o: $(GUESTS)/base/%.c $(GUESTS)/common.mk | $(OUT)/include/xen
	$(Q)mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -c -o $@ $<

$(BASE)/%.S.o: $(GUESTS)/base/%.S $(GUESTS)/common.mk | $(OUT)/include/xen
	$(Q)mkdir -p $(@D)
	$(call say,AS)
	$(Q)$(COMPILE) -D__ASSEMBLY__ -c -o $@ $<

# Xen's public headers alone, not all of /usr/include.
$(OUT)/include/xen:
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(XEN_HEADERS) $@

ifneq ($(filter lwip,$(USE)),)
include $(GUESTS)/lwip/lwip.mk
endif

-include $(OBJS:.o=.d) $(BASE_OBJS:.o=.d)
