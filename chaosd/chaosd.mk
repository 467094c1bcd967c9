# SPDX-License-Identifier: GPL-2.0-only
# chaosd: the daemon, linked statically like chaos.

CHAOSD_SRC := $(wildcard chaosd/*.c)
CHAOSD_OBJ := $(CHAOSD_SRC:chaosd/%.c=$(B)/chaosd/%.o)
CHAOSD_BIN := $(B)/bin/chaosd
# libevent would look names up as well; nothing here calls that either.
CHAOSD_LIBS := -levent_extra -levent_core -levent_pthreads -lpthread \
	-Wl,--defsym,getservbyname=0,--defsym,freeaddrinfo=0

.PHONY: chaosd
all: chaosd
chaosd: $(CHAOSD_BIN)

$(B)/chaosd/%.o: chaosd/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) -fno-pie -ffunction-sections \
		-fdata-sections $(CFLAGS) -c -o $@ $<

$(CHAOSD_BIN): $(CHAOSD_OBJ) $(B)/lib/libchaos.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -static -no-pie -Wl,--gc-sections $(LDFLAGS) -o $@ \
		$(CHAOSD_OBJ) $(B)/lib/libchaos.a $(CHAOSD_LIBS) \
		$(LIBCHAOS_STATIC_LIBS)

# The units name the place where `make install` puts the program.
CHAOSD_UNITS := $(B)/chaosd/chaosd.service $(B)/chaosd/chaosd.socket
all: $(CHAOSD_UNITS)
$(CHAOSD_UNITS): $(B)/chaosd/%: chaosd/% FORCE
	@mkdir -p $(@D)
	@sed 's,/usr/local/,$(PREFIX)/,' $< >$@.new
	@cmp -s $@.new $@ || mv $@.new $@; rm -f $@.new

LAB_FILES += $(CHAOSD_BIN):/usr/sbin/

-include $(CHAOSD_OBJ:.o=.d)
