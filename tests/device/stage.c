// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a read has begun to take is safe in the reader's stage.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static int registered(const char *name)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	return fd;
}

static void send_numbers(int fd, int from, int to)
{
	int i;

	for (i = from; i <= to; i++)
		MQ_EQ(mq_cmdf(fd, "/msg bob %d", i), 0);
}

static void *no_memory(void)
{
	void *page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MQ_TRUE(page != MAP_FAILED);
	return page;
}

MQ_TEST(stage_begun_is_safe, "what a read has begun is not overwritten and stays first in line",
	.params = "QUEUE_LEN=3")
{
	char byte;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob begun"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	send_numbers(fd, 1, 10);
	MQ_READS(fd, "egun");
	MQ_READS(fd, "8");
	MQ_READS(fd, "9");
	MQ_READS(fd, "10");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(stage_takes_no_slot, "what is staged takes no slot of the mailbox",
	.params = "QUEUE_LEN=3")
{
	struct mq_counters c;
	char byte;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob begun"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	send_numbers(fd, 1, 3);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.overwritten, 0);
	MQ_EQ(c.queued, 4);
	send_numbers(fd, 4, 4);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.overwritten, 1);
	MQ_EQ(c.queued, 4);
	MQ_READS(fd, "egun");
	MQ_READS(fd, "2");
}

MQ_TEST(stage_is_queued, "what is staged counts as queued: EPOLLIN, /wait, not empty")
{
	struct mq_counters c;
	char byte;
	int fd = mq_dev_flags(O_RDWR | O_NONBLOCK);

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.queued, 1);
	MQ_EQ(c.delivered, 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_READS(fd, "i");
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.queued, 0);
	MQ_EQ(c.delivered, 1);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/wait"), -EAGAIN);
}

MQ_TEST(stage_after_efault, "what is staged stays staged after EFAULT and after a short buffer",
	.params = "QUEUE_LEN=3")
{
	void *nowhere = no_memory();
	char buffer[8];
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob first"), 0);
	MQ_ERR(read(fd, nowhere, 5), EFAULT);
	send_numbers(fd, 1, 5);
	MQ_EQ(mq_read(fd, buffer, 2), 2);
	MQ_TRUE(!memcmp(buffer, "fi", 2));
	send_numbers(fd, 6, 10);
	MQ_ERR(read(fd, nowhere, 5), EFAULT);
	send_numbers(fd, 11, 15);
	MQ_READS(fd, "rst");
	MQ_READS(fd, "13");
	MQ_READS(fd, "14");
	MQ_READS(fd, "15");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(stage_holds_one, "the stage of a text reader holds one message", .params = "QUEUE_LEN=3")
{
	char byte;
	int fd = registered("bob");

	send_numbers(fd, 10, 12);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	/* 10 is staged, 11 and 12 are not: they can be overwritten. */
	send_numbers(fd, 13, 15);
	MQ_READS(fd, "0");
	MQ_READS(fd, "13");
	MQ_READS(fd, "14");
	MQ_READS(fd, "15");
}

MQ_TEST(stage_full_depth_1, "with QUEUE_LEN=1 a begun message and the newest are both kept",
	.params = "QUEUE_LEN=1")
{
	char byte;
	int fd = registered("bob");
	int i;

	MQ_EQ(mq_cmd(fd, "/msg bob 0-"), 0);
	for (i = 1; i < 50; i++) {
		char text[16];

		MQ_EQ(mq_read(fd, &byte, 1), 1);
		MQ_EQ(mq_cmd(fd, "/msg bob lost"), 0);
		MQ_EQ(mq_cmdf(fd, "/msg bob %d-", i % 10), 0);
		MQ_EQ(byte, '0' + (i - 1) % 10);
		snprintf(text, sizeof(text), "-");
		MQ_READS(fd, text);
	}
}

MQ_TEST(stage_unr, "/unr drops what is staged too")
{
	char byte;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob secret"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), -EAGAIN);
	MQ_EQ(mq_cmd(fd, "/msg bob new"), 0);
	MQ_READS(fd, "new");
}

/* ---- a reader that is held in the middle of its copy ----------------------- */

static long held_read(int fd, void *page)
{
	return mq_read(fd, page, 64);
}

MQ_TEST(stage_copy_safe, "a message is not overwritten while it is being copied; senders do not wait for the copy",
	.params = "QUEUE_LEN=3")
{
	struct mq_held *held;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob first"), 0);
	held = mq_held_begin(held_read, fd);
	send_numbers(fd, 1, 10);
	MQ_EQ(mq_cmd(fd, "/all x"), 0);
	MQ_BYTES(held->page, mq_held_end(held, "", 0), "first");
	MQ_READS(fd, "8");
	MQ_READS(fd, "9");
	MQ_READS(fd, "10");
}

MQ_TEST(stage_copy_queued, "a message that is being copied counts as queued")
{
	struct mq_counters c;
	struct mq_held *held;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob first"), 0);
	held = mq_held_begin(held_read, fd);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.queued, 1);
	MQ_EQ(c.delivered, 0);
	MQ_BYTES(held->page, mq_held_end(held, "", 0), "first");
	MQ_EQ(mq_counters("bob", &c), 0);
	MQ_EQ(c.queued, 0);
	MQ_EQ(c.delivered, 1);
}

