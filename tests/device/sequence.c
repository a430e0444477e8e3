// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers: one sequence per mailbox, whose gaps are exactly what was lost.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

static int alice, bob;
static char room[65536] __attribute__((aligned(8)));

static void setup(uint32_t policy, uint32_t depth)
{
	alice = mq_bound("alice");
	bob = mq_bound("bob", .policy = policy, .depth = depth);
}

static void send(int count)
{
	while (count--)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
}

static void check_next(uint64_t sequence)
{
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "x")->sequence, sequence);
}

MQ_TEST(sequence_counts, "the sequence starts at 1 and goes up by 1, whether read one by one or together")
{
	const struct mq_frame *f;
	size_t at = 0;
	int i;

	setup(MQ_POLICY_OVERWRITE, 0);
	for (i = 1; i <= 20; i++) {
		send(1);
		check_next(i);
	}
	send(10);
	MQ_EQ(mq_read(bob, room, sizeof(room)), 10 * 72);
	for (i = 21; i <= 30; i++) {
		f = mq_frame_next(room, 10 * 72, &at);
		MQ_EQ(f->sequence, i);
	}
}

MQ_TEST(sequence_per_mailbox, "each mailbox counts for itself, whoever sends, text and broadcasts too")
{
	int carol = mq_bound("carol"), text = mq_dev();

	setup(MQ_POLICY_OVERWRITE, 0);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	send(3);
	MQ_EQ(mq_frame_send_text(bob, "bob", "own"), 0);
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	MQ_EQ(mq_cmd(text, "/msg bob text"), 0);
	MQ_EQ(mq_cmd(text, "/all text"), 0);
	MQ_EQ(mq_frame_send_text(alice, "carol", "last"), 0);
	check_next(1);
	check_next(2);
	check_next(3);
	MQ_EQ(MQ_FRAME_READS(bob, "bob", "own")->sequence, 4);
	MQ_EQ(MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "all")->sequence, 5);
	MQ_EQ(MQ_FRAME_READS(bob, "text", "text")->sequence, 6);
	MQ_EQ(MQ_FRAME_READS_FLAGS(bob, "text", MQ_FRAME_BROADCAST, "text")->sequence, 7);
	MQ_EQ(MQ_FRAME_READS_FLAGS(carol, "alice", MQ_FRAME_BROADCAST, "all")->sequence, 1);
	MQ_EQ(MQ_FRAME_READS_FLAGS(carol, "text", MQ_FRAME_BROADCAST, "text")->sequence, 2);
	MQ_EQ(MQ_FRAME_READS(carol, "alice", "last")->sequence, 3);
}

MQ_TEST(sequence_gap, "a gap is exactly the overwritten messages", .timeout = 120)
{
	uint32_t depth, i;
	uint64_t last;
	int extra;

	for (depth = 1; depth <= 5; depth++) {
		setup(MQ_POLICY_OVERWRITE, depth);
		last = 0;
		for (extra = 0; extra <= 7; extra++) {
			send(depth + extra);
			MQ_EQ(MQ_FRAME_READS(bob, "alice", "x")->sequence, last + extra + 1);
			for (i = 2; i <= depth; i++)
				check_next(last + extra + i);
			MQ_FRAME_EMPTY(bob);
			last += depth + extra;
		}
		MQ_EQ(mq_status_of("bob").overwritten, 28);
		close(bob);
		close(alice);
	}
}

MQ_TEST(sequence_staged, "a number stays with its message while that is staged, and the gap comes behind it")
{
	int i;

	setup(MQ_POLICY_OVERWRITE, 3);
	send(3);
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
	/* 1 is staged; 2, 3 and 4 fill the mailbox; 5 and 6 drop 2 and 3. */
	send(3);
	MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
	check_next(1);
	check_next(4);
	check_next(5);
	check_next(6);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(sequence_refused, "what was refused uses no number: rejects, refused broadcasts, senders without the right, errors")
{
	struct mq_peer *stranger;
	static const struct mq_who who = { .uid = 1001, .gid = 1001 };
	int text = mq_dev();

	mq_open_to_all();
	stranger = mq_peer_start_who(&who);
	MQ_EQ(mq_peer_bind(stranger, "stranger"), 0);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	alice = mq_bound("alice");
	bob = mq_bound("bob", .policy = MQ_POLICY_REJECT, .depth = 2,
		       .access = MQ_ACCESS_USER);
	send(2);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), -ENOBUFS);
	MQ_EQ(mq_frame_broadcast(alice, "x"), 0);
	MQ_EQ(mq_cmd(text, "/msg bob x"), -ENOBUFS);
	MQ_EQ(mq_cmd(text, "/all x"), 0);
	check_next(1);
	check_next(2);
	MQ_EQ(mq_peer_frame_send_text(stranger, "bob", "x"), -EACCES);
	MQ_EQ(mq_peer_frame_send_flags(stranger, "", MQ_FRAME_BROADCAST, "x"), 0);
	MQ_EQ(mq_write(alice, NULL, 72), -EFAULT);
	MQ_EQ(mq_frame_send_flags(alice, "bob", 1U << 31, "x"), -EINVAL);
	send(1);
	check_next(3);
}

