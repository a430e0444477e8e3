# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh disable=SC2034 # for those that read this
#
# For the programs that run in the Debian machine, as root, in the directory with what the host gave them:
#
#   check TEXT COMMAND...   a result: COMMAND must succeed; what it said is shown if it does not
#   exits STATUS COMMAND... the command must end so
#   says TEXT COMMAND...    it must print TEXT, whatever its status
#   as USER COMMAND...      as one who has just logged in
#   await COMMAND...        until it succeeds: a machine that is slow is not a failure
#   phase_end               the kernel's log, and the last line: without it the phase has failed
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd "$(dirname "$0")" || exit 1
here=$PWD
release=$(uname -r)
version=$(cat VERSION)
tmp=$(mktemp -d)

check()
{
	_text=$1
	shift
	if ("$@") >"$tmp/said" 2>&1 </dev/null; then
		echo "ok - $_text"
	else
		echo "not ok - $_text"
		sed 's/^/# /' "$tmp/said" | tail -n 25
	fi
}

exits()
{
	_wanted=$1
	shift
	_status=0
	"$@" || _status=$?
	echo "# ended with $_status"
	[ "$_status" -eq "$_wanted" ]
}

says()
{
	_wanted=$1
	shift
	"$@" >"$tmp/text" 2>&1 || :
	cat "$tmp/text"
	grep -qF -e "$_wanted" "$tmp/text"
}

as()
{
	runuser -l "$1" -c "$(shift; printf '%s ' "$@")"
}

await()
{
	_tries=0
	until "$@" >/dev/null 2>&1; do
		_tries=$((_tries + 1))
		[ "$_tries" -lt 600 ] || return 1
		sleep 0.5
	done
}

not()
{
	! "$@"
}

# All that is installed, but for what records installations and what runs.
tree()
{
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /root -o -path /home \
		-o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd \) -prune -o -print | sort
}

log_is_clean()
{
	dmesg >"$tmp/dmesg"
	! grep -E 'BUG: |WARNING: CPU|Oops|general protection|refcount_t:|list_(add|del) corruption|rcu.*stall|blocked for more than' "$tmp/dmesg" || return 1
	# a bad page, an oops, a warning
	[ $(($(cat /proc/sys/kernel/tainted) & (32 | 128 | 512))) -eq 0 ]
}

phase_end()
{
	check "the kernel's log is clean" log_is_clean
	echo "end of the phase"
}
