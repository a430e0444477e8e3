// SPDX-License-Identifier: GPL-2.0-only
/*
 * Monitors come and go while messages, and processes, do. One that stays sees each message of
 * the senders exactly once, whole and in its sender's order, but for as many as its gaps say;
 * and no sender notices.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sched.h>

#define SENDERS 3
#define VISITORS 2
#define NS_PER_MS 1000000ULL

struct storm {
	volatile int ready, go, done;	/* senders */
	volatile int over;		/* for those who look on */
	volatile int victims, target;
	long messages;			/* of each sender */
};

struct part {
	struct storm *storm;
	int number;
};

/* ---- those who send ------------------------------------------------------------ */

/* Number NUMBER of sender ME, whichever way; the cookie is that too. */
static void sender_send(int fd, int me, unsigned long number, struct mq_dice *dice)
{
	char frame[1024] __attribute__((aligned(8))), room[256] __attribute__((aligned(8)));
	char proof[600];
	size_t size = mq_proof_show(proof, sizeof(proof), me, number, mq_dice_throw(dice, 500));
	long got;

	switch (mq_dice_throw(dice, 4)) {
	case 0:
		MQ_EQ(mq_frame_send(fd, "", MQ_FRAME_BROADCAST, number, proof, size),
		      MQ_FRAME_SPACE(64 + size));
		break;
	case 1:
		MQ_EQ(mq_frame_send(fd, "nobody", 0, number, proof, size), -ENOENT);
		break;
	case 2:
		size = mq_frame_push(frame, 0, "sink", 0, number, proof, size);
		got = mq_ioc_call(fd, frame, size, room, sizeof(room),
				  mq_dice_throw(dice, 3) * NS_PER_MS / 4 + 1);
		MQ_TRUE(got == -ETIMEDOUT || got == -ENOBUFS);
		break;
	default:
		MQ_EQ(mq_frame_send(fd, "sink", 0, number, proof, size),
		      MQ_FRAME_SPACE(64 + size));
	}
}

static void sender_main(void *arg)
{
	struct part *part = arg;
	struct storm *storm = part->storm;
	char name[MQ_NAME_SIZE];
	struct mq_dice dice;
	long i;
	int fd;

	sprintf(name, "sender%d", part->number);
	fd = mq_bound(name);
	mq_dice_init(&dice, part->number + 1);
	mq_shared_add(&storm->ready, 1);
	mq_shared_until(&storm->go, 1);
	for (i = 0; i < storm->messages; i++) {
		sender_send(fd, part->number, i, &dice);
		mq_dice_yield(&dice);
	}
	mq_shared_add(&storm->done, 1);
}

/* ---- those who look on --------------------------------------------------------- */

struct look {
	uint64_t sequence, gaps, seen, others;
	unsigned long next[SENDERS], missed;
};

static int sender_of(const struct mq_frame *frame)
{
	return strncmp(frame->name, "sender", 6) ? -1 : frame->name[6] - '0';
}

/* A sender's numbers go up by one, but for what is missed; the first one may be any. */
static void look_proof(struct look *look, const struct mq_frame *frame, bool from_begin)
{
	const struct mq_passed *passed = (const void *)mq_frame_data(frame);
	int sender = sender_of(frame);
	struct mq_proof proof;

	MQ_EQ(passed->length, mq_frame_data_size(frame) - sizeof(*passed));
	if (!mq_proof_parse((const char *)(passed + 1), passed->length, &proof))
		MQ_FAIL("not whole: %u bytes", passed->length);
	MQ_EQ(proof.sender, sender);
	if (passed->result)
		MQ_EQ(passed->result, ENOENT);
	if (!(passed->flags & MQ_FRAME_CALL))
		MQ_EQ(frame->cookie, proof.number);
	if (from_begin || look->next[sender]) {
		MQ_GE(proof.number, look->next[sender]);
		look->missed += proof.number - look->next[sender];
	}
	look->next[sender] = proof.number + 1;
}

/* All that is there now; false: nothing. */
static bool look_take(struct look *look, int fd, bool from_begin)
{
	static char bytes[16384] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	ssize_t got = mq_read(fd, bytes, sizeof(bytes));
	size_t at = 0;

	if (got == -EAGAIN)
		return false;
	MQ_GE(got, 64);
	while ((frame = mq_frame_next(bytes, got, &at))) {
		MQ_EQ(frame->flags, MQ_FRAME_MONITOR);
		MQ_TRUE(frame->sequence > look->sequence);
		look->gaps += frame->sequence - look->sequence - 1;
		look->sequence = frame->sequence;
		look->seen++;
		if (sender_of(frame) >= 0)
			look_proof(look, frame, from_begin);
		else
			look->others++;
	}
	return true;
}

