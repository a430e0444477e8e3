# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -f profile-lines.awk lines offsets: "KIND <tab> COUNT <tab> FILE:LINE" from the output of `addr2line -a -i` and
# profile.awk's "OFFSET COUNT KIND". An instruction of an inlined function of the kernel's headers counts for the line in
# the driver that calls it.

FNR == NR {
	if (/^0x/) {
		offset = $1
		sub(/^0x0*/, "", offset)
	} else if (!(offset in line) && sub(/^.*\/driver\//, "")) {
		line[offset] = $1
	}
	next
}

{
	count = $2
	offset = $1
	kind = $0
	sub(/^[^ ]* [^ ]* /, "", kind)
	sum[kind "\t" ((offset in line) ? line[offset] : "?")] += count
}

END {
	for (key in sum) {
		split(key, part, "\t")
		printf "%s\t%.1f\t%s\n", part[1], sum[key], part[2]
	}
}
