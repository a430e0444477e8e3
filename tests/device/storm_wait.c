// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, stops and tracers during /wait; many threads in it.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

struct waiter {
	volatile int ready;
	volatile int end;
	volatile long handled, interrupted, received, sent;
	volatile long waits;
};

static struct waiter *waiter;

static void on_signal(int signal)
{
	(void)signal;
	waiter->handled++;
}

static void handle(int signal, int flags)
{
	struct sigaction action = {
		.sa_handler = on_signal, .sa_flags = flags,
	};

	MQ_OK(sigaction(signal, &action, NULL));
}

static int wait_somehow(int fd, struct mq_dice *dice)
{
	switch (mq_dice_throw(dice, 4)) {
	case 0:
		return mq_cmd(fd, "/wait");
	case 1:
		return mq_cmd(fd, "/wait 2147483647");
	case 2:
		return mq_cmd(fd, "/wait 0");
	default:
		return mq_cmdf(fd, "/wait %u", mq_dice_throw(dice, 4));
	}
}

/* The last message is a full stop. Returns whether this was it. */
static bool take_one(int fd, long *next)
{
	char text[32];
	ssize_t got = mq_read(fd, text, sizeof(text) - 1);

	MQ_GE(got, 1);
	text[got] = 0;
	if (text[0] == '.')
		return true;
	MQ_EQ(atol(text), *next);
	(*next)++;
	waiter->received++;
	return false;
}

/*
 * A 0 is a message, for certain; anything else is what it says. The first wait is one
 * that nothing but a message or a signal ends: whoever saw it asleep may count on that.
 */
static void waiter_main(void *arg)
{
	int fd = mq_dev(), error;
	struct mq_dice dice;
	long next = 0;

	waiter = arg;
	mq_dice_init(&dice, 7);
	handle(SIGUSR1, 0);
	handle(SIGUSR2, SA_RESTART);
	MQ_EQ(mq_cmd(fd, "/reg waiter"), 0);
	waiter->ready = 1;
	for (;;) {
		error = waiter->waits ? wait_somehow(fd, &dice) : mq_cmd(fd, "/wait");
		waiter->waits++;
		if (!error && take_one(fd, &next))
			break;
		if (error == -EINTR)
			waiter->interrupted++;
		else if (error)
			MQ_EQ(error, -ETIMEDOUT);
	}
	MQ_LE(waiter->interrupted, waiter->handled);
}

static void sender_main(void *arg)
{
	struct waiter *w = arg;
	struct mq_dice dice;
	int fd = mq_dev();

	mq_dice_init(&dice, 8);
	MQ_EQ(mq_cmd(fd, "/reg sender"), 0);
	while (!w->end) {
		/* Never so many that one could be overwritten. */
		if (w->sent - w->received < 50)
			MQ_EQ(mq_cmdf(fd, "/msg waiter %ld", w->sent++), 0);
		mq_dice_yield(&dice);
	}
	MQ_EQ(mq_cmd(fd, "/msg waiter ."), 0);
}

static pid_t start_waiter(struct waiter **w)
{
	pid_t pid;

	*w = mq_shared(sizeof(**w));
	pid = mq_run(waiter_main, *w);
	mq_shared_until(&(*w)->ready, 1);
	return pid;
}

static pid_t start(struct waiter **w, pid_t *sender)
{
	pid_t pid = start_waiter(w);

	*sender = mq_run(sender_main, *w);
	return pid;
}

/* The first signal finds it asleep, and with nobody there who could send. */
static void interrupt_first(struct waiter *w, pid_t pid)
{
	mq_until_asleep(pid, SYS_write);
	MQ_OK(kill(pid, SIGUSR1));
	while (!w->waits)
		mq_sleep_ms(1);
	MQ_EQ(w->handled, 1);
}

static void finish(struct waiter *w, pid_t pid, pid_t sender)
{
	w->end = 1;
	mq_join(sender);
	mq_join(pid);
	MQ_EQ(w->received, w->sent);
}

MQ_TEST(storm_wait_signals, "signals during /wait: EINTR only where a handler ran, no message is lost",
	.params = "QUEUE_LEN=64", .timeout = 200)
{
	long i, count = mq_storm_count(3000);
	struct mq_dice dice;
	struct waiter *w;
	pid_t sender, pid = start_waiter(&w);

	mq_dice_init(&dice, 9);
	interrupt_first(w, pid);
	sender = mq_run(sender_main, w);
	for (i = 0; i < count; i++) {
		MQ_OK(kill(pid, mq_dice_throw(&dice, 2) ? SIGUSR1 : SIGUSR2));
		/* It comes to handle some, or all would become one. */
		if (i % 8 == 0)
			while (w->handled < i / 8)
				sched_yield();
		mq_dice_yield(&dice);
	}
	finish(w, pid, sender);
	MQ_GE(w->interrupted, 1);
}

