// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX datagrams between the two ends of a socketpair
 *
 * Copyright (C) the mq authors
 */
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void unix_open(struct bench_channel *c)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends))
		bench_die("socketpair: %m");
	c->from = ends[0];
	c->to = ends[1];
}

static void unix_send(struct bench_channel *c)
{
	if (send(c->to, c->out, c->out_size, 0) != (ssize_t)c->out_size)
		bench_die("AF_UNIX: send: %m");
}

static void unix_receive(struct bench_channel *c)
{
	if (recv(c->from, c->in, c->size, 0) != (ssize_t)c->size)
		bench_die("AF_UNIX: recv: %m");
}

static void unix_close(struct bench_channel *c)
{
	close(c->from);
	close(c->to);
}

const struct bench_peer bench_unix = {
	.name = "AF_UNIX datagram",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = unix_open,
	.send = unix_send,
	.receive = unix_receive,
	.close = unix_close,
};
