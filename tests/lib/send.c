// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_endpoint_send(3) and mq_message_data(3): what is sent is what is received.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

MQ_TEST(send_message, "a message tells who sent it, when, and its number")
{
	struct mq_endpoint *alice = mq_lib_bind("alice", NULL), *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg;
	uint64_t before = now_ns();

	mq_lib_send(alice, "bob", "hello");
	msg = mq_lib_receive(bob, "hello");
	MQ_LIB_EQ(strcmp(mq_message_name(msg), "alice"), 0);
	MQ_LIB_EQ(mq_message_pid(msg), getpid());
	MQ_LIB_EQ(mq_message_uid(msg), geteuid());
	MQ_LIB_EQ(mq_message_sequence(msg), 1);
	MQ_LIB_EQ(mq_message_cookie(msg), 0);
	MQ_LIB_EQ(mq_message_flags(msg), 0);
	MQ_LIB_EQ(mq_message_lost(msg), 0);
	MQ_GE(MQ_LIB(mq_message_time(msg)), before);
	MQ_LE(mq_message_time(msg), now_ns());
	MQ_TRUE(!mq_message_is_broadcast(msg) && !mq_message_is_call(msg));
	MQ_TRUE(!mq_message_is_event(msg) && !mq_message_is_come(msg) &&
		!mq_message_is_gone(msg));
	mq_endpoint_close(bob);
	mq_endpoint_close(alice);
}

MQ_TEST(send_anonymous, "a sender without a name has the name \"\"")
{
	struct mq_endpoint *none = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);

	mq_lib_send(none, "bob", "hello");
	MQ_EQ(*mq_message_name(mq_lib_receive(bob, "hello")), 0);
	mq_endpoint_close(bob);
	mq_endpoint_close(none);
}

MQ_TEST(send_sizes, "each size from 1 byte to CMD_BUF_SIZE arrives, byte for byte",
	.params = "CMD_BUF_SIZE=4096")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	static char data[4097];
	const struct mq_message *msg;
	size_t size;

	for (size = 0; size < sizeof(data); size++)
		data[size] = size % 251;
	for (size = 1; size <= 4096; size += size < 32 || size > 4080 ? 1 : 127) {
		MQ_LIB_EQ(mq_endpoint_send(ep, "bob", data, size), 0);
		MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
		mq_check_bytes(__FILE__, __LINE__, "data", mq_message_data(msg),
			       mq_message_size(msg), data, size);
	}
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", data, 4097), -EMSGSIZE);
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", data, (size_t)-1), -EMSGSIZE);
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", data, 0), -EINVAL);
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", NULL, 1), -EFAULT);
	mq_endpoint_close(ep);
}

MQ_TEST(send_nobody, "nobody of that name: -ENOENT")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);

	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", "x", 1), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_try_send(ep, "bob", "x", 1), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_send(ep, "a@b", "x", 1), -ENOENT);
	MQ_LIB_EQ(mq_endpoint_send(ep, "abcdefghijklmnopqrstuvwx", "x", 1), -ENOENT);
	mq_endpoint_close(ep);
}

static void send_as_eve(void *arg)
{
	struct mq_endpoint *ep;

	(void)arg;
	mq_become(1005, 1005);
	ep = mq_lib_bind(NULL, NULL);
	MQ_LIB_EQ(mq_endpoint_send(ep, "root", "x", 1), -EACCES);
	MQ_LIB_EQ(mq_endpoint_send(ep, "all", "x", 1), 0);
	mq_endpoint_close(ep);
}

MQ_TEST(send_access, "who may not send: -EACCES", .open_to_all = true)
{
	struct mq_binding how = { .access = MQ_ACCESS_USER };
	struct mq_endpoint *root = mq_lib_bind("root", &how), *all = mq_lib_bind("all", NULL);

	mq_join(mq_run(send_as_eve, NULL));
	MQ_EQ(mq_message_uid(mq_lib_receive(all, "x")), 1005);
	mq_endpoint_close(all);
	mq_endpoint_close(root);
}

