// SPDX-License-Identifier: GPL-2.0-only
/*
 * /msg DEST TEXT: puts TEXT into DEST's mailbox.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#define ALICE 1001
#define BOB 1002

MQ_TEST(msg_reaches, "/msg puts TEXT into DEST's mailbox and into no other",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);
	struct mq_peer *bob = mq_peer_start_as(BOB, BOB);
	struct mq_peer *carol = mq_peer_start();
	char buffer[16];

	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hello"), 0);
	MQ_PEER_READS(bob, "hello");
	MQ_EQ(mq_peer_read(bob, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(mq_peer_read(alice, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(mq_peer_read(carol, buffer, sizeof(buffer)), -EAGAIN);
}

MQ_TEST(msg_incomplete, "/msg without DEST or without TEXT is EINVAL")
{
	static const char *const wrong[] = {
		"/msg", "/msg ", "/msg  ", "/msg  hi", "/msg bob", "/msg bob ",
		"/msg bob\n", "/msg\n", NULL
	};
	int fd = mq_dev();
	int i;

	for (i = 0; wrong[i]; i++)
		MQ_EQ(mq_cmd(fd, wrong[i]), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; wrong[i]; i++)
		MQ_EQ(mq_cmd(fd, wrong[i]), -EINVAL);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(msg_not_registered, "/msg of a process that is not registered is EACCES")
{
	struct mq_peer *bob = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -EACCES);
	MQ_EQ(mq_peer_poll(bob), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
}

MQ_TEST(msg_nobody, "/msg to a name that nobody has is ENOENT")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bo hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg bobb hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -ENOENT);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(msg_impossible_name, "/msg to what is no possible name is ENOENT")
{
	char name[1001];
	int fd = mq_dev();
	int byte;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob@there hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg @ hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg 12345678901234567890123 hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg 123456789012345678901234 hi"), -ENOENT);
	memset(name, 'x', 1000);
	name[1000] = 0;
	MQ_EQ(mq_cmdf(fd, "/msg %s hi", name), -ENOENT);
	for (byte = 0; byte < 256; byte++) {
		char command[] = "/msg bob. hi";

		if (byte == ' ' || (byte > ' ' && byte < 0x7f))
			continue;
		command[8] = byte;
		MQ_EQ(mq_cmd_bytes(fd, command, 12), -ENOENT);
	}
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(msg_order_of_errors, "/msg: EINVAL, EACCES, ENOENT in this order")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/msg nobody "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/msg no@body hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg nobody "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -ENOENT);
}

MQ_TEST(msg_to_oneself, "sending to oneself by /msg is allowed")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob note to self"), 0);
	MQ_READS(fd, "note to self");
}

MQ_TEST(msg_never_sleeps, "a text sender never sleeps, however full the mailbox is",
	.params = "QUEUE_LEN=2")
{
	struct mq_peer *bob = mq_peer_start();
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	/* Nobody reads: a sender that waited would wait for ever. */
	for (i = 0; i < 100; i++) {
		MQ_EQ(mq_cmdf(fd, "/msg bob %d", i), 0);
		MQ_EQ(mq_cmdf(fd, "/all %d", i), 0);
		MQ_EQ(mq_cmdf(fd, "/msg alice %d", i), 0);
	}
}

MQ_TEST(msg_full_size, "the largest TEXT arrives whole, at the largest CMD_BUF_SIZE too",
	.params = "CMD_BUF_SIZE=1048576 QUEUE_LEN=2")
{
	size_t size = 1048576, i;
	char *command = malloc(size), *buffer = malloc(size);
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < size; i++)
		command[i] = i * 31 >> 3;
	memcpy(command, "/msg bob ", 9);
	MQ_EQ(mq_cmd_bytes(fd, command, size), 0);
	MQ_EQ(mq_read(fd, buffer, size), size - 9);
	MQ_TRUE(!memcmp(buffer, command + 9, size - 9));
}
