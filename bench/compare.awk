# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# bench_awk compare -v old=OLD.csv -v new=NEW.csv -v tolerance=3: what differs between two runs, ours first, the largest
# effect first. Exits with 1 if one of ours got dearer by more than the tolerance.

BEGIN {
	if (!csv_read(old))
		fail(old " has no figures")
	for (k in median) {
		before[k] = median[k]
		unit_before[k] = unit[k]
	}
	split("", median)
	keys = 0
	if (!csv_read(new))
		fail(new " has no figures")
	for (i = 1; i <= keys; i++)
		differ(key_of[i])
	for (k in before)
		gone += !(k in median)
	if (!common)
		fail("the two have no figure in common")
	show_all()
	if (gone || added)
		printf "%d figures are in the old one only, %d in the new one only\n", gone, added
	printf "%d of %d figures differ; of ours %d got dearer by more than %s %%\n", rows, common, dearer, tolerance
	exit dearer > 0
}

function fail(text)
{
	print text > "/dev/stderr"
	exit failed = 2
}

# What differs by less than this is noise of the last digit.
function differ(k, part, percent)
{
	if (!(k in before)) {
		added++
		return
	}
	if (unit[k] != unit_before[k])
		fail("one of the two is in " unit_before[k] ", the other in " unit[k])
	common++
	split(k, part, SUBSEP)
	percent = before[k] ? 100 * (median[k] / before[k] - 1) : 0
	if (percent < 0.1 && percent > -0.1)
		return
	row[++rows] = k
	change[rows] = percent
	# ours first, then by size of the effect
	rank[rows] = (role[part[3]] == "ours" ? 0 : 1e9) - (percent < 0 ? -percent : percent)
	dearer += role[part[3]] == "ours" && percent > tolerance
}

function show_all(i, k, part, order)
{
	if (!rows)
		return
	sort_by(rank, order, rows)
	printf "%-18s %-11s %-10s %7s %6s %10s %10s %10s %9s\n", "peer", "shape", "measure", "bytes", "n", "old", "new", "change", "percent"
	for (i = 1; i <= rows; i++) {
		k = row[order[i]]
		split(k, part, SUBSEP)
		printf "%-18s %-11s %-10s %7s %6s %10s %10s %10s %+8.1f%%%s\n", part[3], part[1], part[2], part[4], part[5], \
			figure(before[k]), figure(median[k]), signed(median[k] - before[k]), change[order[i]], \
			(role[part[3]] == "ours" && change[order[i]] > tolerance ? "  DEARER" : "")
	}
}

function figure(x)
{
	return x < 1000 && x > -1000 ? sprintf("%.1f", x) : number(x)
}

function signed(x)
{
	return (x > 0 ? "+" : "") figure(x)
}
