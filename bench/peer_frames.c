// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/mq, frames: an open file bound to a name receives, another one sends
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

static size_t space_of(size_t size)
{
	return MQ_FRAME_SPACE(HEADER + size);
}

static int file_open(const char *name)
{
	struct mq_bind bind = { .size = sizeof(bind), .depth = BENCH_DEPTH };
	int fd = open(MQ_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bench_die("%s: %m; load the driver first, or name the peers with -p",
			  MQ_DEVICE_PATH);
	strncpy(bind.name, name, MQ_NAME_MAX);
	if (ioctl(fd, MQ_IOC_BIND, &bind))
		bench_die("%s: bind '%s': %m; a depth over QUEUE_LEN needs CAP_SYS_RESOURCE",
			  MQ_DEVICE_PATH, name);
	return fd;
}

/* @at begins a frame for @name, or for everyone, around the payload that is in @payload */
static void frame_init(char *at, const char *name, const char *payload, size_t size)
{
	struct mq_frame frame = { .size = (uint32_t)(HEADER + size) };

	if (*name)
		strncpy(frame.name, name, MQ_NAME_MAX);
	else
		frame.flags = MQ_FRAME_BROADCAST;
	memmove(at + HEADER, payload, size);
	memcpy(at, &frame, HEADER);
}

static void frames_open(struct bench_channel *c)
{
	char name[MQ_NAME_SIZE];

	snprintf(name, sizeof(name), "f%04u", c->number);
	c->from = file_open(name);
	c->to = file_open("");
	c->stride = space_of(c->size);
	frame_init(c->all, "", c->out, c->size);
	c->all_size = c->stride;
	for (unsigned int i = c->per_call; i-- > 0;)
		frame_init(c->out + i * c->stride, name, c->out, c->size);
	c->out_size = c->stride;
}

static void write_all(int fd, const char *from, size_t size)
{
	if (write(fd, from, size) != (ssize_t)size)
		bench_die("%s: write of %zu bytes: %m", MQ_DEVICE_PATH, size);
}

static void frames_send(struct bench_channel *c)
{
	write_all(c->to, c->out, c->out_size);
}

static void frames_send_many(struct bench_channel *c, unsigned int n)
{
	write_all(c->to, c->out, n * c->out_size);
}

/* the named endpoint itself: from another one it would reach that too */
static void frames_send_all(struct bench_channel *home)
{
	write_all(home->from, home->all, home->all_size);
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

static void frames_close(struct bench_channel *c)
{
	close(c->from);
	close(c->to);
}

const struct bench_peer bench_mq_frames = {
	.name = "/dev/mq frames",
	.role = BENCH_OURS,
	.shapes = BENCH_ALL,
	.open = frames_open,
	.send = frames_send,
	.receive = frames_receive,
	.send_many = frames_send_many,
	.receive_many = frames_receive_many,
	.send_all = frames_send_all,
	.close = frames_close,
};
