// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring on bound files, by liburing: reads and writes that wait, and those that
 * must not; and rings as owners of files.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <liburing.h>
#include <sys/uio.h>

static void ring_init(struct io_uring *ring)
{
	int result = io_uring_queue_init(64, ring, 0);

	if (result == -ENOSYS || result == -EPERM)
		mq_skip("the kernel has no io_uring");
	MQ_EQ(result, 0);
}

static struct io_uring_sqe *ring_next(struct io_uring *ring, uint64_t number)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	MQ_TRUE(sqe);
	io_uring_sqe_set_data64(sqe, number);
	return sqe;
}

static void ring_read(struct io_uring *ring, int fd, void *room, size_t size,
		      uint64_t number)
{
	struct io_uring_sqe *sqe = ring_next(ring, number);

	io_uring_prep_read(sqe, fd, room, size, -1);
	MQ_EQ(io_uring_submit(ring), 1);
}

static void ring_write(struct io_uring *ring, int fd, const void *bytes, size_t size,
		       uint64_t number)
{
	struct io_uring_sqe *sqe = ring_next(ring, number);

	io_uring_prep_write(sqe, fd, bytes, size, -1);
	MQ_EQ(io_uring_submit(ring), 1);
}

/* The next completion; sleeps for it. */
static long ring_end(struct io_uring *ring, uint64_t *number)
{
	struct io_uring_cqe *cqe;
	long result;

	while ((result = io_uring_wait_cqe(ring, &cqe)))
		MQ_EQ(result, -EINTR);
	result = cqe->res;
	if (number)
		*number = cqe->user_data;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

/* Nothing has completed, though all that was to be done was done. */
static void ring_check_idle(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;

	MQ_EQ(io_uring_get_events(ring), 0);
	MQ_EQ(io_uring_peek_cqe(ring, &cqe), -EAGAIN);
}

static char room[8][MQ_FRAME_ROOM] __attribute__((aligned(8)));

static void check_room(int index, long got, const char *from, const char *text)
{
	size_t at = 0;

	MQ_EQ(got, MQ_FRAME_SPACE(64 + strlen(text)));
	MQ_FRAME_IS(mq_frame_next(room[index], got, &at), from, 0, text);
}

/* ---- reading ----------------------------------------------------------------- */

MQ_TEST(uring_read_waits, "a read of an empty file completes when a frame comes, with O_NONBLOCK too")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	struct io_uring ring;

	ring_init(&ring);
	for (i = 0; i < 5; i++) {
		if (i == 3)
			MQ_OK(fcntl(bob, F_SETFL, O_NONBLOCK));
		ring_read(&ring, bob, room[0], sizeof(room[0]), 1);
		ring_check_idle(&ring);
		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		check_room(0, ring_end(&ring, NULL), "alice", "hi");
	}
	MQ_EQ(mq_frame_send_text(alice, "bob", "there"), 0);
	ring_read(&ring, bob, room[0], sizeof(room[0]), 1);
	check_room(0, ring_end(&ring, NULL), "alice", "there");
	io_uring_queue_exit(&ring);
}

