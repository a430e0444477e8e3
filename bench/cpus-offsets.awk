# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v base=ADDRESS -v size=SIZE -f cpus-offsets.awk touched: "ADDRESS OFFSET" of each instruction in the driver's text that
# touched memory in a look-up; ADDRESS and SIZE (both hexadecimal) say where the text lies.

function hex(text,	i, value)
{
	for (i = 1; i <= length(text); i++)
		value = 16 * value + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

BEGIN {
	# More than 53 bits awk has not: the upper half is the same everywhere in the text.
	from = hex(substr(base, 11))
	size = hex(size)
	upper = substr(base, 3, 8)
}

$1 == 5 && substr($5, 1, 8) == upper && !($5 in seen) {
	seen[$5]
	offset = hex(substr($5, 9)) - from
	if (offset >= 0 && offset < size)
		printf "%s %x\n", $5, offset
}
