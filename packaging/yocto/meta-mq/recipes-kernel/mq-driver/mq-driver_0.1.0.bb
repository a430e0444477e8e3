# SPDX-License-Identifier: GPL-2.0-only
SUMMARY = "Kernel module for messages between processes by name"
DESCRIPTION = "The character device /dev/mq: processes send each other messages by name, without a daemon."
SECTION = "kernel"
LICENSE = "GPL-2.0-only & (GPL-2.0-with-Linux-syscall-note | MIT)"
LIC_FILES_CHKSUM = " \
    file://LICENSES/GPL-2.0-only.txt;md5=b234ee4d69f5fce4486a80fdaf4a4263 \
    file://LICENSES/Linux-syscall-note.txt;md5=b8fd6961a627bd2cca84d9319bbbe8e1 \
    file://LICENSES/MIT.txt;md5=8a10fff846c08abb1bfaefba3dac1d80 \
"

inherit module useradd

FILESEXTRAPATHS:prepend := "${MQ_SOURCE}:"
SRC_URI = "file://LICENSES file://driver file://include file://packaging/udev"
S = "${UNPACKDIR}"

# The directory has a Kbuild and no Makefile: the kernel's is asked.
EXTRA_OEMAKE += "-C ${STAGING_KERNEL_DIR} M=${S}/driver"
MAKE_TARGETS = "modules"

KERNEL_MODULE_AUTOLOAD += "mq_driver"

# What other drivers build with, to send, where module.bbclass looks for it:
#   DEPENDS += "kernel-module-mq-driver"
#   EXTRA_OEMAKE += "MQ=${STAGING_INCDIR}/kernel-module-mq-driver"
PROVIDES += "kernel-module-mq-driver"
MODULES_MODULE_SYMVERS_LOCATION = "driver"

do_install:append() {
    mv ${D}${includedir}/${BPN} ${D}${includedir}/kernel-module-mq-driver
    install -d ${D}${includedir}/kernel-module-mq-driver/include/linux
    install -m 0644 ${S}/include/linux/mq_kernel.h ${D}${includedir}/kernel-module-mq-driver/include/linux/
    install -d ${D}${nonarch_base_libdir}/udev/rules.d
    install -m 0644 ${S}/packaging/udev/60-mq.rules ${D}${nonarch_base_libdir}/udev/rules.d/
}

FILES:${PN} += "${nonarch_base_libdir}/udev/rules.d/60-mq.rules"

USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system mq"
