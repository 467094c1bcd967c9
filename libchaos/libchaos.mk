# SPDX-License-Identifier: GPL-2.0-only
# libchaos: the static and the shared library, its pkg-config file.

LIBCHAOS_SRC := $(wildcard libchaos/*.c)
LIBCHAOS_OBJ := $(LIBCHAOS_SRC:libchaos/%.c=$(B)/libchaos/%.o)
LIBCHAOS_LIBS := -lxencall -lxenforeignmemory -lxenevtchn -lyajl -lnl-3
# For programs that link everything statically. libnl has functions that look
# names up, which bring in all of NSS and warnings; nothing here calls them.
LIBCHAOS_STATIC_LIBS := -lxencall -lxenforeignmemory -lxenevtchn \
	-lxentoollog -lxentoolcore -lyajl_s -lnl-3 \
	-Wl,--defsym,getaddrinfo=0,--defsym,getnameinfo=0 \
	-Wl,--defsym,getprotobyname=0,--defsym,getprotobynumber=0
LIBNL_CFLAGS := $(shell pkg-config --cflags libnl-3.0 2>/dev/null)
LIBCHAOS_A := $(B)/lib/libchaos.a
LIBCHAOS_SO := $(B)/lib/libchaos.so.$(SONAME)

.PHONY: libchaos
all: libchaos
libchaos: $(LIBCHAOS_A) $(LIBCHAOS_SO) $(B)/lib/libchaos.so \
	$(B)/lib/pkgconfig/chaos.pc

# The version is one macro of one file; its object follows git describe.
$(B)/libchaos/version.h: FORCE
	@mkdir -p $(@D)
	@echo '#define CHAOS_VERSION "$(VERSION)"' >$@.new
	@cmp -s $@.new $@ || mv $@.new $@; rm -f $@.new

$(B)/libchaos/ctx.o: $(B)/libchaos/version.h
$(B)/libchaos/ctx.o: CFLAGS_FILE := -include $(B)/libchaos/version.h

$(B)/libchaos/netlink.o: CFLAGS_FILE := $(LIBNL_CFLAGS)

$(B)/libchaos/%.o: libchaos/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_COMMON) $(OPT) -fPIC \
		$(CFLAGS_FILE) $(CFLAGS) -c -o $@ $<

$(LIBCHAOS_A): $(LIBCHAOS_OBJ)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(LIBCHAOS_SO): $(LIBCHAOS_OBJ) libchaos/libchaos.map
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libchaos.so.$(SONAME) -Wl,-z,defs \
		-Wl,--version-script,libchaos/libchaos.map $(LDFLAGS) \
		-o $@ $(LIBCHAOS_OBJ) $(LIBCHAOS_LIBS)

$(B)/lib/libchaos.so: $(LIBCHAOS_SO)
	$(Q)ln -sf $(<F) $@

PREFIX ?= /usr/local
$(B)/lib/pkgconfig/chaos.pc: libchaos/chaos.pc.in $(B)/libchaos/version.h
	@mkdir -p $(@D)
	$(Q)sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),' $< >$@

-include $(LIBCHAOS_OBJ:.o=.d)
