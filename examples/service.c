// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * service - add up numbers for whoever asks: the serving side of request and reply
 * Copyright (C) the mq authors
 *
 *	service [NAME]
 *
 * See client.c for the side that asks.
 */
#include <libmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(const char *what, int err)
{
	if (err < 0) {
		fprintf(stderr, "service: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

/* "1 2 3" -> "6". The request comes from a stranger: believe nothing about it. */
static int answer(const struct mq_message *request, char *reply, size_t room)
{
	char text[512], *next = text, *end;
	double sum = 0;

	if (mq_message_size(request) >= sizeof(text))
		return snprintf(reply, room, "error: too long");
	memcpy(text, mq_message_data(request), mq_message_size(request));
	text[mq_message_size(request)] = '\0';
	for (;;) {
		double number = strtod(next, &end);

		if (end == next)
			break;
		sum += number;
		next = end;
	}
	next += strspn(next, "\n ");
	if (*next)
		return snprintf(reply, room, "error: no number: %.20s", next);
	return snprintf(reply, room, "%g", sum);
}

/*
 * Answer the last request and take the next one, in one system call. That the last
 * caller has given up meanwhile (ENOENT) is his matter, not an error of the service.
 */
static int next_request(struct mq_endpoint *me, const struct mq_message **request,
			const char *reply, int size)
{
	int err;

	if (!*request)
		return mq_endpoint_receive(me, request, MQ_TIMEOUT_NONE);
	err = mq_endpoint_reply_receive(me, *request, reply, size, NULL, request,
					MQ_TIMEOUT_NONE);
	if (err == -ENOENT)
		err = mq_endpoint_receive(me, request, MQ_TIMEOUT_NONE);
	return err;
}

int main(int argc, char **argv)
{
	/* Who finds the mailbox full waits for room, so no request is lost. */
	struct mq_binding how = { .policy = MQ_POLICY_BLOCK };
	const struct mq_message *request = NULL;
	const char *name = argc > 1 ? argv[1] : "sum";
	struct mq_endpoint *me;
	char reply[512];
	int size = 0;

	must("open", mq_endpoint_open(&me, NULL));
	must(name, mq_endpoint_bind(me, name, &how));
	for (;;) {
		must("receive", next_request(me, &request, reply, size));
		if (mq_message_is_call(request))
			size = answer(request, reply, sizeof(reply));
		else
			request = NULL;		/* a message, no question: nothing to answer */
	}
}
