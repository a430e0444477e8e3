// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX: datagrams, and sequenced packets, between the two ends of a socketpair
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* what sendmmsg and recvmmsg are given */
struct vectors {
	struct mmsghdr out[BENCH_DEPTH];
	struct mmsghdr in[BENCH_DEPTH];
	struct iovec out_part;
	struct iovec in_parts[BENCH_DEPTH];
};

static void vectors_init(struct bench_channel *c)
{
	struct vectors *v = calloc(1, sizeof(*v));

	if (!v)
		bench_die("no memory for %u messages a call", BENCH_DEPTH);
	v->out_part = (struct iovec){ c->out, c->out_size };
	for (unsigned int i = 0; i < c->per_call; i++) {
		v->out[i].msg_hdr = (struct msghdr){ .msg_iov = &v->out_part, .msg_iovlen = 1 };
		v->in_parts[i] = (struct iovec){ c->in + i * c->stride, c->size };
		v->in[i].msg_hdr = (struct msghdr){ .msg_iov = &v->in_parts[i], .msg_iovlen = 1 };
	}
	c->own = v;
}

static void pair_open(struct bench_channel *c, int type)
{
	int ends[2];

	if (socketpair(AF_UNIX, type, 0, ends))
		bench_die("socketpair: %m");
	c->from = ends[0];
	c->to = ends[1];
	c->stride = c->size;
	vectors_init(c);
}

static void datagram_open(struct bench_channel *c)
{
	pair_open(c, SOCK_DGRAM);
}

static void seqpacket_open(struct bench_channel *c)
{
	pair_open(c, SOCK_SEQPACKET);
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

static void unix_send_many(struct bench_channel *c, unsigned int n)
{
	struct vectors *v = c->own;

	if (sendmmsg(c->to, v->out, n, 0) != (int)n)
		bench_die("AF_UNIX: sendmmsg of %u: %m; see net.unix.max_dgram_qlen", n);
}

static void unix_receive_many(struct bench_channel *c, unsigned int n)
{
	struct vectors *v = c->own;

	if (recvmmsg(c->from, v->in, n, 0, NULL) != (int)n)
		bench_die("AF_UNIX: recvmmsg of %u: %m", n);
}

static void unix_close(struct bench_channel *c)
{
	close(c->from);
	close(c->to);
	free(c->own);
}

const struct bench_peer bench_unix = {
	.name = "AF_UNIX datagram",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = datagram_open,
	.send = unix_send,
	.receive = unix_receive,
	.send_many = unix_send_many,
	.receive_many = unix_receive_many,
	.close = unix_close,
};

const struct bench_peer bench_seqpacket = {
	.name = "AF_UNIX seqpacket",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = seqpacket_open,
	.send = unix_send,
	.receive = unix_receive,
	.send_many = unix_send_many,
	.receive_many = unix_receive_many,
	.close = unix_close,
};
