/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq bench: what is measured (bench.c), and what on: /dev/mq (bench_mq.c) and its peers
 * (bench_peer.c, bench_socket.c). Shapes and peers have the names of the project's own
 * benchmark, bench/ in the source, which counts instructions.
 *
 * A channel is a few ways, each from anybody to one receiver. Every function moves
 * messages of the size given at open() and returns 0 or a negative errno.
 * Copyright (C) the mq authors
 */
#ifndef MQ_CLI_BENCH_H
#define MQ_CLI_BENCH_H

#include "cli.h"

#define BENCH_BATCH	32	/* messages that are sent before they are received, at most */

struct bench_channel;

/* what a kind can do, and a line of the CSV is about */
#define BENCH_SELF	1u
#define BENCH_BATCHES	2u
#define BENCH_TRIP	4u
#define BENCH_CALL	8u
#define BENCH_STREAM	16u
#define BENCH_BROADCAST	32u
#define BENCH_ALL	63u

enum bench_role { BENCH_OURS, BENCH_PEER, BENCH_FLOOR };

/**
 * struct bench_kind - what a channel is made of
 * @name: in the table and in the CSV
 * @role: ours is compared with the best peer; a floor moves no message and is in no comparison
 * @shapes: which ones mean something here
 * @open: makes c->ways ways, and sets c->depth
 * @close: takes also what a failed open() has left
 * @send: one message into a way; sleeps until there is room
 * @receive: one message out of it; sleeps until there is one
 * @send_many: up to c->depth messages by one call, never sleeps; says how many; or NULL
 * @receive_many: up to so many by one call; says how many; or NULL
 * @send_all: one message into every way but c->self, by one call; or NULL
 * @call: a question through way 0 and its answer; or NULL, then it is send() and receive()
 * @serve: answers such questions until something fails; or NULL
 */
struct bench_kind {
	const char *name;
	enum bench_role role;
	unsigned int shapes;
	int (*open)(struct bench_channel *c);
	void (*close)(struct bench_channel *c);
	int (*send)(struct bench_channel *c, unsigned int way);
	int (*receive)(struct bench_channel *c, unsigned int way);
	int (*send_many)(struct bench_channel *c, unsigned int way, unsigned int *count);
	int (*receive_many)(struct bench_channel *c, unsigned int way, unsigned int *count);
	int (*send_all)(struct bench_channel *c);
	int (*call)(struct bench_channel *c);
	int (*serve)(struct bench_channel *c);
};

/**
 * struct bench_channel - some ways of one kind
 * @kind: what they are made of
 * @size: bytes in a message
 * @ways: how many; one of them may be the sender's own
 * @self: the way that this process receives from itself, if its kind wants to know
 * @depth: messages that fit into a way before a sender sleeps, BENCH_BATCH at most
 * @data: BENCH_BATCH messages to send
 * @room: for as many that are received
 * @fds: of each way; [0] is received from, [1] is sent to
 * @eps: /dev/mq: who receives from each way
 * @names: and what each of them is called
 */
struct bench_channel {
	const struct bench_kind *kind;
	size_t size;
	unsigned int ways;
	unsigned int self;
	unsigned int depth;
	char *data, *room;
	int (*fds)[2];
	struct mq_endpoint **eps;
	char (*names)[MQ_NAME_SIZE];
};

extern const struct bench_kind bench_mq, bench_pipe, bench_posix, bench_sysv, bench_datagram,
	bench_seqpacket, bench_null, bench_eventfd;

/* bench_peer.c: the result of a system call that shall move @size bytes */
int bench_moved_all(ssize_t got, size_t size);
void bench_fds_close(struct bench_channel *c);

#endif
