// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: a frame for each other named endpoint that comes or goes.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "group.h"
#include "poll_lib.h"

#include <sched.h>

#define COME (MQ_FRAME_EVENT | MQ_FRAME_COME)
#define GONE (MQ_FRAME_EVENT | MQ_FRAME_GONE)

#define COMES(fd, name) MQ_FRAME_READS_FLAGS(fd, name, COME, "")
#define GOES(fd, name) MQ_FRAME_READS_FLAGS(fd, name, GONE, "")

#define mq_watcher(name, ...) mq_bound(name, .flags = MQ_BIND_EVENTS, ##__VA_ARGS__)

MQ_TEST(events_fields, "COME and GONE tell name, pid and uid, when, and a number; no payload, no cookie",
	.open_to_all = true)
{
	struct mq_peer *bob = mq_peer_start_as(1002, 1002);
	int watch = mq_watcher("watch"), i;
	uint64_t began = mq_now_ns();
	struct mq_frame event;

	MQ_EQ(mq_peer_bind(bob, "bob"), 0);
	for (i = 0; i < 2; i++) {
		event = *(i ? GOES(watch, "bob") : COMES(watch, "bob"));
		MQ_EQ(event.size, 64);
		MQ_EQ(event.pid, bob->pid);
		MQ_EQ(event.uid, 1002);
		MQ_EQ(event.cookie, 0);
		MQ_EQ(event.sequence, 1 + i);
		MQ_GE(event.time, began);
		MQ_LE(event.time, mq_now_ns());
		began = event.time;
		if (!i)
			mq_peer_exit(bob);
	}
	MQ_FRAME_EMPTY(watch);
}

MQ_TEST(events_not_oneself, "nobody hears of himself, and others do")
{
	int one = mq_watcher("one"), two = mq_watcher("two");

	COMES(one, "two");
	MQ_FRAME_EMPTY(one);
	MQ_FRAME_EMPTY(two);
	close(two);
	GOES(one, "two");
	MQ_FRAME_EMPTY(one);
	two = mq_watcher("two");
	COMES(one, "two");
	close(one);
	GOES(two, "one");
	MQ_FRAME_EMPTY(two);
}

MQ_TEST(events_only_asked, "only who asked for events gets them")
{
	int quiet = mq_bound("quiet"), text = mq_dev();

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	close(mq_bound("bob"));
	MQ_FRAME_EMPTY(quiet);
	MQ_EQ(mq_read(text, &(char){ 0 }, 1), -EAGAIN);
	MQ_EQ(mq_status_of("quiet").accepted, 0);
	MQ_EQ(mq_status_of("text").accepted, 0);
}

MQ_TEST(events_status, "the status says who asked")
{
	mq_watcher("watch");
	mq_bound("quiet");
	MQ_EQ(mq_status_of("watch").flags & MQ_STATUS_EVENTS, MQ_STATUS_EVENTS);
	MQ_EQ(mq_status_of("quiet").flags & MQ_STATUS_EVENTS, 0);
}

MQ_TEST(events_before, "who was there before does not come, but goes")
{
	int bob = mq_bound("bob"), watch = mq_watcher("watch");

	MQ_FRAME_EMPTY(watch);
	close(bob);
	GOES(watch, "bob");
	MQ_FRAME_EMPTY(watch);
}

static long text_exits(int fd, long arg)
{
	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg carol"), 0);
	return 0;
}

MQ_TEST(events_text, "processes come by /reg and go by /unr and by their end")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int watch = mq_watcher("watch"), i;

	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
		MQ_EQ(COMES(watch, "bob")->pid, bob->pid);
		MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
		MQ_EQ(GOES(watch, "bob")->pid, bob->pid);
	}
	mq_peer_do(carol, text_exits, 0);
	COMES(watch, "carol");
	mq_peer_exit(carol);
	MQ_EQ(GOES(watch, "carol")->uid, 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	COMES(watch, "bob");
	mq_peer_kill(bob, SIGKILL);
	GOES(watch, "bob");
	MQ_FRAME_EMPTY(watch);
}

