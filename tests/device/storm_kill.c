// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGKILL at a random moment of every call that sleeps, in a process with one or several
 * threads in it. Afterwards its names are free, its peers have what they were promised,
 * and whoever waited for it or beside it goes on.
 *
 * Rounds are counted; a victim's partners never stop, so that it always comes as far as it
 * shall before it is killed.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "storm_lib.h"

#define STEPS 12		/* a victim is killed after so many at most */

/* What a victim does, in each of its threads, without an end. */
typedef void (*victim_function)(int number);

static struct {
	volatile int step;
	volatile bool over;	/* for the partners */
	victim_function run;
	int threads;
} *victim;

static int victim_file;

static void stepped(void)
{
	mq_shared_add(&victim->step, 1);
}

static void *victim_thread(void *arg)
{
	victim->run((long)arg);
	pause();
	return NULL;
}

/* MAKE opens and binds what all threads share. */
static void victim_main(void *make)
{
	pthread_t thread;
	long i;

	((void (*)(void))make)();
	for (i = 1; i < victim->threads; i++)
		MQ_EQ(pthread_create(&thread, NULL, victim_thread, (void *)i), 0);
	victim_thread(NULL);
}

/* ROUNDS victims, one after the other, of 1 to 3 threads. */
static void victims_kill(void (*make)(void), victim_function run, int rounds,
			 void (*after)(void))
{
	struct mq_dice dice;
	int round;
	pid_t pid;

	mq_dice_init(&dice, rounds);
	for (round = 0; round < rounds; round++) {
		victim->step = 0;
		victim->run = run;
		victim->threads = 1 + round % 3;
		pid = mq_run(victim_main, (void *)make);
		mq_victim_kill(pid, &victim->step, STEPS, &dice);
		after();
	}
}

static pthread_t partner_start(void *(*run)(void *arg), void *arg)
{
	pthread_t thread;

	MQ_EQ(pthread_create(&thread, NULL, run, arg), 0);
	return thread;
}

static void partner_end(pthread_t thread)
{
	victim->over = true;
	MQ_EQ(pthread_join(thread, NULL), 0);
}

static void storm_begin(void)
{
	victim = mq_shared(sizeof(*victim));
}

static void bind_victim(void)
{
	victim_file = mq_bound("victim", .depth = 8);
}

static void victim_is_gone(void)
{
	MQ_TRUE(!mq_is_there("victim"));
	close(mq_bound("victim"));
}

/* ---- read ---------------------------------------------------------------- */

static void read_for_ever(int number)
{
	char room[256] __attribute__((aligned(8)));
	long got;

	(void)number;
	for (;; stepped()) {
		got = mq_read(victim_file, room, sizeof(room));
		MQ_TRUE(got >= 72 && got % 72 == 0);
	}
}

static void *feed(void *arg)
{
	int fd = *(int *)arg, error;

	while (!victim->over) {
		error = mq_frame_send_text(fd, "victim", "food");
		MQ_TRUE(!error || error == -ENOENT);
		sched_yield();
	}
	return NULL;
}

MQ_TEST(storm_kill_read, "SIGKILL of readers that sleep: the name is free, the sender goes on",
	.timeout = 200)
{
	int alice = mq_bound("alice");
	pthread_t feeder;

	storm_begin();
	feeder = partner_start(feed, &alice);
	victims_kill(bind_victim, read_for_ever, mq_storm_count(100), victim_is_gone);
	partner_end(feeder);
}

/* ---- write to a blocking mailbox ----------------------------------------- */

static int room_file;
static uint64_t received;

/* The cookie is a number, which counts up for each sender, with the thread above it. */
static void write_for_ever(int number)
{
	uint64_t cookie = (uint64_t)number << 32;

	for (;; stepped())
		MQ_EQ(mq_frame_send(victim_file, "room", 0, ++cookie, "v", 1), 72);
}

