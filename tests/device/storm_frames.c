// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten thousand endpoints are bound and killed at random while others send, call,
 * broadcast, watch, list and poll. Every call ends, every snapshot adds up, events
 * tell each name's life in order, and at the end nothing is left behind.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define NAMES 60		/* fought for */
#define PLACES 50		/* of them and of those that stay */
#define WORKERS 3
#define CALLERS 3		/* threads on one file */
#define MS 1000000ULL

/* Not fewer on a slow machine: this is the figure that is promised. */
#define ENDPOINTS 10000

struct storm {
	volatile int stop, ready;
	volatile int bound;
	volatile int calls[5];		/* by outcome */
	volatile int events, gaps;
};

enum outcome { ANSWERED, PEER_ENDED, TIMED_OUT, NO_ROOM, NOBODY };

struct role {
	struct storm *storm;
	int seed;
	volatile int *step;
	volatile int *bound;	/* endpoints that were made */
};

static void name_of(char *name, struct mq_dice *dice)
{
	sprintf(name, "n%u", mq_dice_throw(dice, NAMES));
}

/* ---- those that come and go -------------------------------------------------- */

#define STEPS 24	/* endpoints that one victim makes at most */

static bool victim_bind(volatile int *bound, int fd, struct mq_dice *dice)
{
	struct mq_bind bind = {
		.policy = mq_dice_throw(dice, 3),
		.depth = 1 + mq_dice_throw(dice, 4),
		.flags = mq_dice_throw(dice, 4) ? 0 : MQ_BIND_EVENTS,
	};
	char name[MQ_NAME_SIZE] = "";
	int error;

	if (mq_dice_throw(dice, 10))
		name_of(name, dice);
	error = mq_bind_fill(fd, name, bind);
	MQ_TRUE(!error || error == -EEXIST || error == -ENOSPC || error == -EDQUOT);
	if (!error)
		mq_shared_add(bound, 1);
	return !error;
}

/* Answers what it finds; that the caller may be gone is no harm. */
static void victim_serve(int fd)
{
	char bytes[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	ssize_t got = mq_read(fd, bytes, sizeof(bytes));
	size_t at = 0;

	if (got < 0) {
		MQ_TRUE(got == -EAGAIN);
		return;
	}
	while ((frame = mq_frame_next(bytes, got, &at))) {
		if (frame->flags & MQ_FRAME_CALL) {
			ssize_t done = mq_frame_send(fd, "", MQ_FRAME_REPLY, frame->cookie,
						     mq_frame_data(frame),
						     mq_frame_data_size(frame));

			MQ_TRUE(done > 0 || done == -ENOENT);
		}
	}
}

static void victim_write(int fd, struct mq_dice *dice, uint32_t flags)
{
	char name[MQ_NAME_SIZE];
	int error;

	name_of(name, dice);
	error = mq_frame_send_flags(fd, name, flags, "from a victim");
	MQ_TRUE(!error || error == -ENOENT || error == -ENOBUFS || error == -EAGAIN ||
		error == -EPIPE);
}

static void victim_call(int fd, struct mq_dice *dice)
{
	char name[MQ_NAME_SIZE];
	long result;

	name_of(name, dice);
	result = mq_call(fd, name, "a victim asks", .timeout = mq_dice_throw(dice, 3) * MS + 1);
	MQ_TRUE(result == 80 || result == -ENOENT || result == -EPIPE || result == -ENOBUFS ||
		result == -EAGAIN || result == -ETIMEDOUT || result == -EOPNOTSUPP);
}

/* FD does not block, so nothing here sleeps for long. */
static void victim_act(int fd, int set, struct mq_dice *dice)
{
	char bytes[256];
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	switch (mq_dice_throw(dice, 7)) {
	case 0:
		victim_write(fd, dice, 0);
		break;
	case 1:
		MQ_EQ(mq_frame_broadcast(fd, "a victim to all"), 0);
		break;
	case 2:
		victim_call(fd, dice);
		break;
	case 3:
		MQ_GE(mq_ioc_peek(fd, bytes, sizeof(bytes)), -EMSGSIZE);
		break;
	case 4:
		epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
		MQ_OK(epoll_wait(set, &event, 1, 0));
		break;
	case 5:
		mq_poll(fd);
		break;
	default:
		victim_serve(fd);
	}
}

static void *victim_blocked_read(void *arg)
{
	char bytes[64];

	for (;;)
		mq_read((long)arg, bytes, sizeof(bytes));
	return NULL;
}

static void *victim_blocked_call(void *arg)
{
	mq_call((long)arg, "n0", "for ever");
	return NULL;
}

/* Left in flight, over a socket that nobody reads; perhaps the socket itself, too. */
static void victim_in_flight(int fd, struct mq_dice *dice)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = "", byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2];

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	memcpy(CMSG_DATA(header) + sizeof(int), &pair[mq_dice_throw(dice, 2)], sizeof(int));
	MQ_OK(sendmsg(pair[0], &message, 0));
	close(pair[0]);
	close(pair[1]);
}

