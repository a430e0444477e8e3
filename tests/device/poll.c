// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll, select and epoll: who is told what, and when.
 *
 * Copyright (C) the mq authors
 */
#include "poll_lib.h"

#include <sys/select.h>

MQ_TEST(poll_states, "EPOLLIN while there is a message, EPOLLOUT always, EPOLLERR while not registered")
{
	int fd = mq_dev();

	MQ_EQ(mq_poll(fd), POLLERR | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
	MQ_READS(fd, "one");
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_READS(fd, "two");
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/msg bob three"), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_poll(fd), POLLERR | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
}

MQ_TEST(poll_full, "EPOLLOUT also where every mailbox is full", .params = "QUEUE_LEN=1")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
}

/* Run by a child with its parent's file. */
static void child_polls(void *arg)
{
	int fd = *(int *)arg;

	MQ_EQ(mq_poll(fd), POLLERR | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/reg child"), 0);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/msg child hi"), 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
}

MQ_TEST(poll_asking, "poll answers for the process that asks, also on a file it shares")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	mq_join(mq_run(child_polls, &fd));
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_READS(fd, "hi");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

static long poll_in(int fd, long ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	MQ_EQ(poll(&p, 1, ms), 1);
	return p.revents;
}

MQ_TEST(poll_sleeper, "a sleeping poll is woken by a message, from /msg and from /all")
{
	struct mq_peer *bob = mq_peer_start();
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	for (i = 0; i < 4; i++) {
		mq_peer_do_begin(bob, poll_in, -1);
		mq_until_asleep(bob->pid, MQ_POLL_CALL);
		MQ_TRUE(!mq_peer_is_done(bob));
		MQ_EQ(mq_cmd(fd, i & 1 ? "/all hi" : "/msg bob hi"), 0);
		MQ_EQ(mq_peer_end(bob), POLLIN);
		MQ_PEER_READS(bob, "hi");
	}
}

static volatile pid_t poller;

static void *expects_pollerr(void *arg)
{
	poller = gettid();
	MQ_EQ(poll_in(*(int *)arg, -1), POLLERR);
	return NULL;
}

MQ_TEST(poll_unregistered, "a sleeping poll is woken when another thread unregisters")
{
	int fd = mq_dev();
	pthread_t thread;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	pthread_create(&thread, NULL, expects_pollerr, &fd);
	while (!poller)
		mq_sleep_ms(1);
	mq_until_asleep(poller, MQ_POLL_CALL);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	pthread_join(thread, NULL);
}

MQ_TEST(poll_select, "select says readable while there is a message, and not before")
{
	struct timeval none = { 0 };
	fd_set in, out;
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	for (i = 0; i < 2; i++) {
		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_SET(fd, &in);
		FD_SET(fd, &out);
		MQ_EQ(select(fd + 1, &in, &out, NULL, &none), 1 + i);
		MQ_EQ(!!FD_ISSET(fd, &in), i);
		MQ_TRUE(FD_ISSET(fd, &out));
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	}
}

MQ_TEST(poll_epoll_level, "a level epoll set tells of a message until it is read")
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	mq_epoll_add(set, fd, EPOLLIN);
	MQ_EQ(mq_epoll_now(set), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_READS(fd, "one");
	MQ_EQ(mq_epoll_now(set), 0);
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLERR);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_epoll_now(set), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
}

MQ_TEST(poll_epoll_edges, "registering, unregistering and every message are edges")
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	int fd = mq_dev();
	int i;

	mq_epoll_add(set, fd, EPOLLIN | EPOLLOUT | EPOLLET);
	MQ_EQ(mq_epoll_next(set), EPOLLERR | EPOLLOUT);
	MQ_EQ(mq_epoll_now(set), 0);
	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLOUT);
		MQ_EQ(mq_epoll_now(set), 0);
		MQ_EQ(mq_cmd(fd, "/msg bob one"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLIN | EPOLLOUT);
		MQ_EQ(mq_epoll_now(set), 0);
		/* One more message without a read between is one more edge. */
		MQ_EQ(mq_cmd(fd, "/msg bob two"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLIN | EPOLLOUT);
		MQ_EQ(mq_epoll_now(set), 0);
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLERR | EPOLLOUT);
		MQ_EQ(mq_epoll_now(set), 0);
	}
}

MQ_TEST(poll_epoll_edges_full, "a message that overwrites another is an edge too",
	.params = "QUEUE_LEN=1")
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	mq_epoll_add(set, fd, EPOLLIN | EPOLLET);
	for (i = 0; i < 10; i++) {
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		MQ_EQ(mq_epoll_next(set), EPOLLIN);
		MQ_EQ(mq_epoll_now(set), 0);
	}
}

