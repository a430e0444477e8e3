// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner is the open file: what carries the endpoint, and what ends it.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#define ROUNDS 10

static int sender;

/* Nobody can send to it, and its name is free. */
static void check_gone(const char *name)
{
	MQ_EQ(mq_frame_send_text(sender, name, "hi"), -ENOENT);
	MQ_TRUE(!mq_is_there(name));
	close(mq_bound(name));
}

static void check_there(const char *name)
{
	MQ_EQ(mq_frame_send_text(sender, name, "hi"), 0);
	MQ_EQ(mq_bind(mq_dev(), name), -EEXIST);
}

MQ_TEST(frame_owner_close, "close ends the endpoint at once: name and place are free, nobody can send to it",
	.params = "MAX_DEVICES=1")
{
	int i, bob;

	sender = mq_bound("");
	for (i = 0; i < ROUNDS; i++) {
		bob = mq_bound("bob");
		MQ_EQ(mq_bind(mq_dev(), "eve"), -ENOSPC);
		check_there("bob");
		close(bob);
		check_gone("bob");
	}
}

MQ_TEST(frame_owner_drops, "with it go its messages: who binds the name again finds an empty mailbox and number 1")
{
	int bob = mq_bound("bob"), i;

	sender = mq_bound("alice");
	for (i = 0; i < 5; i++)
		MQ_EQ(mq_frame_send_text(sender, "bob", "secret"), 0);
	close(bob);
	bob = mq_bound("bob");
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").accepted, 0);
	MQ_EQ(mq_frame_send_text(sender, "bob", "new"), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "new")->sequence, 1);
}

/* ---- however the process ends ------------------------------------------ */

enum end { EXITS, KILLED, CRASHES, THREAD_EXITS, EXEC_CLOSES };

struct ending {
	enum end how;
	volatile int ready;
};

MQ_HELPER(frame_owner_does_nothing)
{
	return 0;
}

static void *thread_exits(void *arg)
{
	(void)arg;
	_exit(0);
}

static void ends(void *arg)
{
	struct ending *ending = arg;
	pthread_t thread;

	mq_bound("bob");
	mq_bound("bob2");
	ending->ready = 1;
	switch (ending->how) {
	case EXITS:
		_exit(0);
	case KILLED:
		for (;;)
			pause();
	case CRASHES:
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case THREAD_EXITS:
		pthread_create(&thread, NULL, thread_exits, NULL);
		for (;;)
			pause();
	case EXEC_CLOSES:
		mq_exec("frame_owner_does_nothing", NULL);
	}
}

static void check_end(enum end how)
{
	struct ending *ending = mq_shared(sizeof(*ending));
	pid_t pid;
	int i;

	sender = mq_bound("");
	ending->how = how;
	for (i = 0; i < ROUNDS; i++) {
		ending->ready = 0;
		pid = mq_run(ends, ending);
		while (!ending->ready)
			mq_sleep_ms(1);
		if (how == KILLED) {
			check_there("bob");
			check_there("bob2");
			MQ_OK(kill(pid, SIGKILL));
		}
		mq_wait_status(pid);
		check_gone("bob");
		check_gone("bob2");
	}
}

MQ_TEST(frame_owner_exit, "after waitpid of a process that exited, its files' names are free", .params = "MAX_DEVICES=2")
{
	check_end(EXITS);
}

MQ_TEST(frame_owner_sigkill, "after waitpid of one that was killed", .params = "MAX_DEVICES=3")
{
	check_end(KILLED);
}

MQ_TEST(frame_owner_crash, "after waitpid of one that crashed", .params = "MAX_DEVICES=2",
	.log_may = "segfault")
{
	check_end(CRASHES);
}

MQ_TEST(frame_owner_thread, "after waitpid of one whose other thread exited", .params = "MAX_DEVICES=2")
{
	check_end(THREAD_EXITS);
}

MQ_TEST(frame_owner_cloexec, "exec closes what was opened O_CLOEXEC, and the endpoint ends", .params = "MAX_DEVICES=2")
{
	check_end(EXEC_CLOSES);
}

/* ---- what carries it --------------------------------------------------- */

