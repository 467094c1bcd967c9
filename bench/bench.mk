# SPDX-License-Identifier: GPL-2.0-only
# bench: measurements in the lab. Every figure of the documentation comes from
# one of these targets.

BENCH_ROUNDS ?= 20
BENCH_PROGS := $(B)/bench/bench-create $(B)/bench/true
LAB_FILES += $(B)/bench/bench-create:/bench/bench-create \
	bench/create.lab:/bench/create.lab \
	$(B)/bench/true:/bench/true

$(B)/bench/bench-create: bench/create.c $(LIBCHAOS_A)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -static -o $@ $< \
		$(LIBCHAOS_A) $(LIBCHAOS_STATIC_LIBS)

$(B)/bench/true: bench/true.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -static -o $@ $<

## make bench-create      create: chaos, libchaos, xl and fork+exec side by side
.PHONY: bench-create bench-create-icount bench-create-wall
bench-create: bench-create-icount bench-create-wall
bench-create-icount bench-create-wall: bench-create-%: lab-ready
	$(Q)bench/run create $* $(BENCH_ROUNDS)

-include $(wildcard $(B)/bench/*.d)
