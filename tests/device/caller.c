// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls under way; see caller.h.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"

#include <sys/syscall.h>

static long caller_call(struct mq_caller *c)
{
	return mq_ioc_call(c->fd, c->request, c->request_size,
			   c->how.room ? c->how.room : c->reply,
			   c->how.room ? c->how.room_size : sizeof(c->reply),
			   c->how.timeout ? c->how.timeout : MQ_FOREVER);
}

static void *caller_main(void *arg)
{
	struct mq_caller *c = arg;

	c->tid = gettid();
	c->result = caller_call(c);
	return NULL;
}

static void caller_init(struct mq_caller *c, int fd, const char *to,
			const char *text, struct mq_call_how how)
{
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->how = how;
	c->request_size = mq_frame_push(c->request, 0, to, how.flags,
					how.cookie, text, strlen(text));
}

struct mq_caller *mq_call_start_fill(int fd, const char *to, const char *text,
				     struct mq_call_how how)
{
	struct mq_caller *c = malloc(sizeof(*c));

	caller_init(c, fd, to, text, how);
	MQ_EQ(pthread_create(&c->thread, NULL, caller_main, c), 0);
	return c;
}

struct mq_caller *mq_call_begin_fill(int fd, const char *to, const char *text,
				     struct mq_call_how how)
{
	struct mq_caller *c = mq_call_start_fill(fd, to, text, how);

	while (!c->tid)
		mq_sleep_ms(1);
	mq_until_asleep(c->tid, SYS_ioctl);
	return c;
}

long mq_call_fill(int fd, const char *to, const char *text,
		  struct mq_call_how how)
{
	struct mq_caller c;

	caller_init(&c, fd, to, text, how);
	return caller_call(&c);
}

long mq_call_end(struct mq_caller *c)
{
	MQ_EQ(pthread_join(c->thread, NULL), 0);
	return c->result;
}

const struct mq_frame *mq_call_check(const char *file, int line,
				     struct mq_caller *c, const char *from,
				     const char *text)
{
	const struct mq_frame *reply;
	long result = mq_call_end(c);
	size_t at = 0;

	mq_check(file, line, "the call", result > 0, result, ">", 0);
	reply = mq_frame_next(c->how.room ? c->how.room : c->reply, result, &at);
	mq_frame_check_one(file, line, reply, from, MQ_FRAME_REPLY, text);
	mq_check(file, line, "bytes of the reply", (size_t)result == at, result,
		 "==", at);
	mq_check(file, line, "sequence of a reply", !reply->sequence,
		 reply->sequence, "==", 0);
	mq_check(file, line, "cookie", reply->cookie == c->how.cookie,
		 reply->cookie, "==", c->how.cookie);
	return reply;
}
