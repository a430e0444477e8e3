// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory in which many frames of one write lie together, and that which a sender uses
 * again: who sent them stays true, nothing older shows, and all of it is given back.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "group.h"
#include "storm_lib.h"

#define HEADER sizeof(struct mq_frame)

static char batch[65536] __attribute__((aligned(8)));
static char room[65536] __attribute__((aligned(8)));

static void send_many(int fd, const char *name, int count, const void *data, size_t size)
{
	size_t at = 0;

	while (count--)
		at = mq_frame_push(batch, at, name, 0, 0, data, size);
	MQ_EQ(mq_write(fd, batch, at), at);
}

/* ---- who sent it ----------------------------------------------------------------- */

static void check_sender(const struct mq_frame *frame, const char *name, pid_t pid, uid_t uid,
			 const char *text)
{
	MQ_FRAME_IS(frame, name, 0, text);
	MQ_EQ(frame->pid, pid);
	MQ_EQ(frame->uid, uid);
}

static void send_and_go(const char *text, uid_t uid)
{
	pid_t pid = mq_fork();
	int fd;

	if (!pid) {
		mq_become(uid, uid);
		fd = mq_bound("ghost");
		send_many(fd, "bob", 20, text, strlen(text));
		send_many(fd, "reader", 8, text, strlen(text));
		/* What these took is kept, and used again by those behind. */
		MQ_EQ(mq_frame_send_text(fd, "bob", text), 0);
		_exit(0);
	}
	mq_join(pid);
	memcpy(room + sizeof(room) - sizeof(pid), &pid, sizeof(pid));
}

static pid_t last_ghost(void)
{
	pid_t pid;

	memcpy(&pid, room + sizeof(room) - sizeof(pid), sizeof(pid));
	return pid;
}

MQ_TEST(run_outlives_sender, "frames that were written together keep name, pid and uid of a sender that has died, and of the next one that had its name",
	.params = "QUEUE_LEN=64", .open_to_all = true)
{
	int bob = mq_bound("bob"), reader = mq_dev(), i, half;
	const struct mq_frame *frame;
	pid_t first, second;
	size_t at = 0;
	ssize_t got;

	MQ_EQ(mq_cmd(reader, "/reg reader"), 0);
	MQ_EQ(mq_cmd(reader, "/from on"), 0);
	send_and_go("one", 1001);
	first = last_ghost();
	send_and_go("two", 1002);
	second = last_ghost();
	/* Some at a time, so that what carries them goes last. */
	for (i = 0; i < 42; i += half) {
		half = 42 - i < 5 ? 42 - i : 5;
		got = mq_read(bob, room, half * 72);
		MQ_EQ(got, half * 72);
		for (at = 0; (frame = mq_frame_next(room, got, &at));)
			check_sender(frame, "ghost", frame->sequence <= 21 ? first : second,
				     frame->sequence <= 21 ? 1001 : 1002,
				     frame->sequence <= 21 ? "one" : "two");
	}
	for (i = 0; i < 16; i++)
		MQ_READS(reader, i < 8 ? "ghost one" : "ghost two");
}

/* ---- nothing older ------------------------------------------------------------------ */

/* Fills what the sender keeps, and what frames of a write lie in, with a pattern. */
static void leave_pattern(int fd, int to)
{
	static char pattern[4000];
	int size, i;

	memset(pattern, 0xa5, sizeof(pattern));
	for (size = 1; size < 4000; size = size * 3 + 1) {
		for (i = 0; i < 3; i++) {
			send_many(fd, "bob", 12, pattern, size);
			while (mq_frame_receive_nowait(to) > 0)
				;
		}
	}
}

/* Neither in the frame nor behind it, where the room has been 0x5a. */
static void check_clean(char *bytes, ssize_t got, size_t all, const char *what)
{
	struct mq_frame *frame;
	size_t i, at = 0;

	MQ_GE(got, HEADER);
	/* Numbers may be like the pattern by chance. */
	while ((frame = (struct mq_frame *)mq_frame_next(bytes, got, &at))) {
		frame->sequence = frame->time = frame->cookie = 0;
		frame->pid = 0;
	}
	for (i = 0; i < all; i++)
		if (bytes[i] == (char)0xa5 || (i >= (size_t)got && bytes[i] != 0x5a))
			MQ_FAIL("%s of %zd bytes: byte %zu is %#x", what, got, i,
				(unsigned char)bytes[i]);
}

