// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(2) on a bound file: as many whole frames as fit.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"
#include "frame.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static int alice, bob;
static char room[65536] __attribute__((aligned(8)));

static void setup(void)
{
	alice = mq_bound("alice");
	bob = mq_bound("bob");
}

static void send(const char *text)
{
	MQ_EQ(mq_frame_send_text(alice, "bob", text), 0);
}

/* Messages "FROM" to "TO", of 72 bytes each as they are read. */
static void send_numbers(int from, int to)
{
	char text[8];
	int i;

	for (i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "%d", i);
		send(text);
	}
}

static void check_numbers(const void *bytes, ssize_t got, int from, int to)
{
	char text[8];
	size_t at = 0;
	int i;

	MQ_EQ(got, 72 * (to - from + 1));
	for (i = from; i <= to; i++) {
		snprintf(text, sizeof(text), "%d", i);
		MQ_FRAME_IS(mq_frame_next(bytes, got, &at), "alice", 0, text);
	}
}

static void read_numbers(int from, int to)
{
	check_numbers(room, mq_read(bob, room, 72 * (to - from + 1)), from, to);
}

/* ---- how much ---------------------------------------------------------- */

MQ_TEST(frame_read_several, "as many frames as fit are returned, each whole, in their order")
{
	size_t size;
	int fit;

	setup();
	for (size = 72; size < 6 * 72; size += 8) {
		send_numbers(1, 5);
		fit = size / 72 < 5 ? size / 72 : 5;
		memset(room, 0x5a, sizeof(room));
		check_numbers(room, mq_read(bob, room, size), 1, fit);
		/* Behind them the buffer is as it was. */
		MQ_EQ(room[72 * fit], 0x5a);
		if (fit < 5)
			check_numbers(room, mq_read(bob, room, sizeof(room)), fit + 1, 5);
		MQ_FRAME_EMPTY(bob);
	}
}

MQ_TEST(frame_read_rounded, "a frame takes its size rounded up to 8, the last one too, and padding is zero")
{
	static const char digits[] = "0123456789012345678901234567890123456789";
	int size, i;

	setup();
	for (size = 1; size <= 40; size++) {
		MQ_EQ(mq_frame_send(alice, "bob", 0, 0, digits, size), MQ_FRAME_SPACE(64 + size));
		memset(room, 0x5a, 256);
		MQ_EQ(mq_read(bob, room, 64 + size - 1), -EMSGSIZE);
		if (size % 8)
			MQ_EQ(mq_read(bob, room, 64 + size), -EMSGSIZE);
		MQ_EQ(mq_read(bob, room, MQ_FRAME_SPACE(64 + size)), MQ_FRAME_SPACE(64 + size));
		MQ_EQ(((struct mq_frame *)room)->size, 64 + size);
		for (i = 64 + size; i < MQ_FRAME_SPACE(64 + size); i++)
			MQ_EQ(room[i], 0);
	}
}

MQ_TEST(frame_read_mixed, "frames of different sizes are returned together until one does not fit")
{
	const struct mq_frame *first;
	size_t at = 0;

	setup();
	send("short");
	send("this one is longer than the first one");
	send("end");
	MQ_EQ(mq_read(bob, room, 72 + 96), 72);
	MQ_FRAME_IS((struct mq_frame *)room, "alice", 0, "short");
	MQ_EQ(mq_read(bob, room, 1000), 104 + 72);
	first = mq_frame_next(room, 176, &at);
	MQ_FRAME_IS(first, "alice", 0, "this one is longer than the first one");
	MQ_EQ(first->sequence, 2);
	MQ_FRAME_IS(mq_frame_next(room, 176, &at), "alice", 0, "end");
}

MQ_TEST(frame_read_too_small, "if not even the first fits: EMSGSIZE, and it stays queued")
{
	size_t size;

	setup();
	send("first");
	send("second");
	for (size = 1; size < 72; size++)
		MQ_EQ(mq_read(bob, room, size), -EMSGSIZE);
	MQ_EQ(mq_status_of("bob").queued, 2);
	MQ_EQ(mq_status_of("bob").delivered, 0);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "first")->sequence, 1);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "second")->sequence, 2);
}

