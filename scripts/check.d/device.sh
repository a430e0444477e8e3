# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# The tests that run in a booted machine, and the kernels for it; for scripts/check, which sources this behind stage.sh.
#
#   device NAME TITLE STRICT SECONDS KERNELDIR [BOOT-OPTION...]	three results and more, one of them the machine's verdict
#   get_kernel VERSION [ARCH]	into $kernel
#   sanitizer_start, sanitizer_wait	the sanitizer kernel, compiled meanwhile; into $kernel
#
# $programs is the architecture that the programs are for, $only, $left_out which tests run, $parts whether the device tests (device),
# what runs beside them (programs) or both, $gcov and $pattern how the driver is compiled.

# ---- device tests ----

# What runs in the machine beside the device tests: /mq/NAME.sh each, but lib. Debian has no libedit, ncurses and python to
# compile against for other architectures.
device_programs()
{
	[ -z "$only" ] && [ "$parts" != device ] || return 0
	case $(mq_arch_of "$_kernel")+$programs in
	amd64+amd64) echo busybox client_session lib cli_session cli_shell cli_top cli_doctor cli_bench examples ;;
	"$programs+$programs") echo busybox client_session lib cli_session cli_doctor cli_bench ;;
	*) echo lib ;;
	esac
}

# What tests/vm/run-tests is to run, in this order.
device_parts()
{
	_parts=device
	[ "$parts" != programs ] || _parts=
	echo "$_parts $(device_programs)"
}

# device NAME TITLE STRICT SECONDS KERNELDIR [BOOT-OPTION...]: three results and more, one of them the machine's verdict.
device()
{
	chosen "$1" || return 0
	stage_begin "$1" "$2"
	_strict=$3
	_seconds=$4
	_kernel=$5
	_log=$out/$1.log
	_stage=$out/$1.stage
	shift 5
	rm -rf "$_stage" "$lane/results"
	# shellcheck disable=SC2086 # words, or none
	if ! _module=$(tests/vm/driver --users ${gcov:+--suffix gcov} ${pattern:+--suffix pattern} "$_kernel" $gcov $pattern 2>"$_log") || ! device_stage 2>>"$_log"; then
		tail -n 40 "$_log" | shown
		stage_end 0 1 0
		return
	fi
	device_boot "$@"
	device_count
}

# The files for the machine. $programs: the architecture that the programs are for.
device_stage()
{
	_suffix=$(programs_suffix)
	mkdir -p "$_stage/lib/mq" "$_stage/mq/pages" "$_stage/usr/bin" "$_stage/lib/terminfo/v" "$_stage/lib/terminfo/l" &&
	cp "$_module" "${_module%/*}/mq_kernel_test.ko" "${_module%/*}/mq_sample.ko" "$_stage/lib/mq/" &&
	cp tests/vm/run-tests "$_stage/mq/run" &&
	cp "build/tests/mq-device-tests$_suffix" "$_stage/mq/mq-device-tests" &&
	cp "build/tests/mq-lib-tests$_suffix" "$_stage/mq/mq-lib-tests" &&
	cp -r "build/tests/examples$_suffix/." "$_stage/mq/pages/" || return
	# shellcheck disable=SC2086 # no pattern at all is none
	{
		echo "seconds=$_seconds"
		echo "planned=$(device_planned)"
		echo "patterns='$only'"
		echo "left_out='$left_out'"
		echo "programs='$(device_parts)'"
		echo "storm='${MQ_STORM:-}' seed='${MQ_SEED:-}'"
	} >"$_stage/mq/options"
	[ "$(mq_arch_of "$_kernel")" != "$programs" ] || device_stage_programs
}

# How many device tests run. Of what is built for another architecture only this one's list is at hand, and not all of its files
# are built there.
device_planned()
{
	if [ "$parts" = programs ]; then
		echo 0
		return
	fi
	_not_built=
	[ "$programs" = amd64 ] || _not_built=$(make -s -C tests/device left_out CROSS_COMPILE="$programs" | sed 's/[^ ]*/-x &/g')
	# shellcheck disable=SC2086 # words
	build/tests/mq-device-tests -l $left_out $_not_built $only | grep -c .
}

