// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader that sleeps in the page fault of its own buffer, as long as it
 * likes: nobody but that process waits for it.
 *
 * userfaultfd holds the fault until the test resolves it, so nothing here
 * depends on time: what would wait for the reader waits for ever, and the
 * test's timeout tells.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"
#include "storm_lib.h"

#include <sys/syscall.h>
#include <sys/uio.h>

#define TEXT "the message that is being read"

/* What the parent may ask of the process with the held reader, in order. */
enum wish { NOTHING, ANOTHER_READ, UNREGISTER, RESOLVE, COUNT, LEAVE };

/* That process, with its threads; shared with the parent. */
struct held {
	volatile int ready;	/* the reader is in its fault */
	volatile int wish[8];	/* asked, one after the other */
	volatile int wishes, granted;
	volatile long result[8];
	volatile long read_result;
	volatile pid_t second;	/* the second reader's thread */
	int fd;
	pid_t pid;
};

static long held_read(int fd, void *page)
{
	return mq_read(fd, page, MQ_PAGE);
}

static void *held_second_reader(void *arg)
{
	struct held *held = arg;
	char text[100];

	held->second = syscall(SYS_gettid);
	return (void *)mq_read(held->fd, text, sizeof(text));
}

static void *held_unregister(void *arg)
{
	struct held *held = arg;

	return (void *)(long)mq_cmd(held->fd, "/unr");
}

static long join(pthread_t thread)
{
	void *result;

	MQ_EQ(pthread_join(thread, &result), 0);
	return (long)result;
}

static void held_main(void *arg)
{
	pthread_t second = 0, unregister = 0;
	struct held *held = arg;
	struct mq_held *reader;
	int i;

	held->fd = mq_dev();
	MQ_EQ(mq_cmd(held->fd, "/reg held"), 0);
	MQ_EQ(mq_cmd(held->fd, "/msg held " TEXT), 0);
	reader = mq_held_begin(held_read, held->fd);
	held->ready = 1;

	for (i = 0;; i++) {
		mq_shared_until(&held->wishes, i + 1);
		switch (held->wish[i]) {
		case ANOTHER_READ:
			pthread_create(&second, NULL, held_second_reader, held);
			break;
		case UNREGISTER:
			pthread_create(&unregister, NULL, held_unregister, held);
			break;
		case RESOLVE:
			held->read_result = mq_held_end(reader, "", 0);
			if (held->read_result > 0)
				MQ_BYTES(reader->page, held->read_result, TEXT);
			break;
		case COUNT:
			if (second)
				held->result[0] = join(second);
			if (unregister)
				held->result[1] = join(unregister);
			break;
		case LEAVE:
			_exit(0);
		}
		mq_shared_add(&held->granted, 1);
	}
}

static struct held *held_new(void)
{
	struct held *held = mq_shared(sizeof(*held));

	mq_held_need();
	held->pid = mq_run(held_main, held);
	mq_shared_until(&held->ready, 1);
	return held;
}

static void held_ask(struct held *held, enum wish wish)
{
	held->wish[held->wishes] = wish;
	mq_shared_add(&held->wishes, 1);
	if (wish != LEAVE)
		mq_shared_until(&held->granted, held->wishes);
}

/* Everything that others do with the device; none of it may wait. */
static void others_do_all(int fd, const char *held_name)
{
	struct mq_peer *peer = mq_peer_start();
	struct mq_counters list[8];
	int i;

	MQ_EQ(mq_peer_cmd(peer, "/reg peer"), 0);
	for (i = 0; i < 20; i++) {
		if (held_name)
			MQ_EQ(mq_send_text(fd, held_name, "to the held one"), 0);
		MQ_EQ(mq_cmd(fd, "/all to everyone"), 0);
		MQ_PEER_READS(peer, "to everyone");
		MQ_EQ(mq_peer_cmd(peer, "/msg me back"), 0);
		MQ_READS(fd, "back");
	}
	MQ_GE(mq_counters_all(list, 8), 2);
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg peer"), 0);
	mq_peer_kill(peer, SIGKILL);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg peer"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
}

static int me_new(void)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	return fd;
}

