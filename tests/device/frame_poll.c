// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll, select and epoll on bound files; and on files that are bound later.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "poll_lib.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/select.h>

static int new_set(int fd, uint32_t events)
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));

	mq_epoll_add(set, fd, events);
	return set;
}

/* ---- readable ---------------------------------------------------------------- */

MQ_TEST(frame_poll_states, "EPOLLERR until the file is bound, then EPOLLIN while a frame is queued; EPOLLOUT")
{
	int alice = mq_bound("alice"), bob = mq_dev();

	MQ_EQ(mq_poll(bob), POLLERR | POLLOUT);
	MQ_EQ(mq_bind(bob, "bob"), 0);
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "bob", "one"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "two"), 0);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_FRAME_READS(bob, "alice", "two");
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_poll(alice), POLLOUT);
}

MQ_TEST(frame_poll_own, "a bound file answers for its endpoint, not for the process's")
{
	int bob = mq_bound("bob"), text = mq_dev();

	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	MQ_EQ(mq_cmd(text, "/msg me hi"), 0);
	MQ_EQ(mq_poll(text), POLLIN | POLLOUT);
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_READS(text, "hi");
	MQ_EQ(mq_cmd(text, "/msg bob hi"), 0);
	MQ_EQ(mq_poll(text), POLLOUT);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_cmd(text, "/unr"), 0);
	MQ_EQ(mq_poll(text), POLLERR | POLLOUT);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
}

MQ_TEST(frame_poll_staged, "a frame that is staged, or too long for a read, is queued")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_EQ(mq_read(bob, page, 8), -EMSGSIZE);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_read(bob, page, 72), -EFAULT);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_FRAME_READS(bob, "alice", "hi");
	MQ_EQ(mq_poll(bob), POLLOUT);
}

static long poll_for(int fd, long events)
{
	struct pollfd p = { .fd = fd, .events = events };

	MQ_EQ(poll(&p, 1, -1), 1);
	return p.revents;
}

MQ_TEST(frame_poll_sleeper, "a sleeping poll is woken by a frame, a broadcast and text")
{
	struct mq_peer *bob = mq_peer_bound("bob");
	int alice = mq_bound("alice"), text = mq_dev(), i;

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	for (i = 0; i < 6; i++) {
		mq_peer_do_begin(bob, poll_for, POLLIN);
		mq_until_asleep(bob->pid, MQ_POLL_CALL);
		MQ_TRUE(!mq_peer_is_done(bob));
		if (i % 3 == 0)
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		else if (i % 3 == 1)
			MQ_EQ(mq_frame_broadcast(alice, "hi"), 0);
		else
			MQ_EQ(mq_cmd(text, "/msg bob hi"), 0);
		MQ_EQ(mq_peer_end(bob), POLLIN);
		MQ_PEER_FRAME_READS_FLAGS(bob, i % 3 == 2 ? "text" : "alice",
					  i % 3 == 1 ? MQ_FRAME_BROADCAST : 0, "hi");
	}
}

MQ_TEST(frame_poll_select, "select says readable while a frame is queued, and writable unless a write got EAGAIN",
	.params = "QUEUE_LEN=1")
{
	int full = mq_bound("full", .policy = MQ_POLICY_BLOCK);
	int bob = mq_bound_nonblock("bob"), i;
	fd_set in, out;

	for (i = 0; i < 4; i++) {
		struct timeval none = { 0 };

		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_SET(bob, &in);
		FD_SET(bob, &out);
		MQ_EQ(select(bob + 1, &in, &out, NULL, &none), !!(i & 1) + !(i & 2));
		MQ_EQ(!!FD_ISSET(bob, &in), i & 1);
		MQ_EQ(!!FD_ISSET(bob, &out), !(i & 2));
		if (i & 1) {
			MQ_FRAME_READS(bob, "bob", "hi");
			MQ_EQ(mq_frame_send_text(bob, "full", "1"), i < 2 ? 0 : -EAGAIN);
			if (i < 2)
				MQ_EQ(mq_frame_send_text(bob, "full", "2"), -EAGAIN);
		} else {
			MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
		}
	}
	MQ_FRAME_READS(full, "bob", "1");
	MQ_EQ(mq_poll(bob), POLLOUT);
}

/* ---- epoll ------------------------------------------------------------------- */