MQ_TEST(storm_wait_stops, "SIGSTOP and SIGCONT during /wait: it goes on, without EINTR",
	.params = "QUEUE_LEN=64", .timeout = 200)
{
	long i, count = mq_storm_count(500);
	struct waiter *w;
	pid_t sender, pid = start(&w, &sender);

	for (i = 0; i < count; i++) {
		mq_process_stop(pid);
		MQ_OK(kill(pid, SIGCONT));
		MQ_OK(kill(pid, SIGWINCH));
	}
	finish(w, pid, sender);
	MQ_EQ(w->interrupted, 0);
}

MQ_TEST(storm_wait_traced, "a tracer that interrupts /wait: it goes on, without EINTR",
	.params = "QUEUE_LEN=64", .timeout = 200)
{
	long i, count = mq_storm_count(500);
	struct waiter *w;
	pid_t sender, pid = start(&w, &sender);
	int status;

	MQ_OK(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	for (i = 0; i < count; i++) {
		MQ_OK(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
		MQ_EQ(waitpid(pid, &status, __WALL), pid);
		MQ_TRUE(WIFSTOPPED(status));
		MQ_OK(ptrace(PTRACE_CONT, pid, NULL, NULL));
	}
	MQ_OK(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	MQ_EQ(waitpid(pid, &status, __WALL), pid);
	MQ_OK(ptrace(PTRACE_DETACH, pid, NULL, NULL));
	finish(w, pid, sender);
	MQ_EQ(w->interrupted, 0);
}

/* ---- many threads in /wait -------------------------------------------------- */

#define THREADS 4

struct sleepers {
	int fd;
	volatile pid_t tids[THREADS];
	pthread_t threads[THREADS];
	volatile int number;
};

static void *sleeper_thread(void *arg)
{
	struct sleepers *s = arg;

	s->tids[mq_shared_add(&s->number, 1) - 1] = syscall(SYS_gettid);
	return (void *)(long)mq_cmd(s->fd, "/wait");
}

static void sleepers_start(struct sleepers *s)
{
	int i;

	s->number = 0;
	for (i = 0; i < THREADS; i++) {
		s->tids[i] = 0;
		MQ_EQ(pthread_create(&s->threads[i], NULL, sleeper_thread, s), 0);
	}
}

static void sleepers_join(struct sleepers *s, long result)
{
	void *got;
	int i;

	for (i = 0; i < THREADS; i++) {
		MQ_EQ(pthread_join(s->threads[i], &got), 0);
		MQ_EQ((long)got, result);
	}
}

MQ_TEST(storm_wait_unregister, "/unr ends every thread's /wait with ENOENT, wherever it is",
	.timeout = 200)
{
	long i, rounds = mq_storm_count(80);
	struct sleepers s = { .fd = mq_dev() };
	struct mq_dice dice;
	int t;

	mq_dice_init(&dice, 3);
	for (i = 0; i < rounds; i++) {
		MQ_EQ(mq_cmd(s.fd, "/reg me"), 0);
		sleepers_start(&s);
		/* Now and then all are asleep for certain. */
		for (t = 0; i % 8 == 0 && t < THREADS; t++) {
			mq_shared_until(&s.tids[t], 1);
			mq_until_asleep(s.tids[t], SYS_write);
		}
		mq_dice_yield(&dice);
		MQ_EQ(mq_cmd(s.fd, "/unr"), 0);
		sleepers_join(&s, -ENOENT);
	}
}

MQ_TEST(storm_wait_message, "one message ends every thread's /wait: it is still queued",
	.timeout = 200)
{
	long i, rounds = mq_storm_count(60);
	struct sleepers s = { .fd = mq_dev() };
	struct mq_dice dice;

	mq_dice_init(&dice, 4);
	MQ_EQ(mq_cmd(s.fd, "/reg me"), 0);
	for (i = 0; i < rounds; i++) {
		sleepers_start(&s);
		mq_dice_yield(&dice);
		MQ_EQ(mq_cmd(s.fd, "/msg me all up"), 0);
		sleepers_join(&s, 0);
		MQ_READS(s.fd, "all up");
	}
}

static void killed_main(void *arg)
{
	struct sleepers s = { .fd = mq_dev() };

	MQ_EQ(mq_cmd(s.fd, "/reg sleeper"), 0);
	sleepers_start(&s);
	mq_shared_add(arg, 1);
	sleepers_join(&s, 0);
}

MQ_TEST(storm_wait_killed, "SIGKILL ends a process with many threads in /wait; its name is free",
	.params = "MAX_DEVICES=1", .timeout = 200)
{
	long i, rounds = mq_storm_count(40);
	volatile int *ready = mq_shared(sizeof(*ready));
	struct mq_dice dice;
	pid_t pid;

	mq_dice_init(&dice, 5);
	for (i = 0; i < rounds; i++) {
		pid = mq_run(killed_main, (void *)ready);
		mq_shared_until(ready, i + 1);
		mq_dice_yield(&dice);
		MQ_OK(kill(pid, SIGKILL));
		MQ_TRUE(WIFSIGNALED(mq_wait_status(pid)));
	}
	mq_places_check(1);
}
