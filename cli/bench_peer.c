// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels of mq bench that move a message by a call: pipe, POSIX and System V queue,
 * and the floors, which move none.
 * Copyright (C) the mq authors
 */
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

int bench_moved_all(ssize_t got, size_t size)
{
	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EIO;
}

void bench_fds_close(struct bench_channel *c)
{
	for (unsigned int i = 0; i < c->ways; i++)
		for (int end = 0; end < 2; end++)
			if (c->fds[i][end] >= 0)
				close(c->fds[i][end]);
}

static void depth_set(struct bench_channel *c, size_t fit)
{
	c->depth = fit < BENCH_BATCH ? fit : BENCH_BATCH;
}

/* ---- pipe ---- */

static int pipe_open(struct bench_channel *c)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t pages = 1;

	for (unsigned int i = 0; i < c->ways; i++) {
		if (pipe2(c->fds[i], O_CLOEXEC))
			return -errno;
		pages = fcntl(c->fds[i][1], F_GETPIPE_SZ) / page;
	}
	/* Small ones share a page, large ones begin a new one. */
	depth_set(c, c->size < (size_t)page ? pages * (page / c->size) :
		  pages / ((c->size + page - 1) / page));
	return c->depth ? 0 : -EMSGSIZE;
}

static int pipe_send(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(write(c->fds[way][1], c->data, c->size), c->size);
}

static int pipe_receive(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(read(c->fds[way][0], c->room, c->size), c->size);
}

const struct bench_kind bench_pipe = {
	.name = "pipe",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = pipe_open,
	.close = bench_fds_close,
	.send = pipe_send,
	.receive = pipe_receive,
};

/* ---- POSIX queue: a descriptor on Linux ---- */

/* Ten messages are what everybody may have; the name is gone at once. */
static int posix_open(struct bench_channel *c)
{
	struct mq_attr limits = { .mq_maxmsg = 10, .mq_msgsize = (long)c->size };
	char name[32];

	depth_set(c, limits.mq_maxmsg);
	for (unsigned int i = 0; i < c->ways; i++) {
		snprintf(name, sizeof(name), "/mq-bench-%d-%u", (int)getpid(), i);
		c->fds[i][0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &limits);
		if (c->fds[i][0] < 0)
			return -errno;
		mq_unlink(name);
	}
	return 0;
}

static int posix_send(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(mq_send(c->fds[way][0], c->data, c->size, 0), 0);
}

static int posix_receive(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(mq_receive(c->fds[way][0], c->room, c->size, NULL), c->size);
}

const struct bench_kind bench_posix = {
	.name = "POSIX queue",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = posix_open,
	.close = bench_fds_close,
	.send = posix_send,
	.receive = posix_receive,
};

/* ---- System V queue: fds[][0] is its number ---- */

static sigset_t before_sysv;

/* Such a queue stays when its process ends, so nothing may end it meanwhile. */
static void signals_block(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before_sysv);
}

static int sysv_open(struct bench_channel *c)
{
	struct msqid_ds limits;

	signals_block();
	for (unsigned int i = 0; i < c->ways; i++) {
		c->fds[i][0] = msgget(IPC_PRIVATE, 0600);
		if (c->fds[i][0] < 0 || msgctl(c->fds[i][0], IPC_STAT, &limits))
			return -errno;
		depth_set(c, limits.msg_qbytes / c->size);
	}
	return c->depth ? 0 : -EMSGSIZE;
}

static void sysv_close(struct bench_channel *c)
{
	for (unsigned int i = 0; i < c->ways; i++)
		if (c->fds[i][0] >= 0)
			msgctl(c->fds[i][0], IPC_RMID, NULL);
	sigprocmask(SIG_SETMASK, &before_sysv, NULL);
}

/* A message is its type, a long, and what follows it. */
static int sysv_send(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(msgsnd(c->fds[way][0], c->data, c->size, 0), 0);
}

static int sysv_receive(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(msgrcv(c->fds[way][0], c->room, c->size, 0, 0), c->size);
}

const struct bench_kind bench_sysv = {
	.name = "System V queue",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL,
	.open = sysv_open,
	.close = sysv_close,
	.send = sysv_send,
	.receive = sysv_receive,
};

/* ---- floors: system calls that move no message ---- */

static int null_open(struct bench_channel *c)
{
	depth_set(c, BENCH_BATCH);
	for (unsigned int i = 0; i < c->ways; i++) {
		c->fds[i][0] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (c->fds[i][0] < 0)
			return -errno;
	}
	return 0;
}

static int null_send(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(write(c->fds[way][0], c->data, c->size), c->size);
}

static int null_receive(struct bench_channel *c, unsigned int way)
{
	return bench_moved_all(read(c->fds[way][0], c->room, c->size), 0);
}

const struct bench_kind bench_null = {
	.name = "/dev/null",
	.role = BENCH_FLOOR,
	.shapes = BENCH_SELF,
	.open = null_open,
	.close = bench_fds_close,
	.send = null_send,
	.receive = null_receive,
};

static int eventfd_open(struct bench_channel *c)
{
	depth_set(c, 1);
	for (unsigned int i = 0; i < c->ways; i++) {
		c->fds[i][0] = eventfd(0, EFD_CLOEXEC);
		if (c->fds[i][0] < 0)
			return -errno;
	}
	return 0;
}

static int eventfd_send(struct bench_channel *c, unsigned int way)
{
	return eventfd_write(c->fds[way][0], 1) ? -errno : 0;
}

static int eventfd_receive(struct bench_channel *c, unsigned int way)
{
	eventfd_t value;

	return eventfd_read(c->fds[way][0], &value) ? -errno : 0;
}

const struct bench_kind bench_eventfd = {
	.name = "eventfd",
	.role = BENCH_FLOOR,
	.shapes = BENCH_SELF | BENCH_TRIP | BENCH_CALL,
	.open = eventfd_open,
	.close = bench_fds_close,
	.send = eventfd_send,
	.receive = eventfd_receive,
};
