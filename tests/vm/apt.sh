# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# An apt of our own: packages of whatever suite and architecture are fetched and unpacked, nothing is installed. It trusts
# Debian's keyring alone. To be sourced behind scripts/lib.sh; $cache is the directory from mq_cache.
#
#   apt_suite SUITE ARCH    chooses both for what follows
#   apt_run COMMAND...      apt-get or apt-cache, so chosen
#   apt_depends PACKAGE, apt_has PACKAGE, apt_version PACKAGE
#   apt_fetch DIR PACKAGE...    the packages' files into DIR

# shellcheck disable=SC2154 # $cache

# With fresh package lists.
apt_suite()
{
	apt_arch=$2
	apt=$cache/apt/$1
	[ "$2" = amd64 ] || apt=$apt-$2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	[ -e "$apt/status" ] || : >"$apt/status"
	mirror=${MQ_MIRROR:-http://deb.debian.org}
	key="[arch=$2 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	echo "deb $key $mirror/debian $1 main" >"$apt/sources.list"
	# For the others the security archive's package lists are often broken.
	[ "$1-$2" != bookworm-amd64 ] ||
		echo "deb $key $mirror/debian-security bookworm-security main" >>"$apt/sources.list"
	mq_say "reading the package list of Debian $1 ($2)"
	apt_run apt-get -qq update >&2 || mq_die "apt cannot read the package list of Debian $1: is there a network?"
}

apt_run()
{
	_apt_tool=$1
	shift
	# Two runs may want one list.
	flock "$apt/flock" "$_apt_tool" -o APT::Architecture="$apt_arch" -o APT::Architectures::="$apt_arch" \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" "$@" </dev/null
}

# The packages that package $1 depends on.
apt_depends()
{
	apt_run apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances "$1" | sed -n 's/^ *Depends: \([^<]*\)$/\1/p'
}

apt_has()
{
	[ -n "$(apt_run apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

apt_version()
{
	apt_run apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p'
}

# Downloads packages into the directory $1.
apt_fetch()
{
	_apt_dir=$1
	shift
	mkdir -p "$_apt_dir"
	mq_say "downloading $*"
	mq_watch fetched "$_apt_dir"
	if ! (cd "$_apt_dir" && apt_run apt-get -qq download "$@") >&2; then
		mq_watch_end
		mq_die "cannot download $* (mirror: $mirror; MQ_MIRROR names another)"
	fi
	mq_watch_end
}

# shellcheck disable=SC2317 # called by mq_watch
fetched()
{
	mq_say "  $(du -sm "$1" | cut -f1) MB so far"
}
