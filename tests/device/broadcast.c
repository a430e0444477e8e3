// SPDX-License-Identifier: GPL-2.0-only
/*
 * A broadcast reaches all endpoints, exactly once each.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <sched.h>
#include <sys/syscall.h>

#define SENDERS 3
#define RECEIVERS 12
#define BROADCASTS 100
#define BYSTANDERS 300
#define STACK 32768
#define MOST 4000
#define SIGNALS 20
#define ROUNDS 20

static struct mq_peer *start(const char *prefix, int number)
{
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_peer_cmdf(peer, "/reg %s%d", prefix, number), 0);
	return peer;
}

static long broadcast_many(int fd, long who)
{
	int i;

	for (i = 0; i < BROADCASTS; i++)
		MQ_EQ(mq_cmdf(fd, "/all %ld %d", who, i), 0);
	return 0;
}

/* In a receiver. Each sender's broadcasts are there in order, once, nothing else. */
static void read_all(int fd, int *count)
{
	char text[32];
	ssize_t got;
	int who, number;

	while ((got = mq_read(fd, text, sizeof(text) - 1)) != -EAGAIN) {
		MQ_GE(got, 1);
		text[got] = 0;
		MQ_EQ(sscanf(text, "%d %d", &who, &number), 2);
		MQ_TRUE(who >= 0 && who < SENDERS);
		MQ_EQ(number, count[who]);
		count[who]++;
	}
}

/* All broadcasts of each sender but WITHOUT. */
static long check_all(int fd, long without)
{
	int count[SENDERS] = { 0 };
	int i;

	read_all(fd, count);
	for (i = 0; i < SENDERS; i++)
		MQ_EQ(count[i], i == without ? 0 : BROADCASTS);
	return 0;
}

/* How many broadcasts of the only sender came. */
static long count_only(int fd, long arg)
{
	int count[SENDERS] = { 0 };

	(void)arg;
	read_all(fd, count);
	return count[0];
}

MQ_TEST(broadcast_once, "concurrent broadcasts reach every other endpoint exactly once each",
	.params = "QUEUE_LEN=300", .timeout = 120)
{
	struct mq_peer *sender[SENDERS], *receiver[RECEIVERS];
	int i;

	for (i = 0; i < SENDERS; i++)
		sender[i] = start("s", i);
	for (i = 0; i < RECEIVERS; i++)
		receiver[i] = start("r", i);
	for (i = 0; i < SENDERS; i++)
		mq_peer_do_begin(sender[i], broadcast_many, i);
	for (i = 0; i < SENDERS; i++)
		mq_peer_end(sender[i]);
	for (i = 0; i < RECEIVERS; i++)
		mq_peer_do(receiver[i], check_all, -1);
	for (i = 0; i < SENDERS; i++)
		mq_peer_do(sender[i], check_all, i);
}

/* ---- a walk that is long ------------------------------------------------- */

static int registered[2];

static int stand_by(void *arg)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmdf(fd, "/reg b%ld", (long)arg), 0);
	MQ_EQ(write(registered[1], "r", 1), 1);
	for (;;)
		pause();
	return 0;
}

/*
 * They only exist: what reached them is in their counters. They are processes
 * that share our memory, which makes them cheap; one of us runs at a time.
 */
static void start_bystanders(void)
{
	char *stacks = mq_shared(BYSTANDERS * STACK), byte;
	long i;

	MQ_OK(pipe(registered));
	for (i = 0; i < BYSTANDERS; i++) {
		MQ_OK(clone(stand_by, stacks + (i + 1) * STACK,
			    CLONE_VM | SIGCHLD, (void *)i));
		MQ_EQ(read(registered[0], &byte, 1), 1);
	}
}

/* The fewest and the most broadcasts that any of them got. */
static void count_bystanders(long long *fewest, long long *most)
{
	static struct mq_counters list[1024];
	int i, seen = 0, count = mq_counters_all(list, 1024);

	*fewest = MOST + 1;
	*most = -1;
	for (i = 0; i < count; i++) {
		if (list[i].name[0] != 'b')
			continue;
		seen++;
		if (list[i].accepted < *fewest)
			*fewest = list[i].accepted;
		if (list[i].accepted > *most)
			*most = list[i].accepted;
	}
	MQ_EQ(seen, BYSTANDERS);
}

/* Shared with those who come and go: how often each did, and when to stop. */
static struct goers {
	volatile int rounds[2], stop;
} *goers;

