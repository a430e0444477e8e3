// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_endpoint_call(3): request and reply.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

/* A server that answers until it is told "end": each answer takes the next request. */
static void serve_echo(struct mq_thread *self)
{
	const struct mq_message *msg;
	bool answered;

	MQ_LIB_EQ(mq_endpoint_receive(self->ep, &msg, MQ_TIMEOUT_NONE), 0);
	while (mq_message_is_call(msg)) {
		self->result++;
		MQ_LIB_EQ(mq_endpoint_reply_receive(self->ep, msg, mq_message_data(msg),
						    mq_message_size(msg), &answered, &msg,
						    MQ_TIMEOUT_NONE), 0);
		MQ_EQ(answered, true);
	}
	mq_lib_is_text(msg, "end");
}

MQ_TEST(call_echo, "a call returns the reply, the server's name with it")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread server;
	struct mq_message *reply;

	mq_thread_start(&server, serve_echo, bob);
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "ping", 4, &reply, MQ_TIMEOUT_NONE), 0);
	mq_lib_is_text(reply, "ping");
	MQ_EQ(strcmp(mq_message_name(reply), "bob"), 0);
	MQ_EQ(mq_message_pid(reply), getpid());
	MQ_EQ(mq_message_sequence(reply), 0);
	MQ_EQ(mq_message_lost(reply), 0);
	MQ_EQ(mq_message_cookie(reply), 0);
	MQ_EQ(mq_message_flags(reply), MQ_FRAME_REPLY);
	MQ_TRUE(!mq_message_is_call(reply));
	MQ_LIB_EQ((mq_message_free(reply), 0), 0);
	MQ_LIB_EQ((mq_message_free(NULL), 0), 0);
	mq_lib_send(ep, "bob", "end");
	mq_thread_join(&server);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_sizes, "requests and replies of each size fit", .params = "CMD_BUF_SIZE=300")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread server;
	struct mq_message *reply;
	char data[301];
	size_t size;

	memset(data, 'x', sizeof(data));
	mq_thread_start(&server, serve_echo, bob);
	for (size = 1; size <= 300; size++) {
		data[size - 1] = size;
		MQ_LIB_EQ(mq_endpoint_call(ep, "bob", data, size, &reply, MQ_TIMEOUT_NONE), 0);
		mq_check_bytes(__FILE__, __LINE__, "reply", mq_message_data(reply),
			       mq_message_size(reply), data, size);
		mq_message_free(reply);
	}
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", data, 301, &reply, MQ_TIMEOUT_NONE), -EMSGSIZE);
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", data, 0, &reply, MQ_TIMEOUT_NONE), -EINVAL);
	MQ_TRUE(!reply);
	mq_lib_send(ep, "bob", "end");
	mq_thread_join(&server);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

/* ---- what goes wrong ---- */

static void call_bob(struct mq_thread *self)
{
	struct mq_message *reply;

	self->result = MQ_LIB(mq_endpoint_call(self->ep, "bob", "ping", 4, &reply, MQ_TIMEOUT_NONE));
	if (!self->result)
		mq_lib_is_text(reply, "pong");
	mq_message_free(reply);
}

static const struct mq_message *receive_call(struct mq_endpoint *ep)
{
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, MQ_TIMEOUT_NONE), 0);
	mq_lib_is_text(msg, "ping");
	MQ_LIB_EQ(mq_message_is_call(msg), true);
	return msg;
}

MQ_TEST(call_errors, "a call that cannot be is refused at once")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_message *reply;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg text"), 0);
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "x", 1, &reply, MQ_SECOND), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_call(ep, "text", "x", 1, &reply, MQ_SECOND), -EOPNOTSUPP);
	MQ_LIB_EQ(mq_endpoint_call(ep, "text", "x", 1, &reply, -2), -EINVAL);
	MQ_TRUE(!reply);
	mq_endpoint_close(ep);
	close(fd);
}

