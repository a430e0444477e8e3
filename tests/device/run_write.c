// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many frames in one write: all of them arrive, one after the other, as if each had been
 * written alone.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "poll_lib.h"

#include <sys/uio.h>

#define HEADER sizeof(struct mq_frame)

static char batch[65536] __attribute__((aligned(8)));
static char room[65536] __attribute__((aligned(8)));

/* Frames FROM to TO: the number is cookie and text. */
static size_t push_numbers(size_t at, const char *name, int from, int to)
{
	char text[16];
	int i;

	for (i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "%d", i);
		at = mq_frame_push(batch, at, name, 0, i, text, strlen(text));
	}
	return at;
}

static void send_numbers(int fd, const char *name, int from, int to)
{
	size_t length = push_numbers(0, name, from, to);

	MQ_EQ(mq_write(fd, batch, length), length);
}

/* All that is there are frames FROM to TO, whose sequence is AHEAD of the number. */
static void read_numbers(int fd, int from, int to, int ahead)
{
	ssize_t got = from > to ? 0 : mq_read(fd, room, sizeof(room));
	const struct mq_frame *frame;
	char text[16];
	size_t at = 0;
	int i;

	for (i = from; i <= to; i++) {
		frame = mq_frame_next(room, got, &at);
		snprintf(text, sizeof(text), "%d", i);
		MQ_FRAME_IS(frame, "alice", 0, text);
		MQ_EQ(frame->cookie, i);
		MQ_EQ(frame->sequence, i + ahead);
	}
	MQ_EQ(at, got);
	MQ_FRAME_EMPTY(fd);
}

/* ---- all of them -------------------------------------------------------------- */

MQ_TEST(run_whole, "1 to 100 frames of one write arrive all, in their order, with number, cookie, text and time",
	.params = "QUEUE_LEN=100")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), count, sent = 0;
	const struct mq_frame *frame;
	uint64_t before;
	size_t at;

	for (count = 1; count <= 100; count++) {
		before = mq_now_ns();
		send_numbers(alice, "bob", 1, count);
		MQ_EQ(mq_ioc_peek(bob, room, sizeof(room)), count * 72);
		for (at = 0; (frame = mq_frame_next(room, count * 72, &at));) {
			MQ_GE(frame->time, before);
			MQ_LE(frame->time, mq_now_ns());
			before = frame->time;
		}
		read_numbers(bob, 1, count, sent);
		sent += count;
	}
}

MQ_TEST(run_flags, "what one frame of many asks for, not to wait, no reader sees, and it is no other kind of frame")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	size_t at = 0;

	for (i = 0; i < 10; i++)
		at = mq_frame_push(batch, at, "bob", i % 3 ? 0 : MQ_FRAME_DONTWAIT, i, "x", 1);
	MQ_EQ(mq_write(alice, batch, at), at);
	for (i = 0; i < 10; i++)
		MQ_EQ(MQ_FRAME_READS(bob, "alice", "x")->cookie, i);
}

MQ_TEST(run_vector, "they may be cut anywhere, twice, also within a header")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	size_t length = push_numbers(0, "bob", 1, 8), i, j;
	struct iovec parts[3];
	int sent = 0;

	for (i = 0; i <= length; i += 3) {
		j = i + (length - i) / 3;
		parts[0] = (struct iovec){ batch, i };
		parts[1] = (struct iovec){ batch + i, j - i };
		parts[2] = (struct iovec){ batch + j, length - j };
		MQ_EQ(MQ_OK(writev(alice, parts, 3)), length);
		read_numbers(bob, 1, 8, sent);
		sent += 8;
	}
}

MQ_TEST(run_to_text, "a process gets each as a message of its own, with its sender's name if it wants that",
	.params = "QUEUE_LEN=40")
{
	int alice = mq_bound("alice"), fd = mq_dev(), i;
	char text[16];

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	send_numbers(alice, "bob", 1, 40);
	for (i = 1; i <= 40; i++) {
		if (i == 20)
			MQ_EQ(mq_cmd(fd, "/from on"), 0);
		snprintf(text, sizeof(text), i < 20 ? "%d" : "alice %d", i);
		MQ_READS(fd, text);
	}
	MQ_EQ(mq_read(fd, text, sizeof(text)), -EAGAIN);
}

