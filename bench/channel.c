// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: buffers and the calls that are the same for every peer
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* room for what a peer puts around each payload: a command word, a name, a frame's header */
#define AROUND	72
#define BEFORE	64

/**
 * bench_depth - messages that fit into a channel that is opened
 */
unsigned int bench_depth = BENCH_DEPTH;

static char *buffer_new(size_t size)
{
	char *buffer = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!buffer)
		bench_die("no memory for a buffer of %zu bytes", size);
	memset(buffer, 0, size);
	return buffer;
}

/**
 * bench_random - the next of a series of random numbers
 * @state: where the series is; any number to begin with
 *
 * Return: 64 random bits (splitmix64), always the same ones.
 */
uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t names;

/**
 * bench_channel_seed - this process draws other names than its parent and its siblings
 * @seed: its own
 */
void bench_channel_seed(unsigned int seed)
{
	names = (uint64_t)seed << 32;
}

/* of 62^5 names; two equal ones would not go unseen: the second could not be bound */
static void name_init(char *name)
{
	static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t random = bench_random(&names);

	for (int i = 0; i < BENCH_NAME_SIZE - 1; i++, random /= 62)
		name[i] = signs[random % 62];
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
 * @per_call: most messages that one call will move
 */
void bench_channel_open(struct bench_channel *c, const struct bench_peer *peer, size_t size,
			unsigned int per_call)
{
	size_t room = per_call * (size + AROUND);

	*c = (struct bench_channel){ .peer = peer, .size = size,
				     .per_call = per_call, .to = -1, .from = -1 };
	name_init(c->name);
	c->out = buffer_new(room);
	c->all = buffer_new(size + AROUND);
	c->in = buffer_new(room + AROUND) + BEFORE;
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
 * bench_channel_await - take a message of which it is known that it has yet to come
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
 * bench_channel_send_many - put messages in, by one call where the peer has one
 * @c: an open channel
 * @n: how many, @per_call at most
 */
void bench_channel_send_many(struct bench_channel *c, unsigned int n)
{
	if (n > 1 && c->peer->send_many) {
		c->peer->send_many(c, n);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		c->peer->send(c);
}

/**
 * bench_channel_receive_many - take messages out, by one call where the peer has one
 * @c: an open channel that this process joined
 * @n: how many, @per_call at most; it sleeps until all have come
 */
void bench_channel_receive_many(struct bench_channel *c, unsigned int n)
{
	if (n > 1 && c->peer->receive_many) {
		c->peer->receive_many(c, n);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		c->peer->receive(c);
}

/**
 * bench_channel_check - what one call received last must be what was sent
 * @c: an open channel
 * @n: messages that the call received; where it was not one call, the last one
 *
 * A fast peer that moves nothing would win every comparison.
 */
void bench_channel_check(const struct bench_channel *c, unsigned int n)
{
	char *expected;

	if (c->peer->role == BENCH_FLOOR)
		return;
	expected = buffer_new(c->size);
	payload_init(expected, c->size);
	for (unsigned int i = 0; i < (c->stride ? n : 1); i++)
		if (memcmp(c->in + i * c->stride, expected, c->size))
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
	free(c->in - BEFORE);
}
