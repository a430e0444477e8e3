// SPDX-License-Identifier: GPL-2.0-only
/*
 * CMD_BUF_SIZE: the longest command.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sys/uio.h>

MQ_TEST(limit_command_size, "a command of CMD_BUF_SIZE bytes works, one more is EMSGSIZE",
	.params = "CMD_BUF_SIZE=256")
{
	char command[300], back[300];
	int fd = mq_dev(), i;

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	memset(command, 'x', sizeof(command));
	memcpy(command, "/msg me ", 8);
	for (i = 254; i <= 256; i++) {
		MQ_EQ(mq_cmd_bytes(fd, command, i), 0);
		MQ_EQ(mq_read(fd, back, sizeof(back)), i - 8);
		MQ_EQ(memcmp(back, command + 8, i - 8), 0);
	}
	for (i = 257; i <= 300; i++)
		MQ_EQ(mq_cmd_bytes(fd, command, i), -EMSGSIZE);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(limit_command_first, "the length is checked before anything else",
	.params = "CMD_BUF_SIZE=256")
{
	char command[257];
	int fd = mq_dev();

	/* No command, not registered, or a command with ignored blanks. */
	memset(command, 'x', sizeof(command));
	MQ_EQ(mq_cmd_bytes(fd, command, 257), -EMSGSIZE);
	MQ_EQ(mq_cmd_bytes(fd, command, 256), -EINVAL);
	memset(command, ' ', sizeof(command));
	memcpy(command, "/reg me", 7);
	MQ_EQ(mq_cmd_bytes(fd, command, 257), -EMSGSIZE);
	MQ_EQ(mq_cmd_bytes(fd, command, 256), 0);
	memset(command, 0, sizeof(command));
	memcpy(command, "/unr", 4);
	MQ_EQ(mq_cmd_bytes(fd, command, 257), -EMSGSIZE);
	MQ_EQ(mq_cmd_bytes(fd, command, 256), 0);
}

MQ_TEST(limit_command_writev, "a writev is one command: its sum counts",
	.params = "CMD_BUF_SIZE=256")
{
	char filler[256];
	struct iovec iov[3] = {
		{ "/msg m", 6 }, { "e ", 2 }, { filler, 248 },
	};
	int fd = mq_dev();

	memset(filler, 'y', sizeof(filler));
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(writev(fd, iov, 3), 256);
	MQ_EQ(mq_read(fd, filler, sizeof(filler)), 248);
	iov[2].iov_len = 249;
	MQ_ERR(writev(fd, iov, 3), EMSGSIZE);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(writev(fd, iov, 0), 0);
}

MQ_TEST(limit_command_huge, "a length that no machine has is EMSGSIZE too")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_write(fd, "/msg me x", 0x7ffff000), -EMSGSIZE);
	MQ_EQ(mq_poll(fd), POLLOUT);
}