MQ_TEST(events_anonymous, "anonymous endpoints cause none, but get them")
{
	int named = mq_watcher("named"), nobody = mq_watcher("");

	MQ_FRAME_EMPTY(named);
	close(mq_bound(""));
	close(mq_watcher(""));
	MQ_FRAME_EMPTY(named);
	MQ_FRAME_EMPTY(nobody);
	close(mq_bound("bob"));
	COMES(nobody, "bob");
	GOES(nobody, "bob");
	close(named);
	GOES(nobody, "named");
	MQ_FRAME_EMPTY(nobody);
}

MQ_TEST(events_last_reference, "an endpoint goes with the last reference to its file")
{
	int bob = mq_bound("bob"), copy = dup(bob), watch = mq_watcher("watch");

	close(bob);
	MQ_FRAME_EMPTY(watch);
	close(copy);
	GOES(watch, "bob");
}

MQ_TEST(events_failed, "what fails causes none", .params = "MAX_DEVICES=2")
{
	int watch = mq_watcher("watch"), bob = mq_bound("bob"), text = mq_dev();

	COMES(watch, "bob");
	MQ_EQ(mq_bind(mq_dev(), "bob"), -EEXIST);
	MQ_EQ(mq_bind(mq_dev(), "carol"), -ENOSPC);
	MQ_EQ(mq_bind(bob, "carol"), -EBUSY);
	MQ_EQ(mq_bind(mq_dev(), "ca@rol"), -EINVAL);
	MQ_EQ(mq_cmd(text, "/reg bob"), -EEXIST);
	MQ_EQ(mq_cmd(text, "/unr"), -ENOENT);
	MQ_FRAME_EMPTY(watch);
}

MQ_TEST(events_every_watcher, "every watcher gets each of them, once")
{
	int watch[20], i, j;

	for (i = 0; i < 20; i++)
		watch[i] = mq_watcher("", .depth = 16);
	for (j = 0; j < 30; j++) {
		int bob = mq_bound("bob");

		for (i = 0; i < 20; i++)
			MQ_EQ(COMES(watch[i], "bob")->sequence, 2 * j + 1);
		close(bob);
		for (i = 0; i < 20; i++)
			MQ_EQ(GOES(watch[i], "bob")->sequence, 2 * j + 2);
	}
	for (i = 0; i < 20; i++)
		MQ_FRAME_EMPTY(watch[i]);
}

MQ_TEST(events_poll, "an event is an edge and makes the file readable, as a message does")
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	int watch = mq_watcher("watch"), bob;

	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, watch, &event));
	MQ_EQ(epoll_wait(set, &event, 1, 0), 0);
	bob = mq_bound("bob");
	MQ_EQ(epoll_wait(set, &event, 1, 30000), 1);
	MQ_EQ(epoll_wait(set, &event, 1, 0), 0);
	close(bob);
	MQ_EQ(epoll_wait(set, &event, 1, 30000), 1);
	MQ_EQ(mq_poll(watch), POLLIN | POLLOUT);
	COMES(watch, "bob");
	GOES(watch, "bob");
	MQ_EQ(mq_poll(watch), POLLOUT);
}

/* ---- order ------------------------------------------------------------------- */

MQ_TEST(events_over_the_dead, "a name that is taken over from a dead owner goes before it comes")
{
	struct mq_peer *peers[20];
	int watch, bob, i;

	for (i = 0; i < 20; i++)
		peers[i] = mq_peer_start();
	watch = mq_watcher("watch");
	for (i = 0; i < 20; i++) {
		if (i % 2)
			MQ_EQ(mq_peer_cmd(peers[i], "/reg bob"), 0);
		else
			MQ_EQ(mq_peer_bind(peers[i], "bob"), 0);
		mq_peer_kill(peers[i], SIGKILL);
		bob = mq_bound("bob");
		COMES(watch, "bob");
		GOES(watch, "bob");
		COMES(watch, "bob");
		close(bob);
		GOES(watch, "bob");
	}
	MQ_FRAME_EMPTY(watch);
}