MQ_HELPER(frame_owner_after_exec)
{
	int fd = atoi(argv[1]);

	MQ_FRAME_READS(fd, "bob", "before exec");
	MQ_EQ(mq_frame_send_text(fd, "bob", "after exec"), 0);
	MQ_EQ(MQ_FRAME_READS(fd, "bob", "after exec")->sequence, 2);
	MQ_EQ(mq_bind(fd, "eve"), -EBUSY);
	MQ_EQ(mq_status_of("bob").pid, getpid());
	return 0;
}

static void exec_bound(void *arg)
{
	int fd = mq_dev_flags(O_RDWR);
	char number[16];

	(void)arg;
	MQ_EQ(mq_bind(fd, "bob"), 0);
	MQ_EQ(mq_frame_send_text(fd, "bob", "before exec"), 0);
	snprintf(number, sizeof(number), "%d", fd);
	mq_exec("frame_owner_after_exec", number, NULL);
}

MQ_TEST(frame_owner_exec, "a file without O_CLOEXEC carries endpoint and messages over exec; the exit after it ends them")
{
	sender = mq_bound("");
	mq_join(mq_run(exec_bound, NULL));
	check_gone("bob");
}

MQ_TEST(frame_owner_dup, "dup makes another reference to the same endpoint; it ends with the last")
{
	int one = mq_bound("bob"), two, three;

	sender = mq_bound("alice");
	two = MQ_OK(dup(one));
	three = MQ_OK(fcntl(one, F_DUPFD_CLOEXEC, 100));
	MQ_EQ(mq_bind(two, "eve"), -EBUSY);
	MQ_EQ(mq_frame_send_text(sender, "bob", "1"), 0);
	MQ_EQ(mq_frame_send_text(sender, "bob", "2"), 0);
	MQ_FRAME_READS(two, "alice", "1");
	MQ_FRAME_READS(three, "alice", "2");
	close(one);
	check_there("bob");
	close(three);
	check_there("bob");
	MQ_EQ(mq_frame_send_text(two, "alice", "still bob"), 0);
	MQ_FRAME_READS(sender, "bob", "still bob");
	close(two);
	check_gone("bob");
}

MQ_TEST(frame_owner_reopen, "opening the device again, or by /proc/self/fd, makes a file that is not bound")
{
	int bob = mq_bound("bob"), again;
	char path[64];

	sender = mq_bound("");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", bob);
	again = MQ_OK(open(path, O_RDWR | O_CLOEXEC));
	MQ_EQ(mq_cmd(again, "/unr"), -ENOENT);
	close(bob);
	check_gone("bob");
}

static void child_reads(void *arg)
{
	int fd = *(int *)arg;

	MQ_FRAME_READS(fd, "alice", "one");
	MQ_EQ(mq_frame_send_text(fd, "alice", "from the child"), 0);
}

static void child_waits(void *arg)
{
	int fd = *(int *)arg;

	MQ_FRAME_READS(fd, "alice", "hi");
	MQ_FRAME_READS(fd, "alice", "last");
}

MQ_TEST(frame_owner_fork, "fork carries the endpoint: either process reads and writes; it ends when both have gone")
{
	int bob = mq_bound("bob");
	pid_t pid;

	sender = mq_bound("alice");
	MQ_EQ(mq_frame_send_text(sender, "bob", "one"), 0);
	MQ_EQ(mq_frame_send_text(sender, "bob", "two"), 0);
	mq_join(mq_run(child_reads, &bob));
	MQ_FRAME_READS(sender, "bob", "from the child");
	MQ_FRAME_READS(bob, "alice", "two");
	MQ_FRAME_EMPTY(bob);
	pid = mq_run(child_waits, &bob);
	close(bob);
	check_there("bob");
	MQ_EQ(mq_frame_send_text(sender, "bob", "last"), 0);
	mq_join(pid);
	check_gone("bob");
}

static int passing[2];

static void receives_file(void *arg)
{
	int fd = mq_file_receive(passing[1]);

	(void)arg;
	MQ_FRAME_READS(fd, "alice", "one");
	MQ_FRAME_READS(fd, "alice", "hi");
	MQ_EQ(mq_frame_send_text(fd, "alice", "got it"), 0);
	MQ_FRAME_READS(fd, "alice", "last");
}

