# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v csv=FILE -f cpus-lookup.awk inlined offsets touched: how many cache lines finding a name touches.
#
# inlined: `addr2line -a -f -i` of the offsets; offsets: "ADDRESS OFFSET" from cpus-offsets.awk. Of a look-up is what the
# functions below do, in whatever they were inlined. The stack, where the wanted name lies, has just been written; it is
# known by what a look-up stores, which it does nowhere else. A line that most look-ups touch (the table's head, the hash's
# secret) stays in the cache too. The others are the name's own.

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

# where a stack of 16 KiB lies
function stack_of(line)
{
	return substr(line, 1, 12) int((index("0123456789abcdef", substr(line, 13, 1)) - 1) / 4)
}

function figure_show(measure, text, counts, n,	value, sum)
{
	for (value in counts)
		sum += value * counts[value]
	printf "  %3d %s; %.1f on average, at least %d\n", median_of(counts, n), text, sum / n, least_of(counts)
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

$1 == 5 && $5 in wanted {
	if ($4 == "w")
		is_stack[stack_of($6)]
	if (($2, $6) in seen)
		next
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
		if (stack_of(part[2]) in is_stack)
			stack[part[1]]++
		else if (times[part[2]] <= n / 2)
			own[part[1]]++
	}
	for (w in windows) {
		all_counts[all[w]]++
		stack_counts[stack[w] + 0]++
		own_counts[own[w] + 0]++
	}
	printf "\nFinding one of 10,000 names drawn at random: cache lines that it touches, median of %d look-ups\n", n
	figure_show("lines", "in all", all_counts, n)
	figure_show("lines-of-stack", "of the caller's stack, where the wanted name lies", stack_counts, n)
	figure_show("lines-of-name", "that depend on the name: its place in the table, and whom it finds there", own_counts, n)
}
