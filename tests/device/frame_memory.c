// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for frames: messages are charged to the sender's memory control
 * group, mailboxes to the owner's; at a group's limit a call fails with ENOMEM.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "group.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/ioctl.h>

#define KIB 1024LL
#define MIB (1024 * KIB)
#define PAYLOAD 32000

/* A process in a group, as both it and its parent see it. */
struct member {
	volatile int step, done;	/* what the parent wants; what is done */
	long (*does)(struct member *member, int fd);
	uint32_t depth;
	long count, sent;
	long result;
	int fd;
	struct mq_bind bind;
	size_t size;
	char frames[2 * MQ_FRAME_SPACE(64 + PAYLOAD)] __attribute__((aligned(8)));
};

static void member_main(void *arg)
{
	struct member *member = arg;
	int step;

	mq_group_enter_locked("mq-member");
	member->fd = mq_dev();
	member->done = 1;
	for (step = 1; ; step++) {
		while (member->step < step)
			sched_yield();
		if (!member->does)
			return;
		member->result = member->does(member, member->fd);
		member->done = step + 1;
	}
}

static struct member *member_new(pid_t *pid)
{
	struct member *member = mq_shared(sizeof(*member));

	/* The parent's memory, of its group. */
	memset(member->frames, 'x', sizeof(member->frames));
	mq_stay();
	mq_group_new("mq-member");
	*pid = mq_run(member_main, member);
	mq_shared_until(&member->done, 1);
	return member;
}

static long member_do(struct member *member, long (*does)(struct member *, int))
{
	member->does = does;
	member->step++;
	mq_shared_until(&member->done, member->step + 1);
	return member->result;
}

static void member_free(struct member *member, pid_t pid)
{
	mq_group_limit("mq-member", 1LL << 40);
	member->does = NULL;
	member->step++;
	mq_join(pid);
	mq_group_free("mq-member");
}

/* ---- what it does ------------------------------------------------------ */

static long binds(struct member *member, int fd)
{
	int value = ioctl(fd, MQ_IOC_BIND, &member->bind);

	return value < 0 ? -errno : value;
}

/* Until all are sent, or one fails: why. */
static long sends(struct member *member, int fd)
{
	ssize_t done = 0;

	while (member->sent < member->count) {
		done = write(fd, member->frames, member->size);
		if (done < 0)
			return -errno;
		member->sent++;
		if ((size_t)done < member->size)
			return done;
	}
	return 0;
}

static void member_wish(struct member *member, const char *name, uint32_t depth)
{
	member->bind = (struct mq_bind){ .size = sizeof(member->bind),
					 .depth = depth };
	strcpy(member->bind.name, name);
}

/* COUNT writes of the first frame, or of two. */
static void member_frames(struct member *member, long count, int frames)
{
	char *payload = malloc(PAYLOAD);
	size_t at = 0;

	memset(payload, 'x', PAYLOAD);
	while (frames--)
		at = mq_frame_push(member->frames, at, "me", 0, 0, payload, PAYLOAD);
	member->size = at;
	member->count = count;
	member->sent = 0;
	free(payload);
}

static long drain(int fd)
{
	static char room[MQ_FRAME_SPACE(64 + PAYLOAD)];
	long count = 0;
	ssize_t got;

	while ((got = mq_read(fd, room, sizeof(room))) != -EAGAIN) {
		MQ_EQ(got, sizeof(room));
		count++;
	}
	return count;
}

/* ---- the promises ------------------------------------------------------ */

MQ_TEST(frame_memory_messages, "frames are charged to the sender's memory group, and given back when read",
	.params = "QUEUE_LEN=300 CMD_BUF_SIZE=65536")
{
	int fd = mq_bound_nonblock("me");
	struct member *member;
	long long before;
	pid_t pid;

	member = member_new(&pid);
	member_wish(member, "sender", 1);
	MQ_EQ(member_do(member, binds), 0);
	member_frames(member, 256, 1);
	before = mq_group_usage("mq-member");
	MQ_EQ(member_do(member, sends), 0);
	/* The kernel charges in batches, so some pages more or less. */
	MQ_GE(mq_group_usage("mq-member") - before, 256 * PAYLOAD - 512 * KIB);
	MQ_LE(mq_group_usage("mq-member") - before, 3 * 256 * PAYLOAD);
	MQ_EQ(drain(fd), 256);
	MQ_LE(mq_group_usage("mq-member") - before, 256 * PAYLOAD / 4);
	member_free(member, pid);
}