MQ_TEST(frame_poll_level, "a level epoll set tells of a frame until it is read")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	int set = new_set(bob, EPOLLIN);

	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_epoll_now(set), 0);
		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		MQ_FRAME_READS(bob, "alice", "hi");
	}
	MQ_EQ(mq_epoll_now(set), 0);
}

MQ_TEST(frame_poll_edges, "every message is an edge, also one that overwrites another",
	.params = "QUEUE_LEN=2")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	int set = new_set(bob, EPOLLIN | EPOLLET);

	MQ_EQ(mq_epoll_now(set), 0);
	for (i = 0; i < 10; i++) {
		if (i % 2)
			MQ_EQ(mq_frame_broadcast(alice, "hi"), 0);
		else
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		MQ_EQ(mq_epoll_now(set), 0);
	}
}

MQ_TEST(frame_poll_admitted, "so is one whose sender waited for room: the read that made it leaves an edge",
	.params = "QUEUE_LEN=1")
{
	struct mq_peer *alice = mq_peer_bound("alice");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	int set = new_set(bob, EPOLLIN | EPOLLET);

	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "one"), 0);
	mq_peer_frame_send_asleep(alice, "bob", "two");
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_EQ(mq_peer_end(alice), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_FRAME_READS(bob, "alice", "two");
	MQ_EQ(mq_epoll_now(set), 0);
}

MQ_TEST(frame_poll_bound_later, "a file that is added before it is bound: bind is an edge, and so is each message",
	.params = "QUEUE_LEN=4")
{
	int alice = mq_bound("alice"), bob = mq_dev();
	int edge = new_set(bob, EPOLLIN | EPOLLOUT | EPOLLET), level = new_set(bob, EPOLLIN), i;

	MQ_EQ(mq_epoll_next(edge), EPOLLERR | EPOLLOUT);
	MQ_EQ(mq_epoll_now(edge), 0);
	MQ_EQ(mq_epoll_next(level), EPOLLERR);
	MQ_EQ(mq_bind(bob, "bob"), 0);
	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_epoll_now(edge), 0);
	MQ_EQ(mq_epoll_now(level), 0);
	for (i = 0; i < 6; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		MQ_EQ(mq_epoll_next(edge), EPOLLIN | EPOLLOUT);
		MQ_EQ(mq_epoll_now(edge), 0);
		MQ_EQ(mq_epoll_next(level), EPOLLIN);
	}
}

/* It may see the file once more as it is about to be bound. */
static long wait_set(int fd, long set)
{
	(void)fd;
	while (!(mq_epoll_wait(set, -1) & EPOLLIN))
		;
	return 0;
}

MQ_TEST(frame_poll_bound_by_other, "the same if another process added it, and waits already when it is bound")
{
	int alice = mq_bound("alice"), bob = mq_dev(), set, again;
	struct mq_peer *waiter;

	set = new_set(bob, EPOLLIN | EPOLLET);
	MQ_EQ(mq_epoll_next(set), EPOLLERR);
	waiter = mq_peer_start();
	for (again = 0; again < 3; again++) {
		mq_peer_do_begin(waiter, wait_set, set);
		mq_until_asleep(waiter->pid, MQ_EPOLL_CALL);
		if (!again) {
			pid_t child = mq_fork();

			if (!child) {
				MQ_EQ(mq_bind(bob, "bob"), 0);
				MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
				_exit(0);
			}
			mq_join(child);
		} else {
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		}
		MQ_EQ(mq_peer_end(waiter), 0);
		/* Else an edge that comes late finds it once more, and the next wait is none. */
		MQ_FRAME_READS(bob, "alice", "hi");
	}
}