static size_t push_dirty(int count, size_t size)
{
	size_t at = 0, end;

	while (count--) {
		end = mq_frame_push(batch, at, "bob", 0, 0, "bbbbbbbbbbbbbbbb", size);
		memset(batch + at + HEADER + size, 0xa5, end - at - HEADER - size);
		at = end;
	}
	return at;
}

MQ_TEST(run_nothing_older, "no byte of an older message is seen in or behind short frames: alone, of many, by peek, in requests and answers",
	.params = "QUEUE_LEN=32")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), count;
	struct mq_caller *caller;
	size_t size, length;
	uint64_t cookie;
	ssize_t got;

	for (size = 1; size <= 16; size++) {
		for (count = 1; count < 20; count += 6) {
			leave_pattern(alice, bob);
			length = push_dirty(count, size);
			MQ_EQ(mq_write(alice, batch, length), length);
			memset(room, 0x5a, sizeof(room));
			got = mq_ioc_peek(bob, room, sizeof(room));
			check_clean(room, got, sizeof(room), "peek");
			memset(room, 0x5a, sizeof(room));
			MQ_EQ(mq_read(bob, room, sizeof(room)), got);
			check_clean(room, got, sizeof(room), "read");
		}
		leave_pattern(alice, bob);
		caller = mq_call_begin(alice, "bob", "request");
		memset(room, 0x5a, sizeof(room));
		got = mq_read(bob, room, sizeof(room));
		cookie = ((struct mq_frame *)room)->cookie;
		MQ_EQ(mq_frame_reply(bob, cookie, "r"), 0);
		MQ_CALL_GETS(caller, "bob", "r");
		check_clean(room, got, sizeof(room), "request");
	}
}

MQ_TEST(run_nothing_older_text, "nor in text, with its sender's name or without")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), fd = mq_dev(), i;

	MQ_EQ(mq_cmd(fd, "/reg reader"), 0);
	for (i = 0; i < 20; i++) {
		leave_pattern(alice, bob);
		MQ_EQ(mq_cmd(fd, i % 2 ? "/from on" : "/from off"), 0);
		send_many(alice, "reader", 3, "x", 1);
		MQ_READS(fd, i % 2 ? "alice x" : "x");
		/* One's own lines take the same memory over and over. */
		MQ_EQ(mq_cmd(fd, "/msg reader a much longer line than the next one"), 0);
		MQ_EQ(mq_cmd(fd, "/msg reader y"), 0);
		MQ_READS(fd, i % 2 ? "alice x" : "x");
		MQ_READS(fd, i % 2 ? "alice x" : "x");
		MQ_READS(fd, i % 2 ? "reader a much longer line than the next one" :
				     "a much longer line than the next one");
		MQ_READS(fd, i % 2 ? "reader y" : "y");
	}
}

/* ---- many threads through one file ---------------------------------------------------- */

#define SENDERS 3

struct throng {
	int fd;
	long rounds;
	volatile int done;
};

/* What each text says of itself shows whether two threads got the same memory. */
static void *throng_send(void *arg)
{
	struct throng *throng = arg;
	static __thread char bytes[65536] __attribute__((aligned(8)));
	struct mq_dice dice;
	char text[256];
	size_t at, size;
	long i;
	int n;

	mq_dice_init(&dice, gettid());
	for (i = 0; i < throng->rounds; i++) {
		n = mq_dice_throw(&dice, 2) ? 1 : 1 + mq_dice_throw(&dice, 40);
		for (at = 0; n--;) {
			size = mq_proof_show(text, sizeof(text), gettid(), i,
					     mq_dice_throw(&dice, 200));
			at = mq_frame_push(bytes, at, mq_dice_throw(&dice, 30) ? "bob" : "eve",
					   0, gettid(), text, size);
		}
		MQ_EQ(mq_write(throng->fd, bytes, at), at);
	}
	mq_shared_add(&throng->done, 1);
	return NULL;
}

