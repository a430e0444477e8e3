# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# bench_awk page -v in_dir=... -v out_dir=... -v goals=... -v date=... -v commit=...: the page, from the figures in
# in_dir/*.csv, on stdout, and a gnuplot script in out_dir for each of its plots. Each sentence is computed from what its plot shows;
# what was not measured has no section.

BEGIN {
	csv_read(in_dir "/result.csv")
	csv_read(in_dir "/latency.csv")
	csv_read(in_dir "/contention.csv")
	head_show()
	overview_section()
	self_section()
	size_section()
	trip_section()
	batch_section()
	broadcast_section()
	moving_section()
	growth_section()
	group_section()
	user_section()
	memory_section()
	latency_section()
	contention_section()
	goals_section()
	exit
}

# ---- head ----

function head_show(place, line)
{
	# All above the sentence on the figures.
	while ((getline line < (in_dir "/result.txt")) > 0 && line !~ /^Figures/) {
		sub(/ +$/, "", line)
		place = place (place ? ", " : "") line
	}
	print "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
	print "<!-- Made by bench/report of what bench/run measured: do not edit. -->"
	print "# What a message costs\n"
	printf "Measured on %s%s: %s.\n\n", date, (commit && commit != "-") ? " at commit " commit : "", place
	print "Figures are *instructions*, those of the program and those of the kernel, on one emulated CPU that counts them; they are not time."
	print "All ways are measured in the same boot by the same code, and each message is checked. The *best peer* is the cheapest of what else"
	print "the kernel offers for the same; below 1 is cheaper than it. A *floor* moves no message: `/dev/null` is two system calls that do"
	print "nothing, `eventfd` two processes that wake each other. [bench/README.md](../../bench/README.md) says how it is measured and"
	print "how far instructions are from time; `make bench` makes this page anew."
}

# ---- all at once ----

function overview_row(title, shape, measure, bytes, n, other_shape, other_measure, v, who, other)
{
	v = best("ours", shape, measure, bytes, n)
	who = best_peer
	other = best("peer", other_shape ? other_shape : shape, other_shape ? other_measure : measure, bytes, n)
	if (v == "" || other == "")
		return
	rows_all++
	rows_ahead += v < other
	bar(title, "ours", v / other, "", sprintf("%.2f of %s, %s", v / other, number(other), best_peer))
}

function overview_section(list, n)
{
	overview_row("Send and receive", "self", "message", 64, 1)
	overview_row("in a child memory group", "group-self", "message", 64, 1)
	overview_row("4,000 bytes", "self", "message", 4000, 1)
	n = values_of("batch", "message", 5, list)
	overview_row(list[n] " a system call", "batch", "message", 64, list[n])
	overview_row("Round trip", "trip", "trip", 64, 1)
	overview_row("Call and reply", "call", "trip", 64, 1, "trip", "trip")
	overview_row("One way", "stream", "message", 64, 1)
	n = values_of("many", "message", 5, list)
	overview_row(list[n] " senders to one", "many", "message", 64, list[n])
	n = values_of("pairs", "message", 5, list)
	overview_row(list[n] " pairs", "pairs", "message", 64, list[n])
	n = values_of("broadcast", "total", 5, list)
	overview_row("Broadcast, send and receive", "broadcast", "total", 64, list[n])
	overview_row("Broadcast to " list[n] ", send", "broadcast", "send", 64, list[n])
	if (!rows_all)
		return
	bar_plot("overview", "The cheaper of our two ways beside the best peer (dashed line)", 1)
	section("At a glance", "overview", sprintf("In %d of %d ways to use it, /dev/mq takes fewer instructions than the best peer.", rows_ahead, rows_all))
}

# ---- goals ----

function goals_section(i, n, verdict, reached, peer)
{
	n = goals_read(goals)
	for (i = 1; i <= n; i++)
		reached += goal_verdict(i) == "reached"
	printf "\n## Goals\n\n%d of %d are reached.\n\n", reached, n
	print "| goal, 64 bytes unless said | best peer | to reach | measured | | what stops it |"
	print "|---|---:|---:|---:|---|---|"
	for (i = 1; i <= n; i++) {
		verdict = goal_verdict(i)
		peer = goal_peer(i)
		printf "| %s | %s | %s | %s | %s | %s |\n", goal_title[i], peer == "" ? "" : best_peer ", " number(peer), goal_show(i), goal_value(i) == "" ? "" : number(goal_value(i)), \
			verdict == "missed" ? "**missed**" : verdict, verdict == "missed" ? goal_stop[i] : ""
	}
}

