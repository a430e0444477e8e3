// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many frames in one read: what of them is staged, delivered or still in the mailbox,
 * whatever becomes of the read.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"
#include "frame.h"
#include "storm_lib.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define SPACE 72			/* of a frame with a number */

static char batch[65536] __attribute__((aligned(8)));
static char room[65536] __attribute__((aligned(8)));

/* One write of frames FROM to TO. */
static void send_numbers(int fd, const char *name, int from, int to)
{
	size_t at = 0;
	char text[16];
	int i;

	for (i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "%d", i);
		at = mq_frame_push(batch, at, name, 0, i, text, strlen(text));
	}
	MQ_EQ(mq_write(fd, batch, at), at);
}

/* Those frames, and no others; number and sequence are one. */
static void check_numbers(const char *bytes, ssize_t got, int from, int to)
{
	const struct mq_frame *frame;
	char text[16];
	size_t at = 0;
	int i;

	MQ_EQ(got, SPACE * (to - from + 1));
	for (i = from; i <= to; i++) {
		frame = mq_frame_next(bytes, got, &at);
		snprintf(text, sizeof(text), "%d", i);
		MQ_FRAME_IS(frame, "alice", 0, text);
		MQ_EQ(frame->cookie, i);
		MQ_EQ(frame->sequence, i);
	}
}

static void check_queued(const char *name, uint64_t queued, uint64_t delivered)
{
	struct mq_status s = mq_status_of(name);

	mq_status_check(&s);
	MQ_EQ(s.queued, queued);
	MQ_EQ(s.delivered, delivered);
}

/* A read of which only SEEN bytes can be written; what it returns, in room. */
static ssize_t read_seen(int fd, size_t seen)
{
	char *edge = mq_edge_new(seen);
	ssize_t got = mq_read(fd, edge, sizeof(room));

	if (got > 0)
		memcpy(room, edge, got);
	MQ_OK(munmap((void *)((uintptr_t)edge & -MQ_PAGE), MQ_PAGE));
	return got;
}

/* ---- a fault in the kth ------------------------------------------------------- */

static void look_at_rest(int fd, int first, int last)
{
	long got = mq_ioc_peek(fd, room, sizeof(room));

	check_numbers(room, got, first, last);
	MQ_EQ(mq_ioc_peek(fd, room, SPACE - 1), -EMSGSIZE);
	MQ_EQ(mq_read(fd, room, SPACE - 1), -EMSGSIZE);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	check_queued("bob", last - first + 1, first - 1);
	/* RECEIVE takes one, and no more. */
	got = mq_ioc_receive(fd, NULL, NULL, room, sizeof(room), 0);
	check_numbers(room, got, first, first);
	check_queued("bob", last - first, first);
}

MQ_TEST(run_read_fault, "EFAULT anywhere in 20 frames: whole frames before it are delivered, the others are still there, each once, by peek, RECEIVE and read",
	.params = "QUEUE_LEN=32")
{
	int alice = mq_bound("alice"), bob, fit;
	size_t seen;

	for (seen = 0; seen < 20 * SPACE; seen += 4) {
		bob = mq_bound_nonblock("bob");
		send_numbers(alice, "bob", 1, 20);
		fit = seen / SPACE;
		/* A number's padding is written, too. */
		if (fit)
			check_numbers(room, read_seen(bob, seen), 1, fit);
		else
			MQ_EQ(read_seen(bob, seen), -EFAULT);
		look_at_rest(bob, fit + 1, 20);
		if (fit < 19)
			check_numbers(room, mq_read(bob, room, sizeof(room)), fit + 2, 20);
		MQ_EQ(mq_read(bob, room, sizeof(room)), -EAGAIN);
		check_queued("bob", 0, 20);
		close(bob);
	}
}

MQ_TEST(run_read_faults, "fault after fault, in reads of any size: nothing is lost, sent twice or out of order",
	.params = "QUEUE_LEN=50")
{
	int alice = mq_bound("alice"), bob = mq_bound_nonblock("bob"), next = 1, last = 0;
	long rounds = mq_storm_count(2000);
	struct mq_dice dice;
	ssize_t got;

	mq_dice_init(&dice, 7);
	while (rounds--) {
		if (last - next < 20) {
			send_numbers(alice, "bob", last + 1, last + 20);
			last += 20;
		}
		got = mq_dice_throw(&dice, 3) ?
			read_seen(bob, mq_dice_throw(&dice, 30 * SPACE)) :
			mq_read(bob, room, SPACE + mq_dice_throw(&dice, 30 * SPACE));
		if (got == -EFAULT)
			continue;
		MQ_GE(got, SPACE);
		/* The sender's numbers have as many digits as they like. */
		check_numbers(room, got, next, next + got / SPACE - 1);
		next += got / SPACE;
		check_queued("bob", last - next + 1, next - 1);
	}
}

