#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# mq shell, in a pipe and at a terminal. Runs on a booted kernel, as root; loads the module from MQ_MODULE
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
esc=$(printf '\033')

rmmod mq_driver 2>/dev/null
insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" && chgrp mq /dev/mq || exit 1

# typed NAME LINES: they are piped into a shell called NAME ('': none).
typed()
{
	printf '%s\n' "$2" >"$dir/in"
	# shellcheck disable=SC2086 # no name is no word
	mq shell $1 <"$dir/in" >"$dir/out" 2>"$dir/err"
	rc=$?
}

terminal_run()
{
	_what=$1
	shift
	_said=$("$@" 2>&1)
	report $? "$_what" "$_said"
}

pipe_messages()
{
	typed me "/msg me hello you
/msg me two"
	exits 0 "lines that are piped in are carried out"
	prints "me: hello you
me: two" "and what comes is shown"
	typed me "/live off
/msg me one
/msg me two
/peek
/read
/read
/live on"
	prints "me: one
me: two
me: one
me: two
no messages" "/live off lets messages wait, /peek leaves them, /read takes them"
	typed me "/live off
/msg me kept
/reg you
/who"
	prints "me: kept
you are you
nobody else is here" "what waits under the old name is shown before the new one is taken"
	printf '/msg me no newline' | mq shell me >"$dir/out" 2>&1
	prints "me: no newline" "the last line needs no newline"
	typed me "/msg me ${esc}[2Jred"
	prints 'me: \x1b[2Jred' "what a terminal cannot show is spelled out"
	typed "" "/reg me
/msg me hello
/who
/unr
/who
/quit
/msg me never"
	exits 0 "names come and go"
	prints "me: hello
you are me
nobody else is here
you have no name: /reg NAME takes one
nobody else is here" "/reg takes a name, /unr gives it back, /quit leaves"
}

pipe_errors()
{
	typed me "/msg nobody hello"
	exits 1 "a command that fails makes the status 1"
	says "nobody is called nobody" "nobody is there"
	typed me hello
	says "commands begin with a slash" "text alone is no command"
	typed me /hello
	says "there is no command /hello" "nor is this one"
	for line in /msg "/msg me" "/call me" /all /reg "/reg a b" "/live maybe"; do
		typed me "$line"
		says "use: ${line%% *}" "$line is not enough"
	done
	typed me "/reg me"
	says "you are me already" "the own name again"
	typed me "/reg a@b"
	says "'a@b' cannot be a name" "no name"
	typed me "/reply yes"
	says "nobody has asked" "no question"
	typed me "/call me hello"
	says "wait for yourself" "a call to oneself"
	run mq shell a b
	exits 2 "one name only"
}

pipe_people()
{
	mkfifo "$dir/bob.in"
	mq shell bob <"$dir/bob.in" >"$dir/bob.out" 2>&1 &
	bob=$!
	exec 5>"$dir/bob.in"
	mq wait bob -t 120s
	typed alice "/msg bob hello
/all to you
/msg alice end"
	prints "alice: end" "one's own broadcast is not heard"
	is "$(mq call bob 'how are you?' -t 120s & said bob 'asks: how are you'; echo '/reply fine' >&5; wait)" \
		fine "a question is answered by /reply"
	typed alice "/list"
	grep -q '^bob  *[0-9]*  *0  *0/16  *0$' "$dir/out"
	report $? "/list shows names and mailboxes" "$(cat "$dir/out")"
	mq serve echo --echo &
	echo=$!
	mq wait echo -t 120s
	typed alice "/call echo hello"
	prints "echo answers: hello" "/call prints the answer"
	kill "$echo"
	wait "$echo" 2>/dev/null
	exec 5>&-
	wait "$bob"
	is "$?" 0 "the end of the input ends it"
	is "$(cat "$dir/bob.out")" "alice: hello
alice to all: to you
(no name) asks: how are you?" "bob was shown who said what"
}

# said NAME WORDS: until the shell that is called so has printed them.
said()
{
	_tries=0
	until grep -q "$2" "$dir/$1.out"; do
		_tries=$((_tries + 1))
		[ $_tries -lt 6000 ] || return 1
		usleep 10000
	done
}

