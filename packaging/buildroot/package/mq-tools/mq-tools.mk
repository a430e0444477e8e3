################################################################################
#
# mq-tools
#
################################################################################

MQ_TOOLS_VERSION = $(MQ_RELEASE)
MQ_TOOLS_SITE = $(MQ_SOURCE)
MQ_TOOLS_SITE_METHOD = local
MQ_TOOLS_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = $(MQ_EXCLUSIONS)
MQ_TOOLS_LICENSE = \
	GPL-2.0, \
	GPL-2.0 WITH Linux-syscall-note or MIT (mq_driver.h)
MQ_TOOLS_LICENSE_FILES = \
	LICENSES/GPL-2.0-only.txt \
	LICENSES/Linux-syscall-note.txt \
	LICENSES/MIT.txt
MQ_TOOLS_DEPENDENCIES = libmq

MQ_TOOLS_MAKE_OPTS = \
	$(TARGET_CONFIGURE_OPTS) \
	BUILD=$(@D)/build \
	PREFIX=/usr

MQ_TOOLS_CLI_OPTS = \
	OUT=$(@D)/build/cli \
	LIB=$(STAGING_DIR)/usr/lib

ifeq ($(BR2_PACKAGE_LIBEDIT):$(BR2_STATIC_LIBS),y:)
MQ_TOOLS_DEPENDENCIES += libedit
else
MQ_TOOLS_MAKE_OPTS += LIBEDIT=no
endif

ifeq ($(BR2_PACKAGE_NCURSES_WCHAR):$(BR2_STATIC_LIBS),y:)
MQ_TOOLS_DEPENDENCIES += ncurses
MQ_TOOLS_CLI_OPTS += CURSES_LIBS=-lncursesw
else
MQ_TOOLS_CLI_OPTS += TOP=no
endif

define MQ_TOOLS_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(MQ_TOOLS_MAKE_OPTS) client
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/cli $(MQ_TOOLS_MAKE_OPTS) \
		$(MQ_TOOLS_CLI_OPTS)
endef

define MQ_TOOLS_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/build/client/mq-client \
		$(TARGET_DIR)/usr/bin/mq-client
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/cli $(MQ_TOOLS_MAKE_OPTS) \
		$(MQ_TOOLS_CLI_OPTS) DESTDIR=$(TARGET_DIR) install
endef

$(eval $(generic-package))