MQ_TEST(run_to_oneself, "to one's own mailbox, too")
{
	int alice = mq_bound("alice");

	send_numbers(alice, "alice", 1, 16);
	read_numbers(alice, 1, 16, 0);
}

/* ---- one of them fails --------------------------------------------------------- */

/* How a frame can fail in the middle, and why. */
static const struct {
	const char *name;
	uint32_t flags;
	size_t size;
	int error;
} bad[] = {
	{ "nobody", 0, 1, -ENOENT }, { "", 0, 1, -ENOENT },
	{ "bob", MQ_FRAME_EVENT, 1, -EINVAL }, { "bob", MQ_FRAME_BROADCAST, 1, -EINVAL },
	{ "bob", 0, 0, -EINVAL }, { "bob", 0, 4097, -EMSGSIZE },
	{ "full", 0, 1, -ENOBUFS }, { "stuck", MQ_FRAME_DONTWAIT, 1, -EAGAIN },
	{ "", MQ_FRAME_REPLY, 1, -ENOENT },
};

static void fill_two(int alice)
{
	int full = mq_bound("full", .policy = MQ_POLICY_REJECT, .depth = 1);
	int stuck = mq_bound("stuck", .policy = MQ_POLICY_BLOCK, .depth = 1);

	MQ_TRUE(full >= 0 && stuck >= 0);
	MQ_EQ(mq_frame_send_text(alice, "full", "now it is"), 0);
	MQ_EQ(mq_frame_send_text(alice, "stuck", "now it is"), 0);
}

MQ_TEST(run_stops, "if the kth frame fails, whichever that is and however, exactly those before it are sent, and their bytes returned",
	.params = "QUEUE_LEN=64")
{
	static const char filler[4097] = "filler";
	int alice = mq_bound("alice"), bob = mq_bound("bob"), k, sent = 0;
	size_t i, good, end;

	fill_two(alice);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		for (k = 0; k < 40; k++) {
			good = push_numbers(0, "bob", 1, k);
			end = mq_frame_push(batch, good, bad[i].name, bad[i].flags, 0, filler,
					    bad[i].size);
			end = push_numbers(end, "bob", 1, 9);
			MQ_EQ(mq_write(alice, batch, end), k ? (int)good : bad[i].error);
			read_numbers(bob, 1, k, sent);
			sent += k;
		}
	}
}

MQ_TEST(run_rights, "a right is looked at for each frame: those before the one that is refused are sent", .open_to_all = true)
{
	static const struct mq_who nobody = { .uid = 1001, .gid = 1001 };
	int bob = mq_bound("bob"), mine, k;
	size_t good, end;
	pid_t pid;

	mine = mq_bound("mine", .access = MQ_ACCESS_USER);
	pid = mq_fork();
	if (!pid) {
		mq_become_who(&nobody);
		for (k = 0; k < 16; k++) {
			int alice = mq_bound("alice");

			good = push_numbers(0, "bob", 1, k);
			end = push_numbers(good, "mine", 1, 3);
			end = push_numbers(end, "bob", 1, 3);
			MQ_EQ(mq_write(alice, batch, end), k ? (int)good : -EACCES);
			close(alice);
			MQ_EQ(mq_status_of("bob").queued, k);
			if (k)
				MQ_EQ(mq_read(bob, room, sizeof(room)), good);
		}
		_exit(0);
	}
	mq_join(pid);
	MQ_FRAME_EMPTY(mine);
}