terminal_messages()
{
	terminal_run "a name is asked for; a taken one again" env TERM=vt100 terminal mq shell <<-END
		wait your name
		type a@b\r
		wait cannot be a name
		wait your name
		type bob\r
		wait bob> 
		raw
		type /quit\r
		exit 0
	END
	terminal_run "a message does not disturb the line that is typed" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /msg b
		wait /msg b
		do mq send bob one
		wait (no name): one
		wait bob> /msg b
		type ob two\r
		wait bob: two
		wait bob> 
		raw
		type /exit\r
		exit 0
	END
	terminal_run "nor one that takes two rows of the screen" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		size 24 20
		type /msg bob 1234567890abcdef
		wait abcdef
		do mq send bob one
		wait (no name): one
		wait bob> /msg bob 
		wait abcdef
		type \r
		wait bob: 1234567890abcdef
		type /exit\r
		exit 0
	END
	terminal_run "a terminal that can do nothing shows it too" env TERM=dumb terminal mq shell bob <<-END
		wait bob> 
		raw
		type /msg b
		wait /msg b
		do mq send bob one
		wait (no name): one
		wait bob> /msg b
		type ob two\r
		wait bob: two
		type /exit\r
		exit 0
	END
}

terminal_questions()
{
	terminal_run "a question waits for its answer, and others behind it" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		do mq call bob 'fine?' -t 120s >$dir/answer & :
		wait (no name) asks: fine?
		wait [somebody asks, /reply answers] bob> 
		do mq send bob later
		type /reply yes\r
		wait (no name): later
		wait bob> 
		do until [ "\$(cat $dir/answer)" = yes ]; do usleep 10000; done
		type /exit\r
		exit 0
	END
	terminal_run "with /live off the prompt tells" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /live off\r
		wait bob> 
		do mq send bob one
		wait [messages wait] bob> 
		type /read\r
		wait (no name): one
		type /exit\r
		exit 0
	END
	mq recv silent >/dev/null 2>&1 </dev/null &
	silent=$!
	mq wait silent -t 120s
	terminal_run "Control-C ends a call, and not the shell" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /call silent hello\r
		wait /call silent hello
		do until mq info silent --json | grep -q '"accepted":1'; do usleep 10000; done
		type \x03
		wait bob> 
		raw
		type /who\r
		wait you are bob
		type /exit\r
		exit 0
	END
	kill "$silent"
	wait "$silent" 2>/dev/null
}

terminal_keys()
{
	terminal_run "the line can be edited, and comes back" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /whX\x7fo\r
		wait you are bob
		wait bob> 
		raw
		type \x10\r
		wait you are bob
		wait bob> 
		raw
		type /quiX\x15/exit\r
		exit 0
	END
	terminal_run "Control-C drops the line" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /msg bob never
		wait never
		type \x03
		wait bob> 
		raw
		type /who\r
		wait you are bob
		not bob: never
		wait bob> 
		raw
		type \x04
		exit 0
	END
	mq recv averylongname >/dev/null </dev/null &
	long=$!
	mq wait averylongname -t 120s
	mq recv another >/dev/null </dev/null &
	another=$!
	mq wait another -t 120s
	terminal_run "the tab key completes commands and live names" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		type /ms\tav\t
		wait erylongname 
		type x\x15/msg a\t
		wait averylongname  another
		wait bob> /msg a
		type n\tx\x15/zz\t\x15/exit\r
		exit 0
	END
	kill "$long" "$another"
	wait "$long" "$another" 2>/dev/null
}

terminal_signals()
{
	terminal_run "Control-Z stops it with the terminal as it was, and it goes on" env TERM=vt100 terminal sh -i <<-END
		type mq shell bob\r
		wait bob> 
		raw
		type /wh
		wait /wh
		type \x1a
		wait Stopped
		type stty -a\r
		wait  icanon
		type fg\r
		wait bob> /wh
		type o\r
		wait you are bob
		type /exit\r
		wait # 
		type exit\r
		exit 0
	END
	terminal_run "SIGTERM at the prompt restores the terminal" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		raw
		signal 15
		exit 130
	END
	terminal_run "another size of the window is followed" env TERM=vt100 terminal mq shell bob <<-END
		wait bob> 
		size 10 30
		type /who\r
		wait you are bob
		type /exit\r
		exit 0
	END
}

pipe_messages
pipe_errors
pipe_people
terminal_messages
terminal_questions
terminal_keys
terminal_signals
finish
