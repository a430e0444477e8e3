// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 2: one asks how much he has, while another of the same user comes and goes.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#define ALICE 1001

/* The quota of a user is made with his first endpoint and freed with his last. */
static void comes_and_goes(void *arg)
{
	long i;

	(void)arg;
	mq_become(ALICE, ALICE);
	for (i = mq_storm_count(100000); i; i--)
		close(mq_bound(""));
}

static void asks(void *arg)
{
	int fd;

	(void)arg;
	mq_become(ALICE, ALICE);
	fd = mq_dev();
	for (;;) {
		struct mq_info info;

		MQ_EQ(mq_ioc_info(fd, &info), 0);
		MQ_LE(info.own_endpoints, 1);
	}
}

MQ_TEST(list_read, "who asks for his quota reads no memory that is freed", .open_to_all = true,
	.timeout = 200)
{
	pid_t changes, reads;

	changes = mq_run(comes_and_goes, NULL);
	reads = mq_run(asks, NULL);
	mq_join(changes);
	mq_process_stop(reads);
}
