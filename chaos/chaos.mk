# SPDX-License-Identifier: GPL-2.0-only
# chaos: the command, linked statically so that it starts fast.

CHAOS_SRC := $(wildcard chaos/*.c)
CHAOS_OBJ := $(CHAOS_SRC:chaos/%.c=$(B)/chaos/%.o)
CHAOS_BIN := $(B)/bin/chaos

.PHONY: chaos
all: chaos
chaos: $(CHAOS_BIN)

$(B)/chaos/%.o: chaos/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) -fno-pie -ffunction-sections \
		-fdata-sections $(CFLAGS) -c -o $@ $<

# Fewer segments are fewer mappings and page faults at each start.
CHAOS_LDFLAGS := -static -no-pie -Wl,--gc-sections -Wl,-z,noseparate-code

$(CHAOS_BIN): $(CHAOS_OBJ) $(B)/lib/libchaos.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CHAOS_LDFLAGS) $(LDFLAGS) -o $@ \
		$(CHAOS_OBJ) $(B)/lib/libchaos.a $(LIBCHAOS_STATIC_LIBS)

LAB_FILES += $(CHAOS_BIN):/usr/bin/

-include $(CHAOS_OBJ:.o=.d)