/* io_uring polls for O_NONBLOCK files as it does for others; RWF_NOWAIT is what it asks. */
MQ_TEST(uring_read_nonblock, "with RWF_NOWAIT it completes with EAGAIN at once, or with the frame")
{
	int alice = mq_bound("alice"), i;
	int bobs[2] = { mq_bound("bob0"), mq_bound_nonblock("bob1") };
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char name[8];

	ring_init(&ring);
	for (i = 0; i < 6; i++) {
		sprintf(name, "bob%d", i % 2);
		if (i / 2 == 1)
			MQ_EQ(mq_frame_send_text(alice, name, "hi"), 0);
		sqe = ring_next(&ring, 1);
		io_uring_prep_read(sqe, bobs[i % 2], room[0], sizeof(room[0]), -1);
		sqe->rw_flags = RWF_NOWAIT;
		MQ_EQ(io_uring_submit(&ring), 1);
		if (i / 2 == 1)
			check_room(0, ring_end(&ring, NULL), "alice", "hi");
		else
			MQ_EQ(ring_end(&ring, NULL), -EAGAIN);
	}
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_read_many, "of many reads under way each gets one of as many frames, and none is lost")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i, round;
	struct io_uring ring;
	char text[16];

	ring_init(&ring);
	for (round = 0; round < 10; round++) {
		bool seen[8] = { false };
		uint64_t number;

		for (i = 0; i < 8; i++)
			ring_read(&ring, bob, room[i], 72, i);
		for (i = 0; i < 8; i++) {
			sprintf(text, "no %d", i);
			MQ_EQ(mq_frame_send_text(alice, "bob", text), 0);
		}
		for (i = 0; i < 8; i++) {
			MQ_EQ(ring_end(&ring, &number), 72);
			seen[mq_frame_data((void *)room[number])[3] - '0'] = true;
		}
		for (i = 0; i < 8; i++)
			MQ_TRUE(seen[i]);
	}
	MQ_FRAME_EMPTY(bob);
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_read_batch, "one read takes as many frames as fit, also by readv and into a registered buffer")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), how, i;
	struct iovec parts[2] = { { room[0], 100 }, { room[0] + 100, 900 } };
	struct iovec whole = { room[0], sizeof(room[0]) };
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_init(&ring);
	MQ_EQ(io_uring_register_buffers(&ring, &whole, 1), 0);
	for (how = 0; how < 3; how++) {
		size_t at = 0;
		long got;

		for (i = 0; i < 3; i++)
			MQ_EQ(mq_frame_send_text(alice, "bob", "some"), 0);
		memset(room[0], 0x5a, sizeof(room[0]));
		sqe = ring_next(&ring, 1);
		if (how == 0)
			io_uring_prep_read(sqe, bob, room[0], sizeof(room[0]), -1);
		else if (how == 1)
			io_uring_prep_readv(sqe, bob, parts, 2, -1);
		else
			io_uring_prep_read_fixed(sqe, bob, room[0], sizeof(room[0]), -1, 0);
		MQ_EQ(io_uring_submit(&ring), 1);
		got = ring_end(&ring, NULL);
		MQ_EQ(got, 3 * 72);
		for (i = 0; i < 3; i++)
			MQ_FRAME_IS(mq_frame_next(room[0], got, &at), "alice", 0, "some");
	}
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_read_cancel, "a read that waits is cancelled, and takes nothing afterwards")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	struct io_uring ring;
	uint64_t number;

	ring_init(&ring);
	ring_read(&ring, bob, room[0], sizeof(room[0]), 1);
	ring_check_idle(&ring);
	io_uring_prep_cancel64(ring_next(&ring, 2), 1, 0);
	MQ_EQ(io_uring_submit(&ring), 1);
	for (i = 0; i < 2; i++) {
		long result = ring_end(&ring, &number);

		MQ_TRUE(number ? result == -ECANCELED || result == -EINTR || !result : !result);
	}
	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "alice", "hi");
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_read_text, "on an unbound file a read takes the process's text",
	.params = "QUEUE_LEN=2")
{
	int fd = mq_dev();
	struct io_uring ring;

	ring_init(&ring);
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
	ring_read(&ring, fd, room[0], 100, 1);
	MQ_BYTES(room[0], ring_end(&ring, NULL), "hello");
	io_uring_queue_exit(&ring);
}

/* ---- writing ----------------------------------------------------------------- */

static size_t push_three(char *bytes, const char *to)
{
	size_t at = mq_frame_push_text(bytes, 0, to, "one");

	at = mq_frame_push_text(bytes, at, to, "two");
	return mq_frame_push_text(bytes, at, to, "three");
}

