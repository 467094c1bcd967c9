# SPDX-License-Identifier: GPL-2.0-only
# The noxs hypercall, tested from dom0 in the lab.

NOXS_ABI_SRC := $(wildcard tests/lab/noxs-abi/*.c)
NOXS_ABI_OBJ := $(NOXS_ABI_SRC:tests/lab/noxs-abi/%.c=$(B)/tests/noxs-abi/%.o)
NOXS_ABI_TEST := $(B)/tests/noxs-abi/noxs-abi-test

$(B)/tests/noxs-abi/%.o: tests/lab/noxs-abi/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -D__XEN_TOOLS__ -c -o $@ $<

$(NOXS_ABI_TEST): $(NOXS_ABI_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lxencall -lxenevtchn -lxenforeignmemory \
		-lxenctrl

.PHONY: test-noxs-abi
## test-noxs-abi          every operation of the hypercall, in the lab
test-noxs-abi: lab-ready $(NOXS_ABI_TEST)
	$(Q)tests/lab/run --timeout 120 --log noxs-abi \
		--add $(NOXS_ABI_TEST):/usr/bin/noxs-abi-test -c noxs-abi-test

-include $(wildcard $(B)/tests/noxs-abi/*.d)
