################################################################################
#
# mq-driver
#
################################################################################

MQ_DRIVER_VERSION = $(MQ_RELEASE)
MQ_DRIVER_SITE = $(MQ_SOURCE)
MQ_DRIVER_SITE_METHOD = local
MQ_DRIVER_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = $(MQ_EXCLUSIONS)
MQ_DRIVER_LICENSE = \
	GPL-2.0, \
	GPL-2.0 WITH Linux-syscall-note or MIT (mq_driver.h)
MQ_DRIVER_LICENSE_FILES = \
	LICENSES/GPL-2.0-only.txt \
	LICENSES/Linux-syscall-note.txt \
	LICENSES/MIT.txt

MQ_DRIVER_MODULE_SUBDIRS = driver
MQ_DRIVER_INSTALL_STAGING = YES

define MQ_DRIVER_USERS
	- -1 mq -1 - - - - May open /dev/mq
endef

# What other drivers build with, to send: MQ=$(STAGING_DIR)/usr/lib/mq
define MQ_DRIVER_INSTALL_STAGING_CMDS
	$(INSTALL) -D -m 0644 $(@D)/include/linux/mq_kernel.h \
		$(STAGING_DIR)/usr/lib/mq/include/linux/mq_kernel.h
	$(INSTALL) -D -m 0644 $(@D)/driver/Module.symvers \
		$(STAGING_DIR)/usr/lib/mq/Module.symvers
endef

define MQ_DRIVER_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(MQ_DRIVER_PKGDIR)/S41mq \
		$(TARGET_DIR)/etc/init.d/S41mq
	$(INSTALL) -D -m 0644 $(MQ_DRIVER_PKGDIR)/mq.default \
		$(TARGET_DIR)/etc/default/mq
endef

define MQ_DRIVER_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(@D)/packaging/modules-load.d/mq.conf \
		$(TARGET_DIR)/usr/lib/modules-load.d/mq.conf
	$(INSTALL) -D -m 0644 $(@D)/packaging/sysusers.d/mq.conf \
		$(TARGET_DIR)/usr/lib/sysusers.d/mq.conf
endef

ifeq ($(BR2_PACKAGE_HAS_UDEV),y)
define MQ_DRIVER_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0644 $(@D)/packaging/udev/60-mq.rules \
		$(TARGET_DIR)/usr/lib/udev/rules.d/60-mq.rules
endef
endif

# The file is busybox's, which may install it again at any time.
ifeq ($(BR2_ROOTFS_DEVICE_CREATION_DYNAMIC_MDEV),y)
define MQ_DRIVER_ADD_TO_MDEV_CONF
	grep -q '^mq ' $(TARGET_DIR)/etc/mdev.conf || \
		grep -v '^#' $(MQ_DRIVER_DIR)/packaging/mdev/mq.conf \
			>>$(TARGET_DIR)/etc/mdev.conf
endef
MQ_DRIVER_TARGET_FINALIZE_HOOKS += MQ_DRIVER_ADD_TO_MDEV_CONF
endif

$(eval $(kernel-module))
$(eval $(generic-package))
