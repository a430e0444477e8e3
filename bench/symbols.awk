# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# Which symbol an address lies in; to be loaded before an awk program that reads the symbols, sorted by address.

# @module: as the kernel writes it, "[NAME]", or nothing
function symbol_add(at, symbol, module)
{
	# An "x" in front keeps awk from taking an address for a number.
	symbol_address[++n_symbols] = "x" at
	symbol_name[n_symbols] = symbol (module != "" ? " " module : "")
}

function symbol_of(at,	low, high, middle)
{
	if (at in symbol_known)
		return symbol_known[at]
	low = 1
	high = n_symbols
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (symbol_address[middle] > "x" at)
			high = middle - 1
		else
			low = middle
	}
	return symbol_known[at] = symbol_name[low]
}
