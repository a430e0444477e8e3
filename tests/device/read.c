// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(2): takes the next message of the calling process.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <sys/uio.h>

static int registered(const char *name)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	return fd;
}

MQ_TEST(read_exact, "a read gives exactly the bytes of TEXT, one message each, nothing added")
{
	char buffer[64];
	int fd = registered("bob");
	size_t i;

	MQ_EQ(mq_cmd(fd, "/msg bob hello"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob world"), 0);
	memset(buffer, '?', sizeof(buffer));
	MQ_BYTES(buffer, mq_read(fd, buffer, sizeof(buffer)), "hello");
	for (i = 5; i < sizeof(buffer); i++)
		MQ_EQ(buffer[i], '?');
	MQ_BYTES(buffer, mq_read(fd, buffer, sizeof(buffer)), "world");
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
}

MQ_TEST(read_short, "a short buffer gets the first part, the next read goes on")
{
	static const char text[] = "The quick brown fox";
	char buffer[64];
	int fd = registered("bob");
	size_t part, at;

	for (part = 1; part < sizeof(text); part++) {
		MQ_EQ(mq_cmdf(fd, "/msg bob %s", text), 0);
		MQ_EQ(mq_cmd(fd, "/msg bob next"), 0);
		memset(buffer, '?', sizeof(buffer));
		for (at = 0; at + part < sizeof(text) - 1; at += part)
			MQ_EQ(mq_read(fd, buffer + at, part), part);
		MQ_EQ(mq_read(fd, buffer + at, part), sizeof(text) - 1 - at);
		MQ_BYTES(buffer, sizeof(text) - 1, "The quick brown fox");
		MQ_EQ(buffer[sizeof(text) - 1], '?');
		MQ_READS(fd, "next");
	}
}

MQ_TEST(read_short_poll, "what is left of a message is readable, until its last byte")
{
	char buffer[8];
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob abc"), 0);
	MQ_EQ(mq_read(fd, buffer, 1), 1);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_read(fd, buffer, 1), 1);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_read(fd, buffer, 1), 1);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_read(fd, buffer, 1), -EAGAIN);
}

MQ_TEST(read_efault_keeps, "if copying out fails with EFAULT the message is still there")
{
	char *bad = mq_edge_new(0), buffer[8];
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob hello"), 0);
	MQ_ERR(read(fd, bad, 5), EFAULT);
	MQ_ERR(read(fd, bad, 100), EFAULT);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_read(fd, buffer, 2), 2);
	MQ_ERR(read(fd, bad, 3), EFAULT);
	MQ_READS(fd, "llo");
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
}

MQ_TEST(read_efault_half, "no byte is lost to a buffer that ends in memory that is not there")
{
	char *last = mq_edge_new(1), rest[16];
	int fd = registered("bob");
	ssize_t got, more;
	int fits;

	for (fits = 1; fits < 10; fits++) {
		char *at = last - fits + 1;

		MQ_EQ(mq_cmd(fd, "/msg bob 0123456789"), 0);
		got = mq_read(fd, at, 10);
		if (got < 0) {
			MQ_EQ(got, -EFAULT);
			got = 0;
		}
		MQ_LE(got, fits);
		MQ_TRUE(!memcmp(at, "0123456789", got));
		more = mq_read(fd, rest, sizeof(rest));
		MQ_EQ(got + more, 10);
		MQ_TRUE(!memcmp(rest, "0123456789" + got, more));
	}
}

MQ_TEST(read_empty, "empty is EAGAIN at once, whatever O_NONBLOCK says")
{
	char buffer[8];
	int fd = registered("bob");

	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
	MQ_EQ(fcntl(fd, F_SETFL, 0), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
}

MQ_TEST(read_not_registered, "not registered is ENOENT")
{
	char buffer[8];
	int fd = mq_dev();

	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
	MQ_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -ENOENT);
}

MQ_TEST(read_nothing, "read(2) of 0 bytes returns 0 and does nothing")
{
	struct iovec none[2] = { { NULL, 0 }, { NULL, 0 } };
	char buffer[8];
	int fd = mq_dev();

	MQ_EQ(read(fd, buffer, 0), 0);
	MQ_EQ(readv(fd, none, 2), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(read(fd, buffer, 0), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(read(fd, buffer, 0), 0);
	MQ_EQ(readv(fd, none, 2), 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_READS(fd, "hi");
}

MQ_TEST(read_scattered, "readv spreads one message over its buffers, in order")
{
	char a[3], b[4], c[100];
	struct iovec parts[] = { { a, 3 }, { b, 0 }, { b, 4 }, { c, 100 } };
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob 0123456789"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob next"), 0);
	MQ_EQ(readv(fd, parts, 4), 10);
	MQ_BYTES(a, 3, "012");
	MQ_BYTES(b, 4, "3456");
	MQ_BYTES(c, 3, "789");
	MQ_READS(fd, "next");
	MQ_EQ(mq_cmd(fd, "/msg bob 0123456789"), 0);
	MQ_EQ(readv(fd, parts, 3), 7);
	MQ_READS(fd, "789");
}

MQ_TEST(read_nowait, "preadv2 with RWF_NOWAIT reads what is there, else EAGAIN")
{
	char buffer[8];
	struct iovec part = { buffer, sizeof(buffer) };
	int fd = registered("bob");

	MQ_ERR(preadv2(fd, &part, 1, -1, RWF_NOWAIT), EAGAIN);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_BYTES(buffer, preadv2(fd, &part, 1, -1, RWF_NOWAIT), "hi");
	MQ_ERR(preadv2(fd, &part, 1, -1, RWF_NOWAIT), EAGAIN);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_ERR(preadv2(fd, &part, 1, -1, RWF_NOWAIT), ENOENT);
}

MQ_TEST(read_caller, "read takes the next message of the process that calls, by any file")
{
	struct mq_peer *bob = mq_peer_start();
	char buffer[8];
	int fd = registered("alice");

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob for bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg alice for alice"), 0);
	MQ_READS(fd, "for alice");
	MQ_EQ(mq_read(fd, buffer, sizeof(buffer)), -EAGAIN);
	MQ_PEER_READS(bob, "for bob");
}