static void *read_room(void *arg)
{
	uint64_t steady = 0, last[3] = { 0 };
	char room[128] __attribute__((aligned(8)));
	const struct mq_frame *frame = (void *)room;
	uint32_t pid = 0;

	(void)arg;
	for (;; received++) {
		MQ_EQ(mq_read(room_file, room, 72), 72);
		if (frame->flags & MQ_FRAME_CALL || *mq_frame_data(frame) == 'e')
			return NULL;
		if (!strcmp(frame->name, "steady")) {
			MQ_EQ(frame->cookie, ++steady);
			continue;
		}
		if (frame->pid != pid)
			memset(last, 0, sizeof(last));
		pid = frame->pid;
		MQ_EQ((uint32_t)frame->cookie, ++last[frame->cookie >> 32]);
	}
}

static void *write_steadily(void *arg)
{
	int fd = mq_bound("steady");
	uint64_t cookie = 0;

	while (!victim->over)
		MQ_EQ(mq_frame_send(fd, "room", 0, ++cookie, "s", 1), 72);
	*(uint64_t *)arg = cookie;
	return NULL;
}

MQ_TEST(storm_kill_write, "SIGKILL of senders that sleep for room: each frame comes whole, once and in order; others get the room",
	.timeout = 200)
{
	int alice = mq_bound("alice");
	uint64_t written = 0;
	pthread_t reader, writer;
	struct mq_status s;

	storm_begin();
	room_file = mq_bound("room", .policy = MQ_POLICY_BLOCK, .depth = 1);
	reader = partner_start(read_room, NULL);
	writer = partner_start(write_steadily, &written);
	victims_kill(bind_victim, write_for_ever, mq_storm_count(100), victim_is_gone);
	partner_end(writer);
	MQ_EQ(mq_frame_send_text(alice, "room", "end"), 0);
	partner_end(reader);
	MQ_GE(received, written);
	s = mq_status_of("room");
	MQ_EQ(s.accepted, received + 1);
	MQ_EQ(s.delivered, received + 1);
	MQ_EQ(s.queued, 0);
	MQ_EQ(s.rejected, 0);
}

/* ---- calls: the caller --------------------------------------------------- */

static long call_once(int fd, const char *to, uint64_t cookie, void *reply)
{
	char request[72] __attribute__((aligned(8)));
	char text[16];

	sprintf(text, "%04llu", (unsigned long long)cookie % 10000);
	mq_frame_push(request, 0, to, 0, cookie, text, 4);
	return mq_ioc_call(fd, request, 72, reply, 72, MQ_FOREVER);
}

/* Or how it failed. */
static long call_checked(int fd, const char *to, uint64_t cookie)
{
	char reply[72] __attribute__((aligned(8)));
	const struct mq_frame *frame = (void *)reply;
	long got = call_once(fd, to, cookie, reply);

	if (got < 0)
		return got;
	MQ_EQ(got, 72);
	MQ_EQ(frame->cookie, cookie);
	MQ_EQ(atoi(mq_frame_data(frame)), cookie % 10000);
	return 0;
}

static void call_for_ever(int number)
{
	uint64_t cookie = number;

	for (;; stepped())
		MQ_EQ(call_checked(victim_file, "room", ++cookie), 0);
}

/* Answers with what it was asked; the asker may be dead. */
static void *serve(void *arg)
{
	char request[72] __attribute__((aligned(8)));
	const struct mq_frame *frame = (void *)request;
	ssize_t sent;

	(void)arg;
	for (;;) {
		MQ_EQ(mq_read(room_file, request, 72), 72);
		if (!(frame->flags & MQ_FRAME_CALL))
			return NULL;
		sent = mq_frame_send(room_file, "", MQ_FRAME_REPLY, frame->cookie,
				     mq_frame_data(frame), 4);
		MQ_TRUE(sent == 72 || sent == -ENOENT);
		if (sent < 0)
			MQ_TRUE(strcmp(frame->name, "steady"));
	}
}

