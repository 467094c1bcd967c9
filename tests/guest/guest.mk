# SPDX-License-Identifier: GPL-2.0-only
# Tests of parts of the guests that need no Xen, as programs of this machine
# under AddressSanitizer and UndefinedBehaviorSanitizer.
## test-guest    run the tests of guests' parts (no root, no Xen)

GUEST_B := $(B)/tests/guest
# Xen declares rings as arrays of one entry, which is not what they are.
# Xen's ring.h declares a ring as an array of one entry.
GUEST_TEST_CFLAGS := -std=gnu11 $(WARN) -D_GNU_SOURCE -O1 -g $(UNIT_SANITIZE) \
	-fno-sanitize=bounds -Iinclude -Iguests/base/include \
	-iquote guests/base -MMD -MP $(CFLAGS)

$(GUEST_B)/test_net_ring: tests/guest/test_net_ring.c guests/base/net_ring.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_TEST_CFLAGS) -MF $@.d -o $@ $^ -lcmocka

$(GUEST_B)/test_xs: tests/guest/test_xs.c tests/guest/xs_daemon.c \
		guests/base/xs_control.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_TEST_CFLAGS) -MF $@.d -o $@ $^ -lcmocka

$(GUEST_B)/test_bus_xs: tests/guest/test_bus_xs.c \
		tests/guest/bus_xs_world.c guests/base/bus_xs.c \
		guests/base/bus_xs_keys.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_TEST_CFLAGS) -MF $@.d -o $@ $^ -lcmocka

# The paper's own bound for daytime; ours is a fraction of it.
DAYTIME_MAX_KB := 480

.PHONY: test-guest
test-guest: $(GUEST_B)/test_net_ring $(GUEST_B)/test_xs \
		$(GUEST_B)/test_bus_xs $(B)/guests/daytime.elf
	$(Q)$(GUEST_B)/test_net_ring
	$(Q)$(GUEST_B)/test_xs
	$(Q)$(GUEST_B)/test_bus_xs
	@size=$$(($$(wc -c <$(B)/guests/daytime.elf) / 1024)); \
		echo "daytime.elf: $$size KB of at most $(DAYTIME_MAX_KB)"; \
		test "$$size" -le $(DAYTIME_MAX_KB)

-include $(GUEST_B)/test_net_ring.d $(GUEST_B)/test_xs.d \
	$(GUEST_B)/test_bus_xs.d
