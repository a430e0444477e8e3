/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libmq share: the harness of the device tests, and calls that see to
 * it that errno stays what it was.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_LIB_H
#define MQ_TESTS_LIB_H

#include "harness.h"
#include "libmq.h"
#include <sys/syscall.h>

/* No function of the library may set it. */
#define MQ_LIB_ERRNO 4711

/* The value of a call that leaves errno alone. */
#define MQ_LIB(call) ({							\
	long long mq_l_;						\
									\
	errno = MQ_LIB_ERRNO;						\
	mq_l_ = (call);							\
	mq_check(__FILE__, __LINE__, "errno after " #call,		\
		 errno == MQ_LIB_ERRNO, errno, "==", MQ_LIB_ERRNO);	\
	mq_l_;								\
})
#define MQ_LIB_EQ(call, expected) MQ_EQ(MQ_LIB(call), expected)

#define MQ_SECOND INT64_C(1000000000)

/* Open; and bound as @name (NULL: anonymous). */
struct mq_endpoint *mq_lib_open(void);
struct mq_endpoint *mq_lib_bind(const char *name, const struct mq_binding *how);
struct mq_endpoint *mq_lib_bind_policy(const char *name, enum mq_policy policy);
/* Send this string. */
void mq_lib_send(struct mq_endpoint *ep, const char *name, const char *text);
/* The next message, which is there, has this text. */
const struct mq_message *mq_lib_receive(struct mq_endpoint *ep, const char *text);
void mq_lib_is_text(const struct mq_message *msg, const char *text);
/* Figures of the endpoint called @name. */
struct mq_status mq_lib_find(const char *name);
short mq_lib_poll(int fd);

/* A thread that runs one function. Its @result is free to use. */
struct mq_thread {
	pthread_t thread;
	pid_t tid;		/* set before @run begins */
	void (*run)(struct mq_thread *self);
	struct mq_endpoint *ep;
	long result;
};

void mq_thread_start(struct mq_thread *self, void (*run)(struct mq_thread *self),
		     struct mq_endpoint *ep);
void mq_thread_join(struct mq_thread *self);
/* Once it sleeps in that system call, run a signal handler in it, which does nothing. */
void mq_thread_interrupt(struct mq_thread *self, long syscall_number);

/* How often writev(2), read(2) and preadv2(2) were called. */
int mq_calls_count(void);

/* The library gets memory @count times more, then none; -1: always. */
void mq_memory_limit(int count);
/* Blocks of memory that it has at present. */
int mq_memory_count(void);

#endif
