// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/mq, text protocol
 *
 * Copyright (C) the mq authors
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define DEVICE	"/dev/mq"

static void command(struct bench_channel *c, const char *line, size_t size)
{
	if (write(c->to, line, size) != (ssize_t)size)
		bench_die("%s: %.12s: %m", DEVICE, line);
}

static void text_open(struct bench_channel *c)
{
	char word[32];
	size_t n = (size_t)snprintf(word, sizeof(word), "/msg n%04u ", c->number);

	c->to = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (c->to < 0)
		bench_die("%s: %m; load the driver first, or name the peers with -p", DEVICE);
	c->from = c->to;
	memcpy(c->all, "/all ", 5);
	memcpy(c->all + 5, c->out, c->size);
	c->all_size = 5 + c->size;
	memmove(c->out + n, c->out, c->size);
	memcpy(c->out, word, n);
	c->out_size = n + c->size;
}

static void text_join(struct bench_channel *c)
{
	char word[32];
	size_t n = (size_t)snprintf(word, sizeof(word), "/reg n%04u", c->number);

	command(c, word, n);
}

static void text_send(struct bench_channel *c)
{
	command(c, c->out, c->out_size);
}

static void text_send_all(struct bench_channel *home)
{
	command(home, home->all, home->all_size);
}

static void text_receive(struct bench_channel *c)
{
	if (read(c->from, c->in, c->size) != (ssize_t)c->size)
		bench_die("%s: read: %m", DEVICE);
}

/* a read never sleeps: that takes a call of its own */
static void text_await(struct bench_channel *c)
{
	command(c, "/wait", 5);
	text_receive(c);
}

/* dropping a registration that is not ours to drop does no harm: the error says so */
static void text_close(struct bench_channel *c)
{
	if (write(c->to, "/unr", 4) != 4 && errno != ENOENT)
		bench_die("%s: /unr: %m", DEVICE);
	close(c->to);
}

const struct bench_peer bench_mq_text = {
	.name = "/dev/mq",
	.role = BENCH_OURS,
	.shapes = BENCH_ALL,
	.open = text_open,
	.join = text_join,
	.send = text_send,
	.receive = text_receive,
	.await = text_await,
	.send_all = text_send_all,
	.close = text_close,
};
