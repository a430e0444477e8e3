// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floors: what two system calls cost that move no message, and what the loop costs
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"

static void none_open(struct bench_channel *c)
{
	c->to = 0;
}

/* its address is taken, so it is called like any other peer's */
static void none_do(struct bench_channel *c)
{
	__asm__ volatile("" : : "r"(c) : "memory");
}

const struct bench_peer bench_none = {
	.name = "none",
	.role = BENCH_FLOOR,
	.open = none_open,
	.send = none_do,
	.receive = none_do,
	.close = none_do,
};

static void null_open(struct bench_channel *c)
{
	c->to = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (c->to < 0)
		bench_die("/dev/null: %m");
	c->from = c->to;
}

static void null_send(struct bench_channel *c)
{
	if (write(c->to, c->out, c->size) != (ssize_t)c->size)
		bench_die("/dev/null: write: %m");
}

static void null_receive(struct bench_channel *c)
{
	if (read(c->from, c->in, c->size) != 0)
		bench_die("/dev/null: read: %m");
}

static void fd_close(struct bench_channel *c)
{
	close(c->to);
}

const struct bench_peer bench_null = {
	.name = "/dev/null",
	.role = BENCH_FLOOR,
	.shapes = BENCH_SELF,
	.open = null_open,
	.send = null_send,
	.receive = null_receive,
	.close = fd_close,
};

static void event_open(struct bench_channel *c)
{
	c->to = eventfd(0, EFD_CLOEXEC);
	if (c->to < 0)
		bench_die("eventfd: %m");
	c->from = c->to;
}

static void event_send(struct bench_channel *c)
{
	static const uint64_t one = 1;

	if (write(c->to, &one, sizeof(one)) != sizeof(one))
		bench_die("eventfd: write: %m");
}

static void event_receive(struct bench_channel *c)
{
	uint64_t value;

	if (read(c->from, &value, sizeof(value)) != sizeof(value))
		bench_die("eventfd: read: %m");
}

const struct bench_peer bench_eventfd = {
	.name = "eventfd",
	.role = BENCH_FLOOR,
	.shapes = BENCH_SELF | BENCH_TRIP | BENCH_CALL,
	.open = event_open,
	.send = event_send,
	.receive = event_receive,
	.close = fd_close,
};
