// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 5: any read does.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(sleep_copy, "nobody sleeps who holds a spinlock")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hello"), 0);
	MQ_READS(fd, "hello");
}
