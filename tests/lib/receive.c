// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_endpoint_receive(3): one, many, peek; timeouts; what was lost.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

#define MANY 1000

static void send_numbers(struct mq_endpoint *ep, const char *name, int from, int to)
{
	char text[16];

	for (; from <= to; from++) {
		sprintf(text, "%d", from);
		mq_lib_send(ep, name, text);
	}
}

/* Both ways to receive one, so that their errors are the same. */
static int receive_one(struct mq_endpoint *ep, int64_t timeout)
{
	const struct mq_message *msg;

	return MQ_LIB(mq_endpoint_receive(ep, &msg, timeout));
}

static int receive_some(struct mq_endpoint *ep, int64_t timeout)
{
	const struct mq_message *msgs[MANY];
	size_t count;

	return MQ_LIB(mq_endpoint_receive_many(ep, msgs, MANY, &count, timeout));
}

static int (*const receive_ways[])(struct mq_endpoint *ep, int64_t timeout) = {
	receive_one, receive_some,
};

#define for_each_way(i) for (i = 0; i < 2; i++)

MQ_TEST(receive_timeout, "a timeout is kept, 0 never waits, less is -EINVAL")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	long long begin;
	int i;

	for_each_way(i) {
		MQ_EQ(receive_ways[i](ep, 0), -EAGAIN);
		MQ_EQ(receive_ways[i](ep, -2), -EINVAL);
		MQ_EQ(receive_ways[i](ep, INT64_MIN), -EINVAL);
		begin = mq_now_ms();
		MQ_EQ(receive_ways[i](ep, MQ_SECOND / 20), -ETIMEDOUT);
		MQ_GE(mq_now_ms() - begin, 49);
		MQ_EQ(receive_ways[i](ep, 1), -ETIMEDOUT);
		mq_lib_send(ep, "bob", "x");
		MQ_EQ(receive_ways[i](ep, INT64_MAX), 0);
	}
	mq_endpoint_close(ep);
}

MQ_TEST(receive_nonblock, "a descriptor that was set O_NONBLOCK: -EAGAIN, whatever the timeout")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	int i;

	MQ_OK(fcntl(mq_endpoint_fd(ep), F_SETFL, O_RDWR | O_NONBLOCK));
	for_each_way(i) {
		MQ_EQ(receive_ways[i](ep, MQ_TIMEOUT_NONE), -EAGAIN);
		MQ_EQ(receive_ways[i](ep, 100 * MQ_SECOND), -EAGAIN);
		MQ_EQ(receive_ways[i](ep, 0), -EAGAIN);
	}
	mq_endpoint_close(ep);
}

static void wait_one(struct mq_thread *self)
{
	self->result = receive_one(self->ep, 100 * MQ_SECOND);
}

static void wait_one_forever(struct mq_thread *self)
{
	self->result = receive_one(self->ep, MQ_TIMEOUT_NONE);
}

static void wait_many(struct mq_thread *self)
{
	self->result = receive_some(self->ep, 100 * MQ_SECOND);
}

static void wait_many_forever(struct mq_thread *self)
{
	self->result = receive_some(self->ep, MQ_TIMEOUT_NONE);
}

static const struct {
	void (*run)(struct mq_thread *self);
	long syscall_number;
} waits[] = {
	{ wait_one, SYS_ioctl },
	{ wait_one_forever, SYS_ioctl },
	{ wait_many, SYS_ppoll },
	{ wait_many_forever, SYS_read },
};

#define for_each_wait(i) for (i = 0; i < 4; i++)

MQ_TEST(receive_wait, "who waits is woken by the first message")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	struct mq_thread reader;
	int i;

	for_each_wait(i) {
		mq_thread_start(&reader, waits[i].run, ep);
		mq_until_asleep(reader.tid, waits[i].syscall_number);
		mq_lib_send(ep, "bob", "x");
		mq_thread_join(&reader);
		MQ_EQ(reader.result, 0);
	}
	mq_endpoint_close(ep);
}

MQ_TEST(receive_interrupt, "a signal handler ends the wait: -EINTR")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	struct mq_thread reader;
	int i;

	for_each_wait(i) {
		mq_thread_start(&reader, waits[i].run, ep);
		mq_thread_interrupt(&reader, waits[i].syscall_number);
		mq_thread_join(&reader);
		MQ_EQ(reader.result, -EINTR);
	}
	mq_endpoint_close(ep);
}

MQ_TEST(receive_poll, "poll tells the truth: the library keeps no message", .params = "QUEUE_LEN=64")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	const struct mq_message *msgs[64];
	int fd = mq_endpoint_fd(ep);
	size_t count, max;
	int left = 40;

	MQ_EQ(mq_lib_poll(fd), POLLOUT);
	send_numbers(ep, "bob", 1, left);
	mq_lib_receive(ep, "1");
	MQ_EQ(mq_lib_find("bob").queued, --left);
	for (max = 1; left; max++) {
		MQ_EQ(mq_lib_poll(fd), POLLIN | POLLOUT);
		MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, max, &count, 0), 0);
		MQ_GE(count, 1);
		MQ_LE(count, max);
		left -= count;
		MQ_EQ(mq_lib_find("bob").queued, left);
	}
	MQ_EQ(mq_lib_poll(fd), POLLOUT);
	mq_endpoint_close(ep);
}

