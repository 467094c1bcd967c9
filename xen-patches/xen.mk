# SPDX-License-Identifier: GPL-2.0-only
# The patched hypervisor: $(B)/xen/xen, the file that QEMU's -kernel takes.
#
# The script knows best what is out of date, and says so in a moment.

XEN := $(B)/xen/xen

.PHONY: xen check-xen-abi
## xen                    the patched hypervisor, build/xen/xen
xen:
	$(Q)xen-patches/build

$(XEN): | xen

## check-xen-abi          the ABI patch carries include/noxs/noxs.h unchanged
check-xen-abi:
	$(Q)xen-patches/gen-public --check

include tests/lab/noxs-abi/noxs-abi.mk
