// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is closed or freed gives back all of its memory and descriptors, also after errors.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

#include <dirent.h>

static int descriptors_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	MQ_TRUE(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void use_endpoint(void)
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL), *other = mq_lib_open();
	const struct mq_message *msgs[100];
	struct mq_message *reply;
	struct mq_status *list;
	size_t count;
	bool answered;

	MQ_LIB_EQ(mq_endpoint_bind(other, "bob", NULL), -EEXIST);
	mq_endpoint_close(other);
	MQ_LIB_EQ(mq_endpoint_open(&other, "/dev/null"), -EPROTO);
	mq_lib_send(ep, "bob", "x");
	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 3, &count), 0);
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, 100, &count, 0), 0);
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "x", 1, &reply, MQ_SECOND / 100), -ETIMEDOUT);
	MQ_LIB_EQ(mq_endpoint_call(ep, "nobody", "x", 1, &reply, 0), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_receive(ep, msgs, 0), 0);
	MQ_LIB_EQ(mq_endpoint_reply_receive(ep, msgs[0], "x", 1, &answered, msgs, 0), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_list(ep, &list, &count), 0);
	mq_list_free(list);
	mq_endpoint_close(ep);
}

static void use_watch(void)
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	struct mq_name_event event;
	struct mq_watch *watch;
	int i;

	MQ_LIB_EQ(mq_watch_open(&watch, "/dev/null"), -EPROTO);
	MQ_LIB_EQ(mq_watch_open(&watch, NULL), 0);
	for (i = 0; i < 40; i++)
		mq_endpoint_close(mq_lib_bind("ann", NULL));
	mq_memory_limit(1);
	MQ_LIB(mq_watch_next(watch, &event, 0));
	MQ_LIB_EQ(mq_watch_next(watch, &event, 0), -ENOMEM);
	mq_memory_limit(4);
	MQ_LIB_EQ(mq_watch_next(watch, &event, 0), -ENOMEM);
	mq_memory_limit(-1);
	mq_endpoint_close(ep);
	while (!MQ_LIB(mq_watch_next(watch, &event, 0)))
		;
	mq_watch_close(watch);
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, MQ_SECOND / 100), -ETIMEDOUT);
}

static void call_bob(struct mq_thread *self)
{
	struct mq_message *reply;

	MQ_LIB_EQ(mq_endpoint_call(self->ep, "bob", "ping", 4, &reply, MQ_TIMEOUT_NONE), 0);
	mq_message_free(reply);
}

static void use_call(void)
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg;
	struct mq_thread caller;

	mq_thread_start(&caller, call_bob, ep);
	MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, MQ_TIMEOUT_NONE), 0);
	MQ_LIB_EQ(mq_endpoint_reply_receive(bob, msg, "pong", 4, NULL, &msg, 0), -EAGAIN);
	mq_thread_join(&caller);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(leak_none, "all memory and descriptors are given back", .params = "QUEUE_LEN=4")
{
	int descriptors = descriptors_count();

	use_endpoint();
	MQ_EQ(mq_memory_count(), 0);
	use_call();
	MQ_EQ(mq_memory_count(), 0);
	use_watch();
	MQ_EQ(mq_memory_count(), 0);
	MQ_EQ(descriptors_count(), descriptors);
}