/* Message number i: its size and its bytes are like no other's near it. */
static size_t pattern_init(char *data, int i, size_t size_max)
{
	size_t size = 1 + i % (i % 7 == 5 ? 800 : 40);

	if (i % 7 == 3 || size > size_max)
		size = size_max - i % 5;
	memset(data, 'a' + i % 23, size);
	return size;
}

static void patterns_receive(struct mq_endpoint *ep, size_t max, int messages, size_t size_max)
{
	static char data[1 << 20];
	const struct mq_message *msgs[MANY];
	size_t count, size, j;
	int i = 0;

	while (i < messages) {
		MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, max, &count, 0), 0);
		MQ_GE(count, 1);
		MQ_LE(count, max);
		for (j = 0; j < count; j++, i++) {
			size = pattern_init(data, i, size_max);
			mq_check_bytes(__FILE__, __LINE__, "message", mq_message_data(msgs[j]),
				       mq_message_size(msgs[j]), data, size);
			MQ_EQ(mq_message_lost(msgs[j]), 0);
		}
	}
	MQ_EQ(i, messages);
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, max, &count, 0), -EAGAIN);
	MQ_EQ(count, 0);
}

static void patterns_run(int messages, size_t size_max)
{
	static const size_t maxima[] = { 1, 2, 3, 7, 32, 64, 65, 200, MANY };
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	static char data[1 << 20];
	size_t m;
	int i;

	for (m = 0; m < sizeof(maxima) / sizeof(*maxima); m++) {
		for (i = 0; i < messages; i++)
			MQ_LIB_EQ(mq_endpoint_send(ep, "bob", data, pattern_init(data, i, size_max)), 0);
		patterns_receive(ep, maxima[m], messages, size_max);
	}
	mq_endpoint_close(ep);
}

MQ_TEST(receive_many, "many of all sizes come in order, never more than asked for", .params = "QUEUE_LEN=300")
{
	patterns_run(300, 4096);
}

MQ_TEST(receive_many_small, "and with the smallest CMD_BUF_SIZE", .params = "QUEUE_LEN=300 CMD_BUF_SIZE=16")
{
	patterns_run(300, 16);
}

MQ_TEST(receive_many_large, "and with the largest CMD_BUF_SIZE", .params = "QUEUE_LEN=10 CMD_BUF_SIZE=1048576")
{
	patterns_run(10, 1048576);
}

MQ_TEST(receive_many_all, "when all fit, one call gets all that are there", .params = "QUEUE_LEN=64")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	const struct mq_message *msgs[MANY];
	size_t count;
	int max, calls;

	send_numbers(ep, "bob", 1, 50);
	calls = mq_calls_count();
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, MANY, &count, MQ_TIMEOUT_NONE), 0);
	MQ_EQ(count, 50);
	MQ_EQ(mq_calls_count() - calls, 1);
	for (max = 8; max <= 64; max *= 2) {
		send_numbers(ep, "bob", 1, max);
		MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, max, &count, 0), 0);
		MQ_EQ(count, max);
		mq_lib_is_text(msgs[0], "1");
		mq_lib_is_text(msgs[7], "8");
	}
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, 0, &count, 0), -EINVAL);
	mq_endpoint_close(ep);
}

MQ_TEST(receive_lost, "each message says how many were lost before it", .params = "QUEUE_LEN=3")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	const struct mq_message *msgs[3], *msg;
	size_t count;

	send_numbers(ep, "bob", 1, 10);
	msg = mq_lib_receive(ep, "8");
	MQ_EQ(mq_message_lost(msg), 7);
	MQ_EQ(mq_message_sequence(msg), 8);
	MQ_EQ(mq_message_lost(mq_lib_receive(ep, "9")), 0);
	send_numbers(ep, "bob", 11, 13);
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, 3, &count, 0), 0);
	MQ_EQ(count, 3);
	mq_lib_is_text(msgs[0], "11");
	MQ_EQ(mq_message_lost(msgs[0]), 1);
	MQ_EQ(mq_message_lost(msgs[1]), 0);
	MQ_EQ(mq_message_lost(msgs[2]), 0);
	send_numbers(ep, "bob", 14, 14);
	MQ_EQ(mq_message_lost(mq_lib_receive(ep, "14")), 0);
	mq_endpoint_close(ep);
}

