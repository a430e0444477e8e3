// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * client - ask the service to add up numbers: the asking side of request and reply
 * Copyright (C) the mq authors
 *
 *	client NUMBER...
 *
 * It shows what every client must think about: the service is not there yet, it
 * dies before it has answered, it takes too long.
 */
#include <libmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE		"sum"
#define SECOND		1000000000LL	/* libmq counts nanoseconds */
#define PATIENCE	(60 * SECOND)

static void must(const char *what, int err)
{
	if (err < 0) {
		fprintf(stderr, "client: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

/*
 * Ask until there is an answer. To ask again is right here because adding up twice
 * does no harm; after ETIMEDOUT, or where the service died (EPIPE), nobody knows
 * whether the request was carried out.
 */
static int ask(struct mq_endpoint *me, const char *text, struct mq_message **reply)
{
	int err = -ENOENT;

	for (int tries = 0; tries < 3; tries++) {
		if (err == -ENOENT)		/* not there (any more): wait until it is */
			must("nobody is called " SERVICE " (start ./service)",
			     mq_name_wait(NULL, SERVICE, false, PATIENCE));
		err = mq_endpoint_call(me, SERVICE, text, strlen(text), reply, PATIENCE);
		if (err == -EPIPE)
			err = -ENOENT;
		if (err != -ENOENT)
			break;
	}
	return err;
}

int main(int argc, char **argv)
{
	char text[256] = "";
	struct mq_endpoint *me;
	struct mq_message *reply;

	for (int i = 1; i < argc; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i > 1 ? " " : "", argv[i]);
	}
	if (!text[0]) {
		fprintf(stderr, "use: client NUMBER...\n");
		return 2;
	}
	must("open", mq_endpoint_open(&me, NULL));
	/* No name: an anonymous endpoint can ask, and is in nobody's way. */
	must("bind", mq_endpoint_bind(me, NULL, NULL));
	must("call " SERVICE, ask(me, text, &reply));
	printf("%.*s\n", (int)mq_message_size(reply), (const char *)mq_message_data(reply));
	mq_message_free(reply);
	mq_endpoint_close(me);
	return 0;
}
