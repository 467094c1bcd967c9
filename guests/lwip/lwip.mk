# SPDX-License-Identifier: BSD-2-Clause
#
# lwIP as a library of those parts of Debian's source package that guests need,
# and of the port in this directory; for applications with USE := lwip.

LWIP := $(OUT)/lwip
LWIP_SRC := $(TOP)/build/lwip-src
LWIP_LIB := $(LWIP)/liblwip.a
LWIP_CORE := $(patsubst %,core/%.c,def inet_chksum init ip mem memp netif pbuf \
	tcp tcp_in tcp_out udp) \
	$(patsubst %,core/ipv4/%.c,dhcp etharp icmp ip4 ip4_addr ip4_frag) \
	netif/ethernet.c
LWIP_PORT := inet.c random.c serve.c timers.c
LWIP_OBJS := $(LWIP_CORE:%=$(LWIP)/src/%.o) $(LWIP_PORT:%=$(LWIP)/%.o)
# Before ours: what lwIP calls <string.h> and the like.
GUEST_CPPFLAGS += -I$(GUESTS)/lwip -isystem $(GUESTS)/lwip/libc \
	-isystem $(LWIP_SRC)/src/include

$(LWIP_LIB): $(LWIP_OBJS)
	$(call say,AR)
	$(Q)rm -f $@ && $(GUEST_AR) rcs $@ $^

$(LWIP)/%.c.o: $(GUESTS)/lwip/%.c $(GUESTS)/common.mk $(GUESTS)/lwip/lwip.mk \
		| $(OUT)/include/xen $(LWIP_SRC)/src
	$(Q)mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -c -o $@ $<

# Not our code, not our warnings.
$(LWIP)/src/%.c.o: $(LWIP_SRC)/src $(GUESTS)/common.mk $(GUESTS)/lwip/lwip.mk \
		| $(OUT)/include/xen
	$(Q)mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) -c -o $@ \
		$(LWIP_SRC)/src/$*.c

# A directory whose time never changes once it is there.
$(LWIP_SRC)/src:
	$(Q)$(GUESTS)/lwip/fetch $(LWIP_SRC)

-include $(LWIP_OBJS:.o=.d)
