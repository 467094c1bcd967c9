# SPDX-License-Identifier: GPL-2.0-only
# bench/figures: the figures of the LightVM paper, measured here.

FIGURES_NEED := $(addprefix $(B)/bench/,bench-nth xl-probe.so idle true \
	debian.cpio.gz) $(LINUX_GUEST)

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

# Debian's initramfs has the drivers that its disk needs, in their order.
DEBIAN_MODULES := crypto/crc32c_generic lib/crc16 fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4

$(B)/bench/debian.cpio.gz: bench/figures/debian.init guests/linux/build \
		$(NOXS)/noxs_front.ko $(LAB)/fetched
	$(call say,INITRD,$@)
	$(Q)n=1; for m in $(DEBIAN_MODULES); do \
		set -- "$$@" "$$(echo $(LAB)/root/lib/modules/*/kernel/$$m.ko):/lib/debian/$$n.ko"; \
		n=$$((n + 1)); \
	done; guests/linux/build $(LAB)/root $@ "$$@" \
		bench/figures/debian.init:/init $(NOXS)/noxs_front.ko:/lib/noxs/

# Only root can make Debian's disk; without it, its series are not run.
$(B)/bench/debian.img.gz: bench/figures/debian
	$(call say,DEBIAN,$@)
	$(Q)bench/figures/debian $(@D)

.PHONY: figures-debian
figures-debian: $(B)/bench/debian.img.gz

## make figures           the paper's figures: FIGURES_N=200 guests, FIGURES_BUDGET=600 s a series, FIGURES_JOBS=2 labs, FIGURES='fig9 fig4'
.PHONY: figures figures-report
figures: setup
	$(Q)$(MAKE) --no-print-directory lab-ready $(FIGURES_NEED)
	$(if $(filter 0,$(shell id -u)),-$(Q)$(MAKE) --no-print-directory \
		figures-debian)
	$(Q)bench/figures/run $(FIGURES)

## make figures-report    plot and report what has been measured so far
figures-report:
	$(Q)bench/figures/report $(B)/bench/figures

## make figures-picture   the README's picture, out of the rows of fig9
.PHONY: figures-picture
figures-picture:
	$(Q)awk -F, -f bench/figures/common.awk -f bench/figures/picture.awk \
		$(B)/bench/fig9.csv >$(B)/bench/figures/picture.csv
	$(Q)gnuplot -e "csv='$(B)/bench/figures/picture.csv'; out='docs/figure9.svg'" \
		bench/figures/picture.gp