static void throng_read(int fd)
{
	ssize_t got = mq_read(fd, room, sizeof(room));
	const struct mq_frame *frame;
	struct mq_proof proof;
	size_t at = 0;

	while (got > 0 && (frame = mq_frame_next(room, got, &at))) {
		MQ_TRUE(mq_proof_parse(mq_frame_data(frame), mq_frame_data_size(frame), &proof));
		MQ_EQ(proof.sender, frame->cookie);
		MQ_EQ(frame->pid, getpid());
	}
}

MQ_TEST(run_threads, "threads that write through one file at once, frames alone and many, never get each other's bytes",
	.timeout = 180)
{
	struct throng throng = { .rounds = mq_storm_count(10000) };
	int bob = mq_bound_nonblock("bob", .depth = 64), eve = mq_bound_nonblock("eve"), i;
	pthread_t threads[SENDERS];

	throng.fd = mq_bound("alice");
	for (i = 0; i < SENDERS; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, throng_send, &throng), 0);
	while (throng.done < SENDERS) {
		throng_read(bob);
		throng_read(eve);
	}
	for (i = 0; i < SENDERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
}

/* ---- given back -------------------------------------------------------------------------- */

/* One round: frames that are overwritten, read in part, staged, discarded. */
static void drop_round(struct mq_dice *dice)
{
	int from = mq_bound("alice"), to = mq_bound_nonblock("bob"), i;

	for (i = mq_dice_throw(dice, 4); i >= 0; i--) {
		send_many(from, "bob", 1 + mq_dice_throw(dice, 70), "0123456789",
			  1 + mq_dice_throw(dice, 10));
		if (mq_dice_throw(dice, 2))
			mq_read(to, room, 64 + mq_dice_throw(dice, 2000));
		if (!mq_dice_throw(dice, 3))
			MQ_EQ(mq_read(to, NULL, sizeof(room)), mq_poll(to) & POLLIN ? -EFAULT : -EAGAIN);
	}
	/* The sender goes first, or the reader. */
	i = mq_dice_throw(dice, 2);
	close(i ? from : to);
	close(i ? to : from);
}

static void drop_main(void *arg)
{
	long rounds = mq_storm_count(2000), i;
	struct mq_dice dice;
	long long before = 0;

	(void)arg;
	mq_stay();
	mq_group_enter("mq-runs");
	mq_dice_init(&dice, 3);
	for (i = 0; i < rounds; i++) {
		drop_round(&dice);
		if (i == rounds / 4) {
			mq_sleep_ms(200);
			mq_group_settle("mq-runs");
			before = mq_group_usage("mq-runs");
		}
	}
	/* What is freed behind a grace period comes late where a processor stands still. */
	for (i = 0; i < 100; i++) {
		mq_sleep_ms(200);
		mq_group_settle("mq-runs");
		if (mq_group_usage("mq-runs") - before <= 512 * 1024)
			break;
	}
	/* The memory of one frame of each write would be more. */
	MQ_LE(mq_group_usage("mq-runs") - before, 512 * 1024);
}

MQ_TEST(run_given_back, "thousands of writes to mailboxes that overwrite, are read in part, or end unread leave no memory behind",
	.params = "QUEUE_LEN=40", .timeout = 180)
{
	mq_group_new("mq-runs");
	mq_join(mq_run(drop_main, NULL));
	mq_group_free("mq-runs");
}

/* A peek, a call or a slow reader may hold one of many: the others go. */
MQ_TEST(run_held_by_one, "one frame that is left of a write keeps its bytes, whatever becomes of the others and of the sender's next ones")
{
	int alice = mq_bound("alice"), slow = mq_bound("slow"), i, j;
	char text[16];

	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "last %d", i);
		send_many(alice, "slow", 9, "gone", 4);
		MQ_EQ(mq_frame_send_text(alice, "slow", text), 0);
		MQ_EQ(mq_read(slow, room, 8 * 72), 8 * 72);
		for (j = 0; j < 20; j++)
			send_many(alice, "alice", 1 + j, "~~~~~~~~", 8);
		MQ_FRAME_READS(slow, "alice", "gone");
		MQ_FRAME_READS(slow, "alice", text);
		while (mq_frame_receive_nowait(alice) > 0)
			;
	}
}
