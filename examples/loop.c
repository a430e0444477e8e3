// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * loop - an endpoint in an epoll loop, beside a timer and signals
 * Copyright (C) the mq authors
 *
 *	loop [NAME]
 *
 * Counts the messages that come to NAME, tells how many every second, and ends with
 * Control-C or `kill`. An endpoint is a file descriptor like any other: it fits into
 * epoll, poll and select, and into the loops of libuv, GLib or Qt.
 */
#include <libmq.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static unsigned long messages, bytes, lost;

static void must(const char *what, int err)
{
	if (err < 0) {
		fprintf(stderr, "loop: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

/* The same for system calls, which return -1 and leave the reason in errno. */
static int must_call(const char *what, int value)
{
	must(what, value < 0 ? -errno : 0);
	return value;
}

/* Take what is there, many messages in a system call, and never sleep. */
static void on_messages(struct mq_endpoint *me)
{
	const struct mq_message *msgs[16];
	size_t count;
	int err;

	while (!(err = mq_endpoint_receive_many(me, msgs, 16, &count, 0))) {
		for (size_t i = 0; i < count; i++) {
			messages++;
			bytes += mq_message_size(msgs[i]);
			lost += mq_message_lost(msgs[i]);
		}
	}
	if (err != -EAGAIN)		/* EAGAIN: that was all */
		must("receive", err);
}

static void on_second(int timer)
{
	uint64_t times;

	must_call("timer", read(timer, &times, sizeof(times)));
	printf("%lu messages, %lu bytes, %lu lost\n", messages, bytes, lost);
	fflush(stdout);
}

static int second_timer(void)
{
	struct itimerspec each_second = { { 1, 0 }, { 1, 0 } };
	int fd = must_call("timerfd_create", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));

	must_call("timerfd_settime", timerfd_settime(fd, 0, &each_second, NULL));
	return fd;
}

/* As a descriptor a signal cannot come at a bad moment. */
static int end_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return must_call("signalfd", signalfd(-1, &set, SFD_CLOEXEC));
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	must_call("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "loop";
	int epoll, timer, end, mailbox;
	struct epoll_event event;
	struct mq_endpoint *me;

	end = end_signals();
	must("open", mq_endpoint_open(&me, NULL));
	must(name, mq_endpoint_bind(me, name, NULL));
	mailbox = mq_endpoint_fd(me);
	timer = second_timer();
	epoll = must_call("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
	watch(epoll, mailbox);
	watch(epoll, timer);
	watch(epoll, end);
	do {
		must_call("epoll_wait", epoll_wait(epoll, &event, 1, -1));
		if (event.data.fd == mailbox)
			on_messages(me);
		else if (event.data.fd == timer)
			on_second(timer);
	} while (event.data.fd != end);
	printf("the end: %lu messages, %lu bytes, %lu lost\n", messages, bytes, lost);
	mq_endpoint_close(me);
	return 0;
}
