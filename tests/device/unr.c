// SPDX-License-Identifier: GPL-2.0-only
/*
 * /unr: drops the registration, its mailbox and every message in it.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(unr_drops, "/unr drops the registration, the mailbox and every message")
{
	struct mq_peer *alice = mq_peer_start();
	char buffer[16];
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob one"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob two"), 0);
	MQ_EQ(mq_read(fd, buffer, 1), 1);	/* one is staged */
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg alice hi"), -EACCES);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob three"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob four"), 0);
	MQ_READS(fd, "four");
}

MQ_TEST(unr_errors, "/unr: EINVAL if anything follows, before ENOENT not registered")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr bob"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/unr bob"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/unr x"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/unrx"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(unr_frees_name, "after /unr the name and its place are free at once",
	.params = "MAX_DEVICES=1")
{
	struct mq_peer *bob = mq_peer_start(), *eve = mq_peer_start();
	int i;

	for (i = 0; i < 100; i++) {
		MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
		MQ_EQ(mq_peer_cmd(eve, "/reg bob"), -EEXIST);
		MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
		MQ_EQ(mq_peer_cmd(eve, "/reg bob"), 0);
		MQ_EQ(mq_peer_cmd(eve, "/unr"), 0);
	}
}

MQ_TEST(unr_new_name, "after /unr the process may register under another name")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg robert"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg robert hi"), 0);
	MQ_READS(fd, "hi");
}
