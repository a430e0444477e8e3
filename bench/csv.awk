# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# What the awk programs here share: the figures of one result.csv or more, and how a number is written.
#
#   csv_read(FILE)     adds FILE's figures; returns how many there were
#   value(SHAPE, MEASURE, PEER, BYTES, N)   the median, "" where it was not measured
#   keys, key_of[1..keys]                   all figures in order, each SHAPE SUBSEP MEASURE SUBSEP PEER SUBSEP BYTES SUBSEP N
#   peers, peer_of[1..peers], role[PEER]    all peers in order, ours first
#   median, least, batches, unit [KEY]      the figures' columns

function csv_read(file, line, field, column, k, i, got)
{
	while ((getline line < file) > 0) {
		split(line, field, ",")
		if (!got++) {
			for (i = 1; i in field; i++)
				column[field[i]] = i
			if (!("n" in column) || !("median" in column)) {
				printf "%s: no column n or median: was it written by another version?\n", file > "/dev/stderr"
				exit 2
			}
			continue
		}
		k = field[column["shape"]] SUBSEP field[column["measure"]] SUBSEP field[column["peer"]] SUBSEP \
			field[column["bytes"]] SUBSEP field[column["n"]]
		if (!(k in median))
			key_of[++keys] = k
		median[k] = field[column["median"]] + 0
		least[k] = field[column["least"]] + 0
		batches[k] = field[column["batches"]] + 0
		unit[k] = field[column["unit"]]
		_csv_peer(field[column["peer"]], field[column["role"]])
	}
	close(file)
	return got ? got - 1 : 0
}

function _csv_peer(peer, its_role, i)
{
	if (peer in role)
		return
	role[peer] = its_role
	i = ++peers
	if (its_role == "ours")
		for (; i > 1 && role[peer_of[i - 1]] != "ours"; i--)
			peer_of[i] = peer_of[i - 1]
	peer_of[i] = peer
}

function key(shape, measure, peer, bytes, n)
{
	return shape SUBSEP measure SUBSEP peer SUBSEP bytes SUBSEP n
}

function value(shape, measure, peer, bytes, n)
{
	return key(shape, measure, peer, bytes, n) in median ? median[key(shape, measure, peer, bytes, n)] : ""
}

# The cheapest of a role; its name is left in `best_peer`.
function best(its_role, shape, measure, bytes, n, i, v, least_value)
{
	least_value = best_peer = ""
	for (i = 1; i <= peers; i++) {
		v = value(shape, measure, peer_of[i], bytes, n)
		if (role[peer_of[i]] != its_role || v == "")
			continue
		if (least_value == "" || v < least_value) {
			least_value = v
			best_peer = peer_of[i]
		}
	}
	return least_value
}

# 12345.6 -> 12,346; below ten one digit behind the point
function number(x, text, out)
{
	if (x < 0)
		return "-" number(-x)
	text = x < 10 && x != int(x) ? sprintf("%.1f", x) : sprintf("%.0f", x)
	while (text ~ /^[0-9][0-9][0-9][0-9]/) {
		out = "," substr(text, length(text) - 2) out
		text = substr(text, 1, length(text) - 3)
	}
	return text out
}

# 65536 -> 64 KiB
function bytes_show(bytes)
{
	return bytes >= 1024 && bytes % 1024 == 0 ? number(bytes / 1024) " KiB" : number(bytes) " B"
}

# In the table /dev/mq is the text protocol.
function peer_show(peer)
{
	return peer == "/dev/mq" ? "/dev/mq text" : peer
}

# stable: equal ones keep their order; order[1..n] indexes of by[]
function sort_by(by, order, n, i, j, k)
{
	for (i = 1; i <= n; i++) {
		k = i
		for (j = i - 1; j >= 1 && by[order[j]] > by[k]; j--)
			order[j + 1] = order[j]
		order[j + 1] = k
	}
}
