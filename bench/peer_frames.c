// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/mq, frames: an open file bound to a name receives and sends
 *
 * The interface itself, without libmq: what a program pays at least.
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <linux/mq_driver.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

#define HEADER	sizeof(struct mq_frame)

/* what this process sends from: the file of the channel that it joined, or its text file */
static int own = -1;

static int device_open(void)
{
	int fd = open(MQ_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bench_die("%s: %m; load the driver first, or name the peers with -p",
			  MQ_DEVICE_PATH);
	return fd;
}

static int file_bind(const char *name)
{
	struct mq_bind bind = { .size = sizeof(bind), .depth = bench_depth };
	int fd = device_open();

	memcpy(bind.name, name, strlen(name));
	if (ioctl(fd, MQ_IOC_BIND, &bind))
		bench_die("%s: bind '%s': %m; a depth over QUEUE_LEN needs CAP_SYS_RESOURCE",
			  MQ_DEVICE_PATH, name);
	return fd;
}

/* @at begins a frame for @name, or for everyone, around the payload that is in @payload */
static void frame_init(char *at, const char *name, const char *payload, size_t size)
{
	struct mq_frame frame = { .size = (uint32_t)(HEADER + size) };

	memcpy(frame.name, name, strlen(name));
	frame.flags = *name ? 0 : MQ_FRAME_BROADCAST;
	memmove(at + HEADER, payload, size);
	memcpy(at, &frame, HEADER);
}

static void frames_open(struct bench_channel *c)
{
	c->from = file_bind(c->name);
	c->stride = MQ_FRAME_SPACE(HEADER + c->size);
	frame_init(c->all, "", c->out, c->size);
	c->all_size = c->stride;
	for (unsigned int i = c->per_call; i-- > 0;)
		frame_init(c->out + i * c->stride, c->name, c->out, c->size);
	c->out_size = c->stride;
}

static void frames_join(struct bench_channel *c)
{
	own = c->from;
}

static void own_write(const char *from, size_t size)
{
	if (write(own, from, size) != (ssize_t)size)
		bench_die("%s: write of %zu bytes: %m", MQ_DEVICE_PATH, size);
}

static void frames_send(struct bench_channel *c)
{
	own_write(c->out, c->out_size);
}

static void frames_send_many(struct bench_channel *c, unsigned int n)
{
	own_write(c->out, n * c->out_size);
}

static void frames_send_all(struct bench_channel *home)
{
	own_write(home->all, home->all_size);
}

static void frames_receive(struct bench_channel *c)
{
	if (read(c->from, c->in - HEADER, c->stride) != (ssize_t)c->stride)
		bench_die("%s: read: %m", MQ_DEVICE_PATH);
}

/* a read returns what is there: that may be less */
static void frames_receive_many(struct bench_channel *c, unsigned int n)
{
	size_t got = 0, wanted = n * c->stride;

	while (got < wanted) {
		ssize_t bytes = read(c->from, c->in - HEADER + got, wanted - got);

		if (bytes <= 0)
			bench_die("%s: read: %m", MQ_DEVICE_PATH);
		got += (size_t)bytes;
	}
}

static void frames_call(struct bench_channel *there, struct bench_channel *back)
{
	struct mq_exchange exchange = {
		.size = sizeof(exchange),
		.send = (uintptr_t)there->out,
		.send_size = (uint32_t)(HEADER + there->size),
		.receive = (uintptr_t)(back->in - HEADER),
		.receive_size = (uint32_t)back->stride,
		.timeout = MQ_FOREVER,
	};

	if (ioctl(own, MQ_IOC_CALL, &exchange) != (int)back->stride)
		bench_die("%s: call: %m", MQ_DEVICE_PATH);
}

/* answers the request that it took last, and takes the next one */
static void frames_serve(struct bench_channel *there, struct bench_channel *back)
{
	const struct mq_frame *request = (const void *)(there->in - HEADER);
	struct mq_frame *answer = (void *)back->all;
	struct mq_exchange exchange = {
		.size = sizeof(exchange),
		.send = (uintptr_t)answer,
		.send_size = request->cookie ? (uint32_t)(HEADER + back->size) : 0,
		.receive = (uintptr_t)request,
		.receive_size = (uint32_t)there->stride,
		.timeout = MQ_FOREVER,
	};

	answer->flags = MQ_FRAME_REPLY;
	answer->cookie = request->cookie;
	if (ioctl(own, MQ_IOC_RECEIVE, &exchange) != (int)there->stride)
		bench_die("%s: answer and receive: %m", MQ_DEVICE_PATH);
}

static void frames_close(struct bench_channel *c)
{
	close(c->from);
}

const struct bench_peer bench_mq_frames = {
	.name = "/dev/mq frames",
	.role = BENCH_OURS,
	.shapes = BENCH_ALL | BENCH_GROWTH | BENCH_MEMORY,
	.open = frames_open,
	.join = frames_join,
	.send = frames_send,
	.receive = frames_receive,
	.send_many = frames_send_many,
	.receive_many = frames_receive_many,
	.call = frames_call,
	.serve = frames_serve,
	.send_all = frames_send_all,
	.close = frames_close,
};

static void anonymous_open(struct bench_channel *c)
{
	c->from = file_bind("");
}

/* nobody can send to it */
const struct bench_peer bench_mq_anonymous = {
	.name = "/dev/mq anonymous",
	.role = BENCH_OURS,
	.shapes = BENCH_MEMORY,
	.open = anonymous_open,
	.close = frames_close,
};

/*
 * A process can have but one mailbox, so that thousands of them are files: a process
 * sends text to them.
 */
static void mixed_open(struct bench_channel *c)
{
	int n;

	frames_open(c);
	n = sprintf(c->out, "/msg %s ", c->name);
	memcpy(c->out + n, c->all + HEADER, c->size);
	c->out_size = (size_t)n + c->size;
}

static void mixed_join(struct bench_channel *c)
{
	(void)c;
	own = device_open();
	own_write("/reg sender", 11);
}

const struct bench_peer bench_mq_mixed = {
	.name = "/dev/mq",
	.role = BENCH_OURS,
	.shapes = BENCH_GROWTH,
	.open = mixed_open,
	.join = mixed_join,
	.send = frames_send,
	.receive = frames_receive,
	.close = frames_close,
};
