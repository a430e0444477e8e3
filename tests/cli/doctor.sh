#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# mq doctor, with made-up systems below a directory; on a booted kernel, as root, where there is a module MQ_MODULE
# (/lib/mq/mq_driver.ko) and users of tests/vm/init, also with the real one. Wants mq in the PATH. Prints TAP, then
# "N passed, N failed"; exits 0 only if all passed.
set -u
if [ "${1-}" = --help ]; then
	sed -n '5,7s/^# \{0,1\}//p' "$0"
	exit 0
fi
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
module=${MQ_MODULE:-/lib/mq/mq_driver.ko}
release=$(uname -r)
# It may have a +, which grep would take for its own.
shown=$(echo "$release" | sed 's/[+.]/\\&/g')
tree=$dir/tree

# file PATH TEXT: a file of the made-up system.
file()
{
	mkdir -p "$tree/${1%/*}"
	printf '%s\n' "$2" >"$tree/$1"
}

doctor()
{
	run mq doctor --root "$tree"
}

# line WORD WHAT TEXT: the last run printed such a line.
line()
{
	grep -qE "^$1 +$2 .*$3" "$dir/out"
	report $? "$2: $3" "$(cat "$dir/out")"
}

begin()
{
	rm -rf "$tree"
	mkdir -p "$tree/dev"
}

module_file()
{
	file "lib/modules/$release/modules.dep" "kernel/fs/ext4.ko: kernel/crc.ko
updates/mq_driver.ko$1:"
	file "lib/modules/$release/updates/mq_driver.ko$1" "no real one${2:+
$2}"
}

modules()
{
	begin
	doctor
	exits 8 "on an empty system there is no module"
	line problem module "not installed for $shown: install it"
	line problem device "there is no .*/dev/mq: it comes with the module"
	line problem group "groupadd --system mq"
	line skipped open "nothing to open"
	is "$(grep -cE '^(ok|problem|skipped) +[a-z]+ ' "$dir/out")" "$(wc -l <"$dir/out")" "a line for each thing"

	module_file ''
	doctor
	line problem module "updates/mq_driver.ko is not loaded: modprobe mq_driver"

	begin
	file lib/modules/1.2.3-other/modules.dep "extra/mq_driver.ko.xz:"
	doctor
	line problem module "installed for 1.2.3-other, not for the running $shown"

	file sys/module/mq_driver/taint OE
	doctor
	line ok module "loaded .not installed"
	line ok signature "accepted the module, unsigned"
	line problem device "the module is loaded, so make the node"
}

signatures()
{
	begin
	module_file ''
	file sys/kernel/security/lockdown "[none] integrity confidentiality"
	file sys/module/module/parameters/sig_enforce N
	doctor
	line ok signature "not asked for"
	file sys/kernel/security/lockdown "none [integrity] confidentiality"
	doctor
	line problem signature "lockdown is integrity.*the module has none: sign it.*mokutil"
	module_file '' "~Module signature appended~"
	doctor
	line ok signature "lockdown is integrity.*mokutil --import"
	module_file .xz
	doctor
	line ok signature "lockdown is integrity.*Key was rejected"
	begin
	file sys/module/module/parameters/sig_enforce Y
	doctor
	line problem signature "module.sig_enforce is on.*there is no module"
	file proc/sys/kernel/modules_disabled 1
	doctor
	line problem signature "kernel.modules_disabled is 1"
}

devices()
{
	begin
	file sys/module/mq_driver/taint O
	file dev/mq "hello"
	doctor
	exits 8 "a plain file is no device"
	line problem device "is no device, but what somebody wrote.*rm "
	rm "$tree/dev/mq"
	ln -s /dev/null "$tree/dev/mq"
	file sys/class/misc/mq/dev 10:99
	doctor
	line problem device "numbers 1:3, the driver's are 10:99"
	file sys/class/misc/mq/dev 1:3
	doctor
	line ok device "mode 0666: open to everyone"
	line problem open "does not speak frames"
	line skipped limits "only an open device tells"
	line skipped user "only an open device tells"
	exits 8 "another device is as bad as none"
}

udev()
{
	begin
	doctor
	line ok udev "not here"
	file etc/udev/rules.d/10-other.rules 'KERNEL=="sda", MODE="0600"'
	doctor
	line problem udev "install 60-mq.rules"
	file usr/lib/udev/rules.d/60-mq.rules '# KERNEL=="mq"'
	doctor
	line problem udev "install 60-mq.rules"
	file usr/lib/udev/rules.d/60-mq.rules 'KERNEL=="mq", GROUP="mq"'
	doctor
	line ok udev "/usr/lib/udev/rules.d/60-mq.rules"
	begin
	file etc/mdev.conf 'mq root:mq 660'
	doctor
	line ok udev "/etc/mdev.conf"
}

# ---- the real one ----

as()
{
	run su -s /bin/sh "$1" -c 'mq doctor'
}

load()
{
	rmmod mq_driver 2>/dev/null
	# shellcheck disable=SC2068 # its parameters
	insmod "$module" $@
}

really()
{
	rmmod mq_driver 2>/dev/null
	run mq doctor
	exits 8 "without the module: 8"
	load
	run mq doctor
	exits 1 "a device of root's group alone, which root can use: 1"
	line problem device "belongs to the group root, not mq: chgrp mq /dev/mq"
	line ok open "can be opened"
	chgrp mq /dev/mq
	run mq doctor
	exits 0 "all is well: 0"
	is "$(grep -vc '^ok ' "$dir/out")" 0 "every line is ok"
	line ok interface "version 0.1.0, this program's is 0.1.0"
	line ok limits "0 of 64 names"
	line ok user "you have 0 of 48 endpoints .USER_ENDPOINTS., with 0 of 3145728 bytes .USER_BYTES."
}

# Eve is put into the group while she is there.
old_login()
{
	mkdir -m 777 "$dir/eve"
	su -s /bin/sh eve -c "touch $dir/eve/here; until [ -e $dir/eve/go ]; do usleep 10000; done; mq doctor" \
		>"$dir/out" 2>"$dir/err" </dev/null &
	until [ -e "$dir/eve/here" ]; do
		usleep 10000
	done
	sed -i 's/^mq:.*/&,eve/' /etc/group
	touch "$dir/eve/go"
	wait $!
	rc=$?
	sed -i 's/^\(mq:.*\),eve$/\1/' /etc/group
	exits 4 "nor for eve in the group, but with an old login"
}

people()
{
	as alice
	exits 0 "all is well for alice, who is in the group"
	line ok group "alice is in the group mq"
	as eve
	exits 4 "not for eve, who is not"
	line problem group "usermod -aG mq eve"
	line problem open "no permission"
	old_login
	line problem group "log in again, or newgrp mq"
	chmod 600 /dev/mq
	as alice
	exits 4 "a mode that keeps the group out: 4"
	run mq doctor
	exits 1 "which does not keep root out: 1"
	line problem device "mode 0600.*chmod 660 /dev/mq"
}

full()
{
	load MAX_DEVICES=2
	chgrp mq /dev/mq
	mq recv one >/dev/null </dev/null &
	one=$!
	mq recv two >/dev/null </dev/null &
	two=$!
	mq wait one -t 120s
	mq wait two -t 120s
	run mq doctor
	exits 1 "no name is left: 1"
	line problem limits "all 2 names are taken .MAX_DEVICES.*MAX_DEVICES=4"
	kill "$one" "$two"
	wait "$one" "$two" 2>/dev/null
}

modules
signatures
devices
udev
if [ -e "$module" ]; then
	really
	people
	full
fi
finish
