# SPDX-License-Identifier: BSD-2-Clause
# GRUB as a guest, and the disk it boots Debian's kernel from (guests/grub). Not
# in every lab: a test that wants them says --add (docs/testing.md).

GRUB := $(B)/guests/grub.bin
GRUB_DISK := $(B)/guests/grub.img

.PHONY: grub-guest
## grub-guest      GRUB for PV guests, as Debian has it, and a disk for it
grub-guest: $(GRUB) $(GRUB_DISK)

$(GRUB): guests/grub/fetch | $(LAB)/fetched
	@mkdir -p $(@D)
	$(call say,FETCH,$@)
	$(Q)guests/grub/fetch $(LAB) $@

$(GRUB_DISK): guests/grub/mkdisk guests/grub/grub.cfg $(B)/guests/linux.cpio.gz
	$(call say,DISK,$@)
	$(Q)guests/grub/mkdisk $(LAB)/root/boot/vmlinuz-* \
		$(B)/guests/linux.cpio.gz $@

test-e2e: $(GRUB) $(GRUB_DISK)
