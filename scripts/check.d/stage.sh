# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# Stages, of which each ends with a line of the table and with its whole output in $out/STAGE.log, and lanes of them; for
# scripts/check, which sources this.
#
#   stage NAME TITLE COMMAND...	one result, that of COMMAND
#   need NAME TITLE COMMAND...	the same, also where --stage names others
#   tap NAME TITLE COMMAND...	as many results as COMMAND prints as TAP
#   silent COMMAND...	a command that must say nothing
#   chosen NAME...	whether one of these stages is to run
#   shown	prints what a stage says of itself; of one that fails it is kept for the end, too
#   lane NAME FUNCTION [ARGUMENT...], lane_wait	FUNCTION's stages beside those that follow
#
# $out is where all is kept, $lane where the lane that is running has its own: table, results, failures. $stages are the patterns
# of --stage, $commit is what is tested.

# ---- stages ----

# chosen NAME...: whether one of these stages is to run: without --stage all are.
chosen()
{
	[ -n "$stages" ] || return 0
	for _chosen; do
		set -f # they are no names of files
		for _pattern in $stages; do
			set +f
			# shellcheck disable=SC2254 # a pattern
			case $_chosen in $_pattern) return 0 ;; esac
		done
	done
	return 1
}

# stage NAME TITLE COMMAND...: one result, that of COMMAND.
stage()
{
	! chosen "$1" || need "$@"
}

# need NAME TITLE COMMAND...: the same of what others need.
need()
{
	_name=$1
	_title=$2
	shift 2
	stage_begin "$_name" "$_title"
	if ("$@") >"$out/$_name.log" 2>&1 </dev/null; then
		stage_end 1 0 0
	else
		tail -n 40 "$out/$_name.log" | shown
		stage_end 0 1 0
	fi
}

shown()
{
	sed 's/^/    /' | tee -a "$lane/words"
}

stage_begin()
{
	stage_name=$1
	stage_title=$2
	stage_time=$(date +%s)
	: >"$lane/words"
	mq_say "-- $stage_title"
}

# stage_end PASSED FAILED SKIPPED
stage_end()
{
	_seconds=$(($(date +%s) - stage_time))
	_word=ok
	if [ "$2" -ne 0 ]; then
		_word=FAILED
		echo "    $stage_title FAILED; all of its output: ${out#"$PWD/"}/$stage_name.log"
		{
			echo "-- $stage_title"
			grep -v '# SKIP' "$lane/words" | tail -n 60
		} >>"$lane/failures"
	fi
	printf '%-6s %5d %5d %5d %5ds  %s\n' "$_word" "$1" "$2" "$3" "$_seconds" "$stage_title" >>"$lane/table"
	echo "| $stage_name | $_word | $1 | $2 | $3 | $(date -u +%Y-%m-%d) | $commit | $stage_title |" >>"$out/record"
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
}

# A command that must say nothing.
silent()
{
	"$@" >"$lane/said" 2>&1 || { cat "$lane/said"; return 1; }
	cat "$lane/said"
	[ ! -s "$lane/said" ]
}

# tap NAME TITLE COMMAND...: as many results as COMMAND prints as TAP.
tap()
{
	chosen "$1" || return 0
	_name=$1
	stage_begin "$1" "$2"
	shift 2
	rm -f "$lane/results"
	{
		echo "== $_name 0"
		"$@" 2>&1
	} >"$out/$_name.log" </dev/null
	tap_count "$out/$_name.log" '' "$_name"
	tap_end
}

# tap_count LOG STRICT NAMES: what the programs NAMES said in LOG becomes lines of $lane/results.
tap_count()
{
	awk -v results="$lane/results" -v strict="$2" -v expected="$3" -f tests/vm/tap.awk "$1" | shown
}

tap_end()
{
	# shellcheck disable=SC2046 # three numbers
	stage_end $(awk '{ p += $2; f += $3; s += $4 } END { print p, f, s }' "$lane/results")
}

# ---- lanes ----

# lane NAME FUNCTION [ARGUMENT...]: the stages of FUNCTION run beside those that follow, until lane_wait, which counts them.
# What they print comes then; their progress comes at once.
lane()
{
	lane_name=$1
	shift
	mkdir -p "$out/lane-$lane_name"
	: >"$out/lane-$lane_name/table"
	lane_run "$@" >"$out/lane-$lane_name/log" </dev/null &
	lane_pid=$!
}

# In a process of its own.
lane_run()
{
	lane=$out/lane-$lane_name
	passed=0 failed=0 skipped=0 _mq_watch=''
	"$@"
	echo "$passed $failed $skipped" >"$lane/counts"
}

lane_wait()
{
	_dir=$out/lane-$lane_name
	wait "$lane_pid"
	lane_pid=''
	cat "$_dir/log"
	if [ ! -e "$_dir/counts" ]; then
		stage_begin "lane-$lane_name" "the stages beside the others came to their end ($lane_name)"
		stage_end 0 1 0
		return
	fi
	cat "$_dir/table" >>"$lane/table"
	[ ! -e "$_dir/failures" ] || cat "$_dir/failures" >>"$lane/failures"
	read -r _passed _failed _skipped <"$_dir/counts"
	passed=$((passed + _passed))
	failed=$((failed + _failed))
	skipped=$((skipped + _skipped))
}

# process_end PID: with all that it has started
# shellcheck disable=SC2317 # called by trap
process_end()
{
	cat "/proc/$1/task/"*/children 2>/dev/null | tr ' ' '\n' | while read -r _child; do
		[ -z "$_child" ] || process_end "$_child"
	done
	kill -TERM "$1" 2>/dev/null || :
}