static void *call_steadily(void *arg)
{
	int fd = mq_bound("steady");
	uint64_t cookie = 0;

	(void)arg;
	while (!victim->over)
		MQ_EQ(call_checked(fd, "room", ++cookie), 0);
	return NULL;
}

MQ_TEST(storm_kill_call, "SIGKILL of callers, for room or for the reply: the server gets ENOENT, other callers their own replies",
	.timeout = 200)
{
	int alice = mq_bound("alice");
	pthread_t server, steady;
	struct mq_status s;

	storm_begin();
	room_file = mq_bound("room", .policy = MQ_POLICY_BLOCK, .depth = 1);
	server = partner_start(serve, NULL);
	steady = partner_start(call_steadily, NULL);
	victims_kill(bind_victim, call_for_ever, mq_storm_count(100), victim_is_gone);
	partner_end(steady);
	MQ_EQ(mq_frame_send_text(alice, "room", "end"), 0);
	partner_end(server);
	s = mq_status_of("room");
	MQ_EQ(s.accepted, s.delivered);
	MQ_EQ(s.rejected, 0);
}

/* ---- calls: the server --------------------------------------------------- */

/* Answers one and takes the next in one call. */
static void serve_for_ever(int number)
{
	char request[72] __attribute__((aligned(8))), reply[72] __attribute__((aligned(8)));
	const struct mq_frame *frame = (void *)request;
	uint32_t reply_size = 0;

	(void)number;
	for (;; stepped()) {
		MQ_EQ(mq_ioc_receive(victim_file, reply, &reply_size, request, 72, MQ_FOREVER), 72);
		MQ_EQ(reply_size, 0);
		reply_size = mq_frame_push(reply, 0, "", MQ_FRAME_REPLY, frame->cookie,
					   mq_frame_data(frame), 4);
	}
}

static void *call_victim(void *arg)
{
	int fd = mq_bound("");
	uint64_t cookie = 0;
	long error;

	while (!victim->over) {
		error = call_checked(fd, "victim", ++cookie);
		MQ_TRUE(!error || error == -EPIPE || error == -ENOENT);
		*(uint64_t *)arg += !error;
		sched_yield();
	}
	return NULL;
}

MQ_TEST(storm_kill_server, "SIGKILL of a server that answers and waits: each of its callers gets a reply, EPIPE or ENOENT",
	.timeout = 200)
{
	pthread_t callers[3];
	uint64_t answered[3] = { 0 };
	int i;

	storm_begin();
	for (i = 0; i < 3; i++)
		callers[i] = partner_start(call_victim, &answered[i]);
	victims_kill(bind_victim, serve_for_ever, mq_storm_count(100), victim_is_gone);
	victim->over = true;
	for (i = 0; i < 3; i++)
		partner_end(callers[i]);
	MQ_GE(answered[0] + answered[1] + answered[2], 1);
}

/* ---- text: /wait, and readers of one mailbox ----------------------------- */

static void register_victim(void)
{
	victim_file = mq_dev();
	MQ_EQ(mq_cmd(victim_file, "/reg victim"), 0);
}

static void wait_and_read(int number)
{
	char text[64];
	long got;

	for (;; stepped()) {
		if (number != 2)
			MQ_EQ(mq_cmd(victim_file, "/wait"), 0);
		got = mq_read(victim_file, text, 1 + number);
		MQ_TRUE(got > 0 || got == -EAGAIN);
	}
}

MQ_TEST(storm_kill_text, "SIGKILL of a process in /wait and in reads that wait for each other", .timeout = 200)
{
	int alice = mq_bound("alice");
	pthread_t feeder;

	storm_begin();
	feeder = partner_start(feed, &alice);
	victims_kill(register_victim, wait_and_read, mq_storm_count(100), victim_is_gone);
	partner_end(feeder);
}

/* ---- broadcasts ---------------------------------------------------------- */