MQ_TEST(poll_epoll_other_file, "every file of the process is woken, whichever one the command came by")
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	int watched = mq_dev(), other = mq_dev();

	mq_epoll_add(set, watched, EPOLLIN | EPOLLOUT | EPOLLET);
	MQ_EQ(mq_epoll_next(set), EPOLLERR | EPOLLOUT);
	MQ_EQ(mq_cmd(other, "/reg bob"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLOUT);
	MQ_EQ(mq_cmd(other, "/msg bob hi"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN | EPOLLOUT);
	MQ_EQ(mq_cmd(other, "/unr"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLERR | EPOLLOUT);
}

/* These are made before the peer starts, so that both processes have them. */
static int shared_set, shared_file;

static long add_shared(int fd, long events)
{
	(void)fd;
	mq_epoll_add(shared_set, shared_file, events);
	return 0;
}

static long wait_shared(int fd, long arg)
{
	(void)fd;
	(void)arg;
	return mq_epoll_wait(shared_set, -1);
}

static void drain_shared(void)
{
	while (mq_epoll_now(shared_set))
		;
}

MQ_TEST(poll_epoll_adder, "an epoll set is woken for the process that added the file, whoever waits")
{
	struct mq_peer *waiter;
	int i;

	shared_set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	shared_file = mq_dev();
	MQ_EQ(mq_cmd(shared_file, "/reg bob"), 0);
	mq_epoll_add(shared_set, shared_file, EPOLLIN | EPOLLOUT | EPOLLET);
	waiter = mq_peer_start();
	MQ_EQ(mq_peer_cmd(waiter, "/reg waiter"), 0);
	drain_shared();
	for (i = 0; i < 3; i++) {
		mq_peer_do_begin(waiter, wait_shared, 0);
		mq_until_asleep(waiter->pid, MQ_EPOLL_CALL);
		MQ_TRUE(!mq_peer_is_done(waiter));
		/* Woken by the adder's message; the answer is the asker's. */
		MQ_EQ(mq_cmd(shared_file, "/msg bob hi"), 0);
		MQ_EQ(mq_peer_end(waiter), EPOLLOUT);
	}
}

MQ_TEST(poll_epoll_life, "a watched file outlives its process's unregistering, registering again and death")
{
	struct mq_peer *owner;
	int fd = mq_dev();
	int i;

	shared_set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	shared_file = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	owner = mq_peer_start();
	mq_peer_do(owner, add_shared, EPOLLIN | EPOLLOUT | EPOLLET);
	drain_shared();
	for (i = 0; i < 20; i++) {
		MQ_EQ(mq_peer_cmd(owner, "/reg owner"), 0);
		MQ_EQ(mq_epoll_next(shared_set), EPOLLOUT);
		drain_shared();
		MQ_EQ(mq_cmd(fd, "/msg owner hi"), 0);
		MQ_EQ(mq_epoll_next(shared_set), EPOLLOUT);
		drain_shared();
		if (i == 19)
			break;
		MQ_EQ(mq_peer_cmd(owner, "/unr"), 0);
		MQ_EQ(mq_epoll_next(shared_set), EPOLLOUT);
		drain_shared();
	}
	mq_peer_kill(owner, SIGKILL);
	MQ_EQ(mq_epoll_next(shared_set), EPOLLOUT);
	drain_shared();
	MQ_EQ(mq_cmd(fd, "/msg owner hi"), -ENOENT);
	MQ_OK(epoll_ctl(shared_set, EPOLL_CTL_DEL, shared_file, NULL));
	mq_epoll_add(shared_set, shared_file, EPOLLIN | EPOLLET);
	MQ_EQ(mq_cmd(fd, "/msg alice hi"), 0);
	MQ_EQ(mq_epoll_next(shared_set), EPOLLIN);
}

MQ_TEST(poll_epoll_closed, "sets and files are closed in either order, with messages waiting")
{
	int i;

	for (i = 0; i < 20; i++) {
		int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
		int fd = mq_dev(), other = mq_dev();

		mq_epoll_add(set, fd, EPOLLIN | EPOLLET);
		mq_epoll_add(set, other, EPOLLIN);
		MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		close(i & 1 ? set : fd);
		MQ_EQ(mq_cmd(other, "/msg bob hi"), 0);
		close(i & 1 ? fd : set);
		MQ_READS(other, "hi");
		MQ_EQ(mq_cmd(other, "/unr"), 0);
		close(other);
	}
}
