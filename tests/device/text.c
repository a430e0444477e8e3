// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for every text command: length, copy, form, what is ignored.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <sys/uio.h>

static void expect_einval(int fd, const char *command)
{
	int result = mq_cmd(fd, command);

	if (result != -EINVAL)
		MQ_FAIL("\"%s\" gave %d, not EINVAL", command, result);
}

MQ_TEST(text_length_first, "over CMD_BUF_SIZE is EMSGSIZE, before EFAULT and any look at the command",
	.params = "CMD_BUF_SIZE=100")
{
	char *bad = mq_edge_new(0);
	char command[101];
	int fd = mq_dev();

	memset(command, 'x', sizeof(command));
	MQ_ERR(write(fd, bad, 101), EMSGSIZE);
	/* More would be EFAULT to a 32-bit kernel itself: the memory would end behind the last address. */
	MQ_ERR(write(fd, bad, 1 << 20), EMSGSIZE);
	MQ_ERR(write(fd, command, 101), EMSGSIZE);
	MQ_ERR(write(fd, command, 100), EINVAL);
	memcpy(command, "/unr", 4);
	memset(command + 4, ' ', 97);
	MQ_ERR(write(fd, command, 101), EMSGSIZE);
	MQ_ERR(write(fd, command, 100), ENOENT);
}

MQ_TEST(text_full_length, "a command of exactly CMD_BUF_SIZE is taken whole",
	.params = "CMD_BUF_SIZE=1000")
{
	char command[1000], buffer[1001];
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	memset(command, 'x', sizeof(command));
	memcpy(command, "/msg bob ", 9);
	MQ_EQ(write(fd, command, sizeof(command)), sizeof(command));
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), sizeof(command) - 9);
	MQ_TRUE(!memcmp(buffer, command + 9, sizeof(command) - 9));
}

MQ_TEST(text_smallest_buffer, "CMD_BUF_SIZE=16 leaves room for 16 bytes, not 17",
	.params = "CMD_BUF_SIZE=16")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg 12345678   "), 0);
	MQ_EQ(mq_cmd(fd, "/reg 12345678    "), -EMSGSIZE);
	MQ_EQ(mq_cmd(fd, "/msg 12345678 hi"), 0);
	MQ_EQ(mq_cmd(fd, "/msg 12345678 hi!"), -EMSGSIZE);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_copy_second, "bytes that cannot be copied are EFAULT, before any look at the command")
{
	char *last = mq_edge_new(1), buffer[16];
	int fd = mq_dev();

	MQ_ERR(write(fd, last + 1, 4), EFAULT);
	*last = 'x';
	MQ_ERR(write(fd, last, 4), EFAULT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	memcpy(last - 9, "/msg bob h", 10);
	MQ_ERR(write(fd, last - 9, 11), EFAULT);
	MQ_ERR(write(fd, last - 9, 2000), EFAULT);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(write(fd, last - 9, 10), 10);
	MQ_READS(fd, "h");
}

MQ_TEST(text_unknown_command, "any other command is EINVAL")
{
	static const char *const unknown[] = {
		"x", "/", " ", "\n", "//", "hello", "reg bob", "/REG bob",
		" /reg bob", "/re bob", "/regbob", "/reg\tbob", "/register bob",
		"/unreg", "/msgbob hi", "/msg\tbob hi", "/message bob hi",
		"/allhi", "/all\thi", "/fromon", "/from\ton", "/wait5",
		"/wait\t5", "/read", "/help", "/exit", "\\reg bob", NULL
	};
	int fd = mq_dev();
	int i;

	for (i = 0; unknown[i]; i++)
		expect_einval(fd, unknown[i]);
	MQ_EQ(mq_cmd_bytes(fd, "\0/reg bob", 9), -EINVAL);
	MQ_EQ(mq_cmd_bytes(fd, "/reg\0bob", 8), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; unknown[i]; i++)
		expect_einval(fd, unknown[i]);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_empty_write, "an empty write returns 0 and does nothing")
{
	struct iovec none[2] = { { "", 0 }, { "", 0 } };
	int fd = mq_dev();

	MQ_EQ(write(fd, "", 0), 0);
	MQ_EQ(write(fd, NULL, 0), 0);
	MQ_EQ(writev(fd, none, 2), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(write(fd, "", 0), 0);
	MQ_EQ(writev(fd, none, 2), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_writev, "a writev is one command")
{
	struct iovec reg[] = { { "/re", 3 }, { "", 0 }, { "g bo", 4 }, { "b", 1 } };
	struct iovec msg[] = { { "/msg b", 6 }, { "ob /unr", 7 }, { "/msg bob x", 10 } };
	int fd = mq_dev();

	MQ_EQ(writev(fd, reg, 4), 8);
	MQ_EQ(writev(fd, msg, 3), 23);
	MQ_READS(fd, "/unr/msg bob x");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_writev_length, "a writev over CMD_BUF_SIZE in all is EMSGSIZE",
	.params = "CMD_BUF_SIZE=32")
{
	struct iovec msg[] = { { "/msg bob 12345678", 17 }, { "1234567890123456", 15 } };
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(writev(fd, msg, 2), 32);
	msg[1].iov_len = 16;
	MQ_ERR(writev(fd, msg, 2), EMSGSIZE);
	MQ_READS(fd, "12345678123456789012345");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_lines_are_one, "one write is one command, whatever lines are in it")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob one\n/msg bob two\n"), 0);
	MQ_READS(fd, "one\n/msg bob two\n");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_one_space, "after the command word and after DEST stands exactly one space")
{
	int fd = mq_dev();

	expect_einval(fd, "/reg  bob");
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	expect_einval(fd, "/msg  bob hi");
	expect_einval(fd, "/msg bob\thi");
	expect_einval(fd, "/msg bob\nhi");
	expect_einval(fd, "/from  on");
	expect_einval(fd, "/wait  0");
	MQ_EQ(mq_cmd(fd, "/msg bob  hi"), 0);
	MQ_READS(fd, " hi");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(text_byte_for_byte, "TEXT is the rest of the write byte for byte, all 256 values")
{
	char command[9 + 512], buffer[1024];
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	memcpy(command, "/msg bob ", 9);
	for (i = 0; i < 512; i++)
		command[9 + i] = i;
	MQ_EQ(mq_cmd_bytes(fd, command, sizeof(command)), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), 512);
	MQ_TRUE(!memcmp(buffer, command + 9, 512));
	for (i = 0; i < 256; i++) {
		command[9] = i;
		MQ_EQ(mq_cmd_bytes(fd, command, 10), 0);
		MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), 1);
		MQ_EQ(buffer[0], (char)i);
	}
}

