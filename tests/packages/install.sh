#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# In the Debian machine, the first boot: the packages are installed, one after the other.
# shellcheck source=tests/packages/lib.sh
. "$(dirname "$0")/lib.sh"

# dkms asks for it in bash.
fits()
{
	_pattern=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"/\1/p' "/usr/src/mq-$version/dkms.conf")
	# shellcheck disable=SC2016 # bash's
	bash -c '[[ $1 =~ $2 ]]' - "$1" "$_pattern"
}

kernels_fit()
{
	for _old in 4.19.0-27-amd64 5.10.0-32-amd64 5.19.0 6.0.12; do
		! fits "$_old" || { echo "dkms.conf takes $_old"; return 1; }
	done
	for _new in 6.1.0 6.1.0-56-amd64 6.12.95+deb12-arm64 6.30.1 7.2.13+deb14-s390x 10.0.1 12.1; do
		fits "$_new" || { echo "dkms.conf does not take $_new"; return 1; }
	done
}

module_is_installed()
{
	dkms status mq | tee "$tmp/status"
	grep -qx "mq/$version, $release, x86_64: installed" "$tmp/status" && [ "$(modinfo -n mq_driver)" = "/lib/modules/$release/updates/dkms/mq_driver.ko" ] &&
		[ "$(modinfo -F version mq_driver)" = "$version" ]
}

group_is_of_the_system()
{
	getent group mq && [ "$(getent group mq | cut -d : -f 3)" -lt 1000 ]
}

install()
{
	apt-get -y --no-install-recommends install "$@"
}

independent()
{
	dpkg-query -W -f '${Package} needs ${Depends}\n' libmq1 libmq-dev mq-tools >"$tmp/depends" && ! grep dkms "$tmp/depends"
}

example()
{
	# shellcheck disable=SC2046 # words
	cc -Wall -Werror -o /home/alice/lamp lamp.c $(pkg-config --cflags --libs libmq)
}

shared()
{
	ldd /home/alice/lamp | grep -q '/usr/lib/x86_64-linux-gnu/libmq.so.1\|/lib/x86_64-linux-gnu/libmq.so.1' && [ "$(pkg-config --modversion libmq)" = "$version" ]
}

# ---- another driver ----

sample=$tmp/mq-$version/examples/kernel

# Nothing of mq's source beside it.
sample_builds()
{
	tar -C "$tmp" -xf "mq-$version.tar.xz" "mq-$version/examples/kernel" &&
		make -C "/lib/modules/$release/build" M="$sample" MQ="/var/lib/dkms/mq/kernel-$release-$(uname -m)" modules &&
		[ "$(modinfo -F depends "$sample/mq_sample.ko")" = mq_driver ]
}

sample_sends()
{
	modprobe mq_driver && insmod "$sample/mq_sample.ko" && says " ms" mq recv clock -n 1 && rmmod mq_sample && rmmod mq_driver
}

tree >/var/lib/mq-check-before
check "mq-tools and libmq1 are installed, without the module" install ./build/deb/libmq1_*.deb ./build/deb/mq-tools_*.deb
check "mq is of this version" says "mq $version" mq --version
check "without the module mq ends with 8" exits 8 mq send lamp on
check "mq doctor says what is missing" says "mq_driver is not installed for $release" mq doctor
check "and ends with 8" exits 8 mq doctor
check "there is a manual page" test -s /usr/share/man/man1/mqctl.1.gz
check "mq-dkms is installed" install ./build/deb/mq-dkms_*.deb
check "dkms has built the module for this kernel" module_is_installed
check "dkms.conf takes Linux 6.1 and all that come after it, and none before" kernels_fit
check "there is a group mq" group_is_of_the_system
check "mq doctor says that it is not loaded" says "is not loaded: modprobe mq_driver" mq doctor
check "libmq-dev is installed" install ./build/deb/libmq-dev_*.deb
check "the program of the README compiles with pkg-config" example
check "and is linked with the installed library" shared
check "library and tools depend on no module" independent
check "another driver builds with what dkms has kept" sample_builds
check "and sends through the module" sample_sends
usermod -aG mq alice
phase_end
