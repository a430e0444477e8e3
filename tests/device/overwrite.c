// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox holds exactly its depth; one more overwrites the oldest.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

/* SENT messages to a mailbox of DEPTH: its last DEPTH are there, in order. */
static void send_and_count(int fd, int depth, int sent)
{
	struct mq_counters c;
	char text[16];
	int i, kept = sent < depth ? sent : depth;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < sent; i++)
		MQ_EQ(mq_cmdf(fd, "/msg bob %d", i), 0);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.depth, depth);
	MQ_EQ(c.queued, kept);
	MQ_EQ(c.accepted, sent);
	MQ_EQ(c.overwritten, sent - kept);
	for (i = sent - kept; i < sent; i++) {
		snprintf(text, sizeof(text), "%d", i);
		MQ_READS(fd, text);
	}
	MQ_EQ(mq_read(fd, text, sizeof(text)), -EAGAIN);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
}

static void holds_exactly(int depth)
{
	int fd = mq_dev();
	int extra;

	send_and_count(fd, depth, 1);
	send_and_count(fd, depth, depth);
	for (extra = 1; extra <= 3; extra++)
		send_and_count(fd, depth, depth + extra);
	send_and_count(fd, depth, 2 * depth);
	send_and_count(fd, depth, 3 * depth + 1);
}

MQ_TEST(overwrite_depth_1, "a mailbox holds exactly its depth: QUEUE_LEN=1",
	.params = "QUEUE_LEN=1")
{
	holds_exactly(1);
}

MQ_TEST(overwrite_depth_3, "a mailbox holds exactly its depth: QUEUE_LEN=3",
	.params = "QUEUE_LEN=3")
{
	holds_exactly(3);
}

MQ_TEST(overwrite_depth_5, "a mailbox holds exactly its depth: QUEUE_LEN=5",
	.params = "QUEUE_LEN=5")
{
	holds_exactly(5);
}

MQ_TEST(overwrite_depth_16, "a mailbox holds exactly its depth: 16 where nothing is said")
{
	holds_exactly(16);
}

MQ_TEST(overwrite_depth_64, "a mailbox holds exactly its depth: QUEUE_LEN=64",
	.params = "QUEUE_LEN=64")
{
	holds_exactly(64);
}

MQ_TEST(overwrite_depth_1000, "a mailbox holds exactly its depth: QUEUE_LEN=1000",
	.params = "QUEUE_LEN=1000")
{
	holds_exactly(1000);
}

MQ_TEST(overwrite_newest, "the newest message is never itself lost",
	.params = "QUEUE_LEN=3")
{
	struct mq_peer *alice = mq_peer_start();
	char text[16], buffer[16];
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	for (i = 0; i < 100; i++) {
		MQ_EQ(mq_peer_cmdf(alice, i & 1 ? "/all %d" : "/msg bob %d", i), 0);
		if (i % 7)
			continue;
		/* What was sent last is read last. */
		snprintf(text, sizeof(text), "%d", i);
		memset(buffer, 0, sizeof(buffer));
		while (mq_read(fd, buffer, sizeof(buffer) - 1) > 0 &&
		       strcmp(buffer, text))
			memset(buffer, 0, sizeof(buffer));
		MQ_TRUE(!strcmp(buffer, text));
		MQ_EQ(mq_poll(fd), POLLOUT);
	}
}

MQ_TEST(overwrite_broadcast, "a broadcast overwrites the oldest of a full mailbox",
	.params = "QUEUE_LEN=3")
{
	struct mq_peer *alice = mq_peer_start();
	struct mq_counters c;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob 1"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob 2"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob 3"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/all 4"), 0);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.overwritten, 1);
	MQ_EQ(c.rejected, 0);
	MQ_READS(fd, "2");
	MQ_READS(fd, "3");
	MQ_READS(fd, "4");
}

MQ_TEST(overwrite_own_only, "a full mailbox overwrites its own messages, nobody else's",
	.params = "QUEUE_LEN=3")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_cmd(fd, "/msg carol keep"), 0);
	for (i = 0; i < 10; i++)
		MQ_EQ(mq_cmdf(fd, "/msg bob %d", i), 0);
	MQ_PEER_READS(carol, "keep");
	MQ_PEER_READS(bob, "7");
}
