# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# The matrix: what is booted, on every kernel and architecture, for scripts/check, which sources this; a cell is `VERSION ARCH`, or
# `VERSION ARCH+OTHER` for programs of OTHER on the kernel for ARCH.
#
#   matrix_choose    which cells: those that --kernel and --arch name ($matrix_kernels, $matrix_archs), else all
#   matrix           runs those of them that have not run yet
#   cell VERSION ARCH    runs one
#   matrix_write     brings docs/matrix.md up to date with the cells that have run (cell does it with --matrix and --full)

matrix_all()
{
	for _version in 6.1 6.12 7.2; do
		for _arch in amd64 amd64+i386 i386 arm64 arm64+armhf armhf riscv64 s390x; do
			echo "$_version $_arch"
		done
	done
	echo 'rt amd64'
	echo '5.10 amd64'
}

matrix_choose()
{
	matrix=$(matrix_all | while read -r _version _arch; do
		case " ${matrix_kernels:-$_version} " in *" $_version "*) ;; *) continue ;; esac
		case " ${matrix_archs:-$_arch} " in *" $_arch "*) ;; *) continue ;; esac
		echo "$_version $_arch"
	done)
	[ -n "$matrix" ] || mq_die "the matrix has no cell of --kernel$matrix_kernels --arch$matrix_archs; there are:
$(matrix_all)"
}

# cell_lacks VERSION ARCH: why it cannot be, if so.
cell_lacks()
{
	(
		mq_arch "${2%+*}"
		mq_arch_lacks "$1"
	)
}

# In two lanes: what is compiled for an architecture is compiled in one of them.
matrix()
{
	lane matrix matrix_part arm riscv
	matrix_part amd i386 s390
	lane_wait
}

# matrix_part WORD...: the cells of the architectures that begin with a WORD
matrix_part()
{
	for _part in $(echo "$matrix" | tr ' ' ,); do
		for _word; do
			case $_part in *,"$_word"*) matrix_cell "${_part%,*}" "${_part#*,}" ;; esac
		done
	done
}

matrix_cell()
{
	chosen "$(cell_stage "$1" "$2")" || return 0
	! grep -q "^$1 $2 " "$out/cells" || return 0
	_why=$(cell_lacks "$1" "$2")
	if [ -n "$_why" ]; then
		mq_say "-- Linux $1 on $2: there is none: $_why"
		return
	fi
	cell "$1" "$2"
	mq_say "-- $(grep -c . "$out/cells") of $(matrix_possible | grep -c .) cells have run"
}

# Those of the chosen ones that can be.
matrix_possible()
{
	echo "$matrix" | while read -r _version _arch; do
		[ -n "$(cell_lacks "$_version" "$_arch")" ] || echo "$_version $_arch"
	done
}

# cell_stage VERSION ARCH: the name of its stage
cell_stage()
{
	_cell_stage=device-$1-$2
	echo "${_cell_stage%-amd64}"
}

cell()
{
	_cell_name=$(cell_stage "$1" "$2")
	chosen "$_cell_name" || return 0
	_cell_title="Linux $1 on $2"
	[ "$1" != rt ] || _cell_title="Linux 6.1 with PREEMPT_RT on $2"
	_cell=$1' '$2
	programs=${2#*+}
	if cell_prepare "$1" "${2%+*}"; then
		device "$_cell_name" "all tests on $_cell_title" '' 120 "$kernel"
		cell_record "$_cell" "$(cat "$kernel/release")"
	else
		cell_record "$_cell" ''
	fi
	programs=amd64
}

# cell_prepare VERSION ARCH: the kernel, and the programs for it.
cell_prepare()
{
	get_kernel "$1" "$2" || return
	[ "$programs" != i386 ] || [ "$2" = i386 ] || return 0
	for _arch in "$2" "$programs"; do
		[ "$_arch" != amd64 ] || continue
		mq_arch "$_arch"
		mq_arch_need
		[ ! -e "$out/programs-$_arch.log" ] || continue
		need "programs-$_arch" "programs for $_arch" programs_cross "$arch_compiler"
	done
}

# cell_record 'VERSION ARCH' RELEASE: the last line of $out/table is its result.
cell_record()
{
	echo "$1 $(tail -n 1 "$lane/table" | awk '{ print $1, $2, $3, $4 }') $(date -u +%Y-%m-%d) ${2:--} $commit" >>"$out/cells"
	# At once: all of them take hours.
	case $mode in
	full | matrix) [ -n "$only" ] || (flock 8 && matrix_write) 8>"$out/cells.lock" ;;
	esac
}

matrix_write()
{
	_old=$out/matrix.old
	grep '^| ' docs/matrix.md >"$_old" 2>/dev/null
	{
		cat <<-'END'
		<!-- SPDX-License-Identifier: GPL-2.0-only -->
		# The matrix

		On each of these kernels all that the machine can run was booted: the device tests and the tests of libmq, and (but for
		32-bit programs on a 64-bit kernel) what the shell of BusyBox, the client and the command `mq` say. `scripts/check --matrix`
		writes the lines of the cells that it runs (`--kernel` and `--arch` choose), `scripts/check --full` all of them.
		Each machine is one of QEMU's, with two emulated CPUs, and each kernel one of Debian's. s390x is big endian, and emulated
		by QEMU 8.2 or newer: older ones may run code that has been overwritten. amd64+i386 is: programs of i386 on the kernel for
		amd64. Skipped are tests that need what a stock kernel (fault injection) or a program of 32 bits lacks. `rt` is Linux 6.1
		with PREEMPT_RT.

		| kernel | architecture | result | passed | failed | skipped | when | release | commit |
		|---|---|---|---:|---:|---:|---|---|---|
		END
		matrix_all | while read -r _version _arch; do
			_why=$(cell_lacks "$_version" "$_arch")
			if [ -n "$_why" ]; then
				echo "| $_version | $_arch | cannot be: $_why | | | | | | |"
			elif grep -q "^$_version $_arch " "$out/cells"; then
				grep "^$_version $_arch " "$out/cells" | sed 's/ / | /g; s/^/| /; s/$/ |/'
			elif grep -qF "| $_version | $_arch | " "$_old"; then
				grep -F "| $_version | $_arch | " "$_old"
			else
				echo "| $_version | $_arch | not run yet | | | | | | |"
			fi
		done
	} >"$out/matrix.md"
	mv "$out/matrix.md" docs/matrix.md
}
