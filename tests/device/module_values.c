// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any value in range works: the classic call, odd numbers, the largest ones.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

/* Numbers sent and read so far; texts are numbers, so that loss shows. */
struct flow {
	int fd;
	long sent, next;
};

static void flow_send(struct flow *flow, long count)
{
	while (count--)
		MQ_EQ(mq_cmdf(flow->fd, "/msg me %ld", flow->sent++), 0);
}

static void flow_receive(struct flow *flow, long count)
{
	char text[32];
	ssize_t got;

	while (count--) {
		got = mq_read(flow->fd, text, sizeof(text) - 1);
		MQ_GE(got, 1);
		text[got] = 0;
		MQ_EQ(atol(text), flow->next++);
	}
}

/* Round and round through a mailbox of that depth, at every fill. */
static void check_mailbox(long depth)
{
	struct flow flow = { .fd = mq_dev() };
	struct mq_counters c;
	long fill;

	MQ_EQ(mq_cmd(flow.fd, "/reg me"), 0);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.depth, depth);
	for (fill = 1; fill <= depth; fill++) {
		flow_send(&flow, fill);
		flow_receive(&flow, fill);
	}
	MQ_EQ(mq_poll(flow.fd), POLLOUT);
	flow_send(&flow, depth + 2);
	flow.next += 2;
	flow_receive(&flow, depth);
	MQ_EQ(mq_poll(flow.fd), POLLOUT);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.overwritten, 2);
	MQ_EQ(mq_cmd(flow.fd, "/unr"), 0);
	close(flow.fd);
}

static void check_command_size(size_t size)
{
	char *command = malloc(size + 1), *back = malloc(size + 1);
	size_t head = strlen("/msg me "), i;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	memcpy(command, "/msg me ", head);
	for (i = head; i <= size; i++)
		command[i] = i * 31 + i / 4096;
	MQ_EQ(mq_cmd_bytes(fd, command, size), 0);
	MQ_EQ(mq_cmd_bytes(fd, command, size + 1), -EMSGSIZE);
	MQ_EQ(mq_read(fd, back, size), size - head);
	MQ_EQ(memcmp(back, command + head, size - head), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	close(fd);
	free(command);
	free(back);
}

MQ_TEST(module_classic, "the classic call: 8 devices, 8 messages, 256 bytes",
	.params = "MAX_DEVICES=8 QUEUE_LEN=8 CMD_BUF_SIZE=256")
{
	MQ_EQ(mq_param("MAX_DEVICES"), 8);
	MQ_EQ(mq_param("QUEUE_LEN"), 8);
	MQ_EQ(mq_param("CMD_BUF_SIZE"), 256);
	check_mailbox(8);
	check_command_size(256);
	mq_places_check(8);
}

MQ_TEST(module_odd_3, "three devices, three messages, 17 bytes",
	.params = "MAX_DEVICES=3 QUEUE_LEN=3 CMD_BUF_SIZE=17")
{
	check_mailbox(3);
	check_command_size(17);
	mq_places_check(3);
}

MQ_TEST(module_odd_5, "five devices, five messages, 4097 bytes",
	.params = "MAX_DEVICES=5 QUEUE_LEN=5 CMD_BUF_SIZE=4097")
{
	check_mailbox(5);
	check_command_size(4097);
	mq_places_check(5);
}

MQ_TEST(module_odd_64, "64 devices, 64 messages, 64 bytes",
	.params = "MAX_DEVICES=64 QUEUE_LEN=64 CMD_BUF_SIZE=64")
{
	check_mailbox(64);
	check_command_size(64);
	mq_places_check(64);
}

MQ_TEST(module_smallest, "one device, one message, 16 bytes",
	.params = "MAX_DEVICES=1 QUEUE_LEN=1 CMD_BUF_SIZE=16")
{
	check_mailbox(1);
	check_command_size(16);
	mq_places_check(1);
}

MQ_TEST(module_largest, "the largest values: a command of 1 MiB, a mailbox of 65,536",
	.params = "MAX_DEVICES=65536 QUEUE_LEN=65536 CMD_BUF_SIZE=1048576",
	.timeout = 240)
{
	struct flow flow = { .fd = mq_dev() };
	struct mq_counters c;

	check_command_size(1048576);
	MQ_EQ(mq_cmd(flow.fd, "/reg me"), 0);
	flow_send(&flow, 65536);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 65536);
	MQ_EQ(c.overwritten, 0);
	flow_send(&flow, 1);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 65536);
	MQ_EQ(c.overwritten, 1);
	flow.next = 1;
	flow_receive(&flow, 1000);
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 65536 - 1000);
}
