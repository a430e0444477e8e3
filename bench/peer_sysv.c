// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V message queue
 *
 * Copyright (C) the mq authors
 */
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "bench.h"

/* a message begins with its type, which is not counted in its size */
#define TYPE	sizeof(long)

static void room_init(struct bench_channel *c)
{
	struct msqid_ds state;

	if (msgctl(c->to, IPC_STAT, &state))
		bench_die("msgctl: %m");
	if (state.msg_qbytes >= bench_depth * c->size)
		return;
	state.msg_qbytes = bench_depth * c->size;
	if (msgctl(c->to, IPC_SET, &state))
		bench_die("a System V queue of %zu bytes: %m; raise kernel.msgmnb",
			  bench_depth * c->size);
}

static void sysv_open(struct bench_channel *c)
{
	long type = 1;

	c->to = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (c->to < 0)
		bench_die("msgget: %m; see kernel.msgmni");
	c->from = c->to;
	room_init(c);
	memmove(c->out + TYPE, c->out, c->size);
	memcpy(c->out, &type, TYPE);
}

static void sysv_send(struct bench_channel *c)
{
	if (msgsnd(c->to, c->out, c->size, 0))
		bench_die("msgsnd of %zu bytes: %m; see kernel.msgmax", c->size);
}

static void sysv_receive(struct bench_channel *c)
{
	if (msgrcv(c->from, c->in - TYPE, c->size, 0, 0) != (ssize_t)c->size)
		bench_die("msgrcv: %m");
}

static void sysv_close(struct bench_channel *c)
{
	msgctl(c->to, IPC_RMID, NULL);
}

const struct bench_peer bench_sysv = {
	.name = "System V queue",
	.role = BENCH_PEER,
	.shapes = BENCH_ALL | BENCH_GROWTH | BENCH_MEMORY,
	.open = sysv_open,
	.send = sysv_send,
	.receive = sysv_receive,
	.close = sysv_close,
};
