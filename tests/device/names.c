// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: 1 to 23 bytes, each 0x21 to 0x7e; what is refused; /reg's 8 bytes.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#define ALICE 1001

MQ_TEST(names_alphabet, "each byte from 0x21 to 0x7e but @ may stand in a name")
{
	int fd = mq_dev();
	int byte;

	for (byte = 0x21; byte <= 0x7e; byte++) {
		if (byte == '@')
			continue;
		MQ_EQ(mq_cmdf(fd, "/reg %c", byte), 0);
		MQ_EQ(mq_cmdf(fd, "/msg %c hi", byte), 0);
		MQ_READS(fd, "hi");
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
		MQ_EQ(mq_cmdf(fd, "/reg a%cb", byte), 0);
		MQ_EQ(mq_cmdf(fd, "/msg a%cb hi", byte), 0);
		MQ_READS(fd, "hi");
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
}

MQ_TEST(names_other_bytes, "a byte outside 0x21 to 0x7e in a name is EINVAL")
{
	int fd = mq_dev();
	int byte;

	for (byte = 0; byte <= 0xff; byte++) {
		char inside[] = { '/', 'r', 'e', 'g', ' ', 'a', byte, 'b' };
		char first[] = { '/', 'r', 'e', 'g', ' ', byte, 'b' };

		if (byte >= 0x21 && byte <= 0x7e)
			continue;
		MQ_EQ(mq_cmd_bytes(fd, inside, sizeof(inside)), -EINVAL);
		MQ_EQ(mq_cmd_bytes(fd, first, sizeof(first)), -EINVAL);
	}
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(names_at, "@ is refused with EINVAL wherever it stands")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg @"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg @bob"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg b@b"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob@"), -EINVAL);
}

MQ_TEST(names_dot, "a name that begins with . needs CAP_SYS_ADMIN (EPERM)",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(alice, "/reg .sys"), -EPERM);
	MQ_EQ(mq_peer_cmd(alice, "/reg ."), -EPERM);
	MQ_EQ(mq_peer_cmd(alice, "/reg a.b."), 0);
	MQ_EQ(mq_cmd(fd, "/reg .sys"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/msg .sys hi"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg ."), 0);
}

MQ_TEST(names_eight_bytes, "/reg takes 8 bytes, all 8 usable; 9 are ENAMETOOLONG")
{
	struct mq_peer *other = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg 12345678"), 0);
	MQ_EQ(mq_peer_cmd(other, "/reg 123456789"), -ENAMETOOLONG);
	MQ_EQ(mq_peer_cmd(other, "/reg 1234567"), 0);
	MQ_EQ(mq_peer_cmd(other, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(other, "/reg 12345679"), 0);
	MQ_EQ(mq_peer_cmd(other, "/msg 12345678 eight"), 0);
	MQ_READS(fd, "eight");
	MQ_EQ(mq_cmd(fd, "/msg 12345679 other"), 0);
	MQ_PEER_READS(other, "other");
	MQ_EQ(mq_cmd(fd, "/msg 1234567 seven"), -ENOENT);
}

MQ_TEST(names_too_long, "/reg of any longer name is ENAMETOOLONG")
{
	int fd = mq_dev();
	char name[101] = "";
	int length;

	for (length = 1; length <= 100; length++) {
		name[length - 1] = 'x';
		if (length > 8)
			MQ_EQ(mq_cmdf(fd, "/reg %s", name), -ENAMETOOLONG);
	}
}

MQ_TEST(names_case, "names that differ in one bit are two names")
{
	struct mq_peer *other = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(other, "/reg Bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg Bob hi"), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_PEER_READS(other, "hi");
}
