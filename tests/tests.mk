# SPDX-License-Identifier: GPL-2.0-only
# Tests: one fragment per kind.

include tests/unit/unit.mk
include tests/fuzz/fuzz.mk
include tests/abi/abi.mk
include tests/e2e/e2e.mk
