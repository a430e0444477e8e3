// SPDX-License-Identifier: GPL-2.0-only
/*
 * The five alerts: each once when it should, at warning level, with the name,
 * and nothing else in the log.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"


#define WARNING 4

static int log_fd;

/* The next line of the driver, or false; other lines are not our business. */
static bool next_line(char *line, size_t size, int *level)
{
	while (mq_log_next(log_fd, line, size, level))
		if (strstr(line, "mq"))
			return true;
	return false;
}

#define EXPECT_SILENCE() do {						\
	char line_[1024];						\
	if (next_line(line_, sizeof(line_), NULL))			\
		MQ_FAIL("the log says \"%s\"", line_);			\
} while (0)

/* Exactly one new line, at warning level, that contains the name. */
#define EXPECT_ALERT(name) do {						\
	char line_[1024];						\
	int level_;							\
	if (!next_line(line_, sizeof(line_), &level_))			\
		MQ_FAIL("no alert with \"%s\"", name);			\
	MQ_EQ(level_, WARNING);						\
	if (!strstr(line_, name))					\
		MQ_FAIL("\"%s\" does not name \"%s\"", line_, name);	\
	EXPECT_SILENCE();						\
} while (0)

MQ_TEST(alert_full, "registry full: one line with the name that found no place",
	.params = "MAX_DEVICES=1")
{
	struct mq_peer *peer = mq_peer_start();
	int fd = mq_dev();

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg first"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg first"), -EEXIST);
	EXPECT_SILENCE();
	MQ_EQ(mq_peer_cmd(peer, "/reg second"), -ENOSPC);
	EXPECT_ALERT("second");
	MQ_EQ(mq_peer_cmd(peer, "/reg third"), -ENOSPC);
	EXPECT_ALERT("third");
}

MQ_TEST(alert_overflow, "a mailbox starts to overflow: one line until it was empty again",
	.params = "QUEUE_LEN=2")
{
	int fd = mq_dev(), round;

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg brimful"), 0);
	for (round = 0; round < 3; round++) {
		MQ_EQ(mq_cmd(fd, "/msg brimful 1"), 0);
		MQ_EQ(mq_cmd(fd, "/msg brimful 2"), 0);
		EXPECT_SILENCE();
		MQ_EQ(mq_cmd(fd, "/msg brimful 3"), 0);
		EXPECT_ALERT("brimful");
		MQ_EQ(mq_cmd(fd, "/msg brimful 4"), 0);
		EXPECT_SILENCE();
		/* Room, but not empty. */
		MQ_READS(fd, "3");
		MQ_EQ(mq_cmd(fd, "/msg brimful 5"), 0);
		MQ_EQ(mq_cmd(fd, "/msg brimful 6"), 0);
		EXPECT_SILENCE();
		MQ_READS(fd, "5");
		MQ_READS(fd, "6");
	}
	EXPECT_SILENCE();
}

MQ_TEST(alert_overflow_each, "each mailbox overflows on its own; a broadcast overflows many",
	.params = "QUEUE_LEN=1")
{
	struct mq_peer *one = mq_peer_start(), *two = mq_peer_start();
	int fd = mq_dev();
	char line[1024];

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_peer_cmd(one, "/reg peer-one"), 0);
	MQ_EQ(mq_peer_cmd(two, "/reg peer-two"), 0);
	MQ_EQ(mq_cmd(fd, "/all 1"), 0);
	EXPECT_SILENCE();
	MQ_EQ(mq_cmd(fd, "/all 2"), 0);
	MQ_TRUE(next_line(line, sizeof(line), NULL));
	MQ_TRUE(strstr(line, "peer-one"));
	EXPECT_ALERT("peer-two");
	MQ_EQ(mq_cmd(fd, "/all 3"), 0);
	EXPECT_SILENCE();
}

MQ_TEST(alert_staged, "a message that is being read keeps the mailbox from being empty",
	.params = "QUEUE_LEN=1")
{
	char part[1];
	int fd = mq_dev();

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg brimful"), 0);
	MQ_EQ(mq_cmd(fd, "/msg brimful 11"), 0);
	MQ_EQ(mq_cmd(fd, "/msg brimful 22"), 0);
	EXPECT_ALERT("brimful");
	MQ_EQ(mq_read(fd, part, 1), 1);
	MQ_EQ(mq_cmd(fd, "/msg brimful 33"), 0);
	MQ_EQ(mq_cmd(fd, "/msg brimful 44"), 0);
	EXPECT_SILENCE();
	MQ_READS(fd, "2");
	MQ_READS(fd, "44");
	MQ_EQ(mq_cmd(fd, "/msg brimful 55"), 0);
	MQ_EQ(mq_cmd(fd, "/msg brimful 66"), 0);
	EXPECT_ALERT("brimful");
}

