# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Three kinds of plot, each written as a gnuplot script out_dir/NAME.gp that makes out_dir/NAME.svg, 800 pixels wide.
# What is ours is coloured, what is beside it grey; each line and each bar has its name beside it, so there is no legend.
#
# The last plot's caption is left in last_caption. A plot is filled first, then written:
#   point(SERIES, ROLE, X, Y)            then line_plot(NAME, CAPTION, XLABEL, XUNIT, LOG, MARK)
#   bar(LABEL, ROLE, VALUE, NOTE, FAR_NOTE), gap(HEADING)   then bar_plot(NAME, CAPTION, MARK); FAR_NOTE at the right edge
#   dot(LABEL, ROLE, VALUE, NOTE, FROM), gap(HEADING)   then dot_plot(NAME, CAPTION, LOG, MARK); hollow at FROM, filled at VALUE
# XUNIT: bytes, names (those in x_name[X]), or a plain number.
# LOG: the axis of the values is logarithmic, else it begins at zero. MARK: a value at which there is a line of reference.

BEGIN {
	WIDTH = 800
	# Okabe and Ito's blue and vermilion, darker: all readers can tell them apart.
	INK = "#1f2328"; GREY = "#59636e"; LINE = "#8c959f"; GRID = "#d8dee4"; PALE = "#c4cbd3"; PAPER = "#ffffff"
	FRAMES = "#0058a8"; TEXT = "#b84a00"
	plot_clear()
}

function plot_clear()
{
	split("", series); split("", series_role); split("", series_points); split("", last_y); split("", xs)
	split("", row_label); split("", row_role); split("", row_value); split("", row_note); split("", row_from)
	split("", x_name)
	n_series = n_xs = n_rows = 0
	low = high = ""
}

function colour(name, its_role)
{
	if (its_role == "ours")
		return name ~ /text/ ? TEXT : FRAMES
	return LINE
}

function ink(name, its_role)
{
	return its_role != "ours" ? GREY : name ~ /\/dev\/mq/ ? colour(name, its_role) : INK
}

function span(v)
{
	if (v == "")
		return
	if (low == "" || v < low)
		low = v
	if (high == "" || v > high)
		high = v
}

