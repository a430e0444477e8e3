# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# `make help` lists the targets. The driver itself is built by the kernel's
# own build system from driver/Kbuild; everything else lands below build/.

KDIR     ?= /lib/modules/$(shell uname -r)/build
PREFIX   ?= /usr/local
DESTDIR  ?=
LIBEDIT  ?= yes
BUILD    := build
INSTALL  ?= install
DEPMOD   ?= depmod

# Only make's built-in `cc` is replaced: a CC of the user's is the user's.
ifeq ($(origin CC),default)
CC       := $(CROSS_COMPILE)gcc
endif

# As in the kernel: where lib/modules/ begins. A staged install stages it too.
INSTALL_MOD_PATH ?= $(DESTDIR)
INSTALL_MOD_DIR  ?= updates

# udev reads /etc for what the administrator installs, /usr/lib for packages.
UDEVDIR  ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/udev/rules.d
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man
LIBDIR   ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

MANPAGES := $(wildcard man/*.[1-9])
KBUILD    = --no-print-directory -C $(KDIR) M=$(CURDIR)/driver

# Debian's kernel.release is not what uname says; this one is, everywhere.
RELEASE   = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)

# What other drivers build with, to send: examples/kernel.
KERNEL_DEV = $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/mq

# A distribution's kernel asks for signing with a key that only it has.
SIGN_KEY  = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="*\([^"]*\)"*/\1/p' $(KDIR)/include/config/auto.conf 2>/dev/null)
NO_SIGN   = $(if $(filter pkcs11:%,$(SIGN_KEY))$(wildcard $(KDIR)/$(SIGN_KEY) $(filter /%,$(SIGN_KEY))),,CONFIG_MODULE_SIG_ALL=)

USER_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Iinclude/uapi $(CPPFLAGS) $(CFLAGS)

define no_headers
no kernel headers in $(KDIR): install linux-headers-$(shell uname -r) (apt), \
kernel-devel-$(shell uname -r) (dnf) or linux-headers (pacman), or name a kernel build tree with KDIR=DIR
endef

define no_libedit
no histedit.h for $(CC): install libedit-dev (apt), libedit-devel (dnf) or libedit (pacman), \
or build without line editing: make user LIBEDIT=no
endef

# lib/ and cli/ are built by Makefiles of their own, each in its directory below BUILD, with those of
# these that are set.
PART_VARIABLES = CC CFLAGS CPPFLAGS LDFLAGS INSTALL DESTDIR PREFIX BINDIR MANDIR LIBDIR INCLUDEDIR
PART      = @+$(MAKE) --no-print-directory $(foreach v,$(PART_VARIABLES),$(if $($(v)),$(v)='$($(v))'))
PART_LIB  = $(PART) -C lib OUT='$(abspath $(BUILD)/lib)'
PART_CLI  = $(PART) -C cli OUT='$(abspath $(BUILD)/cli)' LIB='$(abspath $(BUILD)/lib)'

# `manual_links DO` runs DO for each name of a manual page that is not the page's own, with
# $$page, $$name and the $$link that shows the page under that name.
define manual_links
for page in $(notdir $(MANPAGES)); do \
	section=$${page##*.}; \
	for name in $$(sed -n '/^\.Nd/q; s/^\.Nm \([^ ]*\).*/\1/p' "man/$$page"); do \
		link='$(DESTDIR)$(MANDIR)'/man$$section/$$name.$$section; \
		[ "$$name.$$section" = "$$page" ] || { $(1); }; \
	done; \
done
endef

need_headers = $(if $(wildcard $(KDIR)/Makefile),,$(error $(no_headers)))

.PHONY: all
all: user driver		## build the programs and the driver (the default)

.PHONY: driver
driver:				## build driver/mq_driver.ko; KDIR=DIR is the kernel build tree
	$(need_headers)@$(MAKE) $(KBUILD) modules

.PHONY: user
user: client lib cli		## build the library and the programs

.PHONY: client
client: $(BUILD)/client/mq-client	## build BUILD/client/mq-client; LIBEDIT=no: without line editing

.PHONY: lib
lib:				## build libmq, shared and static, in BUILD/lib
	$(PART_LIB)

.PHONY: cli
cli: lib			## build the command BUILD/cli/mq
	$(PART_CLI)

.PHONY: static
static:				## build build/static-amd64/mq, which needs only the kernel; scripts/static --help says more
	scripts/static

# What the programs were built with: written anew only when it changes, so
# that other flags build again and the same flags do nothing.
$(BUILD)/client/flags: FORCE
	@:$(shell mkdir -p $(@D))$(file >$@.new,$(CC) $(USER_CFLAGS) $(LDFLAGS) LIBEDIT=$(LIBEDIT))
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# A static library does not say what it needs itself.
EDIT_LIBS  = -ledit $(if $(filter -static,$(LDFLAGS)),-ltinfo -lbsd -lmd)
ifneq ($(filter no n 0,$(LIBEDIT)),)
EDIT_LIBS  =
EDIT_CFLAGS = -DMQ_NO_LIBEDIT
endif
try_libedit = echo '\#include <histedit.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo found
need_libedit = $(if $(EDIT_LIBS),$(if $(shell $(try_libedit)),,$(error $(no_libedit))))

$(BUILD)/client/mq-client: client/client.c client/input.c client/input.h $(BUILD)/client/flags
	$(need_libedit)$(CC) $(USER_CFLAGS) $(EDIT_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(EDIT_LIBS) $(LDLIBS)

.PHONY: unit
unit:				## build and run the unit tests (user space, ASan and UBSan)
	@$(MAKE) --no-print-directory -C tests/unit check

.PHONY: device-tests
device-tests:			## build build/tests/mq-device-tests, run in a booted kernel by `check`
	@$(MAKE) --no-print-directory -C tests/device CC='$(CC)'

.PHONY: lib-tests
lib-tests:			## build build/tests/mq-lib-tests, and check what libmq exports
	@$(MAKE) --no-print-directory -C tests/lib CC='$(CC)' CFLAGS= LDFLAGS= CPPFLAGS=
	tests/lib/symbols

.PHONY: check
check:				## run all tests; scripts/check --help says more
	scripts/check

.PHONY: fuzz
fuzz:				## fuzz the driver in QEMU until Ctrl-C; tests/fuzz/run --help says more
	tests/fuzz/run

.PHONY: coverage
coverage:			## which lines of the driver the tests reach: docs/coverage.md
	scripts/coverage

.PHONY: demo
demo:				## boot a kernel in QEMU and show the driver at work
	scripts/demo

.PHONY: bench
bench:				## instructions per message, beside the other ways of the kernel: table, CSV, docs/bench
	bench/run
	bench/cpus
	bench/report

.PHONY: soak
soak:				## everything at once in a booted kernel, SECONDS=600 long, KERNEL=6.1: docs/soak.md
	tests/soak/run $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(KERNEL),--kernel '$(KERNEL)')

.PHONY: install
install: install-module install-user install-udev	## install module, programs, man pages and udev rule

.PHONY: install-module
install-module: driver		## install the module and run depmod; INSTALL_MOD_PATH as in the kernel
	$(need_headers)@$(MAKE) $(KBUILD) INSTALL_MOD_PATH='$(INSTALL_MOD_PATH)' \
		INSTALL_MOD_DIR='$(INSTALL_MOD_DIR)' $(NO_SIGN) modules_install
	$(INSTALL) -d '$(KERNEL_DEV)/include/linux'
	$(INSTALL) -m 644 include/linux/mq_kernel.h '$(KERNEL_DEV)/include/linux/mq_kernel.h'
	$(INSTALL) -m 644 driver/Module.symvers '$(KERNEL_DEV)/Module.symvers'
	PATH="$$PATH:/usr/sbin:/sbin" $(DEPMOD) \
		$(if $(INSTALL_MOD_PATH),-b '$(INSTALL_MOD_PATH)') $(RELEASE)

.PHONY: install-user
install-user: user		## install programs, libmq and man pages; DESTDIR= and PREFIX= as usual
	$(PART_LIB) install
	$(PART_CLI) install
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)'
	$(INSTALL) -m 755 $(BUILD)/client/mq-client '$(DESTDIR)$(BINDIR)/mq-client'
	@set -e; for page in $(MANPAGES); do \
		dir='$(DESTDIR)$(MANDIR)'/man$${page##*.}; \
		$(INSTALL) -d "$$dir"; \
		$(INSTALL) -m 644 "$$page" "$$dir"; \
	done
	@set -e; $(call manual_links,echo ".so man$$section/$$page" >"$$link"; chmod 644 "$$link")

.PHONY: install-udev
install-udev:			## install the udev rule that gives /dev/mq to group mq
	$(INSTALL) -d '$(DESTDIR)$(UDEVDIR)'
	$(INSTALL) -m 644 packaging/udev/60-mq.rules '$(DESTDIR)$(UDEVDIR)/60-mq.rules'

.PHONY: uninstall
uninstall:			## remove what install put there (same variables)
	$(PART_LIB) uninstall
	$(PART_CLI) uninstall
	@$(call manual_links,rm -f "$$link")
	rm -f '$(DESTDIR)$(BINDIR)/mq-client' '$(DESTDIR)$(UDEVDIR)/60-mq.rules'
	$(if $(MANPAGES),rm -f $(foreach p,$(notdir $(MANPAGES)),'$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(p)'))
	$(if $(RELEASE),rm -f '$(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/$(INSTALL_MOD_DIR)'/mq_driver.ko*)
	$(if $(RELEASE),rmdir '$(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/$(INSTALL_MOD_DIR)' 2>/dev/null || true)
	$(if $(RELEASE),rm -rf '$(KERNEL_DEV)')
	$(if $(RELEASE),PATH="$$PATH:/usr/sbin:/sbin" $(DEPMOD) \
		$(if $(INSTALL_MOD_PATH),-b '$(INSTALL_MOD_PATH)') $(RELEASE) || true)

.PHONY: dist
dist:				## build/dist/mq-VERSION.tar.xz, the same bytes each time
	scripts/dist

.PHONY: deb
deb:				## build the Debian packages in build/deb
	scripts/deb

# Needs no headers: what kbuild leaves in driver/ has known names.
.PHONY: clean
clean:				## remove everything that was built
	rm -rf build
	@find driver examples/kernel tests/kernel -type f \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' -o -name modules.order \
		-o -name Module.symvers -o -name '.module-common.*' \) -delete

.PHONY: help
help:				## this list
	@echo 'make TARGET [VARIABLE=VALUE]...'
	@sed -n 's/^\([a-z-]*\):[^#=]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18
	@echo 'Variables, with their usual meaning: KDIR ARCH CROSS_COMPILE CC CFLAGS LDFLAGS'
	@echo '  DESTDIR PREFIX LIBDIR INCLUDEDIR INSTALL_MOD_PATH; BUILD=build is where the programs go, and W=1 and'
	@echo '  the like reach the kernel build. A client for a system without libraries:'
	@echo '  make user BUILD=build/static LDFLAGS=-static'

.PHONY: FORCE
FORCE:
