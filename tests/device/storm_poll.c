// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll sets over files of processes that register, unregister, register
 * again and die, while messages come. epoll keeps what poll gave it for as
 * long as the file is open, which here is longer than anything else lives.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>

#define FILES 5
#define NAMES 5
#define WORKERS 4

struct epolls {
	int files[FILES];	/* inherited by all, open to the end */
	int shared;		/* an epoll set, inherited by all */
	volatile int ready, stop;
	volatile int checked;
	long rounds;
};

struct worker {
	struct epolls *epolls;
	int seed;
	volatile int *step;	/* how far the victim of this worker is */
};

/* Sleeps until the set has an event; it must come, or the test times out. */
static unsigned int next_event(int epoll)
{
	struct epoll_event event;
	int got;

	do
		got = epoll_wait(epoll, &event, 1, -1);
	while (got < 0 && errno == EINTR);
	MQ_EQ(got, 1);
	return event.events;
}

/* Registering, a message and unregistering are edges, one after the other. */
static void check_edges(struct epolls *e, int fd, int name)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int own = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	unsigned int events;

	MQ_OK(epoll_ctl(own, EPOLL_CTL_ADD, fd, &event));
	MQ_TRUE(next_event(own) & EPOLLERR);
	if (mq_cmdf(fd, "/reg e%d", name)) {
		close(own);
		return;
	}
	/* Neighbours on a shared queue may have caused an earlier event. */
	while (next_event(own) & EPOLLERR)
		;
	MQ_EQ(mq_cmdf(fd, "/msg e%d x", name), 0);
	while (!(next_event(own) & EPOLLIN))
		;
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	do
		events = next_event(own);
	while (!(events & EPOLLERR));
	MQ_TRUE(!(events & EPOLLIN));
	close(own);
	mq_shared_add(&e->checked, 1);
}

/* Leaves its file in the shared set, in whatever state. */
static void add_to_shared(struct epolls *e, int fd, struct mq_dice *dice)
{
	struct epoll_event event = { .data.u64 = fd };

	event.events = EPOLLIN | (mq_dice_throw(dice, 2) ? EPOLLET : 0) |
		       (mq_dice_throw(dice, 3) ? 0 : EPOLLONESHOT);
	if (mq_dice_throw(dice, 2))
		epoll_ctl(e->shared, EPOLL_CTL_DEL, fd, NULL);
	if (epoll_ctl(e->shared, EPOLL_CTL_ADD, fd, &event))
		epoll_ctl(e->shared, EPOLL_CTL_MOD, fd, &event);
}

#define STEPS 6

static void victim_main(struct worker *worker, struct mq_dice *dice)
{
	struct epolls *e = worker->epolls;
	int fd = e->files[mq_dice_throw(dice, FILES)], i;
	struct epoll_event events[FILES];
	char text[16];

	check_edges(e, fd, mq_dice_throw(dice, NAMES));
	for (i = 0; i < 3; i++) {
		mq_shared_add(worker->step, 1);
		add_to_shared(e, fd, dice);
		mq_cmdf(fd, "/reg e%u", mq_dice_throw(dice, NAMES));
		epoll_wait(e->shared, events, FILES, 0);
		mq_dice_yield(dice);
		mq_read(fd, text, sizeof(text));
		if (mq_dice_throw(dice, 2))
			mq_cmd(fd, "/unr");
	}
	*worker->step = STEPS;
	switch (mq_dice_throw(dice, 4)) {
	case 0:
		epoll_ctl(e->shared, EPOLL_CTL_DEL, fd, NULL);
		break;
	case 1:
		epoll_wait(e->shared, events, FILES, -1);
		break;
	case 2:
		mq_cmd(fd, "/wait");
	}
	_exit(0);
}

static void worker_main(void *arg)
{
	struct worker *worker = arg;
	struct mq_dice dice;
	pid_t pid;
	long i;

	worker->step = mq_shared(sizeof(*worker->step));
	mq_dice_init(&dice, worker->seed);
	for (i = 0; i < worker->epolls->rounds; i++) {
		mq_dice_throw(&dice, 2);
		pid = mq_fork();
		if (!pid)
			victim_main(worker, &dice);
		mq_victim_kill(pid, worker->step, STEPS, &dice);
	}
}

static void sender_main(void *arg)
{
	struct worker *worker = arg;
	struct mq_dice dice;
	int fd = mq_dev(), error;

	mq_dice_init(&dice, worker->seed);
	MQ_EQ(mq_cmd(fd, "/reg sender"), 0);
	mq_shared_add(&worker->epolls->ready, 1);
	while (!worker->epolls->stop) {
		error = mq_cmdf(fd, "/msg e%u hello", mq_dice_throw(&dice, NAMES));
		MQ_TRUE(!error || error == -ENOENT);
		if (!mq_dice_throw(&dice, 4))
			MQ_EQ(mq_cmd(fd, "/all hello"), 0);
	}
}

