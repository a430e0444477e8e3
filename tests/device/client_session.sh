#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# The session that README.md shows is a test: it is client_session.txt, word
# for word, and this script plays it.
#
#   client_session.sh            on a booted kernel, as root: plays the session
#                                with clients of real users; prints TAP
#   client_session.sh --readme   in the checkout: is README.md's session the
#                                text of client_session.txt?
#
# MQ_CLIENT and MQ_MODULE name the client and the module, where they are not
# in the PATH and /lib/mq.
#
# A line of the text is, by how it begins:
#   # COMMAND        what root does: modprobe, with parameters
#   USER$ mq-client [NAME]   USER starts a client
#   NAME> LINE       LINE is typed into the client that is called NAME; at
#                    mq> into the one without a name; [messages wait] is part
#                    of the prompt, which only a terminal shows
#   anything else    what the client said
# What is typed is played, what the clients say is put behind it, and the
# whole must come out as the text again. No step waits for a time: behind each
# line goes a command that does not exist, whose answer says that it is done.
set -u
here=$(dirname "$(readlink -f "$0")")
text=$here/client_session.txt

readme_check()
{
	readme=$here/../../README.md
	awk '/^<!-- session -->$/ { inside = !inside; next }
	     inside && !/^```/ { print }' "$readme" | sed -e '1{/^$/d;}' -e '${/^$/d;}' |
		diff -u "$text" - && exit 0
	echo "README.md: between the lines '<!-- session -->' stands not the text of tests/device/client_session.txt" >&2
	exit 1
}

# The clients are numbered; client N reads from the FIFO N.in, writes to N.out,
# and is called what stands in N.name.
client_start()
{
	clients=$((clients + 1))
	mkfifo "$dir/$clients.in"
	: >"$dir/$clients.out"
	# A FIFO is open as long as one writer holds it: this shell, and then a sleeper.
	exec 9<>"$dir/$clients.in"
	su -s /bin/sh "$1" -c "exec ${MQ_CLIENT:-mq-client} $2" \
		<"$dir/$clients.in" >>"$dir/$clients.out" 2>&1 9>&- &
	echo $! >"$dir/$clients.pid"
	sleep 100000 >&9 9>&- &
	echo $! >"$dir/$clients.holder"
	exec 9>&-
	echo "${2:-mq}" >"$dir/$clients.name"
	client_settle "$clients"
}

client_stop()
{
	echo /exit >"$dir/$1.in"
	wait "$(cat "$dir/$1.pid")"
	kill "$(cat "$dir/$1.holder")"
	rm "$dir/$1.name"
}

# Print what client $1 has said since the last time, once it is done.
client_settle()
{
	echo "/done" >"$dir/$1.in"
	tries=0
	until grep -q '^there is no command /done' "$dir/$1.out"; do
		tries=$((tries + 1))
		[ $tries -lt 6000 ] || { echo "(the client does not answer)"; break; }
		usleep 10000
	done
	grep -v '^there is no command /done' "$dir/$1.out"
	: >"$dir/$1.out"
}

# Type the line $2 into the client that is called $1.
client_type()
{
	client=
	for file in "$dir"/*.name; do
		[ "$(cat "$file" 2>/dev/null)" = "$1" ] || continue
		client=${file##*/}
		client=${client%.name}
	done
	if [ -z "$client" ]; then
		echo "(nobody is called $1)"
		return
	fi
	if [ "$2" = /exit ]; then
		client_stop "$client"
		return
	fi
	printf '%s\n' "$2" >"$dir/$client.in"
	client_settle "$client" >"$dir/said"
	cat "$dir/said"
	case $2 in		# what the prompt will show from now on
	"/reg "*) [ -s "$dir/said" ] || echo "${2#/reg }" >"$dir/$client.name" ;;
	/unr) [ -s "$dir/said" ] || echo mq >"$dir/$client.name" ;;
	esac
}

root_do()
{
	case $1 in
	"modprobe -r mq_driver") rmmod mq_driver ;;
	"modprobe mq_driver"*)
		rmmod mq_driver 2>/dev/null
		# shellcheck disable=SC2086 # its parameters
		insmod "${MQ_MODULE:-/lib/mq/mq_driver.ko}" ${1#modprobe mq_driver} &&
			chgrp mq /dev/mq ;;
	*) echo "(this test does not know how to: $1)" ;;
	esac
}

play()
{
	while IFS= read -r line; do
		case $line in
		"") echo ;;
		"# "*) echo "$line"; root_do "${line#"# "}" 2>&1 ;;
		*"$ mq-client"*)
			echo "$line"
			client_start "${line%%\$*}" "$(echo "${line#*mq-client}" | tr -d ' ')" ;;
		*"> /"*)
			echo "$line"
			name=${line%%"> /"*}
			client_type "${name##*\] }" "/${line#*"> /"}" ;;
		esac
	done <"$text"
}

case ${1-} in
--readme) readme_check ;;
?*)
	sed -n '5,14s/^# \{0,1\}//p' "$0"
	[ "$1" = --help ]
	exit $(($? * 2)) ;;
esac

clients=0
dir=$(mktemp -d) || exit 1
chmod 711 "$dir"
echo 1..1
play >"$dir/played"
if diff -u "$text" "$dir/played" >"$dir/difference"; then
	echo "ok 1 - the session that README.md shows"
	echo "1 passed, 0 failed"
	status=0
else
	sed 's/^/# /' "$dir/difference"
	echo "not ok 1 - the session that README.md shows"
	echo "0 passed, 1 failed"
	status=1
fi
for holder in "$dir"/*.holder; do
	kill "$(cat "$holder")" 2>/dev/null
done
rm -rf "$dir"
exit $status