#define FIGHTERS 4
#define FIGHTS 400

struct fight {
	volatile int won;
};

/* By text and by frames: whoever gets the name gives it back. */
static void fighter_main(void *arg)
{
	struct fight *fight = arg;
	int fd, i;

	/* Until enough were won: who stands still with the prize lets all others fail. */
	for (i = 0; i < FIGHTS || fight->won < FIGHTS; i++) {
		bool text = (getpid() + i) % 2;

		fd = mq_dev();
		if (!(text ? mq_cmd(fd, "/reg prize") : mq_bind(fd, "prize")))
			__atomic_add_fetch(&fight->won, 1, __ATOMIC_SEQ_CST);
		if (text)
			mq_cmd(fd, "/unr");
		close(fd);
	}
	/* The last one ends as a process, still registered. */
	mq_cmd(mq_dev(), "/reg last");
}

MQ_TEST(events_order, "a name's GONE precedes its next COME, whoever fights for it", .timeout = 120)
{
	struct fight *fight = mq_shared(sizeof(*fight));
	int watch, i, last = 0, fd;
	pid_t pids[FIGHTERS];

	for (i = 0; i < FIGHTERS; i++)
		pids[i] = mq_run(fighter_main, fight);
	/* Bound while it goes on: the first event may be of either kind. */
	watch = mq_watcher("watch", .depth = 2 * FIGHTERS * (FIGHTS + 1) + 8);
	for (i = 0; i < FIGHTERS; i++)
		mq_join(pids[i]);
	fd = mq_bound("theend");
	for (i = 1;; i++) {
		char room[MQ_FRAME_ROOM] __attribute__((aligned(8)));
		const struct mq_frame *event = (const void *)room;

		MQ_EQ(mq_read(watch, room, 64), 64);
		MQ_EQ(event->sequence, i);
		MQ_EQ(event->flags & ~(MQ_FRAME_COME | MQ_FRAME_GONE), MQ_FRAME_EVENT);
		if (!strcmp(event->name, "theend"))
			break;
		if (strcmp(event->name, "prize"))
			continue;
		MQ_TRUE(event->flags == COME || event->flags == GONE);
		MQ_NE(event->flags, last);
		last = event->flags;
	}
	close(fd);
	MQ_GE(fight->won, FIGHTS);
}

/* ---- loss -------------------------------------------------------------------- */

static void check_lost(const char *name, long accepted, long overwritten, long queued)
{
	struct mq_status s = mq_status_of(name);

	MQ_EQ(s.accepted, accepted);
	MQ_EQ(s.overwritten, overwritten);
	MQ_EQ(s.queued, queued);
	MQ_EQ(s.rejected, 0);
	MQ_EQ(s.discarded, 0);
}

MQ_TEST(events_lost_overwrite, "overwrite: the oldest gives way; it shows as a gap")
{
	int watch = mq_watcher("watch", .depth = 3), bob = mq_bound("bob");

	close(bob);
	bob = mq_bound("bob");
	MQ_EQ(mq_frame_send_text(bob, "watch", "a message"), 0);
	close(bob);
	check_lost("watch", 5, 2, 3);
	MQ_EQ(COMES(watch, "bob")->sequence, 3);
	MQ_EQ(MQ_FRAME_READS(watch, "bob", "a message")->sequence, 4);
	MQ_EQ(GOES(watch, "bob")->sequence, 5);
	MQ_FRAME_EMPTY(watch);
}

