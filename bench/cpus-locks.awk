# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v csv=FILE -f cpus-locks.awk classes locks-PART-WAY...: who waited for locks of the driver's.
#
# classes: the names of its lock classes, one a line; the others are copies of /proc/lock_stat. A lock counts as the
# driver's by its class, and so does every wait in the driver's code for whatever lock.

function file_end(	part, shape, peer, i)
{
	if (file == "")
		return
	split(file, part, "-")
	shape = part[2] == "pairs" ? "two-pairs" : "one-mailbox"
	peer = part[3] == "text" ? "/dev/mq" : "/dev/mq frames"
	printf "\n%s, %s: locks of the driver's\n", peer, part[2] == "pairs" ? "two independent pairs" : "one mailbox for all"
	printf "  %10s %10s %10s\n", "taken", "moved", "waited for"
	for (i = 1; i <= n_rows; i++)
		print row[i]
	printf "%s,waits,%s,ours,64,2,%d,%d,,1,,waits for a lock\n", shape, peer, waits + foreign, waits + foreign >csv
	printf "%s,moves,%s,ours,64,2,%d,%d,,1,,locks taken that the other CPU had last\n", shape, peer, moves, moves >csv
	printf "%s,taken,%s,ours,64,2,%d,%d,,1,,locks taken\n", shape, peer, taken, taken >csv
	printf "  %10d %10d %10d  in all; %d waits of the driver for other locks\n", taken, moves, waits, foreign
	waits = moves = taken = foreign = n_rows = 0
}

FNR == NR {
	is_ours[$0]
	next
}

FNR == 1 {
	file_end()
	file = FILENAME
	sub(/^.*\//, "", file)
	points = 0
}

# "CLASS: BOUNCES WAITS min max total avg MOVES TAKEN min max total avg"
/: +[0-9]+ +[0-9]+ / {
	class = $0
	sub(/: +[0-9]+ .*$/, "", class)
	sub(/^ +/, "", class)
	n = split(substr($0, index($0, class) + length(class) + 1), figure, " ")
	# Another class of that name, or a lock inside another one of its class: "#2", "/1".
	sub(/[#\/][0-9]+$/, "", class)
	current = class in is_ours
	dashes = 0
	if (current && n == 12) {
		waits += figure[2]
		moves += figure[7]
		taken += figure[8]
		row[++n_rows] = sprintf("  %10d %10d %10d  %s", figure[8], figure[7], figure[2], class)
	}
	next
}

# Behind the first line of dashes stands who waited, behind the second whom for.
/^ +-+$/ {
	dashes++
}

/\[mq_driver\]$/ && !current && dashes == 1 {
	foreign += $(NF - 3)
}

END {
	file_end()
}
