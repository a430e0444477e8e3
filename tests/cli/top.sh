#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# mq top, as tables and on a terminal. Runs on a booted kernel, as root; loads the module from MQ_MODULE
# (/lib/mq/mq_driver.ko). Wants mq and terminal (tests/cli/terminal.c) in the PATH and the descriptions of the terminals
# vt100 and linux in /lib/terminfo. Prints TAP, then "N passed, N failed"; exits 0 only if all passed.
set -u
if [ "${1-}" = --help ]; then
	sed -n '5,7s/^# \{0,1\}//p' "$0"
	exit 0
fi
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

rmmod mq_driver 2>/dev/null
insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" MAX_DEVICES=8 QUEUE_LEN=8 || exit 1

# A mailbox that fills: its owner is stopped, it holds 8 and loses the rest.
owner=
fill_begin()
{
	mq recv full >/dev/null </dev/null &
	owner=$!
	mq wait full -t 120s
	kill -STOP "$owner"
	until grep -q '^State:.T' "/proc/$owner/status"; do
		usleep 10000
	done
}

send_some()
{
	for _i in $(seq "$1"); do
		mq send full "number $_i" || return 1
	done
}

# A step of a terminal test is a line; see terminal.c.
terminal_run()
{
	_what=$1
	shift
	_said=$("$@" 2>&1)
	report $? "$_what" "$_said"
}

batch()
{
	run mq top -b -n 1
	exits 0 "top -b -n 1 ends"
	is "$(sed -n 1p "$dir/out")" "0 of 8 names; a second: 0 accepted, 0 delivered, 0 overwritten, 0 rejected" \
		"the first line counts the names"
	is "$(sed -n 2p "$dir/out")" "since the load: 0 accepted, 0 delivered, 0 overwritten, 0 rejected, 0 discarded; messages hold 0 KiB" \
		"the second, for root, what all counted since the load"
	is "$(sed -n 3p "$dir/out" | tr -s ' ')" "NAME PID UID DEPTH FILL ACCEPT DELIVER OVERWR REJECT SPARED POLICY" "the columns have names"
	is "$(wc -l <"$dir/out")" 3 "and nobody is there"

	fill_begin
	send_some 4
	run mq top -b -n 1
	is "$(sed -n '4s/  */ /gp' "$dir/out")" "full $owner 0 8 [#####.....] - - - - - overwrite" "a mailbox is half full, its rates are not known yet"
	send_some 6
	run mq top -b -n 1
	# Who waited for the name may have got an event, and read it or not.
	is "$(sed -n 2p "$dir/out" | awk '{ print $4 - $6 - $12, $8, $10 }')" "10 2 0" "what all counted"
	is "$(sed -n '4s/  */ /gp' "$dir/out")" "full $owner 0 8 [##########] - - - - - overwrite" "a mailbox is full"
}

# Two tables with messages between them: by the second the rates are known.
rates()
{
	mkfifo "$dir/tables"
	mq top -b -n 6 -d 1s >"$dir/tables" &
	top=$!
	exec 4<"$dir/tables"
	for _i in 1 2 3 4; do
		IFS= read -r line <&4
	done
	is "${line%% *}" full "the first table has a line for the mailbox"
	# Without end: nobody knows what comes between which two of the tables.
	while :; do
		mq send full more
	done &
	sender=$!
	cat <&4 >"$dir/second"
	exec 4<&-
	wait "$top"
	is "$?" 0 "top -b -n 6 ends after six tables"
	kill "$sender"
	wait "$sender" 2>/dev/null
	awk '$1 == "full" && $6 > 0 && $7 == 0 && $8 > 0 && $9 == 0 && $10 == 0 && $11 == "overwrite" { found = 1 } END { exit !found }' "$dir/second"
	report $? "what came into a full mailbox was accepted and overwrote" "$(cat "$dir/second")"
	awk '/^1 of 8/ && !/ 0 accepted/ && / 0 delivered/ && !/ 0 overwritten/ { found = 1 } END { exit !found }' "$dir/second"
	report $? "the first line adds them up" "$(cat "$dir/second")"
}

