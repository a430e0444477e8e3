# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# What is found out without a machine: unit tests, lint, and whether all of it builds; for scripts/check, which sources this behind
# stage.sh. $kernel is Debian's Linux 6.1, $checkpatch the script of the sanitizer kernel's source.

# ---- unit tests ----

unit()
{
	chosen unit || return 0
	stage_begin unit "unit tests and fuzzing, with ASan and UBSan"
	_rc=0
	make -C tests/unit check >"$out/unit.log" 2>&1 </dev/null || _rc=1
	_ok=$(grep -c '^\[ *OK \]' "$out/unit.log")
	_bad=$(grep -c '^\[  FAILED  \] [a-z_]*$' "$out/unit.log")
	_planned=$(sed -n 's/^\[==========\] Running \([0-9]*\) test.*/\1/p' "$out/unit.log" | awk '{ n += $1 } END { print n + 0 }')
	[ $((_planned - _ok)) -le "$_bad" ] || _bad=$((_planned - _ok))
	# the fuzzer is one more
	if [ "$_rc" -eq 0 ]; then
		_ok=$((_ok + 1))
	elif [ "$_bad" -eq 0 ]; then
		_bad=1
	fi
	[ "$_bad" -eq 0 ] || grep -v '^\[.*\(RUN\|OK\)' "$out/unit.log" | tail -n 40 | shown
	stage_end "$_ok" "$_bad" 0
}

# ---- lint ----

# The shell scripts among the files of the project.
shell_scripts()
{
	find . \( -path ./build -o -path ./.git \) -prune -o -type f -print | while read -r file; do
		case $(head -n 1 "$file" | tr -d '\0') in
		'#!/bin/sh'* | '#!/bin/busybox sh'*) echo "$file" ;;
		esac
	done
}

lint_shell()
{
	# shellcheck disable=SC2046 # names without spaces
	shellcheck -x -P SCRIPTDIR:. scripts/lib.sh $(shell_scripts)
}

lint_help()
{
	# shellcheck disable=SC2046 # names without spaces
	for script in scripts/* $(find bench docs tests -type f -perm /111 -exec grep -l '^[[:space:]]*Usage: ' {} +); do
		case $script in
		*/lib.sh | *.d) continue ;;
		esac
		if ! "$script" --help >"$lane/said" 2>&1 || ! grep -q "$script" "$lane/said"; then
			echo "$script --help fails or does not name the script"
			return 1
		fi
	done
}

lint_licence()
{
	find . \( -path ./build -o -path ./.git -o -path ./LICENSES \) -prune -o -type f \
		\( -name '*.[chS]' -o -name '*.sh' -o -name '*.awk' -o -name 'Makefile' -o -name Kbuild \
		-o -name '*.[1-9]' -o -name '*.md' -o -name '*.rules' -o -name '*.config' -o -perm /111 \) -print |
		while read -r file; do
			head -n 5 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file has no SPDX line"
		done
}

lint_versions()
{
	grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h' driver include client lib cli |
		grep -v '^driver/compat/' || :
	grep -rnE '\bioctl\(' cli client || :
}

# The file VERSION says it; who cannot read it there is compared.
lint_release()
{
	_version=$(cat VERSION)
	_hex=$(awk -F. '{ printf "0x%02x%02x%02x", $1, $2, $3 }' VERSION)
	grep -qx "#define MQ_VERSION		$_hex" include/uapi/linux/mq_driver.h || echo "include/uapi/linux/mq_driver.h: MQ_VERSION is not $_hex"
	grep -qxF "MODULE_VERSION(\"$_version\");" driver/main.c || echo "driver/main.c: MODULE_VERSION is not $_version"
	[ "$(sed -n 's/^## \[\([0-9].*\)\].*/\1/p' CHANGELOG.md | head -n 1)" = "$_version" ] || echo "CHANGELOG.md: the newest release is not $_version"
	[ "$(sed -n '1s/.*(\(.*\)-.*/\1/p' packaging/debian/changelog)" = "$_version" ] || echo "packaging/debian/changelog does not begin with $_version"
}

