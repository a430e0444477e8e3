# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -f svg.awk -f locks.awk driver/driver.h: the order of the locks on stdout, drawn from the list in that header's comment: how
# far a lock is to the right says what it lies within, and what stands behind it says what it is for.

# The column at which something begins, where a tab goes on to the next multiple of 8.
function column(line,   i, at, c)
{
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\t")
			at = int(at / 8 + 1) * 8
		else if (c == " ")
			at++
		else
			break
	}
	return at
}

function kind(i)
{
	if (about[i] ~ /^not a lock/)
		return "free"
	if (about[i] ~ /^the kernel's/)
		return "grey"
	return about[i] ~ /\(sleeps|sleeps;/ ? "new" : "slot"
}

function draw_lock(i,   x, y, j, parent)
{
	x = 20 + level[i] * 44
	y = top[i]
	svg_box(kind(i), x, y, 250, 34, name[i], 1)
	for (parent = i - 1; parent && level[parent] >= level[i]; parent--)
		;
	if (parent)
		svg_path("wire", "M" x - 22 " " top[parent] + 34 "V" y + 17 "H" x)
	for (j = 1; j <= lines[i]; j++)
		svg_text("note", 440, y + 22 + (j - 1) * 19, words[i, j])
}

/Locks, outermost first/ { inside = 1; next }
inside && /Names, processes and slots/ { exit }
!inside { next }
{
	sub(/^ \*/, "  ")
	at = column($0)
	sub(/^[ \t]+/, "")
	if ($0 == "")
		next
	if (at < 32) {
		count++
		level[count] = (at - 8) / 4
		name[count] = $0
		sub(/\t.*/, "", name[count])
		sub(/^[^\t]*\t+/, "")
	}
	lines[count]++
	words[count, lines[count]] = $0
	about[count] = about[count] (about[count] ? " " : "") $0
}
END {
	y = 78
	for (i = 1; i <= count; i++) {
		top[i] = y
		y += lines[i] > 1 ? lines[i] * 19 + 25 : 50
	}
	all = ""
	for (i = 1; i <= count; i++)
		all = all name[i] (i < count ? ", " : ".")
	svg_begin(920, y + 34, "The order of the locks", "Outermost first: " all " Who holds one may take those below it and further to the right.")
	svg_text("note big", 20, 32, "outermost first: who holds a lock may take one that is further to the right, never one further to the left")
	svg_text("note", 20, 54, "at the same depth the upper one comes first")
	for (i = 1; i <= count; i++)
		draw_lock(i)
	svg_box("new", 20, y, 16, 16, "")
	svg_text("note", 44, y + 13, "its waiters sleep")
	svg_box("slot", 200, y, 16, 16, "")
	svg_text("note", 224, y + 13, "a spinlock: who holds it never sleeps")
	svg_box("grey", 510, y, 16, 16, "")
	svg_text("note", 534, y + 13, "the kernel's own")
	svg_box("free", 680, y, 16, 16, "")
	svg_text("note", 704, y + 13, "not a lock, but waited for")
	svg_end()
}