device_stage_programs()
{
	_guest=build/guest$_suffix
	cp "$_guest/client/mq-client" "$_guest/cli/mq" "$_stage/usr/bin/" &&
	cp "build/tests/terminal$_suffix" "$_stage/usr/bin/terminal" &&
	cp tests/device/busybox.sh tests/device/client_session.* tests/cli/lib.sh tests/cli/json.awk "$_stage/mq/" || return
	for _test in session shell top doctor bench; do
		cp "tests/cli/$_test.sh" "$_stage/mq/cli_$_test.sh" || return
	done
	[ "$programs" = amd64 ] || return 0
	cp /lib/terminfo/v/vt100 "$_stage/lib/terminfo/v/" && cp /lib/terminfo/l/linux "$_stage/lib/terminfo/l/" &&
	cp -r examples "$_stage/mq/" && cp build/guest/examples/* "$_stage/mq/examples/" &&
	tests/examples/stage-python "$_stage" && cp tests/examples/run.sh "$_stage/mq/examples.sh"
}

device_boot()
{
	mq_watch device_progress "$_log" "$(sed -n 's/planned=//p' "$_stage/mq/options")"
	verdict=0
	tests/vm/boot --timeout $((_seconds * 30)) --out "$out/$stage_name" "$@" --kernel "$_kernel" --stage "$_stage" \
		>"$_log" 2>"$_log.verdict" || verdict=$?
	mq_watch_end
	rm -rf "$_stage"
}

# shellcheck disable=SC2317 # called by mq_watch
device_progress()
{
	_more=" of $2 tests or more"
	[ "$2" -gt 0 ] || _more=' tests'
	mq_say "   $(grep -cE '^(not )?ok ' "$1")$_more"
}

device_count()
{
	tap_count "$_log" "$_strict" "$(device_parts)"
	# The machine's own verdict is one result more; that a test has failed is not counted twice.
	if [ "$verdict" -eq 1 ] && ! awk '$3 > 0 { found = 1 } END { exit !found }' "$lane/results"; then
		verdict=3
	fi
	case $verdict in
	0 | 1) echo "machine 1 0 0" ;;
	*) echo "machine 0 1 0" ;;
	esac >>"$lane/results"
	[ "$verdict" -eq 0 ] || shown <"$_log.verdict"
	cat "$_log.verdict" >>"$_log"
	rm -f "$_log.verdict"
	tap_end
}

# ---- kernels ----

# get_kernel VERSION [ARCH]: into $kernel; without it the stages that want it have failed.
get_kernel()
{
	stage_begin "kernel-$1${2:+-$2}" "Linux $1 for the test machine${2:+ ($2)}"
	if kernel=$(tests/vm/kernel --arch "${2:-amd64}" "$1"); then
		stage_end 1 0 0
		return 0
	fi
	stage_end 0 1 0
	return 1
}

sanitizer_start()
{
	[ "$mode" != quick ] && chosen checkpatch device-sanitizer || return 0
	# A process group of its own, to be ended as one.
	setsid nice -n 5 tests/vm/kernel sanitizer >"$out/sanitizer.path" 2>"$out/kernel-sanitizer.log" </dev/null &
	sanitizer=$!
}

# shellcheck disable=SC2317 # called by mq_watch
sanitizer_progress()
{
	mq_say "  $(tail -n 1 "$out/kernel-sanitizer.log")"
}

sanitizer_wait()
{
	stage_begin kernel-sanitizer "the sanitizer kernel, compiled in the background (about 5 minutes, once)"
	mq_watch sanitizer_progress
	if wait "$sanitizer"; then
		mq_watch_end
		sanitizer=
		stage_end 1 0 0
		kernel=$(cat "$out/sanitizer.path")
		return 0
	fi
	mq_watch_end
	sanitizer=
	tail -n 40 "$out/kernel-sanitizer.log" | shown
	stage_end 0 1 0
	return 1
}