/* The end of the process, if it comes so far, with files that are busy. */
static void victim_end(int fd, struct mq_dice *dice)
{
	pthread_t thread;
	int status;

	/* From here on whoever is here sleeps until he is killed, or exits. */
	MQ_OK(fcntl(fd, F_SETFL, 0));
	switch (mq_dice_throw(dice, 6)) {
	case 0:
		MQ_EQ(pthread_create(&thread, NULL, victim_blocked_read, (void *)(long)fd), 0);
		mq_dice_yield(dice);
		_exit(0);
	case 1:
		victim_blocked_read((void *)(long)fd);
		break;
	case 2:
		MQ_EQ(pthread_create(&thread, NULL, victim_blocked_call, (void *)(long)fd), 0);
		mq_dice_yield(dice);
		close(fd);
		break;
	case 3:
		victim_write(fd, dice, 0);
		break;
	case 4:		/* a child that has it all, and is not waited for */
		if (!mq_fork())
			mq_dice_yield(dice);
		break;
	default:
		if (!mq_fork())
			raise(SIGSEGV);
		wait(&status);
	}
	_exit(0);
}

static void victim_main(struct role *role, struct mq_dice *dice)
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC)), fd = -1, i, acts;
	bool is_bound = false;

	for (i = 0; i < STEPS; i++) {
		fd = mq_dev_flags(O_RDWR | O_NONBLOCK | O_CLOEXEC);
		is_bound = victim_bind(role->bound, fd, dice);
		*role->step = i + 1;
		for (acts = mq_dice_throw(dice, 4); is_bound && acts; acts--)
			victim_act(fd, set, dice);
		if (is_bound && !mq_dice_throw(dice, 12))
			victim_in_flight(fd, dice);
		/* One in four stays open, to be closed by the end of the process. */
		if (mq_dice_throw(dice, 4) && i < STEPS - 1)
			close(fd);
	}
	*role->step = STEPS + 1;
	if (is_bound)
		victim_end(fd, dice);
	_exit(0);
}