MQ_TEST(frame_read_nothing, "read of 0 bytes returns 0 and does nothing, on any file")
{
	int unbound = mq_dev(), i;

	setup();
	for (i = 0; i < 2; i++) {
		MQ_EQ(mq_read(bob, room, 0), 0);
		MQ_EQ(mq_read(bob, NULL, 0), 0);
		MQ_EQ(readv(bob, NULL, 0), 0);
		MQ_EQ(readv(bob, &(struct iovec){ NULL, 0 }, 1), 0);
		MQ_EQ(mq_read(unbound, room, 0), 0);
		MQ_EQ(mq_cmd(unbound, i ? "/unr" : "/reg me"), 0);
		if (!i)
			send("hi");
	}
	MQ_EQ(mq_status_of("bob").queued, 1);
	MQ_FRAME_READS(bob, "alice", "hi");
}

MQ_TEST(frame_read_depth, "one read returns all that wait if they fit, be they hundreds",
	.params = "QUEUE_LEN=400")
{
	setup();
	send_numbers(1, 400);
	check_numbers(room, mq_read(bob, room, sizeof(room)), 1, 400);
	MQ_FRAME_EMPTY(bob);
}

/* ---- empty ------------------------------------------------------------- */

MQ_TEST(frame_read_empty, "EAGAIN when empty with O_NONBLOCK, and with RWF_NOWAIT")
{
	struct iovec part = { room, sizeof(room) };
	int fd = mq_bound_nonblock("nonblock");

	setup();
	MQ_EQ(mq_read(fd, room, sizeof(room)), -EAGAIN);
	/* Whether a frame would fit is asked when there is one. */
	MQ_EQ(mq_read(fd, room, 1), -EAGAIN);
	MQ_ERR(preadv2(bob, &part, 1, -1, RWF_NOWAIT), EAGAIN);
	send("hi");
	MQ_EQ(MQ_OK(preadv2(bob, &part, 1, -1, RWF_NOWAIT)), 72);
	MQ_FRAME_IS((struct mq_frame *)room, "alice", 0, "hi");
	MQ_EQ(fcntl(bob, F_SETFL, O_NONBLOCK), 0);
	MQ_EQ(mq_read(bob, room, sizeof(room)), -EAGAIN);
}

#define READER_ROOM 1024

/* A thread that reads FD. */
struct reader {
	pthread_t thread;
	volatile pid_t tid;
	int fd;
	size_t size;
	volatile bool done;
	volatile ssize_t result;
	char room[READER_ROOM];
};

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	r->tid = gettid();
	r->result = mq_read(r->fd, r->room, r->size);
	r->done = true;
	return NULL;
}

static struct reader *reader_start(int fd, size_t size)
{
	struct reader *r = calloc(1, sizeof(*r));

	r->fd = fd;
	r->size = size;
	MQ_EQ(pthread_create(&r->thread, NULL, reader_main, r), 0);
	return r;
}

static struct reader *reader_asleep(int fd)
{
	struct reader *r = reader_start(fd, READER_ROOM);

	while (!r->tid)
		mq_sleep_ms(1);
	mq_until_asleep(r->tid, SYS_read);
	MQ_TRUE(!r->done);
	return r;
}

static ssize_t reader_end(struct reader *r)
{
	pthread_join(r->thread, NULL);
	return r->result;
}

MQ_TEST(frame_read_blocks, "read blocks while empty, and returns with the first frame, from whomever")
{
	struct mq_peer *text = mq_peer_start();
	struct reader *r;
	int i;

	setup();
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	for (i = 0; i < 12; i++) {
		r = reader_asleep(bob);
		switch (i % 4) {
		case 0:
			send("hi");
			break;
		case 1:
			MQ_EQ(mq_frame_broadcast(alice, "hi"), 0);
			break;
		case 2:
			MQ_EQ(mq_peer_cmd(text, "/msg bob hi"), 0);
			break;
		case 3:
			MQ_EQ(mq_peer_cmd(text, "/all hi"), 0);
			break;
		}
		MQ_EQ(reader_end(r), 72);
		MQ_FRAME_IS((struct mq_frame *)r->room, i % 4 < 2 ? "alice" : "text",
			    i % 2 ? MQ_FRAME_BROADCAST : 0, "hi");
	}
}