sorting()
{
	mq recv zebra >/dev/null </dev/null &
	other=$!
	mq wait zebra -t 120s
	is "$(mq top -b -n 1 -s name | awk 'NR > 3 { print $1 }' | tr '\n' ' ')" "full zebra " "sorted by name"
	is "$(mq top -b -n 1 | awk 'NR > 3 { print $1 }' | tr '\n' ' ')" "full zebra " "else the fullest comes first"
	# Process numbers begin anew now and then.
	by_pid='zebra full '
	[ "$other" -gt "$owner" ] || by_pid='full zebra '
	is "$(mq top -b -n 1 -s pid | awk 'NR > 3 { print $1 }' | tr '\n' ' ')" "$by_pid" "sorted by pid"
	run mq top -b -s colour
	exits 2 "there is no such column"
	says "--sort: 'colour' is not name, pid, uid" "and it says which there are"
	run mq top -b -d 0
	exits 2 "no delay at all is refused"
	kill "$other"
	wait "$other" 2>/dev/null
}

pipes()
{
	mq top -b -d 1h | head -n 1 >"$dir/head"
	is "$(cut -d";" -f1 "$dir/head")" "1 of 8 names" "it ends when nobody reads any more"
	run mq top
	exits 2 "without a terminal it refuses"
	says "print tables with mq top -b" "and says what to do"
}

screen()
{
	terminal_run "the screen shows the mailbox; q ends and restores the terminal" env TERM=vt100 terminal mq top <<-END
		wait names
		wait sorted by fill
		wait since the load
		wait REJECT
		wait full
		wait [##########]
		not [31m
		asleep
		type q
		exit 0
	END
	terminal_run "losses are coloured on a terminal that can" env TERM=linux terminal mq top -d 50ms <<-END
		wait NAME
		do mq send full one
		wait [31mfull
		do mq send full two
		type q
		exit 0
	END
	terminal_run "NO_COLOR is heeded" env TERM=linux NO_COLOR=1 terminal mq top -d 50ms <<-END
		wait NAME
		do mq send full one
		wait ;1m
		not [31m
		type q
		exit 0
	END
}

screen_keys()
{
	terminal_run "s and r sort" env TERM=vt100 terminal mq top -d 1h <<-END
		wait sorted by fill
		type s
		wait accepted
		type r
		wait reversed
		type q
		exit 0
	END
	terminal_run "the space bar looks at once" env TERM=vt100 terminal mq top -d 1h <<-END
		wait 1 of 8
		do mq recv late -n 1 >/dev/null & mq wait late -t 120s
		type \x20
		wait late
		do mq send late bye
		type q
		exit 0
	END
	mq recv averylongnameofits23by1 >/dev/null </dev/null &
	long=$!
	mq wait averylongnameofits23by1 -t 120s
	terminal_run "another size of the window is followed" env TERM=vt100 terminal mq top -d 1h <<-END
		wait averylongnameo+
		size 3 40
		wait NAME
		size 24 100
		wait averylongnameofits23by1
		not SPARED
		size 24 106
		wait SPARED POLICY
		wait overwrite
		asleep
		type q
		exit 0
	END
	kill "$long"
	wait "$long" 2>/dev/null
}

screen_ends()
{
	terminal_run "-n ends it" env TERM=vt100 terminal mq top -n 2 -d 50ms <<-END
		wait full
		exit 0
	END
	terminal_run "Control-C restores the terminal" env TERM=vt100 terminal mq top -d 1h <<-END
		wait full
		asleep
		type \x03
		exit 130
	END
	terminal_run "SIGTERM restores the terminal" env TERM=vt100 terminal mq top -d 1h <<-END
		wait full
		signal 15
		exit 130
	END
	terminal_run "an unknown terminal is named, with the remedy" env TERM=nosuch terminal mq top <<-END
		wait a terminal called 'nosuch'
		wait mq top -b
		exit 1
	END
}

batch
rates
sorting
pipes
screen
screen_keys
screen_ends
kill -CONT "$owner"
kill "$owner"
wait "$owner" 2>/dev/null
finish
