#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# mq bench: that it measures and prints, not how fast anything is. Runs on a booted kernel, as root; loads the module from
# MQ_MODULE (/lib/mq/mq_driver.ko). Wants mq in the PATH. Prints TAP, then "N passed, N failed"; exits 0 only if all passed.
set -u
if [ "${1-}" = --help ]; then
	sed -n '5,6s/^# \{0,1\}//p' "$0"
	exit 0
fi
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

load()
{
	rmmod mq_driver 2>/dev/null
	# shellcheck disable=SC2068 # its parameters
	insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" $@ && chgrp mq /dev/mq
}

# Each of these lines is there once, with a positive figure; ours and the peers' are compared.
lines_check()
{
	awk -F, -v want="$1" 'NR == 1 { next } $7 > 0 && $8 > 0 && $8 <= $7 { seen[$1 "," $3]++ } { n++ }
		$4 != "floor" && $11 <= 0 { exit 1 }
		END { m = split(want, w, " "); for (i = 1; i <= m; i++) { gsub(/_/, " ", w[i]); sub(/AF.UNIX/, "AF_UNIX", w[i]); if (seen[w[i]] != 1) exit 1 }; exit n != m }' "$dir/out"
	report $? "$2" "$(cat "$dir/out" "$dir/err")"
}

# lines SHAPE...: with each peer that can do it
lines()
{
	for shape; do
		for peer in /dev/mq_frames pipe POSIX_queue System_V_queue AF.UNIX_datagram AF.UNIX_seqpacket; do
			echo "$shape,$peer"
		done
		case $shape in
		self) echo "self,/dev/null self,eventfd" ;;
		trip | call) echo "$shape,eventfd" ;;
		esac
	done | tr '\n' ' '
}

field()
{
	awk -F, -v shape="$1" -v column="$2" '$1 == shape && $4 == "ours" { print $column }' "$dir/out"
}

all=$(lines self batch trip call stream)
broadcast=$(lines broadcast)
queues=$(wc -l </proc/sysvipc/msg)
load
run mq bench --csv --count 50
exits 0 "it runs"
is "$(head -n 1 "$dir/out")" "shape,measure,peer,role,bytes,n,median,least,spread_percent,batches,ratio_to_best_peer,unit" \
	"the columns are those of bench/"
lines_check "$all $broadcast" "every figure is there"
is "$(field batch 6)" 16 "a batch is what a mailbox holds (QUEUE_LEN)"
is "$(field broadcast 6)" 8 "a broadcast goes to 8"
is "$(field self 12)" nanoseconds "the unit is said"
is "$(cat "$dir/err")" "" "and nothing is said"

run mq bench --count 20 --size 4000 --receivers 3
exits 0 "with other numbers too"
is "$(awk '/^nanoseconds/, /^$/' "$dir/out" | grep -c '^[a-zA-Z/].* [0-9]')" 8 "the table has a line for each of 8 ways"
grep -q 'to 3, and received' "$dir/out" && grep -q 'Time on this machine' "$dir/out"
report $? "it says what was measured" "$(cat "$dir/out")"
is "$(grep '^mq / the best peer' "$dir/out" | grep -o ' [0-9]*\.[0-9][0-9]' | wc -l)" 6 "and a ratio for each shape"

run mq bench --size 5000
exits 2 "a message that is too long is refused"
says "at most 4096 bytes here (CMD_BUF_SIZE)" "with the limit"

mq recv bystander >"$dir/heard" </dev/null &
bystander=$!
mq wait bystander -t 120s
run mq bench --csv --count 50
lines_check "$all" "without --disturb nobody else is disturbed"
run mq bench --csv --count 50 --disturb
lines_check "$all $broadcast" "with it there is the broadcast"
mq send bystander end
kill "$bystander"
wait "$bystander" 2>/dev/null

run su -s /bin/sh alice -c 'mq bench --csv --count 50'
exits 0 "who is not root can do it too"

load MAX_DEVICES=4
run mq bench --count 50
exits 5 "more receivers than names are left: 5"
says "MAX_DEVICES is 4" "with the limit"
is "$(mq list --json | wc -l)" 0 "it leaves no name behind"
is "$(wc -l </proc/sysvipc/msg)" "$queues" "and no System V queue"

load CMD_BUF_SIZE=65536
run su -s /bin/sh alice -c 'mq bench --csv --count 50 --size 60000'
exits 0 "what a peer cannot do is left out"
is "$(grep -c '^[a-z]*,[a-z]*,POSIX queue,' "$dir/out") $(field self 5)" "0 60000" "a POSIX queue takes 8,192 bytes"
finish
