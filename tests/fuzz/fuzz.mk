# SPDX-License-Identifier: GPL-2.0-only
# Fuzzing with libFuzzer: one target per parser, seeds in corpus/TARGET. What
# is found goes to build/tests/fuzz, never into the seeds by itself.
## test-fuzz     a short run of each fuzz target (10 s)
## fuzz-config   fuzz configurations for FUZZ_SECONDS (60)
## fuzz-elf      the same for kernels
## fuzz-server   the same for what clients send to the daemon

FUZZ_B := $(B)/tests/fuzz
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
FUZZ_CFLAGS := $(CFLAGS_COMMON) -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-iquote libchaos -DCHAOS_VERSION='"fuzz"'
# A context without a host, and the daemon's connection that it may have.
FUZZ_CTX_SRC := $(wildcard libchaos/ctx.c libchaos/daemon.c libchaos/conn*.c) \
	libchaos/time.c tests/fuzz/no_host.c
FUZZ_CONFIG_SRC := tests/fuzz/fuzz_config.c $(FUZZ_CTX_SRC) \
	$(wildcard libchaos/config*.c libchaos/parse*.c)
FUZZ_CONFIG_OBJ := $(patsubst %.c,$(FUZZ_B)/%.o,$(FUZZ_CONFIG_SRC))

$(FUZZ_B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

$(FUZZ_B)/fuzz_config: $(FUZZ_CONFIG_OBJ)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^ -lyajl

FUZZ_ELF_SRC := tests/fuzz/fuzz_elf.c $(FUZZ_CTX_SRC) libchaos/elf.c \
	libchaos/pv_layout.c
FUZZ_ELF_OBJ := $(patsubst %.c,$(FUZZ_B)/%.o,$(FUZZ_ELF_SRC))

$(FUZZ_B)/fuzz_elf: $(FUZZ_ELF_OBJ)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^

FUZZ_SERVER_SRC := tests/fuzz/fuzz_server.c chaosd/log.c chaosd/json.c \
	$(wildcard chaosd/server*.c chaosd/client*.c chaosd/conf*.c) \
	$(wildcard chaosd/events*.c) libchaos/shell_shape.c \
	$(filter-out tests/fuzz/fuzz_%,$(FUZZ_CONFIG_SRC))
FUZZ_SERVER_OBJ := $(patsubst %.c,$(FUZZ_B)/%.o,$(FUZZ_SERVER_SRC))

$(FUZZ_B)/fuzz_server: $(FUZZ_SERVER_OBJ)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^ -lyajl -levent_core

# $(1): seconds, $(2): target. libFuzzer fails on a crash, a leak or a hang;
# its log is shown then, otherwise how much it did.
define fuzz
	@mkdir -p $(FUZZ_B)/found/$(2)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_B)/fuzz_$(2) -max_total_time=$(1) -timeout=10 \
		-max_len=4096 -print_final_stats=1 \
		-dict=tests/fuzz/$(2).dict -artifact_prefix=$(FUZZ_B)/$(2)- \
		$(FUZZ_B)/found/$(2) tests/fuzz/corpus/$(2) \
		>$(FUZZ_B)/$(2).log 2>&1 || \
		{ tail -n 100 $(FUZZ_B)/$(2).log; exit 1; }; \
	grep number_of_executed $(FUZZ_B)/$(2).log
endef

.PHONY: test-fuzz fuzz-config fuzz-elf fuzz-server
test-fuzz: $(FUZZ_B)/fuzz_config $(FUZZ_B)/fuzz_elf $(FUZZ_B)/fuzz_server
	$(call fuzz,10,config)
	$(call fuzz,10,elf)
	$(call fuzz,10,server)
fuzz-config: $(FUZZ_B)/fuzz_config
	$(call fuzz,$(FUZZ_SECONDS),config)
fuzz-elf: $(FUZZ_B)/fuzz_elf
	$(call fuzz,$(FUZZ_SECONDS),elf)
fuzz-server: $(FUZZ_B)/fuzz_server
	$(call fuzz,$(FUZZ_SECONDS),server)

-include $(FUZZ_CONFIG_OBJ:.o=.d) $(FUZZ_ELF_OBJ:.o=.d) \
	$(FUZZ_SERVER_OBJ:.o=.d)
