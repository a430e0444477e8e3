#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# busybox.sh - talk through /dev/mq with the echo and read of a BusyBox shell,
# and nothing else.  Runs in the guest, as root; prints TAP, then
# "N passed, N failed"; exits 0 only if all passed.
#
#	busybox sh busybox.sh
#
# The module is loaded from MQ_MODULE (/lib/mq/mq_driver.ko) if it is not yet.

if [ "${1:-}" = --help ]; then
	sed -n '/^# busybox.sh/,/^$/s/^# \{0,1\}//p' "$0"
	exit 0
fi

MQ=/dev/mq
PARAM=/sys/module/mq_driver/parameters
dir=/tmp/mq-busybox.$$
who=main
count=0 passed=0 failed=0 loaded=
line='' status='' pid_one='' pid_two=''

# --- TAP -------------------------------------------------------------------

report() { # report STATUS DESCRIPTION [DIAGNOSTIC]
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
		echo "# $3"
	fi
}

is() { # is GOT WANTED DESCRIPTION
	[ "$1" = "$2" ]
	report $? "$3" "got \"$1\", wanted \"$2\""
}

finish() {
	echo "1..$count"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$count" -gt 0 ]
	exit
}

# --- the device, with builtins only: no command here may fork ----------------

# say TEXT: one command, as a person would type it; status and err are set
say() {
	if echo "$1" > $MQ 2> "$dir/$who.err"; then
		err=
		return 0
	fi
	IFS= read -r err < "$dir/$who.err" || err=
	return 1
}

works() { # works COMMAND DESCRIPTION
	say "$1"
	report $? "$2" "\"$1\": $err"
}

refused() { # refused COMMAND WORDS DESCRIPTION: it fails, and says WORDS
	if say "$1"; then
		report 1 "$3" "\"$1\" was accepted"
		return
	fi
	case $err in
	*"$2"*) report 0 "$3" ;;
	*) report 1 "$3" "\"$1\": \"$err\", wanted \"$2\"" ;;
	esac
}

hear() { # the next line of the own mailbox, exactly
	IFS= read -r line < $MQ
}

heard() { # heard WANTED DESCRIPTION
	line=
	if say "/wait 60000"; then
		hear
		is "$line" "$1" "$2"
	else
		report 1 "$2" "nothing came: $err"
	fi
}

empty() { # empty DESCRIPTION
	refused "/wait 0" "timed out" "$1"
}

# --- other shells: each is a process of its own, told by FIFO what to do -----

# One line on its FIFO is one piece of shell; its status goes back.
# shellcheck disable=SC2317 # what is ordered is called by eval
other_shell() {
	who=$1
	while IFS= read -r order <&8; do
		eval "$order"
		echo $? >&9
	done
}

start() { # start WHO: its pid in the variable pid_WHO
	mkfifo "$dir/$1.order" "$dir/$1.answer"
	other_shell "$1" 8< "$dir/$1.order" 9> "$dir/$1.answer" &
	eval "pid_$1=$!"
	case $1 in
	one) exec 4> "$dir/one.order" 5< "$dir/one.answer" ;;
	two) exec 6> "$dir/two.order" 7< "$dir/two.answer" ;;
	esac
}

order() { # order WHO SHELL-TEXT: begin it, do not wait
	case $1 in
	one) echo "$2" >&4 ;;
	two) echo "$2" >&6 ;;
	esac
}

answer() { # answer WHO: its status
	case $1 in
	one) read -r status <&5 || status=gone ;;
	two) read -r status <&7 || status=gone ;;
	esac
}

does() { # does WHO SHELL-TEXT DESCRIPTION: it does, with success
	order "$1" "$2"
	answer "$1"
	is "$status" 0 "$3"
}

# --- the promises ------------------------------------------------------------

