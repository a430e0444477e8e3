// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_message_new(3): copies of messages, and requests that are answered later.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

static struct mq_message *copy_of(const struct mq_message *msg)
{
	struct mq_message *copy;

	MQ_LIB_EQ(mq_message_new(&copy, msg), 0);
	return copy;
}

static void is_copy(const struct mq_message *copy, const struct mq_message *msg)
{
	MQ_TRUE(mq_message_data(copy) != mq_message_data(msg));
	mq_check_bytes(__FILE__, __LINE__, "the copy", mq_message_data(copy),
		       mq_message_size(copy), mq_message_data(msg), mq_message_size(msg));
	MQ_EQ(strcmp(mq_message_name(copy), mq_message_name(msg)), 0);
	MQ_EQ(mq_message_pid(copy), mq_message_pid(msg));
	MQ_EQ(mq_message_uid(copy), mq_message_uid(msg));
	MQ_EQ(mq_message_sequence(copy), mq_message_sequence(msg));
	MQ_EQ(mq_message_time(copy), mq_message_time(msg));
	MQ_EQ(mq_message_cookie(copy), mq_message_cookie(msg));
	MQ_EQ(mq_message_flags(copy), mq_message_flags(msg));
	MQ_EQ(mq_message_lost(copy), mq_message_lost(msg));
}

MQ_TEST(message_copy, "a copy says what the message said, also when that and its endpoint are gone",
	.params = "QUEUE_LEN=2")
{
	struct mq_endpoint *ann = mq_lib_bind("ann", NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_letter letter = { "bob", "kept", 4, 7 };
	struct mq_message *copy, *second;
	const struct mq_message *msg;

	mq_lib_send(ann, "bob", "lost");
	MQ_LIB_EQ(mq_endpoint_send_many(ann, &letter, 1, NULL), 0);
	MQ_LIB_EQ(mq_endpoint_broadcast(ann, "another one", 11), 0);
	msg = mq_lib_receive(bob, "kept");
	copy = copy_of(msg);
	is_copy(copy, msg);
	second = copy_of(copy);
	mq_lib_receive(bob, "another one");
	mq_endpoint_close(bob);
	mq_lib_is_text(copy, "kept");
	MQ_EQ(strcmp(mq_message_name(copy), "ann"), 0);
	MQ_EQ(mq_message_cookie(copy), 7);
	MQ_EQ(mq_message_sequence(copy), 2);
	MQ_EQ(mq_message_lost(copy), 1);
	is_copy(second, copy);
	MQ_LIB_EQ((mq_message_free(copy), 0), 0);
	mq_lib_is_text(second, "kept");
	mq_message_free(second);
	mq_endpoint_close(ann);
	MQ_EQ(mq_memory_count(), 0);
}

MQ_TEST(message_copy_sizes, "messages of each size are copied", .params = "CMD_BUF_SIZE=300")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg;
	struct mq_message *copy;
	char data[300];
	size_t size;

	for (size = 0; size < sizeof(data); size++)
		data[size] = size % 251;
	for (size = 1; size <= sizeof(data); size++) {
		MQ_LIB_EQ(mq_endpoint_send(bob, "bob", data, size), 0);
		MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, 0), 0);
		copy = copy_of(msg);
		is_copy(copy, msg);
		mq_message_free(copy);
	}
	mq_endpoint_close(bob);
	MQ_EQ(mq_memory_count(), 0);
}

MQ_TEST(message_copy_event, "an event is copied, which has no data")
{
	struct mq_binding how = { .events = true };
	struct mq_endpoint *bob = mq_lib_bind("bob", &how), *ann = mq_lib_bind("ann", NULL);
	struct mq_message *copy = copy_of(mq_lib_receive(bob, ""));

	mq_endpoint_close(ann);
	MQ_LIB_EQ(mq_message_is_gone(mq_lib_receive(bob, "")), true);
	MQ_EQ(mq_message_is_event(copy), true);
	MQ_EQ(mq_message_is_come(copy), true);
	MQ_EQ(mq_message_is_gone(copy), false);
	MQ_EQ(mq_message_size(copy), 0);
	MQ_EQ(strcmp(mq_message_name(copy), "ann"), 0);
	mq_message_free(copy);
	mq_endpoint_close(bob);
}

MQ_TEST(message_copy_memory, "without memory there is no copy: -ENOMEM, and the message is what it was")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	struct mq_message *copy = (void *)1;
	const struct mq_message *msg;

	mq_lib_send(bob, "bob", "kept");
	msg = mq_lib_receive(bob, "kept");
	mq_memory_limit(0);
	MQ_LIB_EQ(mq_message_new(&copy, msg), -ENOMEM);
	mq_memory_limit(-1);
	MQ_TRUE(!copy);
	mq_lib_is_text(msg, "kept");
	mq_endpoint_close(bob);
}

