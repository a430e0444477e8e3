// SPDX-License-Identifier: GPL-2.0-only
/*
 * /from: who sent it, in front of each message.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

static struct mq_peer *start(const char *name)
{
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_peer_cmdf(peer, "/reg %s", name), 0);
	return peer;
}

MQ_TEST(from_prefix, "/from on puts the sender's name and one space in front, /from off ends it")
{
	struct mq_peer *alice = start("alice");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	MQ_READS(fd, "alice hi");
	MQ_EQ(mq_peer_cmd(alice, "/all to all"), 0);
	MQ_READS(fd, "alice to all");
	MQ_EQ(mq_cmd(fd, "/msg bob myself"), 0);
	MQ_READS(fd, "bob myself");
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
}

MQ_TEST(from_off_first, "without /from nothing is in front; it is off after every /reg")
{
	struct mq_peer *alice = start("alice");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
}

MQ_TEST(from_queued, "/from holds for queued messages that the process has not begun to read")
{
	struct mq_peer *alice = start("alice");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob one"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob two"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_READS(fd, "alice one");
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
	MQ_READS(fd, "two");
}

MQ_TEST(from_begun, "/from does not change a message that the process has begun to read")
{
	struct mq_peer *alice = start("alice");
	char buffer[16];
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob one"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob two"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob three"), 0);
	MQ_EQ(mq_read(fd, buffer, 1), 1);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_READS(fd, "ne");
	MQ_BYTES(buffer, mq_read(fd, buffer, 3), "ali");
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
	MQ_READS(fd, "ce two");
	MQ_READS(fd, "three");
}

MQ_TEST(from_stream, "the prefix is part of the byte stream: a short buffer splits it anywhere")
{
	struct mq_peer *alice = start("alice");
	static const char expected[] = "alice hello";
	int fd = mq_dev();
	size_t i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hello"), 0);
	for (i = 0; i < sizeof(expected) - 1; i++) {
		char byte;

		MQ_EQ(mq_read(fd, &byte, 1), 1);
		MQ_EQ(byte, expected[i]);
	}
	MQ_EQ(mq_poll(fd), POLLOUT);
	for (i = 1; i < sizeof(expected) - 1; i++) {
		char buffer[16];

		MQ_EQ(mq_peer_cmd(alice, "/msg bob hello"), 0);
		MQ_EQ(mq_read(fd, buffer, i), i);
		MQ_TRUE(!memcmp(buffer, expected, i));
		MQ_READS(fd, expected + i);
	}
}

MQ_TEST(from_name_of_then, "the prefix is the sender's name at the time of sending")
{
	struct mq_peer *alice = start("alice");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob one"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg alicia"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob two"), 0);
	mq_peer_kill(alice, SIGKILL);
	MQ_READS(fd, "alice one");
	MQ_READS(fd, "alicia two");
}

MQ_TEST(from_own, "/from changes what this process reads, not what others do")
{
	struct mq_peer *alice = start("alice"), *carol = start("carol");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/all hi"), 0);
	MQ_PEER_READS(carol, "hi");
	MQ_READS(fd, "alice hi");
}

MQ_TEST(from_longest_name, "a sender's name of 8 bytes stands in front whole")
{
	struct mq_peer *alice = start("12345678");
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	MQ_READS(fd, "12345678 hi");
}

MQ_TEST(from_errors, "/from: EINVAL any other word, before ENOENT not registered")
{
	static const char *const wrong[] = {
		"/from", "/from ", "/from ON", "/from o", "/from onn",
		"/from of", "/from offf", "/from on off", "/from 1", NULL
	};
	int fd = mq_dev();
	int i;

	for (i = 0; wrong[i]; i++)
		MQ_EQ(mq_cmd(fd, wrong[i]), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/from on"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/from off"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; wrong[i]; i++)
		MQ_EQ(mq_cmd(fd, wrong[i]), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
}
