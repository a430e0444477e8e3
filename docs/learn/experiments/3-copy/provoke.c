// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 3: any write does.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(copy_pointer, "a line is copied by the functions that are there for user memory")
{
	int fd = mq_dev();
	char text[16];

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice hello"), 0);
	MQ_EQ(mq_read(fd, text, sizeof(text)), 5);
	/* The first byte of the page that cannot be touched. */
	MQ_EQ(mq_cmd_bytes(fd, mq_edge_new(0), 16), -EFAULT);
}