MQ_TEST(frame_poll_not_bound, "an edge set on an unbound file still follows the process until it is bound")
{
	int bob = mq_dev(), set = new_set(bob, EPOLLIN | EPOLLET);

	MQ_EQ(mq_epoll_next(set), EPOLLERR);
	MQ_EQ(mq_cmd(bob, "/reg text"), 0);
	MQ_EQ(mq_epoll_now(set) & EPOLLERR, 0);
	MQ_EQ(mq_cmd(bob, "/msg text hi"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_EQ(mq_bind(bob, "bob"), 0);
	/* The process's message is none of the file's. */
	MQ_EQ(mq_epoll_now(set), 0);
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
}

/* ---- writable ---------------------------------------------------------------- */

static int new_full(const char *name)
{
	int fd = mq_bound(name, .policy = MQ_POLICY_BLOCK);
	int other = mq_bound("");

	MQ_EQ(mq_frame_send_text(other, name, "full"), 0);
	close(other);
	return fd;
}

MQ_TEST(frame_poll_room, "after EAGAIN EPOLLOUT is off until that mailbox has room: level, edge, and poll",
	.params = "QUEUE_LEN=1")
{
	int full = new_full("full"), alice = mq_bound_nonblock("alice"), i;
	int edge = new_set(alice, EPOLLOUT | EPOLLET), level = new_set(alice, EPOLLOUT);

	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_epoll_now(level), EPOLLOUT);
		MQ_EQ(mq_frame_send_text(alice, "full", "next"), -EAGAIN);
		MQ_EQ(mq_poll(alice), 0);
		MQ_EQ(mq_epoll_now(level), 0);
		MQ_EQ(mq_epoll_now(edge), 0);
		/* What comes in meanwhile does not change that. */
		MQ_EQ(mq_frame_send_text(alice, "alice", "to me"), 0);
		MQ_EQ(mq_poll(alice), POLLIN);
		MQ_FRAME_READS(alice, "alice", "to me");
		MQ_EQ(mq_epoll_now(level), 0);
		MQ_FRAME_READS(full, i ? "alice" : "", i ? "next" : "full");
		MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
		MQ_EQ(mq_epoll_next(level), EPOLLOUT);
		MQ_EQ(mq_poll(alice), POLLOUT);
		MQ_EQ(mq_frame_send_text(alice, "full", "next"), 0);
	}
}

MQ_TEST(frame_poll_room_staged, "a read of what was staged before makes no room: EPOLLOUT stays off, and nobody is woken",
	.params = "QUEUE_LEN=1")
{
	int full = new_full("full"), alice = mq_bound_nonblock("alice");
	int edge = new_set(alice, EPOLLOUT | EPOLLET), i;

	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	/* The fault stages the message that fills the mailbox, and leaves room for one. */
	MQ_EQ(mq_read(full, NULL, MQ_FRAME_ROOM), -EFAULT);
	MQ_EQ(mq_frame_send_text(alice, "full", "second"), 0);
	MQ_EQ(mq_frame_send_text(alice, "full", "third"), -EAGAIN);
	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_read(full, NULL, MQ_FRAME_ROOM), -EFAULT);
		MQ_EQ(mq_epoll_now(edge), 0);
		MQ_EQ(mq_poll(alice), 0);
	}
	MQ_FRAME_READS(full, "", "full");
	MQ_EQ(mq_epoll_now(edge), 0);
	MQ_FRAME_READS(full, "alice", "second");
	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "full", "third"), 0);
}

/* In a peer: gets EAGAIN from "full", and sleeps until it may write again. */
static long write_when_room(int fd, long arg)
{
	(void)arg;
	MQ_EQ(mq_frame_send_flags(fd, "full", MQ_FRAME_DONTWAIT, "next"), -EAGAIN);
	return poll_for(fd, POLLOUT);
}

MQ_TEST(frame_poll_room_sleeper, "a sleeping poll for EPOLLOUT is woken by room, and by the end of that endpoint; DONTWAIT does as O_NONBLOCK",
	.params = "QUEUE_LEN=1")
{
	struct mq_peer *alice = mq_peer_bound("alice");
	int gone, full;

	for (gone = 0; gone < 2; gone++) {
		full = new_full("full");
		mq_peer_do_begin(alice, write_when_room, 0);
		mq_until_asleep(alice->pid, MQ_POLL_CALL);
		MQ_TRUE(!mq_peer_is_done(alice));
		if (!gone)
			MQ_FRAME_READS(full, "", "full");
		else
			close(full);
		MQ_EQ(mq_peer_end(alice), POLLOUT);
		if (!gone)
			close(full);
	}
}

MQ_TEST(frame_poll_room_gone, "EPOLLOUT is on again when that endpoint is gone, and another of its name is none of ours",
	.params = "QUEUE_LEN=1")
{
	int full = new_full("full"), alice = mq_bound_nonblock("alice");
	int edge = new_set(alice, EPOLLOUT | EPOLLET);

	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "full", "next"), -EAGAIN);
	MQ_EQ(mq_poll(alice), 0);
	close(full);
	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_poll(alice), POLLOUT);
	full = new_full("full");
	MQ_EQ(mq_poll(alice), POLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "full", "next"), -EAGAIN);
	MQ_EQ(mq_poll(alice), 0);
}