MQ_TEST(frame_memory_limit, "at the sender's limit: ENOMEM, nothing is queued or counted, nobody is killed",
	.params = "QUEUE_LEN=65536 CMD_BUF_SIZE=65536", .timeout = 120)
{
	int fd = mq_bound_nonblock("me"), other = mq_bound("other");
	struct member *member;
	struct mq_status s;
	pid_t pid;

	member = member_new(&pid);
	member_wish(member, "sender", 1);
	MQ_EQ(member_do(member, binds), 0);
	member_frames(member, 1000, 1);
	mq_group_limit("mq-member", mq_group_usage("mq-member") + 8 * MIB);
	MQ_EQ(member_do(member, sends), -ENOMEM);
	MQ_GE(member->sent, 128);
	MQ_LE(member->sent, 256 + 16);
	mq_group_check_nobody_killed("mq-member");
	s = mq_status_of("me");
	MQ_EQ(s.accepted, member->sent);
	MQ_EQ(s.queued, member->sent);
	MQ_EQ(s.rejected, 0);
	/* Others send as before; who reads gives the sender room again. */
	MQ_EQ(mq_frame_send_text(other, "other", "hi"), 0);
	MQ_EQ(drain(fd), s.queued);
	member_frames(member, 1, 1);
	MQ_EQ(member_do(member, sends), 0);
	MQ_EQ(drain(fd), 1);
	mq_group_check_nobody_killed("mq-member");
	member_free(member, pid);
}

MQ_TEST(frame_memory_partly, "a write of several frames at the limit returns the bytes of those before it",
	.params = "QUEUE_LEN=65536 CMD_BUF_SIZE=65536", .timeout = 120)
{
	int fd = mq_bound_nonblock("me");
	struct member *member;
	long result, frames = 0;
	pid_t pid;
	int i;

	member = member_new(&pid);
	member_wish(member, "sender", 1);
	MQ_EQ(member_do(member, binds), 0);
	mq_group_limit("mq-member", mq_group_usage("mq-member") + 4 * MIB);
	/* Whether the first or the second frame is the last is chance. */
	for (i = 0; i < 2; i++) {
		member_frames(member, i ? 1000 : 1, i ? 2 : 1);
		result = member_do(member, sends);
		frames += member->sent * (i ? 2 : 1);
	}
	MQ_TRUE(result == -ENOMEM || result == (long)member->size / 2);
	frames -= result > 0;
	MQ_EQ(mq_status_of("me").accepted, frames);
	MQ_EQ(drain(fd), frames);
	mq_group_check_nobody_killed("mq-member");
	member_free(member, pid);
}

MQ_TEST(frame_memory_mailbox, "a mailbox is charged to the group of who binds it, until it ends")
{
	struct member *member;
	long long before;
	int i, fd = mq_bound("");
	pid_t pid;

	member = member_new(&pid);
	mq_group_settle("mq-member");
	before = mq_group_usage("mq-member");
	member_wish(member, "deep", 65536);
	MQ_EQ(member_do(member, binds), 0);
	/* Somebody else fills it: not even then does he pay for the slots. */
	for (i = 0; i < 5000; i++)
		MQ_EQ(mq_frame_send_text(fd, "deep", "x"), 0);
	MQ_GE(mq_group_usage("mq-member") - before, 65536 * sizeof(void *) / 2);
	member->does = NULL;
	member->step++;
	mq_join(pid);
	/* The memory comes back soon after the process, not with it. */
	for (;;) {
		mq_group_settle("mq-member");
		if (mq_group_usage("mq-member") < 256 * KIB)
			break;
		mq_sleep_ms(5);
	}
	mq_group_free("mq-member");
}

MQ_TEST(frame_memory_bind, "at the owner's limit: bind is ENOMEM, nobody is killed, neither name nor place is taken, and again it may succeed",
	.params = "MAX_DEVICES=1")
{
	struct member *member;
	int i, fd;
	pid_t pid;

	member = member_new(&pid);
	mq_group_settle("mq-member");
	mq_group_limit("mq-member", mq_group_usage("mq-member") + 64 * KIB);
	for (i = 0; i < 3; i++) {
		member_wish(member, i ? "deep" : "", 65536);
		MQ_EQ(member_do(member, binds), -ENOMEM);
		mq_group_check_nobody_killed("mq-member");
		MQ_TRUE(!mq_is_there("deep"));
		fd = mq_bound("deep");
		close(fd);
	}
	mq_group_limit("mq-member", 1LL << 40);
	MQ_EQ(member_do(member, binds), 0);
	MQ_EQ(mq_status_of("deep").depth, 65536);
	MQ_EQ(mq_bind(mq_dev(), "more"), -ENOSPC);
	member_free(member, pid);
}
