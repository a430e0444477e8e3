# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# What scripts/demo has printed becomes an animated SVG: its scenes one after the other, each line when it is typed or comes.
# -v scenes='3 6': those to show. Whoever wants no motion sees the first of them, whole.

BEGIN {
	columns = 108; line_height = 19; margin = 16; top = 54; char_width = 7.83
	# Seconds: behind what is typed, what comes, what is told; and with a scene that is complete.
	pause["typed"] = 1.1; pause["came"] = 0.1; pause["tell"] = 0.8; hold = 4
	count = split(scenes, wanted, " ")
	for (i = 1; i <= count; i++)
		is_wanted[wanted[i]] = 1
}

function escaped(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function line_add(kind, prompt, text)
{
	if (length(prompt) + length(text) > columns)
		text = substr(text, 1, columns - length(prompt) - 1) "…"
	lines++
	kind_of[lines] = kind
	prompt_of[lines] = prompt
	text_of[lines] = text
	scene_of[lines] = shown
	row_of[lines] = row++
	if (row > rows)
		rows = row
}

/^[0-9]+\. / {
	number = $1 + 0
	if (number in is_wanted) {
		shown++
		row = 0
		title[shown] = substr($0, index($0, " ") + 1)
	}
	next
}

!(number in is_wanted) || /^$/ || !/^   / { next }

/^      / { line_add("came", "", substr($0, 4)); next }

# `who$ line`, `who, other terminal$ line`, `root# line`, `who> line`
match($0, /^   [a-z]+(, other terminal)?[$#>] /) {
	line_add("typed", substr($0, 4, RLENGTH - 3), substr($0, RLENGTH + 1))
	next
}

{ line_add("tell", "", substr($0, 4)) }

function clock_run(    i, now)
{
	now = 0.6
	for (i = 1; i <= lines; i++) {
		if (i > 1 && scene_of[i] != scene_of[i - 1])
			now = (ends[scene_of[i - 1]] = now + hold) + 0.6
		else if (i == 1)
			begins[1] = 0
		if (!(scene_of[i] in begins))
			begins[scene_of[i]] = now - 0.6
		appears[i] = now
		now += pause[kind_of[i]]
	}
	ends[shown] = now + hold
	return ends[shown]
}

# Nothing, then there from one second to another, of all that it lasts.
function keyframes(name, from, to)
{
	printf "    @keyframes %s { 0%%, %.3f%% { opacity: 0 } %.3f%%, %.3f%% { opacity: 1 } %.3f%%, 100%% { opacity: 0 } }\n", name, 100 * from / total, 100 * (from + 0.05) / total, 100 * (to - 0.05) / total, 100 * to / total
	printf "    .%s { animation: %s %.1fs linear infinite }\n", name, name, total
}

function text_print(i)
{
	printf "    <text class=\"l%d %s\" x=\"%d\" y=\"%d\" xml:space=\"preserve\">", i, kind_of[i], margin, top + 24 + row_of[i] * line_height
	if (prompt_of[i] != "")
		printf "<tspan class=\"prompt\">%s</tspan>", escaped(prompt_of[i])
	printf "%s</text>\n", escaped(text_of[i])
}

END {
	if (shown != count) {
		print "the demo has not all of the scenes " scenes >"/dev/stderr"
		exit 1
	}
	total = clock_run()
	width = int(columns * char_width + 2 * margin)
	height = top + 24 + rows * line_height + margin
	print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	print "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
	print "<!-- Copyright (C) the mq authors -->"
	print "<!-- Made by scripts/picture from a run of scripts/demo; do not edit. -->"
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"t\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\">\n", width, height, width, height
	print "  <title id=\"t\">What scripts/demo prints: messages, an overflow that is counted, a server that dies</title>"
	print "  <style>"
	print "    .frame { fill: #0d1117; stroke: #30363d } .bar { fill: #161b22 }"
	print "    .title { fill: #f0f6fc; font-weight: bold } .typed { fill: #e6edf3 } .prompt { fill: #3fb950 }"
	print "    .came { fill: #a5b4c4 } .tell { fill: #7d8590; font-style: italic }"
	for (i = 1; i <= shown; i++)
		keyframes("s" i, begins[i], ends[i])
	for (i = 1; i <= lines; i++)
		keyframes("l" i, appears[i], ends[scene_of[i]])
	print "    @media (prefers-reduced-motion: reduce) {"
	print "      * { animation: none !important }"
	for (i = 2; i <= shown; i++)
		printf "      .s%d { display: none }\n", i
	print "    }"
	print "  </style>"
	printf "  <rect class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", width - 1, height - 1
	printf "  <path class=\"bar\" d=\"M1 36 V9 a8 8 0 0 1 8 -8 H%d a8 8 0 0 1 8 8 V36 z\"/>\n", width - 9
	for (s = i = 1; s <= shown; s++) {
		printf "  <g class=\"s%d\">\n", s
		printf "    <text class=\"title\" x=\"%d\" y=\"24\">%s</text>\n", margin, escaped(title[s])
		for (; i <= lines && scene_of[i] == s; i++)
			text_print(i)
		print "  </g>"
	}
	print "</svg>"
}
