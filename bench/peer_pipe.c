// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipe: bytes without boundaries; it passes because every message has the same size
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

/* small messages share a page, large ones have some of their own; it has 16 of them by default */
static void room_init(const struct bench_channel *c)
{
	size_t room = 2 * c->per_call * c->size;

	if (room > 65536 && c->per_call > 1 && fcntl(c->to, F_SETPIPE_SZ, (int)room) < 0)
		bench_die("pipe: room for %zu bytes: %m; see fs.pipe-max-size", room);
}

static void pipe_open(struct bench_channel *c)
{
	int ends[2];

	if (pipe(ends))
		bench_die("pipe: %m");
	c->from = ends[0];
	c->to = ends[1];
	room_init(c);
}

static void pipe_send(struct bench_channel *c)
{
	if (write(c->to, c->out, c->out_size) != (ssize_t)c->out_size)
		bench_die("pipe: write: %m");
}

static void pipe_receive(struct bench_channel *c)
{
	if (read(c->from, c->in, c->size) != (ssize_t)c->size)
		bench_die("pipe: read: %m");
}

static void pipe_close(struct bench_channel *c)
{
	close(c->from);
	close(c->to);
}

const struct bench_peer bench_pipe = {
	.name = "pipe",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL | BENCH_MEMORY,
	.open = pipe_open,
	.send = pipe_send,
	.receive = pipe_receive,
	.close = pipe_close,
};