MQ_TEST(text_keeps_the_end, "TEXT keeps spaces, newlines and NULs at its end")
{
	struct mq_peer *bob = mq_peer_start();
	char buffer[64];
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd_bytes(fd, "/msg bob hi \n\n\0 \0", 17), 0);
	MQ_BYTES(buffer, mq_peer_read(bob, buffer, 64), "hi \n\n\0 \0");
	MQ_EQ(mq_cmd_bytes(fd, "/all hi \n\n\0 \0", 13), 0);
	MQ_BYTES(buffer, mq_peer_read(bob, buffer, 64), "hi \n\n\0 \0");
	MQ_EQ(mq_cmd(fd, "/msg bob \n"), 0);
	MQ_PEER_READS(bob, "\n");
	MQ_EQ(mq_cmd(fd, "/all  "), 0);
	MQ_PEER_READS(bob, " ");
}

/* COMMAND must give RESULT with everything behind it that is ignored. */
static void expect_ignored(int fd, const char *command, int result)
{
	static const struct { const char *bytes; int length; } tail[] = {
		{ "", 0 }, { "\n", 1 }, { "\0", 1 }, { "\n\0", 2 }, { " ", 1 },
		{ "   ", 3 }, { " \n", 2 }, { "\n ", 2 }, { "\0\0\0", 3 },
		{ " \0 \n\0 ", 6 }, { "\0\n", 2 },
	};
	char bytes[64];
	size_t i, length = strlen(command);
	int got;

	memcpy(bytes, command, length);
	for (i = 0; i < sizeof(tail) / sizeof(tail[0]); i++) {
		memcpy(bytes + length, tail[i].bytes, tail[i].length);
		got = mq_cmd_bytes(fd, bytes, length + tail[i].length);
		if (got != result)
			MQ_FAIL("\"%s\" with tail %zu gave %d, not %d",
				command, i, got, result);
		if (!got && !strncmp(command, "/reg", 4))
			MQ_EQ(mq_cmd(fd, "/unr"), 0);
		if (!got && !strncmp(command, "/unr", 4))
			MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	}
}

MQ_TEST(text_ignored_tail, "behind /reg /unr /from /wait spaces, NULs and one newline are ignored")
{
	int fd = mq_dev();

	expect_ignored(fd, "/reg 12345678", 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	expect_ignored(fd, "/unr", 0);
	expect_ignored(fd, "/from on", 0);
	expect_ignored(fd, "/from off", 0);
	expect_ignored(fd, "/wait 0", -ETIMEDOUT);
	expect_ignored(fd, "/wait 1", -ETIMEDOUT);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	expect_ignored(fd, "/wait", 0);
	MQ_READS(fd, "hi");
}

MQ_TEST(text_not_ignored, "a second newline or any other byte behind them is EINVAL")
{
	static const char *const wrong[] = {
		"/reg eve\n\n", "/reg eve \n \n", "/reg eve\r\n", "/reg eve\t",
		"/unr\n\n", "/unr\r\n", "/unr\t", "/from on\n\n", "/from on\r\n",
		"/wait 0\n\n", "/wait 0\r\n", "/wait\n\n", "/wait 0\t", NULL
	};
	int fd = mq_dev();
	int i;

	for (i = 0; wrong[i]; i++)
		expect_einval(fd, wrong[i]);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; wrong[i]; i++)
		expect_einval(fd, wrong[i]);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
}

MQ_TEST(text_errors_harm_nothing, "after any error nothing was queued and nothing was lost")
{
	char *bad = mq_edge_new(0), buffer[64];
	struct mq_peer *other = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(other, "/reg other"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
	MQ_ERR(write(fd, bad, 10), EFAULT);
	MQ_ERR(write(fd, bad, 1 << 20), EMSGSIZE);
	MQ_EQ(mq_cmd(fd, "/msg bob"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/msg nobody x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/all"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/unr now"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/from here"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/wait for"), -EINVAL);
	MQ_ERR(read(fd, bad, 10), EFAULT);
	MQ_EQ(mq_peer_read(other, buffer, sizeof(buffer)), -EAGAIN);
	MQ_READS(fd, "one");
	MQ_READS(fd, "two");
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
}