/* ---- the mailbox behind the stage ----------------------------------------------- */

MQ_TEST(run_read_no_slot, "after EFAULT in the kth frame that one stays first in line, and behind what is staged the mailbox holds exactly its depth")
{
	static const int depths[] = { 1, 2, 3, 8, 16, 17, 40 };
	int alice = mq_bound("alice"), bob, k, depth, staged, at;
	size_t i;

	for (i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
		for (k = 0, depth = depths[i]; k < depth && k < 20; k++) {
			bob = mq_bound_nonblock("bob", .depth = depth);
			send_numbers(alice, "bob", 1, depth);
			MQ_EQ(read_seen(bob, k * SPACE), k ? k * SPACE : -EFAULT);
			send_numbers(alice, "bob", depth + 1, depth + 100);
			staged = mq_status_of("bob").queued - depth;
			MQ_GE(staged, 1);
			MQ_LE(staged, depth - k);
			at = mq_read(bob, room, staged * SPACE);
			check_numbers(room, at, k + 1, k + staged);
			at = mq_read(bob, room, sizeof(room));
			check_numbers(room, at, 101, depth + 100);
			check_queued("bob", 0, k + staged + depth);
			close(bob);
		}
	}
}

MQ_TEST(run_read_frees_slots, "a read of k frames frees exactly k places, however large the stage", .params = "QUEUE_LEN=30")
{
	int alice = mq_bound("alice"), bob, k;

	for (k = 1; k <= 30; k++) {
		bob = mq_bound_nonblock("bob");
		send_numbers(alice, "bob", 1, 30);
		check_numbers(room, mq_read(bob, room, k * SPACE + SPACE / 2), 1, k);
		send_numbers(alice, "bob", 31, 30 + k);
		MQ_EQ(mq_status_of("bob").overwritten, 0);
		send_numbers(alice, "bob", 31 + k, 31 + k);
		MQ_EQ(mq_status_of("bob").overwritten, 1);
		check_numbers(room, mq_read(bob, room, sizeof(room)), k + 2, 31 + k);
		close(bob);
	}
}

MQ_TEST(run_read_one_frees_one, "RECEIVE frees one place, also where others wait behind it", .params = "QUEUE_LEN=8")
{
	int alice = mq_bound("alice"), bob = mq_bound_nonblock("bob"), i;

	send_numbers(alice, "bob", 1, 8);
	for (i = 1; i <= 20; i++) {
		check_numbers(room, mq_ioc_receive(bob, NULL, NULL, room, sizeof(room), 0), i, i);
		send_numbers(alice, "bob", 8 + i, 8 + i);
		MQ_EQ(mq_status_of("bob").overwritten, 0);
	}
	/* So it does with those that a fault has staged. */
	MQ_EQ(read_seen(bob, SPACE + 8), SPACE);
	for (i = 22; i <= 28; i++)
		check_numbers(room, mq_ioc_receive(bob, NULL, NULL, room, sizeof(room), 0), i, i);
	MQ_EQ(mq_read(bob, room, sizeof(room)), -EAGAIN);
}

static long count_log(int log, const char *what)
{
	char line[512];
	int level;
	char *at;

	while (mq_log_next(log, line, sizeof(line), &level)) {
		at = strstr(line, what);
		if (at)
			return atol(at + strlen(what));
	}
	return -1;
}

MQ_TEST(run_read_end, "an endpoint that ends discards what is staged and what is queued, and says how many that was",
	.params = "QUEUE_LEN=30")
{
	int alice = mq_bound("alice"), log, bob, k;

	for (k = 0; k < 9; k++) {
		log = mq_log_open();
		bob = mq_bound("bob");
		send_numbers(alice, "bob", 1, 30);
		MQ_EQ(read_seen(bob, 3 * k * SPACE), k ? 3 * k * SPACE : -EFAULT);
		close(bob);
		MQ_EQ(count_log(log, "bob ended with "), 30 - 3 * k);
		close(log);
	}
}

/* ---- a read that is held in the middle -------------------------------------------- */

