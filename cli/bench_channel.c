// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels of mq bench: a mailbox, a pipe, an AF_UNIX datagram socket.
 * Copyright (C) the mq authors
 */
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* The result of a system call that shall move @size bytes. */
static int moved_all(ssize_t got, size_t size)
{
	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EIO;
}

int bench_channel_open(struct bench_channel *c, const struct bench_kind *kind, size_t size,
		       unsigned int receivers)
{
	int err = -ENOMEM;

	memset(c, 0, sizeof(*c));
	c->kind = kind;
	c->size = size;
	c->receivers = receivers;
	memset(c->here, -1, sizeof(c->here));
	memset(c->there, -1, sizeof(c->there));
	c->data = calloc(BENCH_BATCH, size);
	c->room = calloc(BENCH_BATCH, size);
	if (c->data && c->room) {
		memset(c->data, 'm', BENCH_BATCH * size);
		err = kind->open(c, receivers);
	}
	if (err)
		bench_channel_close(c);
	return err;
}

void bench_channel_close(struct bench_channel *c)
{
	c->kind->close(c);
	free(c->data);
	free(c->room);
	c->data = NULL;
	c->room = NULL;
}

/* ---- /dev/mq ---- */

static int mailbox_open(struct bench_channel *c, struct mq_endpoint **ep, unsigned int number,
			const struct mq_binding *how)
{
	char name[MQ_NAME_SIZE];
	int err = mq_endpoint_open(ep, mq_device_path);

	if (err)
		return err;
	snprintf(name, sizeof(name), "bench-%d-%u", (int)getpid(), number);
	if (!number)
		memcpy(c->name, name, sizeof(name));
	return mq_endpoint_bind(*ep, name, how);
}

static int mq_channel_open(struct bench_channel *c, unsigned int receivers)
{
	/* Deeper than QUEUE_LEN is not for everyone. */
	uint32_t most = mq_device_info()->queue_len;
	struct mq_binding how = { .depth = most < BENCH_BATCH ? most : BENCH_BATCH };
	int err = mailbox_open(c, &c->ep, 0, &how);

	c->eps = calloc(receivers + 1, sizeof(*c->eps));
	if (!err && !c->eps)
		err = -ENOMEM;
	for (unsigned int i = 0; i < receivers && !err; i++)
		err = mailbox_open(c, &c->eps[i], i + 1, &how);
	return err;
}

static void mq_channel_close(struct bench_channel *c)
{
	for (unsigned int i = 0; c->eps && i < c->receivers; i++)
		mq_endpoint_close(c->eps[i]);
	free(c->eps);
	mq_endpoint_close(c->ep);
	c->eps = NULL;
	c->ep = NULL;
}

static int mq_move_one(struct bench_channel *c)
{
	const struct mq_message *msg;
	int err = mq_endpoint_send(c->ep, c->name, c->data, c->size);

	if (!err)
		err = mq_endpoint_receive(c->ep, &msg, 0);
	return err ? err : moved_all(mq_message_size(msg), c->size);
}

static int mq_move(struct bench_channel *c, unsigned int count, unsigned int *moved)
{
	const struct mq_message *msgs[BENCH_BATCH];
	struct mq_letter letters[BENCH_BATCH];
	size_t sent, got, all = 0;
	int err;

	*moved = 1;
	if (count == 1)
		return mq_move_one(c);
	if (count > mq_device_info()->queue_len)
		count = mq_device_info()->queue_len;
	for (unsigned int i = 0; i < count; i++)
		letters[i] = (struct mq_letter){ c->name, c->data + i * c->size, c->size, i };
	err = mq_endpoint_send_many(c->ep, letters, count, &sent);
	while (!err && all < sent) {
		err = mq_endpoint_receive_many(c->ep, msgs, sent - all, &got, 0);
		all += err ? 0 : got;
	}
	*moved = all;
	return err;
}

static int mq_call(struct bench_channel *c)
{
	struct mq_message *reply;
	int err = mq_endpoint_call(c->eps[0], c->name, c->data, c->size, &reply, MQ_TIMEOUT_NONE);

	if (err)
		return err;
	err = moved_all(mq_message_size(reply), c->size);
	mq_message_free(reply);
	return err;
}

static int mq_serve(struct bench_channel *c)
{
	const struct mq_message *request;
	int err = mq_endpoint_receive(c->ep, &request, MQ_TIMEOUT_NONE);

	while (!err)
		err = mq_endpoint_reply_receive(c->ep, request, mq_message_data(request),
						mq_message_size(request), NULL, &request,
						MQ_TIMEOUT_NONE);
	return err;
}

static int mq_broadcast(struct bench_channel *c)
{
	const struct mq_message *msg;
	int err = mq_endpoint_broadcast(c->ep, c->data, c->size);

	for (unsigned int i = 0; i < c->receivers && !err; i++)
		err = mq_endpoint_receive(c->eps[i], &msg, 0);
	return err;
}

const struct bench_kind bench_mq = {
	.name = "mq",
	.open = mq_channel_open,
	.close = mq_channel_close,
	.move = mq_move,
	.call = mq_call,
	.serve = mq_serve,
	.broadcast = mq_broadcast,
};

/* ---- pipe and socket: two descriptors ---- */