void mq_storm_frames_victims(volatile int *bound, volatile int *target, int seed)
{
	struct role role = { .bound = bound, .step = mq_shared(sizeof(*role.step)) };
	struct mq_dice dice;
	pid_t pid;

	mq_dice_init(&dice, seed);
	while (*bound < *target) {
		mq_dice_throw(&dice, 2);
		pid = mq_fork();
		if (!pid)
			victim_main(&role, &dice);
		mq_victim_kill(pid, role.step, STEPS + 1, &dice);
		/* Orphans, where nobody else gets them. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void worker_main(void *arg)
{
	static volatile int target = ENDPOINTS;
	struct role *role = arg;

	mq_storm_frames_victims(&role->storm->bound, &target, role->seed);
}

/* ---- those that stay: a sender, callers, a server ---------------------------- */

/* Blocks for room: each victim ends, so each wait does. */
static void sender_main(void *arg)
{
	struct role *role = arg;
	char name[MQ_NAME_SIZE], batch[512] __attribute__((aligned(8)));
	struct mq_dice dice;
	int fd = mq_bound("sender", .depth = 4);
	ssize_t done;
	size_t at;

	mq_dice_init(&dice, role->seed);
	mq_shared_add(&role->storm->ready, 1);
	while (!role->storm->stop) {
		name_of(name, &dice);
		at = mq_frame_push_text(batch, 0, name, "first");
		name_of(name, &dice);
		at = mq_frame_push_text(batch, at, name, "the second one");
		done = mq_write(fd, batch, at);
		MQ_TRUE(done == (ssize_t)at || done == 72 || done == -ENOENT || done == -ENOBUFS ||
			done == -EPIPE);
		if (!mq_dice_throw(&dice, 4))
			MQ_EQ(mq_frame_broadcast(fd, "the sender to all"), 0);
	}
}

static enum outcome outcome_of(long result)
{
	switch (result) {
	case -EPIPE:
		return PEER_ENDED;
	case -ETIMEDOUT:
		return TIMED_OUT;
	case -ENOBUFS:
		return NO_ROOM;
	case -ENOENT:
		return NOBODY;
	default:
		MQ_GE(result, 64);
		return ANSWERED;
	}
}

struct calling {
	struct storm *storm;
	int fd, seed;
};

/* Now and then for ever: what was asked of a victim ends with it. */
static void calling_once(struct calling *calling, struct mq_dice *dice, uint64_t cookie)
{
	char name[MQ_NAME_SIZE] = "server", text[32];
	bool victim = mq_dice_throw(dice, 4);
	struct mq_frame *reply;
	struct mq_caller call;
	long result;

	if (victim)
		name_of(name, dice);
	call.request_size = mq_frame_push(call.request, 0, name, 0, cookie, text,
					  sprintf(text, "%llx", (unsigned long long)cookie));
	result = mq_ioc_call(calling->fd, call.request, call.request_size, call.reply,
			     sizeof(call.reply), mq_dice_throw(dice, 2) ? MQ_FOREVER : 2 * MS);
	mq_shared_add(&calling->storm->calls[outcome_of(result)], 1);
	if (result < 0)
		return;
	reply = (struct mq_frame *)call.reply;
	MQ_EQ(reply->cookie, cookie);
	MQ_FRAME_IS(reply, name, MQ_FRAME_REPLY, text);
}

static void *calling_main(void *arg)
{
	struct calling *calling = arg;
	uint64_t cookie = (uint64_t)calling->seed << 40;
	struct mq_dice dice;

	mq_dice_init(&dice, calling->seed);
	while (!calling->storm->stop)
		calling_once(calling, &dice, ++cookie);
	return NULL;
}

static void callers_main(void *arg)
{
	struct role *role = arg;
	struct calling calling[CALLERS];
	pthread_t threads[CALLERS];
	int fd = mq_bound("caller", .depth = 2), i;

	mq_shared_add(&role->storm->ready, 1);
	for (i = 0; i < CALLERS; i++) {
		calling[i] = (struct calling){ role->storm, fd, role->seed * 100 + i };
		MQ_EQ(pthread_create(&threads[i], NULL, calling_main, &calling[i]), 0);
	}
	for (i = 0; i < CALLERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
}

/* Answers and takes in one call, until it gets the word. */
static void server_main(void *arg)
{
	struct role *role = arg;
	int fd = mq_bound("server", .policy = MQ_POLICY_BLOCK, .depth = 8);
	char bytes[MQ_FRAME_ROOM] __attribute__((aligned(8))) = "";
	char answer[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	const struct mq_frame *frame = (const void *)bytes;
	uint32_t size = 0;
	long result;

	mq_shared_add(&role->storm->ready, 1);
	for (;;) {
		result = mq_ioc_receive(fd, answer, &size, bytes, sizeof(bytes), MQ_FOREVER);
		if (result == -ENOENT) {
			size = 0;	/* the caller has gone; take the next */
			continue;
		}
		MQ_GE(result, 64);
		MQ_EQ(size, 0);
		if (frame->flags & MQ_FRAME_CALL)
			size = mq_frame_push(answer, 0, "", MQ_FRAME_REPLY, frame->cookie,
					     mq_frame_data(frame), mq_frame_data_size(frame));
		else if (!strcmp(mq_frame_data(frame), "stop"))
			return;
		memset(bytes, 0, sizeof(bytes));
	}
}

/* ---- one that watches -------------------------------------------------------- */

enum life { UNKNOWN, ALIVE, DEAD };

struct watch {
	struct storm *storm;
	int fd;
	uint64_t sequence;
	enum life lives[NAMES];
	bool stopped;
};

static void watch_forget(struct watch *watch)
{
	memset(watch->lives, 0, sizeof(watch->lives));
	watch->storm->gaps++;
}

/* Nobody comes twice, nobody goes twice: unless something was lost between. */
static void watch_event(struct watch *watch, const struct mq_frame *event)
{
	enum life now = event->flags & MQ_FRAME_COME ? ALIVE : DEAD;
	int number = atoi(event->name + 1);

	if (event->name[0] != 'n')
		return;
	MQ_TRUE(number >= 0 && number < NAMES);
	MQ_EQ(event->size, 64);
	if (watch->lives[number] == now)
		MQ_FAIL("%s has %s twice", event->name, now == ALIVE ? "come" : "gone");
	watch->lives[number] = now;
	watch->storm->events++;
}

static void watch_read(struct watch *watch)
{
	char bytes[4096] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	ssize_t got;

	while ((got = mq_read(watch->fd, bytes, sizeof(bytes))) != -EAGAIN) {
		size_t at = 0;

		MQ_GE(got, 64);
		while ((frame = mq_frame_next(bytes, got, &at))) {
			MQ_GE(frame->sequence, watch->sequence + 1);
			if (frame->sequence != watch->sequence + 1)
				watch_forget(watch);
			watch->sequence = frame->sequence;
			if (frame->flags & MQ_FRAME_EVENT)
				watch_event(watch, frame);
			else if (!strcmp(frame->name, "last") && !frame->flags)
				watch->stopped = true;
		}
	}
}

/* Each one's figures add up; who is there all the time is there once. */
static void watch_list(struct watch *watch)
{
	static struct mq_status list[PLACES * 4];
	long count = mq_ioc_list_all(watch->fd, list, PLACES * 4), i;
	int watchers = 0;

	MQ_GE(count, 1);
	for (i = 0; i < count; i++) {
		mq_status_check(&list[i]);
		watchers += !strcmp(list[i].name, "watcher");
	}
	MQ_EQ(watchers, 1);
	mq_endpoints_check();
}

static bool watch_has_alive(const struct watch *watch)
{
	int i;

	for (i = 0; i < NAMES; i++)
		if (watch->lives[i] == ALIVE)
			return true;
	return false;
}

static void watcher_main(void *arg)
{
	struct role *role = arg;
	struct watch watch = { .storm = role->storm };
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));

	watch.fd = mq_bound_nonblock("watcher", .flags = MQ_BIND_EVENTS, .depth = 2000);
	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, watch.fd, &event));
	mq_shared_add(&role->storm->ready, 1);
	/* The last word comes after everybody's end, so it waits for nobody else. */
	while (!watch.stopped || watch_has_alive(&watch)) {
		MQ_EQ(epoll_wait(set, &event, 1, -1), 1);
		watch_read(&watch);
		watch_list(&watch);
	}
}