MQ_TEST(stage_second_nonblock, "while a read copies, a second one gets EAGAIN with O_NONBLOCK or RWF_NOWAIT")
{
	int nonblock = mq_dev_flags(O_RDWR | O_NONBLOCK);
	char buffer[8];
	struct iovec part = { buffer, sizeof(buffer) };
	struct mq_held *held;
	int fd = registered("bob");

	send_numbers(fd, 1, 3);
	held = mq_held_begin(held_read, fd);
	MQ_EQ(mq_read(nonblock, buffer, sizeof(buffer)), -EAGAIN);
	MQ_ERR(preadv2(fd, &part, 1, -1, RWF_NOWAIT), EAGAIN);
	MQ_BYTES(held->page, mq_held_end(held, "", 0), "1");
	MQ_READS(nonblock, "2");
	MQ_BYTES(buffer, preadv2(fd, &part, 1, -1, RWF_NOWAIT), "3");
}

static volatile pid_t second_tid;
static volatile ssize_t second_result;
static char second_bytes[64];

static void *second_read(void *arg)
{
	second_tid = gettid();
	second_result = mq_read(*(int *)arg, second_bytes, 64);
	return NULL;
}

MQ_TEST(stage_second_waits, "one read per mailbox runs at a time: a second one waits and gets the next message")
{
	pthread_t thread;
	struct mq_held *held;
	int fd = registered("bob");

	send_numbers(fd, 1, 3);
	held = mq_held_begin(held_read, fd);
	pthread_create(&thread, NULL, second_read, &fd);
	while (!second_tid)
		mq_sleep_ms(1);
	mq_until_asleep(second_tid, SYS_read);
	MQ_EQ(second_result, 0);
	MQ_BYTES(held->page, mq_held_end(held, "", 0), "1");
	pthread_join(thread, NULL);
	MQ_BYTES(second_bytes, second_result, "2");
	MQ_READS(fd, "3");
}

MQ_TEST(stage_copy_unr, "/unr while a read copies neither waits for it nor harms it")
{
	struct mq_held *held;
	ssize_t got;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob first"), 0);
	held = mq_held_begin(held_read, fd);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob new"), 0);
	MQ_READS(fd, "new");
	got = mq_held_end(held, "", 0);
	if (got >= 0)
		MQ_BYTES(held->page, got, "first");
	else
		MQ_EQ(got, -ENOENT);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

static int ready[2];

static void held_until_killed(void *arg)
{
	int fd = registered("bob");

	(void)arg;
	send_numbers(fd, 1, 3);
	mq_held_begin(held_read, fd);
	MQ_EQ(write(ready[1], "r", 1), 1);
	for (;;)
		pause();
}

MQ_TEST(stage_copy_killed, "a process that is killed in the middle of a read ends like any other")
{
	char byte;
	pid_t pid;
	int i, fd = registered("alice");

	mq_held_need();
	MQ_OK(pipe(ready));
	for (i = 0; i < 5; i++) {
		pid = mq_run(held_until_killed, NULL);
		MQ_EQ(read(ready[0], &byte, 1), 1);
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		MQ_OK(kill(pid, SIGKILL));
		MQ_EQ(mq_wait_status(pid), SIGKILL);
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
	}
}
