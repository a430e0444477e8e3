#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# In the Debian machine, the boot after the installation: the module is there, people and containers use it, the packages are
# installed once more and purged; then the source is installed as README.md says, and the machine is locked down.
# shellcheck source=tests/packages/lib.sh
. "$(dirname "$0")/lib.sh"

node_is_right()
{
	stat -c '%F %U:%G %a' /dev/mq | tee "$tmp/node"
	grep -qx 'character special file root:mq 660' "$tmp/node"
}

# ---- people ----

# Two of one user: who receives ends after one message.
talk()
{
	as alice mq recv bob -n 1 >"$tmp/heard" &
	_pid=$!
	as alice mq wait bob && as alice mq send bob hello && wait "$_pid" && grep -qx hello "$tmp/heard"
}

# The registered shell itself reads, with nothing but echo and read.
text()
{
	cat >"$tmp/text.sh" <<-'END'
	echo /reg lamp >/dev/mq
	echo /from on >/dev/mq
	bash -c 'echo /reg door >/dev/mq; echo /msg lamp somebody is here >/dev/mq'
	read -r from text </dev/mq
	echo "$from says: $text"
	END
	chmod 755 "$tmp" "$tmp/text.sh"
	says "door says: somebody is here" as alice bash "$tmp/text.sh"
}

lamp()
{
	as alice stdbuf -oL ./lamp >"$tmp/lamp" &
	_pid=$!
	mq wait lamp && mq send lamp on && await grep -qF "(uid 0): on, 0 lost before" "$tmp/lamp"
	_rc=$?
	# It, not the shell of the login that has started it.
	kill "$(mq list | awk -F '\t' '$1 == "lamp" { print $2 }')"
	wait "$_pid"
	return "$_rc"
}

# ---- parameters ----

parameters()
{
	(cd /sys/module/mq_driver/parameters && grep -H . ./*)
}

reload()
{
	modprobe -r mq_driver && modprobe mq_driver && udevadm settle && test -c /dev/mq
}

sample_is_the_defaults()
{
	parameters >"$tmp/default"
	sed -i 's/^#options/options/' /etc/modprobe.d/mq.conf
	reload && parameters | diff "$tmp/default" - && [ "$(modprobe -c | grep -c '^options mq_driver ')" -eq "$(grep -c . "$tmp/default")" ]
}

parameter_is_set()
{
	sed -i 's/QUEUE_LEN=16/QUEUE_LEN=7/' /etc/modprobe.d/mq.conf
	reload && [ "$(cat /sys/module/mq_driver/parameters/QUEUE_LEN)" -eq 7 ] && node_is_right
}

# ---- the packages ----

again()
{
	apt-get -y --reinstall install ./build/deb/*.deb && [ "$(cat /sys/module/mq_driver/parameters/QUEUE_LEN)" -eq 7 ] &&
		grep -q '^options mq_driver QUEUE_LEN=7' /etc/modprobe.d/mq.conf && dkms status mq | grep -q "$release, x86_64: installed" && talk
}

purge()
{
	apt-get -y purge mq-dkms libmq1 libmq-dev mq-tools
}

# dkms makes its own keys and directories, whoever it is for.
nothing_is_left()
{
	tree | diff /var/lib/mq-check-before - | grep '^[<>]' | grep -vE '^> (/var/lib/mq-check-before|/var/lib/dkms/mok\.(key|pub))$' >"$tmp/left"
	cat "$tmp/left"
	[ ! -s "$tmp/left" ] && [ -z "$(dkms status mq)" ] && ! modinfo mq_driver
}

# ---- README.md: Debian packages ----

# A person, where the packages were built.
readme_debian()
{
	while read -r _line; do
		check "README: $_line" as alice "cd $here && $_line"
	done <debian
}

# ---- README.md: install on a machine ----

# A person, in the unpacked source.
person()
{
	runuser -l alice -c "cd mq-$version && $*"
}

lamp_from_source()
{
	person mq recv lamp -n 1 >"$tmp/heard" &
	_pid=$!
	person mq wait lamp && person mq send lamp on && wait "$_pid" && grep -qx on "$tmp/heard"
}

uninstalled()
{
	person sudo make uninstall && tree | grep -v '^/usr/local/' | diff "$tmp/before" - || return 1
	# of /usr/local the directories may stay
	[ -z "$(find /usr/local -mindepth 1 ! -type d ! -name man)" ]
}

# ---- locked down ----

locked_down()
{
	echo integrity >/sys/kernel/security/lockdown
	says "Operation not permitted" insmod "$1" && says "unsigned module loading is restricted" dmesg
}

cp "$(modinfo -n mq_driver)" "$tmp/saved.ko"
check "at boot the module was loaded" systemctl is-active systemd-modules-load.service
check "it is in the kernel" test -e /sys/module/mq_driver
check "udev has given /dev/mq to root and the group mq, 0660" node_is_right
check "a user of the group mq: mq doctor finds all in order" as alice mq doctor
check "a user of the group mq: mq recv and mq send" talk
check "a user of the group mq: text, with echo and read" text
check "the program of the README receives" lamp
check "another user: mq send ends with 4" exits 4 as eve mq send lamp on
check "and says what to do" says "/dev/mq is for members of the group mq: usermod -aG mq USER" as eve mq send lamp on
check "another user: text is refused" says "Permission denied" as eve 'echo /reg eve >/dev/mq'
check "another user: mq doctor says whom to ask" says "eve is not in the group mq: usermod -aG mq eve as root" as eve mq doctor
check "the sample of modprobe.d has all parameters, and their defaults" sample_is_the_defaults
check "what is changed in it is in effect, and the device is right again" parameter_is_set
# shellcheck source=tests/packages/container.sh
. ./container.sh
check "installed over itself, with the module loaded, all works on; what was configured stays" again
check "purge" purge
check "the module is gone" test ! -e /sys/module/mq_driver
check "so is the device" test ! -e /dev/mq
check "nothing is left of it" nothing_is_left
# As is Debian's practice: a file may still belong to it.
check "but the group" getent group mq
groupdel mq
readme_debian
check "README: then mq recv and mq send" talk
check "purge again" purge
check "nothing is left of it, again" nothing_is_left
groupdel mq
tree | grep -v '^/usr/local/' >"$tmp/before"
runuser -l alice -c "tar -xf $here/mq-$version.tar.xz"
check "README: scripts/install" person scripts/install
# shellcheck disable=SC2016 # the person's shell
check "README: usermod" person 'sudo usermod -aG mq "$USER"'
check "README: scripts/load QUEUE_LEN=32" person sudo scripts/load QUEUE_LEN=32
check "README: mq doctor" person mq doctor
check "README: mq recv and mq send" lamp_from_source
check "README: scripts/unload" person sudo scripts/unload
check "README: make uninstall leaves nothing" uninstalled
check "locked down, unsigned: Operation not permitted" locked_down "$tmp/saved.ko"
phase_end