/* ---- the storm --------------------------------------------------------------- */

#define STAYING 4

/* In the order of their beginning; the server outlives its callers. */
static void (*const staying_mains[STAYING])(void *) = {
	watcher_main, server_main, sender_main, callers_main
};

static void storm_stop(struct storm *storm, pid_t *staying)
{
	int last, i;

	storm->stop = 1;
	mq_in_flight_collect();
	mq_join(staying[2]);
	mq_join(staying[3]);
	/* Orphans that were not waited for. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	while (mq_counters_all(&(struct mq_counters){ 0 }, 1) > 2)
		mq_sleep_ms(5);
	last = mq_bound("last");
	for (i = 1; i >= 0; i--) {
		MQ_EQ(mq_frame_send_text(last, i ? "server" : "watcher", "stop"), 0);
		mq_join(staying[i]);
	}
	close(last);
}

static void check_places(void)
{
	int fds[PLACES], i, more = mq_dev();
	char name[16];

	for (i = 0; i < PLACES; i++) {
		sprintf(name, "n%d", i);
		fds[i] = mq_bound(name);
	}
	MQ_EQ(mq_bind(more, "toomany"), -ENOSPC);
	for (i = 0; i < PLACES; i++)
		close(fds[i]);
}

MQ_TEST(storm_frames, "10,000 endpoints bound and killed at random while others send, call, broadcast and watch",
	.params = "MAX_DEVICES=50", .timeout = 600)
{
	struct storm *storm = mq_shared(sizeof(*storm));
	struct role roles[WORKERS + STAYING];
	pid_t workers[WORKERS], staying[STAYING];
	int i;

	for (i = 0; i < WORKERS + STAYING; i++)
		roles[i] = (struct role){ .storm = storm, .seed = i + 1 };
	for (i = 0; i < STAYING; i++) {
		staying[i] = mq_run(staying_mains[i], &roles[WORKERS + i]);
		mq_shared_until(&storm->ready, i + 1);
	}
	for (i = 0; i < WORKERS; i++)
		workers[i] = mq_run(worker_main, &roles[i]);
	for (i = 0; i < WORKERS; i++)
		mq_join(workers[i]);
	storm_stop(storm, staying);
	MQ_GE(storm->bound, ENDPOINTS);
	/* All that may happen did: else this storm proves less than it says. */
	for (i = 0; i < 5; i++)
		if (!storm->calls[i])
			MQ_FAIL("no call ended with outcome %d", i);
	MQ_GE(storm->events, ENDPOINTS / 10);
	mq_endpoints_until_none();
	check_places();
	mq_endpoints_until_none();
}