# The sample has each parameter of the module.
lint_sample()
{
	sed -n 's/^module_param_named(\([A-Z_]*\),.*/\1/p' driver/param.c | sort >"$out/parameters"
	sed -n 's/^#options mq_driver \([A-Z_]*\)=.*/\1/p' packaging/modprobe.d/mq.conf | sort | diff "$out/parameters" -
}

# lint_sums SUM FILE...: each `FILE;md5=HASH` or `sha256 HASH FILE` of a licence in them is that of the project's file.
lint_sums()
{
	sed -n -E 's/.*file:\/\/(LICENSES\/[^;]*);md5=([0-9a-f]*).*/md5 \2 \1/p; s/^sha256 +([0-9a-f]*) +(LICENSES.*)/sha256 \1 \2/p' "$@" |
		sort -u >"$lane/sums"
	[ -s "$lane/sums" ] || echo "no hash of a licence in $*"
	while read -r _sum _hash _licence; do
		[ "$("${_sum}sum" <"$_licence" | cut -d ' ' -f 1)" = "$_hash" ] || echo "$_licence: $_sum is not $_hash, as below packaging/"
	done <"$lane/sums"
}

# What the packages for boards say of the project: versions, licences, files of it that they name or install.
# shellcheck disable=SC2016 # make's variables
lint_boards()
{
	_version=$(cat VERSION)
	for _file in packaging/yocto/meta-mq/recipes-*/*/*.bb; do
		case $_file in *_"$_version".bb) ;; *) echo "$_file is not for $_version" ;; esac
		lint_sums "$_file"
		sed -n 's/^SRC_URI = //p' "$_file" | grep -o 'file://[^ "]*' | sed 's|^file://||' | while read -r _part; do
			[ -e "$_part" ] || echo "$_file: there is no $_part"
		done
	done
	# oe-core refuses it.
	grep -HnE '^(S|UNPACKDIR)[ ?:]*=.*WORKDIR' packaging/yocto/meta-mq/recipes-*/*/*.bb
	PYTHONPYCACHEPREFIX=$out/pycache python3 -m py_compile packaging/buildroot/support/testing/tests/package/*.py
	grep -qx "PKG_VERSION:=$_version" packaging/openwrt/mq/Makefile || echo "packaging/openwrt/mq/Makefile is not for $_version"
	lint_sums packaging/buildroot/package/*/*.hash
	grep -oh 'LICENSES/[^ ]*' packaging/buildroot/package/*/*.mk packaging/openwrt/mq/Makefile | sort -u | while read -r _file; do
		[ -e "$_file" ] || echo "packaging/ names $_file, which is not there"
	done
	{
		sed -n 's,.*\($(@D)\|_DIR)\)/\(\(packaging\|include\)/[^ ]*\).*,\2,p' packaging/buildroot/package/*/*.mk
		sed -n 's,.*$(MQ_DRIVER_PKGDIR)/\([^ ]*\).*,packaging/buildroot/package/mq-driver/\1,p' packaging/buildroot/package/mq-driver/mq-driver.mk
		sed -n 's,.*$(PKG_BUILD_DIR)/\(include/[^ ]*\).*,\1,p; s,.* \./\(files/[^ ]*\).*,packaging/openwrt/mq/\1,p' packaging/openwrt/mq/Makefile
	} | while read -r _file; do
		[ -e "$_file" ] || echo "packaging/ installs $_file, which is not there"
	done
	sed -n 's|.*$(PKG_INSTALL_DIR)/\([^ ]*\).*|\1|p' packaging/openwrt/mq/Makefile | while read -r _file; do
		# shellcheck disable=SC2086 # a pattern
		ls build/check/root/$_file >/dev/null 2>&1 || echo "packaging/openwrt installs $_file, which make install-user does not"
	done
}