MQ_TEST(frame_read_blocks_all, "of several sleeping readers each message has one")
{
	struct reader *r[4];
	int i, seen[4] = { 0 };

	setup();
	for (i = 0; i < 4; i++)
		r[i] = reader_start(bob, 72);
	for (i = 0; i < 4; i++) {
		while (!r[i]->tid)
			mq_sleep_ms(1);
		mq_until_asleep(r[i]->tid, SYS_read);
	}
	send_numbers(0, 3);
	for (i = 0; i < 4; i++) {
		MQ_EQ(reader_end(r[i]), 72);
		seen[r[i]->room[64] - '0']++;
	}
	for (i = 0; i < 4; i++)
		MQ_EQ(seen[i], 1);
	MQ_FRAME_EMPTY(bob);
}

/* ---- signals ----------------------------------------------------------- */

static void signal_asleep(struct reader *r)
{
	int before = mq_signals;

	MQ_EQ(pthread_kill(r->thread, SIGUSR1), 0);
	while (mq_signals == before)
		mq_sleep_ms(1);
}

MQ_TEST(frame_read_interrupted, "a signal's handler ends a sleeping read with EINTR, without SA_RESTART")
{
	struct reader *r;

	setup();
	mq_signal_catch(0);
	r = reader_asleep(bob);
	signal_asleep(r);
	MQ_EQ(reader_end(r), -EINTR);
	send("hi");
	MQ_FRAME_READS(bob, "alice", "hi");
}

MQ_TEST(frame_read_restarts, "with SA_RESTART a sleeping read goes on after the handler")
{
	struct reader *r;
	int i;

	setup();
	mq_signal_catch(SA_RESTART);
	r = reader_asleep(bob);
	for (i = 0; i < 5; i++) {
		signal_asleep(r);
		mq_until_asleep(r->tid, SYS_read);
		MQ_TRUE(!r->done);
	}
	send("hi");
	MQ_EQ(reader_end(r), 72);
	MQ_FRAME_IS((struct mq_frame *)r->room, "alice", 0, "hi");
}

static long peer_reads(int fd, long arg)
{
	return mq_read(fd, room, arg);
}

MQ_TEST(frame_read_stopped, "a sleeping read goes on after a stop")
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int i;

	setup();
	mq_peer_do_begin(carol, peer_reads, 72);
	for (i = 0; i < 3; i++) {
		mq_until_asleep(carol->pid, SYS_read);
		mq_process_stop(carol->pid);
		mq_process_continue(carol->pid);
	}
	MQ_TRUE(!mq_peer_is_done(carol));
	MQ_EQ(mq_frame_send_text(alice, "carol", "hi"), 0);
	MQ_EQ(mq_peer_end(carol), 72);
}

MQ_TEST(frame_read_killed, "SIGKILL ends a sleeping read; the name is free after waitpid")
{
	struct mq_peer *carol = mq_peer_bound("carol");

	setup();
	mq_peer_do_begin(carol, peer_reads, 72);
	mq_until_asleep(carol->pid, SYS_read);
	mq_peer_kill(carol, SIGKILL);
	MQ_EQ(mq_frame_send_text(alice, "carol", "hi"), -ENOENT);
	mq_bound("carol");
}

/* ---- memory that is not there ------------------------------------------ */

