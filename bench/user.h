/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the users' alternatives share: brokers and libraries with threads of their own
 *
 * A library's threads and connections are lost in a fork; nng even refuses to work in
 * the child of a process that used it. So a process that opened a channel, and may fork
 * yet, does nothing with the library before its first message; a process that joins
 * somebody else's channel becomes its receiver at once. Each measurement is a process
 * of its own, so nobody inherits a library that is in use.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_BENCH_USER_H
#define MQ_BENCH_USER_H

#include <sys/types.h>

#include "bench.h"

/**
 * struct bench_user - a channel's @own
 * @name: a D-Bus name, and a socket's; no other channel of this machine has it
 * @opener: the process that opened it
 * @is_opener_receiver: the opener joined it
 * @to: this process's socket to send to it, where that is no number; NULL before it is needed
 * @from: its socket to receive from it, likewise
 * @next: opened before this one, by the same process
 */
struct bench_user {
	char name[48];
	pid_t opener;
	bool is_opener_receiver;
	void *to;
	void *from;
	struct bench_channel *next;
};

void bench_user_open(struct bench_channel *c);
bool bench_user_join(struct bench_channel *c);
bool bench_user_is_receiver(const struct bench_channel *c);
struct bench_channel *bench_user_first(void);
struct bench_channel *bench_user_next(const struct bench_channel *c);
void bench_user_close(struct bench_channel *c);

static inline struct bench_user *bench_user_get(const struct bench_channel *c)
{
	return c->own;
}

#endif
