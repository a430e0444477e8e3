// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 8: the parameter is as large as the stack of a process in the kernel.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(stack_parameter, "a parameter makes no stack overflow", .params = "CMD_BUF_SIZE=32768")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hello"), 0);
	MQ_READS(fd, "hello");
}
