// SPDX-License-Identifier: GPL-2.0-only
/*
 * An endpoint with an empty name: it sends and calls, and nobody finds it.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

MQ_TEST(anonymous_sends, "an anonymous endpoint sends and broadcasts; who reads it sees an empty name, its pid and uid")
{
	int bob = mq_bound("bob"), nameless = mq_bound("");
	const struct mq_frame *f;

	MQ_EQ(mq_frame_send(nameless, "bob", 0, 5, "hi", 2), 72);
	f = MQ_FRAME_READS(bob, "", "hi");
	MQ_EQ(f->pid, getpid());
	MQ_EQ(f->uid, 0);
	MQ_EQ(f->cookie, 5);
	MQ_EQ(f->sequence, 1);
	MQ_EQ(mq_frame_broadcast(nameless, "to all"), 0);
	MQ_FRAME_READS_FLAGS(bob, "", MQ_FRAME_BROADCAST, "to all");
}

static void *answers(void *arg)
{
	int server = *(int *)arg;
	const struct mq_frame *request;

	request = MQ_FRAME_READS_FLAGS(server, "", MQ_FRAME_CALL, "ask");
	MQ_EQ(mq_frame_reply(server, request->cookie, "answer"), 0);
	return NULL;
}

MQ_TEST(anonymous_calls, "it calls and gets replies")
{
	char frame[128] __attribute__((aligned(8)));
	char room[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	int server = mq_bound("server"), nameless = mq_bound("");
	size_t size = mq_frame_push(frame, 0, "server", 0, 7, "ask", 3);
	pthread_t thread;

	pthread_create(&thread, NULL, answers, &server);
	MQ_EQ(mq_ioc_call(nameless, frame, size, room, sizeof(room), MQ_FOREVER), 72);
	pthread_join(thread, NULL);
	MQ_FRAME_IS((struct mq_frame *)room, "server", MQ_FRAME_REPLY, "answer");
	MQ_EQ(((struct mq_frame *)room)->cookie, 7);
	MQ_FRAME_EMPTY(nameless);
}

MQ_TEST(anonymous_unlisted, "it is in no list: neither the ioctls' nor that of debugfs")
{
	struct mq_status entries[8];
	struct mq_counters lines[8];
	int nameless = mq_bound(""), other = mq_bound("");

	MQ_EQ(mq_ioc_list_all(nameless, entries, 8), 0);
	MQ_EQ(mq_counters_all(lines, 8), 0);
	MQ_EQ(mq_ioc_status(nameless, "", entries), -ENOENT);
	mq_bound("bob");
	MQ_EQ(mq_ioc_list_all(other, entries, 8), 1);
	MQ_TRUE(!strcmp(entries[0].name, "bob"));
	MQ_EQ(mq_counters_all(lines, 8), 1);
}

MQ_TEST(anonymous_unaddressed, "it cannot be addressed, by text or by frames, not even by itself")
{
	int nameless = mq_bound(""), other = mq_bound(""), text = mq_dev();

	MQ_EQ(mq_frame_send_text(nameless, "", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(other, "", "hi"), -ENOENT);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_cmd(text, "/msg  hi"), -EINVAL);
	MQ_FRAME_EMPTY(nameless);
	MQ_FRAME_EMPTY(other);
}

MQ_TEST(anonymous_no_broadcast, "it is in no broadcast")
{
	int nameless = mq_bound(""), other = mq_bound(""), text = mq_dev();
	int bob = mq_bound("bob");

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_frame_broadcast(bob, "to all"), 0);
	MQ_EQ(mq_frame_broadcast(other, "to all"), 0);
	MQ_EQ(mq_cmd(text, "/all to all"), 0);
	MQ_FRAME_EMPTY(nameless);
	MQ_FRAME_EMPTY(other);
	MQ_FRAME_READS_FLAGS(bob, "", MQ_FRAME_BROADCAST, "to all");
	MQ_FRAME_READS_FLAGS(bob, "text", MQ_FRAME_BROADCAST, "to all");
}

MQ_TEST(anonymous_takes_no_place, "it takes no place in MAX_DEVICES, and binds when all are taken",
	.params = "MAX_DEVICES=2", .timeout = 120)
{
	int files[300], i, one, two;

	for (i = 0; i < 150; i++)
		files[i] = mq_bound("");
	one = mq_bound("one");
	two = mq_bound("two");
	for (; i < 300; i++)
		files[i] = mq_bound("");
	MQ_EQ(mq_bind(mq_dev(), "three"), -ENOSPC);
	for (i = 0; i < 300; i++) {
		MQ_EQ(mq_frame_send_text(files[i], i % 2 ? "one" : "two", "hi"), 0);
		MQ_FRAME_READS(i % 2 ? one : two, "", "hi");
		close(files[i]);
	}
	/* Their end gives no place back that they did not take. */
	MQ_EQ(mq_bind(mq_dev(), "three"), -ENOSPC);
	close(one);
	mq_bound("three");
	MQ_EQ(mq_bind(mq_dev(), "four"), -ENOSPC);
}
