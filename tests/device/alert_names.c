// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user puts into a name, or into his process's own, does not get into
 * the log.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sys/prctl.h>

static bool next_alert(int log, char *line, size_t size)
{
	while (mq_log_next(log, line, size, NULL))
		if (strstr(line, "mq_driver"))
			return true;
	return false;
}

/*
 * /dev/kmsg shows every byte that is not printable, and the backslash, as \x
 * and two digits; so a line without a backslash is clean.
 */
static void check_line(int log, const char *wanted)
{
	char line[1024];

	if (!next_alert(log, line, sizeof(line)))
		MQ_FAIL("no alert");
	if (strchr(line, '\\') || !strstr(line, wanted))
		MQ_FAIL("\"%s\", wanted \"%s\"", line, wanted);
}

MQ_TEST(alert_escape, "an escape sequence in a name is printed with ?")
{
	int fd = mq_dev(), log = mq_log_open();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg a\x1b[31mb hi"), -ENOENT);
	check_line(log, "a?[31mb");
	MQ_EQ(mq_cmd(fd, "/msg a\nb\rc\td hi"), -ENOENT);
	check_line(log, "a?b?c?d");
	MQ_EQ(mq_cmd_bytes(fd, "/msg a\0b hi", 11), -ENOENT);
	check_line(log, "a?b");
	MQ_EQ(mq_cmd(fd, "/msg \x7f\x80\xff\xc3\xa9 hi"), -ENOENT);
	check_line(log, "?????");
	/* Neither is a format of ours. */
	MQ_EQ(mq_cmd(fd, "/msg %s%n%p%d hi"), -ENOENT);
	check_line(log, "%s%n%p%d");
}

/* All bytes, 20 in a name; so that ten lines are enough there are two tests. */
static void check_bytes(int first, int last)
{
	int fd = mq_dev(), log = mq_log_open(), byte, i;
	char command[64], shown[32];

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (byte = first; byte <= last; byte += 20) {
		memcpy(command, "/msg ", 5);
		for (i = 0; i < 20; i++) {
			int c = byte + i <= last ? byte + i : last;
			bool good = c > ' ' && c < 0x7f && !strchr("\\@", c);

			/* @ is no letter of a name, but a possible one. */
			command[5 + i] = c && strchr(" \\@", c) ? 1 : c;
			shown[i] = good ? c : '?';
		}
		memcpy(command + 25, " hi", 4);
		shown[20] = 0;
		MQ_EQ(mq_cmd_bytes(fd, command, 28), -ENOENT);
		check_line(log, shown);
	}
}

MQ_TEST(alert_bytes_low, "every byte of a name from 0x00 to 0x7f: itself or ?")
{
	check_bytes(0, 0x7f);
}

MQ_TEST(alert_bytes_high, "every byte of a name from 0x80 to 0xff is printed as ?")
{
	check_bytes(0x80, 0xff);
}

MQ_TEST(alert_long_name, "an impossible name of many bytes is cut: a line stays a line")
{
	int fd = mq_dev(), log = mq_log_open();
	char command[4096], line[2048];

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	memset(command, 'n', sizeof(command));
	memcpy(command, "/msg ", 5);
	memcpy(command + 4090, " hello", 6);
	MQ_EQ(mq_cmd_bytes(fd, command, sizeof(command)), -ENOENT);
	MQ_TRUE(next_alert(log, line, sizeof(line)));
	MQ_LE(strlen(line), 200);
	MQ_TRUE(strstr(line, "nnnnnnnn"));
	MQ_TRUE(!next_alert(log, line, sizeof(line)));
}

MQ_TEST(alert_no_comm, "a process's own name is never printed by an alert",
	.params = "MAX_DEVICES=1 QUEUE_LEN=1 CMD_BUF_SIZE=64")
{
	int fd = mq_dev(), log = mq_log_open(), lines = 0;
	struct mq_peer *peer;
	char line[1024];

	MQ_OK(prctl(PR_SET_NAME, "sneaky\x1b[2J"));
	peer = mq_peer_start();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg you"), -ENOSPC);
	MQ_EQ(mq_cmd(fd, "/msg you hi"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg me hi"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me hi"), 0);
	MQ_EQ(mq_cmd_bytes(fd, (char[65]){ "/msg me " }, 65), -EMSGSIZE);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	while (next_alert(log, line, sizeof(line))) {
		MQ_TRUE(!strstr(line, "sneaky"));
		MQ_TRUE(!strchr(line, '\\'));
		lines++;
	}
	MQ_EQ(lines, 5);
}
