# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Is each line one flat JSON object (RFC 8259) with exactly the fields `keys`, in that order? A key with a ? in front
# may be missing. Says what is wrong, and then ends with status 1; also if there is no line at all.

BEGIN {
	string = "\"([^\"\\\\\001-\037]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*\""
	value = "(" string "|-?(0|[1-9][0-9]*)([.][0-9]+)?|true|false|null)"
	count = split(keys, wanted, " ")
}

function refuse(why)
{
	print "line " NR ": " why ": " $0
	bad = 1
}

# The key that `rest` begins with; `rest` is then what stands behind its value.
function next_key(	key)
{
	if (!match(rest, "^" string ":"))
		return ""
	key = substr(rest, 2, RLENGTH - 3)
	rest = substr(rest, RLENGTH + 1)
	if (!match(rest, "^" value))
		return ""
	rest = substr(rest, RLENGTH + 1)
	return key
}

{
	if (substr($0, 1, 1) != "{" || substr($0, length($0)) != "}") {
		refuse("no object")
		next
	}
	rest = substr($0, 2, length($0) - 2)
	at = 1
	while (rest != "") {
		key = next_key()
		if (key == "") {
			refuse("no \"key\":value at \"" rest "\"")
			next
		}
		while (at <= count && wanted[at] == "?" wanted_name(at) && wanted_name(at) != key)
			at++
		if (at > count || wanted_name(at) != key)
			refuse("field " key " where " (at > count ? "none" : wanted[at]) " is due")
		at++
		if (rest != "" && !sub(/^,/, "", rest)) {
			refuse("no comma at \"" rest "\"")
			next
		}
	}
	while (at <= count && wanted[at] ~ /^[?]/)
		at++
	if (at <= count)
		refuse("field " wanted[at] " is missing")
}

function wanted_name(i,	name)
{
	name = wanted[i]
	sub(/^[?]/, "", name)
	return name
}

END {
	if (!NR)
		print "there is nothing"
	exit bad || !NR
}
