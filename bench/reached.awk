# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# bench_awk reached -v csv=result.csv -v goals=bench/goals: those of the goals that were measured, for a terminal

BEGIN {
	csv_read(csv)
	n = goals_read(goals)
	for (i = 1; i <= n; i++) {
		if (goal_verdict(i) == "not measured")
			continue
		if (!shown++)
			printf "\nGoals\n"
		printf "  %-8s %-46s %9s  %s\n", goal_verdict(i), goal_title[i], number(goal_value(i)), goal_show(i)
	}
}
