// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX: datagrams, and sequenced packets, between the two ends of a socketpair, or to a name
 *
 * Copyright (C) the mq authors
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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
	.shapes = BENCH_ALL | BENCH_MEMORY,
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
	.shapes = BENCH_ALL | BENCH_MEMORY,
	.open = seqpacket_open,
	.send = unix_send,
	.receive = unix_receive,
	.send_many = unix_send_many,
	.receive_many = unix_receive_many,
	.close = unix_close,
};

/* in the abstract name space, which begins with a NUL: no file system has a part in it */
#define ADDRESS_SIZE	(offsetof(struct sockaddr_un, sun_path) + BENCH_NAME_SIZE)

/* what this process sends from */
static int own = -1;

static void named_open(struct bench_channel *c)
{
	struct sockaddr_un *address = malloc(sizeof(*address));

	if (!address)
		bench_die("no memory for an address");
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path + 1, c->name, BENCH_NAME_SIZE - 1);
	c->own = address;
	c->from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->from < 0 || bind(c->from, (struct sockaddr *)address, ADDRESS_SIZE))
		bench_die("AF_UNIX: a socket with a name: %m");
}

static void named_join(struct bench_channel *c)
{
	own = c->from;
}

static void named_send(struct bench_channel *c)
{
	if (sendto(own, c->out, c->out_size, 0, c->own, ADDRESS_SIZE) != (ssize_t)c->out_size)
		bench_die("AF_UNIX: sendto: %m");
}

static void named_close(struct bench_channel *c)
{
	close(c->from);
	free(c->own);
}

const struct bench_peer bench_unix_named = {
	.name = "AF_UNIX by name",
	.role = BENCH_PEER,
	.shapes = BENCH_GROWTH | BENCH_MEMORY,
	.open = named_open,
	.join = named_join,
	.send = named_send,
	.receive = unix_receive,
	.close = named_close,
};