MQ_TEST(receive_lost_events, "broadcasts and events that were lost are counted too", .params = "QUEUE_LEN=2")
{
	struct mq_binding how = { .events = true };
	struct mq_endpoint *bob = mq_lib_bind("bob", &how), *ann = mq_lib_bind("ann", NULL);

	mq_lib_send(ann, "bob", "1");
	MQ_LIB_EQ(mq_endpoint_broadcast(ann, "2", 1), 0);
	mq_lib_send(ann, "bob", "3");
	mq_lib_send(ann, "bob", "4");
	MQ_EQ(mq_message_lost(mq_lib_receive(bob, "3")), 3);
	mq_endpoint_close(ann);
	mq_endpoint_close(bob);
}

MQ_TEST(receive_event, "an event tells whose it is")
{
	struct mq_binding how = { .events = true };
	struct mq_endpoint *ep = mq_lib_bind(NULL, &how), *bob = mq_lib_bind("bob", NULL);
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
	MQ_LIB_EQ(mq_message_is_event(msg), true);
	MQ_LIB_EQ(mq_message_is_come(msg), true);
	MQ_EQ(mq_message_is_gone(msg), false);
	MQ_EQ(mq_message_size(msg), 0);
	MQ_EQ(strcmp(mq_message_name(msg), "bob"), 0);
	MQ_EQ(mq_message_pid(msg), getpid());
	mq_endpoint_close(bob);
	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, MQ_SECOND), 0);
	MQ_EQ(mq_message_is_event(msg), true);
	MQ_EQ(mq_message_is_come(msg), false);
	MQ_EQ(mq_message_is_gone(msg), true);
	mq_endpoint_close(ep);
}

MQ_TEST(receive_gap, "where the newest event was lost, one follows that neither came nor went")
{
	struct mq_binding how = { .events = true, .depth = 1, .policy = MQ_POLICY_REJECT };
	struct mq_endpoint *ep = mq_lib_bind("watch", &how);
	const struct mq_message *msg;

	mq_endpoint_close(mq_lib_bind("bob", NULL));
	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
	MQ_EQ(mq_message_is_come(msg), true);
	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
	MQ_EQ(mq_message_is_event(msg), true);
	MQ_EQ(mq_message_is_come(msg), false);
	MQ_EQ(mq_message_is_gone(msg), false);
	MQ_EQ(mq_message_lost(msg), 1);
	MQ_EQ(strcmp(mq_message_name(msg), "watch"), 0);
	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), -EAGAIN);
	mq_endpoint_close(ep);
}

MQ_TEST(receive_peek, "peek shows the next messages and takes none", .params = "QUEUE_LEN=4")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL);
	const struct mq_message *msgs[8];
	struct mq_status before, after;
	size_t count = 7;

	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 8, &count), 0);
	MQ_EQ(count, 0);
	send_numbers(ep, "bob", 1, 6);
	before = mq_lib_find("bob");
	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 2, &count), 0);
	MQ_EQ(count, 2);
	mq_lib_is_text(msgs[0], "3");
	mq_lib_is_text(msgs[1], "4");
	MQ_EQ(mq_message_sequence(msgs[0]), 3);
	MQ_EQ(mq_message_lost(msgs[0]), 0);
	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 8, &count), 0);
	MQ_EQ(count, 4);
	mq_lib_is_text(msgs[3], "6");
	after = mq_lib_find("bob");
	MQ_EQ(memcmp(&before, &after, sizeof(before)), 0);
	MQ_EQ(mq_message_lost(mq_lib_receive(ep, "3")), 2);
	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 0, &count), -EINVAL);
	mq_endpoint_close(ep);
}

static void flood_as_alice(void *arg)
{
	struct mq_endpoint *ep;
	char text[2] = "0";

	(void)arg;
	mq_become(1001, 1001);
	ep = mq_lib_bind(NULL, NULL);
	for (; text[0] <= '9'; text[0]++)
		mq_lib_send(ep, "bob", text);
	mq_endpoint_close(ep);
}

MQ_TEST(receive_fair, "a fair mailbox keeps what a flood would flush, and tells what the flood lost",
	.params = "QUEUE_LEN=4", .open_to_all = true)
{
	struct mq_endpoint *bob = mq_lib_bind_policy("bob", MQ_POLICY_FAIR);
	struct mq_status status;

	mq_lib_send(bob, "bob", "kept");
	mq_join(mq_run(flood_as_alice, NULL));
	status = mq_lib_find("bob");
	MQ_EQ(status.policy, MQ_POLICY_FAIR);
	MQ_EQ(status.overwritten, 7);
	MQ_EQ(status.spared, 7);
	MQ_EQ(mq_message_lost(mq_lib_receive(bob, "kept")), 0);
	MQ_EQ(mq_message_lost(mq_lib_receive(bob, "7")), 7);
	MQ_EQ(mq_message_lost(mq_lib_receive(bob, "8")), 0);
	MQ_EQ(mq_message_lost(mq_lib_receive(bob, "9")), 0);
	mq_endpoint_close(bob);
}