MQ_TEST(call_reply, "a request is answered once, and only a request")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg, *next = (void *)1;
	struct mq_thread caller;
	bool answered = true;

	mq_thread_start(&caller, call_bob, ep);
	msg = receive_call(bob);
	MQ_LIB_EQ(mq_endpoint_reply(bob, msg, "pong", 0), -EINVAL);
	MQ_LIB_EQ(mq_endpoint_reply(ep, msg, "pong", 4), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_reply(bob, msg, "pong", 4), 0);
	MQ_LIB_EQ(mq_endpoint_reply(bob, msg, "pong", 4), -ENOENT);
	mq_thread_join(&caller);
	MQ_EQ(caller.result, 0);
	mq_lib_send(ep, "bob", "no request");
	msg = mq_lib_receive(bob, "no request");
	MQ_LIB_EQ(mq_endpoint_reply(bob, msg, "pong", 4), -EINVAL);
	MQ_LIB_EQ(mq_endpoint_reply_receive(bob, msg, "x", 1, &answered, &next, 0), -EINVAL);
	MQ_EQ(answered, false);
	MQ_TRUE(!next);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_timeout, "a call that times out: -ETIMEDOUT, and its reply is -ENOENT")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg, *next;
	struct mq_message *reply;
	bool answered = true;

	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "ping", 4, &reply, MQ_SECOND / 50), -ETIMEDOUT);
	MQ_TRUE(!reply);
	msg = receive_call(bob);
	MQ_LIB_EQ(mq_endpoint_reply(bob, msg, "late", 4), -ENOENT);
	mq_lib_send(ep, "bob", "stays");
	MQ_LIB_EQ(mq_endpoint_reply_receive(bob, msg, "late", 4, &answered, &next, MQ_TIMEOUT_NONE), -ENOENT);
	MQ_EQ(answered, false);
	mq_lib_receive(bob, "stays");
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_timeout_zero, "a call with a timeout of 0: -ETIMEDOUT, and the request was sent if there was room",
	.params = "QUEUE_LEN=1")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_endpoint *full = mq_lib_bind_policy("full", MQ_POLICY_BLOCK);
	struct mq_message *reply = (void *)1;
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "ping", 4, &reply, 0), -ETIMEDOUT);
	MQ_TRUE(!reply);
	MQ_EQ(mq_lib_find("bob").accepted, 1);
	MQ_LIB_EQ(mq_endpoint_reply(bob, receive_call(bob), "late", 4), -ENOENT);
	mq_lib_send(ep, "full", "x");
	MQ_LIB_EQ(mq_endpoint_call(ep, "full", "ping", 4, &reply, 0), -ETIMEDOUT);
	MQ_TRUE(!reply);
	MQ_EQ(mq_lib_find("full").accepted, 1);
	mq_lib_receive(full, "x");
	MQ_LIB_EQ(mq_endpoint_receive(full, &msg, 0), -EAGAIN);
	mq_endpoint_close(full);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_interrupt, "a call that a signal interrupts: -EINTR")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread caller;

	mq_thread_start(&caller, call_bob, ep);
	mq_thread_interrupt(&caller, SYS_ioctl);
	mq_thread_join(&caller);
	MQ_EQ(caller.result, -EINTR);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_server_ends, "the server ends: -EPIPE")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread caller;

	mq_thread_start(&caller, call_bob, ep);
	receive_call(bob);
	mq_endpoint_close(bob);
	mq_thread_join(&caller);
	MQ_EQ(caller.result, -EPIPE);
	mq_endpoint_close(ep);
}

MQ_TEST(call_lost, "a request that was overwritten, or found no room: -ENOBUFS", .params = "QUEUE_LEN=1")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_endpoint *full = mq_lib_bind_policy("full", MQ_POLICY_REJECT);
	struct mq_message *reply;
	struct mq_thread caller;

	mq_thread_start(&caller, call_bob, ep);
	mq_until_asleep(caller.tid, SYS_ioctl);
	mq_lib_send(ep, "bob", "newer");
	mq_thread_join(&caller);
	MQ_EQ(caller.result, -ENOBUFS);
	mq_lib_send(ep, "full", "x");
	MQ_LIB_EQ(mq_endpoint_call(ep, "full", "x", 1, &reply, MQ_TIMEOUT_NONE), -ENOBUFS);
	mq_endpoint_close(full);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(call_answered, "answered tells whether the answer is on its way")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	static const struct {
		int64_t timeout;
		int error;
	} cases[] = { { 0, -EAGAIN }, { MQ_SECOND / 50, -ETIMEDOUT } };
	const struct mq_message *msg, *next;
	struct mq_thread caller;
	bool answered;
	int i;

	for (i = 0; i < 2; i++) {
		answered = false;
		mq_thread_start(&caller, call_bob, ep);
		msg = receive_call(bob);
		MQ_LIB_EQ(mq_endpoint_reply_receive(bob, msg, "pong", 4, &answered, &next,
						    cases[i].timeout), cases[i].error);
		MQ_EQ(answered, true);
		MQ_TRUE(!next);
		mq_thread_join(&caller);
		MQ_EQ(caller.result, 0);
	}
	MQ_LIB_EQ(mq_endpoint_reply_receive(bob, msg, "pong", 4, NULL, &next, 0), -ENOENT);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

