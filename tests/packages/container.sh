# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh disable=SC2154 # of lib.sh, which use.sh has read
#
# Part of use.sh: containers of systemd-nspawn, services, and what unshare makes of a user, that are given /dev/mq. What
# docs/containers.md says is checked here; tests/device/container.c and isolate.c have the device's promises one by one.

boxes=/var/tmp/boxes

# An empty system of USER: all programs are the machine's.
furnish()
{
	for _dir in usr etc proc sys dev run tmp var root; do
		mkdir -p "$boxes/$1/$_dir"
	done
	for _link in bin sbin lib lib64; do
		ln -s "usr/$_link" "$boxes/$1/$_link"
	done
	chown -hR "$1:$1" "$boxes/$1"
}

nspawn()
{
	_user=$1
	shift
	systemd-nspawn -q --pipe --as-pid2 --register=no --resolv-conf=off --timezone=off --link-journal=no -D "$boxes/$_user" --bind-ro=/usr "$@"
}

# box NODE COMMAND: in namespaces of its own: pid, mount, IPC, UTS.
box()
{
	_node=$1
	shift
	nspawn 0 --bind="$_node:/dev/mq" /bin/sh -c "$*"
}

# With users of its own besides: its root is 200000 outside.
mapped()
{
	_node=$1
	shift
	nspawn 200000 --private-users=200000:65536 --bind="$_node:/dev/mq" /bin/sh -c "$*"
}

# service ALLOWED COMMAND...: with no devices but those allowed.
service()
{
	_allowed=$1
	shift
	systemd-run -q --pipe --wait -p DevicePolicy=closed ${_allowed:+-p "DeviceAllow=$_allowed"} "$@"
}

outside_begin()
{
	mq recv outside >"$tmp/outside" &
	outside=$!
	mq wait outside
}

outside_end()
{
	kill "$outside"
	wait "$outside"
}

# hears TEXT COMMAND...: what COMMAND sends to outside.
hears()
{
	_heard=$1
	shift
	"$@" && await grep -qx -e "$_heard" "$tmp/outside"
}

# receives COMMAND...: in the container something takes the name inside, for one message.
receives()
{
	"$@" 'mq recv inside -n 1' >"$tmp/inside" &
	_box=$!
	mq wait inside
	mq list >"$tmp/list"
	mq send inside "from outside" && wait "$_box" && grep -qx "from outside" "$tmp/inside"
}

# Name, pid and uid of those in a list.
who()
{
	cut -f 1-3 | tr '\t' ' ' | tee "$tmp/who"
}

sees()
{
	_line=$1
	shift
	"$@" 'mq list' | who
	grep -qx "$_line" "$tmp/who"
}

# A second node of the same device, which belongs to the container's root.
node_make()
{
	# shellcheck disable=SC2046 # two numbers
	mknod -m 600 /dev/mq-box c $(tr : ' ' </sys/class/misc/mq/dev) && chown 200000:200000 /dev/mq-box
}

is_seen_as()
{
	receives mapped /dev/mq-box && who <"$tmp/list" | grep -q "^inside [0-9]* $1\$"
}

same_name_inside()
{
	# shellcheck disable=SC2016 # the container's shell
	says "to its own" mapped /dev/mq-box 'mq recv outside -n 1 & mq wait outside && mq send outside "to its own" && wait $!'
}

furnish 0
furnish 200000
outside_begin
check "a service whose devices are closed may not open it" exits 4 service '' mq list
check "and mq says so" says "you may not open /dev/mq: a container must be given the device" service '' mq list
check "with DeviceAllow=/dev/mq rw it may" hears "from a service" service '/dev/mq rw' mq send outside "from a service"
check "a container with root's uids sends to a name outside" hears "from a box" box /dev/mq 'mq send outside "from a box"'
check "who is outside sends to a name in it" receives box /dev/mq
check "it sees the names outside, and no pids of theirs" sees 'outside 0 0' box /dev/mq
check "with users of its own a container cannot open the node of root and mq" exits 4 mapped /dev/mq 'mq list'
check "a node can be made for it" node_make
check "then it sees the names outside, and nobody it knows" sees 'outside 0 65534' mapped /dev/mq-box
check "it sends" hears "from another" mapped /dev/mq-box 'mq send outside "from another"'
check "it takes a name, under the uid that its root is outside" is_seen_as 200000
check "its root is not root: no name with a dot" exits 4 mapped /dev/mq-box 'mq recv .inside -n 1'
check "namespaces that a user of the group has made keep the group" hears "from a user" \
	runuser -l alice -c 'unshare --user --map-root-user --mount --pid --fork mq send outside "from a user"'
outside_end
sed -i 's/ISOLATE=0/ISOLATE=1/' /etc/modprobe.d/mq.conf
check "ISOLATE=1" reload
outside_begin
check "a container sees nobody outside" not sees 'outside.*' mapped /dev/mq-box
check "it reaches nobody" exits 3 mapped /dev/mq-box 'mq send outside x'
check "it may have the same name" same_name_inside
check "nobody outside has heard of it" test ! -s "$tmp/outside"
check "a user's namespaces are apart too" exits 3 runuser -l alice -c 'unshare --user --map-root-user --pid --fork mq send outside x'
outside_end
rm -f /dev/mq-box
sed -i 's/ISOLATE=1/ISOLATE=0/' /etc/modprobe.d/mq.conf
check "ISOLATE=0 again" reload
rm -rf "$boxes"
