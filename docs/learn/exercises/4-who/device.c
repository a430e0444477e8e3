// SPDX-License-Identifier: GPL-2.0-only
/* Exercise 4: /who puts the names of all into the own mailbox. */
#include "harness.h"

MQ_TEST(who_lists, "/who puts one message into the own mailbox: all names, in the order in which they came, one space between two")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_cmd(fd, "/who\n"), 0);
	MQ_READS(fd, "alice bob carol");
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_peer_poll(bob), POLLOUT);
}

MQ_TEST(who_is_there, "who has unregistered or has died is not in it")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
	mq_peer_kill(carol, SIGKILL);
	MQ_EQ(mq_cmd(fd, "/who"), 0);
	MQ_READS(fd, "alice");
}

MQ_TEST(who_errors, "/who of who is not registered is ENOENT, and with anything behind it EINVAL")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/who"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/who alice"), -EINVAL);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(who_fits, "what does not fit into CMD_BUF_SIZE is left out, from the first name on that does not fit",
	.params = "CMD_BUF_SIZE=16")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice123"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob4567"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg c"), 0);
	MQ_EQ(mq_cmd(fd, "/who"), 0);
	MQ_READS(fd, "alice123 bob4567");
	MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob45678"), 0);
	MQ_EQ(mq_cmd(fd, "/who"), 0);
	MQ_READS(fd, "alice123");
}

MQ_TEST(who_overwrites, "it is a message as any other: in a full mailbox the oldest gives way", .params = "QUEUE_LEN=1")
{
	struct mq_counters c;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice hello"), 0);
	MQ_EQ(mq_cmd(fd, "/who"), 0);
	MQ_EQ(mq_counters("alice", &c), 0);
	MQ_EQ(c.overwritten, 1);
	MQ_READS(fd, "alice");
}
