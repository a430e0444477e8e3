// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * display - show the newest reading of the sensor, however slow this program is
 * Copyright (C) the mq authors
 *
 *	display NAME [MILLISECONDS]
 *
 * A mailbox of depth 1 that overwrites (the default) holds the newest message and
 * nothing else. What was missed is counted, so nobody has to guess.
 */
#include <libmq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(const char *what, int err)
{
	if (err < 0) {
		fprintf(stderr, "display: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct mq_binding newest_only = { .depth = 1 };
	unsigned long pause_ms = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	const struct mq_message *msg;
	struct mq_endpoint *me;

	if (argc < 2) {
		fprintf(stderr, "use: display NAME [MILLISECONDS]\n");
		return 2;
	}
	must("open", mq_endpoint_open(&me, NULL));
	must(argv[1], mq_endpoint_bind(me, argv[1], &newest_only));

	for (;;) {
		/* Sleeps until a message is there. */
		must("receive", mq_endpoint_receive(me, &msg, MQ_TIMEOUT_NONE));
		/* The driver says who sent it; nobody can pretend to be another. */
		if (strcmp(mq_message_name(msg), "sensor"))
			continue;
		/* The data is no C string: print as many bytes as there are. */
		printf("%.*s (%llu missed)\n", (int)mq_message_size(msg),
		       (const char *)mq_message_data(msg),
		       (unsigned long long)mq_message_lost(msg));
		fflush(stdout);
		usleep(pause_ms * 1000);	/* a slow display */
	}
}
