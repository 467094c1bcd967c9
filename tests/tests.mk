# SPDX-License-Identifier: GPL-2.0-only
# Tests: one fragment per kind.

include tests/unit/unit.mk
include tests/guest/guest.mk
include tests/cli/cli.mk
include tests/fuzz/fuzz.mk
include tests/abi/abi.mk
include tests/arch/arch.mk
include tests/e2e/e2e.mk
include tests/figures/figures.mk
include tests/noxs/noxs-test.mk

# Every suite, in the order of their cost. The last ones assert ratios of
# instruction counts, not times; counts differ little from round to round.
SUITES := check-headers test-abi check-xen-abi test-arch test-figures test-unit \
	test-guest test-fuzz test-cli test-lab-self test-e2e \
	bench-create-icount bench-net-icount bench-block-icount \
	bench-pool-icount bench-memory

.PHONY: check
check:
	@BENCH_ROUNDS=5 tests/check $(SUITES)
