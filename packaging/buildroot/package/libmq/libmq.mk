################################################################################
#
# libmq
#
################################################################################

LIBMQ_VERSION = $(MQ_RELEASE)
LIBMQ_SITE = $(MQ_SOURCE)
LIBMQ_SITE_METHOD = local
LIBMQ_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = $(MQ_EXCLUSIONS)
LIBMQ_LICENSE = \
	LGPL-2.1+, \
	GPL-2.0 WITH Linux-syscall-note or MIT (mq_driver.h)
LIBMQ_LICENSE_FILES = \
	LICENSES/LGPL-2.1-or-later.txt \
	LICENSES/GPL-2.0-only.txt \
	LICENSES/Linux-syscall-note.txt \
	LICENSES/MIT.txt
LIBMQ_INSTALL_STAGING = YES

ifeq ($(BR2_STATIC_LIBS),y)
LIBMQ_KINDS = static
else ifeq ($(BR2_SHARED_LIBS),y)
LIBMQ_KINDS = shared
else
LIBMQ_KINDS = shared static
endif

LIBMQ_MAKE_OPTS = \
	$(TARGET_CONFIGURE_OPTS) \
	OUT=$(@D)/build/lib \
	KINDS="$(LIBMQ_KINDS)" \
	PREFIX=/usr

define LIBMQ_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/lib $(LIBMQ_MAKE_OPTS)
endef

define LIBMQ_INSTALL_STAGING_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/lib $(LIBMQ_MAKE_OPTS) \
		DESTDIR=$(STAGING_DIR) install
endef

define LIBMQ_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/lib $(LIBMQ_MAKE_OPTS) \
		DESTDIR=$(TARGET_DIR) install
endef

$(eval $(generic-package))