MQ_TEST(frame_poll_room_last, "the last mailbox that gave EAGAIN counts", .params = "QUEUE_LEN=1")
{
	int one = new_full("one"), two = new_full("two"), alice = mq_bound_nonblock("alice");
	int edge = new_set(alice, EPOLLOUT | EPOLLET);

	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "one", "next"), -EAGAIN);
	MQ_EQ(mq_frame_send_text(alice, "two", "next"), -EAGAIN);
	MQ_FRAME_READS(one, "", "full");
	MQ_EQ(mq_poll(alice), 0);
	MQ_EQ(mq_epoll_now(edge), 0);
	/* A write that succeeds elsewhere does not answer for it. */
	MQ_EQ(mq_frame_send_text(alice, "one", "next"), 0);
	MQ_EQ(mq_poll(alice), 0);
	MQ_FRAME_READS(two, "", "full");
	MQ_EQ(mq_epoll_next(edge), EPOLLOUT);
	MQ_EQ(mq_poll(alice), POLLOUT);
}

MQ_TEST(frame_poll_room_others, "no other error, and no other file, turns EPOLLOUT off",
	.params = "QUEUE_LEN=1")
{
	int full = new_full("full"), alice = mq_bound_nonblock("alice"), bob = mq_bound("bob");
	int reject = mq_bound("reject", .policy = MQ_POLICY_REJECT);

	MQ_EQ(mq_frame_send_text(alice, "reject", "full"), 0);
	MQ_EQ(mq_frame_send_text(alice, "reject", "next"), -ENOBUFS);
	MQ_EQ(mq_frame_send_text(alice, "nobody", "hi"), -ENOENT);
	MQ_EQ(mq_frame_broadcast(alice, "skips the full"), 0);
	MQ_EQ(mq_poll(alice), POLLOUT);
	MQ_EQ(mq_frame_send_text(full, "full", "myself"), -ENOBUFS);
	MQ_EQ(mq_poll(full), POLLIN | POLLOUT);
	MQ_EQ(mq_frame_send_text(alice, "full", "next"), -EAGAIN);
	MQ_EQ(mq_poll(alice), 0);
	MQ_EQ(mq_poll(bob) & POLLOUT, POLLOUT);
	MQ_EQ(mq_poll(reject) & POLLOUT, POLLOUT);
}

MQ_TEST(frame_poll_closed, "sets, files and the full mailbox are closed in any order",
	.params = "QUEUE_LEN=1")
{
	static const char orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	int i, j;

	for (i = 0; i < 24; i++) {
		int fds[3];

		fds[0] = new_full("full");
		fds[1] = mq_bound_nonblock("alice");
		fds[2] = new_set(fds[1], EPOLLIN | EPOLLOUT | (i & 1 ? EPOLLET : 0));
		mq_epoll_now(fds[2]);
		MQ_EQ(mq_frame_send_text(fds[1], "full", "next"), -EAGAIN);
		for (j = 0; j < 3; j++)
			close(fds[(int)orders[i % 6][j]]);
		MQ_TRUE(!mq_is_there("alice"));
		MQ_TRUE(!mq_is_there("full"));
	}
}

/* ---- across fork ------------------------------------------------------------- */

MQ_TEST(frame_poll_fork, "a child polls, waits and reads by its parent's file as the parent does")
{
	int bob = mq_bound("bob"), alice = mq_bound("alice");
	int theirs = new_set(bob, EPOLLIN | EPOLLET), i;
	volatile int *step = mq_shared(sizeof(*step));
	pid_t child = mq_fork();

	if (!child) {
		int own = new_set(bob, EPOLLIN | EPOLLET);

		MQ_EQ(mq_epoll_now(own), 0);
		for (i = 0; i < 3; i++) {
			*step = i + 1;
			MQ_EQ(mq_epoll_next(i == 1 ? theirs : own), EPOLLIN);
			MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
			MQ_FRAME_READS(bob, "alice", "hi");
			MQ_EQ(mq_poll(bob), POLLOUT);
			if (i == 1)
				mq_epoll_now(own);
		}
		_exit(0);
	}
	for (i = 0; i < 3; i++) {
		while (*step < i + 1)
			mq_sleep_ms(1);
		mq_until_asleep(child, MQ_EPOLL_CALL);
		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	}
	mq_join(child);
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_TRUE(mq_is_there("bob"));
}

