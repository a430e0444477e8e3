#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Runs the examples as examples/README.md shows them. On a booted kernel, as root; loads the module from MQ_MODULE
# (/lib/mq/mq_driver.ko). The built examples are in MQ_EXAMPLES (/mq/examples), mq and python3 (stage-python) in the PATH.
# Prints TAP, then "N passed, N failed"; exits 0 only if all passed.
set -u
if [ "${1-}" = --help ]; then
	sed -n '5,7s/^# \{0,1\}//p' "$0"
	exit 0
fi
here=$(dirname "$(readlink -f "$0")")
lib=$here/lib.sh
[ -e "$lib" ] || lib=$here/../cli/lib.sh
# shellcheck source=tests/cli/lib.sh
. "$lib"
cd "${MQ_EXAMPLES:-/mq/examples}" || exit 1

rmmod mq_driver 2>/dev/null
insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" && chgrp mq /dev/mq || exit 1

# background NAME COMMAND...: goes on when NAME is there. $pid; what it prints is in $dir/NAME.
background()
{
	_name=$1
	shift
	"$@" >"$dir/$_name" 2>&1 </dev/null &
	pid=$!
	mq wait "$_name" -t 120s
}

# until_true COMMAND...: again and again, for a very long time at most.
until_true()
{
	_tries=0
	until "$@" >/dev/null 2>&1; do
		_tries=$((_tries + 1))
		[ $_tries -lt 6000 ] || return 1
		usleep 10000
	done
}

stop()
{
	kill -STOP "$1"
	until_true grep -q '^State:.T' "/proc/$1/status"
}

end()
{
	kill "$1"
	wait "$1" 2>/dev/null
}

sensor()
{
	background hall ./display hall 0
	hall=$pid
	background cellar ./display cellar 0
	cellar=$pid
	stop "$cellar"
	run ./sensor 100 0
	exits 0 "the sensor tells 100 readings"
	kill -CONT "$cellar"
	until_true grep -q 'reading 100 ' "$dir/hall"
	report $? "a display sees the newest" "$(cat "$dir/hall")"
	is "$(sed 's/.*(\([0-9]*\) missed)/\1/' "$dir/hall" | awk '{ n += $1 + 1 } END { print n }')" 100 \
		"what it showed and what it missed are all of them"
	until_true grep -q 'reading 100 ' "$dir/cellar"
	is "$(sed 's/.* C, //' "$dir/cellar")" "reading 100 (99 missed)" "one that slept sees the newest and no other"
	mq send hall "I am no sensor"
	run ./sensor 1 0
	until_true grep -q 'reading 1 ' "$dir/hall"
	! grep -q 'no sensor' "$dir/hall"
	report $? "who is not the sensor is not shown" "$(cat "$dir/hall")"
	end "$hall"
	end "$cellar"
}

service()
{
	background sum ./service
	service=$pid
	run ./client 1 2 3.5
	exits 0 "the service is asked"
	prints 6.5 "and answers"
	run ./client 1 two
	prints "error: no number: two" "it says what it does not understand"
	is "$(mq send sum hello && ./client 4 5)" 9 "a message that is no question is no harm"
	run ./client
	exits 2 "nothing to ask is an error"

	# The service dies with a request in its mailbox, and comes back.
	stop "$service"
	./client 2 2 >"$dir/answer" 2>&1 &
	client=$!
	until_true sh -c 'mq info sum --json | grep -q "\"queued\":1,"'
	kill -KILL "$service"
	wait "$service" 2>/dev/null
	background sum ./service
	service=$pid
	wait "$client"
	is "$?" 0 "a client survives the death of the service"
	is "$(cat "$dir/answer")" 4 "and is answered by the next one"
	end "$service"

	./client 20 3 >"$dir/answer" 2>&1 &
	client=$!
	background sum ./service
	service=$pid
	wait "$client"
	is "$(cat "$dir/answer")" 23 "who comes before the service waits for it"
	end "$service"
}

loop()
{
	background loop ./loop
	loop=$pid
	mq send loop hello
	mq send loop "hello again"
	mq all "to all"
	until_true grep -q '^3 messages, 22 bytes, 0 lost' "$dir/loop"
	report $? "the loop serves mailbox and timer" "$(cat "$dir/loop")"
	kill "$loop"
	wait "$loop"
	is "$?" 0 "and ends by a signal that it reads"
	is "$(tail -n 1 "$dir/loop")" "the end: 3 messages, 22 bytes, 0 lost" "with a last line"
}

pipeline()
{
	background fahrenheit mq recv fahrenheit -n 2 -t 120s
	reader=$pid
	background celsius ./pipeline.sh celsius fahrenheit 2
	converter=$pid
	mq send celsius 21.5
	until_true grep -q F "$dir/fahrenheit"
	report $? "each message passes the pipeline at once" "$(cat "$dir/fahrenheit" "$dir/celsius")"
	mq send celsius 0
	wait "$converter"
	is "$?" 0 "the pipeline ends after so many"
	wait "$reader"
	is "$(cat "$dir/fahrenheit")" "70.7 F
32.0 F" "and has converted them"
	run ./pipeline.sh celsius
	exits 2 "it wants two names"
}

plain()
{
	background shout ./plain.py serve shout
	shout=$pid
	run mq call shout "hello, you" -t 120s
	prints "HELLO, YOU" "Python answers a call"
	run mq call shout again -t 120s
	prints AGAIN "and the next"
	mq send shout "just a message"
	until_true grep -q message "$dir/shout"
	is "$(cat "$dir/shout")" "(no name) 'just a message'" "and prints a message"
	end "$shout"
	background bob mq recv bob -n 1 -t 120s
	run ./plain.py send bob "hello from Python"
	exits 0 "Python sends"
	wait "$pid"
	is "$(cat "$dir/bob")" "hello from Python" "and it is received"
	run ./plain.py send nobody hello
	exits 1 "an error is Python's"
	says FileNotFoundError "with its name"
}

# Who has a name, by process.
registered()
{
	mq list | awk -F '\t' '$2 ~ /^[0-9]+$/ { print $2 }'
}

# shellcheck disable=SC2317 # called by until_true
nobody()
{
	[ -z "$(registered)" ]
}

# tries EXAMPLE TEXT: the line that README.md has for it, as it stands there, says TEXT.
tries()
{
	_line=$(sed -n "/^| \[$1\]/s/.*| \`\(.*\)\` |\$/\1/p" README.md)
	sh -c "$_line" >"$dir/tried" 2>&1 </dev/null &
	pid=$!
	until_true grep -q "$2" "$dir/tried"
	report $? "README: ${_line:-no line for $1}" "$(cat "$dir/tried")"
	kill "$pid" 2>/dev/null
	registered | xargs kill 2>/dev/null
	until_true nobody
	wait "$pid" 2>/dev/null
}

sensor
service
loop
pipeline
plain
tries sensor.c '^[-0-9.]* C, reading [0-9]* ([0-9]* missed)$'
tries service.c '^6.5$'
tries loop.c '^1 messages, 5 bytes, 0 lost$'
tries pipeline.sh '^70.7 F$'
tries plain.py '^HELLO$'
finish
