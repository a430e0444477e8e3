# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# The goals of bench/goals beside the figures that csv.awk has read.
#
#   goals_read(FILE)   returns how many there are; then for each, by its number:
#   goal_title[I], goal_stop[I]   what it is, and what stops it where it is missed
#   goal_value(I)      what was measured, "" if nothing was
#   goal_limit(I)      what it may be at most, "" if what it is compared with was not measured
#   goal_peer(I)       what the best peer of the same boot costs, "" if there is none; its name is in best_peer
#   goal_verdict(I)    reached, missed or not measured
#   goal_show(I)       the limit in words

function goals_read(file, line, part, n)
{
	while ((getline line < file) > 0) {
		if (line ~ /^#/ || line ~ /^ *$/)
			continue
		gsub(/ *\| */, "|", line)
		split(line, part, "|")
		goal_title[++n] = part[1]
		goal_key[n] = part[2]
		goal_how[n] = part[3]
		goal_stop[n] = part[4]
		if (split(part[2], _goal_word, " ") < 5 || part[3] !~ /^(at-most|below|within) /) {
			printf "%s: what is the goal '%s'?\n", file, line > "/dev/stderr"
			exit 2
		}
	}
	close(file)
	return n
}

function _goal_figure(i, n, peer, part, rest)
{
	split(goal_key[i], part, " ")
	rest = goal_key[i]
	sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", rest)
	return value(part[1], part[2], peer == "" ? rest : peer, part[3], n == "" ? part[4] : n)
}

function goal_value(i)
{
	return _goal_figure(i)
}

function goal_peer(i, part)
{
	split(goal_key[i], part, " ")
	return best("peer", part[1], part[2], part[3], part[4])
}

function goal_limit(i, word, other)
{
	split(goal_how[i], word, " ")
	if (word[1] == "at-most")
		return word[2] + 0
	other = word[1] == "below" ? _goal_figure(i, "", substr(goal_how[i], 7)) : _goal_figure(i, word[4])
	return other == "" ? "" : word[1] == "below" ? other : other * (1 + word[2] / 100)
}

function goal_verdict(i, v, limit)
{
	v = goal_value(i)
	limit = goal_limit(i)
	if (v == "" || limit == "")
		return "not measured"
	return (goal_how[i] ~ /^below/ ? v < limit : v <= limit) ? "reached" : "missed"
}

function goal_show(i, word, limit)
{
	split(goal_how[i], word, " ")
	limit = goal_limit(i)
	if (word[1] == "at-most")
		return number(limit)
	if (word[1] == "within")
		return sprintf("within %s %%%s", word[2], limit == "" ? "" : ": " number(limit))
	return sprintf("below %s%s", substr(goal_how[i], 7), limit == "" ? "" : ": " number(limit))
}
