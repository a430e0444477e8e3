// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of bad commands: at most ten lines a minute of each kind, and the
 * limiter's closing line only when the module goes.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#define PER_MINUTE 10

/* Lines since the log was opened; none may be the limiter's. */
static int count_lines(int log, const char *kind)
{
	char line[1024];
	int lines = 0;

	while (mq_log_next(log, line, sizeof(line), NULL)) {
		if (strstr(line, "suppressed"))
			MQ_FAIL("%s: the limiter speaks: \"%s\"", kind, line);
		lines += !!strstr(line, "mq_driver");
	}
	return lines;
}

/* What makes one alert of a kind, again and again. */
struct kind {
	const char *name;
	void (*one)(int fd, struct mq_peer *peer);
};

static void one_full(int fd, struct mq_peer *peer)
{
	(void)fd;
	MQ_EQ(mq_peer_cmd(peer, "/reg third"), -ENOSPC);
}

static void one_overflow(int fd, struct mq_peer *peer)
{
	(void)peer;
	MQ_EQ(mq_cmd(fd, "/msg me 1"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me 2"), 0);
	MQ_READS(fd, "2");
}

static void one_nobody(int fd, struct mq_peer *peer)
{
	(void)peer;
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -ENOENT);
}

static void one_size(int fd, struct mq_peer *peer)
{
	char command[65] = "/msg me ";

	(void)peer;
	MQ_EQ(mq_cmd_bytes(fd, command, sizeof(command)), -EMSGSIZE);
}

static void one_discard(int fd, struct mq_peer *peer)
{
	(void)peer;
	MQ_EQ(mq_cmd(fd, "/msg me unread"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
}

static const struct kind kinds[] = {
	{ "registry full", one_full },
	{ "overflow", one_overflow },
	{ "no such name", one_nobody },
	{ "command over the limit", one_size },
	{ "discarded", one_discard },
};

/* Each kind has its own ten: the flood of one hides no other. */
static void flood(int fd, struct mq_peer *peer, long count)
{
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		int log = mq_log_open(), lines;
		long long start = mq_now_ms(), minutes;
		long i;

		for (i = 0; i < count; i++)
			kinds[k].one(fd, peer);
		lines = count_lines(log, kinds[k].name);
		/* A minute may have begun again as often as that. */
		minutes = 1 + (mq_now_ms() - start) / 60000;
		if (lines < PER_MINUTE || lines > PER_MINUTE * minutes)
			MQ_FAIL("%s: %d lines in %lld minutes", kinds[k].name,
				lines, minutes);
		close(log);
	}
}

MQ_TEST(alert_flood, "a flood of alerts: ten lines a minute per kind, and a closing line at unload only",
	.no_module = true, .timeout = 300)
{
	struct mq_peer *peer;
	int fd, log, closing = 0;
	char line[1024];

	MQ_EQ(mq_load("MAX_DEVICES=1 QUEUE_LEN=1 CMD_BUF_SIZE=64"), 0);
	fd = mq_dev();
	peer = mq_peer_start();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	flood(fd, peer, mq_storm_count(2000));
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	close(fd);
	mq_peer_exit(peer);

	log = mq_log_open();
	MQ_EQ(mq_unload(), 0);
	while (mq_log_next(log, line, sizeof(line), NULL)) {
		MQ_TRUE(strstr(line, "suppressed"));
		closing++;
	}
	MQ_GE(closing, 1);
	MQ_LE(closing, 5);
}


static void flood_by_many(void *arg)
{
	long i, count = *(long *)arg;
	int fd = mq_dev();

	for (i = 0; i < count; i++)
		mq_cmd(fd, "/msg nobody hi from many");
}

static void flood_registered(void *arg)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmdf(fd, "/reg f%d", getpid() % 100000), 0);
	flood_by_many(arg);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
}

MQ_TEST(alert_flood_many, "the limit holds for all processes together", .timeout = 180)
{
	long count = mq_storm_count(1000);
	int log = mq_log_open(), i, lines;
	long long start = mq_now_ms();
	pid_t pids[6];

	for (i = 0; i < 6; i++)
		pids[i] = mq_run(flood_registered, &count);
	for (i = 0; i < 6; i++)
		mq_join(pids[i]);
	lines = count_lines(log, "no such name");
	MQ_GE(lines, PER_MINUTE);
	MQ_LE(lines, PER_MINUTE * (1 + (mq_now_ms() - start) / 60000));
}
