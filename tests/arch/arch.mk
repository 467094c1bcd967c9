# SPDX-License-Identifier: GPL-2.0-only
# The rules of docs/design.md, and programs that use the library from outside.
## test-arch     check the arrows between rooms and what libchaos exports
## test-example  build and run docs/examples against the shared library

.PHONY: test-arch test-example
test-arch: libchaos chaos chaosd test-example
	$(Q)tests/arch/arch.sh $(B)

# As somebody else would build it: pkg-config and the headers, nothing more.
# The installed places are replaced by those of the tree.
EXAMPLE_PC = PKG_CONFIG_PATH=$(B)/lib/pkgconfig pkg-config
test-example: libchaos
	@mkdir -p $(B)/tests/examples
	$(call say,EXAMPLE,docs/examples)
	$(Q)for example in create attach; do \
		$(CC) -std=c99 -Wall -Wextra -Werror -Iinclude -L$(B)/lib \
			$$($(EXAMPLE_PC) --cflags chaos) \
			-o $(B)/tests/examples/$$example \
			docs/examples/$$example.c \
			$$($(EXAMPLE_PC) --libs chaos) || exit 1; \
	done
	$(Q)tests/arch/example.sh $(B)
