#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# The command mq as people and scripts use it. Runs on a booted kernel, as root, in a BusyBox shell; loads the module
# from MQ_MODULE (/lib/mq/mq_driver.ko). Wants mq and terminal (tests/cli/terminal.c) in the PATH. Prints TAP, then
# "N passed, N failed"; exits 0 only if all passed.
#
# Nothing here waits for a time to pass: who must be there first is waited for by `mq wait`. A time that is given
# is either meant to be over (200ms), or so long (120s) that only what hangs comes to its end.
set -u
if [ "${1-}" = --help ]; then
	sed -n '5,7s/^# \{0,1\}//p' "$0"
	exit 0
fi
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
module=${MQ_MODULE:-/lib/mq/mq_driver.ko}

# ---- helpers ----

load()
{
	rmmod mq_driver 2>/dev/null
	# shellcheck disable=SC2068 # its parameters
	insmod "$module" $@ && chgrp mq /dev/mq && chmod 660 /dev/mq
}

# background NAME COMMAND...: starts it, goes on when NAME is there. $pid; its output in $dir/NAME.out and .err.
background()
{
	_name=$1
	shift
	"$@" >"$dir/$_name.out" 2>"$dir/$_name.err" </dev/null &
	pid=$!
	mq wait "$_name" -t 120s
}

# done_of NAME: waits for $pid; then it is as if NAME had been run.
done_of()
{
	wait "$pid"
	rc=$?
	cp "$dir/$1.out" "$dir/out"
	cp "$dir/$1.err" "$dir/err"
}

# json WHAT KEYS [LINES]: the last output is so many lines of JSON with these fields.
json()
{
	_why=$(awk -v keys="$2" -f "$here/json.awk" "$dir/out" 2>&1)
	report $? "$1" "$_why"
	[ -z "${3-}" ] || is "$(wc -l <"$dir/out")" "$3" "$1: lines"
}

has()
{
	grep -qF -e "$1" "$dir/out"
	report $? "$2" "no $1 in: $(cat "$dir/out")"
}

as()
{
	_user=$1
	shift
	run su -s /bin/sh "$_user" -c "$*"
}

