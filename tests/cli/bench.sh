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

# Each of these lines is there once, with a positive figure.
lines_check()
{
	awk -F, -v want="$1" 'NR == 1 { next } $7 > 0 { seen[$1 "," $2]++ } { n++ }
		END { m = split(want, w, " "); for (i = 1; i <= m; i++) if (seen[w[i]] != 1) exit 1; exit n != m }' "$dir/out"
	report $? "$2" "$(cat "$dir/out" "$dir/err")"
}

all='one,mq one,pipe one,socket batch,mq batch,pipe batch,socket call,mq call,pipe call,socket'
load
run mq bench --csv --count 200
exits 0 "it runs"
is "$(head -n 1 "$dir/out")" "measure,channel,bytes,per_call,receivers,messages,nanoseconds" "the columns have names"
lines_check "$all broadcast,mq broadcast,pipe broadcast,socket" "every figure is there"
is "$(awk -F, '$1 == "batch" && $2 == "mq" { print $4 }' "$dir/out")" 16 "a batch is what a mailbox holds (QUEUE_LEN)"
is "$(awk -F, '$1 == "broadcast" && $2 == "mq" { print $5 }' "$dir/out")" 8 "a broadcast goes to 8"
is "$(cat "$dir/err")" "" "and nothing is said"

run mq bench --count 50 --size 4000 --receivers 3
exits 0 "with other numbers too"
is "$(grep -cE '^(send and receive|call and reply|broadcast and receive)' "$dir/out")" 4 "the table has four lines"
grep -q '^3 receivers' "$dir/out" && grep -q 'Time on this machine' "$dir/out"
report $? "it says what was measured" "$(cat "$dir/out")"

run mq bench --size 5000
exits 2 "a message that is too long is refused"
says "at most 4096 bytes here (CMD_BUF_SIZE)" "with the limit"

mq recv bystander >"$dir/heard" </dev/null &
bystander=$!
mq wait bystander -t 120s
run mq bench --csv --count 50
lines_check "$all" "without --disturb nobody else is disturbed"
run mq bench --csv --count 50 --disturb
lines_check "$all broadcast,mq broadcast,pipe broadcast,socket" "with it there is the broadcast"
mq send bystander end
kill "$bystander"
wait "$bystander" 2>/dev/null

run su -s /bin/sh alice -c 'mq bench --csv --count 50'
exits 0 "who is not root can do it too"

load MAX_DEVICES=4
run mq bench --count 50
exits 5 "more receivers than names are left: 5"
says "MAX_DEVICES is 4" "with the limit"
is "$(mq list --json | wc -l)" 0 "it leaves nothing behind"
finish
