// SPDX-License-Identifier: GPL-2.0-only
/*
 * /wait [MS]: sleeps until the own mailbox holds a message.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>

static struct mq_peer *start(const char *name)
{
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_peer_cmdf(peer, "/reg %s", name), 0);
	return peer;
}

/* A peer that sleeps in COMMAND. */
static struct mq_peer *start_waiting(const char *name, const char *command)
{
	struct mq_peer *peer = start(name);

	mq_peer_cmd_begin(peer, command);
	mq_until_asleep(peer->pid, SYS_write);
	return peer;
}

static int registered(const char *name)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	return fd;
}

MQ_TEST(wait_holds, "/wait succeeds at once while the mailbox holds a message")
{
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_EQ(mq_cmd(fd, "/wait 0"), 0);
	MQ_EQ(mq_cmd(fd, "/wait 1000000000"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/wait 0"), -ETIMEDOUT);
}

MQ_TEST(wait_woken, "/wait sleeps until a message comes, by /msg or /all")
{
	static const char *const waits[] = { "/wait", "/wait 2147483647" };
	struct mq_peer *alice = start("alice");
	struct mq_peer *bob = start("bob");
	int i;

	for (i = 0; i < 4; i++) {
		mq_peer_cmd_begin(bob, waits[i & 1]);
		mq_until_asleep(bob->pid, SYS_write);
		MQ_TRUE(!mq_peer_is_done(bob));
		MQ_EQ(mq_peer_cmd(alice, i & 2 ? "/all hi" : "/msg bob hi"), 0);
		MQ_EQ(mq_peer_end(bob), strlen(waits[i & 1]));
		MQ_PEER_READS(bob, "hi");
	}
}

MQ_TEST(wait_times_out, "/wait MS is ETIMEDOUT, and not before MS milliseconds")
{
	static const int times[] = { 0, 1, 50, 300 };
	int fd = registered("bob");
	int i;

	for (i = 0; i < 4; i++) {
		struct timespec a, b;
		long long passed;

		clock_gettime(CLOCK_MONOTONIC, &a);
		MQ_EQ(mq_cmdf(fd, "/wait %d", times[i]), -ETIMEDOUT);
		clock_gettime(CLOCK_MONOTONIC, &b);
		passed = (b.tv_sec - a.tv_sec) * 1000000000LL +
			 b.tv_nsec - a.tv_nsec;
		MQ_GE(passed, times[i] * 1000000LL);
	}
}

MQ_TEST(wait_range, "/wait takes one decimal number from 0 to 2^31-1, else EINVAL")
{
	static const char *const wrong[] = {
		"/wait 2147483648", "/wait 4294967295", "/wait 4294967296",
		"/wait 9223372036854775808", "/wait 18446744073709551616",
		"/wait 99999999999999999999999999", "/wait -1", "/wait -0",
		"/wait +1", "/wait 1.5", "/wait 1e3", "/wait 0x10", "/wait 1 2",
		"/wait 1 x", "/wait x", "/wait 1x", "/wait ten", "/wait 10ms",
		NULL
	};
	int fd = registered("bob");
	int i;

	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	for (i = 0; wrong[i]; i++)
		if (mq_cmd(fd, wrong[i]) != -EINVAL)
			MQ_FAIL("\"%s\" is not EINVAL", wrong[i]);
	MQ_EQ(mq_cmd(fd, "/wait 2147483647"), 0);
	MQ_EQ(mq_cmd(fd, "/wait 0"), 0);
}

MQ_TEST(wait_order_of_errors, "/wait: EINVAL, ENOENT, EAGAIN, ETIMEDOUT in this order")
{
	int fd = mq_dev_flags(O_RDWR | O_NONBLOCK);

	MQ_EQ(mq_cmd(fd, "/wait x"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/wait"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/wait 0"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/wait x"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/wait 0"), -EAGAIN);
	MQ_EQ(mq_cmd(fd, "/wait 1"), -EAGAIN);
	MQ_EQ(fcntl(fd, F_SETFL, 0), 0);
	MQ_EQ(mq_cmd(fd, "/wait 0"), -ETIMEDOUT);
}

MQ_TEST(wait_nonblock, "/wait is EAGAIN at once when empty and O_NONBLOCK")
{
	int fd = mq_dev_flags(O_RDWR | O_NONBLOCK);

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/wait"), -EAGAIN);
	MQ_EQ(mq_cmd(fd, "/wait 2147483647"), -EAGAIN);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_EQ(mq_cmd(fd, "/wait 5"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/wait"), -EAGAIN);
}

static void *waiting_thread(void *arg)
{
	int fd = mq_dev();

	*(pid_t *)arg = gettid();
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	return NULL;
}

MQ_TEST(wait_all_threads, "one message ends /wait of every thread of the process")
{
	volatile pid_t tid[3] = { 0 };
	struct mq_peer *alice = start("alice");
	pthread_t thread[3];
	int fd = registered("bob");
	int i;

	for (i = 0; i < 3; i++) {
		pthread_create(&thread[i], NULL, waiting_thread, (void *)&tid[i]);
		while (!tid[i])
			mq_sleep_ms(1);
		mq_until_asleep(tid[i], SYS_write);
	}
	MQ_EQ(mq_peer_cmd(alice, "/msg bob hi"), 0);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	MQ_READS(fd, "hi");
}

/* In a peer: /wait is ended by SIGUSR1, which is caught with FLAGS. */
static long wait_caught(int fd, long flags)
{
	int result;

	mq_signal_catch(flags);
	result = mq_cmd(fd, "/wait");
	MQ_EQ(mq_signals, 1);
	return result;
}

static long wait_caught_timed(int fd, long flags)
{
	int result;

	mq_signal_catch(flags);
	result = mq_cmd(fd, "/wait 2000000000");
	MQ_EQ(mq_signals, 1);
	return result;
}

MQ_TEST(wait_handler, "a signal handler that runs ends /wait with EINTR, also with SA_RESTART")
{
	static const int flags[] = { 0, SA_RESTART };
	struct mq_peer *bob = start("bob");
	int i;

	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(bob, wait_caught, flags[i]);
		mq_until_asleep(bob->pid, SYS_write);
		MQ_OK(kill(bob->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(bob), -EINTR);
		mq_peer_do_begin(bob, wait_caught_timed, flags[i]);
		mq_until_asleep(bob->pid, SYS_write);
		MQ_OK(kill(bob->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(bob), -EINTR);
	}
	/* And /wait works as before. */
	mq_peer_cmd_begin(bob, "/wait");
	mq_until_asleep(bob->pid, SYS_write);
	MQ_EQ(mq_cmd(registered("alice"), "/msg bob hi"), 0);
	MQ_EQ(mq_peer_end(bob), 5);
}

MQ_TEST(wait_stopped, "after SIGSTOP and SIGCONT /wait goes on")
{
	static const char *const waits[] = { "/wait", "/wait 2000000000" };
	int fd = registered("alice");
	int i, j;

	for (i = 0; i < 2; i++) {
		struct mq_peer *bob = start_waiting("bob", waits[i]);

		for (j = 0; j < 3; j++) {
			mq_process_stop(bob->pid);
			mq_process_continue(bob->pid);
			mq_until_asleep(bob->pid, SYS_write);
		}
		MQ_TRUE(!mq_peer_is_done(bob));
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		MQ_EQ(mq_peer_end(bob), strlen(waits[i]));
		mq_peer_exit(bob);
	}
}

MQ_TEST(wait_stopped_times_out, "after a stop /wait MS still times out, not before MS")
{
	struct mq_peer *bob = start("bob");
	long long began = mq_now_ms();

	mq_peer_cmd_begin(bob, "/wait 3000");
	mq_until_asleep(bob->pid, SYS_write);
	mq_process_stop(bob->pid);
	mq_process_continue(bob->pid);
	MQ_EQ(mq_peer_end(bob), -ETIMEDOUT);
	MQ_GE(mq_now_ms() - began, 3000);
}

MQ_TEST(wait_stopped_message, "a message that came during a stop is there after it")
{
	struct mq_peer *bob = start_waiting("bob", "/wait");
	int fd = registered("alice");

	mq_process_stop(bob->pid);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	mq_process_continue(bob->pid);
	MQ_EQ(mq_peer_end(bob), 5);
	MQ_PEER_READS(bob, "hi");
}

MQ_TEST(wait_traced, "a tracer that comes and goes does not end /wait")
{
	struct mq_peer *bob = start_waiting("bob", "/wait");
	int fd = registered("alice"), status;

	MQ_OK(ptrace(PTRACE_SEIZE, bob->pid, 0, 0));
	MQ_OK(ptrace(PTRACE_INTERRUPT, bob->pid, 0, 0));
	MQ_EQ(waitpid(bob->pid, &status, __WALL), bob->pid);
	MQ_TRUE(WIFSTOPPED(status));
	MQ_OK(ptrace(PTRACE_DETACH, bob->pid, 0, 0));
	mq_until_asleep(bob->pid, SYS_write);
	MQ_TRUE(!mq_peer_is_done(bob));
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_peer_end(bob), 5);
}

static long ignore_signals(int fd, long arg)
{
	(void)fd;
	(void)arg;
	MQ_TRUE(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	return 0;
}

MQ_TEST(wait_ignored_signals, "signals without a handler that do not kill leave /wait alone")
{
	struct mq_peer *bob = start("bob");
	int fd = registered("alice");

	mq_peer_do(bob, ignore_signals, 0);
	mq_peer_cmd_begin(bob, "/wait");
	mq_until_asleep(bob->pid, SYS_write);
	MQ_OK(kill(bob->pid, SIGUSR1));
	MQ_OK(kill(bob->pid, SIGCHLD));
	MQ_OK(kill(bob->pid, SIGURG));
	MQ_OK(kill(bob->pid, SIGCONT));
	mq_until_asleep(bob->pid, SYS_write);
	MQ_TRUE(!mq_peer_is_done(bob));
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_peer_end(bob), 5);
}

MQ_TEST(wait_killed, "SIGKILL ends a process in /wait, and its endpoint")
{
	struct mq_peer *bob = start_waiting("bob", "/wait");
	int fd = registered("alice");

	mq_peer_kill(bob, SIGKILL);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
}

static volatile pid_t waiter_tid;

static void *expects_enoent(void *arg)
{
	waiter_tid = gettid();
	MQ_EQ(mq_cmd(*(int *)arg, "/wait"), -ENOENT);
	return NULL;
}

MQ_TEST(wait_unregistered, "/wait is ENOENT when another thread unregisters meanwhile")
{
	int fd = registered("bob");
	pthread_t thread;
	int again;

	for (again = 0; again < 2; again++) {
		waiter_tid = 0;
		pthread_create(&thread, NULL, expects_enoent, &fd);
		while (!waiter_tid)
			mq_sleep_ms(1);
		mq_until_asleep(waiter_tid, SYS_write);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
		/* The new registration does not keep the old sleeper. */
		MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
		pthread_join(thread, NULL);
	}
}

MQ_TEST(wait_staged, "/wait counts a message that is partly read")
{
	char byte;
	int fd = registered("bob");

	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_read(fd, &byte, 1), 1);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_READS(fd, "i");
	MQ_EQ(mq_cmd(fd, "/wait 0"), -ETIMEDOUT);
}

MQ_TEST(wait_monotonic, "a clock that is set does not change how long /wait MS waits")
{
	static const long shifts[] = { 100000, -100000 };
	struct mq_peer *bob = start("bob");
	long long began;
	int i;

	for (i = 0; i < 2; i++) {
		began = mq_now_ms();
		mq_peer_cmd_begin(bob, "/wait 3000");
		mq_until_asleep(bob->pid, SYS_write);
		mq_clock_shift(shifts[i]);
		MQ_EQ(mq_peer_end(bob), -ETIMEDOUT);
		MQ_GE(mq_now_ms() - began, 3000);
	}
}
