# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# awk -v base=ADDRESS -v offsets=FILE -f symbols.awk -f profile.awk symbols trace
#
# symbols: ADDRESS NAME [MODULE], sorted; trace: QEMU's `-d exec,nochain` of single steps. Prints for each kind of system
# call how many instructions each function spent in one. The driver's instructions go to @offsets, as "OFFSET COUNT KIND",
# COUNT per call. What an interrupt fell into is left out: there are enough others.

function hex(text,	i, value)
{
	for (i = 1; i <= length(text); i++)
		value = 16 * value + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

# a system call is over: add it to those of its kind
function call_end(	f, kind, system_call, driver)
{
	for (f in spent) {
		if (f ~ /^__x64_sys_/)
			system_call = substr(f, 11)
		if (f ~ /\[mq_driver\]$/)
			driver = " in the driver"
		if (f ~ /^(asm_sysvec|asm_common_interrupt|asm_exc_)/)
			skip = 1
	}
	kind = system_call driver (("__schedule" in spent) ? ", with a switch" : "")
	if (system_call != "" && !skip) {
		calls[kind]++
		for (f in spent)
			sum[kind, f] += spent[f]
		for (f in steps)
			driver_sum[kind, f] += steps[f]
	}
	call_begin()
}

function call_begin(	f)
{
	for (f in spent)
		delete spent[f]
	for (f in steps)
		delete steps[f]
	skip = 0
}

FNR == NR {
	symbol_add($1, $2, $3)
	next
}

# "Trace 0: 0x7f.. [0000000000000000/ffffffff8a600000/18c0c2b0/ff000201]"
/^Trace / {
	split($0, part, "/")
	at = symbol_of(part[2])
	if (at == "entry_SYSCALL_64" && last != at) {
		if (inside)
			call_end()
		else
			call_begin()
		inside = 1
	}
	last = at
	spent[at]++
	if (at ~ /\[mq_driver\]$/)
		steps[part[2]]++
	next
}

# the step before was announced, but put off until after an interrupt
/^Stopped/ {
	skip = 1
}

END {
	for (kind in calls)
		kinds[++n_kinds] = kind
	for (k = 1; k <= n_kinds; k++) {
		kind = kinds[k]
		total = 0
		table = "LC_ALL=C sort -rn | awk '$1 >= 0.5'"
		for (key in sum) {
			split(key, part, SUBSEP)
			if (part[1] == kind)
				total += sum[key]
		}
		printf "\n%s: %d calls, %.1f instructions each (the program's own until its next call included)\n",
			kind, calls[kind], total / calls[kind]
		fflush()
		for (key in sum) {
			split(key, part, SUBSEP)
			if (part[1] == kind)
				printf "%10.1f  %s\n", sum[key] / calls[kind], part[2] | table
		}
		close(table)
		for (key in driver_sum) {
			split(key, part, SUBSEP)
			if (part[1] == kind)
				printf "%x %.3f %s\n", hex(substr(part[2], 9)) - hex(substr(base, 9)),
					driver_sum[key] / calls[kind], kind >offsets
		}
	}
}
