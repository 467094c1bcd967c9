# SPDX-License-Identifier: GPL-2.0-only
# bench: measurements in the lab. Every figure of the documentation comes from
# one of these targets.

BENCH_ROUNDS ?= 20
LAB_FILES += $(B)/bench/bench-create:/bench/bench-create \
	bench/create.lab:/bench/create.lab \
	$(B)/bench/true:/bench/true

# libxenguest's loaders register themselves by constructors, which a linker
# would leave out of a static program.
XENGUEST_LIBS := -Wl,--whole-archive -lxenguest -Wl,--no-whole-archive \
	-lxenctrl -lxencall -lxenforeignmemory -lxengnttab -lxendevicemodel \
	-lxenevtchn -lxentoollog -lxentoolcore -lz -llzma -lbz2 -llzo2 -lzstd

$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -c -o $@ $<

$(B)/bench/bench-create: $(B)/bench/create.o $(B)/bench/xenguest.o \
		$(LIBCHAOS_A)
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $(filter %.o %.a,$^) \
		$(LIBCHAOS_STATIC_LIBS) $(XENGUEST_LIBS)

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