/* More than one RCU section serves. */
#define RECEIVERS 300
#define BROADCASTS 60

static int receivers[RECEIVERS];

static void broadcast_for_long(int number)
{
	static uint64_t last;
	uint64_t mine;
	int i;

	/* Several threads share the numbers, so they are not in order then: one writes. */
	if (number)
		return;
	for (i = 0; i < BROADCASTS; i++, stepped()) {
		mine = ++last;
		MQ_EQ(mq_frame_send(victim_file, "", MQ_FRAME_BROADCAST, mine, "b", 1), 72);
	}
}

/* How many of the victim's it has: the first ones, without a gap. */
static uint64_t broadcasts_count(int fd)
{
	static char room[72 * BROADCASTS] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	uint64_t count = 0;
	size_t at = 0;
	long got;

	got = mq_read(fd, room, sizeof(room));
	if (got == -EAGAIN)
		return 0;
	MQ_GE(got, 72);
	while ((frame = mq_frame_next(room, got, &at))) {
		MQ_EQ(strcmp(frame->name, "victim"), 0);
		MQ_EQ(frame->cookie, ++count);
	}
	return count;
}

/* The one that was cut short reached the first of the receivers, and no other. */
static void broadcasts_check(void)
{
	uint64_t first = broadcasts_count(receivers[0]), last = first, count;
	int i;

	for (i = 1; i < RECEIVERS; i++, last = count) {
		count = broadcasts_count(receivers[i]);
		MQ_LE(count, last);
		MQ_GE(count + 1, first);
	}
	victim_is_gone();
}

MQ_TEST(storm_kill_broadcast, "SIGKILL of a broadcast to 300: all before it reached everybody, the last one the first of them",
	.params = "MAX_DEVICES=301 QUEUE_LEN=60", .timeout = 300)
{
	char name[24];
	int i;

	storm_begin();
	for (i = 0; i < RECEIVERS; i++) {
		sprintf(name, "receiver%d", i);
		receivers[i] = mq_bound_nonblock(name);
	}
	victims_kill(bind_victim, broadcast_for_long, mq_storm_count(40), broadcasts_check);
}

/* ---- who comes and goes -------------------------------------------------- */

static void make_nothing(void)
{
	victim_file = mq_dev();
}

/* Threads bind and close, and register and unregister, two names between them. */
static void come_and_go(int number)
{
	static const char *const names[] = { "victim", "other" };
	int i, fd, error;

	for (i = number;; i++, stepped()) {
		if (number == 0) {
			error = mq_cmdf(victim_file, "/reg %s", names[i % 2]);
			MQ_TRUE(!error || error == -EEXIST || error == -ENOSPC);
			mq_cmd(victim_file, "/unr");
			continue;
		}
		fd = mq_dev();
		error = mq_bind(fd, names[i % 2], .flags = MQ_BIND_EVENTS, .depth = 1024);
		MQ_TRUE(!error || error == -EEXIST || error == -ENOSPC);
		close(fd);
	}
}

/* In a process of its own, so that no victim inherits its files. */
static void come_and_go_steadily(void *arg)
{
	int fd;

	(void)arg;
	while (!victim->over) {
		fd = mq_dev();
		MQ_EQ(mq_bind(fd, "steady", .flags = MQ_BIND_EVENTS), 0);
		close(fd);
	}
}

static void both_are_gone(void)
{
	MQ_TRUE(!mq_is_there("other"));
	victim_is_gone();
}

MQ_TEST(storm_kill_register, "SIGKILL of threads that register, bind and wait for each other at that: names and places are free",
	.params = "MAX_DEVICES=3", .timeout = 200)
{
	pid_t steady;

	storm_begin();
	steady = mq_run(come_and_go_steadily, NULL);
	victims_kill(make_nothing, come_and_go, mq_storm_count(100), both_are_gone);
	victim->over = true;
	mq_join(steady);
	mq_places_check(3);
}
