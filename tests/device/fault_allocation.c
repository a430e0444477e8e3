// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call with its first, second, third ... allocation or copy made to fail
 * by the kernel's fault injection: it succeeds or says ENOMEM or EFAULT,
 * then nothing has changed, and the next try works.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"

#include <sys/epoll.h>

static void nothing(int fd)
{
	(void)fd;
}

static void is_empty(int fd)
{
	struct mq_counters c;

	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 0);
	MQ_EQ(c.accepted, c.delivered);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

/* ---- /reg and /unr ---------------------------------------------------- */

static long call_reg(int fd)
{
	return mq_cmd(fd, "/reg bob");
}

static long call_unr(int fd)
{
	return mq_cmd(fd, "/unr");
}

static void undo_reg(int fd)
{
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
}

static void undo_unr(int fd)
{
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
}

static void check_stranger(int fd)
{
	struct mq_counters c;

	MQ_EQ(mq_counters("bob", &c), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

static void check_registered(int fd)
{
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_READS(fd, "hi");
}

MQ_TEST(fault_alloc_reg, "/reg with failing memory: ENOMEM, no name, no place taken",
	.params = "MAX_DEVICES=1")
{
	struct mq_attempt reg = { call_reg, 0, undo_reg, check_stranger, true };

	mq_fault_open();
	mq_attempt_all(&reg, mq_dev());
}

MQ_TEST(fault_alloc_reg_large, "the same with a mailbox of 65,536",
	.params = "MAX_DEVICES=1 QUEUE_LEN=65536", .timeout = 180)
{
	struct mq_attempt reg = { call_reg, 0, undo_reg, check_stranger, true };

	mq_fault_open();
	mq_attempt_all(&reg, mq_dev());
}

MQ_TEST(fault_alloc_unr, "/unr with failing memory", .params = "MAX_DEVICES=1")
{
	struct mq_attempt unr = { call_unr, 0, undo_unr, check_registered, false };
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	mq_attempt_all(&unr, fd);
}

/* ---- /msg, /all and read ------------------------------------------------ */

static long call_msg(int fd)
{
	return mq_cmd(fd, "/msg me hello");
}

static void undo_msg(int fd)
{
	MQ_READS(fd, "hello");
	is_empty(fd);
}

static long call_large_msg(int fd)
{
	static char command[1 << 20];

	if (!command[0]) {
		memset(command, 'x', sizeof(command));
		memcpy(command, "/msg me ", 8);
	}
	return mq_cmd_bytes(fd, command, sizeof(command));
}

static void undo_large_msg(int fd)
{
	static char text[1 << 20];

	MQ_EQ(mq_read(fd, text, sizeof(text)), sizeof(text) - 8);
	is_empty(fd);
}

MQ_TEST(fault_alloc_msg, "/msg with failing memory: ENOMEM, nothing is queued")
{
	struct mq_attempt msg = { call_msg, 0, undo_msg, is_empty, true };
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	mq_attempt_all(&msg, fd);
}

/* No ENOMEM here: where one kind of memory fails there is another. */
MQ_TEST(fault_alloc_msg_large, "/msg of 1 MiB with failing memory",
	.params = "CMD_BUF_SIZE=1048576", .timeout = 180)
{
	struct mq_attempt msg = {
		call_large_msg, 0, undo_large_msg, is_empty, false
	};
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	mq_attempt_all(&msg, fd);
}

/* A full mailbox: a send that fails must not have overwritten. */
static long call_overwriting(int fd)
{
	return mq_cmd(fd, "/msg me new");
}

static void check_full(int fd)
{
	struct mq_counters c;

	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 2);
	MQ_READS(fd, "one");
	MQ_READS(fd, "two");
	MQ_EQ(mq_cmd(fd, "/msg me one"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me two"), 0);
}

static void undo_overwriting(int fd)
{
	MQ_READS(fd, "two");
	MQ_READS(fd, "new");
	MQ_EQ(mq_cmd(fd, "/msg me one"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me two"), 0);
}

MQ_TEST(fault_alloc_overwrite, "a /msg that fails has overwritten nothing",
	.params = "QUEUE_LEN=2")
{
	struct mq_attempt msg = {
		call_overwriting, 0, undo_overwriting, check_full, true
	};
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me one"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me two"), 0);
	mq_attempt_all(&msg, fd);
}

static struct mq_peer *receivers[3];

static long call_all(int fd)
{
	return mq_cmd(fd, "/all hello");
}

static void undo_all(int fd)
{
	int i;

	(void)fd;
	for (i = 0; i < 3; i++) {
		MQ_PEER_READS(receivers[i], "hello");
		MQ_EQ(mq_peer_poll(receivers[i]), POLLOUT);
	}
}

static void check_all(int fd)
{
	int i;

	(void)fd;
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_peer_poll(receivers[i]), POLLOUT);
}

MQ_TEST(fault_alloc_all, "/all with failing memory reaches everyone or nobody")
{
	struct mq_attempt all = { call_all, 0, undo_all, check_all, true };
	int fd = mq_dev(), i;

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (i = 0; i < 3; i++) {
		receivers[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(receivers[i], "/reg r%d", i), 0);
	}
	mq_attempt_all(&all, fd);
}

static long call_read(int fd)
{
	static char text[64];
	long got = mq_read(fd, text, sizeof(text));

	return got < 0 ? got : !!memcmp(text, "me hello", 8) + 1;
}

static void undo_read(int fd)
{
	is_empty(fd);
	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
}

static void check_still_there(int fd)
{
	struct mq_counters c;

	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.queued, 1);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
}

MQ_TEST(fault_alloc_read, "a read with failing memory or copy loses nothing")
{
	struct mq_attempt read = {
		call_read, 1, undo_read, check_still_there, false
	};
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/from on"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
	mq_attempt_all(&read, fd);
}

/* ---- /from, /wait, open, poll --------------------------------------------- */

static long call_from(int fd)
{
	return mq_cmd(fd, "/from on");
}

static void undo_from(int fd)
{
	MQ_EQ(mq_cmd(fd, "/msg me hi"), 0);
	MQ_READS(fd, "me hi");
	MQ_EQ(mq_cmd(fd, "/from off"), 0);
}

static void check_from(int fd)
{
	MQ_EQ(mq_cmd(fd, "/msg me hi"), 0);
	MQ_READS(fd, "hi");
}

static long call_wait(int fd)
{
	return mq_cmd(fd, "/wait 1000");
}

static long call_wait_empty(int fd)
{
	return mq_cmd(fd, "/wait 0");
}

MQ_TEST(fault_alloc_from_wait, "/from and /wait with failing memory")
{
	struct mq_attempt from = { call_from, 0, undo_from, check_from, false };
	struct mq_attempt empty = {
		call_wait_empty, -ETIMEDOUT, is_empty, is_empty, false
	};
	struct mq_attempt wait = {
		call_wait, 0, check_still_there, check_still_there, false
	};
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	mq_attempt_all(&from, fd);
	mq_attempt_all(&empty, fd);
	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
	mq_attempt_all(&wait, fd);
}

static int opened, epoll;

static long call_open(int fd)
{
	(void)fd;
	opened = open(MQ_NODE, O_RDWR | O_CLOEXEC);
	return opened < 0 ? -errno : 0;
}

static void undo_open(int fd)
{
	(void)fd;
	MQ_EQ(mq_cmd(opened, "/msg me hello"), 0);
	MQ_READS(opened, "hello");
	MQ_OK(close(opened));
}

static long call_epoll_add(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void undo_epoll_add(int fd)
{
	struct epoll_event event;

	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
	MQ_EQ(epoll_wait(epoll, &event, 1, 0), 1);
	MQ_READS(fd, "hello");
	MQ_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	MQ_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
}

MQ_TEST(fault_alloc_open, "open and epoll_ctl with failing memory")
{
	struct mq_attempt open = { call_open, 0, undo_open, nothing, true };
	struct mq_attempt add = { call_epoll_add, 0, undo_epoll_add, is_empty, true };
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	epoll = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	mq_attempt_all(&open, fd);
	mq_attempt_all(&add, fd);
}

/* ---- exit -------------------------------------------------------------------- */

static void exit_with_fault(void *nth)
{
	int fd = mq_dev();

	mq_fault_open();
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob unread"), 0);
	mq_fault_begin((long)nth);
	_exit(0);
}

MQ_TEST(fault_alloc_exit, "a process whose exit runs into faults leaves nothing behind",
	.params = "MAX_DEVICES=1")
{
	int fd = mq_dev();
	long nth;

	mq_fault_open();
	for (nth = 1; nth <= 20; nth++) {
		mq_join(mq_run(exit_with_fault, (void *)nth));
		MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
}