MQ_TEST(send_text, "text and the library meet")
{
	struct mq_endpoint *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg text"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob from text"), 0);
	msg = mq_lib_receive(bob, "from text");
	MQ_EQ(strcmp(mq_message_name(msg), "text"), 0);
	mq_lib_send(bob, "text", "from the library");
	MQ_READS(fd, "from the library");
	mq_endpoint_close(bob);
	close(fd);
}

MQ_TEST(send_reject, "a mailbox that rejects: -ENOBUFS", .params = "QUEUE_LEN=2")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_endpoint *bob = mq_lib_bind_policy("bob", MQ_POLICY_REJECT);

	mq_lib_send(ep, "bob", "1");
	mq_lib_send(ep, "bob", "2");
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", "3", 1), -ENOBUFS);
	MQ_LIB_EQ(mq_endpoint_try_send(ep, "bob", "3", 1), -ENOBUFS);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

static void send_third(struct mq_thread *self)
{
	self->result = MQ_LIB(mq_endpoint_send(self->ep, "bob", "3", 1));
}

MQ_TEST(send_block, "a mailbox that blocks: try_send is -EAGAIN, send waits", .params = "QUEUE_LEN=2")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_endpoint *bob = mq_lib_bind_policy("bob", MQ_POLICY_BLOCK);
	struct mq_thread sender;

	MQ_LIB_EQ(mq_endpoint_try_send(ep, "bob", "1", 1), 0);
	MQ_LIB_EQ(mq_endpoint_try_send(ep, "bob", "2", 1), 0);
	MQ_LIB_EQ(mq_endpoint_try_send(ep, "bob", "3", 1), -EAGAIN);
	mq_thread_start(&sender, send_third, ep);
	mq_until_asleep(sender.tid, SYS_writev);
	mq_lib_receive(bob, "1");
	mq_thread_join(&sender);
	MQ_EQ(sender.result, 0);
	mq_lib_receive(bob, "2");
	mq_lib_receive(bob, "3");
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

MQ_TEST(send_block_ends, "who waits for room: -EPIPE when the endpoint ends, -EINTR after a signal",
	.params = "QUEUE_LEN=1")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_endpoint *bob = mq_lib_bind_policy("bob", MQ_POLICY_BLOCK);
	struct mq_thread sender;

	mq_lib_send(ep, "bob", "1");
	mq_thread_start(&sender, send_third, ep);
	mq_thread_interrupt(&sender, SYS_writev);
	mq_thread_join(&sender);
	MQ_EQ(sender.result, -EINTR);
	mq_thread_start(&sender, send_third, ep);
	mq_until_asleep(sender.tid, SYS_writev);
	mq_endpoint_close(bob);
	mq_thread_join(&sender);
	MQ_EQ(sender.result, -EPIPE);
	mq_endpoint_close(ep);
}

MQ_TEST(send_broadcast, "a broadcast reaches every other endpoint, and says that it is one")
{
	struct mq_endpoint *a = mq_lib_bind("a", NULL), *b = mq_lib_bind("b", NULL);
	struct mq_endpoint *c = mq_lib_bind("c", NULL);
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_broadcast(a, "all", 3), 0);
	MQ_LIB_EQ(mq_message_is_broadcast(mq_lib_receive(b, "all")), true);
	msg = mq_lib_receive(c, "all");
	MQ_EQ(mq_message_flags(msg), MQ_FRAME_BROADCAST);
	MQ_EQ(strcmp(mq_message_name(msg), "a"), 0);
	MQ_LIB_EQ(mq_endpoint_receive(a, &msg, 0), -EAGAIN);
	MQ_LIB_EQ(mq_endpoint_broadcast(a, "all", 0), -EINVAL);
	mq_endpoint_close(c);
	mq_endpoint_close(b);
	mq_endpoint_close(a);
}

#define LETTERS 100

static void letters_init(struct mq_letter *letters, char *data)
{
	int i;

	for (i = 0; i < LETTERS; i++) {
		memset(data + i * (LETTERS + 1), 'a' + i % 26, i + 1);
		letters[i] = (struct mq_letter){
			.name = "bob", .data = data + i * (LETTERS + 1), .size = i + 1, .cookie = ~(uint64_t)i,
		};
	}
}

