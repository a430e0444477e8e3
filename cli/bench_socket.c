// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels of mq bench that are sockets: AF_UNIX datagrams and sequenced packets.
 * Copyright (C) the mq authors
 */
#include "bench.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int socket_open(struct bench_channel *c, int type)
{
	int bytes = BENCH_BATCH * (c->size + 1024);

	c->depth = BENCH_BATCH;
	for (unsigned int i = 0; i < c->ways; i++) {
		if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, c->fds[i]))
			return -errno;
		setsockopt(c->fds[i][1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	}
	return 0;
}

static int datagram_open(struct bench_channel *c)
{
	return socket_open(c, SOCK_DGRAM);
}

static int seqpacket_open(struct bench_channel *c)
{
	return socket_open(c, SOCK_SEQPACKET);
}

static int socket_send(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(send(c->fds[way][1], c->data, c->size, 0), c->size);
}

static int socket_receive(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(recv(c->fds[way][0], c->room, c->size, 0), c->size);
}

static void headers_fill(struct mmsghdr *headers, struct iovec *iov, char *data, size_t size,
			 unsigned int count)
{
	memset(headers, 0, count * sizeof(*headers));
	for (unsigned int i = 0; i < count; i++) {
		iov[i] = (struct iovec){ data + i * size, size };
		headers[i].msg_hdr.msg_iov = &iov[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/* A socket takes fewer than are offered: net.unix.max_dgram_qlen, and its buffer. */
static int socket_send_many(struct bench_channel *c, unsigned int way, unsigned int *count)
{
	struct mmsghdr headers[BENCH_BATCH];
	struct iovec iov[BENCH_BATCH];
	int sent;

	headers_fill(headers, iov, c->data, c->size, *count);
	sent = sendmmsg(c->fds[way][1], headers, *count, MSG_DONTWAIT);
	*count = sent < 0 ? 0 : sent;
	return sent < 0 ? -errno : 0;
}

static int socket_receive_many(struct bench_channel *c, unsigned int way, unsigned int *count)
{
	struct mmsghdr headers[BENCH_BATCH];
	struct iovec iov[BENCH_BATCH];
	int got;

	headers_fill(headers, iov, c->room, c->size, *count);
	got = recvmmsg(c->fds[way][0], headers, *count, MSG_DONTWAIT, NULL);
	*count = got < 0 ? 0 : got;
	return got < 0 ? -errno : 0;
}

const struct bench_kind bench_datagram = {
	.name = "AF_UNIX datagram",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = datagram_open,
	.close = bench_fds_close,
	.send = socket_send,
	.receive = socket_receive,
	.send_many = socket_send_many,
	.receive_many = socket_receive_many,
};

const struct bench_kind bench_seqpacket = {
	.name = "AF_UNIX seqpacket",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = seqpacket_open,
	.close = bench_fds_close,
	.send = socket_send,
	.receive = socket_receive,
	.send_many = socket_send_many,
	.receive_many = socket_receive_many,
};