# ---- words ----

# 0.79 -> "21 % less than pipe (2,390)"
function beside(ours, other, name, ratio)
{
	ratio = ours / other
	name = peer_show(name)
	if (ratio < 0.5)
		return sprintf("%s %% of what %s takes (%s)", number(100 * ratio), name, number(other))
	if (ratio < 0.995)
		return sprintf("%.0f %% less than %s (%s)", 100 * (1 - ratio), name, number(other))
	if (ratio <= 1.005)
		return sprintf("as much as %s (%s)", name, number(other))
	if (ratio < 2)
		return sprintf("%.0f %% more than %s (%s)", 100 * (ratio - 1), name, number(other))
	return sprintf("%s times as much as %s (%s)", number(ratio), name, number(other))
}

# "Frames take 1,850 instructions, 21 % less than the best peer, pipe (2,390); text takes ..."
function each_of_ours(shape, measure, bytes, n, i, v, other, out)
{
	other = best("peer", shape, measure, bytes, n)
	for (i = 1; i <= peers; i++) {
		v = value(shape, measure, peer_of[i], bytes, n)
		if (role[peer_of[i]] != "ours" || v == "")
			continue
		out = out (out ? "; " : "") sprintf("%s take%s %s", ours_name(peer_of[i], out == ""), \
			peer_of[i] ~ /frames/ ? "" : "s", number(v)) (other != "" ? ", " beside(v, other, best_peer) : "")
	}
	return out ? out "." : ""
}

# "frames (2,479), 8 % more than pipe (2,302)"
function cheaper_of_ours(shape, measure, bytes, n, v, who, other)
{
	v = best("ours", shape, measure, bytes, n)
	who = best_peer
	other = best("peer", shape, measure, bytes, n)
	return v == "" || other == "" ? "" : sprintf("%s (%s), %s", ours_name(who), number(v), beside(v, other, best_peer))
}

function ours_name(peer, is_first)
{
	if (peer == "/dev/mq frames")
		return is_first ? "Frames" : "frames"
	return peer != "/dev/mq" ? peer : is_first ? "Text" : "text"
}

function section(title, name, sentence)
{
	if (title)
		printf "\n## %s\n", title
	printf "\n%s\n\n![%s](%s.svg)\n", sentence, last_caption, name
}

# ---- choosing ----

# The distinct bytes (what = 4) or n (what = 5) of a shape and measure, ascending, in list[1..]; returns how many.
function values_of(shape, measure, what, list, i, j, part, n, v)
{
	for (i = 1; i <= keys; i++) {
		split(key_of[i], part, SUBSEP)
		if (part[1] != shape || part[2] != measure)
			continue
		v = part[what] + 0
		for (j = 1; j <= n && list[j] < v; j++)
			;
		if (j <= n && list[j] == v)
			continue
		for (n++; j < n; v = i_swap) {
			i_swap = list[j]
			list[j++] = v
		}
		list[n] = v
	}
	return n
}

# ---- plots ----

# one bar for each peer, the cheapest on top
function bars(shape, measure, bytes, n, roles, i, k, by, who, order, count, other, v)
{
	other = best("peer", shape, measure, bytes, n)
	for (i = 1; i <= peers; i++) {
		v = value(shape, measure, peer_of[i], bytes, n)
		if (v == "" || index(roles, role[peer_of[i]]) == 0)
			continue
		by[++count] = v
		who[count] = peer_of[i]
	}
	sort_by(by, order, count)
	for (i = 1; i <= count; i++) {
		k = order[i]
		bar(peer_show(who[k]) (role[who[k]] == "floor" ? " (floor)" : ""), role[who[k]], by[k], \
			number(by[k]) (other != "" ? sprintf("   × %.2f", by[k] / other) : ""))
	}
	return count
}

# one line for each peer, over bytes or n
function lines(shape, measure, what, fixed, list, count, i, j)
{
	for (i = 1; i <= peers; i++)
		for (j = 1; j <= count; j++)
			if (role[peer_of[i]] ~ /ours|peer/)
				point(peer_show(peer_of[i]), role[peer_of[i]], list[j], \
					what == 4 ? value(shape, measure, peer_of[i], list[j], fixed) : \
					value(shape, measure, peer_of[i], fixed, list[j]))
}

function self_section()
{
	if (!bars("self", "message", 64, 1, "ours peer floor"))
		return
	bar_plot("self", "Instructions per message of 64 bytes; behind, the ratio to the best peer")
	section("Send and receive, in one process", "self", each_of_ours("self", "message", 64, 1))
}

