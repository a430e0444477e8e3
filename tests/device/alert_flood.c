// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of bad commands: at most ten lines a minute of each kind, and the
 * limiter's closing line only when the module goes.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#define PER_MINUTE 10
#define ALICE 1001

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
		bool closes = strstr(line, "suppressed");

		/* The kernel may say something else of a slow machine, the driver may not. */
		MQ_TRUE(closes || !strstr(line, "mq_driver"));
		closing += closes;
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

/* ---- everything that is wrong, a million times -------------------------------------- */

/* What an unprivileged user may do wrong by text; each has its errno. */
static const struct {
	const char *command;
	int err;
} bad_commands[] = {
	{ "nonsense", -EINVAL },
	{ "/", -EINVAL },
	{ "/msg", -EINVAL },
	{ "/msg bob", -EINVAL },
	{ "/msg nobody hi", -ENOENT },		/* an alert */
	{ "/msg \033[2J\007 hi", -ENOENT },	/* an alert */
	{ "/reg me", -EEXIST },
	{ "/reg a b", -EINVAL },
	{ "/reg .system", -EPERM },
	{ "/reg waytoolong", -ENAMETOOLONG },
	{ "/from maybe", -EINVAL },
	{ "/wait never", -EINVAL },
	{ "/wait 0", -ETIMEDOUT },
	{ "/unr now", -EINVAL },
};

/* And otherwise: how many that were. */
static int do_wrong(int text, int bound, int unbound)
{
	static char long_one[128], bytes[128] __attribute__((aligned(8)));
	struct mq_frame *frame = (struct mq_frame *)bytes;
	size_t i, count = sizeof(bad_commands) / sizeof(bad_commands[0]);

	for (i = 0; i < count; i++)
		MQ_EQ(mq_cmd(text, bad_commands[i].command), bad_commands[i].err);
	MQ_EQ(mq_write(text, long_one, sizeof(long_one)), -EMSGSIZE);	/* an alert */
	MQ_EQ(mq_write(text, (void *)8, 10), -EFAULT);
	MQ_EQ(mq_bind(unbound, "full"), -ENOSPC);			/* an alert */
	MQ_EQ(mq_bind(unbound, "a@b"), -EINVAL);
	MQ_EQ(mq_bind(unbound, "deep", .depth = 65536), -EPERM);
	MQ_EQ(mq_ioctl(unbound, MQ_IOC_CALL, bytes), -ENOTCONN);
	MQ_EQ(mq_ioctl(bound, 0xBC77, bytes), -ENOTTY);
	MQ_EQ(mq_ioctl(bound, MQ_IOC_INFO, (void *)8), -EFAULT);
	*frame = mq_frame_make("nobody", 0, 0, 8);
	MQ_EQ(mq_write(bound, bytes, 72), -ENOENT);			/* an alert */
	MQ_EQ(mq_write(bound, bytes, 60), -EINVAL);
	frame->size = 10000;
	MQ_EQ(mq_write(bound, bytes, 72), -EINVAL);
	*frame = mq_frame_make("me", MQ_FRAME_REPLY, 0, 8);
	MQ_EQ(mq_write(bound, bytes, 72), -EINVAL);
	memset(frame->name, 0, sizeof(frame->name));
	MQ_EQ(mq_write(bound, bytes, 72), -ENOENT);
	return count + 13;
}

static void does_wrong(void *arg)
{
	long count = *(long *)arg, done = 0;
	int text, bound, unbound;

	mq_become(ALICE, ALICE);
	text = mq_dev();
	bound = mq_bound("");
	unbound = mq_dev();
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	while (done < count)
		done += do_wrong(text, bound, unbound);
}

MQ_TEST(alert_flood_million, "a million bad commands, of all kinds that there are, give the log ten lines a minute of a kind at most, and of most kinds none",
	.params = "MAX_DEVICES=1 CMD_BUF_SIZE=64 USER_ENDPOINTS=9", .open_to_all = true, .timeout = 300)
{
	long count = mq_storm_count(1000000);
	int log = mq_log_open(), lines;
	long long start = mq_now_ms();

	mq_join(mq_run(does_wrong, &count));
	lines = count_lines(log, "all kinds");
	/* Three of the five kinds of alerts were provoked; the end discards nothing. */
	MQ_GE(lines, 3 * PER_MINUTE);
	MQ_LE(lines, 3 * PER_MINUTE * (1 + (mq_now_ms() - start) / 60000));
}
