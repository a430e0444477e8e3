// SPDX-License-Identifier: GPL-2.0-only
/*
 * /reg: registers the calling process under a name.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#define ALICE 1001

MQ_TEST(reg_no_name, "/reg without a name is EINVAL")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg\n"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg \n"), -EINVAL);
	MQ_EQ(mq_cmd_bytes(fd, "/reg \0\0", 7), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(reg_two_words, "/reg with more than one word is EINVAL")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob eve"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob  eve"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg bob\neve"), -EINVAL);
	MQ_EQ(mq_cmd_bytes(fd, "/reg bob\0eve", 12), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(reg_taken, "/reg of a name that is taken is EEXIST, also for its owner")
{
	struct mq_peer *bob = mq_peer_start(), *eve = mq_peer_start();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(eve, "/reg bob"), -EEXIST);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), -EEXIST);
	MQ_EQ(mq_peer_cmd(eve, "/reg eve"), 0);
	MQ_EQ(mq_peer_cmd(eve, "/msg bob hi"), 0);
	MQ_PEER_READS(bob, "hi");
}

MQ_TEST(reg_second, "/reg of a process that has an endpoint is EEXIST")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_EQ(mq_cmd(fd, "/msg eve hi"), -ENOENT);
	MQ_READS(fd, "hi");
}

MQ_TEST(reg_full, "/reg is ENOSPC at MAX_DEVICES, and not before",
	.params = "MAX_DEVICES=3")
{
	struct mq_peer *peer[4];
	int i;

	for (i = 0; i < 4; i++)
		peer[i] = mq_peer_start();
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_peer_cmdf(peer[i], "/reg p%d", i), 0);
	MQ_EQ(mq_peer_cmd(peer[3], "/reg p3"), -ENOSPC);
	MQ_EQ(mq_peer_cmd(peer[1], "/unr"), 0);
	MQ_EQ(mq_peer_cmd(peer[3], "/reg p3"), 0);
	MQ_EQ(mq_peer_cmd(peer[1], "/reg p1"), -ENOSPC);
	mq_peer_kill(peer[0], SIGKILL);
	MQ_EQ(mq_peer_cmd(peer[1], "/reg p1"), 0);
}

MQ_TEST(reg_order_of_errors, "/reg: EINVAL, ENAMETOOLONG, EPERM, EEXIST, ENOSPC in this order",
	.params = "MAX_DEVICES=2", .open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(ALICE, ALICE);
	struct mq_peer *eve = mq_peer_start_as(ALICE, ALICE);
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg .taken"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg alice"), 0);
	/* All that can be wrong, and one thing less each time. */
	MQ_EQ(mq_peer_cmd(eve, "/reg .taken789 x"), -EINVAL);
	MQ_EQ(mq_peer_cmd(eve, "/reg .taken78\x7f"), -EINVAL);
	MQ_EQ(mq_peer_cmd(eve, "/reg .taken78@"), -EINVAL);
	MQ_EQ(mq_peer_cmd(eve, "/reg .taken789"), -ENAMETOOLONG);
	MQ_EQ(mq_peer_cmd(eve, "/reg .taken"), -EPERM);
	MQ_EQ(mq_peer_cmd(alice, "/reg .taken"), -EPERM);
	MQ_EQ(mq_peer_cmd(eve, "/reg alice"), -EEXIST);
	MQ_EQ(mq_peer_cmd(alice, "/reg new"), -EEXIST);
	MQ_EQ(mq_peer_cmd(eve, "/reg eve"), -ENOSPC);
}

MQ_TEST(reg_failed_keeps, "a failed /reg leaves the old registration and its messages")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	MQ_EQ(mq_cmd(fd, "/reg eve"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/reg"), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/reg 123456789"), -ENAMETOOLONG);
	MQ_READS(fd, "one");
}

/* ---- races -------------------------------------------------------------- */

#define ROUNDS 100
#define THREADS 4

static pthread_barrier_t barrier;
static int winners;

static void *race_thread(void *arg)
{
	int fd = mq_dev(), round, result;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		result = mq_cmdf(fd, "/reg t%ld", (long)arg);
		if (result)
			MQ_EQ(result, -EEXIST);
		else
			__atomic_add_fetch(&winners, 1, __ATOMIC_RELAXED);
		if (pthread_barrier_wait(&barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD) {
			MQ_EQ(winners, 1);
			winners = 0;
			MQ_EQ(mq_cmd(fd, "/unr"), 0);
		}
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

MQ_TEST(reg_race_threads, "of threads that register at the same moment one succeeds, the others get EEXIST")
{
	pthread_t thread[THREADS];
	long i;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		MQ_EQ(pthread_create(&thread[i], NULL, race_thread, (void *)i), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* In a peer: tries to get the name, keeps it while the others try. */
static long race_once(int fd, long arg)
{
	volatile int *go = (int *)arg;

	while (!*go)
		;
	return mq_cmd(fd, "/reg prize");
}

MQ_TEST(reg_race_name, "of processes that register one name at the same moment one succeeds, the others get EEXIST")
{
	volatile int *go = mq_shared(sizeof(int));
	struct mq_peer *peer[2];
	int round, i;

	for (i = 0; i < 2; i++)
		peer[i] = mq_peer_start();
	for (round = 0; round < ROUNDS; round++) {
		long result[2];

		*go = 0;
		for (i = 0; i < 2; i++)
			mq_peer_do_begin(peer[i], race_once, (long)go);
		*go = 1;
		for (i = 0; i < 2; i++)
			result[i] = mq_peer_end(peer[i]);
		i = result[0] ? 1 : 0;
		MQ_EQ(result[i], 0);
		MQ_EQ(result[!i], -EEXIST);
		MQ_EQ(mq_peer_cmd(peer[i], "/unr"), 0);
	}
}
