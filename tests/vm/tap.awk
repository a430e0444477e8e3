# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Reads what tests/vm/run-tests printed, writes a line `NAME PASSED FAILED SKIPPED` for each of its programs to the file
# `results`, and prints the tests that failed. What was planned and did not come, or came without a last line, has failed.
# A skipped test has failed where `strict` is set. `expected`: the names that must be there.

function finish(	missing, wanted)
{
	if (name == "")
		return
	wanted = plan > least ? plan : least
	missing = wanted - ok - bad - skipped
	if (missing > 0 || !last || wanted == 0) {
		bad += missing > 0 ? missing : 1
		printf "%s: %d of %d tests did not run to their end\n", name, missing, wanted
	}
	if (strict && skipped) {
		printf "%s: %d skipped: nothing may be skipped here\n", name, skipped
		bad += skipped
		skipped = 0
	}
	print name, ok, bad, skipped > results
	seen[name] = 1
	name = ""
}

{ sub(/\r$/, "") }
/^== / { finish(); name = $2; least = $3; ok = bad = skipped = plan = last = talk = 0; next }
name == "" { next }
/^1\.\.[0-9]+/ { plan = substr($0, 4) + 0; next }
/^[0-9]+ passed, [0-9]+ failed/ { last = 1; talk = 0; next }
/^ok [0-9].*# SKIP/ { skipped++; print name ": " $0; talk = 0; next }
/^ok [0-9]/ { ok++; talk = 0; held = 0; next }
/^not ok [0-9]/ {
	bad++
	for (i = 1; i <= held; i++)
		print hold[i]
	print name ": " $0
	held = 0
	talk = 30
	next
}
# What a test says of itself may come before or after its line.
talk > 0 { print "    " $0; talk--; next }
held < 60 { hold[++held] = "    " $0 }

END {
	finish()
	count = split(expected, names, " ")
	for (i = 1; i <= count; i++)
		if (!(names[i] in seen)) {
			print names[i] ": did not run"
			print names[i], 0, 1, 0 > results
		}
}