MQ_TEST(run_gone, "if the destination goes between two writes, none of the second one's frames is sent; a new one of that name gets all")
{
	int alice = mq_bound("alice"), bob, round;

	for (round = 0; round < 100; round++) {
		bob = mq_bound("bob");
		send_numbers(alice, "bob", 1, 10);
		read_numbers(bob, 1, 10, 0);
		send_numbers(alice, "bob", 11, 15);
		close(bob);
		MQ_EQ(mq_write(alice, batch, 5 * 72), -ENOENT);
	}
}

/* ---- too many -------------------------------------------------------------------- */

static void overflow(int depth, int count)
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = depth), round;
	int left = count < depth ? count : depth;
	struct mq_status s;

	for (round = 1; round <= 5; round++) {
		send_numbers(alice, "bob", 1, count);
		s = mq_status_of("bob");
		MQ_EQ(s.accepted, round * count);
		MQ_EQ(s.queued, left);
		MQ_EQ(s.overwritten, round * (count - left));
		MQ_EQ(s.delivered, (round - 1) * left);
		read_numbers(bob, count - left + 1, count, (round - 1) * count);
	}
	close(alice);
	close(bob);
}

MQ_TEST(run_overflow, "more than the mailbox holds: the newest survive, the gap in the numbers and the counter are what was lost")
{
	static const int depths[] = { 1, 2, 3, 8, 15, 16 };
	static const int counts[] = { 2, 9, 31, 32, 33, 64, 65, 100 };
	size_t i, j;

	for (i = 0; i < sizeof(depths) / sizeof(*depths); i++)
		for (j = 0; j < sizeof(counts) / sizeof(*counts); j++)
			overflow(depths[i], counts[j]);
}

MQ_TEST(run_overflow_older, "what was there before goes first: of an older write and of other senders")
{
	int alice = mq_bound("alice"), eve = mq_bound("eve"), bob = mq_bound("bob", .depth = 8);
	int i;

	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(eve, "bob", "old"), 0);
	send_numbers(alice, "bob", 1, 6);
	MQ_EQ(mq_status_of("bob").overwritten, 1);
	MQ_EQ(MQ_FRAME_READS(bob, "eve", "old")->sequence, 2);
	MQ_EQ(MQ_FRAME_READS(bob, "eve", "old")->sequence, 3);
	send_numbers(alice, "bob", 7, 10);
	MQ_EQ(mq_status_of("bob").overwritten, 3);
	read_numbers(bob, 3, 10, 3);
}

MQ_TEST(run_overflow_call, "requests that they overwrite end with ENOBUFS, others go on")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 4), one, two;
	struct mq_caller *first, *second;
	uint64_t cookie;

	one = mq_bound("one");
	two = mq_bound("two");
	first = mq_call_begin(one, "bob", "lost");
	second = mq_call_begin(two, "bob", "kept");
	send_numbers(alice, "bob", 1, 3);
	MQ_EQ(mq_call_end(first), -ENOBUFS);
	cookie = MQ_CALL_RECEIVES(bob, "two", "kept");
	send_numbers(alice, "bob", 4, 40);
	MQ_EQ(mq_frame_reply(bob, cookie, "yes"), 0);
	MQ_CALL_GETS(second, "bob", "yes");
	read_numbers(bob, 37, 40, 2);

	first = mq_call_begin(one, "bob", "lost");
	second = mq_call_begin(two, "bob", "lost");
	send_numbers(alice, "bob", 1, 32);
	MQ_EQ(mq_call_end(first), -ENOBUFS);
	MQ_EQ(mq_call_end(second), -ENOBUFS);
}

/* ---- who waits ---------------------------------------------------------------------- */

struct sleeper {
	int fd;
	volatile pid_t tid;
	volatile int taken;
};

/* Room for one frame. */
static void *sleeper_read(void *arg)
{
	struct sleeper *sleeper = arg;
	char one[72];

	sleeper->tid = gettid();
	MQ_EQ(mq_read(sleeper->fd, one, sizeof(one)), sizeof(one));
	sleeper->taken = 1;
	return NULL;
}

