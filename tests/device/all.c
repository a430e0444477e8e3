// SPDX-License-Identifier: GPL-2.0-only
/*
 * /all TEXT: puts TEXT into every other endpoint's mailbox.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(all_reaches, "/all puts TEXT into every other endpoint's mailbox, not the sender's")
{
	struct mq_peer *peer[5];
	char buffer[16];
	int i;

	for (i = 0; i < 5; i++) {
		peer[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(peer[i], "/reg p%d", i), 0);
	}
	MQ_EQ(mq_peer_cmd(peer[2], "/all hello all"), 0);
	for (i = 0; i < 5; i++) {
		if (i != 2)
			MQ_PEER_READS(peer[i], "hello all");
		MQ_EQ(mq_peer_read(peer[i], buffer, sizeof(buffer)), -EAGAIN);
	}
}

MQ_TEST(all_nobody, "/all with nobody there is a success")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/all anybody?"), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(all_errors, "/all: EINVAL no TEXT, before EACCES not registered")
{
	struct mq_peer *bob = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/all"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/all "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/all\n"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/all hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/all"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/all "), -EINVAL);
	MQ_EQ(mq_peer_poll(bob), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/all hi"), 0);
	MQ_PEER_READS(bob, "hi");
}
