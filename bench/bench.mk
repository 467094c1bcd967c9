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

$(B)/bench/bench-create: $(B)/bench/create.o $(B)/bench/sample.o \
		$(B)/bench/xenguest.o $(LIBCHAOS_A)
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $(filter %.o %.a,$^) \
		$(LIBCHAOS_STATIC_LIBS) $(XENGUEST_LIBS)

$(B)/bench/bench-net: $(addprefix $(B)/bench/,net.o net_first.o ping.o \
		sample.o) $(LIBCHAOS_A)
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $(filter %.o %.a,$^) $(LIBCHAOS_STATIC_LIBS)

# The two ends of bench-net and bench-block: dom0, and a Linux guest.
$(B)/bench/bench-drive: $(addprefix $(B)/bench/,drive.o ping.o sample.o \
		stream.o)
$(B)/bench/bench-peer: $(addprefix $(B)/bench/,peer.o peer_disk.o ping.o \
		sample.o stream.o)
$(B)/bench/bench-drive $(B)/bench/bench-peer:
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $^

$(B)/bench/peer.cpio: $(B)/bench/bench-peer bench/peer.init \
		guests/linux/build $(NOXS)/noxs_front.ko $(LAB)/fetched
	$(call say,INITRD,$@)
	$(Q)guests/linux/build $(LAB)/root $@ $<:/bin/ \
		bench/peer.init:/bench/init $(NOXS)/noxs_front.ko:/lib/noxs/

$(B)/bench/brd.ko: $(LAB)/fetched
	@mkdir -p $(@D)
	$(Q)cp $(LAB)/root/lib/modules/*/kernel/drivers/block/brd.ko $@

$(B)/bench/true $(B)/bench/daytime: $(B)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -static -o $@ $<

## make bench-create      create: chaos, libchaos, xl and fork+exec side by side
.PHONY: bench-create bench-create-icount bench-create-wall
bench-create: bench-create-icount bench-create-wall
bench-create-icount bench-create-wall: bench-create-%: lab-ready
	$(Q)bench/run create $* $(BENCH_ROUNDS)

## make bench-net         network: chaos and xl create with vifs, the noxs and the stock driver
## make bench-block       disks: the noxs and the stock driver
.PHONY: $(foreach n,net block,bench-$n bench-$n-icount bench-$n-wall)
bench-net: bench-net-icount bench-net-wall
bench-net-icount bench-net-wall: bench-net-%: lab-ready $(B)/bench/bench-net \
		$(B)/bench/daytime $(B)/bench/bench-drive $(B)/bench/peer.cpio
	$(Q)bench/run net $* $(BENCH_ROUNDS)
bench-block: bench-block-icount bench-block-wall
bench-block-icount bench-block-wall: bench-block-%: lab-ready \
		$(B)/bench/bench-drive $(B)/bench/peer.cpio $(B)/bench/brd.ko
	$(Q)bench/run block $* $(BENCH_ROUNDS)

# The static one creates; the other is what starting a dynamic one costs.
$(B)/bench/bench-pool: $(addprefix $(B)/bench/,pool.o pool_kit.o pool_load.o \
		pool_many.o sample.o) $(LIBCHAOS_A)
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $(filter %.o %.a,$^) $(LIBCHAOS_STATIC_LIBS)

$(B)/bench/version-dyn: $(B)/bench/version_dyn.o $(B)/lib/libchaos.so
	$(call say,LD,$@)
	$(Q)$(CC) -Wl,--no-as-needed -o $@ $< -L$(B)/lib -lchaos \
		$(LIBCHAOS_LIBS)

## make bench-pool        the daemon's pool: chaos and libchaos with and without it
.PHONY: bench-pool bench-pool-icount bench-pool-wall
bench-pool: bench-pool-icount bench-pool-wall
bench-pool-icount bench-pool-wall: bench-pool-%: lab-ready \
		$(B)/bench/bench-pool $(B)/bench/version-dyn
	$(Q)bench/run pool $* $(BENCH_ROUNDS)

## make bench-memory      what a guest with a vif costs Xen and dom0, by chaos and by xl
MEMORY_GUESTS ?= 16
.PHONY: bench-memory
bench-memory: lab-ready $(B)/bench/bench-nth
	$(Q)bench/run memory icount $(MEMORY_GUESTS)

-include $(wildcard $(B)/bench/*.d)
