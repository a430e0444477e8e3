# SPDX-License-Identifier: GPL-2.0-only
SUMMARY = "C library and commands for messages between processes by name"
DESCRIPTION = "libmq, the command mq and the interactive mq-client: they talk over the device of mq-driver."
SECTION = "console/utils"
LICENSE = "GPL-2.0-only & LGPL-2.1-or-later & (GPL-2.0-with-Linux-syscall-note | MIT)"
LICENSE:libmq = "LGPL-2.1-or-later"
LIC_FILES_CHKSUM = " \
    file://LICENSES/GPL-2.0-only.txt;md5=b234ee4d69f5fce4486a80fdaf4a4263 \
    file://LICENSES/LGPL-2.1-or-later.txt;md5=4fbd65380cdd255951079008b364516c \
    file://LICENSES/Linux-syscall-note.txt;md5=b8fd6961a627bd2cca84d9319bbbe8e1 \
    file://LICENSES/MIT.txt;md5=8a10fff846c08abb1bfaefba3dac1d80 \
"

inherit bash-completion

FILESEXTRAPATHS:prepend := "${MQ_SOURCE}:"
SRC_URI = "file://Makefile file://VERSION file://LICENSES file://cli file://client file://include file://lib file://man"
S = "${UNPACKDIR}"

PACKAGECONFIG ??= "libedit ncurses"
PACKAGECONFIG[libedit] = "LIBEDIT=yes,LIBEDIT=no,libedit"
PACKAGECONFIG[ncurses] = "TOP=yes,TOP=no,ncurses"

EXTRA_OEMAKE = "${PACKAGECONFIG_CONFARGS} LINK=shared PREFIX=${prefix} BINDIR=${bindir} LIBDIR=${libdir} \
    INCLUDEDIR=${includedir} MANDIR=${mandir}"

do_compile() {
    oe_runmake user
}

do_install() {
    oe_runmake install-user DESTDIR=${D}
}

PACKAGE_BEFORE_PN = "libmq ${PN}-zsh-completion"
FILES:libmq = "${libdir}/libmq.so.*"
FILES:${PN}-zsh-completion = "${datadir}/zsh"

# The module, and with it the group and udev's rule.
RRECOMMENDS:${PN} += "mq-driver"