a_stranger() {
	refused "/unr" "No such file" "who is not registered has nothing to drop"
	refused "/msg bob hi" "Permission denied" "nor may it send"
	refused "/all hi" "Permission denied" "nor broadcast"
	refused "/wait 0" "No such file" "nor wait"
	refused "/from on" "No such file" "nor ask for senders"
	hear 2> "$dir/main.err"
	report $((! $?)) "nor read" "read got \"$line\""
}

registering() {
	works "/reg bob" "echo /reg bob registers the shell itself"
	refused "/reg bob" "File exists" "which has one name only"
	refused "/reg rob" "File exists" "also under another"
	does one 'say "/reg alice"' "another shell takes another name"
	does two '! say "/reg alice"' "a third one cannot take that"
	does two '! say "/reg waytoolong"' "nor one of ten bytes"
	does two 'say "/reg eightby8"' "but one of eight"
	does two 'say "/unr"' "and gives it back"
}

messages() {
	does one 'say "/msg bob hello"' "alice sends to bob"
	heard "hello" "bob reads it with read -r"
	does one 'say "/msg bob   two  spaces \\ and a backslash "' "spaces and backslashes"
	heard '  two  spaces \ and a backslash ' "come as they were sent"
	does one 'say "/msg bob first" && say "/msg bob second"' "two messages"
	heard "first" "come in order, the first"
	heard "second" "then the second"
	empty "then nothing"
	works "/msg bob note to self" "bob sends to bob"
	heard "note to self" "and reads it"
	refused "/msg nobody hi" "No such file" "a name that nobody has fails the echo"
	refused "/msg alice" "Invalid argument" "as does a message without text"
	refused "/shout alice" "Invalid argument" "and a word that is no command"
	empty "after errors nothing was queued"
}

without_newline() {
	printf '/msg bob one' > $MQ
	printf '/msg bob two' > $MQ
	works "/msg bob three" "two by printf without a newline, one by echo"
	heard "onetwothree" "make one line for read"
	empty "and no more"
	printf '/msg bob ' > $MQ 2> "$dir/main.err"
	report $((! $?)) "printf fails where there is no text"
	printf '/wait 0' > $MQ 2> "$dir/main.err"
	report $((! $?)) "a command without newline is a command" "/wait 0 succeeded"
}

open_file() {
	exec 3<> $MQ
	if echo "/msg bob through a descriptor" >&3; then
		report 0 "echo through an open descriptor"
	else
		report 1 "echo through an open descriptor" "it failed"
	fi
	IFS= read -r line <&3
	is "$line" "through a descriptor" "read from it"
	exec 3>&-
	works "/msg bob still here" "closing it changes nothing"
	heard "still here" "bob is still registered"
}

broadcast() {
	does two 'say "/reg carol"' "carol comes"
	does one 'say "/all dinner"' "alice calls all"
	heard "dinner" "bob hears"
	does two 'heard_by_other dinner' "carol hears"
	does one '! say "/wait 0"' "alice does not hear herself"
	empty "bob heard it once"
}

# shellcheck disable=SC2317
heard_by_other() { # in another shell: status only, no report
	say "/wait 60000" && hear && [ "$line" = "$1" ]
}

senders() {
	works "/from on" "bob wants to see senders"
	does one 'say "/msg bob hello"' "alice sends"
	heard "alice hello" "her name stands in front"
	does two 'say "/all hi"' "carol broadcasts"
	heard "carol hi" "her name too"
	does one 'heard_by_other hi' "alice sees no name: it is bob's wish alone"
	works "/from off" "bob no longer wants to"
	does one 'say "/msg bob hello"' "alice sends"
	heard "hello" "no name"
	refused "/from maybe" "Invalid argument" "on or off, nothing else"
}

waiting() {
	empty "/wait 0 says that nothing is there"
	order one 'say "/msg bob wake up"'
	works "/wait" "/wait returns when something is"
	works "/wait 0" "and consumes nothing"
	hear
	is "$line" "wake up" "read takes it"
	answer one
	is "$status" 0 "alice had sent it"
	refused "/wait soon" "Invalid argument" "soon is no number"
}

