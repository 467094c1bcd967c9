# SPDX-License-Identifier: BSD-2-Clause
#
# Guests: every directory with a Makefile is an application; see README.md.

GUEST_DIRS := $(patsubst %/Makefile,%, \
	$(wildcard guests/*/Makefile guests/tests/*/Makefile))
GUEST_DIRS := $(filter-out guests/base guests/lwip,$(GUEST_DIRS))
GUEST_ELFS := $(patsubst %,$(B)/guests/%.elf,$(notdir $(GUEST_DIRS)))
# One directory makes two.
GUEST_ELFS := $(filter-out %/pvh.elf,$(GUEST_ELFS)) \
	$(B)/guests/pvh32.elf $(B)/guests/pvh64.elf

.PHONY: guests guests-base guests-lwip $(GUEST_DIRS)
## guests          the unikernels, into build/guests/NAME.elf
guests: $(GUEST_DIRS)
all: guests

guests-base:
	$(Q)+$(MAKE) --no-print-directory -C guests/base V=$(V)

guests-lwip: guests-base
	$(Q)+$(MAKE) --no-print-directory -C guests/lwip V=$(V)

$(GUEST_DIRS): guests-base guests-lwip
	$(Q)+$(MAKE) --no-print-directory -C $@ V=$(V)

$(GUEST_ELFS): guests ;
