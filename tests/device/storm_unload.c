// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading while processes come and go.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>

#define CROWD 5

static bool is_gone(int error)
{
	return error == ENOENT || error == ENODEV || error == ENXIO;
}

/* Registers if the device is there; ends in some way, or stays for a while. */
static void passer_by(struct mq_dice *dice, volatile int *tried)
{
	int fd = open(MQ_NODE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		MQ_TRUE(is_gone(errno));
		mq_shared_add(tried, 1);
		_exit(0);
	}
	MQ_EQ(mq_cmdf(fd, "/reg p%d", getpid() % 1000000), 0);
	MQ_EQ(mq_cmdf(fd, "/msg p%d unread", getpid() % 1000000), 0);
	mq_cmd(fd, "/all hello");
	mq_dice_yield(dice);
	if (mq_dice_throw(dice, 3))
		close(fd);
	mq_shared_add(tried, 1);
	mq_dice_yield(dice);
	switch (mq_dice_throw(dice, 3)) {
	case 0:
		_exit(0);
	case 1:
		raise(SIGKILL);
	}
	/* Outlives the module, if it can: its file is closed. */
	close(fd);
	for (;;)
		pause();
}

struct unloading {
	volatile int tried;
	volatile int stop;
	volatile int lock;
};

/*
 * Kernels warn when a debugfs file of any module is opened in the instant in
 * which the module can no longer be held and is not yet marked as going. That
 * is not ours to test: an open and an unload take turns, reading does not.
 */
static void turn_take(struct unloading *u)
{
	while (__atomic_exchange_n(&u->lock, 1, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void turn_give(struct unloading *u)
{
	__atomic_store_n(&u->lock, 0, __ATOMIC_SEQ_CST);
	sched_yield();
}

static void lister_main(void *arg)
{
	struct unloading *u = arg;
	char text[4096];
	int fd;

	while (!u->stop) {
		turn_take(u);
		fd = open(MQ_ENDPOINTS, O_RDONLY | O_CLOEXEC);
		turn_give(u);
		if (fd < 0)
			continue;
		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
}

/* At once or when all have done their work: it succeeds sooner or later. */
static void unload(struct unloading *u, struct mq_dice *dice)
{
	int error;

	if (mq_dice_throw(dice, 2))
		mq_shared_until(&u->tried, CROWD);
	do {
		turn_take(u);
		error = mq_unload();
		turn_give(u);
		MQ_TRUE(!error || error == -EWOULDBLOCK);
	} while (error);
	MQ_TRUE(!mq_is_loaded());
}

MQ_TEST(storm_unload, "loads and unloads while processes register, die and list: unload is refused or succeeds",
	.no_module = true, .timeout = 300)
{
	struct unloading *u = mq_shared(sizeof(*u));
	long round, rounds = mq_storm_count(30);
	pid_t pids[CROWD], lister = mq_run(lister_main, u);
	struct mq_dice dice;
	int i;

	mq_dice_init(&dice, 11);
	for (round = 0; round < rounds; round++) {
		u->tried = 0;
		MQ_EQ(mq_load("QUEUE_LEN=2"), 0);
		for (i = 0; i < CROWD; i++) {
			mq_dice_throw(&dice, 2);
			pids[i] = mq_fork();
			if (!pids[i])
				passer_by(&dice, &u->tried);
		}
		unload(u, &dice);
		for (i = 0; i < CROWD; i++) {
			kill(pids[i], SIGKILL);
			mq_wait_status(pids[i]);
		}
	}
	u->stop = 1;
	mq_join(lister);
}