static int monitor_new(struct mq_bind bind)
{
	bind.flags = MQ_BIND_MONITOR;
	bind.snap = MQ_SNAP_MAX;
	return mq_bound_fill(__FILE__, __LINE__, O_RDWR | O_CLOEXEC | O_NONBLOCK, "", bind);
}

/* Comes, looks a while, or not at all, and goes; or is killed while it does. */
static void visitor_main(void *arg)
{
	static const char *const names[] = { "", "sink", "sender0", "nobody" };
	struct part *part = arg;
	struct look look;
	struct mq_dice dice;
	int fd, i;

	mq_dice_init(&dice, 100 + part->number);
	while (!part->storm->over) {
		struct mq_bind bind = {
			.depth = 1 + mq_dice_throw(&dice, 16),
			.policy = mq_dice_throw(&dice, 2), .see = mq_dice_throw(&dice, 64),
		};

		strcpy(bind.to, names[mq_dice_throw(&dice, 4)]);
		strcpy(bind.from, names[mq_dice_throw(&dice, 4)]);
		fd = monitor_new(bind);
		memset(&look, 0, sizeof(look));
		for (i = mq_dice_throw(&dice, 20); i; i--)
			if (!look_take(&look, fd, false))
				mq_dice_yield(&dice);
		close(fd);
	}
}

static void victims_main(void *arg)
{
	struct storm *storm = arg;

	mq_storm_frames_victims(&storm->victims, &storm->target, 7);
}

static void storm_begin(struct storm *storm, struct part *parts, pid_t *pids)
{
	int i;

	for (i = 0; i < SENDERS + VISITORS; i++) {
		parts[i] = (struct part){ .storm = storm, .number = i };
		pids[i] = mq_run(i < SENDERS ? sender_main : visitor_main, &parts[i]);
	}
	pids[i] = mq_run(victims_main, storm);
	mq_shared_until(&storm->ready, SENDERS);
}

/* What it sees of the senders, and what it missed, is all that they sent. */
static void look_check(const struct look *look, const struct storm *storm)
{
	unsigned long known = 0;
	int i;

	for (i = 0; i < SENDERS; i++)
		known += look->next[i];
	MQ_EQ(look->seen - look->others + look->missed, known);
	/* Victims' messages are among those it missed; of the senders' none is hidden. */
	MQ_GE(look->gaps, look->missed);
	if (!look->gaps)
		MQ_EQ(known, SENDERS * storm->messages);
}

static void storm_run(uint32_t depth)
{
	struct storm *storm = mq_shared(sizeof(*storm));
	pid_t pids[SENDERS + VISITORS + 1];
	struct part parts[SENDERS + VISITORS];
	struct look look = { 0 };
	int see, i, sink = mq_bound_nonblock("sink", .depth = 4);
	bool over = false;

	storm->messages = mq_storm_count(2000);
	storm->target = 1 << 30;
	storm_begin(storm, parts, pids);
	see = monitor_new((struct mq_bind){ .depth = depth });
	storm->go = 1;
	/* Once more behind the end: what was sent is there. */
	while (!over) {
		over = storm->done == SENDERS;
		while (look_take(&look, see, true))
			;
		sched_yield();
	}
	storm->over = 1;
	storm->target = 0;
	for (i = 0; i < SENDERS + VISITORS + 1; i++)
		mq_join(pids[i]);
	mq_in_flight_collect();
	look_check(&look, storm);
	MQ_TRUE(look.seen > look.others);
	close(see);
	close(sink);
	mq_endpoints_until_none();
}

MQ_TEST(storm_monitor, "monitors come and go in a storm: one that reads sees each message of each sender once, whole and in order",
	.params = "MAX_DEVICES=128", .timeout = 600, .log_may = "mq_driver: ")
{
	storm_run(65536);
}

MQ_TEST(storm_monitor_slow, "one that cannot keep up misses no more than its gaps say",
	.params = "MAX_DEVICES=128", .timeout = 600, .log_may = "mq_driver: ")
{
	storm_run(8);
}
