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
	for (i = mq_storm_count(500000); i; i--)
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

static bool has_complained(int log)
{
	char line[1024];

	while (mq_log_next(log, line, sizeof(line), NULL))
		if (strstr(line, "KASAN"))
			return true;
	return false;
}

MQ_TEST(list_read, "who asks for his quota reads no memory that is freed", .open_to_all = true,
	.timeout = 300)
{
	int log = mq_log_open();
	pid_t changes, reads;

	changes = mq_run(comes_and_goes, NULL);
	reads = mq_run(asks, NULL);
	/* To the end, or until the kernel has seen enough. */
	while (!waitpid(changes, NULL, WNOHANG) && !has_complained(log))
		mq_sleep_ms(100);
	MQ_OK(kill(reads, SIGKILL));
}
