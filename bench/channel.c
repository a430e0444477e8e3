// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: buffers and the calls that are the same for every peer
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* room for what a peer puts around the payload: a command word, a name, a message type */
#define AROUND	64

static unsigned int next_number;

static char *buffer_new(size_t size)
{
	char *buffer = aligned_alloc(64, (size + AROUND + 63) / 64 * 64);

	if (!buffer)
		bench_die("no memory for a buffer of %zu bytes", size);
	memset(buffer, 0, size + AROUND);
	return buffer;
}

/* every position differs from its neighbours, and none is a NUL or a newline */
static void payload_init(char *payload, size_t size)
{
	for (size_t i = 0; i < size; i++)
		payload[i] = (char)('0' + i % 75);
}

/**
 * bench_channel_open - make a channel; both sides may then be used, also after a fork
 * @c: to fill
 * @peer: what to make it of
 * @size: bytes of every message
 */
void bench_channel_open(struct bench_channel *c, const struct bench_peer *peer, size_t size)
{
	*c = (struct bench_channel){ .peer = peer, .number = next_number++, .size = size,
				     .to = -1, .from = -1 };
	c->out = buffer_new(size);
	c->all = buffer_new(size);
	c->in = buffer_new(size + AROUND) + AROUND;
	payload_init(c->out, size);
	c->out_size = size;
	peer->open(c);
}

/**
 * bench_channel_join - this process will receive from the channel
 * @c: an open channel
 */
void bench_channel_join(struct bench_channel *c)
{
	if (c->peer->join)
		c->peer->join(c);
}

/**
 * bench_channel_await - sleep until a message is there, and take it
 * @c: an open channel that this process joined
 */
void bench_channel_await(struct bench_channel *c)
{
	if (c->peer->await)
		c->peer->await(c);
	else
		c->peer->receive(c);
}

/**
 * bench_channel_check - the message received last must be the one that was sent
 * @c: an open channel
 *
 * A fast peer that moves nothing would win every comparison.
 */
void bench_channel_check(const struct bench_channel *c)
{
	char *expected;

	if (c->peer->role == BENCH_FLOOR)
		return;
	expected = buffer_new(c->size);
	payload_init(expected, c->size);
	if (memcmp(c->in, expected, c->size))
		bench_die("%s: a message of %zu bytes did not arrive as it was sent",
			  c->peer->name, c->size);
	free(expected);
}

/**
 * bench_channel_close - the end of a channel
 * @c: an open channel
 */
void bench_channel_close(struct bench_channel *c)
{
	c->peer->close(c);
	free(c->out);
	free(c->all);
	free(c->in - AROUND);
}
