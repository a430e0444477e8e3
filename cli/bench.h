/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq bench: what is measured (bench.c), and the channels it is measured on
 * (bench_channel.c).
 *
 * A channel has a table of what it can do. Every function moves messages of the size
 * given at open() and returns 0 or a negative errno.
 * Copyright (C) the mq authors
 */
#ifndef MQ_CLI_BENCH_H
#define MQ_CLI_BENCH_H

#include "cli.h"

#define BENCH_BATCH	32	/* messages in one call, at most */

struct bench_channel;

struct bench_kind {
	const char *name;	/* in the head of the table and in the CSV */
	/* With @receivers mailboxes, or with none (0) for a message to oneself or a trip. */
	int (*open)(struct bench_channel *c, unsigned int receivers);
	void (*close)(struct bench_channel *c);
	/* Send up to @count, receive all of them: *@moved says how many there were. */
	int (*move)(struct bench_channel *c, unsigned int count, unsigned int *moved);
	/* One question and its answer, from a child that runs serve(). */
	int (*call)(struct bench_channel *c);
	int (*serve)(struct bench_channel *c);
	/* One message to every receiver, and then each of them takes it. */
	int (*broadcast)(struct bench_channel *c);
};

struct bench_channel {
	const struct bench_kind *kind;
	size_t size;		/* bytes in a message */
	char *data, *room;	/* BENCH_BATCH of them each */
	unsigned int receivers;
	/* mq: the sender, and the receivers' endpoints */
	struct mq_endpoint *ep, **eps;
	char name[MQ_NAME_SIZE];
	/* pipe and socket: here [0] is read and [1] is written; there it is the child's */
	int here[2], there[2];
	int (*pairs)[2];
};

extern const struct bench_kind bench_mq, bench_pipe, bench_socket;

int bench_channel_open(struct bench_channel *c, const struct bench_kind *kind, size_t size,
		       unsigned int receivers);
void bench_channel_close(struct bench_channel *c);

#endif