lint_kernel_doc()
{
	perl "$kernel/build/scripts/kernel-doc" -none -Werror driver/*.[ch] include/uapi/linux/*.h include/linux/*.h
}

lint_man()
{
	mandoc -T lint -W warning man/*.[1-9]
}

# The table of promises names tests that are there, and all of them.
lint_promises()
{
	make -s device-tests || return 1
	build/tests/mq-device-tests -l | sed 's/^\([^:]*:[^:]*\):.*/\1/' | sort -u >"$out/tests"
	grep -o '[a-z_0-9]*\.c:[a-z_0-9]*' tests/device/PROMISES.md | grep -vx 'file\.c:test' | sort -u >"$out/named"
	if ! diff "$out/named" "$out/tests"; then
		echo 'tests/device/PROMISES.md (<) and the tests that there are (>) differ'
		return 1
	fi
	grep -o '[a-z_0-9]*\.c:[a-z_0-9]*' SECURITY.md | grep -vx 'file\.c:test' | sort -u | comm -23 - "$out/tests" >"$lane/said"
	[ ! -s "$lane/said" ] && return 0
	echo 'SECURITY.md names tests that are not there:'
	cat "$lane/said"
	return 1
}

lint_readme()
{
	sh tests/device/client_session.sh --readme
}

# style IGNORED-TYPES FILE...
style()
{
	_ignore=$1
	shift
	# In another directory: with git's there it leaves a file behind.
	(cd "$out" && perl "$checkpatch" --no-tree --root="$(dirname "$checkpatch")/.." --strict --terse --show-types \
		--no-summary --quiet --ignore "$_ignore" -f "$@")
}

lint_style()
{
	_rc=0
	# It takes the declaration `struct file_operations;` for a definition; programs have no BIT().
	# shellcheck disable=SC2046 # names without spaces
	style CONST_STRUCT,BIT_MACRO $(find "$PWD/driver" "$PWD/include" "$PWD/tests/kernel" "$PWD/examples/kernel" -name '*.[ch]' ! -name '*.mod.c' ! -name trace.h ! -path '*/compat/*' | sort) || _rc=1
	# It takes the blocks of TRACE_EVENT() for calls.
	style PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE "$PWD"/driver/trace.h || _rc=1
	# Tests for a version are at home here, and have the constant on the right already.
	style LINUX_VERSION_CODE,CONSTANT_COMPARISON "$PWD"/driver/compat/*.h || _rc=1
	# A program has no kernel macros; sig_atomic_t wants volatile; libedit's names are its own.
	# A message for people is one line of the table, so that it can be found.
	style PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE,NAKED_SSCANF,VOLATILE,CAMELCASE,SPACING,LONG_LINE,LONG_LINE_STRING,LONG_LINE_COMMENT,PREFER_KERNEL_TYPES \
		"$PWD"/client/*.[ch] "$PWD"/lib/*.[ch] "$PWD"/cli/*.[ch] || _rc=1
	return $_rc
}

# ---- builds ----

# A driver from nothing, so that no warning was seen by an earlier run only.
driver_clean()
{
	rm -rf "build/driver-$(cat "$1/release")-lint"
	tests/vm/driver --suffix lint --users "$@" >"$out/module"
}

programs()
{
	make -s user BUILD=build/check/programs CFLAGS=-Werror &&
	make -s user BUILD=build/check/programs-plain LIBEDIT=no TOP=no CFLAGS=-Werror &&
	make -s user BUILD=build/guest LDFLAGS=-static &&
	make -s -C tests/device && make -s -C tests/device i686 &&
	make -s -C tests/lib CFLAGS= LDFLAGS= && make -s -C tests/lib CFLAGS= LDFLAGS= i686 &&
	make -s -C examples OUT="$PWD/build/guest/examples" MQ_BUILD="$PWD/build/guest/lib" PKG_CONFIG=false LDFLAGS=-static &&
	gcc -O2 -Wall -Wextra -Werror -static -o build/tests/terminal tests/cli/terminal.c
}

# programs_cross TRIPLE: for the machine of another architecture.
programs_cross()
{
	make -s user BUILD="build/guest-$1" CROSS_COMPILE="$1-" LIBEDIT=no TOP=no CFLAGS=-Werror LDFLAGS=-static &&
	make -s -C tests/device CROSS_COMPILE="$1-" && make -s -C tests/lib CROSS_COMPILE="$1-" CFLAGS= LDFLAGS= &&
	"$1-gcc" -O2 -Wall -Wextra -Werror -static -o "build/tests/terminal-$1" tests/cli/terminal.c
}

# What a program of the architecture $programs has behind its name.
programs_suffix()
{
	(
		mq_arch "$programs"
		[ "$arch" = amd64 ] || echo "-$arch_compiler"
	)
}

install_staged()
{
	rm -rf build/check/root
	make -s install-user install-udev BUILD=build/check/programs DESTDIR="$PWD/build/check/root" PREFIX=/usr &&
	for file in usr/bin/mq-client usr/bin/mq usr/bin/mqctl usr/lib/libmq.so usr/lib/libmq.a usr/lib/pkgconfig/libmq.pc \
		usr/include/libmq.h usr/share/man/man1/mq.1 usr/share/man/man3/mq_endpoint_bind.3 usr/share/man/man4/mq.4 \
		usr/share/bash-completion/completions/mq usr/lib/udev/rules.d/60-mq.rules; do
		[ -s "build/check/root/$file" ] || { echo "make install-user install-udev did not install $file"; return 1; }
	done
}

# by_hand KERNEL ARCH ROOT: what README says of a board by hand, as it stands there, into ROOT.
# shellcheck disable=SC2016 # a pattern
by_hand()
{
	sed -n '/^export ARCH=/,/^```$/{/^```$/d;p}' README.md >"$out/by-hand.sh"
	grep -qx "export ARCH=$2 .*" "$out/by-hand.sh" && grep -q ' INSTALL_MOD_PATH=/path/to/rootfs$' "$out/by-hand.sh" || return
	sed -i "s|/path/to/linux|$1/build|; s|/path/to/rootfs|$3|" "$out/by-hand.sh"
	sh -eux "$out/by-hand.sh"
}

# In a copy: the driver is built where its source is. What is there then is for that machine, and another driver builds with it.
install_by_hand()
{
	_board=$out/by-hand
	_kernel=$(tests/vm/kernel --arch arm64 6.1) && mq_arch arm64 && mq_arch_need && _tarball=$(scripts/dist "$_board") || return
	tar -C "$_board" -xf "$_tarball" && (cd "$_board"/mq-* && by_hand "$_kernel" arm64 "$_board/root") || return
	_modules=$_board/root/lib/modules/$(cat "$_kernel/release")
	for _file in "$_modules/updates/mq_driver.ko" "$_board/root/usr/bin/mq" "$_board/root/usr/bin/mq-client" "$_board/root/usr/lib/libmq.so"; do
		readelf -h "$_file" | grep -q 'Machine: *AArch64$' || { echo "$_file is not for arm64"; return 1; }
	done
	grep -q '^updates/mq_driver\.ko:' "$_modules/modules.dep" && [ -s "$_board/root/usr/lib/udev/rules.d/60-mq.rules" ] &&
		make -C "$_kernel/build" ARCH=arm64 M="$(echo "$_board"/mq-*/examples/kernel)" MQ="$_modules/mq" modules &&
		modinfo -F depends "$_board"/mq-*/examples/kernel/mq_sample.ko | grep -qx mq_driver
}

