// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sensor - tell everybody a temperature, again and again
 * Copyright (C) the mq authors
 *
 *	sensor [COUNT [MILLISECONDS]]
 *
 * It does not know who listens, and nobody can slow it down: a broadcast never
 * waits. A reader that is too slow loses the oldest readings, not the newest.
 */
#include <libmq.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libmq returns a negative errno; this program gives up then. */
static void must(const char *what, int err)
{
	if (err < 0) {
		fprintf(stderr, "sensor: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;	/* 0: for ever */
	unsigned long pause_ms = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	struct mq_endpoint *me;

	/* The name belongs to this open file: it is free again when the program ends. */
	must("open", mq_endpoint_open(&me, NULL));
	must("bind as sensor", mq_endpoint_bind(me, "sensor", NULL));

	for (unsigned long i = 1; !count || i <= count; i++) {
		char text[64];
		/* No thermometer here: a day that takes a hundred readings. */
		int size = snprintf(text, sizeof(text), "%.1f C, reading %lu",
				    21 + 4 * sin(i * 0.0628), i);

		must("broadcast", mq_endpoint_broadcast(me, text, size));
		if (pause_ms)
			usleep(pause_ms * 1000);
	}
	mq_endpoint_close(me);
	return 0;
}
