// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many senders, many readers: what arrives is whole and in order, and what
 * does not arrive is counted.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>
#include <sys/epoll.h>

#define SENDERS 4
#define RECEIVERS 3

struct traffic {
	volatile int ready, go, done;
	long messages;			/* each sender sends to each receiver */
	bool in_time;			/* readers keep up; nothing is lost */
	/* [receiver][sender]: what the sender knows it sent */
	volatile long sent[RECEIVERS][SENDERS];
	volatile long received[RECEIVERS];
	volatile long missed[RECEIVERS];
};

struct part {
	struct traffic *traffic;
	int number;
};

/* ---- senders ------------------------------------------------------------- */

/*
 * A sender numbers what it sends to each receiver, by /msg and by /all alike,
 * so the only gaps that a receiver sees are what was overwritten.
 */
static void sender_send(struct part *part, int fd, struct mq_dice *dice,
			int to)
{
	struct traffic *t = part->traffic;
	char command[600];
	size_t head, length;
	int r;

	head = to < RECEIVERS ? sprintf(command, "/msg r%d ", to) :
				sprintf(command, "/all ");
	length = head;
	r = to < RECEIVERS ? to : 0;
	length += mq_proof_show(command + head, sizeof(command) - head,
				part->number, t->sent[r][part->number],
				mq_dice_throw(dice, 500));
	MQ_EQ(mq_cmd_bytes(fd, command, length), 0);
	for (r = 0; r < RECEIVERS; r++)
		if (to == r || to == RECEIVERS)
			t->sent[r][part->number]++;
}

static void sender_main(void *arg)
{
	struct part *part = arg;
	struct traffic *t = part->traffic;
	int fd = mq_dev(), to;
	struct mq_dice dice;
	long i;

	mq_dice_init(&dice, part->number + 1);
	MQ_EQ(mq_cmdf(fd, "/reg s%d", part->number), 0);
	mq_shared_add(&t->ready, 1);
	mq_shared_until(&t->go, 1);
	for (i = 0; i < t->messages; i++) {
		/* One to each, then one to all: so that has one number, too. */
		for (to = 0; to < RECEIVERS; to++)
			sender_send(part, fd, &dice, to);
		sender_send(part, fd, &dice, RECEIVERS);
		if (!mq_dice_throw(&dice, 16))
			sched_yield();
	}
	mq_shared_add(&t->done, 1);
	/* Stay until all is counted: broadcasts go to senders, too. */
	mq_shared_until(&t->go, 2);
}

/* ---- receivers -------------------------------------------------------------- */

static void receiver_take(struct part *part, char *text, ssize_t length,
			  long *next)
{
	struct traffic *t = part->traffic;
	struct mq_proof proof;

	text[length] = 0;
	if (!mq_proof_parse(text, length, &proof))
		MQ_FAIL("not whole: %zd bytes \"%.80s\"", length, text);
	MQ_TRUE(proof.sender < SENDERS);
	if (proof.number < (unsigned long)next[proof.sender])
		MQ_FAIL("sender %u: %lu after %ld", proof.sender, proof.number,
			next[proof.sender] - 1);
	t->missed[part->number] += proof.number - next[proof.sender];
	next[proof.sender] = proof.number + 1;
	t->received[part->number]++;
}

/* Until all senders are done and nothing is left; by /wait, poll or neither. */
static void receiver_read_all(struct part *part, int fd, long *next)
{
	char text[700];
	bool last;
	ssize_t got;

	for (;;) {
		last = part->traffic->done == SENDERS;
		got = mq_read(fd, text, sizeof(text) - 1);
		if (got > 0) {
			receiver_take(part, text, got, next);
			continue;
		}
		MQ_EQ(got, -EAGAIN);
		if (last)
			return;
		if (part->number == 0)
			mq_cmd(fd, "/wait 20");
		else if (part->number == 1)
			poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 20);
		else
			sched_yield();
	}
}