static void fds_close(int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	fds[0] = -1;
	fds[1] = -1;
}

static void pair_channel_close(struct bench_channel *c)
{
	fds_close(c->here);
	fds_close(c->there);
	for (unsigned int i = 0; c->pairs && i < c->receivers; i++)
		fds_close(c->pairs[i]);
	free(c->pairs);
	c->pairs = NULL;
}

/* @make gives [0] to read from what is written to [1]. */
static int pair_channel_open(struct bench_channel *c, unsigned int receivers,
			     int (*make)(const struct bench_channel *c, int fds[2]))
{
	int err = make(c, c->here);

	if (!err)
		err = make(c, c->there);
	c->pairs = calloc(receivers + 1, sizeof(*c->pairs));
	if (!c->pairs)
		return -ENOMEM;
	memset(c->pairs, -1, (receivers + 1) * sizeof(*c->pairs));
	for (unsigned int i = 0; i < receivers && !err; i++)
		err = make(c, c->pairs[i]);
	return err;
}

static int pair_call(struct bench_channel *c)
{
	int err = moved_all(write(c->there[1], c->data, c->size), c->size);

	return err ? err : moved_all(read(c->here[0], c->room, c->size), c->size);
}

/* The child's two ends alone stay open, so that it ends with its parent. */
static int pair_serve(struct bench_channel *c)
{
	int err = 0;

	close(c->there[1]);
	close(c->here[0]);
	c->there[1] = -1;
	c->here[0] = -1;
	while (!err) {
		err = moved_all(read(c->there[0], c->room, c->size), c->size);
		if (!err)
			err = moved_all(write(c->here[1], c->room, c->size), c->size);
	}
	return err;
}

static int pair_broadcast(struct bench_channel *c)
{
	int err = 0;

	for (unsigned int i = 0; i < c->receivers && !err; i++)
		err = moved_all(write(c->pairs[i][1], c->data, c->size), c->size);
	for (unsigned int i = 0; i < c->receivers && !err; i++)
		err = moved_all(read(c->pairs[i][0], c->room, c->size), c->size);
	return err;
}

static int pipe_make(const struct bench_channel *c, int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	/* Room for a batch, if the pipe may be that large; else fewer go in one call. */
	fcntl(fds[1], F_SETPIPE_SZ, (int)(BENCH_BATCH * c->size));
	return (size_t)fcntl(fds[1], F_GETPIPE_SZ) < c->size ? -EMSGSIZE : 0;
}

static int pipe_channel_open(struct bench_channel *c, unsigned int receivers)
{
	return pair_channel_open(c, receivers, pipe_make);
}

/* A pipe knows no messages: many of them are one piece. */
static int pipe_move(struct bench_channel *c, unsigned int count, unsigned int *moved)
{
	size_t fit = count == 1 ? 1 : fcntl(c->here[1], F_GETPIPE_SZ) / c->size;
	int err;

	if (count > fit)
		count = fit;
	*moved = count;
	err = moved_all(write(c->here[1], c->data, count * c->size), count * c->size);
	return err ? err : moved_all(read(c->here[0], c->room, count * c->size), count * c->size);
}

const struct bench_kind bench_pipe = {
	.name = "pipe",
	.open = pipe_channel_open,
	.close = pair_channel_close,
	.move = pipe_move,
	.call = pair_call,
	.serve = pair_serve,
	.broadcast = pair_broadcast,
};

static int socket_make(const struct bench_channel *c, int fds[2])
{
	int bytes = BENCH_BATCH * (c->size + 1024);

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

static int socket_channel_open(struct bench_channel *c, unsigned int receivers)
{
	return pair_channel_open(c, receivers, socket_make);
}

/* A socket takes fewer than are offered: net.unix.max_dgram_qlen, and its buffer. */
static int socket_move_many(struct bench_channel *c, unsigned int count, unsigned int *moved)
{
	struct mmsghdr headers[BENCH_BATCH] = { };
	struct iovec iov[BENCH_BATCH];
	int sent, got, all = 0;

	for (unsigned int i = 0; i < count; i++) {
		iov[i] = (struct iovec){ c->data + i * c->size, c->size };
		headers[i].msg_hdr.msg_iov = &iov[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(c->here[1], headers, count, MSG_DONTWAIT);
	if (sent < 0)
		return -errno;
	for (int i = 0; i < sent; i++)
		iov[i].iov_base = c->room + i * c->size;
	while (all < sent) {
		got = recvmmsg(c->here[0], headers + all, sent - all, MSG_DONTWAIT, NULL);
		if (got < 0)
			return -errno;
		all += got;
	}
	*moved = all;
	return 0;
}

static int socket_move(struct bench_channel *c, unsigned int count, unsigned int *moved)
{
	int err;

	if (count > 1)
		return socket_move_many(c, count, moved);
	*moved = 1;
	err = moved_all(send(c->here[1], c->data, c->size, 0), c->size);
	return err ? err : moved_all(recv(c->here[0], c->room, c->size, 0), c->size);
}

const struct bench_kind bench_socket = {
	.name = "socket",
	.open = socket_channel_open,
	.close = pair_channel_close,
	.move = socket_move,
	.call = pair_call,
	.serve = pair_serve,
	.broadcast = pair_broadcast,
};
