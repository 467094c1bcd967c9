# SPDX-License-Identifier: GPL-2.0-only
# Tests of the command: its parts and its commands on the model hypervisor of
# tests/unit, in one process and under the sanitizers; then the real binary's
# usage errors, exit codes and documents. Include after tests/unit/unit.mk.
## test-cli      test the chaos command (no root, no Xen)

CLI_B := $(B)/tests/cli
CLI_OBJ := $(patsubst chaos/%.c,$(CLI_B)/chaos/%.o,$(wildcard chaos/*.c)) \
	$(addprefix $(CLI_B)/,cli_kit.o daemon_kit.o doctor_kit.o guest.o)
CLI_TESTS := $(patsubst tests/cli/%.c,$(CLI_B)/%, \
	$(sort $(wildcard tests/cli/test_*.c)))
CLI_SCRIPTS := $(sort $(wildcard tests/cli/test_*.sh))
# The tests call main by this name, and choose the run directory.
CLI_CFLAGS := -Dmain=chaos_main -Wno-missing-prototypes -iquote chaos
CLI_LDFLAGS := -Wl,--wrap=chaos_ctx_create -Wl,--wrap=doctor_root

$(CLI_B)/chaos/%.o: chaos/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $(CLI_CFLAGS) -c -o $@ $<

$(CLI_B)/%.o: tests/cli/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -iquote chaos -iquote tests/unit -c -o $@ $<

$(CLI_B)/libcli.a: $(CLI_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(CLI_TESTS): %: %.o $(CLI_B)/libcli.a $(UNIT_B)/libunit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_LDFLAGS) $(CLI_LDFLAGS) -o $@ $< $(CLI_B)/libcli.a \
		$(UNIT_B)/libunit.a $(UNIT_LIBS)

.PHONY: test-cli
test-cli: $(CLI_TESTS) $(B)/bin/chaos
	@failed=; for t in $(CLI_TESTS); do \
		echo "== $${t##*/}"; "$$t" || failed="$$failed $${t##*/}"; \
	done; \
	for t in $(CLI_SCRIPTS); do \
		echo "== $${t##*/}"; \
		CHAOS=$(B)/bin/chaos sh "$$t" || failed="$$failed $${t##*/}"; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

-include $(CLI_OBJ:.o=.d) $(CLI_TESTS:=.d)