MQ_TEST(alert_nobody, "a message to a name that does not exist: one line with that name")
{
	int fd = mq_dev();

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg nobody hello"), -ENOENT);
	EXPECT_ALERT("nobody");
	MQ_EQ(mq_cmd(fd, "/all hello"), 0);
	MQ_EQ(mq_cmd(fd, "/msg nobody "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/msg nobody hello"), -EACCES);
	EXPECT_SILENCE();
}

MQ_TEST(alert_size, "a command over the limit: one line", .params = "CMD_BUF_SIZE=64")
{
	char command[65];
	int fd = mq_dev();

	log_fd = mq_log_open();
	memset(command, 'x', sizeof(command));
	MQ_EQ(mq_cmd_bytes(fd, command, 64), -EINVAL);
	EXPECT_SILENCE();
	MQ_EQ(mq_cmd_bytes(fd, command, 65), -EMSGSIZE);
	EXPECT_ALERT("64");
}

MQ_TEST(alert_discard_unr, "/unr with unread messages: one line with the name")
{
	char part[2];
	int fd = mq_dev();

	log_fd = mq_log_open();
	MQ_EQ(mq_cmd(fd, "/reg leaving"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg leaving"), 0);
	MQ_EQ(mq_cmd(fd, "/msg leaving hi"), 0);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	EXPECT_SILENCE();
	MQ_EQ(mq_cmd(fd, "/reg leaving"), 0);
	MQ_EQ(mq_cmd(fd, "/msg leaving unread"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	EXPECT_ALERT("leaving");
	/* Read in part is unread, too. */
	MQ_EQ(mq_cmd(fd, "/reg leaving"), 0);
	MQ_EQ(mq_cmd(fd, "/msg leaving unread"), 0);
	MQ_EQ(mq_read(fd, part, 2), 2);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	EXPECT_ALERT("leaving");
}

MQ_TEST(alert_discard_exit, "a process that ends with unread messages: one line; without: none")
{
	struct mq_peer *peer = mq_peer_start();

	log_fd = mq_log_open();
	MQ_EQ(mq_peer_cmd(peer, "/reg dying"), 0);
	mq_peer_kill(peer, SIGKILL);
	mq_endpoints_until_none();
	EXPECT_SILENCE();
	peer = mq_peer_start();
	MQ_EQ(mq_peer_cmd(peer, "/reg dying"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/msg dying unread"), 0);
	mq_peer_kill(peer, SIGKILL);
	/* The line comes soon after the death, not with it. */
	for (;;) {
		char line[1024];

		if (!next_line(line, sizeof(line), NULL)) {
			mq_sleep_ms(5);
			continue;
		}
		MQ_TRUE(strstr(line, "dying"));
		break;
	}
	EXPECT_SILENCE();
}

MQ_TEST(alert_quiet, "nothing else is logged, whatever a user does, unload included",
	.no_module = true)
{
	static const char *const commands[] = {
		"/reg", "/reg a b", "/reg \x1b[31m", "/reg a@b", "/reg name56789",
		"/reg bob", "/reg bob", "/nothing", "", "/", "/msg", "/msg ",
		"/msg bob", "/msg bob hi", "/all", "/all hi", "/from", "/from on",
		"/from maybe", "/wait 0", "/wait x", "/wait 99999999999", "/unr x",
	};
	char line[1024], text[16];
	size_t i;
	int fd;

	log_fd = mq_log_open();
	MQ_EQ(mq_load(NULL), 0);
	while (mq_log_next(log_fd, line, sizeof(line), NULL))
		;
	fd = mq_dev();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		mq_cmd(fd, commands[i]);
	mq_write(fd, NULL, 10);
	mq_read(fd, NULL, 10);
	MQ_GE(mq_read(fd, text, sizeof(text)), 1);
	mq_poll(fd);
	MQ_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	close(fd);
	MQ_EQ(mq_unload(), 0);
	EXPECT_SILENCE();
}
