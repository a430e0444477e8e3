// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the users' alternatives share: a channel's name, and who opened which
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>
#include <unistd.h>

#include "user.h"

static struct bench_channel *first;

/**
 * bench_user_open - a channel's open: gives it a name, and touches no library
 * @c: the channel
 */
void bench_user_open(struct bench_channel *c)
{
	struct bench_user *own = calloc(1, sizeof(*own));

	if (!own)
		bench_die("%s: no memory for a channel", c->peer->name);
	own->opener = getpid();
	snprintf(own->name, sizeof(own->name), "mq.bench-%d-%s", own->opener, c->name);
	own->next = first;
	first = c;
	c->own = own;
}

/**
 * bench_user_join - a channel's join
 * @c: an open channel
 *
 * Return: whether this process, which did not open the channel, is to receive from now on.
 */
bool bench_user_join(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	own->is_opener_receiver = own->opener == getpid();
	return !own->is_opener_receiver;
}

/**
 * bench_user_is_receiver - whether this process opened and joined the channel
 * @c: an open channel
 *
 * Return: true in a process that sends itself messages.
 */
bool bench_user_is_receiver(const struct bench_channel *c)
{
	const struct bench_user *own = bench_user_get(c);

	return own->is_opener_receiver && own->opener == getpid();
}

/**
 * bench_user_first - the channels that are open
 *
 * Return: the one that was opened last, or NULL.
 */
struct bench_channel *bench_user_first(void)
{
	return first;
}

/**
 * bench_user_next - the channels that are open
 * @c: one of them
 *
 * Return: the one that was opened before it, or NULL.
 */
struct bench_channel *bench_user_next(const struct bench_channel *c)
{
	return bench_user_get(c)->next;
}

/**
 * bench_user_close - a channel's close, when its sockets are closed
 * @c: the channel
 */
void bench_user_close(struct bench_channel *c)
{
	struct bench_channel **at = &first;

	while (*at != c)
		at = &bench_user_get(*at)->next;
	*at = bench_user_next(c);
	free(c->own);
}
