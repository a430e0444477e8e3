# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# What the scripts of bench/ share; to be sourced behind scripts/lib.sh.
#
#   bench_build TOP LOG               makes build/bench/mq-bench
#   bench_stage TOP DIR DRIVER ARG... makes DIR what the booted system gets beside its busybox; DRIVER may be empty,
#                                     the ARGs are mq-bench's
#   bench_users_get TOP               installs what mq-bench-users is built from; fails where it cannot be had
#   bench_users_build TOP LOG         makes build/bench/mq-bench-users
#   bench_users_stage TOP DIR         adds it to DIR, with its libraries and D-Bus' broker
#   bench_awk PROGRAM ARG...          PROGRAM.awk with the awk files that it builds on

bench_build()
{
	mq_need gcc make libc6-dev
	mq_log "$2" make -C "$1/bench"
}

bench_stage()
{
	_bench_top=$1 _bench_dir=$2 _bench_driver=$3
	shift 3
	rm -rf "$_bench_dir"
	mkdir -p "$_bench_dir/mq" "$_bench_dir/lib/mq"
	cp "$_bench_top/build/bench/mq-bench" "$_bench_dir/mq/"
	cp "$_bench_top/bench/guest" "$_bench_dir/mq/run"
	[ -z "$_bench_driver" ] || cp "$_bench_driver" "$_bench_dir/lib/mq/mq_driver.ko"
	: >"$_bench_dir/mq/args"
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$_bench_dir/mq/args"
}

_bench_broker_download()
{
	apt-get -qq -o APT::Sandbox::User="$(id -un)" download dbus-broker
}

# Installed, dbus-broker would be the system bus of this machine from its next start on: so it is only unpacked.
_bench_broker_get()
{
	_bench_broker=$(mq_cache)/dbus-broker
	[ ! -e "$_bench_broker/usr/bin/dbus-broker-launch" ] || return 0
	mq_lock "$_bench_broker.lock"
	rm -rf "$_bench_broker.partial"
	mkdir -p "$_bench_broker.partial"
	mq_say "downloading dbus-broker"
	(cd "$_bench_broker.partial" && { _bench_broker_download ||
		{ mq_as_root apt-get -qq update && _bench_broker_download; }; }) >&2 </dev/null || return 1
	dpkg-deb -x "$_bench_broker.partial"/dbus-broker_*.deb "$_bench_broker.partial" || return 1
	rm -rf "$_bench_broker"
	mv "$_bench_broker.partial" "$_bench_broker"
}

bench_users_get()
{
	(mq_need libsystemd-dev libzmq3-dev libnng-dev libapparmor1 libaudit1 libcap-ng0 libexpat1 libselinux1 &&
		_bench_broker_get)
}

bench_users_build()
{
	mq_log "$2" make -C "$1/bench" users
}

bench_users_stage()
{
	_bench_dir=$2
	mkdir -p "$_bench_dir/usr/bin" "$_bench_dir/etc"
	cp "$1/build/bench/mq-bench-users" "$_bench_dir/mq/"
	cp "$(mq_cache)"/dbus-broker/usr/bin/dbus-broker* "$_bench_dir/usr/bin/"
	# The broker wants to know which machine it is on.
	echo 00000000000000000000000000000001 >"$_bench_dir/etc/machine-id"
	dpkg-query -W -f '${Package} ${Version}, ' libsystemd0 libzmq5 libnng1 >"$_bench_dir/mq/users"
	dpkg-deb -f "$(mq_cache)"/dbus-broker/dbus-broker_*.deb Package Version | sed 's/^[^:]*: //' |
		tr '\n' ' ' >>"$_bench_dir/mq/users"
	ldd "$_bench_dir/mq/mq-bench-users" "$_bench_dir"/usr/bin/* >"$_bench_dir.ldd"
	! grep 'not found' "$_bench_dir.ldd" >&2 || mq_die "these libraries are missing here"
	# The dynamic loader stands there alone, a library behind its name.
	sed -n -e 's|.*=> \(/[^ ]*\) (.*|\1|p' -e 's|^[[:space:]]*\(/[^ ]*\) (.*|\1|p' "$_bench_dir.ldd" | sort -u |
		while read -r _bench_library; do
			mkdir -p "$_bench_dir$(dirname "$_bench_library")"
			cp -L "$_bench_library" "$_bench_dir$_bench_library"
		done
	rm "$_bench_dir.ldd"
}

bench_awk()
{
	_bench_dir=$(mq_top)/bench
	_bench_program=$1
	shift
	awk "$@" -f "$_bench_dir/csv.awk" -f "$_bench_dir/goals.awk" -f "$_bench_dir/plot.awk" -f "$_bench_dir/$_bench_program.awk"
}
