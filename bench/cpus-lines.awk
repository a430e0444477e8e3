# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v csv=FILE -f symbols.awk -f cpus-lines.awk symbols touched: the cache lines that both CPUs stored to.
#
# symbols: /proc/kallsyms, sorted; touched: "SERIES WINDOW CPU w|r INSTRUCTION LINE TIMES" from mq-lines.so. A line is the
# driver's if code of the driver touched it, or if it lies in the driver's own data: so a lock counts, to which only the kernel
# stores. But tasks are the scheduler's, although the driver looks at its own.

# what is outside of the kernel and its modules has no symbol
function object_of(line)
{
	if (line ~ /^fffffffff[ef]/)
		return "(fixed mapping)"
	if (line !~ /^ffffffff/)
		return "(allocated)"
	return symbol_of(line)
}

function is_driver(series, line)
{
	if (object_of(line) ~ /\[mq_driver\]/ || (series, line) in stored)
		return 1
	return (series, line) in touched && !((series, line) in scheduled)
}

function title_of(series)
{
	return (series % 2 ? "/dev/mq" : "/dev/mq frames")
}

# "name, name ...": up to three of those who stored
function who_push(key, at,	who)
{
	who = symbol_of(at)
	if ((key, who) in pushed)
		return
	pushed[key, who]
	if (++n_who[key] <= 3)
		stored_by[key] = stored_by[key] (n_who[key] > 1 ? ", " : "") who
	else if (n_who[key] == 4)
		stored_by[key] = stored_by[key] " ..."
}

function series_show(series,	kind, key, line, part, counts, shown)
{
	kind = series <= 2 ? "two independent pairs" : "one mailbox for all"
	printf "\n%s, %s: cache lines that both CPUs stored to\n", title_of(series), kind
	counts["driver"] = counts["kernel"] = 0
	for (key in lines) {
		split(key, part, SUBSEP)
		line = part[2]
		if (part[1] != series || !((series, 0, line) in stored_by) || !((series, 1, line) in stored_by))
			continue
		kind = is_driver(series, line) ? "driver" : "kernel"
		counts[kind]++
		if (series <= 2 || (kind == "driver" && ++shown <= 10))
			printf "  %-7s %s %s: %s | %s\n", kind, line, object_of(line), stored_by[series, 0, line], stored_by[series, 1, line]
	}
	printf "  %d of the driver's, %d of the rest of the kernel's\n", counts["driver"], counts["kernel"]
	for (kind in counts)
		printf "%s,lines-%s,%s,ours,64,2,%d,%d,,1,,cache lines\n", series <= 2 ? "two-pairs" : "one-mailbox", kind,
			title_of(series), counts[kind], counts[kind] >csv
}

FNR == NR {
	symbol_add($1, $3, $4)
	next
}

$1 <= 4 {
	who = symbol_of($5)
	if (who ~ /\[mq_driver\]/) {
		touched[$1, $6]
		if ($4 == "w")
			stored[$1, $6]
	}
	if ($4 == "w") {
		if (who ~ /^(__schedule|resched_curr|try_to_wake_up)$/)
			scheduled[$1, $6]
		lines[$1, $6]
		who_push($1 SUBSEP $3 SUBSEP $6, $5)
	}
}

END {
	for (series = 1; series <= 4; series++)
		series_show(series)
}
