# SPDX-License-Identifier: GPL-2.0-only
# The Linux modules, built against the headers of the lab's kernel, into
# build/noxs/*.ko. For the running kernel: docs/install.md (DKMS).

NOXS := $(B)/noxs
NOXS_SRCS := $(wildcard noxs/*.[ch]) noxs/Kbuild $(wildcard include/noxs/*.h)
NOXS_MODULES := $(NOXS)/noxs_back.ko $(NOXS)/noxs_front.ko
LAB_FILES += $(foreach f,$(NOXS_MODULES),$f:/lib/noxs/)

.PHONY: modules
## modules         the Linux modules, for the lab's kernel
modules: $(NOXS_MODULES)

# Kbuild writes beside the sources, so they are linked into a tree of their own.
$(NOXS)/built: $(NOXS_SRCS) $(LAB)/fetched
	$(call say,MODULES,$(NOXS))
	$(Q)mkdir -p $(NOXS)/src/include
	$(Q)ln -sfn $(CURDIR)/include/noxs $(NOXS)/src/include/noxs
	$(Q)rm -f $(NOXS)/src/*.[ch] && ln -sf $(CURDIR)/noxs/*.[ch] \
		$(CURDIR)/noxs/Kbuild $(NOXS)/src/
	$(Q)$(MAKE) --no-print-directory -C \
		$$(echo $(CURDIR)/$(LAB)/root/usr/src/linux-headers-*-amd64) \
		M=$(CURDIR)/$(NOXS)/src $(if $(filter true,$(CI)),KCFLAGS=-Werror) \
		modules >$(NOXS)/log 2>&1 || { cat $(NOXS)/log >&2; exit 1; }
	$(Q)for f in noxs_back noxs_front; do \
		strip --strip-debug -o $(NOXS)/$$f.ko $(NOXS)/src/$$f.ko || exit 1; \
	done
	$(Q)touch $@
$(NOXS_MODULES): $(NOXS)/built ;
