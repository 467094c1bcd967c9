# SPDX-License-Identifier: GPL-2.0-only
# bench/figures: the figures of the LightVM paper, measured here.

FIGURES_NEED := $(addprefix $(B)/bench/,bench-nth xl-probe.so idle true)

$(B)/bench/bench-nth: $(addprefix $(B)/bench/,nth.o nth_host.o nth_text.o \
		ping.o pool_kit.o sample.o) $(LIBCHAOS_A)
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $(filter %.o %.a,$^) $(LIBCHAOS_STATIC_LIBS)

# Preloaded into xl in dom0.
$(B)/bench/xl-probe.so: bench/xl_probe.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -fPIC -shared -o $@ $<

$(B)/bench/idle: bench/idle.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -static -o $@ $<

## make figures           the paper's figures: FIGURES_N=200 guests, FIGURES_BUDGET=900 s a series
.PHONY: figures figures-report
figures: lab-ready $(FIGURES_NEED)
	$(Q)bench/figures/run $(FIGURES)

## make figures-report    plot and report what has been measured so far
figures-report:
	$(Q)bench/figures/report $(B)/bench/figures