/* ---- threads that share their files ------------------------------------------ */

#define SLOTS 6
#define SHARERS 4

struct sharing {
	int fds[SLOTS];
	long rounds;
};

struct sharer {
	struct sharing *sharing;
	int seed;
};

/* Any of them may be another file at any moment, so any error will do. */
static void sharer_act(int fd, struct mq_dice *dice)
{
	char bytes[256] __attribute__((aligned(8)));
	char name[MQ_NAME_SIZE];

	sprintf(name, "n%u", mq_dice_throw(dice, SLOTS));
	switch (mq_dice_throw(dice, 6)) {
	case 0:
		mq_call(fd, name, "anybody?", .timeout = MS);
		break;
	case 1:
		mq_read(fd, bytes, sizeof(bytes));
		break;
	case 2:
		mq_frame_send_text(fd, name, "hello");
		break;
	case 3:
		mq_ioc_receive(fd, NULL, NULL, bytes, sizeof(bytes), MS);
		break;
	case 4:
		mq_ioc_peek(fd, bytes, sizeof(bytes));
		break;
	default:
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT }, 1, 0);
	}
}

/* Another file in the place of one that may be in a call, a read or a poll. */
static void sharer_replace(int fd, struct mq_dice *dice)
{
	int fresh = mq_dev_flags(O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char name[MQ_NAME_SIZE];

	sprintf(name, "n%u", mq_dice_throw(dice, SLOTS));
	MQ_EQ(dup2(fresh, fd), fd);
	close(fresh);
	mq_bind(fd, name, .policy = mq_dice_throw(dice, 3), .depth = 2,
		.flags = mq_dice_throw(dice, 2) ? MQ_BIND_EVENTS : 0);
}

static void *sharer_main(void *arg)
{
	struct sharer *sharer = arg;
	struct mq_dice dice;
	long i;

	mq_dice_init(&dice, sharer->seed);
	for (i = 0; i < sharer->sharing->rounds; i++) {
		int fd = sharer->sharing->fds[mq_dice_throw(&dice, SLOTS)];

		if (mq_dice_throw(&dice, 4))
			sharer_act(fd, &dice);
		else
			sharer_replace(fd, &dice);
	}
	return NULL;
}

MQ_TEST(storm_frames_shared, "threads close files while others call, read, poll and bind by them",
	.timeout = 300)
{
	struct sharing sharing = { .rounds = mq_storm_count(6000) };
	struct sharer sharers[SHARERS];
	pthread_t threads[SHARERS];
	int i;

	for (i = 0; i < SLOTS; i++)
		sharing.fds[i] = mq_dev_flags(O_RDWR | O_NONBLOCK | O_CLOEXEC);
	for (i = 0; i < SHARERS; i++) {
		sharers[i] = (struct sharer){ &sharing, i + 1 };
		MQ_EQ(pthread_create(&threads[i], NULL, sharer_main, &sharers[i]), 0);
	}
	for (i = 0; i < SHARERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < SLOTS; i++)
		close(sharing.fds[i]);
	/* All calls have ended, so nothing holds a file. */
	MQ_EQ(mq_counters_all(&(struct mq_counters){ 0 }, 1), 0);
}

/* ---- no frame is slept through ----------------------------------------------- */

struct rally {
	long strokes;
	int policy;
	volatile int ready;
};

/* Each waits in its own way for the other's stroke: the number of it. */
static long rally_receive(int fd, int set, struct mq_dice *dice)
{
	char bytes[128] __attribute__((aligned(8)));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event event;
	ssize_t got;

	switch (mq_dice_throw(dice, 4)) {
	case 0:
		got = mq_ioc_receive(fd, NULL, NULL, bytes, sizeof(bytes), MQ_FOREVER);
		break;
	case 1:
		got = mq_ioc_receive(fd, NULL, NULL, bytes, sizeof(bytes), 1000000 * MS);
		break;
	case 2:
		MQ_EQ(poll(&p, 1, -1), 1);
		got = mq_read(fd, bytes, sizeof(bytes));
		break;
	default:
		MQ_EQ(epoll_wait(set, &event, 1, -1), 1);
		got = mq_read(fd, bytes, sizeof(bytes));
	}
	MQ_GE(got, 72);
	return atol(mq_frame_data((struct mq_frame *)bytes));
}

static void rally_side(struct rally *rally, const char *me, const char *you)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = mq_bound(me, .policy = rally->policy, .depth = 1);
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	struct mq_dice dice;
	char text[32];
	long i;

	mq_dice_init(&dice, me[0]);
	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	mq_shared_add(&rally->ready, 1);
	mq_shared_until(&rally->ready, 2);
	if (!strcmp(me, "left"))
		MQ_EQ(mq_frame_send_text(fd, you, "0"), 0);
	for (i = 0; i < rally->strokes; i++) {
		MQ_EQ(rally_receive(fd, set, &dice), i);
		sprintf(text, "%ld", i + !strcmp(me, "left"));
		mq_dice_yield(&dice);
		/* The last one to the left meets nobody. */
		if (strcmp(me, "left") || i + 1 < rally->strokes)
			MQ_EQ(mq_frame_send_text(fd, you, text), 0);
	}
}

