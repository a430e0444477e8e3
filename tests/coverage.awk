# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# What was reached of the driver, as a page: from `gcov -b -c -p` of each object file and each set of tests, the files
# SET/OBJECT/*.gcov. Variables: sets (their names, with spaces), reasons (the file that says why a line is not reached), list
# (where the lines without a reason go, and the reasons without a line).

function is_reached(count) { return count ~ /^[0-9]/ && count + 0 > 0 }

function percent(part, all) { return all ? sprintf("%.1f", int(1000 * part / all) / 10) : "-" }

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

BEGIN {
	set_count = split(sets, set_names, " ")
	while ((getline line < reasons) > 0) {
		if (line ~ /^(#|$)/)
			continue
		if (split(line, part, / \| /) != 4) {
			print reasons ": not FILE | FUNCTION | TEXT | WHY: " line > list
			continue
		}
		reason_count++
		for (i = 1; i <= 4; i++)
			reason[reason_count, i] = part[i]
	}
}

FNR == 1 {
	n = split(FILENAME, path, "/")
	set = path[n - 2]
	object = path[n - 1]
	file = ""
}

/^ *-: *0:Source:/ {
	file = $0
	sub(/.*Source:/, "", file)
	# The kernel's headers are not ours.
	if (file !~ /\/driver\/(compat\/)?[a-z_]+\.[ch]$/)
		file = ""
	sub(/.*\/driver\//, "", file)
	number = 0
	next
}

file == "" { next }

/^branch / {
	key = file SUBSEP number SUBSEP object SUBSEP branch++
	if (!(key in branches)) {
		branches[key] = 1
		branch_all[file]++
	}
	if ($3 == "taken" && $4 + 0 > 0 && !(key in branch_done)) {
		branch_done[key] = 1
		branch_reached[file]++
	}
	next
}

match($0, /^ *[^ :]+: *[0-9]+:/) {
	count = trim(substr($0, 1, index($0, ":") - 1))
	text = substr($0, RLENGTH + 1)
	rest = substr($0, index($0, ":") + 1)
	number = rest + 0
	branch = 0
	# A function of ours begins in the first column.
	if (number && match(text, /^[a-z].*[ *][a-z_0-9]+\(/)) {
		name = substr(text, RSTART, RLENGTH - 1)
		sub(/.*[ *]/, "", name)
	}
	if (count == "-" || !number)
		next
	key = file SUBSEP number
	if (!(key in lines)) {
		lines[key] = trim(text)
		functions[key] = name
		line_all[file]++
		last[file] = number > last[file] ? number : last[file]
	}
	if (number > last[file])
		last[file] = number
	if (is_reached(count)) {
		if (!((key, set) in reached)) {
			reached[key, set] = 1
			line_set[file, set]++
		}
		if (!(key in reached_at_all)) {
			reached_at_all[key] = 1
			line_reached[file]++
		}
	}
}

# Why a line is not reached, or "".
function why(file, key,    i)
{
	for (i = 1; i <= reason_count; i++)
		if (reason[i, 1] == file && (reason[i, 2] == functions[key] || reason[i, 2] == "*") &&
		    (reason[i, 3] == "*" || index(lines[key], reason[i, 3]))) {
			used[i] = 1
			return reason[i, 4]
		}
	return ""
}

function cell(text) { gsub(/\|/, "\\|", text); return text }

function row(name, all, done, branch_n, branch_done_n, file,    i, s)
{
	printf "| %s | %d | %s | %s |", name, all, percent(done, all), percent(branch_done_n, branch_n)
	for (i = 1; i <= set_count; i++) {
		s = set_names[i]
		printf " %s |", percent(file == "" ? set_all[s] : line_set[file, s], all)
	}
	print ""
}

END {
	count = 0
	for (file in line_all)
		names[++count] = file
	for (i = 2; i <= count; i++)
		for (j = i; j > 1 && names[j] < names[j - 1]; j--) {
			file = names[j]; names[j] = names[j - 1]; names[j - 1] = file
		}

	printf "%s", "| file | lines | reached % | branches % |"
	for (i = 1; i <= set_count; i++)
		printf " %s |", set_names[i]
	printf "\n|---|---:|---:|---:|"
	for (i = 1; i <= set_count; i++)
		printf "---:|"
	print ""
	for (i = 1; i <= count; i++) {
		file = names[i]
		row("`" file "`", line_all[file], line_reached[file], branch_all[file], branch_reached[file], file)
		all += line_all[file]
		done += line_reached[file]
		b_all += branch_all[file]
		b_done += branch_reached[file]
		for (j = 1; j <= set_count; j++)
			set_all[set_names[j]] += line_set[file, set_names[j]]
	}
	row("all", all, done, b_all, b_done, "")

	print "\n## Lines that nothing reaches\n"
	print "| line | function | source | why |"
	print "|---|---|---|---|"
	for (i = 1; i <= count; i++) {
		file = names[i]
		for (n = 1; n <= last[file]; n++) {
			key = file SUBSEP n
			if (!(key in lines) || key in reached_at_all)
				continue
			because = why(file, key)
			printf "| %s:%d | %s | `%s` | %s |\n", file, n, functions[key], cell(lines[key]), because
			if (because == "")
				printf "%s:%d: %s(): not reached, and tests/coverage.reasons does not say why: %s\n", file, n, functions[key], lines[key] > list
		}
	}
	for (i = 1; i <= reason_count; i++)
		if (!used[i])
			printf "tests/coverage.reasons: no unreached line for: %s | %s | %s\n", reason[i, 1], reason[i, 2], reason[i, 3] > list
	if (!all || done / all < 0.95)
		printf "only %s %% of %d lines are reached\n", percent(done, all), all > list
}
