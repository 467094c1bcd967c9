# SPDX-License-Identifier: GPL-2.0-only
# What bench/figures makes of rows, and of labs: with rows made by hand, and a
# lab that is none.
## test-figures  the report of bench/figures, and how its series are run

.PHONY: test-figures
test-figures:
	@mkdir -p $(B)/tests/figures
	$(Q)tests/figures/report.sh $(B)/tests/figures/report
	$(Q)tests/figures/run.sh $(B)/tests/figures/run