static void *sleeper_receive(void *arg)
{
	struct sleeper *sleeper = arg;
	char one[256];

	sleeper->tid = gettid();
	MQ_EQ(mq_ioc_receive(sleeper->fd, NULL, NULL, one, sizeof(one), MQ_FOREVER), 72);
	sleeper->taken = 1;
	return NULL;
}

MQ_TEST(run_wakes_readers, "of as many sleeping readers, in read and in RECEIVE, each gets one frame of the write")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i, round;
	struct sleeper sleepers[8];
	pthread_t threads[8];

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 8; i++) {
			sleepers[i] = (struct sleeper){ .fd = bob };
			MQ_EQ(pthread_create(&threads[i], NULL,
					     i % 3 ? sleeper_read : sleeper_receive,
					     &sleepers[i]), 0);
			while (!sleepers[i].tid)
				sched_yield();
			mq_until_asleep(sleepers[i].tid, i % 3 ? SYS_read : SYS_ioctl);
		}
		send_numbers(alice, "bob", 1, 8);
		for (i = 0; i < 8; i++)
			MQ_EQ(pthread_join(threads[i], NULL), 0);
		MQ_EQ(mq_status_of("bob").queued, 0);
	}
}

MQ_TEST(run_wakes_reader, "a reader asleep with room for all gets them, the first at once")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), round, queued;
	struct sleeper sleeper;
	pthread_t thread;

	for (round = 0; round < 50; round++) {
		sleeper = (struct sleeper){ .fd = bob };
		MQ_EQ(pthread_create(&thread, NULL, sleeper_read, &sleeper), 0);
		while (!sleeper.tid)
			sched_yield();
		mq_until_asleep(sleeper.tid, SYS_read);
		send_numbers(alice, "bob", 1, 10);
		MQ_EQ(pthread_join(thread, NULL), 0);
		queued = mq_status_of("bob").queued;
		MQ_EQ(queued, 9);
		read_numbers(bob, 2, 10, round * 10);
	}
}

static void *sleeper_epoll(void *arg)
{
	struct sleeper *sleeper = arg;
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	char one[72];

	mq_epoll_add(set, sleeper->fd, EPOLLIN | EPOLLEXCLUSIVE);
	sleeper->tid = gettid();
	do {
		mq_epoll_wait(set, -1);
	} while (mq_read(sleeper->fd, one, sizeof(one)) != sizeof(one));
	sleeper->taken = 1;
	return NULL;
}

MQ_TEST(run_wakes_exclusive, "of many workers with an EPOLLEXCLUSIVE set each, as many are woken as there are frames in the write: none waits for another's work")
{
	int alice = mq_bound("alice"), bob = mq_bound_nonblock("bob"), i;
	struct sleeper sleepers[4];
	pthread_t threads[4];

	for (i = 0; i < 4; i++) {
		sleepers[i] = (struct sleeper){ .fd = bob };
		MQ_EQ(pthread_create(&threads[i], NULL, sleeper_epoll, &sleepers[i]), 0);
		while (!sleepers[i].tid)
			sched_yield();
		mq_until_asleep(sleepers[i].tid, MQ_EPOLL_CALL);
	}
	send_numbers(alice, "bob", 1, 4);
	for (i = 0; i < 4; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
}

MQ_TEST(run_wakes_edge, "an edge set that reads until EAGAIN has all frames of all writes")
{
	int alice = mq_bound("alice"), bob = mq_bound_nonblock("bob"), round;
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));

	mq_epoll_add(set, bob, EPOLLIN | EPOLLET);
	for (round = 0; round < 200; round++) {
		send_numbers(alice, "bob", 1, 1 + round % 16);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		MQ_EQ(mq_epoll_now(set), 0);
		MQ_EQ(mq_read(bob, room, 72), 72);
		/* What is left is no edge, what comes is. */
		MQ_EQ(mq_epoll_now(set), 0);
		send_numbers(alice, "bob", 1, 2);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		while (mq_read(bob, room, sizeof(room)) > 0)
			;
		MQ_EQ(mq_poll(bob), POLLOUT);
	}
}