MQ_TEST(sequence_blocked, "under block nobody's number is lost: a sleeper's comes when it has room, EAGAIN uses none")
{
	struct mq_peer *carol = mq_peer_bound("carol");

	setup(MQ_POLICY_BLOCK, 1);
	send(1);
	mq_peer_frame_send_asleep(carol, "bob", "slept");
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "x"), -EAGAIN);
	check_next(1);
	MQ_EQ(mq_peer_end(carol), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "carol", "slept")->sequence, 2);
	send(1);
	check_next(3);
}

static int server;

static void *answers(void *arg)
{
	const struct mq_frame *request;

	(void)arg;
	request = MQ_FRAME_READS_FLAGS(server, "bob", MQ_FRAME_CALL, "ask");
	MQ_EQ(mq_frame_reply(server, request->cookie, "answer"), 0);
	return NULL;
}

MQ_TEST(sequence_reply, "a reply has sequence 0 and uses no number; a request has one of its mailbox's")
{
	char frame[128] __attribute__((aligned(8)));
	size_t size = mq_frame_push_text(frame, 0, "server", "ask");
	pthread_t thread;
	size_t at;
	int i;

	setup(MQ_POLICY_OVERWRITE, 0);
	server = mq_bound("server");
	for (i = 1; i <= 5; i++) {
		const struct mq_frame *f;

		at = 0;
		pthread_create(&thread, NULL, answers, NULL);
		MQ_EQ(mq_ioc_call(bob, frame, size, room, sizeof(room), MQ_FOREVER), 72);
		pthread_join(thread, NULL);
		f = mq_frame_next(room, 72, &at);
		MQ_EQ(f->flags, MQ_FRAME_REPLY);
		MQ_EQ(f->sequence, 0);
		send(1);
		check_next(i);
	}
	MQ_EQ(mq_frame_send_text(alice, "server", "x"), 0);
	MQ_EQ(MQ_FRAME_READS(server, "alice", "x")->sequence, 6);
	MQ_EQ(mq_status_of("bob").accepted, 5);
}

/* ---- under load -------------------------------------------------------- */

#define SENT 2000

static volatile int *running;

/* Its cookies are 1, 2 ... SENT. */
static long sends_all(int fd, long arg)
{
	int i;

	(void)arg;
	for (i = 1; i <= SENT; i++)
		MQ_EQ(mq_frame_send(fd, "bob", 0, i, "x", 1), 72);
	__atomic_sub_fetch(running, 1, __ATOMIC_SEQ_CST);
	return 0;
}

struct account {
	uint64_t last, read, gaps;
	uint64_t cookies[2];
};

/* Each sender's messages come in their order, too. */
static void account_take(struct account *a, size_t got)
{
	const struct mq_frame *f;
	size_t at = 0;

	while ((f = mq_frame_next(room, got, &at))) {
		int sender = f->name[1] - '0';

		MQ_GE(f->sequence, a->last + 1);
		a->gaps += f->sequence - a->last - 1;
		a->last = f->sequence;
		a->read++;
		MQ_GE(f->cookie, a->cookies[sender] + 1);
		a->cookies[sender] = f->cookie;
	}
}

static void check_load(uint32_t policy)
{
	struct account a = { 0 };
	struct mq_peer *s[2];
	struct mq_status status;
	ssize_t got;
	bool last = false;
	int i;

	running = mq_shared(sizeof(int));
	*running = 2;
	s[0] = mq_peer_bound("s0");
	s[1] = mq_peer_bound("s1");
	bob = mq_bound_nonblock("bob", .policy = policy, .depth = 5);
	for (i = 0; i < 2; i++)
		mq_peer_do_begin(s[i], sends_all, 0);
	for (i = 0;; i++) {
		/* Whole depths and single frames in turns. */
		last = !*running;
		got = mq_read(bob, room, i % 3 ? sizeof(room) : 72);
		if (got > 0)
			account_take(&a, got);
		else
			MQ_EQ(got, -EAGAIN);
		if (got < 0 && last)
			break;
		if (policy == MQ_POLICY_OVERWRITE && i % 7 == 0)
			mq_sleep_ms(1);
	}
	for (i = 0; i < 2; i++) {
		MQ_EQ(mq_peer_end(s[i]), 0);
		if (policy == MQ_POLICY_BLOCK)
			MQ_EQ(a.cookies[i], SENT);
	}
	status = mq_status_of("bob");
	MQ_EQ(status.accepted, 2 * SENT);
	MQ_EQ(a.last, 2 * SENT);
	MQ_EQ(status.delivered, a.read);
	MQ_EQ(status.overwritten, a.gaps);
	MQ_EQ(a.read + a.gaps, 2 * SENT);
	if (policy == MQ_POLICY_BLOCK)
		MQ_EQ(a.gaps, 0);
}

MQ_TEST(sequence_load, "under load the gaps that the reader sees are what the mailbox counted as overwritten",
	.timeout = 180)
{
	check_load(MQ_POLICY_OVERWRITE);
}

MQ_TEST(sequence_load_block, "under block nothing is lost, and each sender's messages keep their order",
	.timeout = 180)
{
	check_load(MQ_POLICY_BLOCK);
}
