// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are not there, or end in the middle: EFAULT, and nothing is
 * lost, queued or counted.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sys/uio.h>

static void check_queued(const char *name, long queued, long delivered)
{
	struct mq_counters c;

	MQ_EQ(mq_counters(name, &c), 0);
	MQ_EQ(c.queued, queued);
	MQ_EQ(c.delivered, delivered);
	MQ_EQ(c.accepted, queued + delivered);
}

static char *filled(size_t size)
{
	char *text = malloc(size + 1);
	size_t i;

	for (i = 0; i < size; i++)
		text[i] = 'a' + i % 26;
	text[size] = 0;
	return text;
}

MQ_TEST(fault_read_unmapped, "a read into an unmapped buffer is EFAULT; the message is still there")
{
	char *end = mq_edge_new(0), *text = filled(1000);
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_send_text(fd, "me", text), 0);
	MQ_EQ(mq_send_text(fd, "me", "second"), 0);
	MQ_EQ(mq_read(fd, end, 1000), -EFAULT);
	MQ_EQ(mq_read(fd, NULL, 1000), -EFAULT);
	MQ_EQ(mq_read(fd, (void *)-4096L, 1000), -EFAULT);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	check_queued("me", 2, 0);
	MQ_READS(fd, text);
	MQ_READS(fd, "second");
	check_queued("me", 0, 2);
}

MQ_TEST(fault_read_half_mapped, "a read that faults in the middle consumes nothing")
{
	char *end = mq_edge_new(0), *text = filled(1000);
	int fd = mq_dev(), mapped;

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (mapped = 1; mapped < 1000; mapped += 111) {
		MQ_EQ(mq_send_text(fd, "me", text), 0);
		MQ_EQ(mq_read(fd, end - mapped, 1000), -EFAULT);
		MQ_EQ(mq_read(fd, end - mapped, 1000), -EFAULT);
		MQ_READS(fd, text);
		MQ_EQ(mq_poll(fd), POLLOUT);
	}
}

MQ_TEST(fault_read_rest, "a fault in the rest of a message keeps that rest, with the sender's name too")
{
	char *end = mq_edge_new(0), back[8];
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_send_text(fd, "me", "hello world"), 0);
	MQ_EQ(mq_read(fd, end, 20), -EFAULT);
	/* In the middle of the name, and across it into the text. */
	MQ_EQ(mq_read(fd, end - 1, 20), -EFAULT);
	MQ_EQ(mq_read(fd, end - 5, 20), -EFAULT);
	MQ_BYTES(back, mq_read(fd, back, 2), "me");
	MQ_EQ(mq_read(fd, end - 3, 20), -EFAULT);
	MQ_BYTES(back, mq_read(fd, back, 7), " hello ");
	MQ_EQ(mq_read(fd, end - 3, 20), -EFAULT);
	check_queued("me", 1, 0);
	MQ_READS(fd, "world");
	check_queued("me", 0, 1);
}

MQ_TEST(fault_read_staged, "what a fault left staged stays first, takes no slot and is not overwritten",
	.params = "QUEUE_LEN=3")
{
	char *end = mq_edge_new(0);
	struct mq_counters c;
	int fd = mq_dev(), i;

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_cmdf(fd, "/msg me %d", i), 0);
	MQ_EQ(mq_read(fd, end, 10), -EFAULT);
	for (i = 3; i < 8; i++)
		MQ_EQ(mq_cmdf(fd, "/msg me %d", i), 0);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 4);
	MQ_EQ(c.overwritten, 4);
	MQ_READS(fd, "0");
	MQ_READS(fd, "5");
	MQ_READS(fd, "6");
	MQ_READS(fd, "7");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(fault_readv, "a readv of which a part is unmapped consumes nothing")
{
	char *end = mq_edge_new(0), back[4];
	struct iovec iov[2] = { { back, 4 }, { end, 100 } };
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_send_text(fd, "me", "hello world"), 0);
	MQ_ERR(readv(fd, iov, 2), EFAULT);
	MQ_READS(fd, "hello world");
}

MQ_TEST(fault_write_unmapped, "a write from a buffer that is unmapped or ends early is EFAULT, whatever stands in it")
{
	static const char *const commands[] = {
		"/msg me hello", "/all hello", "/unr ", "/reg you",
		"/nothing", "/wait", "/from on",
	};
	char *end = mq_edge_new(0);
	int fd = mq_dev();
	size_t i, length;

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_write(fd, NULL, 10), -EFAULT);
	MQ_EQ(mq_write(fd, end, 10), -EFAULT);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		length = strlen(commands[i]);
		memcpy(end - length, commands[i], length);
		MQ_EQ(mq_write(fd, end - length, length + 1), -EFAULT);
		MQ_EQ(mq_write(fd, end - length, 4096), -EFAULT);
	}
	check_queued("me", 0, 0);
}

MQ_TEST(fault_write_order, "EMSGSIZE comes before EFAULT, EFAULT before all that the command may get",
	.params = "CMD_BUF_SIZE=100")
{
	char *end = mq_edge_new(0);
	int fd = mq_dev();

	memcpy(end - 7, "/msg a ", 7);
	MQ_EQ(mq_write(fd, end, 101), -EMSGSIZE);
	MQ_EQ(mq_write(fd, end - 7, 101), -EMSGSIZE);
	MQ_EQ(mq_write(fd, end - 7, 100), -EFAULT);
	MQ_EQ(mq_write(fd, end - 7, 8), -EFAULT);
	MQ_EQ(mq_write(fd, end - 7, 7), -EINVAL);
}

MQ_TEST(fault_writev, "a writev of which a part is unmapped queues nothing")
{
	char *end = mq_edge_new(0);
	struct iovec iov[3] = {
		{ "/msg me ", 8 }, { "hello", 5 }, { end, 10 },
	};
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_ERR(writev(fd, iov, 3), EFAULT);
	check_queued("me", 0, 0);
	MQ_EQ(writev(fd, iov, 2), 13);
	MQ_READS(fd, "hello");
}

MQ_TEST(fault_read_empty, "an empty mailbox is EAGAIN, a stranger ENOENT, also without a buffer")
{
	int fd = mq_dev();

	MQ_EQ(mq_read(fd, NULL, 10), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_read(fd, NULL, 10), -EAGAIN);
	MQ_EQ(mq_send_text(fd, "me", "x"), 0);
	MQ_EQ(mq_read(fd, NULL, 0), 0);
	MQ_READS(fd, "x");
}
