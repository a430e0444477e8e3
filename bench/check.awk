# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -f check.awk goals result.csv: one line per goal; exit status 1 unless all are reached.

FNR == NR {
	if ($0 !~ /^#/ && NF == 6) {
		goal[++goals] = $1 "," $2 "," $3 "," $4
		how[goals] = $5
		limit[goals] = $6
	}
	next
}

FNR == 1 {
	next	# the head line
}

{
	split($0, field, ",")
	key = field[1] "," field[2] "," field[5] "," field[6]
	if (field[12] != "instructions")
		vague = 1
	if (field[4] == "ours")
		cost[key] = field[7] + 0
	if (field[4] == "peer" && (!(key in peer) || field[7] + 0 < peer[key]))
		peer[key] = field[7] + 0
}

function show(i, verdict, value)
{
	printf "%-12s %-32s %10s  %s %s\n", verdict, goal[i], value, how[i], limit[i]
	if (verdict != "reached")
		failed = 1
}

END {
	if (vague || !goals) {
		print vague ? "not counted in instructions: nothing to check" : "no goals"
		exit 1
	}
	for (i = 1; i <= goals; i++) {
		if (limit[i] == "peer")
			limit[i] = peer[goal[i]]
		if (!(goal[i] in cost) || limit[i] == "")
			show(i, "NOT MEASURED", "-")
		else if (how[i] == "below" ? cost[goal[i]] < limit[i] + 0 : cost[goal[i]] <= limit[i] + 0)
			show(i, "reached", cost[goal[i]])
		else
			show(i, "MISSED", cost[goal[i]])
	}
	exit failed
}
