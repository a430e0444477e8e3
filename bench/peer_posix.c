// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queue
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

/* the default lets one user have 819,200 bytes in all queues */
static void limit_init(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MSGQUEUE, &none);
}

static void posix_open(struct bench_channel *c)
{
	struct mq_attr attr = { .mq_maxmsg = bench_depth, .mq_msgsize = (long)c->size };
	char name[64];

	limit_init();
	snprintf(name, sizeof(name), "/mq-bench-%d-%s", getpid(), c->name);
	c->to = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (c->to < 0)
		bench_die("POSIX queue %s of %zu bytes: %m; see fs.mqueue.* and RLIMIT_MSGQUEUE",
			  name, c->size);
	c->from = c->to;
	mq_unlink(name);
}

static void posix_send(struct bench_channel *c)
{
	if (mq_send(c->to, c->out, c->out_size, 0))
		bench_die("mq_send: %m");
}

static void posix_receive(struct bench_channel *c)
{
	if (mq_receive(c->from, c->in, c->size, NULL) != (ssize_t)c->size)
		bench_die("mq_receive: %m");
}

static void posix_close(struct bench_channel *c)
{
	mq_close(c->to);
}

const struct bench_peer bench_posix = {
	.name = "POSIX queue",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL | BENCH_MEMORY,
	.open = posix_open,
	.send = posix_send,
	.receive = posix_receive,
	.close = posix_close,
};
