# SPDX-License-Identifier: GPL-2.0-only
# The back ends' control device, tested in dom0 (tests/e2e/backends).

NOXS_BACK_B := $(B)/tests/noxs
NOXS_BACK_OBJ := $(patsubst tests/noxs/%.c,$(NOXS_BACK_B)/%.o, \
	$(wildcard tests/noxs/*.c))
NOXS_BACK_TEST := $(E2E_B)/noxs-back-test

$(NOXS_BACK_B)/%.o: tests/noxs/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -D__XEN_TOOLS__ -c -o $@ $<

$(NOXS_BACK_TEST): $(NOXS_BACK_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lxencall -lxenforeignmemory -lxenctrl \
		-lxengnttab -lxenevtchn

test-e2e: $(NOXS_BACK_TEST)

-include $(wildcard $(NOXS_BACK_B)/*.d)