MQ_TEST(send_many, "many letters arrive in order, with their cookies", .params = "QUEUE_LEN=128")
{
	struct mq_endpoint *ep = mq_lib_bind("ann", NULL), *bob = mq_lib_bind("bob", NULL);
	static char data[LETTERS * (LETTERS + 1)];
	struct mq_letter letters[LETTERS];
	const struct mq_message *msg;
	size_t sent = 7, i;
	int calls = mq_calls_count();

	letters_init(letters, data);
	letters[50].name = NULL;
	letters[51].name = "";
	MQ_LIB_EQ(mq_endpoint_send_many(ep, letters, LETTERS, &sent), 0);
	MQ_EQ(sent, LETTERS);
	MQ_LE(mq_calls_count() - calls, 4);
	for (i = 0; i < LETTERS; i++) {
		MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, 0), 0);
		mq_check_bytes(__FILE__, __LINE__, "letter", mq_message_data(msg),
			       mq_message_size(msg), letters[i].data, letters[i].size);
		MQ_EQ(mq_message_cookie(msg), letters[i].cookie);
		MQ_EQ(mq_message_is_broadcast(msg), i == 50 || i == 51);
	}
	MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, 0), -EAGAIN);
	MQ_LIB_EQ(mq_endpoint_send_many(ep, letters, 0, &sent), 0);
	MQ_EQ(sent, 0);
	MQ_LIB_EQ(mq_endpoint_send_many(ep, letters, 1, NULL), 0);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

/* Wherever in its batches the library meets it, and whoever finds the error. */
MQ_TEST(send_many_failure, "the first failure of many is told, and how many went before it",
	.params = "QUEUE_LEN=128 CMD_BUF_SIZE=128")
{
	static const size_t at[] = { 0, 1, 5, 31, 32, 33, 64, 99 };
	static const struct {
		struct mq_letter letter;
		int error;
	} bad[] = {
		{ { "nobody", "x", 1, 0 }, -ENOENT },
		{ { "abcdefghijklmnopqrstuvwxyz", "x", 1, 0 }, -ENOENT },
		{ { "bob", "x", 129, 0 }, -EMSGSIZE },
		{ { "bob", "x", 0, 0 }, -EINVAL },
		{ { "bob", NULL, 8, 0 }, -EFAULT },
	};
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL), *bob = mq_lib_bind("bob", NULL);
	static char data[LETTERS * (LETTERS + 1)];
	struct mq_letter letters[LETTERS];
	uint64_t accepted = 0;
	size_t i, j, sent;

	for (i = 0; i < sizeof(at) / sizeof(*at); i++) {
		for (j = 0; j < sizeof(bad) / sizeof(*bad); j++) {
			letters_init(letters, data);
			letters[at[i]] = bad[j].letter;
			MQ_LIB_EQ(mq_endpoint_send_many(ep, letters, LETTERS, &sent), bad[j].error);
			MQ_EQ(sent, at[i]);
			accepted += sent;
			MQ_EQ(mq_lib_find("bob").accepted, accepted);
		}
	}
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}

static void send_letters(struct mq_thread *self)
{
	static char data[LETTERS * (LETTERS + 1)];
	struct mq_letter letters[LETTERS];
	size_t sent;

	letters_init(letters, data);
	MQ_LIB_EQ(mq_endpoint_send_many(self->ep, letters, LETTERS, &sent), 0);
	self->result = sent;
}

MQ_TEST(send_many_block, "many letters wait for room like one", .params = "QUEUE_LEN=3")
{
	struct mq_endpoint *ep = mq_lib_bind(NULL, NULL);
	struct mq_endpoint *bob = mq_lib_bind_policy("bob", MQ_POLICY_BLOCK);
	const struct mq_message *msg;
	struct mq_thread sender;
	size_t i;

	mq_thread_start(&sender, send_letters, ep);
	for (i = 0; i < LETTERS; i++) {
		MQ_LIB_EQ(mq_endpoint_receive(bob, &msg, MQ_TIMEOUT_NONE), 0);
		MQ_EQ(mq_message_size(msg), i + 1);
		MQ_EQ(mq_message_lost(msg), 0);
	}
	mq_thread_join(&sender);
	MQ_EQ(sender.result, LETTERS);
	mq_endpoint_close(bob);
	mq_endpoint_close(ep);
}