static void answer_and_wait(struct mq_thread *self)
{
	const struct mq_message *msg = receive_call(self->ep);
	bool answered = false;

	self->result = MQ_LIB(mq_endpoint_reply_receive(self->ep, msg, "pong", 4, &answered, &msg,
							MQ_TIMEOUT_NONE));
	MQ_EQ(answered, true);
}

MQ_TEST(call_answered_interrupt, "an answer whose taking is interrupted is on its way: -EINTR")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread caller, server;

	mq_thread_start(&caller, call_bob, ep);
	mq_thread_start(&server, answer_and_wait, bob);
	mq_thread_join(&caller);
	MQ_EQ(caller.result, 0);
	mq_thread_interrupt(&server, SYS_ioctl);
	mq_thread_join(&server);
	MQ_EQ(server.result, -EINTR);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

/* ---- threads ---- */

#define CALLERS 8
#define CALLS 200

static void call_often(struct mq_thread *self)
{
	struct mq_message *reply;
	char text[64];
	int i;

	for (i = 0; i < CALLS; i++) {
		sprintf(text, "request %d of thread %d", i, self->tid);
		MQ_LIB_EQ(mq_endpoint_call(self->ep, "bob", text, strlen(text), &reply,
					   MQ_TIMEOUT_NONE), 0);
		mq_lib_is_text(reply, text);
		mq_message_free(reply);
		self->result++;
	}
}

/* The same endpoint receives, looks about and sends meanwhile. */
static void send_often(struct mq_thread *self)
{
	struct mq_status *list, status;
	const struct mq_message *msg;
	struct mq_letter letters[2] = {
		{ "me", "letter", 6, 5 }, { "me", "letter", 6, 6 },
	};
	size_t count;
	int i;

	for (i = 0; i < CALLS; i++) {
		mq_lib_send(self->ep, "me", "one");
		MQ_LIB_EQ(mq_endpoint_send_many(self->ep, letters, 2, NULL), 0);
		MQ_LIB_EQ(mq_endpoint_find(self->ep, "bob", &status), 0);
		MQ_LIB_EQ(mq_endpoint_list(self->ep, &list, &count), 0);
		MQ_EQ(count, 2);
		mq_list_free(list);
		mq_lib_receive(self->ep, "one");
		mq_lib_receive(self->ep, "letter");
		MQ_LIB_EQ(mq_endpoint_receive(self->ep, &msg, 0), 0);
		MQ_EQ(mq_message_cookie(msg), 6);
		MQ_EQ(mq_message_lost(msg), 0);
		self->result++;
	}
}

MQ_TEST(call_threads, "any number of threads call on one endpoint, and each gets its own reply",
	.params = "QUEUE_LEN=16", .timeout = 120)
{
	struct mq_endpoint *ep = mq_lib_bind("me", NULL), *bob = mq_lib_bind("bob", NULL);
	struct mq_thread callers[CALLERS], sender, server;
	int i;

	mq_thread_start(&server, serve_echo, bob);
	for (i = 0; i < CALLERS; i++)
		mq_thread_start(&callers[i], call_often, ep);
	mq_thread_start(&sender, send_often, ep);
	for (i = 0; i < CALLERS; i++) {
		mq_thread_join(&callers[i]);
		MQ_EQ(callers[i].result, CALLS);
	}
	mq_thread_join(&sender);
	MQ_EQ(sender.result, CALLS);
	mq_lib_send(ep, "bob", "end");
	mq_thread_join(&server);
	MQ_EQ(server.result, CALLERS * CALLS);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}