static void rally_left(void *arg)
{
	rally_side(arg, "left", "right");
}

static void rally_run(int policy)
{
	struct rally *rally = mq_shared(sizeof(*rally));
	pid_t left;

	rally->strokes = mq_storm_count(4000);
	rally->policy = policy;
	left = mq_run(rally_left, rally);
	rally_side(rally, "right", "left");
	mq_join(left);
}

MQ_TEST(storm_frames_rally, "no frame is slept through, however one waits for it", .timeout = 200)
{
	rally_run(MQ_POLICY_OVERWRITE);
}

MQ_TEST(storm_frames_rally_block, "nor with a blocking mailbox", .timeout = 200)
{
	rally_run(MQ_POLICY_BLOCK);
}

/* ---- no room is slept through ------------------------------------------------ */

#define PUSHERS 4

struct pushing {
	long each;
	volatile int ready;
};

struct pusher {
	struct pushing *pushing;
	int number;
};

/* Waits for room in each of the ways there are. */
static void pusher_send(int fd, int set, struct mq_dice *dice, const char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct epoll_event event;
	int error;

	if (mq_dice_throw(dice, 2)) {
		MQ_EQ(mq_frame_send_text(fd, "sink", text), 0);
		return;
	}
	while ((error = mq_frame_send_flags(fd, "sink", MQ_FRAME_DONTWAIT, text))) {
		MQ_EQ(error, -EAGAIN);
		if (mq_dice_throw(dice, 2))
			MQ_EQ(poll(&p, 1, -1), 1);
		else
			MQ_EQ(epoll_wait(set, &event, 1, -1), 1);
	}
}

static void pusher_main(void *arg)
{
	struct pusher *pusher = arg;
	struct epoll_event event = { .events = EPOLLOUT };
	int fd = mq_bound(""), set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	struct mq_dice dice;
	char text[32];
	long i;

	mq_dice_init(&dice, pusher->number + 1);
	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	for (i = 0; i < pusher->pushing->each; i++) {
		sprintf(text, "%d %ld", pusher->number, i);
		pusher_send(fd, set, &dice, text);
	}
}

MQ_TEST(storm_frames_room, "no room is slept through: many senders into one blocking place lose nothing, each in order",
	.timeout = 200)
{
	struct pushing pushing = { .each = mq_storm_count(2000) };
	long next[PUSHERS] = { 0 }, i, number;
	int sink = mq_bound("sink", .policy = MQ_POLICY_BLOCK, .depth = 1), from;
	struct pusher pushers[PUSHERS];
	pid_t pids[PUSHERS];

	for (i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){ &pushing, i };
		pids[i] = mq_run(pusher_main, &pushers[i]);
	}
	for (i = 0; i < PUSHERS * pushing.each; i++) {
		char bytes[128] __attribute__((aligned(8)));

		MQ_GE(mq_read(sink, bytes, 96), 72);
		MQ_EQ(sscanf(mq_frame_data((struct mq_frame *)bytes), "%d %ld", &from, &number), 2);
		MQ_EQ(((struct mq_frame *)bytes)->sequence, i + 1);
		MQ_EQ(number, next[from]++);
	}
	for (i = 0; i < PUSHERS; i++)
		mq_join(pids[i]);
	MQ_EQ(mq_status_of("sink").overwritten, 0);
}