static void receiver_main(void *arg)
{
	struct part *part = arg;
	struct traffic *t = part->traffic;
	struct mq_counters c;
	long next[SENDERS] = { 0 };
	char name[16];
	int fd = mq_dev(), s;

	snprintf(name, sizeof(name), "r%d", part->number);
	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	mq_shared_add(&t->ready, 1);
	receiver_read_all(part, fd, next);

	/* Lost at the very end: numbers that nobody saw a successor of. */
	for (s = 0; s < SENDERS; s++)
		t->missed[part->number] += t->sent[part->number][s] - next[s];
	MQ_EQ(mq_counters(name, &c), 0);
	MQ_EQ(c.queued, 0);
	MQ_EQ(c.delivered, t->received[part->number]);
	MQ_EQ(c.overwritten, t->missed[part->number]);
	MQ_EQ(c.accepted, SENDERS * t->messages * 2);
	MQ_EQ(c.discarded, 0);
	MQ_EQ(c.rejected, 0);
}

static void traffic_run(long messages)
{
	struct traffic *t = mq_shared(sizeof(*t));
	struct part parts[SENDERS + RECEIVERS];
	pid_t pids[SENDERS + RECEIVERS];
	int i;

	t->messages = messages;
	for (i = 0; i < SENDERS + RECEIVERS; i++) {
		parts[i].traffic = t;
		parts[i].number = i < SENDERS ? i : i - SENDERS;
		pids[i] = mq_run(i < SENDERS ? sender_main : receiver_main,
				 &parts[i]);
	}
	mq_shared_until(&t->ready, SENDERS + RECEIVERS);
	t->go = 1;
	while (t->done < SENDERS) {
		mq_endpoints_check();
		mq_sleep_ms(1);
	}
	for (i = SENDERS; i < SENDERS + RECEIVERS; i++)
		mq_join(pids[i]);
	t->go = 2;
	for (i = 0; i < SENDERS; i++)
		mq_join(pids[i]);
}

MQ_TEST(storm_messages, "many senders and readers: whole, in order, accepted = delivered + overwritten",
	.params = "QUEUE_LEN=7", .timeout = 200)
{
	traffic_run(mq_storm_count(1500));
}

MQ_TEST(storm_messages_one_slot, "the same with mailboxes of one message",
	.params = "QUEUE_LEN=1", .timeout = 200)
{
	traffic_run(mq_storm_count(700));
}

MQ_TEST(storm_messages_deep, "the same with mailboxes that never overflow",
	.params = "QUEUE_LEN=65536", .timeout = 200)
{
	traffic_run(mq_storm_count(700));
}

/* ---- short buffers and many threads of one reader ------------------------------ */

struct pieces {
	int fd;
	long messages;
	volatile long bytes;
	volatile int done;
};

static void *piece_reader(void *arg)
{
	struct pieces *p = arg;
	char text[7];
	ssize_t got;
	int i, last;

	for (;;) {
		last = p->done;
		got = mq_read(p->fd, text, sizeof(text));
		if (got == -EAGAIN && last)
			return NULL;
		if (got == -EAGAIN)
			continue;
		MQ_GE(got, 1);
		/* All bytes of a message are the same. */
		for (i = 1; i < got; i++)
			MQ_EQ(text[i], text[0]);
		__atomic_add_fetch(&p->bytes, got, __ATOMIC_SEQ_CST);
	}
}

MQ_TEST(storm_pieces, "threads of one process share out a mailbox in pieces: no byte twice, none lost",
	.params = "QUEUE_LEN=65536", .timeout = 200)
{
	struct pieces p = { .fd = mq_dev(), .messages = mq_storm_count(3000) };
	pthread_t threads[3];
	long i, total = 0;
	char text[51];

	MQ_EQ(mq_cmd(p.fd, "/reg me"), 0);
	for (i = 0; i < 3; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, piece_reader, &p), 0);
	for (i = 0; i < p.messages; i++) {
		memset(text, 'a' + i % 26, 50);
		text[1 + i % 50] = 0;
		total += strlen(text);
		MQ_EQ(mq_send_text(p.fd, "me", text), 0);
	}
	p.done = 1;
	for (i = 0; i < 3; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	MQ_EQ(p.bytes, total);
}

/* ---- broadcasts -------------------------------------------------------------------- */

#define CALLERS 3

struct calls {
	int fd;
	int caller;
	long messages;
	pthread_barrier_t *start;
};

static void *caller_thread(void *arg)
{
	struct calls *calls = arg;
	long i;

	pthread_barrier_wait(calls->start);
	for (i = 0; i < calls->messages; i++)
		MQ_EQ(mq_cmdf(calls->fd, "/all %d:%ld", calls->caller, i), 0);
	return NULL;
}

