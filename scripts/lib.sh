# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# What the project's shell scripts share. POSIX sh; to be sourced:
#	. "$(dirname "$(readlink -f "$0")")/lib.sh"
#
#   mq_top         prints the root of the checkout
#   mq_commit      prints what is checked out, "-dirty" behind it if something was changed, "-" if this is no clone
#   mq_cache       prints the cache directory (made if missing); it is outside the checkout
#   mq_say TEXT    one line for the person who waits, on stderr
#   mq_die TEXT    the same, then exit 1
#   mq_as_root COMMAND...   runs it, with sudo where not root
#   mq_group       makes the group mq unless it is there
#   mq_need PKG... installs those of the Debian packages PKG that are missing
#   mq_jobs        prints how many compilers may run at once
#   mq_log FILE COMMAND...   runs COMMAND with its output in FILE; shows the end of it if it fails
#   mq_lock FILE   waits for an exclusive lock that this process then holds to its end (on descriptor 9)
#   mq_watch COMMAND   runs COMMAND every 15 s in the background until mq_watch_end: lines of progress

mq_say()
{
	printf '%s\n' "$*" >&2
}

mq_die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

mq_top()
{
	_mq_dir=$(dirname "$(readlink -f "$0")")
	while [ ! -e "$_mq_dir/scripts/lib.sh" ]; do
		[ "$_mq_dir" != / ] || mq_die "not inside a checkout of mq (no scripts/lib.sh above $0)"
		_mq_dir=$(dirname "$_mq_dir")
	done
	printf '%s\n' "$_mq_dir"
}

# For what a run writes of itself; those pages do not count.
mq_commit()
{
	(
		cd "$(mq_top)" || exit
		_mq_commit=$(git rev-parse --short HEAD 2>/dev/null) || { echo -; exit; }
		git diff --quiet HEAD -- . ':!docs/*.md' ':!docs/bench' || _mq_commit=$_mq_commit-dirty
		printf '%s\n' "$_mq_commit"
	)
}

mq_cache()
{
	_mq_dir=${MQ_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/mq}
	mkdir -p "$_mq_dir" || mq_die "cannot make the cache directory $_mq_dir (set MQ_CACHE to another)"
	printf '%s\n' "$_mq_dir"
}

mq_as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

mq_group()
{
	! grep -q '^mq:' /etc/group || return 0
	! getent group mq >/dev/null 2>&1 || return 0
	{ mq_as_root groupadd --system mq || mq_as_root addgroup -S mq; } >/dev/null 2>&1 ||
		mq_die "there is no group mq and it could not be made: make it by hand (groupadd --system mq), then try again"
	mq_say "made the group mq: usermod -aG mq USER lets USER in, from the next login on"
}

mq_jobs()
{
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

# Those of the packages "$@" that are not installed, one a line.
_mq_missing()
{
	for _mq_pkg in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$_mq_pkg" 2>/dev/null) in
		installed*) ;;
		*) printf '%s\n' "$_mq_pkg" ;;
		esac
	done
}

# A second run of apt at the same time waits for the first one's lock.
_mq_apt()
{
	mq_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

mq_need()
{
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		# Not Debian: trust the person who says that all is there.
		[ -z "${MQ_NO_APT:-}" ] || return 0
		mq_die "no apt here: install what Debian calls $* and set MQ_NO_APT=1"
	fi
	_mq_list=$(_mq_missing "$@" | tr '\n' ' ')
	[ -n "$_mq_list" ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		mq_die "as root, run: apt-get install --no-install-recommends $_mq_list"
	fi
	mq_say "installing by apt: $_mq_list"
	_mq_out=$(mktemp) || exit 1
	# The package lists may be missing or stale: then once more with fresh ones.
	# shellcheck disable=SC2086 # a list of words
	if _mq_apt install --no-install-recommends $_mq_list >"$_mq_out" 2>&1 ||
	   { _mq_apt update >"$_mq_out" 2>&1 &&
	     _mq_apt install --no-install-recommends $_mq_list >>"$_mq_out" 2>&1; }; then
		rm -f "$_mq_out"
		return 0
	fi
	tail -n 20 "$_mq_out" >&2
	rm -f "$_mq_out"
	mq_die "apt could not install: $_mq_list"
}

mq_log()
{
	_mq_file=$1
	shift
	mkdir -p "$(dirname "$_mq_file")"
	"$@" >"$_mq_file" 2>&1 </dev/null && return 0
	_mq_rc=$?
	tail -n 40 "$_mq_file" >&2
	mq_say "failed ($_mq_rc): $* (all of its output: $_mq_file)"
	return "$_mq_rc"
}

mq_lock()
{
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	flock -n 9 && return 0
	mq_say "waiting for another run that holds $1"
	flock 9
}

# Ended by SIGKILL alone: a shell that has just forked loses a SIGTERM for which its parent has a trap. What is left then is a
# sleep, which has nothing of ours open.
_mq_watch=
mq_watch()
{
	(
		while :; do
			sleep "${MQ_PROGRESS:-15}" >/dev/null 2>&1
			"$@"
		done
	) >&2 9>&- &
	_mq_watch=$!
}

mq_watch_end()
{
	[ -n "$_mq_watch" ] || return 0
	kill -KILL "$_mq_watch" 2>/dev/null || :
	wait "$_mq_watch" 2>/dev/null || :
	_mq_watch=
}