MQ_TEST(frame_poll_fork_room, "the child gets EAGAIN; parent and child are told of the room: it is the file's",
	.params = "QUEUE_LEN=1")
{
	int full = new_full("full"), alice = mq_bound_nonblock("alice");
	int set = new_set(alice, EPOLLOUT | EPOLLET);
	pid_t child;

	MQ_EQ(mq_epoll_next(set), EPOLLOUT);
	child = mq_fork();
	if (!child) {
		MQ_EQ(mq_frame_send_text(alice, "full", "next"), -EAGAIN);
		MQ_EQ(mq_poll(alice), 0);
		MQ_EQ(poll_for(alice, POLLOUT), POLLOUT);
		_exit(0);
	}
	mq_until_asleep(child, MQ_POLL_CALL);
	MQ_EQ(mq_poll(alice), 0);
	MQ_FRAME_READS(full, "", "full");
	MQ_EQ(mq_epoll_next(set), EPOLLOUT);
	mq_join(child);
}

/* ---- many who wait for one file ---------------------------------------------- */

#define WAITERS 4
#define HERD_MESSAGES 300

struct herd {
	int file;
	uint32_t events;
	volatile int ready, taken, stop;
};

/* Waits in a set of its own, then takes what is left for it. */
static void *herd_waiter(void *arg)
{
	struct herd *herd = arg;
	int set = new_set(herd->file, herd->events);
	char bytes[72];

	__atomic_add_fetch(&herd->ready, 1, __ATOMIC_SEQ_CST);
	while (!herd->stop) {
		mq_epoll_wait(set, -1);
		if (herd->stop)
			break;
		if (mq_read(herd->file, bytes, sizeof(bytes)) == 72)
			__atomic_add_fetch(&herd->taken, 1, __ATOMIC_SEQ_CST);
	}
	close(set);
	return NULL;
}

/* Each message waits for somebody to have taken the one before: a lost wake-up hangs. */
static void herd_run(bool bound_later, uint32_t events)
{
	struct herd herd = { .file = mq_dev_flags(O_RDWR | O_NONBLOCK), .events = events };
	int alice = mq_bound("alice"), i;
	pthread_t threads[WAITERS];

	if (!bound_later)
		MQ_EQ(mq_bind(herd.file, "herd"), 0);
	for (i = 0; i < WAITERS; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, herd_waiter, &herd), 0);
	while (herd.ready < WAITERS)
		mq_sleep_ms(1);
	if (bound_later)
		MQ_EQ(mq_bind(herd.file, "herd"), 0);
	for (i = 1; i <= HERD_MESSAGES; i++) {
		MQ_EQ(mq_frame_send_text(alice, "herd", "hi"), 0);
		while (herd.taken < i)
			sched_yield();
	}
	MQ_EQ(herd.taken, HERD_MESSAGES);
	/* From here on it is left unread, so that every one wakes up. */
	herd.stop = 1;
	for (i = 0; i < WAITERS; i++)
		MQ_EQ(mq_frame_send_text(alice, "herd", "stop"), 0);
	for (i = 0; i < WAITERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	close(alice);
	close(herd.file);
}

MQ_TEST(frame_poll_exclusive, "EPOLLEXCLUSIVE: of many sets one at least is woken by each message",
	.timeout = 120)
{
	herd_run(false, EPOLLIN | EPOLLEXCLUSIVE);
	herd_run(true, EPOLLIN | EPOLLEXCLUSIVE);
}

MQ_TEST(frame_poll_herd, "so it is with edge sets, and with level sets", .timeout = 120)
{
	herd_run(false, EPOLLIN | EPOLLET);
	herd_run(false, EPOLLIN);
	herd_run(true, EPOLLIN | EPOLLET);
}

static void *take_one(void *arg)
{
	char bytes[72];

	MQ_EQ(mq_read(*(int *)arg, bytes, sizeof(bytes)), sizeof(bytes));
	return NULL;
}

MQ_TEST(frame_poll_readers, "of many blocked readers each gets one of as many frames")
{
	int bob = mq_bound("bob"), alice = mq_bound("alice"), i, round;
	pthread_t threads[8];

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 8; i++)
			MQ_EQ(pthread_create(&threads[i], NULL, take_one, &bob), 0);
		for (i = 0; i < 8; i++)
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		for (i = 0; i < 8; i++)
			MQ_EQ(pthread_join(threads[i], NULL), 0);
		MQ_EQ(mq_poll(bob), POLLOUT);
	}
	MQ_EQ(mq_status_of("bob").delivered, 160);
}
