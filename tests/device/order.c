// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of one sender keep their order, also under contention.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#define SENDERS 4
#define MESSAGES 300
#define RECEIVERS 12
#define THREADS 4
#define BROADCASTS 500

static long send_many(int fd, long who)
{
	int i;

	for (i = 1; i <= MESSAGES; i++)
		MQ_EQ(mq_cmdf(fd, "/msg bob %ld %d", who, i), 0);
	return 0;
}

static bool all_done(struct mq_peer **peer, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!mq_peer_is_done(peer[i]))
			return false;
	return true;
}

/* Reads what is there; each sender's numbers may only grow. */
static int read_ordered(int fd, int *last)
{
	char text[64];
	int count = 0, who, number;
	ssize_t got;

	while ((got = mq_read(fd, text, sizeof(text) - 1)) != -EAGAIN) {
		MQ_GE(got, 1);
		text[got] = 0;
		MQ_EQ(sscanf(text, "%d %d", &who, &number), 2);
		MQ_TRUE(who >= 0 && who < SENDERS);
		if (number <= last[who])
			MQ_FAIL("sender %d: %d came after %d", who, number,
				last[who]);
		last[who] = number;
		count++;
	}
	return count;
}

/* How many of the messages were read. */
static int contend(void)
{
	struct mq_peer *peer[SENDERS];
	int last[SENDERS] = { 0 };
	int i, count = 0, fd = mq_dev();
	bool done;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < SENDERS; i++) {
		peer[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(peer[i], "/reg p%d", i), 0);
	}
	for (i = 0; i < SENDERS; i++)
		mq_peer_do_begin(peer[i], send_many, i);
	do {
		done = all_done(peer, SENDERS);
		count += read_ordered(fd, last);
	} while (!done);
	for (i = 0; i < SENDERS; i++)
		mq_peer_end(peer[i]);
	return count;
}

MQ_TEST(order_without_loss, "messages of one sender keep their order under contention, none missing",
	.params = "QUEUE_LEN=1200", .timeout = 120)
{
	MQ_EQ(contend(), SENDERS * MESSAGES);
}

MQ_TEST(order_with_loss, "messages of one sender keep their order where others are overwritten",
	.params = "QUEUE_LEN=3", .timeout = 120)
{
	MQ_GE(contend(), 3);
}

static long send_mixed(int fd, long who)
{
	int i;

	for (i = 1; i <= MESSAGES; i++)
		MQ_EQ(mq_cmdf(fd, i % 3 ? "/msg bob %ld %d" : "/all %ld %d",
			      who, i), 0);
	return 0;
}

MQ_TEST(order_mixed, "messages and broadcasts of one sender keep their order among each other",
	.params = "QUEUE_LEN=1200", .timeout = 120)
{
	struct mq_peer *peer[SENDERS];
	int last[SENDERS] = { 0 };
	int i, fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < SENDERS; i++) {
		peer[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(peer[i], "/reg p%d", i), 0);
	}
	for (i = 0; i < SENDERS; i++)
		mq_peer_do_begin(peer[i], send_mixed, i);
	for (i = 0; i < SENDERS; i++)
		mq_peer_end(peer[i]);
	MQ_EQ(read_ordered(fd, last), SENDERS * MESSAGES);
}

/* ---- broadcasts of one sender's threads --------------------------------- */

static void *broadcast_thread(void *arg)
{
	int fd = mq_dev(), i;

	for (i = 1; i <= BROADCASTS; i++)
		MQ_EQ(mq_cmdf(fd, "/all %ld %d", (long)arg, i), 0);
	return NULL;
}

static long broadcast_many(int fd, long arg)
{
	pthread_t thread[THREADS];
	long i;

	(void)fd;
	(void)arg;
	for (i = 0; i < THREADS; i++)
		MQ_EQ(pthread_create(&thread[i], NULL, broadcast_thread,
				     (void *)i), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/*
 * In a receiver, which sleeps between messages: to wake it takes the sender's
 * thread a moment, in which another thread might overtake it. Returns a sum
 * that is another one for another order.
 */
static long receive_all(int fd, long arg)
{
	int n, who, number, last[THREADS] = { 0 };
	unsigned long sum = 0;
	char text[32];
	ssize_t got;

	(void)arg;
	for (n = 0; n < THREADS * BROADCASTS; n++) {
		MQ_EQ(mq_cmd(fd, "/wait"), 0);
		got = mq_read(fd, text, sizeof(text) - 1);
		MQ_GE(got, 1);
		text[got] = 0;
		MQ_EQ(sscanf(text, "%d %d", &who, &number), 2);
		MQ_EQ(number, last[who] + 1);
		last[who] = number;
		sum = (sum ^ who) * 1099511628211UL + number;
	}
	MQ_EQ(mq_read(fd, text, sizeof(text)), -EAGAIN);
	return sum >> 1;
}

MQ_TEST(order_broadcasts, "one sender's broadcasts reach all receivers in one order, from all its threads",
	.params = "QUEUE_LEN=2000", .timeout = 120)
{
	struct mq_peer *sender = mq_peer_start(), *receiver[RECEIVERS];
	long i, sum;

	MQ_EQ(mq_peer_cmd(sender, "/reg sender"), 0);
	for (i = 0; i < RECEIVERS; i++) {
		receiver[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(receiver[i], "/reg r%ld", i), 0);
		mq_peer_do_begin(receiver[i], receive_all, 0);
	}
	mq_peer_do(sender, broadcast_many, 0);
	sum = mq_peer_end(receiver[0]);
	for (i = 1; i < RECEIVERS; i++)
		MQ_EQ(mq_peer_end(receiver[i]), sum);
}
