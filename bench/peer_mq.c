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

/* as many messages as any shape leaves in it, so that none is overwritten */
static void queue_len_check(void)
{
	FILE *f = fopen("/sys/module/mq_driver/parameters/QUEUE_LEN", "re");
	unsigned int queue_len;

	if (!f || fscanf(f, "%u", &queue_len) != 1)
		bench_die("%s: its QUEUE_LEN cannot be read: %m", DEVICE);
	fclose(f);
	if (queue_len != bench_depth)
		bench_die("%s: mailboxes hold %u messages: load mq_driver with QUEUE_LEN=%u",
			  DEVICE, queue_len, bench_depth);
}

static void command(struct bench_channel *c, const char *line, size_t size)
{
	if (write(c->to, line, size) != (ssize_t)size)
		bench_die("%s: %.12s: %m", DEVICE, line);
}

static void text_open(struct bench_channel *c)
{
	char word[32];
	size_t n = (size_t)snprintf(word, sizeof(word), "/msg %s ", c->name);

	c->to = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (c->to < 0)
		bench_die("%s: %m; load the driver first, or name the peers with -p", DEVICE);
	c->from = c->to;
	queue_len_check();
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
	size_t n = (size_t)snprintf(word, sizeof(word), "/reg %s", c->name);

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

/* a read never sleeps: that takes a call of its own */
static void text_receive(struct bench_channel *c)
{
	ssize_t got = read(c->from, c->in, c->size);

	if (got < 0 && errno == EAGAIN) {
		command(c, "/wait", 5);
		got = read(c->from, c->in, c->size);
	}
	if (got != (ssize_t)c->size)
		bench_die("%s: read: %m", DEVICE);
}

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
	.shapes = BENCH_ALL | BENCH_MEMORY,
	.is_per_process = true,
	.open = text_open,
	.join = text_join,
	.send = text_send,
	.receive = text_receive,
	.await = text_await,
	.send_all = text_send_all,
	.close = text_close,
};