MQ_TEST(frame_read_efault_first, "EFAULT in the first frame keeps it and all behind it, numbers too")
{
	char *edge;
	int seen;

	setup();
	send_numbers(1, 3);
	for (seen = 0; seen < 72; seen++) {
		edge = mq_edge_new(seen);
		MQ_EQ(mq_read(bob, edge, 3 * 72), -EFAULT);
		MQ_EQ(mq_status_of("bob").queued, 3);
		MQ_EQ(mq_status_of("bob").delivered, 0);
	}
	MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	read_numbers(1, 3);
	MQ_EQ(((struct mq_frame *)room)->sequence, 1);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_read_efault_later, "EFAULT in a later frame: those before it are returned, it and all behind it kept")
{
	char *edge;
	int seen;

	setup();
	for (seen = 72; seen < 3 * 72; seen += 5) {
		int whole = seen / 72;

		send_numbers(1, 4);
		edge = mq_edge_new(seen);
		check_numbers(edge, mq_read(bob, edge, 4 * 72), 1, whole);
		MQ_EQ(mq_status_of("bob").queued, 4 - whole);
		MQ_EQ(mq_read(bob, edge + seen, 72), -EFAULT);
		read_numbers(whole + 1, 4);
		MQ_FRAME_EMPTY(bob);
	}
}

MQ_TEST(frame_read_staged, "what EFAULT left staged takes no slot, is not overwritten and stays first in line; it is at most one depth",
	.params = "QUEUE_LEN=3")
{
	ssize_t got;
	size_t all = 0;

	setup();
	send_numbers(1, 3);
	MQ_EQ(mq_read(bob, mq_edge_new(0), 72), -EFAULT);
	send_numbers(4, 4);
	MQ_EQ(mq_status_of("bob").overwritten, 0);
	MQ_EQ(mq_status_of("bob").queued, 4);
	MQ_EQ(mq_read(bob, mq_edge_new(0), 1024), -EFAULT);
	/* Whatever is staged now, at most one depth of them is. */
	send_numbers(5, 20);
	MQ_LE(mq_status_of("bob").queued, 6);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "1")->sequence, 1);
	while ((got = mq_frame_receive_nowait(bob)) != -EAGAIN)
		all += MQ_OK(got);
	MQ_GE(all, 3 * 72);
	MQ_LE(all, 5 * 72);
	MQ_EQ(mq_status_of("bob").queued, 0);
}

MQ_TEST(frame_read_delivered, "a message is delivered when its last byte was copied, not before")
{
	struct mq_status s;
	char *edge = mq_edge_new(72);

	setup();
	send_numbers(1, 3);
	MQ_EQ(mq_read(bob, edge + 1, 72), -EFAULT);
	s = mq_status_of("bob");
	MQ_EQ(s.accepted, 3);
	MQ_EQ(s.delivered, 0);
	MQ_EQ(mq_read(bob, edge, 3 * 72), 72);
	s = mq_status_of("bob");
	MQ_EQ(s.delivered, 1);
	MQ_EQ(s.queued, 2);
	read_numbers(2, 3);
	s = mq_status_of("bob");
	MQ_EQ(s.delivered, 3);
	MQ_EQ(s.queued, 0);
}

MQ_TEST(frame_read_vector, "readv fills parts however they are cut, and the frame is one")
{
	struct iovec parts[144];
	int count, i, used, step;

	setup();
	for (count = 1; count <= 144; count++) {
		send_numbers(1, 2);
		step = (144 + count - 1) / count;
		memset(room, 0x5a, 1024);
		for (i = 0, used = 0; used < 144; i++) {
			parts[i].iov_base = room + used;
			parts[i].iov_len = step < 144 - used ? step : 144 - used;
			used += parts[i].iov_len;
		}
		check_numbers(room, MQ_OK(readv(bob, parts, i)), 1, 2);
	}
}

MQ_TEST(frame_read_vector_apart, "a header and its payload may go to two places; an EFAULT in either keeps the frame")
{
	struct mq_frame head;
	char payload[8];
	struct iovec parts[] = { { &head, 64 }, { payload, 8 } };
	struct iovec lost[] = { { &head, 64 }, { mq_edge_new(0), 8 } };

	setup();
	send("hello");
	MQ_ERR(readv(bob, lost, 2), EFAULT);
	MQ_EQ(MQ_OK(readv(bob, parts, 2)), 72);
	MQ_EQ(head.size, 69);
	MQ_EQ(head.sequence, 1);
	MQ_TRUE(!memcmp(payload, "hello\0\0\0", 8));
}

/* ---- one read at a time ------------------------------------------------ */

/* Two frames at the most. */
static long held_read(int fd, void *page)
{
	return mq_read(fd, page, 2 * 72);
}

