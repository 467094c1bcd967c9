# SPDX-License-Identifier: GPL-2.0-only
# End-to-end tests: chaos on real Xen, in the lab (docs/testing.md).
## test-e2e      run the tests in the lab; TESTS="NAME..." and JOBS=N choose

E2E_B := $(B)/tests/e2e
E2E_TOOLS := $(patsubst tests/e2e/tools/%.c,$(E2E_B)/%, \
	$(wildcard tests/e2e/tools/*.c))

$(E2E_B)/%: tests/e2e/tools/%.c $(LIBCHAOS_A)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) $(CFLAGS) -MF $(B)/tests/e2e-$*.d -o $@ $< \
		$(LIBCHAOS_A) $(LIBCHAOS_LIBS)

# The hypercall's own test runs among the others.
$(E2E_B)/noxs-abi-test: $(NOXS_ABI_TEST)
	@mkdir -p $(@D)
	$(Q)cp $< $@

.PHONY: test-e2e
test-e2e: lab-ready $(E2E_TOOLS) $(E2E_B)/noxs-abi-test
	$(Q)tests/e2e/run -r 1 $(if $(JOBS),-j $(JOBS)) $(TESTS)

-include $(wildcard $(B)/tests/e2e-*.d)
