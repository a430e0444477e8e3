// SPDX-License-Identifier: GPL-2.0-only
/*
 * First in, first out.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(fifo_order, "messages are read in the order they were sent, whoever sent them")
{
	struct mq_peer *sender[3];
	char text[16];
	int fd = mq_dev();
	int i, round;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < 3; i++) {
		sender[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(sender[i], "/reg p%d", i), 0);
	}
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 12; i++)
			MQ_EQ(mq_peer_cmdf(sender[(i + round) % 3],
					   "/msg bob %d", i), 0);
		for (i = 0; i < 12; i++) {
			snprintf(text, sizeof(text), "%d", i);
			MQ_READS(fd, text);
		}
	}
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(fifo_broadcast, "messages and broadcasts of one mailbox are read in the order sent")
{
	struct mq_peer *alice = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob 1"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/all 2"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg bob 3"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/all 4"), 0);
	MQ_READS(fd, "1");
	MQ_READS(fd, "2");
	MQ_READS(fd, "3");
	MQ_READS(fd, "4");
}

MQ_TEST(fifo_interleaved, "reading and sending in turns keeps the order, around the queue's end too",
	.params = "QUEUE_LEN=5")
{
	int fd = mq_dev();
	int sent = 0, taken = 0, step, i;
	char text[16];

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (step = 0; step < 200; step++) {
		for (i = 0; i <= step % 5 && sent - taken < 5; i++)
			MQ_EQ(mq_cmdf(fd, "/msg bob %d", sent++), 0);
		for (i = 0; i <= step % 3 && taken < sent; i++) {
			snprintf(text, sizeof(text), "%d", taken++);
			MQ_READS(fd, text);
		}
	}
	while (taken < sent) {
		snprintf(text, sizeof(text), "%d", taken++);
		MQ_READS(fd, text);
	}
	MQ_EQ(mq_poll(fd), POLLOUT);
}