/* ---- requests that other threads answer ---- */

#define CALLERS 8

static struct mq_message *requests[CALLERS];

/* Copies each request, and goes on receiving until it is told "end". */
static void receive_requests(struct mq_thread *self)
{
	const struct mq_message *msg;

	for (;;) {
		MQ_LIB_EQ(mq_endpoint_receive(self->ep, &msg, MQ_TIMEOUT_NONE), 0);
		if (mq_message_is_call(msg)) {
			requests[self->result] = copy_of(msg);
			__atomic_add_fetch(&self->result, 1, __ATOMIC_RELEASE);
		} else if (mq_message_size(msg) == 3) {
			break;
		}
	}
	mq_lib_is_text(msg, "end");
}

static void call_once(struct mq_thread *self)
{
	char text[64], answer[80];
	struct mq_message *reply;

	sprintf(text, "request of thread %d", self->tid);
	sprintf(answer, "answer to %s", text);
	MQ_LIB_EQ(mq_endpoint_call(self->ep, "bob", text, strlen(text), &reply, MQ_TIMEOUT_NONE), 0);
	mq_lib_is_text(reply, answer);
	mq_message_free(reply);
}

struct worker {
	struct mq_thread thread;
	int number;
};

static void answer_one(struct mq_thread *self)
{
	struct mq_message *request = requests[((struct worker *)self)->number];
	int size = mq_message_size(request);
	char answer[80];

	sprintf(answer, "answer to %.*s", size, (const char *)mq_message_data(request));
	MQ_LIB_EQ(mq_endpoint_reply(self->ep, request, answer, strlen(answer)), 0);
	MQ_LIB_EQ(mq_endpoint_reply(self->ep, request, answer, strlen(answer)), -ENOENT);
	mq_message_free(request);
}

/* The number is there before the thread is: mq_thread_start() sets all but that. */
static void worker_start(struct worker *worker, struct mq_endpoint *ep, int number)
{
	worker->number = number;
	mq_thread_start(&worker->thread, answer_one, ep);
}

MQ_TEST(message_reply_later, "requests are answered from copies, by other threads, while the reader receives",
	.params = "QUEUE_LEN=16", .timeout = 120)
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread reader, callers[CALLERS];
	struct worker workers[CALLERS];
	int i;

	mq_thread_start(&reader, receive_requests, bob);
	for (i = 0; i < CALLERS; i++)
		mq_thread_start(&callers[i], call_once, ep);
	while (__atomic_load_n(&reader.result, __ATOMIC_ACQUIRE) < CALLERS)
		mq_sleep_ms(1);
	mq_until_asleep(reader.tid, SYS_ioctl);
	worker_start(&workers[0], bob, 0);
	mq_thread_join(&workers[0].thread);
	mq_until_asleep(reader.tid, SYS_ioctl);
	for (i = CALLERS - 1; i > 0; i--) {
		mq_lib_send(ep, "bob", "something else for the reader");
		worker_start(&workers[i], bob, i);
	}
	for (i = 1; i < CALLERS; i++)
		mq_thread_join(&workers[i].thread);
	for (i = 0; i < CALLERS; i++)
		mq_thread_join(&callers[i]);
	mq_lib_send(ep, "bob", "end");
	mq_thread_join(&reader);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
	MQ_EQ(mq_memory_count(), 0);
}

MQ_TEST(message_reply_gone, "the copy of a request whose caller has gone, or of no request, is not answered")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_message *copy, *reply;
	const struct mq_message *msg;
	bool answered = true;

	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "ping", 4, &reply, MQ_SECOND / 50), -ETIMEDOUT);
	copy = copy_of(mq_lib_receive(bob, "ping"));
	MQ_EQ(mq_message_is_call(copy), true);
	mq_lib_send(ep, "bob", "no request");
	MQ_LIB_EQ(mq_endpoint_reply_receive(bob, copy, "late", 4, &answered, &msg, 0), -ENOENT);
	MQ_EQ(answered, false);
	MQ_LIB_EQ(mq_endpoint_reply(bob, copy, "late", 4), -ENOENT);
	mq_message_free(copy);
	copy = copy_of(mq_lib_receive(bob, "no request"));
	MQ_LIB_EQ(mq_endpoint_reply(bob, copy, "x", 1), -EINVAL);
	mq_message_free(copy);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}