function size_section(n, list, i, v, other, ratio, least_, most, ahead, text)
{
	n = values_of("self", "message", 4, list)
	if (n < 3)
		return
	for (i = 1; i <= n; i++) {
		v = best("ours", "self", "message", list[i], 1)
		other = best("peer", "self", "message", list[i], 1)
		if (v == "" || other == "")
			continue
		ratio = v / other
		ahead += ratio < 1
		if (least_ == "" || ratio < least_) {
			least_ = ratio
			least_at = list[i]
		}
		if (most == "" || ratio > most) {
			most = ratio
			most_at = list[i]
		}
	}
	text = sprintf("The cheaper of our two ways is below every peer at %d of %d sizes: farthest at %s (%.2f of the best peer), least at %s (%.2f).", \
		ahead, n, bytes_show(least_at), least_, bytes_show(most_at), most)
	lines("self", "message", 4, 1, list, n)
	line_plot("size", "Instructions per message, sent and received in one process, on a logarithmic axis", "bytes in a message", "bytes", 1)
	section("By size", "size", size_text(list[1], list[n]))
	for (i = 1; i <= n; i++) {
		other = best("peer", "self", "message", list[i], 1)
		for (v = 1; v <= peers && other != ""; v++)
			if (role[peer_of[v]] ~ /ours|peer/ && value("self", "message", peer_of[v], list[i], 1) != "")
				point(peer_show(peer_of[v]), role[peer_of[v]], list[i], value("self", "message", peer_of[v], list[i], 1) / other)
	}
	line_plot("size-ratio", "The same as a multiple of the best peer of each size (dashed line)", "bytes in a message", "bytes", 0, 1)
	section("", "size-ratio", text)
}

function size_text(first, last, i, from, to, text)
{
	for (i = 1; i <= peers; i++) {
		from = value("self", "message", peer_of[i], first, 1)
		to = value("self", "message", peer_of[i], last, 1)
		if (role[peer_of[i]] == "ours" && from != "" && to != "")
			text = text (text ? ", " : "") sprintf("%s %s instructions at %s and %s at %s", \
				ours_name(peer_of[i], text == "") (peer_of[i] ~ /frames/ ? " take" : " takes"), number(from), bytes_show(first), \
				number(to), bytes_show(last))
	}
	return text "."
}

function trip_section(text)
{
	gap("Each sends to the other")
	if (!bars("trip", "trip", 64, 1, "ours peer floor"))
		return plot_clear()
	text = each_of_ours("trip", "trip", 64, 1)
	if (best("ours", "call", "trip", 64, 1) != "") {
		gap("By call and reply, where there is one")
		bars("call", "trip", 64, 1, "ours peer floor")
		text = text " The cheaper of our two ways with call and reply is " cheaper_of_ours("call", "trip", 64, 1) "."
	}
	bar_plot("trip", "Instructions per round trip with 64 bytes; behind, the ratio to the best peer")
	section("Round trip between two processes", "trip", text)
}

# One message for a call is the shape self.
function batch_section(n, list, i)
{
	n = values_of("batch", "message", 5, list)
	if (!n)
		return
	for (i = 1; i <= peers; i++)
		if (value("batch", "message", peer_of[i], 64, list[n]) != "" && role[peer_of[i]] ~ /ours|peer/)
			point(peer_show(peer_of[i]), role[peer_of[i]], 1, value("self", "message", peer_of[i], 64, 1))
	lines("batch", "message", 5, 64, list, n)
	line_plot("batch", "Instructions per message of 64 bytes", "messages per system call", "", 0)
	section("Many messages for one system call", "batch", \
		sprintf("With %d a call, the cheaper of our two ways is %s.", list[n], cheaper_of_ours("batch", "message", 64, list[n])))
}

function broadcast_section(n, list, i)
{
	n = values_of("broadcast", "send", 5, list)
	if (n < 2)
		return
	lines("broadcast", "send", 5, 64, list, n)
	line_plot("broadcast", "Instructions of the sender per receiver, 64 bytes", "receivers", "", 0)
	section("Broadcast", "broadcast", \
		sprintf("Sending to %d costs for each of them: %s.", list[n], cheaper_of_ours("broadcast", "send", 64, list[n])))
}

function moving_section()
{
	moving("stream", "One way, from one process to another", "by one call")
	moving("many", "Senders to one", "of them")
	moving("pairs", "Independent pairs", "of them")
	if (!moving_text)
		return
	bar_plot("moving", "Instructions per message of 64 bytes; behind, the ratio to the best peer")
	section("Between processes", "moving", "The cheaper of our two ways is: " moving_text ".")
}