# until_asleep PID: it sleeps in the kernel.
until_asleep()
{
	_tries=0
	until [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" = "${2:-S}" ]; do
		_tries=$((_tries + 1))
		[ $_tries -lt 6000 ] || return 1
		usleep 10000
	done
}

stop()
{
	kill -STOP "$1"
	until_asleep "$1" T
}

bytes()		# COUNT: that many letters x
{
	head -c "$1" /dev/zero | tr '\0' x
}

# ---- no module ----

for command in list info 'info x' 'send x y' 'all y' 'recv x' 'call x y' 'serve x --echo' 'wait x' watch monitor; do
	# shellcheck disable=SC2086 # words
	run mq $command
	exits 8 "without the module mq ${command%% *} exits 8"
done
says 'modprobe mq_driver' 'and says how to load it'
run mq list -D /dev/null
exits 8 'what is no device of mq: 8'
says '/dev/null' 'and names it'

load || report 1 'the module loads'

# ---- as the manual promises it, as typed ----

background bob mq recv bob -n 1
run mq send bob "hello there"
exits 0 'mq send bob "hello there"'
done_of bob
exits 0 'mq recv bob -n 1'
prints 'hello there' 'prints hello there'
is "$(wc -c <"$dir/out")" 12 'and one newline'

background echo mq serve echo --echo
server=$pid
run mq call echo ping -t 120s
exits 0 'mq call echo ping'
prints ping 'prints ping'
run mq send nobody hi
exits 3 'mq send nobody hi exits 3'
says 'nobody is called nobody' 'naming nobody'
run mq recv zed -n 1 -t 200ms
exits 124 'mq recv zed -n 1 -t 200ms exits 124'
says zed 'naming zed'
prints '' 'and prints nothing'

# ---- list, info ----

run mq list
exits 0 'mq list'
is "$(cut -f1 "$dir/out")" echo 'list: the name comes first'
is "$(awk -F '\t' '{ print NF, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 }' "$dir/out")" \
	"13 $server 0 file overwrite anyone 16 0 1 1 0 0 0" 'list: columns'
as alice mq list
is "$(cut -f1 "$dir/out")" echo 'list: for who may open the device'
run mq list --json
json 'list --json' "$status_keys" 1
has "\"name\":\"echo\",\"pid\":$server,\"uid\":0,\"owner\":\"file\"" 'list --json: values'
run mq info echo
exits 0 'mq info echo'
has "pid            $server" 'info: pid'
has 'when full      overwrite: a new message takes the place of the oldest' 'info: policy in words'
run mq info echo --json
json 'info --json' "$status_keys" 1
run mq info nobody
exits 3 'info of nobody: 3'
run mq info
has 'CMD_BUF_SIZE   4096' 'info: limits of the driver'
has 'ROOT_DEVICES   4 of the names' 'info: places that are kept for root'
has 'USER_ENDPOINTS 48 endpoints that a user may have, you have 0' 'info: how many a user may have, and root, who is not counted'
has 'FAIR           0 ' 'info: FAIR'
has 'ISOLATE        0 ' 'info: ISOLATE'
has 'names          1 there are' 'info: what all count, for root'
# Those two, and an event for each of the two that waited for a name.
is "$(awk '$1 == "accepted" { print ($2 >= 2 && $2 <= 4) }' "$dir/out")" 1 'info: of those that have gone too'
run mq info --json
json 'info --json: limits' "$(echo "$driver_keys" | tr -d '?')" 1
(mq list >&-) 2>"$dir/err"
is $? 1 'list without standard output: 1'

# ---- call and serve ----

printf 'a\000b\377' >"$dir/raw"
run mq call echo --json -f "$dir/raw" --as caller
json 'call --json' "$message_keys" 1
has '"kind":"reply","to":"caller","from":"echo"' 'call --json: who'
has '"sequence":0,"lost":0' 'call --json: a reply has no number'
has '"size":4,"encoding":"base64","data":"YQBi/w=="' 'call --json: bytes that are no text'
run mq call nobody x
exits 3 'call nobody: 3'
says 'nobody is called nobody' 'and says so'
mq send echo 'no question'
mq call echo barrier >/dev/null
kill -TERM "$server"
pid=$server
done_of echo
exits 130 'serve: SIGTERM exits 130'
says 'echo: 3 answered, 1 messages wanted none' 'serve counts'

# shellcheck disable=SC2016 # for the inner shell
background upper mq serve upper -n 4 -t 120s --exec 'read -r line; case $line in quiet) ;; bad) echo oops; exit 3 ;; long) head -c 5000 /dev/zero ;; *) echo "$line from $MQ_FROM" | tr a-z A-Z ;; esac'
run mq call upper hello --as ann
prints 'HELLO FROM ANN' 'serve --exec: input, output and MQ_FROM'
run mq call upper quiet --json
has '"size":1,"data":"\n"' 'serve --exec: no output is one newline'
run mq call upper bad
prints oops 'serve --exec: a command that fails answers too'
run mq call upper long --json
has '"size":4096,' 'serve --exec: more than a message holds is cut'
done_of upper
exits 0 'serve -n 4 exits 0'
says 'ended with status 3' 'serve says that a command failed'
says 'CMD_BUF_SIZE is 4096' 'serve says what it cut, and the limit'
says 'upper: 4 answered, 1 by a command that failed' 'serve counts the failed ones'

mkfifo "$dir/gate"
# shellcheck disable=SC2016 # for the inner shell
background slow mq serve slow -n 1 -t 120s --exec 'read -r line; [ "$line" = fast ] || read -r x <'"$dir/gate"'; echo done'
run mq call slow slow -t 200ms
exits 124 'call: the time is over: 124'
says 'slow did not answer in time' 'and says who'
echo >"$dir/gate"
run mq call slow fast -t 120s
prints 'done' 'serve goes on after a caller has gone'
done_of slow
says 'slow: 1 answered, 1 too late (the caller had gone)' 'and counts him'

# shellcheck disable=SC2016 # for the inner shell
background dead mq serve dead --exec 'kill -KILL $PPID'
run mq call dead x -t 120s
exits 6 'call: the server dies: 6'
says 'dead ended before it answered' 'and says who'
says 'mq wait dead' 'and what to do'
wait "$pid"

background mute mq serve mute --echo --depth 1
stop "$pid"
mq call mute one >"$dir/first" 2>&1 &
first=$!
_tries=0
until [ "$(mq list | cut -f9)" = 1 ] || [ $_tries -eq 6000 ]; do
	_tries=$((_tries + 1))
	usleep 10000
done
mq send mute two
wait "$first"
rc=$?
cp "$dir/first" "$dir/err"
exits 5 'call: the request is overwritten: 5'
says '(its depth is 1)' 'and says how much there is room for'
run mq call mute x -t 0
exits 124 'call: no time at all: 124'
kill -KILL "$pid"
wait "$pid" 2>/dev/null

background stuck mq serve stuck --exec 'exec mq recv inner'
mq call stuck x 2>"$dir/err" &
caller=$!
mq wait inner -t 120s
stop "$caller"
kill -CONT "$caller"
wait "$caller"
rc=$?
exits 130 'call: what is stopped is interrupted: 130'
says 'the call to stuck was interrupted: it may still be carried out' 'and says so'
kill -TERM "$pid"
wait "$pid"
mq wait inner --gone -t 120s

mkfifo "$dir/text"
# A process that speaks text: the echo of the shell itself.
sh -c 'echo "/reg old" >/dev/mq; read -r x <"$1"' sh "$dir/text" &
pid=$!
mq wait old -t 120s
run mq call old x
exits 1 'call of a process that speaks text: 1'
says 'old is a process that speaks text' 'and says why'
run mq info old --json
has '"owner":"process"' 'info of such a process'
echo >"$dir/text"
wait "$pid"

# ---- recv ----

run mq recv many -t 200ms
exits 124 'recv without -n: nothing in time: 124'
background many mq recv many -n 3 -t 120s --json
mq send many 'say "x\y"' --as ann
printf 'tab\tand\nlines\303\244\001' | mq send many -
mq all 'to all'
done_of many
exits 0 'recv -n 3'
json 'recv --json' "$message_keys" 3
has '"kind":"message","to":"many","from":"ann",' 'recv --json: who'
has '"data":"say \"x\\y\""' 'recv --json: quotes'
has "\"size\":16,\"data\":\"tab\\u0009and\\nlines$(printf '\303\244')\\u0001\"" 'recv --json: UTF-8 and what must be spelled out'
has '"kind":"broadcast","to":"many","from":"",' 'recv --json: a broadcast of somebody without a name'
is "$(sed 's/.*"sequence":\([0-9]*\),"lost":\([0-9]*\),.*/\1 \2/' "$dir/out" | tr '\n' ' ')" '1 0 2 0 3 0 ' 'recv --json: sequence, lost'

background zero mq recv zero -n 1 -t 120s
printf 'a\000b\377\n' >"$dir/raw"
mq send zero -f "$dir/raw"
wait "$pid"
cmp "$dir/raw" "$dir/zero.out"
report $? 'recv prints the bytes that were sent, and adds no second newline'

# shellcheck disable=SC2016 # for the inner shell
background runner mq recv runner -n 2 -t 120s --exec 'echo "$MQ_FROM $MQ_PID $MQ_UID $MQ_SEQUENCE $MQ_LOST: $(cat)"; [ $MQ_SEQUENCE = 1 ]'
sh -c 'echo $$ >"$1"; exec mq send runner "one two" --as ann' sh "$dir/pid"
mq send runner three
done_of runner
is "$(head -n 1 "$dir/out")" "ann $(cat "$dir/pid") 0 1 0: one two" 'recv --exec: input and environment'
exits 1 'recv --exec: a command failed: 1 in the end'
says 'ended with status 1' 'and is named'

background slowly mq recv slowly --exec 'exec mq recv inner'
mq send slowly x
mq wait inner -t 120s
kill -TERM "$pid"
done_of slowly
exits 130 'recv --exec: SIGTERM while the command runs: 130'
run mq wait inner --gone -t 120s
exits 0 'and the command is ended too'

background lossy mq recv lossy --depth 4 --fail-on-loss -t 120s
stop "$pid"
seq 20 | mq send lossy -l
kill -CONT "$pid"
done_of lossy
exits 7 'recv --fail-on-loss: 7'
says '16 messages lost before this one (mailbox full, depth 4; --depth N)' 'and says how many'
prints 17 'the message behind the gap is printed'
background lossy mq recv lossy --depth 4 -n 4 -t 120s
stop "$pid"
seq 5 | mq send lossy -l
kill -CONT "$pid"
done_of lossy
exits 0 'loss without --fail-on-loss: 0'
says '1 message lost before this one' 'but it is said'

background first mq recv first -n 1 -t 120s
mq send first hi
wait "$pid"
background second mq recv second
run mq recv second
exits 1 'recv: the name is taken: 1'
says 'the name second is taken' 'and says so'
kill -TERM "$pid"
done_of second
exits 130 'recv: SIGTERM: 130'
# A shell starts background jobs with SIGINT ignored; this one is in the foreground.
(
	mq wait third -t 120s
	kill -INT "$(mq list | awk -F '\t' '$1 == "third" { print $2 }')"
) &
run mq recv third
exits 130 'recv: SIGINT: 130'
run mq call echo x --as fourth
exits 3 'call: nobody is there'
run mq list
prints '' 'whoever was interrupted is gone'

# ---- the pipe behind recv and watch ----

# shellcheck disable=SC2016 # for the inner shell
sh -c 'mq recv idle | { mq wait idle -t 120s; : >"$1"; exec <&-; }' sh "$dir/seen" &
pid=$!
until [ -e "$dir/seen" ]; do
	usleep 10000
done
run mq wait --gone idle -t 120s
exits 0 'recv ends when its reader does, though no message comes'
wait "$pid"
mkfifo "$dir/watched"
mq watch >"$dir/watched" 2>"$dir/err" &
pid=$!
exec 4<"$dir/watched"
until_asleep "$pid"
exec 4<&-
wait "$pid"
is $? 1 'watch ends when its reader does'
mkfifo "$dir/full"
mq recv stuck --depth 100 >"$dir/full" &
pid=$!
exec 4<"$dir/full"
mq wait stuck -t 120s
bytes 4096 >"$dir/block"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	mq send stuck -f "$dir/block"
done
kill -TERM "$pid"
wait "$pid"
is $? 130 'recv: SIGTERM with a full pipe behind it: 130'
exec 4<&-
background flush sh -c "mq recv flush -n 2 -t 120s | { read -r x; echo \$x >$dir/read; mq send flush two; cat; }"
mq send flush one
done_of flush
is "$(cat "$dir/read")" one 'recv flushes each message'
prints two 'and goes on'

# ---- send ----

background lines mq recv lines -n 4 -t 120s --json
printf 'a\n\nb\nlast' | mq send lines -l
done_of lines
is "$(sed 's/.*"data"://' "$dir/out" | tr '\n' ' ')" '"a"} "\n"} "b"} "last"} ' 'send -l: lines, an empty one, one without a newline'
mkfifo "$dir/typed"
background typed mq recv typed -n 1 -t 120s
mq send typed -l <"$dir/typed" &
sender=$!
exec 5>"$dir/typed"
echo now >&5
done_of typed
prints now 'send -l: a line leaves before the next one comes'
exec 5>&-
wait "$sender"
is $? 0 'send -l ends with its input'
background batch mq recv batch -n 2000 -t 120s --depth 65536
seq 2000 >"$dir/sent"
mq send batch -l <"$dir/sent"
done_of batch
cmp "$dir/sent" "$dir/out"
report $? 'send -l: 2000 lines arrive in order'

background short mq recv short -n 2 -t 120s
bytes 4097 >"$dir/long"
run mq send short -f "$dir/long"
exits 1 'send: too long: 1'
says 'CMD_BUF_SIZE is 4096' 'and says what the limit is'
run mq send short "$(cat "$dir/long")"
exits 1 'send: too long a TEXT: 1'
says 'CMD_BUF_SIZE is 4096' 'and says what the limit is'
{ echo x; cat "$dir/long"; echo; echo y; } >"$dir/lines"
mq send short -l <"$dir/lines" 2>"$dir/err"
rc=$?
exits 1 'send -l: too long a line: 1'
says 'line 2: too long' 'and says which'
run mq send short ''
exits 2 'send: an empty TEXT: 2'
says 'TEXT is empty' 'and says what is empty'
run mq send short
says 'standard input is empty' 'send: nothing to read'
run mq send short -f /dev/null
exits 2 'send: an empty file: 2'
run mq send short -f /nowhere
exits 1 'send: no such file: 1'
says /nowhere 'and names it'
mq send short -- -x
done_of short
is "$(tail -n 1 "$dir/out")" -x 'send: a TEXT that looks like an option, behind --'

background full mq recv full --policy reject --depth 2
stop "$pid"
mq send full 1
mq send full 2
run mq send full 3
exits 5 'send: full and refusing: 5'
says 'the mailbox of full is full' 'and says whose'
says '(its depth is 2)' 'and how much it holds'
printf '4\n5\n' | mq send full -l 2>"$dir/err"
rc=$?
exits 5 'send -l: likewise'
says 'line 1: ' 'with the line'
kill -KILL "$pid"
wait "$pid" 2>/dev/null

background block mq recv block --policy block --depth 1 -n 3 -t 120s
stop "$pid"
mq send block 1
run mq send block 2 -t 0
exits 5 'send -t 0: full and blocking: 5'
run mq send block 2 -t 100ms
exits 124 'send -t 100ms: 124'
says 'stayed full' 'and says why'
mq send block 2 &
one=$!
until_asleep "$one"
mq send block 3 -t 120s &
two=$!
until_asleep "$two"
kill -CONT "$pid"
wait "$one"
is $? 0 'send waits for room'
wait "$two"
is $? 0 'send -t waits for room'
done_of block
is "$(sort "$dir/out" | tr '\n' ' ')" '1 2 3 ' 'nothing was lost'

background gone mq recv gone --policy block --depth 1
stop "$pid"
mq send gone 1
mq send gone 2 2>"$dir/gone.err2" &
one=$!
until_asleep "$one"
kill -KILL "$pid"
wait "$one"
rc=$?
cp "$dir/gone.err2" "$dir/err"
exits 6 'send: the other side ends while its mailbox is full: 6'
says 'gone ended before it had room' 'and says who'
wait "$pid" 2>/dev/null

# ---- all ----

background left mq recv left -n 1 -t 120s
left=$pid
background right mq recv right -n 1 -t 120s
run mq all 'good morning' --as right2
exits 0 'mq all'
wait "$left"
wait "$pid"
is "$(cat "$dir/left.out" "$dir/right.out" | tr '\n' ,)" 'good morning,good morning,' 'all reaches everybody'
run mq all x
exits 0 'all with nobody there: 0'

# ---- wait, watch ----

run mq wait nobody -t 200ms
exits 124 'wait: 124'
says 'nobody did not come in time' 'and names whom'
run mq wait nobody --gone
exits 0 'wait --gone: who is not there is gone'
run mq wait a@b
exits 2 'wait for what cannot be a name: 2'
says 'without @' 'and says why'
background here mq recv here
run mq wait here --gone -t 200ms
exits 124 'wait --gone: 124'
says 'here is still there' 'and names who'
mq watch -n 4 -t 120s >"$dir/watch.out" 2>"$dir/watch.err" &
watch=$!
mq watch -n 4 -t 120s --json >"$dir/json.out" 2>"$dir/json.err" &
watch_json=$!
until_asleep "$watch"
until_asleep "$watch_json"
background there mq recv there
there=$pid
pid=$(mq list | awk -F '\t' '$1 == "here" { print $2 }')
kill -TERM "$there"
wait "$there"
kill -TERM "$pid"
wait "$watch"
is $? 0 'watch -n 4'
is "$(cat "$dir/watch.out")" "come here pid $pid uid 0
come there pid $there uid 0
gone there pid $there uid 0
gone here pid $pid uid 0" 'watch: who is there, who comes, who goes'
wait "$watch_json"
cp "$dir/json.out" "$dir/out"
json 'watch --json' "$event_keys" 4
run mq watch -t 200ms
exits 124 'watch -t with nobody there: 124'
wait

# ---- monitor ----

as alice mq monitor -t 100ms
exits 4 'monitor: for root: 4'
says 'only root may see what others send' 'and says so'
run mq monitor -t 100ms
exits 124 'monitor -t with nothing to see: 124'
says 'nothing passed in time' 'and says so'
says '0 seen, 0 missed' 'and the sums'
run mq monitor --kind rumour
exits 2 'monitor: a kind that there is not: 2'
run mq monitor --name bob --to bob
exits 2 'monitor: --name with --to: 2'
background seen mq recv seen -n 2
seen=$pid
mq monitor --name seen -n 3 -t 120s >"$dir/monitor.out" 2>"$dir/monitor.err" &
monitor=$!
mq monitor --to seen --snap 4 -n 2 -t 120s --json >"$dir/json.out" 2>"$dir/json.err" &
monitor_json=$!
mq monitor --kind refused -n 1 -t 120s >"$dir/refused.out" 2>/dev/null &
refused=$!
until_asleep "$monitor"
until_asleep "$monitor_json"
until_asleep "$refused"
mq send other 'not to seen' 2>/dev/null
mq send seen "$(printf 'two\nlines \033[2J')"
mq send seen hello
wait "$seen"
mq send seen late 2>/dev/null
wait "$monitor"
is $? 0 'monitor -n 3'
is "$(sed 's/^[0-9]*\.[0-9]\{6\} (no name) pid [1-9][0-9]* > //' "$dir/monitor.out")" 'seen: message of 14: two\nlines \x1b[2J
seen: message of 5: hello
seen: message of 4, refused (nobody is there): late' 'monitor: one line each, what a terminal would obey spelled out'
is "$(cat "$dir/monitor.err")" 'mq: 3 seen, 0 missed' 'monitor: the sums'
wait "$monitor_json"
is $? 0 'monitor --json'
cp "$dir/json.out" "$dir/out"
json 'monitor --json' "$passed_keys" 2
has '"errno":0,"reached":1,"size":5,"data":"hell"}' 'monitor --json --snap 4: values'
wait "$refused"
is "$(sed 's/.* > //' "$dir/refused.out")" 'other: message of 11, refused (nobody is there): not to seen' 'monitor --kind refused'
# More than wait to be printed: stopped, it misses what its lines say.
background flood mq recv flood -n 20 --depth 20 -t 120s
mq monitor --to flood --depth 4 -n 5 -t 120s >"$dir/monitor.out" 2>"$dir/monitor.err" &
monitor=$!
until_asleep "$monitor"
kill -STOP "$monitor"
until_asleep "$monitor" T
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
	mq send flood "$i"
done
kill -CONT "$monitor"
until [ "$(grep -c message "$dir/monitor.out")" -ge 4 ]; do
	sleep 0.1
done
mq send flood 20
wait "$monitor"
is "$(sed 's/.*message of [12]: //' "$dir/monitor.out" | tr '\n' ' ')" '15 missed 16 17 18 19 20 ' 'monitor: what it missed, where'
is "$(cat "$dir/monitor.err")" 'mq: 5 seen, 15 missed' 'and in the end'
wait

# ---- a server that restarts, as in mq(7) ----

sh -c 'while mq call meter read -t 120s; s=$?; [ $s = 3 ] || [ $s = 6 ]; do
	echo $s
	mq wait meter -t 120s || break
done' >"$dir/client.out" 2>"$dir/client.err" </dev/null &
client=$!
_tries=0
until [ -s "$dir/client.out" ] || [ $_tries -eq 6000 ]; do
	_tries=$((_tries + 1))
	usleep 10000
done
# Not in the background() that waits for the name: that may have gone by then.
# shellcheck disable=SC2016 # for the inner shell
mq serve meter --exec 'kill -KILL $PPID' >"$dir/meter.out" 2>&1 </dev/null &
wait "$!"
mq wait meter --gone -t 120s
mq serve meter -n 1 -t 120s --exec 'echo 42' >"$dir/meter.out" 2>"$dir/meter.err" </dev/null &
pid=$!
wait "$client"
is "$(sort -u "$dir/client.out" | tr '\n' ' ')" '3 42 6 ' 'a client outlives no server, and one that is killed'
sed 's/^/# it said: /' "$dir/client.err"
done_of meter
exits 0 'and asks the new one once'

background heir mq recv heir
sh -c 'mq wait heir --gone -t 120s; exec mq recv heir -n 1 -t 120s' >"$dir/heir.new" 2>&1 </dev/null &
new=$!
kill -TERM "$pid"
wait "$pid"
mq wait heir -t 120s
mq send heir hi
wait "$new"
is "$(cat "$dir/heir.new")" hi 'who waits for the end of a name can take it'

# ---- at a terminal ----

# at_terminal WHAT [NAME=VALUE...] COMMAND... <STEPS, as terminal.c has them
at_terminal()
{
	_what=$1
	shift
	_said=$(env TERM=linux "$@" 2>&1)
	report $? "at a terminal: $_what" "$_said"
}
esc=$(printf '\033')

at_terminal 'list: nobody' terminal mq list <<-END
	wait nobody is there; mq recv NAME takes a name
	exit 0
END
background someone mq recv someone --policy reject --access group
at_terminal 'list is a table' terminal mq list <<-END
	wait NAME                        PID   UID  OWNER    POLICY     FROM    QUEUED/DEPTH
	wait someone
	wait $pid     0  file     reject     group           0/16
	exit 0
END
at_terminal 'watch has colour' terminal mq watch <<-END
	wait ${esc}[32mcome${esc}[m someone pid $pid uid 0
	do kill -TERM $pid
	wait ${esc}[31mgone${esc}[m someone
	type \\x03
	exit 130
END
wait "$pid"
background someone mq recv someone
at_terminal 'watch has none with NO_COLOR' NO_COLOR=1 terminal mq watch <<-END
	wait come someone
	not ${esc}
	type \\x03
	exit 130
END
at_terminal 'recv spells out what would move the cursor; Ctrl-C: 130' terminal mq recv safe <<-END
	do mq wait safe -t 120s
	do printf 'a\\033[2Jb\\rc\\nd\\te' | mq send safe -
	wait a\\\\x1b[2Jb\\\\x0dc
	wait d
	type \\x03
	exit 130
	not ${esc}
END
at_terminal 'call: likewise; Ctrl-C while it waits: 130' terminal sh -c 'mq serve ask --exec "exec mq recv inner" & mq wait ask; exec mq call ask x' <<-END
	do mq wait inner -t 120s
	asleep
	type \\x03
	exit 130
END
mq list | cut -f 2 | xargs -r kill -TERM
wait
for name in ask inner someone; do
	mq wait --gone $name -t 120s
done
at_terminal 'send: what is typed, to Ctrl-D' terminal sh -c 'mq recv typist -n 1 & mq wait typist; mq send typist; wait' <<-END
	wait ends it\\r\\n
	type hello\\r\\x04
	wait hello
	wait hello
	exit 0
END

# ---- permission ----

as eve mq list
exits 4 'who is not in the group mq: 4'
says 'usermod -aG mq' 'and hears how to get in'
background mine mq recv mine --access user
as alice mq send mine x
exits 4 'send to somebody who takes messages from his user alone: 4'
says 'mine takes no messages from you' 'and says who'
as alice mq call mine x
exits 4 'call: likewise'
kill -TERM "$pid"
wait "$pid"
as alice mq recv .sys
exits 4 'recv: a name that is kept for the system: 4'
says 'CAP_SYS_ADMIN' 'and says for whom'
as alice mq recv deep --depth 17
exits 4 'recv: deeper than QUEUE_LEN: 4'
says 'QUEUE_LEN is 16' 'and says what the limit is'
run mq recv a@b
exits 2 'recv: what cannot be a name: 2'
run mq recv 123456789012345678901234
exits 2 'recv: too long a name: 2'
says '1 to 23' 'and says how long it may be'
run mq send 123456789012345678901234 x
exits 3 'send: too long a name is nobody: 3'
for name in 123456789012345678901234 'two words' ''; do
	run mq send "$name" x
	says "'$name' cannot be a name" "send to '$name': no advice to wait for it"
	run mq info "$name"
	says "'$name' cannot be a name" "info '$name': likewise"
done

# ---- limits of a user; root is held to none ----

load USER_ENDPOINTS=2 USER_BYTES=1000 QUEUE_LEN=4 CMD_BUF_SIZE=100
background mine su -s /bin/sh alice -c 'exec mq recv mine'
background roots mq recv roots --depth 20
as alice mq info
has 'USER_ENDPOINTS 2 endpoints that a user may have, you have 1' 'info: how many alice has'
has "USER_BYTES     1000 bytes that a user's mailboxes may take, yours take 400" 'info: and how much'
as alice mq info --json
json 'info --json: limits of a user' "$driver_keys" 1
has '"user_endpoints":2,"own_endpoints":1,"user_bytes":1000,"own_bytes":400,"fair":false,"isolate":false}' 'info --json: values'
as bob mq info --json
has '"own_endpoints":0,"user_bytes":1000,"own_bytes":0,' 'info --json: bob has nothing'
background two su -s /bin/sh alice -c 'exec mq recv two'
as alice mq recv three
exits 5 'recv: more than a user may have: 5'
says 'you have as many endpoints as a user may: end some' 'and says what to do'
says '(USER_ENDPOINTS is 2, you have 2)' 'and what the limit is'
as alice mq send roots x
exits 5 'send: its own endpoint is one too many: 5'
says 'USER_ENDPOINTS is 2, you have 2' 'and says so'
as alice mq watch -t 200ms
exits 5 'watch: likewise'
as alice mq wait nobody -t 200ms
exits 5 'wait: likewise'
as alice mq doctor
exits 1 'doctor: a user who is at his limit: 1'
grep -q 'problem user .*you have 2 endpoints, a user may have 2 (USER_ENDPOINTS)' "$dir/out"
report $? 'and it says which' "$(cat "$dir/out")"
as bob mq send two x
exits 0 'another user is none the poorer'
as alice mq recv mine
exits 1 'recv: the name is taken is said first: 1'
mq list | awk -F '\t' '$1 == "two" { print $2 }' | xargs kill -TERM
mq wait two --gone -t 120s
as bob mq recv deep --depth 4 -t 200ms
exits 124 'recv: as much as a user may have'
mq list | cut -f 2 | xargs kill -TERM
wait
load USER_ENDPOINTS=9 USER_BYTES=1000 QUEUE_LEN=16 CMD_BUF_SIZE=100
as alice mq recv mine
exits 5 'recv: a mailbox that takes too much: 5'
says "your mailboxes take as much as a user's may: ask for less --depth" 'and says what to do'
says '(USER_BYTES is 1000, you have 0)' 'and what the limit is'
as alice mq recv mine --depth 10 -t 200ms
exits 124 'recv: less is not too much'
as alice mq doctor
grep -q 'problem user .*your mailboxes take 0 bytes.*may take 1000 (USER_BYTES), and another would need 1600' "$dir/out"
report $? 'doctor: a user who can have no mailbox' "$(cat "$dir/out")"

# ---- a fair mailbox ----

load QUEUE_LEN=4
background square su -s /bin/sh bob -c 'exec mq recv square -n 4 -t 120s --policy fair --json'
square=$(mq list | cut -f 2)
stop "$square"
as carol mq send square kept
su -s /bin/sh alice -c 'seq 10 | mq send square -l'
is "$(mq list | cut -f 1,5,8-13 | tr '\t' ' ')" 'square fair 4 11 0 7 0 7' 'list: fair, and how many were spared'
run mq list --json
has '"policy":"fair",' 'list --json: fair'
has '"overwritten":7,"discarded":0,"rejected":0,"spared":7}' 'list --json: spared'
run mq info square
has 'when full      fair: who holds most of it loses his oldest message' 'info: fair in words'
has 'spared         7 of those' 'info: spared'
kill -CONT "$square"
done_of square
is "$(sed 's/.*"lost":\([0-9]*\),.*"data":"\(.*\)"}/\1 \2/' "$dir/out" | tr '\n' ,)" '0 kept,7 8,0 9,0 10,' 'who floods a fair mailbox loses his own'
background fine mq serve fine --echo --policy=fair
is "$(mq list | cut -f 5)" fair 'serve --policy=fair'
kill -TERM "$pid"
wait "$pid"
run mq recv wide --policy fair --depth 4097
exits 2 'recv: too deep for a fair one: 2'
says '(MQ_FAIR_DEPTH_MAX is 4096)' 'and says what the limit is'
run mq recv a@b --policy fair --depth 4097
says "'a@b' cannot be a name" 'recv: what cannot be a name comes first'

load FAIR=1 ISOLATE=1
run mq info
has 'FAIR           1 mailboxes of processes are fair' 'info: FAIR=1'
has 'ISOLATE        1 each pid namespace' 'info: ISOLATE=1'
sh -c 'echo "/reg old" >/dev/mq; read -r x <"$1"' sh "$dir/text" &
pid=$!
mq wait old -t 120s
is "$(mq list | cut -f 1,4,5 | tr '\t' ' ')" 'old process fair' 'FAIR=1: the mailbox of a process'
# Another pid namespace has other names.
run unshare -p -f mq list
prints '' 'ISOLATE=1: nobody is there in a new pid namespace'
run unshare -p -f mq send old x
exits 3 'nor can he be reached from it: 3'
run unshare -p -f mq recv old -n 1 -t 200ms
exits 124 'and his name is free there'
echo >"$dir/text"
wait "$pid"

load MAX_DEVICES=2 ROOT_DEVICES=1
background one su -s /bin/sh alice -c 'exec mq recv one'
as bob mq recv two
exits 5 'recv: what is left is kept for root: 5'
says '(MAX_DEVICES is 2, 1 of them for root alone)' 'and says so'
as bob mq doctor
grep -q 'problem limits .*1 of 2 names are taken .MAX_DEVICES., the others are kept for root .ROOT_DEVICES=1.' "$dir/out"
report $? 'doctor: likewise' "$(cat "$dir/out")"
background two mq recv two
report $? 'root has it'
mq list | cut -f 2 | xargs kill -TERM
wait

load MAX_DEVICES=1 CMD_BUF_SIZE=16
background only mq recv only
run mq recv more
exits 5 'recv: no place for another name: 5'
says 'MAX_DEVICES is 1' 'and says what the limit is'
kill -TERM "$pid"
wait "$pid"
rmmod mq_driver
finish
