/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls under way: threads that sleep in MQ_IOC_CALL.
 *
 *	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
 *	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
 *
 *	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
 *	MQ_CALL_GETS(call, "bob", "pong");
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_CALLER_H
#define MQ_TESTS_CALLER_H

#include "frame.h"

/* What a call may ask for; all zero is: for ever, with room for any reply. */
struct mq_call_how {
	uint64_t timeout;	/* 0: MQ_FOREVER */
	uint64_t cookie;
	uint32_t flags;
	void *room;
	size_t room_size;
};

struct mq_caller {
	int fd;
	struct mq_call_how how;
	char request[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	size_t request_size;
	char reply[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	pthread_t thread;
	volatile pid_t tid;
	long result;
};

/* Returns when the call sleeps; options are fields: .timeout = 5. */
#define mq_call_begin(fd, to, text, ...)				\
	mq_call_begin_fill(fd, to, text, (struct mq_call_how){ __VA_ARGS__ })
/* Returns at once: for a call that need not sleep. */
#define mq_call_start(fd, to, text, ...)				\
	mq_call_start_fill(fd, to, text, (struct mq_call_how){ __VA_ARGS__ })
/* In the calling thread; its value. */
#define mq_call(fd, to, text, ...)					\
	mq_call_fill(fd, to, text, (struct mq_call_how){ __VA_ARGS__ })

struct mq_caller *mq_call_begin_fill(int fd, const char *to, const char *text,
				     struct mq_call_how how);
struct mq_caller *mq_call_start_fill(int fd, const char *to, const char *text,
				     struct mq_call_how how);
long mq_call_fill(int fd, const char *to, const char *text,
		  struct mq_call_how how);
long mq_call_end(struct mq_caller *caller);	/* its value, or -errno */

/* The next read gives this request; the value is its cookie. */
#define MQ_CALL_RECEIVES(fd, from, text) ({				\
	uint64_t mq_c_ = MQ_FRAME_READS_FLAGS(fd, from, MQ_FRAME_CALL,	\
					      text)->cookie;		\
	mq_c_;								\
})
/* The call ends with this reply, which carries the caller's own cookie. */
#define MQ_CALL_GETS(caller, from, text)				\
	mq_call_check(__FILE__, __LINE__, caller, from, text)

const struct mq_frame *mq_call_check(const char *file, int line,
				     struct mq_caller *caller,
				     const char *from, const char *text);

#endif
