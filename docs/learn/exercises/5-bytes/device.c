// SPDX-License-Identifier: GPL-2.0-only
/* Exercise 5: how many bytes lie in a mailbox. */
#include "frame.h"

/* The column BYTES in the line of NAME, wherever that column is. */
static long long bytes_of(const char *name)
{
	FILE *file = fopen(MQ_ENDPOINTS, "re");
	char line[512], *word, *rest;
	int column = -1, i;

	MQ_TRUE(file && fgets(line, sizeof(line), file));
	for (i = 0, rest = line; (word = strsep(&rest, " \n")); i++)
		if (!strcmp(word, "BYTES"))
			column = i;
	if (column < 0)
		MQ_FAIL("%s has no column BYTES", MQ_ENDPOINTS);
	while (fgets(line, sizeof(line), file)) {
		rest = line;
		if (strcmp(strsep(&rest, " \n"), name))
			continue;
		for (i = 1; (word = strsep(&rest, " \n")); i++)
			if (i == column) {
				fclose(file);
				return atoll(word);
			}
	}
	MQ_FAIL("%s has no line of %s", MQ_ENDPOINTS, name);
}

MQ_TEST(bytes_text, "BYTES is the text of all messages that are queued")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(bytes_of("alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice hello"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice you"), 0);
	MQ_EQ(bytes_of("alice"), 8);
	MQ_READS(fd, "hello");
	MQ_EQ(bytes_of("alice"), 3);
	MQ_READS(fd, "you");
	MQ_EQ(bytes_of("alice"), 0);
}

MQ_TEST(bytes_overwritten, "what is overwritten is not in it", .params = "QUEUE_LEN=2")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice 1"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice 22"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice 4444"), 0);
	MQ_EQ(bytes_of("alice"), 6);
}

MQ_TEST(bytes_staged, "a message counts as a whole until its last byte is read")
{
	int fd = mq_dev();
	char part[3];

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice hello"), 0);
	MQ_EQ(mq_read(fd, part, 3), 3);
	MQ_EQ(bytes_of("alice"), 5);
	MQ_READS(fd, "lo");
	MQ_EQ(bytes_of("alice"), 0);
}

MQ_TEST(bytes_frames, "of frames it is the payload, also of several in one write and in one read")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 3);
	char frames[512] __attribute__((aligned(8)));
	size_t at = 0;

	at = mq_frame_push_text(frames, at, "bob", "1");
	at = mq_frame_push_text(frames, at, "bob", "22");
	at = mq_frame_push_text(frames, at, "bob", "4444");
	at = mq_frame_push_text(frames, at, "bob", "88888888");
	MQ_EQ(mq_write(alice, frames, at), at);
	MQ_EQ(bytes_of("bob"), 14);
	MQ_GE(mq_read(bob, frames, sizeof(frames)), 3 * 72);
	MQ_EQ(bytes_of("bob"), 0);
}

MQ_TEST(bytes_waiting, "who waits for room is counted when his message is in the mailbox")
{
	int bob = mq_bound("bob", .depth = 1, .policy = MQ_POLICY_BLOCK);
	struct mq_peer *alice = mq_peer_bound("alice");
	int carol = mq_bound("carol");

	MQ_EQ(mq_frame_send_text(carol, "bob", "1"), 0);
	mq_peer_frame_send_asleep(alice, "bob", "22");
	MQ_EQ(bytes_of("bob"), 1);
	MQ_FRAME_READS(bob, "carol", "1");
	MQ_EQ(mq_peer_end(alice), 0);
	MQ_EQ(bytes_of("bob"), 2);
}

MQ_TEST(bytes_broadcast, "a broadcast counts in each mailbox")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_cmd(fd, "/all hello"), 0);
	MQ_EQ(bytes_of("alice"), 0);
	MQ_EQ(bytes_of("bob"), 5);
	MQ_EQ(bytes_of("carol"), 5);
	MQ_PEER_READS(bob, "hello");
	MQ_EQ(bytes_of("bob"), 0);
	MQ_EQ(bytes_of("carol"), 5);
}
