# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# What bench/run and bench/profile share; to be sourced behind scripts/lib.sh.
#
#   bench_build TOP LOG               makes build/bench/mq-bench
#   bench_stage TOP DIR DRIVER ARG... makes DIR what the booted system gets beside its busybox; DRIVER may be empty,
#                                     the ARGs are mq-bench's

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