MQ_TEST(frame_owner_passed, "SCM_RIGHTS carries the endpoint, its messages too; in flight it lives on")
{
	int bob;
	pid_t pid;

	sender = mq_bound("alice");
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passing));
	bob = mq_bound("bob");
	MQ_EQ(mq_frame_send_text(sender, "bob", "one"), 0);
	mq_file_send(passing[0], bob);
	close(bob);
	check_there("bob");
	pid = mq_run(receives_file, NULL);
	MQ_FRAME_READS(sender, "bob", "got it");
	MQ_EQ(mq_frame_send_text(sender, "bob", "last"), 0);
	mq_join(pid);
	check_gone("bob");
}

MQ_TEST(frame_owner_in_flight, "a descriptor in flight keeps the endpoint, and it ends with the socket")
{
	int bob;

	sender = mq_bound("");
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passing));
	bob = mq_bound("bob");
	mq_file_send(passing[0], bob);
	close(bob);
	check_there("bob");
	close(passing[0]);
	check_there("bob");
	close(passing[1]);
	check_gone("bob");
}

/* ---- a call in progress ------------------------------------------------ */

static volatile pid_t reader_tid;

static void *thread_reads(void *arg)
{
	static char room[128];

	reader_tid = gettid();
	return (void *)mq_frame_receive(*(int *)arg, room, 8);
}

MQ_TEST(frame_owner_call_in_progress, "a read in progress keeps the endpoint after close, until it has returned")
{
	int bob = mq_bound("bob");
	pthread_t thread;
	void *got;

	sender = mq_bound("alice");
	pthread_create(&thread, NULL, thread_reads, &bob);
	while (!reader_tid)
		mq_sleep_ms(1);
	mq_until_asleep(reader_tid, SYS_read);
	close(bob);
	MQ_TRUE(mq_is_there("bob"));
	MQ_EQ(mq_frame_send_text(sender, "bob", "last"), 0);
	pthread_join(thread, &got);
	MQ_EQ((long)got, 72);
	check_gone("bob");
}

static volatile pid_t writer_tid;

static void *thread_writes(void *arg)
{
	writer_tid = gettid();
	return (void *)(long)mq_frame_send_text(*(int *)arg, "full", "slept");
}

MQ_TEST(frame_owner_write_in_progress, "so does a write that sleeps for room: the message comes, from its name, and then it ends")
{
	int bob = mq_bound("bob"), full = mq_bound("full", .policy = MQ_POLICY_BLOCK, .depth = 1);
	pthread_t thread;
	void *result;

	sender = mq_bound("alice");
	MQ_EQ(mq_frame_send_text(sender, "full", "1"), 0);
	pthread_create(&thread, NULL, thread_writes, &bob);
	while (!writer_tid)
		mq_sleep_ms(1);
	mq_until_asleep(writer_tid, SYS_write);
	close(bob);
	MQ_TRUE(mq_is_there("bob"));
	MQ_FRAME_READS(full, "alice", "1");
	pthread_join(thread, &result);
	MQ_EQ((long)result, 0);
	MQ_FRAME_READS(full, "bob", "slept");
	check_gone("bob");
}

MQ_TEST(frame_owner_unload, "while a file is bound the module cannot be unloaded; behind it nothing is left",
	.no_module = true)
{
	int i, bob, nameless;

	for (i = 0; i < ROUNDS; i++) {
		MQ_EQ(mq_load("MAX_DEVICES=8"), 0);
		bob = mq_bound("bob", .depth = 100);
		nameless = mq_bound("");
		sender = mq_bound("alice");
		MQ_EQ(mq_frame_send_text(nameless, "bob", "hi"), 0);
		MQ_EQ(mq_frame_broadcast(bob, "hi"), 0);
		MQ_EQ(mq_unload(), -EWOULDBLOCK);
		close(nameless);
		close(sender);
		MQ_EQ(mq_unload(), -EWOULDBLOCK);
		close(bob);
		MQ_EQ(mq_unload(), 0);
	}
}

MQ_TEST(frame_owner_often, "bind and close, a thousand times: name and place are free each time",
	.params = "MAX_DEVICES=1", .timeout = 120)
{
	static const char *const names[] = { "bob", "a-name-of-twenty-3-byte" };
	int i, fd;

	for (i = 0; i < 1000; i++) {
		fd = mq_bound(names[i % 2]);
		if (i % 3)
			MQ_EQ(mq_frame_send_text(fd, names[i % 2], "hi"), 0);
		close(fd);
	}
}
