# SPDX-License-Identifier: GPL-2.0-only
# The noxs hypercall, tested from dom0 and from a PVH guest, in the lab.

NOXS_ABI_B := $(B)/tests/noxs-abi
NOXS_ABI_SRC := $(filter-out %/pvh_guest.c,$(wildcard tests/lab/noxs-abi/*.c))
NOXS_ABI_OBJ := $(NOXS_ABI_SRC:tests/lab/noxs-abi/%.c=$(NOXS_ABI_B)/%.o) \
	$(NOXS_ABI_B)/pvh_embed.o
NOXS_ABI_TEST := $(NOXS_ABI_B)/noxs-abi-test

$(NOXS_ABI_B)/%.o: tests/lab/noxs-abi/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -D__XEN_TOOLS__ -c -o $@ $<

# A freestanding 32-bit program that begins at 1 MB, as PVH wants it.
$(NOXS_ABI_B)/pvh_guest.elf: tests/lab/noxs-abi/pvh_guest.c
	@mkdir -p $(@D)
	$(call say,GUEST,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) -MF $(@:.elf=.d) -m32 -march=i686 -O2 \
		-ffreestanding -fno-pic -no-pie -static -nostdlib \
		-fno-stack-protector -fcf-protection=none \
		-fno-asynchronous-unwind-tables \
		-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
		-Wl,-Ttext-segment=0x100000,--build-id=none,-e,start -o $@ $<

$(NOXS_ABI_B)/pvh_embed.o: tests/lab/noxs-abi/pvh_embed.S \
		$(NOXS_ABI_B)/pvh_guest.elf
	$(Q)$(CC) -DPVH_GUEST='"$(NOXS_ABI_B)/pvh_guest.elf"' -c -o $@ $<

$(NOXS_ABI_TEST): $(NOXS_ABI_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lxencall -lxenevtchn -lxenforeignmemory \
		-lxenguest -lxenctrl

.PHONY: test-noxs-abi
## test-noxs-abi          every operation of the hypercall, in the lab
test-noxs-abi: lab-ready $(NOXS_ABI_TEST)
	$(Q)tests/lab/run --timeout 120 --log noxs-abi \
		--add $(NOXS_ABI_TEST):/usr/bin/noxs-abi-test -c noxs-abi-test

-include $(wildcard $(NOXS_ABI_B)/*.d)
