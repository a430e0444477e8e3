// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two that meet: both are let go at the same moment, each then waits a random while, far shorter than a wake-up takes. So what is
 * a few instructions wide on either side is met in some of some thousand rounds.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>

#define MS 1000000ULL

struct meeting {
	volatile int ready, go, done;
	long rounds;
};

/* Both are awake and on a processor, if there are two; else they take turns. */
static void until(volatile int *word, int value)
{
	int spins = 0;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
		if (!(++spins % 5000))
			sched_yield();
}

static void say(volatile int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void linger(struct mq_dice *dice)
{
	volatile unsigned int spin = mq_dice_throw(dice, 400);

	while (spin)
		spin--;
}

/* ---- a message and its reader's sleep ------------------------------------------ */

static ssize_t reader_take(int fd, int set, struct mq_dice *dice, void *bytes, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event event;

	switch (mq_dice_throw(dice, 6)) {
	case 0:
		return mq_ioc_receive(fd, NULL, NULL, bytes, size, 1000000 * MS);
	case 1:
		MQ_EQ(poll(&p, 1, -1), 1);
		break;
	case 2:
		MQ_EQ(epoll_wait(set, &event, 1, -1), 1);
		break;
	default:	/* the most often: it has the fewest instructions */
		break;
	}
	return mq_read(fd, bytes, size);
}

static void reader_main(void *arg)
{
	struct meeting *meeting = arg;
	struct epoll_event event = { .events = EPOLLIN };
	int fd = mq_bound("reader"), set = MQ_OK(epoll_create1(EPOLL_CLOEXEC)), i;
	char bytes[128] __attribute__((aligned(8)));
	struct mq_dice dice;

	mq_dice_init(&dice, 1);
	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	for (i = 1; i <= meeting->rounds; i++) {
		say(&meeting->ready, i);
		until(&meeting->go, i);
		linger(&dice);
		MQ_EQ(reader_take(fd, set, &dice, bytes, sizeof(bytes)), 72);
		say(&meeting->done, i);
	}
}

MQ_TEST(storm_meet_sleep, "a message that comes as its reader goes to sleep wakes him, however he waits",
	.timeout = 200)
{
	struct meeting *meeting = mq_shared(sizeof(*meeting));
	int fd = mq_bound("sender"), i;
	struct mq_dice dice;
	pid_t reader;

	meeting->rounds = mq_storm_count(10000);
	mq_dice_init(&dice, 2);
	reader = mq_run(reader_main, meeting);
	for (i = 1; i <= meeting->rounds; i++) {
		until(&meeting->ready, i);
		say(&meeting->go, i);
		linger(&dice);
		MQ_EQ(mq_frame_send_text(fd, "reader", "now"), 0);
		until(&meeting->done, i);
	}
	mq_join(reader);
}

/* ---- a message and its destination's end --------------------------------------- */

static void owner_main(void *arg)
{
	struct meeting *meeting = arg;
	struct mq_dice dice;
	int i, fd;

	mq_dice_init(&dice, 3);
	for (i = 1; i <= meeting->rounds; i++) {
		fd = mq_bound("goes");
		say(&meeting->ready, i);
		until(&meeting->go, i);
		linger(&dice);
		close(fd);
		say(&meeting->done, i);
	}
}

MQ_TEST(storm_meet_end, "a message that comes as its destination ends is taken or refused, and touches nothing that is gone",
	.timeout = 200)
{
	struct meeting *meeting = mq_shared(sizeof(*meeting));
	int fd = mq_dev(), i, error;
	struct mq_dice dice;
	pid_t owner;

	meeting->rounds = mq_storm_count(3000);
	mq_dice_init(&dice, 4);
	MQ_EQ(mq_cmd(fd, "/reg sender"), 0);
	owner = mq_run(owner_main, meeting);
	for (i = 1; i <= meeting->rounds; i++) {
		until(&meeting->ready, i);
		say(&meeting->go, i);
		linger(&dice);
		/* The next one of that name may be there already when this one's end is seen. */
		do {
			error = mq_cmd(fd, "/msg goes now");
			MQ_TRUE(!error || error == -ENOENT);
		} while (!error && __atomic_load_n(&meeting->done, __ATOMIC_ACQUIRE) < i);
		until(&meeting->done, i);
	}
	mq_join(owner);
}