function moving(shape, title, what, list, n, i, heading)
{
	n = values_of(shape, "message", 5, list)
	for (i = 1; i <= n; i++) {
		heading = title (list[i] > 1 ? ", " list[i] " " what : "")
		gap(heading)
		bars(shape, "message", 64, list[i], "ours peer")
		moving_text = moving_text (moving_text ? "; " : "") tolower(substr(heading, 1, 1)) substr(heading, 2) ": " \
			cheaper_of_ours(shape, "message", 64, list[i])
	}
}

function growth_section(n, list, i, first, last, text)
{
	n = values_of("growth", "message", 5, list)
	if (n < 2)
		return
	for (i = 1; i <= peers; i++) {
		first = value("growth", "message", peer_of[i], 64, list[1])
		last = value("growth", "message", peer_of[i], 64, list[n])
		if (first == "" || last == "")
			continue
		text = text sprintf("%s%s %+.1f %%", text ? ", " : "", peer_show(peer_of[i]), 100 * (last / first - 1))
	}
	lines("growth", "message", 5, 64, list, n)
	line_plot("growth", "Instructions per message of 64 bytes, names drawn at random", "endpoints", "", 0)
	section("Growth", "growth", sprintf("From %s endpoints to %s: %s.", number(list[1]), number(list[n]), text))
}

function group_section(i, k, root, inside, by, who, order, count, text)
{
	for (i = 1; i <= peers; i++) {
		inside = value("group-self", "message", peer_of[i], 64, 1)
		root = value("self", "message", peer_of[i], 64, 1)
		if (inside == "" || root == "" || role[peer_of[i]] !~ /ours|peer/)
			continue
		by[++count] = inside
		who[count] = peer_of[i]
	}
	if (!count)
		return
	sort_by(by, order, count)
	for (i = 1; i <= count; i++) {
		k = order[i]
		root = value("self", "message", who[k], 64, 1)
		dot(peer_show(who[k]), role[who[k]], by[k], sprintf("%s   %+.0f %%", number(by[k]), 100 * (by[k] / root - 1)), root)
	}
	dot_plot("group", "Instructions per message of 64 bytes: in the root memory group (hollow) and in a child group (filled)", 0)
	section("In a child memory group, where most systems run everything", "group", each_of_ours("group-self", "message", 64, 1))
}

function user_section(i, j, s, n, shapes, measures, ns, titles, text, v, own, least_, most, order, count, by, who)
{
	n = split("trip stream call broadcast", shapes, " ")
	split("trip message trip total", measures, " ")
	split("1 1 1 64", ns, " ")
	split("Round trip|One-way stream, per message|Call and reply|Broadcast to 64, per receiver", titles, "|")
	for (s = 1; s <= n; s++) {
		if (best("user", shapes[s], measures[s], 64, ns[s]) == "")
			continue
		own = best("ours", shapes[s], measures[s], 64, ns[s])
		gap(titles[s])
		count = 0
		for (i = 1; i <= peers; i++) {
			v = value(shapes[s], measures[s], peer_of[i], 64, ns[s])
			if (v == "" || (role[peer_of[i]] != "user" && role[peer_of[i]] != "ours"))
				continue
			by[++count] = v
			who[count] = peer_of[i]
		}
		sort_by(by, order, count)
		for (i = 1; i <= count; i++) {
			j = order[i]
			dot(peer_show(who[j]), role[who[j]], by[j], number(by[j]) \
				(own != "" && role[who[j]] == "user" ? "   × " number(by[j] / own) : ""), "")
			if (own == "" || role[who[j]] != "user")
				continue
			least_ = least_ == "" ? sprintf("%s times (%s)", number(by[j] / own), who[j]) : least_
			most = sprintf("%s times (%s)", number(by[j] / own), who[j])
		}
		if (least_ != "")
			text = text (text ? "; " : "") tolower(substr(titles[s], 1, 1)) substr(titles[s], 2) ": " least_ \
				(most == least_ ? "" : " to " most)
		least_ = ""
	}
	if (!n_rows)
		return
	dot_plot("users", "Instructions for 64 bytes, on a logarithmic axis; behind, times the cheaper of ours", 1)
	section("What else users choose: a broker or a library", "users", \
		"As a multiple of what the cheaper of our two ways takes: " text ".")
}