# gnuplot takes these for markup
function plain(text)
{
	gsub(/[_^@&~{}]/, "\\\\&", text)
	gsub(/'/, "''", text)
	return text
}

function head(name, height, caption, left, right, top, bottom)
{
	gp = out_dir "/" name ".gp"
	last_caption = caption
	printf "set terminal svg size %d,%d font 'sans-serif,14' enhanced background rgb '%s'\n", WIDTH, height, PAPER >gp
	printf "set output '%s/%s.svg'\n", out_dir, name >gp
	printf "set lmargin at screen %f\nset rmargin at screen %f\n", left / WIDTH, 1 - right / WIDTH >gp
	printf "set tmargin at screen %f\nset bmargin at screen %f\n", 1 - top / height, bottom / height >gp
	printf "set border 0\nset tics nomirror scale 0 textcolor rgb '%s'\nunset key\n", GREY >gp
	printf "set style fill solid noborder\nset grid lt 1 lw 1 lc rgb '%s'\n", GRID >gp
	label(caption, "screen " 12 / WIDTH, "screen " 1 - 20 / height, "left", INK)
}

function label(text, x, y, align, its_colour)
{
	printf "set label '%s' at %s,%s %s textcolor rgb '%s'\n", plain(text), x, y, align, its_colour >gp
}

function finish()
{
	close(gp)
	plots[++n_plots] = gp
	plot_clear()
}

# ---- axes ----

function nice_step(length_, n, raw, power)
{
	raw = length_ / n
	power = 10 ^ int(log(raw) / log(10) - (raw < 1) + 1e-9)
	raw /= power
	return (raw <= 1.4 ? 1 : raw <= 3 ? 2 : raw <= 7 ? 5 : 10) * power
}

# Ticks from zero to @top; returns the end of the axis.
function linear_tics(axis, top, step, v, list)
{
	step = nice_step(top, 4)
	for (v = 0; v < top * 1.001; v += step)
		list = list (list ? ", " : "") "\"" number(v) "\" " v
	printf "set %stics (%s)\n", axis, list >gp
	return top
}

function log_tics(axis, from, to, v, i, list, text)
{
	for (v = 10 ^ int(log(from) / log(10) - 2); v <= to * 1.001; v *= 10)
		for (i = 1; i <= 5; i += i == 1 ? 1 : 3) {
			# Over a wide range twos have no room.
			if (i * v < from * 0.999 || i * v > to * 1.001 || (i == 2 && to / from > 100))
				continue
			text = i * v < 10 ? sprintf("%g", i * v) : number(i * v)
			list = list (list ? ", " : "") "\"" text "\" " i * v
		}
	printf "set %stics (%s)\n", axis, list >gp
}

# ---- lines ----

function point(name, its_role, x, y, i)
{
	if (y == "")
		return
	for (i = 1; i <= n_series && series[i] != name; i++)
		;
	if (i > n_series) {
		series[++n_series] = name
		series_role[i] = its_role
	}
	series_points[i] = series_points[i] x " " y "\n"
	last_y[i] = y
	if (!(x in xs)) {
		xs[x] = 1
		x_of[++n_xs] = x
	}
	span(y)
}

# Sizes and numbers grow by factors: the axis is logarithmic, with a tick where something was measured and has room.
function x_tics(unit_, i, at, before, list, text)
{
	printf "set logscale x 2\nset xrange [%f:%f]\n", x_of[1] / 1.04, x_of[n_xs] * 1.04 >gp
	before = -1
	for (i = 1; i <= n_xs; i++) {
		at = n_xs > 1 ? log(x_of[i] / x_of[1]) / log(x_of[n_xs] / x_of[1]) : 0
		if (before >= 0 && at - before < 0.085)
			continue
		before = at
		text = unit_ == "bytes" ? bytes_show(x_of[i]) : unit_ == "names" ? x_name[x_of[i]] : number(x_of[i])
		list = list (list ? ", " : "") "\"" text "\" " x_of[i]
	}
	printf "set xtics (%s)\n", list >gp
}

# The names at the right end: each at its line's, pushed apart until they have room.
function end_labels(bottom, top, is_log, plot_height, i, k, at, order, gap_, moved, rounds)
{
	for (i = 1; i <= n_series; i++)
		at[i] = is_log ? log(last_y[i] / bottom) / log(top / bottom) : (last_y[i] - bottom) / (top - bottom)
	sort_by(at, order, n_series)
	for (i = 1; i <= n_series; i++)
		end_at[order[i]] = want[i] = at[order[i]]
	gap_ = 17 / plot_height
	do {
		moved = 0
		for (i = 2; i <= n_series; i++)
			if (want[i] - want[i - 1] < gap_ - 1e-6) {
				k = (gap_ - want[i] + want[i - 1]) / 2
				want[i] += k
				want[i - 1] -= k
				moved = 1
			}
	} while (moved && ++rounds < 500)
	for (i = 1; i <= n_series; i++) {
		k = order[i]
		printf "set arrow from graph 1.005,graph %f to graph 1.03,graph %f nohead lw 1 lc rgb '%s'\n", \
			at[k], want[i], colour(series[k], series_role[k]) >gp
		label(series[k], "graph 1.036", "graph " want[i], "left", ink(series[k], series_role[k]))
	}
}

# Where both of ours are the same, both are seen.
function line_width(i)
{
	return series_role[i] != "ours" ? 1.5 : colour(series[i], "ours") == TEXT ? 2 : 4
}

function line_plot(name, caption, xlabel, xunit, is_log, mark, i, height, top, bottom, dash, out)
{
	height = 400
	head(name, height, caption, 66, 176, 44, 52)
	print "set grid noxtics" >gp
	label(xlabel, "graph 0.5", "screen " 14 / height, "center", GREY)
	x_tics(xunit)
	if (is_log) {
		bottom = low / 1.12
		top = high * 1.12
		print "set logscale y" >gp
		log_tics("y", bottom, top)
	} else {
		bottom = 0
		span(mark)
		top = linear_tics("y", high * 1.05)
	}
	printf "set yrange [%f:%f]\n", bottom, top >gp
	if (mark != "")
		printf "set arrow from graph 0,first %f to graph 1,first %f nohead lw 1.5 dt 2 lc rgb '%s'\n", mark, mark, GREY >gp
	end_labels(bottom, top, is_log, height - 96)
	# Ours last, so that it lies on top.
	for (i = n_series; i >= 1; i--)
		printf "$s%d << END\n%sEND\n", i, series_points[i] >gp
	for (i = n_series; i >= 1; i--) {
		dash = series_role[i] == "ours" ? 1 : (n_series - i) % 4 + 1
		out = out (out ? ", \\\n\t" : "plot ") sprintf("$s%d using 1:2 with linespoints lw %s dt %s pt 7 ps %s lc rgb '%s' notitle", \
			i, line_width(i), dash == 1 ? "solid" : dash, series_role[i] == "ours" ? 0.55 : 0.35, \
			colour(series[i], series_role[i]))
	}
	print out >gp
	finish()
}

# ---- rows: bars and dots ----

function bar(text, its_role, v, note, far_note)
{
	dot(text, its_role, v, note)
	row_from[n_rows] = far_note
}

function dot(text, its_role, v, note, from)
{
	if (v == "")
		return
	row_label[++n_rows] = text
	row_role[n_rows] = its_role
	row_value[n_rows] = v
	row_note[n_rows] = note
	row_from[n_rows] = from
	span(v)
	span(from)
}

function gap(heading)
{
	row_label[++n_rows] = heading
	row_role[n_rows] = "heading"
	row_value[n_rows] = ""
}

function rows_head(name, caption, right, height, i, left, longest, width)
{
	# Ours are bold, and so wider.
	for (i = 1; i <= n_rows; i++) {
		width = length(row_label[i]) * (row_role[i] == "ours" ? 8.4 : 7.6)
		if (width > longest && row_role[i] != "heading")
			longest = width
	}
	left = 30 + longest
	height = 82 + 25 * n_rows
	head(name, height, caption, left, right, 44, 38)
	printf "set yrange [%f:0.4]\nunset ytics\nset grid noytics\n", n_rows + 0.6 >gp
	for (i = 1; i <= n_rows; i++)
		if (row_role[i] == "heading")
			label(row_label[i], "screen " 12 / WIDTH, "first " i + 0.12, "left", INK)
		else
			label(row_label[i], "screen " (left - 9) / WIDTH, "first " i, "right", ink(row_label[i], row_role[i]))
}

# rows of a kind as a data block; returns whether there are any
function rows_data(block, its_colour, i, is_any, c)
{
	printf "$%s << END\n", block >gp
	for (i = 1; i <= n_rows; i++) {
		if (row_role[i] == "heading")
			continue
		c = row_role[i] == "floor" ? PALE : colour(row_label[i], row_role[i])
		if (c != its_colour)
			continue
		print row_value[i], i, row_from[i] == "" ? row_value[i] : row_from[i] >gp
		is_any = 1
	}
	print "END" >gp
	return is_any
}

function values(i)
{
	for (i = 1; i <= n_rows; i++)
		if (row_note[i] != "")
			label(row_note[i], "first " row_value[i], "first " i, "left offset char 0.9,0", ink(row_label[i], row_role[i]))
}

function row_plot(style, i, n, kinds, out, block)
{
	n = split(LINE " " PALE " " TEXT " " FRAMES, kinds, " ")
	for (i = 1; i <= n; i++)
		if (rows_data("k" i, kinds[i])) {
			block = style
			gsub(/DATA/, "$k" i, block)
			gsub(/COLOUR/, "'" kinds[i] "'", block)
			out = out (out ? ", \\\n\t" : "plot ") block
		}
	print out >gp
	finish()
}

function mark_show(mark)
{
	if (mark != "")
		printf "set arrow from first %f,graph 0 to first %f,graph 1 front nohead lw 1.5 dt 2 lc rgb '%s'\n", mark, mark, GREY >gp
}

function bar_plot(name, caption, mark, i)
{
	rows_head(name, caption, mark == "" ? 128 : 252)
	for (i = 1; i <= n_rows; i++)
		if (row_from[i] != "") {
			label(row_from[i], "graph 1.02", "first " i, "left", GREY)
			row_from[i] = ""
		}
	span(mark)
	printf "set xrange [0:%f]\n", linear_tics("x", high) >gp
	mark_show(mark)
	values()
	row_plot("DATA using ($1/2):2:($1/2):(0.36) with boxxyerror lc rgb COLOUR notitle")
}

function dot_plot(name, caption, is_log, mark)
{
	rows_head(name, caption, 128)
	span(mark)
	if (is_log) {
		print "set logscale x" >gp
		log_tics("x", low / 1.15, high * 1.15)
	} else {
		linear_tics("x", high)
	}
	printf "set xrange [%f:%f]\n", is_log ? low / 1.15 : 0, is_log ? high * 1.15 : high * 1.02 >gp
	mark_show(mark)
	values()
	row_plot("DATA using 3:2:($1-$3):(0) with vectors nohead lw 2 lc rgb COLOUR notitle, " \
		"DATA using 3:2 with points pt 6 ps 0.6 lw 1.5 lc rgb COLOUR notitle, " \
		"DATA using 1:2 with points pt 7 ps 0.75 lc rgb COLOUR notitle")
}