/* From the first broadcast on; before that it only has its place. */
static long come_and_go(int fd, long me)
{
	MQ_EQ(mq_cmdf(fd, "/reg x%ld", me), 0);
	MQ_EQ(mq_cmd(fd, "/wait"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	for (; !goers->stop; goers->rounds[me]++) {
		MQ_EQ(mq_cmdf(fd, "/reg x%ld", me), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
	return 0;
}

static long broadcast_meanwhile(int fd, long arg)
{
	int i;

	(void)arg;
	for (i = 0; i < MOST; i++) {
		if (i >= BROADCASTS && goers->rounds[0] >= ROUNDS &&
		    goers->rounds[1] >= ROUNDS)
			break;
		MQ_EQ(mq_cmdf(fd, "/all 0 %d", i), 0);
	}
	/* Who stood still comes and goes without them. */
	while (goers->rounds[0] < ROUNDS || goers->rounds[1] < ROUNDS)
		mq_sleep_ms(1);
	goers->stop = 1;
	return i;
}

MQ_TEST(broadcast_stable, "endpoints that exist throughout get each broadcast once while others come and go",
	.params = "QUEUE_LEN=4000 MAX_DEVICES=1024", .timeout = 180)
{
	struct mq_peer *goer[2], *receiver[2], *sender;
	long long fewest, most;
	long i, sent;

	goers = mq_shared(sizeof(*goers));
	sender = start("s", 0);
	/* Places before and behind the stable ones come and go. */
	for (i = 0; i < 2; i++) {
		goer[i] = mq_peer_start();
		mq_peer_do_begin(goer[i], come_and_go, i);
		mq_until_asleep(goer[i]->pid, SYS_write);
		receiver[i] = start("r", i);
		if (!i)
			start_bystanders();
	}
	sent = mq_peer_do(sender, broadcast_meanwhile, 0);
	for (i = 0; i < 2; i++) {
		MQ_EQ(mq_peer_end(goer[i]), 0);
		MQ_GE(goers->rounds[i], ROUNDS);
		MQ_EQ(mq_peer_do(receiver[i], count_only, 0), sent);
	}
	count_bystanders(&fewest, &most);
	MQ_EQ(fewest, sent);
	MQ_EQ(most, sent);
}

static long catches(int fd, long arg)
{
	(void)fd;
	mq_signal_catch(arg);
	return 0;
}

static long broadcast_disturbed(int fd, long arg)
{
	int i;

	(void)arg;
	for (i = 0; i < BROADCASTS || (mq_signals < SIGNALS && i < MOST); i++) {
		/* Who sends the signals may stand still: never ahead of their share. */
		while (mq_signals * MOST < i * SIGNALS)
			sched_yield();
		MQ_EQ(mq_cmdf(fd, "/all 0 %d", i), 0);
	}
	return i;
}

MQ_TEST(broadcast_signals, "signals do not end a broadcast half way",
	.params = "QUEUE_LEN=4000 MAX_DEVICES=1024", .timeout = 180)
{
	struct mq_peer *sender = start("s", 0);
	long long fewest, most;
	long sent;

	start_bystanders();
	mq_peer_do(sender, catches, 0);
	mq_peer_do_begin(sender, broadcast_disturbed, 0);
	while (!mq_peer_is_done(sender))
		MQ_OK(kill(sender->pid, SIGUSR1));
	sent = mq_peer_end(sender);
	MQ_LE(sent, MOST - 1);	/* so it caught enough of them */
	count_bystanders(&fewest, &most);
	MQ_EQ(fewest, sent);
	MQ_EQ(most, sent);
}

/* Until it is killed; no mailbox overflows meanwhile. */
static long broadcast_on(int fd, long arg)
{
	int i;

	(void)arg;
	for (i = 0; i < MOST; i++)
		MQ_EQ(mq_cmdf(fd, "/all 0 %d", i), 0);
	pause();
	return 0;
}

MQ_TEST(broadcast_killed, "SIGKILL of the sender ends its last broadcast half way at most",
	.params = "QUEUE_LEN=4000 MAX_DEVICES=1024", .timeout = 180)
{
	struct mq_peer *sender = start("s", 0), *receiver[2];
	long long fewest, most, count;
	int i;

	receiver[0] = start("r", 0);
	start_bystanders();
	receiver[1] = start("r", 1);
	mq_peer_do_begin(sender, broadcast_on, 0);
	MQ_EQ(mq_peer_cmd(receiver[1], "/wait"), 0);
	mq_peer_kill(sender, SIGKILL);
	count_bystanders(&fewest, &most);
	MQ_GE(fewest, 1);
	MQ_LE(most - fewest, 1);
	for (i = 0; i < 2; i++) {
		count = mq_peer_do(receiver[i], count_only, 0);
		MQ_GE(count, fewest);
		MQ_LE(count, most);
	}
}
