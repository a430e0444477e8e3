# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# bench_awk recorded -v csv=result.csv -v recorded=bench/recorded -v tolerance=3
# bench_awk recorded -v csv=result -v record=3: of result-1.csv to result-3.csv
#
# A figure is kept as its ratio to two others of the same boot, which no change of ours moves: the floor (system calls that do
# nothing; where somebody sleeps, two processes that wake each other) and a pipe. What got dearer is dearer beside both: so neither another
# kernel's pipe nor another compiler's system call is taken for it.
# Compares, and exits with 1 if something got dearer; with record prints a new file instead, of so many boots.

BEGIN {
	if (record) {
		for (boot = 1; boot <= record; boot++) {
			read_exact(csv "-" boot ".csv")
			record_boot()
		}
		record_all()
	} else {
		read_exact(csv)
		check_all()
	}
}

function read_exact(file, i, exact)
{
	if (!csv_read(file))
		fail(file " has no figures")
	for (i = 1; i <= keys; i++)
		exact += unit[key_of[i]] == "instructions"
	if (!exact)
		fail(file " is not counted in instructions: nothing to compare")
}

function fail(text)
{
	print text > "/dev/stderr"
	exit failed = 2
}

# ---- what a figure is compared with ----

function first_of(a, b, c, d)
{
	return a != "" ? a : b != "" ? b : c != "" ? c : d
}

function floor_of(shape, bytes)
{
	if (shape ~ /trip|call/)
		return first_of(value("trip", "trip", "eventfd", bytes, 1), value("trip", "trip", "eventfd", 64, 1))
	return first_of(value("self", "message", "/dev/null", bytes, 1), value("self", "message", "/dev/null", 64, 1))
}

function pipe_of(shape, measure, bytes, n)
{
	if (shape ~ /trip|call/)
		return first_of(value(shape, measure, "pipe", bytes, n), value("trip", "trip", "pipe", bytes, 1), \
			value("trip", "trip", "pipe", 64, 1))
	return first_of(value(shape, measure, "pipe", bytes, n), value("self", "message", "pipe", bytes, 1), \
		value("self", "message", "pipe", 64, 1))
}

function ratios(k, part)
{
	split(k, part, SUBSEP)
	by_floor = floor_of(part[1], part[4])
	by_pipe = pipe_of(part[1], part[2], part[4], part[5])
	if (by_floor == "" || by_pipe == "")
		fail(part[1] ": no floor or no pipe was measured to compare with")
	by_floor = median[k] / by_floor
	by_pipe = median[k] / by_pipe
}

# ---- record ----

# Ours that were measured, not what follows from them. What is counted in something else than instructions is compared with no floor.
function is_recorded(k, part)
{
	split(k, part, SUBSEP)
	return role[part[3]] == "ours" && batches[k] && unit[k] == "instructions"
}

# The figures of the boot that was read last.
function record_boot(i, k)
{
	for (i = 1; i <= keys; i++) {
		k = key_of[i]
		if (!is_recorded(k))
			continue
		ratios(k)
		if (by_floor > most_floor[k])
			most_floor[k] = by_floor
		if (by_pipe > most_pipe[k])
			most_pipe[k] = by_pipe
	}
}

function record_all(i, k, part)
{
	for (i = 1; i <= keys; i++) {
		k = key_of[i]
		split(k, part, SUBSEP)
		if (is_recorded(k))
			printf "%-12s %-13s %6d %6d %9.4f %9.4f  %s\n", part[1], part[2], part[4], part[5], most_floor[k], \
				most_pipe[k], part[3]
	}
}

# ---- check ----

function check_all(line, word, peer, n)
{
	while ((getline line < recorded) > 0) {
		if (line ~ /^#/ || split(line, word, " ") < 7)
			continue
		peer = word[7] (word[8] != "" ? " " word[8] : "")
		check_one(key(word[1], word[2], peer, word[3], word[4]), word[5], word[6])
		n++
	}
	if (!n)
		fail(recorded " has no figures: bench/run --record makes it")
	if (cheaper)
		print "cheaper than recorded: bench/run --record keeps it that way"
	printf "%d figures compared with bench/recorded, %d dearer by more than %s %%, %d not measured\n", n, dearer, tolerance, missing
	exit dearer || missing
}

function check_one(k, old_floor, old_pipe, part, more_floor, more_pipe)
{
	split(k, part, SUBSEP)
	if (!(k in median)) {
		missing++
		show("NOT MEASURED", part, "")
		return
	}
	ratios(k)
	more_floor = 100 * (by_floor / old_floor - 1)
	more_pipe = 100 * (by_pipe / old_pipe - 1)
	if (more_floor > tolerance && more_pipe > tolerance) {
		dearer++
		show("DEARER", part, said(more_floor, more_pipe, old_floor, old_pipe))
	} else if (more_floor < -tolerance && more_pipe < -tolerance) {
		cheaper++
		show("cheaper", part, said(more_floor, more_pipe, old_floor, old_pipe))
	}
}

function said(more_floor, more_pipe, old_floor, old_pipe)
{
	return sprintf("%+.1f %% beside the floor (%.3f, was %.3f), %+.1f %% beside a pipe (%.3f, was %.3f)", \
		more_floor, by_floor, old_floor, more_pipe, by_pipe, old_pipe)
}

function show(word, part, text)
{
	printf "%-12s %s %s, %s B, n %s, %s%s\n", word, part[1], part[2], part[4], part[5], part[3], text ? ": " text : ""
}