MQ_TEST(fault_held_unregister, "another thread unregisters meanwhile; others go on and take the name")
{
	struct held *held = held_new();
	int fd = me_new(), taker = mq_dev();
	struct mq_counters c;

	/* It may wait for its own reader, so this asks for no result yet. */
	held_ask(held, UNREGISTER);
	others_do_all(fd, NULL);
	held_ask(held, RESOLVE);
	held_ask(held, COUNT);
	MQ_EQ(held->result[1], 0);
	MQ_TRUE(held->read_result == (long)strlen(TEXT) ||
		held->read_result == -ENOENT);
	MQ_EQ(mq_send_text(fd, "held", "gone"), -ENOENT);
	MQ_EQ(mq_counters("held", &c), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(taker, "/reg held"), 0);
	held_ask(held, LEAVE);
	mq_join(held->pid);
}

MQ_TEST(fault_held_kill, "SIGKILL ends a reader in a page fault; the name is free after waitpid")
{
	struct held *held = held_new();
	int fd = me_new(), taker = mq_dev();

	MQ_OK(kill(held->pid, SIGKILL));
	MQ_TRUE(WIFSIGNALED(mq_wait_status(held->pid)));
	MQ_EQ(mq_send_text(fd, "held", "gone"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(taker, "/reg held"), 0);
	MQ_EQ(mq_read(taker, &(char){ 0 }, 1), -EAGAIN);
	MQ_EQ(mq_cmd(taker, "/unr"), 0);
	MQ_EQ(mq_cmd(taker, "/reg me"), 0);
	others_do_all(taker, NULL);
}

MQ_TEST(fault_held_second, "a second reader of the same process waits for the first, and gets the next message",
	.params = "QUEUE_LEN=1000")
{
	struct held *held = held_new();
	int fd = me_new();

	MQ_EQ(mq_send_text(fd, "held", "the next one"), 0);
	held_ask(held, ANOTHER_READ);
	mq_shared_until(&held->second, 1);
	mq_until_asleep(held->second, SYS_read);
	others_do_all(fd, "held");
	held_ask(held, RESOLVE);
	held_ask(held, COUNT);
	MQ_EQ(held->read_result, strlen(TEXT));
	MQ_EQ(held->result[0], strlen("the next one"));
	held_ask(held, LEAVE);
	mq_join(held->pid);
}

MQ_TEST(fault_held_second_killed, "SIGKILL ends that waiting, too")
{
	struct held *held = held_new();
	int fd = me_new();

	held_ask(held, ANOTHER_READ);
	mq_shared_until(&held->second, 1);
	mq_until_asleep(held->second, SYS_read);
	MQ_OK(kill(held->pid, SIGKILL));
	MQ_TRUE(WIFSIGNALED(mq_wait_status(held->pid)));
	MQ_EQ(mq_send_text(fd, "held", "gone"), -ENOENT);
}

/* In one process: the first thread holds, this one must not wait. */
MQ_TEST(fault_held_nonblock, "with O_NONBLOCK or RWF_NOWAIT a second reader gets EAGAIN at once")
{
	int fd = mq_dev(), nonblock = mq_dev_flags(O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char text[100];
	struct iovec iov = { text, sizeof(text) };
	struct mq_held *held;
	ssize_t got;

	MQ_EQ(mq_cmd(fd, "/reg held"), 0);
	MQ_EQ(mq_cmd(fd, "/msg held " TEXT), 0);
	MQ_EQ(mq_cmd(fd, "/msg held second"), 0);
	held = mq_held_begin(held_read, fd);

	MQ_EQ(mq_read(nonblock, text, sizeof(text)), -EAGAIN);
	MQ_ERR(preadv2(fd, &iov, 1, -1, RWF_NOWAIT), EAGAIN);
	/* The same thread still sends, waits, polls and asks for names. */
	MQ_EQ(mq_cmd(nonblock, "/wait"), 0);
	MQ_EQ(mq_cmd(nonblock, "/from on"), 0);
	MQ_EQ(mq_cmd(nonblock, "/from off"), 0);
	MQ_EQ(mq_cmd(nonblock, "/msg held third"), 0);
	MQ_EQ(mq_poll(nonblock), POLLIN | POLLOUT);

	got = mq_held_end(held, "", 0);
	MQ_BYTES(held->page, got, TEXT);
	MQ_READS(nonblock, "second");
	MQ_BYTES(text, preadv2(fd, &iov, 1, -1, RWF_NOWAIT), "third");
	MQ_EQ(mq_read(nonblock, text, sizeof(text)), -EAGAIN);
}
