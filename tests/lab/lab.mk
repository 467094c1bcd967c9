# SPDX-License-Identifier: GPL-2.0-only
# The lab: Xen and a dom0 in QEMU; docs/lab.md explains it.
#
# To have a file in dom0, any fragment appends SOURCE:DEST to LAB_FILES, e.g.
#     LAB_FILES += $(B)/bin/chaos:/usr/bin/chaos
# DEST is absolute; one that ends in / is a directory to put SOURCE into.
# SOURCE is a file or a directory without colons or blanks, it is made when it
# is out of date, and the shared libraries it needs come along.
#
# Targets for others: `lab-files` makes all that tests/lab/run needs but the
# patched hypervisor; `lab-ready` (top Makefile) makes that as well.

LAB := $(B)/lab
# Deferred, because most fragments are read after this one.
LAB_FILES += $(foreach f,$(GUEST_ELFS),$f:/guests/) \
	$(foreach f,$(wildcard configs/*),$f:/configs/) \
	$(foreach f,$(wildcard tests/lab/scripts/*),$f:/lab-scripts/) \
	$(if $(LIBCHAOS_SO),$(LIBCHAOS_SO):/usr/lib/)
LAB_SOURCES = $(foreach f,$(LAB_FILES),$(firstword $(subst :, ,$f)))

.PHONY: setup lab lab-files test-lab-self
## setup                  install the packages that are missing (as root)
setup:
	$(Q)tests/lab/setup

## lab                    a shell in dom0 (STOCK=1: on an unpatched Xen)
lab: setup
	$(Q)$(MAKE) --no-print-directory $(if $(STOCK),lab-files,lab-ready)
	@tests/lab/shell $(if $(STOCK),--stock) $(LAB_OPTIONS)

lab-files: $(LAB)/fetched $(LAB)/base.cpio $(LAB)/overlay.cpio

## test-lab-self          the lab tests itself
test-lab-self: lab-files
	$(Q)tests/lab/selftest

$(LAB)/fetched: tests/lab/fetch tests/lab/dom0.debs
	@mkdir -p $(@D)
	$(call say,FETCH,$(LAB)/debs)
	$(Q)tests/lab/fetch $(LAB)
	@touch $@

$(LAB)/base.cpio: $(LAB)/fetched tests/lab/mkbase tests/lab/lib.sh \
		tests/lab/dom0.files tests/lab/dom0.modules \
		$(wildcard tests/lab/dom0/*)
	$(call say,INITRD,$@)
	$(Q)tests/lab/mkbase $(LAB)

# The list is a file of its own, so that taking something off it counts too.
$(LAB)/overlay.files: FORCE
	@mkdir -p $(@D)
	@echo '$(sort $(LAB_FILES))' >$@.new
	@cmp -s $@.new $@ || mv $@.new $@; rm -f $@.new
.PHONY: FORCE
FORCE:

.SECONDEXPANSION:
$(LAB)/overlay.cpio: $(LAB)/overlay.files $(LAB)/base.cpio \
		tests/lab/mkoverlay tests/lab/lib.sh $$(LAB_SOURCES)
	$(call say,INITRD,$@)
	$(Q)tests/lab/mkoverlay $(LAB) $@ $$(cat $<)