static long held_read(int fd, void *page)
{
	static char before[2 * SPACE + 8];
	struct iovec parts[2] = { { before, sizeof(before) }, { page, MQ_PAGE } };
	ssize_t done = readv(fd, parts, 2);

	if (done < 0)
		return -errno;
	memcpy(room, before, sizeof(before));
	memcpy(room + sizeof(before), page, done - sizeof(before));
	return done;
}

MQ_TEST(run_read_held, "while a read sleeps in the third of 12 frames all it has begun is queued and safe; others see it by peek, may not read, and send on",
	.params = "QUEUE_LEN=12")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), first, staged, at;
	struct mq_held *held;

	send_numbers(alice, "bob", 1, 12);
	held = mq_held_begin(held_read, bob);
	MQ_EQ(mq_frame_receive_nowait(bob), -EAGAIN);
	at = mq_ioc_peek(bob, batch, sizeof(batch));
	/* Of the two that are copied some may be delivered already. */
	first = 13 - at / SPACE;
	MQ_LE(first, 3);
	check_numbers(batch, at, first, 12);
	send_numbers(alice, "bob", 13, 60);
	staged = mq_status_of("bob").queued - 12;
	MQ_GE(first + staged, 4);
	MQ_LE(first + staged, 13);
	at = mq_ioc_peek(bob, batch, staged * SPACE);
	check_numbers(batch, at, first, first + staged - 1);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	at = mq_held_end(held, "", 0);
	/* It goes on with what has come, as much as fits. */
	check_numbers(room, (first + staged - 1) * SPACE, 1, first + staged - 1);
	MQ_EQ(at, (first + staged + 11) * SPACE);
	check_queued("bob", 0, first + staged + 11);
}

/* ---- two readers ---------------------------------------------------------------------- */

struct crew {
	int fd, last;
	volatile int taken;
	unsigned char seen[100000];
};

static void crew_take(struct crew *crew, const char *bytes, ssize_t got, uint64_t *before)
{
	const struct mq_frame *frame;
	size_t at = 0;

	while (got > 0 && (frame = mq_frame_next(bytes, got, &at))) {
		MQ_TRUE(frame->sequence > *before);
		MQ_EQ(frame->sequence, frame->cookie);
		MQ_EQ(atol(mq_frame_data(frame)), frame->cookie);
		MQ_EQ(__atomic_add_fetch(&crew->seen[frame->cookie], 1, __ATOMIC_SEQ_CST), 1);
		*before = frame->sequence;
		mq_shared_add(&crew->taken, 1);
	}
}

static void *crew_read(void *arg)
{
	struct crew *crew = arg;
	char *bytes = mmap(NULL, 2 * MQ_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t before = 0;
	struct mq_dice dice;
	size_t seen;

	MQ_OK(mprotect(bytes + MQ_PAGE, MQ_PAGE, PROT_NONE));
	mq_dice_init(&dice, gettid());
	while (crew->taken < crew->last) {
		seen = SPACE + mq_dice_throw(&dice, 20 * SPACE);
		/* Aligned or not, with a fault or without. */
		if (mq_dice_throw(&dice, 2))
			crew_take(crew, bytes + MQ_PAGE - seen,
				  mq_read(crew->fd, bytes + MQ_PAGE - seen, MQ_PAGE), &before);
		else if (mq_dice_throw(&dice, 4))
			crew_take(crew, bytes, mq_read(crew->fd, bytes, seen), &before);
		else
			crew_take(crew, bytes, mq_ioc_receive(crew->fd, NULL, NULL, bytes, seen, 0),
				  &before);
	}
	return NULL;
}

MQ_TEST(run_read_crew, "readers in three threads, with faults among them: each frame is delivered once, and no reader sees numbers go back",
	.timeout = 180)
{
	static struct crew crew;
	int alice = mq_bound("alice"), i, sent = 0;
	pthread_t threads[3];

	crew.fd = mq_bound_nonblock("bob", .depth = 200);
	crew.last = mq_storm_count(20000);
	for (i = 0; i < 3; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, crew_read, &crew), 0);
	for (; sent < crew.last; sent += i) {
		/* Never so many that one is overwritten. */
		while (sent - crew.taken > 150)
			sched_yield();
		i = crew.last - sent < 40 ? crew.last - sent : 1 + sent % 40;
		send_numbers(alice, "bob", sent + 1, sent + i);
	}
	for (i = 0; i < 3; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	check_queued("bob", 0, crew.last);
}
