// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAX_DEVICES, QUEUE_LEN, CMD_BUF_SIZE: what they mean for bound files.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sys/resource.h>

#define THOUSAND 1000

static int files[THOUSAND + 1];

static void files_allow(void)
{
	struct rlimit limit = { 4096, 4096 };

	MQ_OK(setrlimit(RLIMIT_NOFILE, &limit));
}

static const char *name_of(int number)
{
	static char name[MQ_NAME_SIZE];

	/* All bytes of it but the last few are the same. */
	snprintf(name, sizeof(name), "a-common-beginning-%d", number);
	return name;
}

MQ_TEST(frame_limits_thousand, "one process binds a thousand files; the next one gets ENOSPC; each has what was sent to it",
	.params = "MAX_DEVICES=1000 QUEUE_LEN=2", .timeout = 240)
{
	int i, sender, fd = mq_dev();
	char text[16];

	files_allow();
	for (i = 0; i < THOUSAND; i++)
		files[i] = mq_bound(name_of(i));
	MQ_EQ(mq_bind(fd, "one-more"), -ENOSPC);
	sender = mq_bound("");
	for (i = 0; i < THOUSAND; i++) {
		snprintf(text, sizeof(text), "%d", i);
		MQ_EQ(mq_frame_send_text(sender, name_of(i), text), 0);
	}
	MQ_EQ(mq_frame_broadcast(files[7], "to all"), 0);
	for (i = 0; i < THOUSAND; i++) {
		snprintf(text, sizeof(text), "%d", i);
		MQ_FRAME_READS(files[i], "", text);
		if (i != 7)
			MQ_FRAME_READS_FLAGS(files[i], name_of(7), MQ_FRAME_BROADCAST, "to all");
	}
	for (i = 0; i < THOUSAND; i += 37) {
		close(files[i]);
		MQ_EQ(mq_frame_send_text(sender, name_of(i), "x"), -ENOENT);
		files[i] = mq_bound(name_of(THOUSAND + i));
		MQ_EQ(mq_bind(fd, "one-more"), -ENOSPC);
	}
}

MQ_TEST(frame_limits_one, "MAX_DEVICES=1 QUEUE_LEN=1 CMD_BUF_SIZE=16: one endpoint, one message of 16 bytes",
	.params = "MAX_DEVICES=1 QUEUE_LEN=1 CMD_BUF_SIZE=16")
{
	int bob = mq_bound("bob"), nameless = mq_bound("");

	MQ_EQ(mq_bind(mq_dev(), "eve"), -ENOSPC);
	MQ_EQ(mq_status_of("bob").depth, 1);
	MQ_EQ(mq_frame_send_text(nameless, "bob", "0123456789abcdef"), 0);
	MQ_EQ(mq_frame_send_text(nameless, "bob", "0123456789abcdefg"), -EMSGSIZE);
	MQ_EQ(mq_frame_send_text(nameless, "bob", "newest"), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "", "newest")->sequence, 2);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_limits_odd, "limits that are no powers of two hold exactly",
	.params = "MAX_DEVICES=5 QUEUE_LEN=3 CMD_BUF_SIZE=17")
{
	int i, sender = mq_bound("");

	for (i = 0; i < 5; i++)
		files[i] = mq_bound(name_of(i));
	MQ_EQ(mq_bind(mq_dev(), "eve"), -ENOSPC);
	for (i = 0; i < 4; i++)
		MQ_EQ(mq_frame_send_text(sender, name_of(0), "0123456789abcdefg"), 0);
	MQ_EQ(mq_frame_send_text(sender, name_of(0), "0123456789abcdefgh"), -EMSGSIZE);
	for (i = 2; i <= 4; i++)
		MQ_EQ(MQ_FRAME_READS(files[0], "", "0123456789abcdefg")->sequence, i);
	MQ_FRAME_EMPTY(files[0]);
}

MQ_TEST(frame_limits_broadcast, "a broadcast is under the same limit of payload, and one too long reaches nobody",
	.params = "CMD_BUF_SIZE=16")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	MQ_EQ(mq_frame_broadcast(alice, "0123456789abcdef"), 0);
	MQ_EQ(mq_frame_broadcast(alice, "0123456789abcdefg"), -EMSGSIZE);
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "0123456789abcdef");
	MQ_FRAME_EMPTY(bob);
}
