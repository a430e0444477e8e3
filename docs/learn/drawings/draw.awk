# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -f svg.awk -f draw.awk NAME.draw: the drawing on stdout. A line of a drawing is one of
#
#	size WIDTH HEIGHT		title TEXT		desc TEXT (several are one)
#	text CLASSES X Y TEXT		CLASSES: note, bad, code, mid, end, big, with commas
#	box CLASS X Y WIDTH HEIGHT TEXT	CLASS: new, slot, lost, grey, free, kern; | begins a new line
#	slots X Y WORD...		a row of places: - is free, +m a new message, !m a lost one, m another one
#	arrow X Y X Y...		the way of an arrow
#	rule X Y X Y			a dotted line

function rest(from,   i, text)
{
	text = $from
	for (i = from + 1; i <= NF; i++)
		text = text " " $i
	return text
}

function path(from,   i, d)
{
	d = "M" $from " " $(from + 1)
	for (i = from + 2; i < NF; i += 2)
		d = d "L" $i " " $(i + 1)
	return d
}

function slot(x, y, word)
{
	if (word == "-")
		svg_box("free", x, y, 50, 36, "")
	else if (word ~ /^\+/)
		svg_box("new", x, y, 50, 36, substr(word, 2), 1)
	else if (word ~ /^!/)
		svg_box("lost", x, y, 50, 36, substr(word, 2), 1)
	else
		svg_box("slot", x, y, 50, 36, word, 1)
}

# The head goes out with the first thing that is drawn.
function begin()
{
	if (!begun++)
		svg_begin(width, height, title, desc)
}

/^#/ || !NF { next }
$1 == "size" { width = $2; height = $3; next }
$1 == "title" { title = rest(2); next }
$1 == "desc" { desc = desc (desc ? " " : "") rest(2); next }
{ begin() }
$1 == "text" { gsub(/,/, " ", $2); svg_text($2, $3, $4, rest(5)); next }
$1 == "box" { svg_box($2, $3, $4, $5, $6, NF > 6 ? rest(7) : ""); next }
$1 == "slots" { for (i = 4; i <= NF; i++) slot($2 + (i - 4) * 56, $3, $i); next }
$1 == "arrow" { svg_path("wire", path(2)); next }
$1 == "rule" { svg_path("rule", path(2)); next }
{
	printf "%s:%d: %s is nothing that can be drawn\n", FILENAME, FNR, $1 >"/dev/stderr"
	exit failed = 1
}
END { if (!failed) svg_end() }