/* Nobody waits, nobody is refused: the event alone is lost. */
static void check_lost_newest(uint32_t policy)
{
	int watch = mq_watcher("watch", .depth = 2, .policy = policy), bob;

	close(mq_bound("bob"));
	close(mq_bound("carol"));
	bob = mq_bound("bob");
	check_lost("watch", 5, 3, 2);
	MQ_EQ(mq_poll(bob), POLLOUT);
	MQ_EQ(COMES(watch, "bob")->sequence, 1);
	/* The gap is exactly what was lost, wherever the next one comes from. */
	MQ_EQ(mq_frame_send_text(bob, "watch", "after"), 0);
	MQ_EQ(GOES(watch, "bob")->sequence, 2);
	MQ_EQ(MQ_FRAME_READS(watch, "bob", "after")->sequence, 6);
	close(bob);
	MQ_EQ(GOES(watch, "bob")->sequence, 7);
	check_lost("watch", 7, 3, 0);
}

MQ_TEST(events_lost_reject, "reject: a new event is lost, as a gap; it is no rejected message")
{
	check_lost_newest(MQ_POLICY_REJECT);
}

MQ_TEST(events_lost_block, "block: likewise; who comes or goes does not wait")
{
	check_lost_newest(MQ_POLICY_BLOCK);
}

/* Behind all else, once, and numbered; whoever waits for an edge sees one. */
static void check_gap(const char *name, uint32_t policy)
{
	uint64_t begin = mq_now_ns(), bound;
	int watch = mq_watcher(name, .depth = 1, .policy = policy), set = epoll_create1(0), i;
	const struct mq_frame *gap;

	bound = mq_now_ns();
	mq_epoll_add(set, watch, EPOLLIN | EPOLLET);
	for (i = 0; i < 9; i += 3) {
		close(mq_bound("bob"));
		MQ_EQ(mq_epoll_now(set), EPOLLIN);
		MQ_EQ(COMES(watch, "bob")->sequence, i + 1);
		MQ_EQ(mq_epoll_now(set), EPOLLIN);
		gap = MQ_FRAME_READS_FLAGS(watch, name, MQ_FRAME_EVENT, "");
		MQ_EQ(gap->sequence, i + 3);
		MQ_EQ(gap->pid, getpid());
		MQ_EQ(gap->uid, geteuid());
		MQ_TRUE(gap->time >= begin && gap->time <= bound);
		MQ_EQ(gap->cookie, 0);
		MQ_EQ(mq_epoll_now(set), 0);
		MQ_FRAME_EMPTY(watch);
	}
	/* Where it fills the mailbox, what is lost behind it shows by another one. */
	close(mq_bound("bob"));
	COMES(watch, "bob");
	close(mq_bound("carol"));
	MQ_FRAME_READS_FLAGS(watch, name, MQ_FRAME_EVENT, "");
	MQ_FRAME_READS_FLAGS(watch, name, MQ_FRAME_EVENT, "");
	MQ_FRAME_EMPTY(watch);
	close(set);
	close(watch);
}

MQ_TEST(events_gap, "the newest event was lost, and nothing comes behind it: an event that names the reader")
{
	check_gap("watch", MQ_POLICY_REJECT);
	check_gap("watch", MQ_POLICY_BLOCK);
	check_gap("", MQ_POLICY_REJECT);
}

/* By how much each has moved. */
static void check_ended(const struct mq_totals *before, long accepted, long overwritten,
			long discarded)
{
	struct mq_totals now = mq_totals_now();

	MQ_EQ(now.accepted - before->accepted, accepted);
	MQ_EQ(now.overwritten - before->overwritten, overwritten);
	MQ_EQ(now.discarded - before->discarded, discarded);
}