# The tarball is made twice, the second time from what was unpacked elsewhere; that builds without git.
dist_again()
{
	_first=$(scripts/dist "$out/dist") && _elsewhere=$(mktemp -d) && tar -C "$_elsewhere" -xf "$_first" || return
	(
		cd "$_elsewhere"/mq-* && make -s user CFLAGS=-Werror && build/cli/mq --version | grep -qx "mq $(cat VERSION)" &&
			touch driver/left.o && umask 077 && TZ=Asia/Tokyo scripts/dist "$_elsewhere" &&
			cmp "$_first" "$_elsewhere/${_first##*/}"
	)
	_rc=$?
	rm -rf "$_elsewhere"
	return $_rc
}

# ---- the benchmark ----

# Its report is made too, of the same figures, and compared with itself: nothing differs.
bench_check()
{
	bench/run --check --out "$out/bench" && bench/report --in "$out/bench" --out "$out/bench/page" &&
	[ -s "$out/bench/page/self.svg" ] && bench/compare "$out/bench/result.csv" "$out/bench/result.csv" | tee "$lane/said" &&
	grep -q '^0 of [1-9][0-9]* figures differ' "$lane/said"
}

demo_check()
{
	scripts/demo >"$out/demo.said" || { cat "$out/demo.said"; return 1; }
	scripts/picture --from "$out/demo.said" --check
}