MQ_TEST(uring_write, "a write sends all its frames; errors are those of write(2)")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct iovec part = { room[0], 0 };
	struct io_uring ring;

	ring_init(&ring);
	part.iov_len = push_three(room[0], "bob");
	ring_write(&ring, alice, room[0], part.iov_len, 1);
	MQ_EQ(ring_end(&ring, NULL), 3 * 72);
	io_uring_prep_writev(ring_next(&ring, 2), alice, &part, 1, -1);
	MQ_EQ(io_uring_submit(&ring), 1);
	MQ_EQ(ring_end(&ring, NULL), 3 * 72);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_FRAME_READS(bob, "alice", "two");
	MQ_FRAME_READS(bob, "alice", "three");
	MQ_FRAME_READS(bob, "alice", "one");
	push_three(room[0], "nobody");
	ring_write(&ring, alice, room[0], 72, 3);
	MQ_EQ(ring_end(&ring, NULL), -ENOENT);
	ring_write(&ring, alice, room[0], 63, 4);
	MQ_EQ(ring_end(&ring, NULL), -EINVAL);
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_write_waits, "a write to a full blocking mailbox completes when there is room",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK), i;
	struct io_uring ring;

	ring_init(&ring);
	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	for (i = 0; i < 5; i++) {
		mq_frame_push_text(room[0], 0, "bob", "next");
		ring_write(&ring, alice, room[0], 72, 1);
		ring_check_idle(&ring);
		MQ_FRAME_READS(bob, "alice", i ? "next" : "full");
		MQ_EQ(ring_end(&ring, NULL), 72);
	}
	MQ_FRAME_READS(bob, "alice", "next");
	MQ_FRAME_EMPTY(bob);
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_write_end, "such a write completes when the endpoint ends", .params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	struct io_uring ring;
	long result;

	ring_init(&ring);
	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	mq_frame_push_text(room[0], 0, "bob", "next");
	ring_write(&ring, alice, room[0], 72, 1);
	ring_check_idle(&ring);
	close(bob);
	/* The kernel may have polled, and then writes to a name that is gone. */
	result = ring_end(&ring, NULL);
	MQ_TRUE(result == -EPIPE || result == -ENOENT);
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_write_nonblock, "with RWF_NOWAIT it is EAGAIN at once", .params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), i;
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_init(&ring);
	for (i = 0; i < 4; i++) {
		mq_frame_push_text(room[0], 0, "bob", "next");
		sqe = ring_next(&ring, 1);
		io_uring_prep_write(sqe, alice, room[0], 72, -1);
		sqe->rw_flags = RWF_NOWAIT;
		MQ_EQ(io_uring_submit(&ring), 1);
		MQ_EQ(ring_end(&ring, NULL), i % 2 ? -EAGAIN : 72);
		if (i % 2)
			MQ_FRAME_READS(bob, "alice", "next");
	}
	MQ_EQ(mq_status_of("bob").rejected, 2);
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_write_each_own, "two writes that wait at two mailboxes complete each with its own room",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), i;
	int bob[2] = { mq_bound("bob0", .policy = MQ_POLICY_BLOCK),
		       mq_bound("bob1", .policy = MQ_POLICY_BLOCK) };
	struct io_uring ring;
	uint64_t number;
	char name[8];

	ring_init(&ring);
	for (i = 0; i < 2; i++) {
		sprintf(name, "bob%d", i);
		MQ_EQ(mq_frame_send_text(alice, name, "full"), 0);
		mq_frame_push_text(room[i], 0, name, "next");
		ring_write(&ring, alice, room[i], 72, i);
	}
	ring_check_idle(&ring);
	for (i = 0; i < 2; i++)
		MQ_FRAME_READS(bob[i], "alice", "full");
	for (i = 0; i < 2; i++)
		MQ_EQ(ring_end(&ring, &number), 72);
	for (i = 0; i < 2; i++)
		MQ_FRAME_READS(bob[i], "alice", "next");
	io_uring_queue_exit(&ring);
}

MQ_TEST(uring_chain, "a request that is written and the read of what comes back, linked in one submit")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	uint64_t number;

	ring_init(&ring);
	mq_frame_push_text(room[0], 0, "bob", "ping");
	sqe = ring_next(&ring, 1);
	io_uring_prep_write(sqe, alice, room[0], 72, -1);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = ring_next(&ring, 2);
	io_uring_prep_read(sqe, alice, room[1], sizeof(room[1]), -1);
	MQ_EQ(io_uring_submit(&ring), 2);
	MQ_EQ(ring_end(&ring, &number), 72);
	MQ_EQ(number, 1);
	MQ_FRAME_READS(bob, "alice", "ping");
	ring_check_idle(&ring);
	MQ_EQ(mq_frame_send_text(bob, "alice", "pong"), 0);
	check_room(1, ring_end(&ring, &number), "bob", "pong");
	MQ_EQ(number, 2);
	io_uring_queue_exit(&ring);
}

/* ---- polling ----------------------------------------------------------------- */

