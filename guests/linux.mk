# SPDX-License-Identifier: BSD-2-Clause
# The Linux test guest: the lab's kernel and an initramfs (guests/linux). Not in
# every lab: a test that wants them says --add (docs/testing.md).

LINUX_GUEST := $(B)/guests/linux.cpio.gz
LINUX_GUEST_SRCS := $(wildcard guests/linux/*)
# noxs.mk may come after this file.
NOXS_FRONT = $(filter %/noxs_front.ko,$(NOXS_MODULES))

.PHONY: linux-guest
## linux-guest     the Linux test guest's initramfs, build/guests/linux.cpio.gz
linux-guest: $(LINUX_GUEST)

$(LINUX_GUEST): $(LINUX_GUEST_SRCS) $(LAB)/fetched $$(NOXS_FRONT)
	@mkdir -p $(@D)
	$(call say,INITRD,$@)
	$(Q)guests/linux/build $(LAB)/root $@ \
		$(foreach m,$(NOXS_FRONT),$m:/lib/noxs/)

test-e2e: $(LINUX_GUEST)
