// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channel of mq bench that is ours: mailboxes of /dev/mq, frames, by libmq.
 * Copyright (C) the mq authors
 */
#include "bench.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int mq_way_open(struct bench_channel *c, unsigned int way)
{
	struct mq_binding how = { .depth = c->depth };
	int err = mq_endpoint_open(&c->eps[way], mq_device_path);

	snprintf(c->names[way], sizeof(c->names[way]), "bench-%d-%u", (int)getpid(), way);
	return err ? err : mq_endpoint_bind(c->eps[way], c->names[way], &how);
}

static int mq_channel_open(struct bench_channel *c)
{
	/* Deeper than QUEUE_LEN is not for everyone. */
	uint32_t most = mq_device_info()->queue_len;
	int err = 0;

	c->depth = most < BENCH_BATCH ? most : BENCH_BATCH;
	c->eps = calloc(c->ways, sizeof(*c->eps));
	c->names = calloc(c->ways, sizeof(*c->names));
	if (!c->eps || !c->names)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->ways && !err; i++)
		err = mq_way_open(c, i);
	return err;
}

static void mq_channel_close(struct bench_channel *c)
{
	for (unsigned int i = 0; c->eps && i < c->ways; i++)
		mq_endpoint_close(c->eps[i]);
	free(c->eps);
	free(c->names);
}

static int mq_way_send(struct bench_channel *c, unsigned int way)
{
	return mq_endpoint_send(c->eps[c->self], c->names[way], c->data, c->size);
}

static int mq_way_receive(struct bench_channel *c, unsigned int way)
{
	const struct mq_message *msg;
	int err = mq_endpoint_receive(c->eps[way], &msg, MQ_TIMEOUT_NONE);

	return err ? err : bench_moved_all(mq_message_size(msg), c->size);
}

static int mq_way_send_many(struct bench_channel *c, unsigned int way, unsigned int *count)
{
	struct mq_letter letters[BENCH_BATCH];
	size_t sent = 0;
	int err;

	for (unsigned int i = 0; i < *count; i++)
		letters[i] = (struct mq_letter){ c->names[way], c->data + i * c->size, c->size, i };
	err = mq_endpoint_send_many(c->eps[c->self], letters, *count, &sent);
	*count = sent;
	return err;
}

static int mq_way_receive_many(struct bench_channel *c, unsigned int way, unsigned int *count)
{
	const struct mq_message *msgs[BENCH_BATCH];
	size_t got = 0;
	int err = mq_endpoint_receive_many(c->eps[way], msgs, *count, &got, 0);

	*count = got;
	return err;
}

static int mq_channel_send_all(struct bench_channel *c)
{
	return mq_endpoint_broadcast(c->eps[c->self], c->data, c->size);
}

static int mq_channel_call(struct bench_channel *c)
{
	struct mq_message *reply;
	int err = mq_endpoint_call(c->eps[c->self], c->names[0], c->data, c->size, &reply,
				   MQ_TIMEOUT_NONE);

	if (err)
		return err;
	err = bench_moved_all(mq_message_size(reply), c->size);
	mq_message_free(reply);
	return err;
}

static int mq_channel_serve(struct bench_channel *c)
{
	const struct mq_message *request;
	int err = mq_endpoint_receive(c->eps[0], &request, MQ_TIMEOUT_NONE);

	while (!err)
		err = mq_endpoint_reply_receive(c->eps[0], request, mq_message_data(request),
						mq_message_size(request), NULL, &request,
						MQ_TIMEOUT_NONE);
	return err;
}

const struct bench_kind bench_mq = {
	.name = "/dev/mq frames",
	.role = BENCH_OURS,
	.shapes = BENCH_ALL,
	.open = mq_channel_open,
	.close = mq_channel_close,
	.send = mq_way_send,
	.receive = mq_way_receive,
	.send_many = mq_way_send_many,
	.receive_many = mq_way_receive_many,
	.send_all = mq_channel_send_all,
	.call = mq_channel_call,
	.serve = mq_channel_serve,
};
