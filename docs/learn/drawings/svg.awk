# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# What all drawings have in common: the head, the colours and the shapes. What lies outside of boxes is mid-grey on a transparent
# ground, so that it reads on light and on dark pages.

function svg_escape(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function svg_begin(width, height, title, desc)
{
	print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	print "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
	print "<!-- Copyright (C) the mq authors -->"
	print "<!-- Made by docs/learn/draw: do not edit. -->"
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\"\n", width, height, width, height
	print "     aria-labelledby=\"t d\" font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\" font-size=\"14\">"
	printf "  <title id=\"t\">%s</title>\n", svg_escape(title)
	printf "  <desc id=\"d\">%s</desc>\n", svg_escape(desc)
	print "  <defs>"
	print "    <marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
	print "      <path d=\"M0 0 10 5 0 10z\" fill=\"#7d8590\"/>"
	print "    </marker>"
	print "  </defs>"
	print "  <style>"
	print "    .new  { fill: #1f6feb }"
	print "    .slot { fill: #1a7f5a }"
	print "    .lost { fill: #bc4c00 }"
	print "    .grey { fill: #57606a }"
	print "    .free { fill: none; stroke: #7d8590; stroke-dasharray: 3 3 }"
	print "    .kern { fill: none; stroke: #7d8590; stroke-width: 2 }"
	print "    .wire { fill: none; stroke: #7d8590; stroke-width: 2; marker-end: url(#head) }"
	print "    .rule { fill: none; stroke: #7d8590; stroke-width: 1; stroke-dasharray: 2 4 }"
	print "    .on   { fill: #ffffff }"
	print "    .note { fill: #7d8590 }"
	print "    .bad  { fill: #d4650f }"
	print "    .code { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; font-size: 13px }"
	print "    .mid  { text-anchor: middle }"
	print "    .end  { text-anchor: end }"
	print "    .big  { font-weight: bold }"
	print "  </style>"
}

function svg_text(classes, x, y, text)
{
	printf "  <text x=\"%g\" y=\"%g\" class=\"%s\">%s</text>\n", x, y, classes, svg_escape(text)
}

# A box with its lines of text, which | separates, in the middle; code: in the typewriter's letters. A box that is not filled has
# grey letters.
function svg_box(class, x, y, width, height, text, code,   lines, count, i, ink)
{
	printf "  <rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"6\" class=\"%s\"/>\n", x, y, width, height, class
	count = split(text, lines, "|")
	ink = class == "free" || class == "kern" ? "note" : "on"
	for (i = 1; i <= count; i++)
		svg_text(ink " mid" (code ? " code" : i == 1 && count > 1 ? " big" : ""), x + width / 2,
			y + height / 2 + 5 + (i - (count + 1) / 2) * 18, lines[i])
}

function svg_path(class, d)
{
	printf "  <path d=\"%s\" class=\"%s\"/>\n", d, class
}

function svg_end()
{
	print "</svg>"
}
