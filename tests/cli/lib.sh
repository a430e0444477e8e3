# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# TAP for the tests of the command mq: source it, call the functions, end with finish.
#
#   run COMMAND...        runs it; $rc is its status, $dir/out and $dir/err what it said
#   report STATUS WHAT [WHY]
#   is GOT WANTED WHAT
#   exits STATUS WHAT     the last run ended so
#   says TEXT WHAT        the last run said TEXT on stderr, somewhere
#   prints TEXT WHAT      the last run printed exactly TEXT (and a newline)
#
# The fields of --json, as mq(1) has them; a ? in front: it may be missing.
# shellcheck disable=SC2034 # for who sources this
{
message_keys='kind to from pid uid sequence lost time size ?encoding data'
status_keys='name pid uid owner policy access events depth queued accepted delivered overwritten discarded rejected spared'
driver_keys='device version max_devices queue_len cmd_buf_size depth_max fair_depth_max root_devices user_endpoints own_endpoints user_bytes own_bytes fair isolate ?names ?anonymous ?come ?gone ?queued ?accepted ?delivered ?overwritten ?discarded ?rejected ?broadcasts ?calls ?endpoints ?endpoint_bytes ?slots ?slot_bytes ?messages ?message_bytes'
event_keys='event name pid uid'
passed_keys='kind to from pid uid missed time cookie errno reached size ?encoding data'
}
count=0 passed=0 failed=0 rc=0
dir=$(mktemp -d) || exit 1
chmod 755 "$dir"

report()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
		printf '%s\n' "${3-}" | sed 's/^/# /'
	fi
}

is()
{
	[ "$1" = "$2" ]
	report $? "$3" "got \"$1\", wanted \"$2\""
}

run()
{
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	rc=$?
}

exits()
{
	[ "$rc" -eq "$1" ]
	report $? "$2" "status $rc, wanted $1; it said: $(cat "$dir/err")"
}

says()
{
	grep -qF -e "$1" "$dir/err"
	report $? "$2" "no \"$1\" in: $(cat "$dir/err")"
}

prints()
{
	is "$(cat "$dir/out")" "$1" "$2"
}

finish()
{
	rm -rf "$dir"
	echo "1..$count"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
	exit
}