/* Threads of one sender broadcast at once. */
static void callers_run(long messages)
{
	struct calls calls[CALLERS];
	pthread_t threads[CALLERS];
	pthread_barrier_t start;
	int i, fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg caller"), 0);
	pthread_barrier_init(&start, NULL, CALLERS);
	for (i = 0; i < CALLERS; i++) {
		calls[i] = (struct calls){ fd, i, messages, &start };
		MQ_EQ(pthread_create(&threads[i], NULL, caller_thread,
				     &calls[i]), 0);
	}
	for (i = 0; i < CALLERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
}

/* What a receiver heard, one after the other; shared with the test. */
struct heard {
	char text[16];
};

/* In the receiver's process: reads all into the array at that address. */
static long hear_all(int fd, long heard)
{
	struct heard *at = (struct heard *)heard;
	long count = 0;

	while (mq_read(fd, at->text, sizeof(at->text) - 1) != -EAGAIN) {
		at++;
		count++;
	}
	return count;
}

MQ_TEST(storm_broadcast_order, "broadcasts of one sender's threads reach all receivers in one order",
	.params = "QUEUE_LEN=8192 MAX_DEVICES=150", .timeout = 200)
{
	long messages = mq_storm_count(2000), all = CALLERS * messages, i;
	struct heard *one = mq_shared((all + 1) * sizeof(*one));
	struct heard *other = mq_shared((all + 1) * sizeof(*other));
	struct mq_peer *first = mq_peer_start(), *last = mq_peer_start();
	struct mq_crowd *crowd;

	/* A crowd between them, so that a broadcast takes its time. */
	MQ_EQ(mq_peer_cmd(first, "/reg first"), 0);
	crowd = mq_crowd_new("c", 100);
	MQ_EQ(mq_peer_cmd(last, "/reg last"), 0);
	callers_run(messages);
	MQ_EQ(mq_peer_do(first, hear_all, (long)one), all);
	MQ_EQ(mq_peer_do(last, hear_all, (long)other), all);
	for (i = 0; i < all; i++)
		if (strcmp(one[i].text, other[i].text))
			MQ_FAIL("message %ld: \"%s\" for one, \"%s\" for another",
				i, one[i].text, other[i].text);
	mq_crowd_free(crowd);
}

#define ALL 6

struct all {
	volatile int ready, go, done;
	long messages;
};

/* Everybody broadcasts to everybody, and counts what the others said. */
static void all_main(void *arg)
{
	struct all *all = arg;
	struct mq_counters c;
	char name[16];
	int fd = mq_dev();
	long i;

	snprintf(name, sizeof(name), "a%d", getpid());
	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	mq_shared_add(&all->ready, 1);
	mq_shared_until(&all->go, 1);
	for (i = 0; i < all->messages; i++)
		MQ_EQ(mq_cmd(fd, "/all hello"), 0);
	mq_shared_add(&all->done, 1);
	mq_shared_until(&all->go, 2);
	/* From beginning to end there were all: exactly once each. */
	MQ_EQ(mq_counters(name, &c), 0);
	MQ_EQ(c.accepted, (ALL - 1) * all->messages);
	MQ_EQ(c.queued, c.depth);
	for (i = 0; i < c.depth; i++)
		MQ_READS(fd, "hello");
	MQ_EQ(mq_poll(fd), POLLOUT);
}

/* Comes and goes meanwhile: may or may not get any. */
static void all_passer_by(void *arg)
{
	struct all *all = arg;
	int fd = mq_dev();

	while (all->done < ALL) {
		MQ_EQ(mq_cmd(fd, "/reg passerby"), 0);
		sched_yield();
		MQ_EQ(mq_cmd(fd, "/unr"), 0);
	}
}

MQ_TEST(storm_broadcasts, "everybody broadcasts at once: each reaches all that stay, exactly once",
	.params = "QUEUE_LEN=5", .timeout = 200)
{
	struct all *all = mq_shared(sizeof(*all));
	pid_t pids[ALL + 1];
	int i;

	all->messages = mq_storm_count(2000);
	for (i = 0; i < ALL; i++)
		pids[i] = mq_run(all_main, all);
	pids[ALL] = mq_run(all_passer_by, all);
	mq_shared_until(&all->ready, ALL);
	all->go = 1;
	mq_shared_until(&all->done, ALL);
	mq_join(pids[ALL]);
	all->go = 2;
	for (i = 0; i < ALL; i++)
		mq_join(pids[i]);
}