function memory_section(list, n, i, few, many, text)
{
	n = values_of("memory", "mailbox", 5, list)
	if (!n || !bars("memory", "mailbox", 64, list[n], "ours peer user"))
		return
	bar_plot("memory", "Bytes in slab caches for one idle mailbox of " list[n] " messages, without its open file")
	for (i = 1; i <= peers; i++) {
		few = value("memory", "mailbox", peer_of[i], 64, list[1])
		many = value("memory", "mailbox", peer_of[i], 64, list[n])
		if (role[peer_of[i]] != "ours" || many == "")
			continue
		text = text (text ? "; " : "") peer_show(peer_of[i]) ": " number(many) " bytes" (few == "" || n == 1 ? "" : \
			sprintf(", %s with room for %d, so %s for each message", number(few), list[1], number((many - few) / (list[n] - list[1]))))
	}
	section("Memory", "memory", text ".")
}

# ---- two CPUs ----

# Times of an emulated machine, and so shown as ratios to what stood beside them.
function latency_section(i, j, s, n, shapes, titles, measures, reference, v, text, any)
{
	reference = "POSIX queue"
	n = split("p50 p99 p99.9 max", measures, " ")
	split("latency latency-rt", shapes, " ")
	split("On the normal kernel|On the PREEMPT_RT kernel", titles, "|")
	for (s = 1; s <= 2; s++) {
		for (j = 1; j <= n; j++)
			for (i = 1; i <= peers; i++) {
				v = latency_ratio(shapes[s], measures[j], peer_of[i], reference)
				x_name[2 ^ j] = measures[j] == "max" ? "the slowest" : substr(measures[j], 2) " %%"
				if (v != "")
					point(peer_show(peer_of[i]), role[peer_of[i]], 2 ^ j, v)
			}
		if (!n_series)
			continue
		if (!any++)
			print "\n## Latency under load"
		text = ""
		for (i = 1; i <= peers; i++)
			if (role[peer_of[i]] == "ours" && latency_ratio(shapes[s], "p50", peer_of[i], reference) != "")
				text = text sprintf("%s %s %.2f of the %s\047s time for the median message and %.2f for the 99.9th percentile", \
					text ? ";" : titles[s], ours_name(peer_of[i]) (peer_of[i] ~ /frames/ ? " take" : " takes"), \
					latency_ratio(shapes[s], "p50", peer_of[i], reference), reference, \
					latency_ratio(shapes[s], "p99.9", peer_of[i], reference))
		line_plot(shapes[s], titles[s] ": latency of a message as a part of the POSIX queue\047s (dashed line)", \
			"so many of the messages are at least as fast", "names", 0, 1)
		section("", shapes[s], text ".")
	}
}

function latency_ratio(shape, measure, peer, reference, i, part, v, other)
{
	for (i = 1; i <= keys; i++) {
		split(key_of[i], part, SUBSEP)
		if (part[1] != shape || part[2] != measure)
			continue
		if (part[3] == peer)
			v = median[key_of[i]]
		if (part[3] == reference)
			other = median[key_of[i]]
	}
	return v == "" || !other ? "" : v / other
}

# The most among our ways; what was not looked at is "".
function most_of_ours(shape, measure, i, part, most)
{
	for (i = 1; i <= keys; i++) {
		split(key_of[i], part, SUBSEP)
		if (part[1] == shape && part[2] == measure && role[part[3]] == "ours" && (most == "" || median[key_of[i]] > most))
			most = median[key_of[i]]
	}
	return most
}

function contention_row(title, shape, measure, control, v)
{
	v = most_of_ours(shape, measure)
	if (v == "")
		return
	if (!contention_rows++) {
		print "\n## What two CPUs contend for\n"
		print "Two pairs of processes, each pair with a name and a CPU of its own, have nothing to do with each other, and so should touch nothing"
		print "together. That the look finds what is shared is seen where a sender on each CPU fills one mailbox.\n"
		print "| the driver\047s | two independent pairs | one mailbox for both |"
		print "|---|---:|---:|"
	}
	printf "| %s | %s | %s |\n", title, number(v), control == "" ? "" : number(control)
}

function contention_section(touched)
{
	contention_row("cache lines that both CPUs stored to", "two-pairs", "lines-driver", most_of_ours("one-mailbox", "lines-driver"))
	contention_row("times that one waited for a lock the other had", "two-pairs", "waits", most_of_ours("one-mailbox", "waits"))
	contention_row("locks taken that the other CPU had taken last", "two-pairs", "moves", most_of_ours("one-mailbox", "moves"))
	touched = most_of_ours("lookup", "lines-of-name")
	if (touched != "")
		printf "\nTo find a name among 10,000 touches %s cache lines; %s with all that the look-up is part of.\n", number(touched), \
			number(most_of_ours("lookup", "lines"))
}
