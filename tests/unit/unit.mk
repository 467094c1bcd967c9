# SPDX-License-Identifier: GPL-2.0-only
# Unit tests: each tests/unit/test_*.c is a program of its own, linked with
# libchaos (but for what needs Xen, dom0's modules or root) and the other files
# here, all compiled with AddressSanitizer and UndefinedBehaviorSanitizer. Those
# called test_chaosd_*.c are also linked with the parts of the daemon.
## test-unit     run the unit tests (no root, no Xen)

UNIT_B := $(B)/tests/unit
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
UNIT_CFLAGS := $(CFLAGS_COMMON) -O1 -g $(UNIT_SANITIZE) -iquote libchaos \
	-DCHAOS_VERSION='"test"' $(CFLAGS)
# So that tests can make each allocation (tests/unit/oom.h) and each step of a
# create (tests/unit/step_fault.h) fail, and play the daemon
# (tests/unit/pool_model.h).
UNIT_LDFLAGS := $(UNIT_SANITIZE) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=steps_run $(LDFLAGS)
UNIT_PLAY_DAEMON := \
	-Wl,--wrap=daemon_take,--wrap=daemon_done,--wrap=daemon_make_room
UNIT_LIBS := -lcmocka -lyajl

# The real sides of the seams, for which the models stand in.
UNIT_REAL := $(patsubst %,libchaos/%.c,hv_xen hv_xen_domain hv_xen_memory \
	hv_xen_channels host_linux back netlink loop terminal store_xen)

UNIT_OBJ := \
	$(patsubst libchaos/%.c,$(UNIT_B)/lib/%.o, \
		$(filter-out $(UNIT_REAL),$(wildcard libchaos/*.c))) \
	$(patsubst tests/unit/%.c,$(UNIT_B)/%.o, \
		$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(UNIT_B)/%, \
	$(sort $(wildcard tests/unit/test_*.c)))

# The parts of the daemon, without its main(); an archive as well.
UNIT_CHAOSD_OBJ := $(patsubst chaosd/%.c,$(UNIT_B)/chaosd/%.o, \
	$(filter-out chaosd/main.c,$(wildcard chaosd/*.c)))
UNIT_CHAOSD_TESTS := $(filter $(UNIT_B)/test_chaosd_%,$(UNIT_TESTS))
UNIT_CHAOSD_LIBS := -levent_extra -levent_core -levent_pthreads -lpthread

$(UNIT_B)/lib/%.o: libchaos/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(UNIT_B)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

# An archive, so that each test takes only what it needs.
$(UNIT_B)/libunit.a: $(UNIT_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(UNIT_B)/chaosd/%.o: chaosd/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(UNIT_B)/libchaosd.a: $(UNIT_CHAOSD_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(UNIT_CHAOSD_TESTS): %: %.o $(UNIT_B)/libchaosd.a $(UNIT_B)/libunit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_LDFLAGS) -o $@ $< -Wl,--start-group \
		$(UNIT_B)/libchaosd.a $(UNIT_B)/libunit.a -Wl,--end-group \
		$(UNIT_LIBS) $(UNIT_CHAOSD_LIBS)

$(filter-out $(UNIT_CHAOSD_TESTS),$(UNIT_TESTS)): %: %.o $(UNIT_B)/libunit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_LDFLAGS) $(UNIT_PLAY_DAEMON) -o $@ $< \
		$(UNIT_B)/libunit.a $(UNIT_LIBS)

.PHONY: test-unit
test-unit: $(UNIT_TESTS)
	@failed=; for t in $(UNIT_TESTS); do \
		echo "== $${t##*/}"; "$$t" || failed="$$failed $${t##*/}"; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

-include $(UNIT_OBJ:.o=.d) $(UNIT_CHAOSD_OBJ:.o=.d) $(UNIT_TESTS:=.d)
