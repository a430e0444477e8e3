// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAX_DEVICES: how many there may be, and when a place is free again.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

MQ_TEST(limit_thousand, "a thousand processes register; the next one gets ENOSPC",
	.params = "MAX_DEVICES=1000 QUEUE_LEN=4", .timeout = 240)
{
	struct mq_crowd *crowd = mq_crowd_new("p", 1000);
	int fd = mq_dev(), i;
	struct mq_counters one;

	MQ_EQ(mq_counters_all(&one, 1), 1000);
	MQ_EQ(mq_cmd(fd, "/reg me"), -ENOSPC);
	for (i = 0; i < 999; i += 37) {
		mq_crowd_kill(crowd, i);
		MQ_EQ(mq_cmd(fd, "/reg me"), 0);
		MQ_EQ(mq_cmdf(fd, "/msg p%d hello", i), -ENOENT);
		MQ_EQ(mq_cmdf(fd, "/msg p%d hello", i + 1), 0);
		MQ_EQ(mq_cmd(fd, "/all hello"), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
		MQ_EQ(mq_cmdf(fd, "/reg p%d", i), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
	mq_crowd_free(crowd);
	mq_endpoints_until_none();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
}

MQ_TEST(limit_free_at_once, "once its parent has waited, a dead process's place and name are free",
	.params = "MAX_DEVICES=2", .timeout = 120)
{
	long i, rounds = mq_storm_count(100);
	struct mq_crowd *crowd;
	int fd = mq_dev();

	for (i = 0; i < rounds; i++) {
		crowd = mq_crowd_new("p", 2);
		MQ_EQ(mq_cmd(fd, "/reg me"), -ENOSPC);
		mq_crowd_kill(crowd, i % 2);
		/* Its name, a new one, or both in turn: no wait before. */
		if (i % 3)
			MQ_EQ(mq_cmdf(fd, "/reg p%ld", i % 2), 0);
		else
			MQ_EQ(mq_cmd(fd, "/reg me"), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
		mq_crowd_free(crowd);
	}
}

#define DYING 10

MQ_TEST(limit_dead_at_once, "once its parent has waited, nobody can send to a dead process",
	.timeout = 120)
{
	long i, rounds = mq_storm_count(40);
	struct mq_crowd *crowd;
	int fd = mq_dev(), d;

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (i = 0; i < rounds; i++) {
		crowd = mq_crowd_new("p", DYING);
		MQ_EQ(mq_cmd(fd, "/all hello"), 0);
		for (d = 0; d < DYING; d++) {
			mq_crowd_kill(crowd, d);
			MQ_EQ(mq_cmdf(fd, "/msg p%d hello", d), -ENOENT);
		}
		mq_crowd_free(crowd);
	}
}

MQ_TEST(limit_errors_in_order, "ENAMETOOLONG, then EPERM, then EEXIST, then ENOSPC",
	.params = "MAX_DEVICES=2", .open_to_all = true)
{
	int fd = mq_dev();
	struct mq_peer *peer = mq_peer_start();
	struct mq_peer *user = mq_peer_start_as(1001, 1001);

	MQ_EQ(mq_cmd(fd, "/reg one"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg .two"), 0);
	MQ_EQ(mq_peer_cmd(user, "/reg waytoolong"), -ENAMETOOLONG);
	MQ_EQ(mq_peer_cmd(user, "/reg .waytoolong"), -ENAMETOOLONG);
	MQ_EQ(mq_peer_cmd(user, "/reg .two"), -EPERM);
	MQ_EQ(mq_peer_cmd(user, "/reg one"), -EEXIST);
	MQ_EQ(mq_peer_cmd(user, "/reg three"), -ENOSPC);
	MQ_EQ(mq_cmd(fd, "/reg three"), -EEXIST);
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(user, "/reg three"), 0);
}

MQ_TEST(limit_failed_takes_none, "a registration that failed takes no place",
	.params = "MAX_DEVICES=2")
{
	int fd = mq_dev(), i;
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_cmd(fd, "/reg one"), 0);
	for (i = 0; i < 20; i++) {
		MQ_EQ(mq_peer_cmd(peer, "/reg one"), -EEXIST);
		MQ_EQ(mq_cmd(fd, "/reg two"), -EEXIST);
		MQ_EQ(mq_peer_cmd(peer, "/reg a b"), -EINVAL);
	}
	MQ_EQ(mq_peer_cmd(peer, "/reg two"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	mq_places_check(2);
}