overflow() {
	read -r depth < $PARAM/QUEUE_LEN
	n=1
	while [ $n -le $((depth + 3)) ]; do
		echo "/msg bob $n" > $MQ || break
		n=$((n + 1))
	done
	is "$n" $((depth + 4)) "$((depth + 3)) messages into a mailbox of $depth: all accepted"
	n=4 bad=
	while [ $n -le $((depth + 3)) ]; do
		hear
		[ "$line" = $n ] || bad="$bad $line instead of $n"
		n=$((n + 1))
	done
	is "$bad" "" "the oldest three are gone, the others in order"
	empty "and nothing else is there"
}

other_processes() {
	works "/msg bob for bob alone" "bob has a message"
	got=$(cat $MQ 2>&1)
	report $((! $?)) "\$(cat) is another process and fails" "cat got $got"
	(read -r got < $MQ) 2> "$dir/main.err"
	report $((! $?)) "so is ( )"
	# shellcheck disable=SC2162,SC2094
	read got < $MQ 2> "$dir/main.err" | cat
	refused "/reg bob" "File exists" "none of them took the name"
	heard "for bob alone" "nor the message"
	(say "/unr")
	report $((! $?)) "a subshell cannot unregister bob" "it could"
	(say "/reg kid") && (say "/reg kid")
	report $? "a subshell's name is free when it has ended"
	sh -c "echo /reg kid > $MQ && exec sh -c 'echo /unr > $MQ'"
	report $? "a registration survives exec"
}

too_long() {
	read -r size < $PARAM/CMD_BUF_SIZE
	text=x
	while [ ${#text} -lt "$size" ]; do
		text=$text$text
	done
	refused "/msg bob $text" "Message too long" "a command over CMD_BUF_SIZE fails"
	head="/msg bob "
	cut=$((${#text} - (size - ${#head} - 1)))
	while [ $cut -gt 0 ]; do
		# take away the largest power of two that fits
		piece=x
		while [ $((${#piece} * 2)) -le $cut ]; do
			piece=$piece$piece
		done
		text=${text#"$piece"}
		cut=$((cut - ${#piece}))
	done
	works "$head$text" "one of exactly CMD_BUF_SIZE, newline included, does not"
	heard "$text" "and arrives whole"
}

# shellcheck disable=SC2317
pong() {
	n=1
	while [ "$n" -le 20 ]; do
		heard_by_other "ping $n" || return 1
		say "/msg bob pong $n" || return 1
		n=$((n + 1))
	done
}

ping() {
	say "/msg alice ping $1" || return 1
	heard_by_other "pong $1"
}

ping_pong() {
	order one pong
	n=1
	while [ $n -le 20 ] && ping $n; do
		n=$((n + 1))
	done
	is $n 21 "twenty times there and back between two shells"
	answer one
	is "$status" 0 "alice saw the same"
}

the_end() {
	kill -9 "$pid_two"
	wait "$pid_two" 2> "$dir/main.err"
	refused "/msg carol hi" "No such file" "carol was killed: nobody can send to her"
	does one 'say "/unr"' "alice leaves"
	does one 'say "/reg carol"' "and takes carol's name"
	works "/msg bob never read" "bob has a message"
	works "/unr" "and unregisters"
	does one '! say "/msg bob hi"' "then nobody can send to him"
	works "/reg bob" "he comes back"
	empty "to an empty mailbox"
	works "/unr" "and goes"
	exec 4>&- 5<&-
	wait "$pid_one"
}

mkdir -p "$dir" || exit 1
trap 'rm -rf "$dir"' EXIT
if [ ! -e $MQ ]; then
	insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" || exit 1
	loaded=yes
fi
start one
start two
a_stranger
registering
messages
without_newline
open_file
broadcast
senders
waiting
overflow
other_processes
too_long
ping_pong
the_end
if [ -n "$loaded" ]; then
	rmmod mq_driver
	report $? "and the module can be unloaded"
fi
finish
