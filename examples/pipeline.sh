#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) the mq authors
#
# pipeline.sh FROM TO [COUNT]: a converter in a pipeline. Takes the name FROM, reads temperatures in degrees Celsius that are sent
# there, and sends them on to TO in degrees Fahrenheit; ends after COUNT of them, if given.
#
# `mq recv` prints one message a line and flushes each, `mq send -l` sends one message a line. awk alone would keep its output
# back until it has a block full: fflush() does for awk what the others do by themselves.
set -eu
[ $# -ge 2 ] || { echo "use: pipeline.sh FROM TO [COUNT]" >&2; exit 2; }

mq recv "$1" ${3:+-n "$3"} |
	awk '{ printf "%.1f F\n", $1 * 9 / 5 + 32; fflush() }' |
	mq send "$2" -l