/* Waits on the shared set for everybody's events, with nothing of its own. */
static void poller_main(void *arg)
{
	struct worker *worker = arg;
	struct epolls *e = worker->epolls;
	struct epoll_event events[FILES];
	struct pollfd p[FILES];
	int i;

	for (i = 0; i < FILES; i++)
		p[i] = (struct pollfd){ e->files[i], POLLIN, 0 };
	mq_shared_add(&e->ready, 1);
	while (!e->stop) {
		epoll_wait(e->shared, events, FILES, 1);
		MQ_OK(poll(p, FILES, 0));
		/* It is registered nowhere: poll answers for who asks. */
		for (i = 0; i < FILES; i++)
			MQ_EQ(p[i].revents, POLLERR);
	}
}

static void epolls_init(struct epolls *e)
{
	int i;

	for (i = 0; i < FILES; i++)
		e->files[i] = mq_dev_flags(O_RDWR | O_NONBLOCK * (i % 2));
	e->shared = MQ_OK(epoll_create1(0));
	e->rounds = mq_storm_count(70);
}

MQ_TEST(storm_poll, "epoll sets outlive every owner that registers, unregisters and dies",
	.params = "QUEUE_LEN=2", .timeout = 300)
{
	struct epolls *e = mq_shared(sizeof(*e));
	struct worker workers[WORKERS + 2];
	pid_t pids[WORKERS + 2];
	int i;

	epolls_init(e);
	for (i = 0; i < WORKERS + 2; i++)
		workers[i] = (struct worker){ e, i + 1, NULL };
	pids[WORKERS] = mq_run(sender_main, &workers[WORKERS]);
	pids[WORKERS + 1] = mq_run(poller_main, &workers[WORKERS + 1]);
	mq_shared_until(&e->ready, 2);
	for (i = 0; i < WORKERS; i++)
		pids[i] = mq_run(worker_main, &workers[i]);
	for (i = 0; i < WORKERS; i++)
		mq_join(pids[i]);
	e->stop = 1;
	mq_join(pids[WORKERS]);
	mq_join(pids[WORKERS + 1]);
	MQ_GE(e->checked, e->rounds / 4);
	mq_endpoints_until_none();
	/* The files are as good as new. */
	for (i = 0; i < FILES; i++) {
		check_edges(e, e->files[i], i);
		MQ_EQ(mq_poll(e->files[i]), POLLOUT | POLLERR);
	}
}

/* ---- no message is slept through ---------------------------------------------- */

struct rally {
	long strokes;
	volatile int ready;
};

/* Each waits in its own way for the other's stroke, and strokes back. */
static void rally_wait(int fd, int epoll, struct mq_dice *dice)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event event;

	switch (mq_dice_throw(dice, 3)) {
	case 0:
		MQ_EQ(mq_cmd(fd, "/wait"), 0);
		break;
	case 1:
		MQ_EQ(poll(&p, 1, -1), 1);
		break;
	default:
		MQ_EQ(epoll_wait(epoll, &event, 1, -1), 1);
	}
}

static void rally_side(struct rally *rally, const char *me, const char *you)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = mq_dev(), epoll = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	struct mq_dice dice;
	char text[16];
	long i;

	mq_dice_init(&dice, me[0]);
	MQ_EQ(mq_cmdf(fd, "/reg %s", me), 0);
	MQ_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	mq_shared_add(&rally->ready, 1);
	mq_shared_until(&rally->ready, 2);
	if (!strcmp(me, "left"))
		MQ_EQ(mq_cmdf(fd, "/msg %s 0", you), 0);
	for (i = 0; i < rally->strokes; i++) {
		rally_wait(fd, epoll, &dice);
		MQ_GE(mq_read(fd, text, sizeof(text)), 1);
		/* The last stroke of the one who began is not returned. */
		if (i + 1 < rally->strokes || strcmp(me, "left"))
			MQ_EQ(mq_cmdf(fd, "/msg %s %ld", you, i), 0);
	}
	mq_shared_add(&rally->ready, 1);
	mq_shared_until(&rally->ready, 4);
}

static void rally_left(void *arg)
{
	rally_side(arg, "left", "right");
}

static void rally_right(void *arg)
{
	rally_side(arg, "right", "left");
}

MQ_TEST(storm_rally, "thousands of strokes between two processes that sleep in /wait, poll and epoll: none is slept through",
	.timeout = 200)
{
	struct rally *rally = mq_shared(sizeof(*rally));
	pid_t left, right;

	rally->strokes = mq_storm_count(2000);
	left = mq_run(rally_left, rally);
	right = mq_run(rally_right, rally);
	mq_join(left);
	mq_join(right);
}
