// SPDX-License-Identifier: GPL-2.0-only
/*
 * The five alerts, of bound files and frames; and that nothing else is logged.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#define WARNING 4

static int log_fd;

static bool next_line(char *line, size_t size, int *level)
{
	while (mq_log_next(log_fd, line, size, level))
		if (strstr(line, "mq_driver"))
			return true;
	return false;
}

static void expect_silence(int at)
{
	char line[1024];

	if (next_line(line, sizeof(line), NULL))
		mq_fail(__FILE__, at, "the log says \"%s\"", line);
}

/*
 * Exactly one new line, at warning level, that contains this. /dev/kmsg shows
 * what is not printable with a backslash, so a line without one is clean.
 */
static void expect_alert(int at, const char *wanted)
{
	char line[1024];
	int level;

	if (!next_line(line, sizeof(line), &level))
		mq_fail(__FILE__, at, "no alert with \"%s\"", wanted);
	if (!strstr(line, wanted) || strchr(line, '\\') || level != WARNING)
		mq_fail(__FILE__, at, "\"%s\" at level %d, wanted \"%s\"", line,
			level, wanted);
	expect_silence(at);
}

#define EXPECT_SILENCE() expect_silence(__LINE__)
#define EXPECT_ALERT(wanted) expect_alert(__LINE__, wanted)

MQ_TEST(frame_alert_full, "registry full: bind, too, gives one line with the name that found no place",
	.params = "MAX_DEVICES=1")
{
	log_fd = mq_log_open();
	mq_bound("first");
	MQ_EQ(mq_bind(mq_dev(), "first"), -EEXIST);
	mq_bound("");
	EXPECT_SILENCE();
	MQ_EQ(mq_bind(mq_dev(), "a-name-of-twenty-3-byte"), -ENOSPC);
	EXPECT_ALERT("a-name-of-twenty-3-byte");
}

static void check_overflow(uint32_t access)
{
	int alice = mq_bound("alice"), bob, round;

	bob = mq_bound("bob", .depth = 1, .access = access);
	for (round = 0; round < 2; round++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "1"), 0);
		EXPECT_SILENCE();
		MQ_EQ(mq_frame_send_text(alice, "bob", "2"), 0);
		EXPECT_ALERT("bob");
		MQ_EQ(mq_frame_send_text(alice, "bob", "3"), 0);
		MQ_EQ(mq_frame_broadcast(alice, "4"), 0);
		EXPECT_SILENCE();
		MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "4");
	}
	close(alice);
	close(bob);
	EXPECT_SILENCE();
}

MQ_TEST(frame_alert_overflow, "a bound file's mailbox starts to overflow: one line until it was empty again, whoever may send")
{
	log_fd = mq_log_open();
	check_overflow(MQ_ACCESS_ANYONE);
	check_overflow(MQ_ACCESS_USER);
}

MQ_TEST(frame_alert_no_overflow, "a mailbox that rejects or blocks never overflows")
{
	int alice = mq_bound("alice"), bob, i;

	log_fd = mq_log_open();
	for (i = 0; i < 2; i++) {
		bob = mq_bound("bob", .depth = 1,
			       .policy = i ? MQ_POLICY_REJECT : MQ_POLICY_BLOCK);
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
		MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "x"),
		      i ? -ENOBUFS : -EAGAIN);
		MQ_EQ(mq_frame_broadcast(alice, "x"), 0);
		MQ_EQ(mq_status_of("bob").rejected, 2);
		MQ_FRAME_READS(bob, "alice", "x");
		close(bob);
		EXPECT_SILENCE();
	}
}

MQ_TEST(frame_alert_nobody, "a frame to a name that does not exist: one line with sender and name, bytes outside the alphabet as ?")
{
	int alice = mq_bound("alice"), nameless = mq_bound("");

	log_fd = mq_log_open();
	MQ_EQ(mq_frame_send_text(alice, "missing", "x"), -ENOENT);
	EXPECT_ALERT("alice sends to missing");
	MQ_EQ(mq_frame_send_text(alice, "a\x1b[31mb", "x"), -ENOENT);
	EXPECT_ALERT("a?[31mb");
	MQ_EQ(mq_frame_send_text(alice, "\n\r\x7f\x80\xff", "x"), -ENOENT);
	EXPECT_ALERT("?????");
	MQ_EQ(mq_frame_send_text(alice, "%s%n%p%d", "x"), -ENOENT);
	EXPECT_ALERT("%s%n%p%d");
	MQ_EQ(mq_frame_send_text(nameless, "missing", "x"), -ENOENT);
	EXPECT_ALERT("missing");
}

MQ_TEST(frame_alert_size, "a frame over the limit: one line with the size and the limit", .params = "CMD_BUF_SIZE=64")
{
	int alice = mq_bound("alice");
	char text[71];

	log_fd = mq_log_open();
	memset(text, 'x', 70);
	text[70] = 0;
	MQ_EQ(mq_frame_send_text(alice, "alice", text), -EMSGSIZE);
	EXPECT_ALERT("CMD_BUF_SIZE=64");
	MQ_EQ(mq_frame_broadcast(alice, text), -EMSGSIZE);
	EXPECT_ALERT("70");
}

MQ_TEST(frame_alert_discard, "the end of a bound file that discards unread messages: one line with the name and how many")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	log_fd = mq_log_open();
	close(bob);
	EXPECT_SILENCE();
	bob = mq_bound("bob");
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_FRAME_READS(bob, "alice", "x");
	close(bob);
	EXPECT_SILENCE();
	bob = mq_bound("bob");
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	/* What is staged is unread, too. */
	MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
	close(bob);
	EXPECT_ALERT("bob ended with 3 ");
}

MQ_TEST(frame_alert_quiet, "nothing else is logged: not what is malformed, refused, interrupted or forbidden", .open_to_all = true)
{
	static const struct mq_who nobody = { .uid = 1001, .gid = 1001 };
	struct mq_peer *peer = mq_peer_start_who(&nobody);
	int alice = mq_bound("alice"), bob, fd = mq_dev();
	char room[128];

	log_fd = mq_log_open();
	bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK, .depth = 1, .access = MQ_ACCESS_USER);
	MQ_EQ(mq_bind(fd, "b@b"), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob"), -EEXIST);
	MQ_EQ(mq_bind(fd, "x", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
	MQ_EQ(mq_peer_bind(peer, ".peer"), -EPERM);
	MQ_EQ(mq_peer_bind(peer, "peer"), 0);
	MQ_EQ(mq_peer_frame_send_text(peer, "bob", "x"), -EACCES);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "x"), -EAGAIN);
	MQ_EQ(mq_frame_send_flags(alice, "bob", 1U << 31, "x"), -EINVAL);
	MQ_EQ(mq_frame_reply(alice, 12345, "x"), -ENOENT);
	MQ_EQ(mq_write(alice, "text", 4), -EINVAL);
	MQ_EQ(mq_write(alice, NULL, 100), -EFAULT);
	MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
	MQ_EQ(mq_read(bob, room, 71), -EMSGSIZE);
	MQ_EQ(mq_ioctl(bob, _IO(MQ_IOC_TYPE, 99), NULL), -ENOTTY);
	MQ_EQ(mq_ioctl(bob, MQ_IOC_LIST, NULL), -EFAULT);
	EXPECT_SILENCE();
	MQ_FRAME_READS(bob, "alice", "x");
	close(bob);
	EXPECT_SILENCE();
}
