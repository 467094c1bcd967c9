# SPDX-License-Identifier: GPL-2.0-only
# The noxs ABI's layout, and headers that compile alone.
## test-abi      check the layout of the noxs ABI for 32 and 64 bits
## check-headers compile every public header alone, as C99, C11 and C++11

.PHONY: test-abi check-headers
test-abi:
	$(Q)CC="$(CC)" tests/abi/abi.sh $(B)/tests/abi

CHECK_HEADERS := $(wildcard include/noxs/*.h include/chaos/*.h)
check-headers:
	$(Q)CC="$(CC)" tests/abi/headers.sh $(CHECK_HEADERS)