MQ_TEST(frame_read_second_waits, "one read per mailbox runs at a time: a second one waits and gets the next frames")
{
	struct reader *second;
	struct mq_held *held;

	setup();
	send_numbers(1, 4);
	held = mq_held_begin(held_read, bob);
	second = reader_asleep(bob);
	check_numbers(held->page, mq_held_end(held, "", 0), 1, 2);
	check_numbers(second->room, reader_end(second), 3, 4);
}

MQ_TEST(frame_read_second_nonblock, "or gets EAGAIN with O_NONBLOCK or RWF_NOWAIT")
{
	struct mq_held *held;

	setup();
	send_numbers(1, 3);
	held = mq_held_begin(held_read, bob);
	MQ_EQ(mq_frame_receive_nowait(bob), -EAGAIN);
	MQ_EQ(fcntl(bob, F_SETFL, O_NONBLOCK), 0);
	MQ_EQ(mq_read(bob, room, sizeof(room)), -EAGAIN);
	check_numbers(held->page, mq_held_end(held, "", 0), 1, 2);
	read_numbers(3, 3);
}

MQ_TEST(frame_read_second_interrupted, "a read that waits for another one restarts after a signal, or ends with EINTR")
{
	struct reader *second;
	struct mq_held *held;

	setup();
	mq_signal_catch(0);
	send_numbers(1, 4);
	held = mq_held_begin(held_read, bob);
	second = reader_asleep(bob);
	signal_asleep(second);
	MQ_EQ(reader_end(second), -EINTR);
	mq_signal_catch(SA_RESTART);
	second = reader_asleep(bob);
	signal_asleep(second);
	mq_until_asleep(second->tid, SYS_read);
	check_numbers(held->page, mq_held_end(held, "", 0), 1, 2);
	check_numbers(second->room, reader_end(second), 3, 4);
}

MQ_TEST(frame_read_held_safe, "what is being copied is not overwritten, and senders do not wait for the copy",
	.params = "QUEUE_LEN=3")
{
	const struct mq_frame *first, *second;
	size_t at = 0, left;
	struct mq_held *held;

	setup();
	send_numbers(1, 3);
	held = mq_held_begin(held_read, bob);
	send_numbers(4, 20);
	MQ_EQ(mq_frame_broadcast(alice, "x"), 0);
	/* One is staged, or both that will be returned are. */
	left = mq_status_of("bob").queued;
	MQ_TRUE(left == 1 + 3 || left == 2 + 3);
	MQ_EQ(mq_status_of("bob").delivered, 0);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_held_end(held, "", 0), 2 * 72);
	first = mq_frame_next(held->page, 144, &at);
	second = mq_frame_next(held->page, 144, &at);
	MQ_FRAME_IS(first, "alice", 0, "1");
	MQ_FRAME_IS(second, "alice", 0, left == 4 ? "19" : "2");
	if (left == 5)
		read_numbers(19, 19);
	read_numbers(20, 20);
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "x");
	MQ_FRAME_EMPTY(bob);
}

static int ready[2];

static void held_until_killed(void *arg)
{
	(void)arg;
	setup();
	send_numbers(1, 3);
	mq_held_begin(held_read, bob);
	MQ_EQ(write(ready[1], "r", 1), 1);
	for (;;)
		pause();
}

MQ_TEST(frame_read_held_killed, "a process that is killed in the middle of a read ends like any other")
{
	char byte;
	pid_t pid;
	int i, fd = mq_bound("");

	mq_held_need();
	MQ_OK(pipe(ready));
	for (i = 0; i < 5; i++) {
		pid = mq_run(held_until_killed, NULL);
		MQ_EQ(read(ready[0], &byte, 1), 1);
		MQ_EQ(mq_frame_send_text(fd, "bob", "hi"), 0);
		MQ_OK(kill(pid, SIGKILL));
		MQ_EQ(mq_wait_status(pid), SIGKILL);
		MQ_EQ(mq_frame_send_text(fd, "bob", "hi"), -ENOENT);
		MQ_TRUE(!mq_is_there("alice"));
	}
}