MQ_TEST(uring_poll, "a poll request completes with a frame, once or as often as frames come")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), multishot, i;
	struct io_uring ring;

	ring_init(&ring);
	for (multishot = 0; multishot < 2; multishot++) {
		struct io_uring_sqe *sqe = ring_next(&ring, 1);

		if (multishot)
			io_uring_prep_poll_multishot(sqe, bob, POLLIN);
		else
			io_uring_prep_poll_add(sqe, bob, POLLIN);
		MQ_EQ(io_uring_submit(&ring), 1);
		ring_check_idle(&ring);
		for (i = 0; i < 1 + 4 * multishot; i++) {
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
			MQ_EQ(ring_end(&ring, NULL) & POLLIN, POLLIN);
			MQ_FRAME_READS(bob, "alice", "hi");
		}
	}
	io_uring_queue_exit(&ring);
}

/* ---- rings as owners --------------------------------------------------------- */

/* The kernel takes rings apart in the background. */
static void until_gone(const char *name)
{
	while (mq_is_there(name))
		mq_sleep_ms(1);
}

MQ_TEST(uring_exit, "a file that only a ring has ends with the ring, read under way or not")
{
	struct io_uring ring;
	int bob, waiting;

	for (waiting = 0; waiting < 2; waiting++) {
		bob = mq_bound("bob");
		ring_init(&ring);
		MQ_EQ(io_uring_register_files(&ring, &bob, 1), 0);
		if (waiting)
			ring_read(&ring, bob, room[0], sizeof(room[0]), 1);
		close(bob);
		MQ_TRUE(mq_is_there("bob"));
		io_uring_queue_exit(&ring);
		until_gone("bob");
	}
}

MQ_TEST(uring_fixed_file, "a registered file, closed, sends and receives by its ring")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_init(&ring);
	MQ_EQ(io_uring_register_files(&ring, &bob, 1), 0);
	close(bob);
	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	sqe = ring_next(&ring, 1);
	io_uring_prep_read(sqe, 0, room[0], sizeof(room[0]), -1);
	sqe->flags |= IOSQE_FIXED_FILE;
	MQ_EQ(io_uring_submit(&ring), 1);
	check_room(0, ring_end(&ring, NULL), "alice", "hi");
	mq_frame_push_text(room[0], 0, "alice", "back");
	sqe = ring_next(&ring, 2);
	io_uring_prep_write(sqe, 0, room[0], 72, -1);
	sqe->flags |= IOSQE_FIXED_FILE;
	MQ_EQ(io_uring_submit(&ring), 1);
	MQ_EQ(ring_end(&ring, NULL), 72);
	MQ_FRAME_READS(alice, "bob", "back");
	MQ_EQ(io_uring_unregister_files(&ring), 0);
	until_gone("bob");
	io_uring_queue_exit(&ring);
}

/* With reads, a write and a poll under way. */
static void die_in_ring(void *arg)
{
	int bob = mq_bound("bob"), i;
	struct io_uring ring;

	ring_init(&ring);
	for (i = 0; i < 4; i++)
		ring_read(&ring, bob, room[i], 72, i);
	mq_frame_push_text(room[5], 0, "full", "next");
	ring_write(&ring, bob, room[5], 72, 5);
	io_uring_prep_poll_add(ring_next(&ring, 6), bob, POLLIN);
	MQ_EQ(io_uring_submit(&ring), 1);
	*(volatile int *)arg = 1;
	pause();
}

MQ_TEST(uring_killed, "a process that is killed with requests under way leaves no name, soon after",
	.params = "QUEUE_LEN=1")
{
	int full = mq_bound("full", .policy = MQ_POLICY_BLOCK), alice = mq_bound("alice"), i;
	volatile int *ready = mq_shared(sizeof(*ready));
	struct io_uring probe;
	pid_t pid;

	ring_init(&probe);
	io_uring_queue_exit(&probe);
	MQ_EQ(mq_frame_send_text(alice, "full", "full"), 0);
	for (i = 0; i < 5; i++) {
		*ready = 0;
		pid = mq_run(die_in_ring, (void *)ready);
		while (!*ready)
			mq_sleep_ms(1);
		MQ_OK(kill(pid, SIGKILL));
		MQ_TRUE(WIFSIGNALED(mq_wait_status(pid)));
		until_gone("bob");
	}
	MQ_EQ(mq_frame_send_text(alice, "bob", "gone"), -ENOENT);
	MQ_FRAME_READS(full, "alice", "full");
	MQ_FRAME_EMPTY(full);
}
