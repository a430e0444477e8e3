# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v csv=FILE -f cpus-lookup.awk inlined offsets touched: how many cache lines finding a name touches.
#
# inlined: `addr2line -a -f -i` of the offsets; offsets: "ADDRESS OFFSET" from cpus-offsets.awk. Of a look-up is what the
# functions below do, in whatever they were inlined. A line that most look-ups touch (the table's head, the hash's secret, the
# stack) stays in the cache; the others are the name's.

function median_of(counts, n,	i, value, sum)
{
	for (value = 0; sum * 2 <= n; value++)
		sum += counts[value]
	return value - 1
}

function least_of(counts,	value)
{
	while (!counts[value + 0])
		value++
	return value + 0
}

# figure_show MEASURE TEXT COUNTS
function figure_show(measure, text, counts, n)
{
	printf "  %3d (least %d) %s\n", median_of(counts, n), least_of(counts), text
	printf "lookup,%s,/dev/mq frames,ours,64,10000,%d,%d,,%d,,cache lines\n", measure, median_of(counts, n),
		least_of(counts), n >csv
}

FILENAME ~ /inlined$/ {
	if (/^0x/) {
		offset = $1
		sub(/^0x0*/, "", offset)
	} else if (/^mq_registry_(find_name|hash_name|compare_name)/) {
		is_lookup[offset]
	}
	next
}

FILENAME ~ /offsets$/ {
	if ($2 in is_lookup)
		wanted[$1]
	next
}

$1 == 5 && $5 in wanted && !(($2, $6) in seen) {
	seen[$2, $6]
	windows[$2]
	times[$6]++
}

END {
	for (w in windows)
		n++
	if (!n) {
		print "cpus-lookup.awk: no look-up was seen: are its functions still called mq_registry_find_name...?" >"/dev/stderr"
		exit 1
	}
	for (key in seen) {
		split(key, part, SUBSEP)
		all[part[1]]++
		if (times[part[2]] <= n / 2)
			own[part[1]]++
	}
	for (w in windows) {
		all_counts[all[w]]++
		own_counts[own[w] + 0]++
	}
	printf "\nFinding one of 10,000 names drawn at random: cache lines that it touches, median of %d look-ups\n", n
	figure_show("lines", "in all, what every look-up touches (and so is in the cache) among them", all_counts, n)
	figure_show("lines-of-name", "that depend on the name", own_counts, n)
}