MQ_TEST(events_gap_sum, "such an event is counted as any message, and discarded with its endpoint")
{
	struct mq_totals before = mq_totals_now();
	int watch = mq_watcher("watch", .depth = 1, .policy = MQ_POLICY_REJECT);

	close(mq_bound("bob"));
	check_lost("watch", 2, 1, 1);
	COMES(watch, "bob");
	check_lost("watch", 3, 1, 1);
	close(mq_bound("bob"));
	/* It fills the mailbox, both are lost. */
	check_lost("watch", 5, 3, 1);
	MQ_FRAME_READS_FLAGS(watch, "watch", MQ_FRAME_EVENT, "");
	check_lost("watch", 6, 3, 1);
	MQ_EQ(MQ_FRAME_READS_FLAGS(watch, "watch", MQ_FRAME_EVENT, "")->sequence, 6);
	check_lost("watch", 6, 3, 0);
	/* It ends while that is still to come, and then while it is there. */
	close(mq_bound("bob"));
	close(watch);
	check_ended(&before, 8, 4, 1);
	watch = mq_watcher("watch", .depth = 1, .policy = MQ_POLICY_REJECT);
	close(mq_bound("bob"));
	COMES(watch, "bob");
	close(watch);
	check_ended(&before, 11, 5, 2);
}

/* ---- who pays ---------------------------------------------------------------- */

#define GROUP "mq-watcher"
#define DEEP 60000

struct poor {
	volatile int step, done;
	volatile long read, gaps;
	char room[MQ_FRAME_ROOM * 4] __attribute__((aligned(8)));
};

/* In its own group: binds, sleeps while others come and go, then reads all. */
static void poor_main(void *arg)
{
	struct poor *poor = arg;
	const struct mq_frame *frame;
	uint64_t sequence = 0;
	int fd, more = 1;

	mq_group_enter_locked(GROUP);
	fd = mq_watcher("poor", .depth = DEEP);
	poor->done = 1;
	while (!poor->step)
		sched_yield();
	while (more) {
		ssize_t got = mq_read(fd, poor->room, sizeof(poor->room));
		size_t at = 0;

		MQ_GE(got, 64);
		while ((frame = mq_frame_next(poor->room, got, &at))) {
			poor->gaps += frame->sequence - sequence - 1;
			sequence = frame->sequence;
			poor->read++;
			more = frame->flags & MQ_FRAME_EVENT;
		}
	}
	poor->done = 2;
}

/* Comes and goes until the poor one has lost events, and then some. */
static long come_until_lost(void)
{
	long times = 0, i;

	do {
		for (i = 0; i < 50; i++)
			close(mq_bound("bob"));
		times += i;
		MQ_LE(times, DEEP / 2 - 1000);
	} while (mq_status_of("poor").overwritten < 50);
	return times;
}

MQ_TEST(events_memory, "events are charged to the receiver's group; at its limit they are lost as a gap, and nobody else fails",
	.timeout = 180)
{
	struct poor *poor = mq_shared(sizeof(*poor));
	struct mq_status s;
	pid_t pid;
	long times;
	int rich;

	mq_stay();
	mq_group_new(GROUP);
	rich = mq_watcher("rich", .depth = DEEP);
	pid = mq_run(poor_main, poor);
	while (!poor->done)
		mq_sleep_ms(1);
	COMES(rich, "poor");
	mq_group_limit(GROUP, mq_group_usage(GROUP) + 512 * 1024);
	times = come_until_lost();
	mq_group_check_nobody_killed(GROUP);
	s = mq_status_of("poor");
	MQ_EQ(s.accepted, 2 * times);
	MQ_GE(s.overwritten, 50);
	MQ_EQ(s.rejected, 0);
	MQ_EQ(s.queued, 2 * times - s.overwritten);
	MQ_EQ(mq_status_of("rich").overwritten, 0);
	MQ_EQ(mq_status_of("rich").accepted, 2 * times + 1);
	/* A message is its sender's to pay, and finds the place. */
	MQ_EQ(mq_frame_send_text(rich, "poor", "end"), 0);
	mq_group_limit(GROUP, 1LL << 40);
	poor->step = 1;
	mq_join(pid);
	MQ_EQ(poor->gaps, s.overwritten);
	MQ_EQ(poor->read, 2 * times - s.overwritten + 1);
	mq_group_free(GROUP);
}
