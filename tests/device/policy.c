// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a full mailbox does: overwrite, reject, block.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static int alice, bob;

/* bob's mailbox of that policy is full: "1", "2" ... as deep as it is. */
static void setup(uint32_t policy, uint32_t depth)
{
	char text[16];
	uint32_t i;

	alice = mq_bound("alice");
	bob = mq_bound("bob", .policy = policy, .depth = depth);
	for (i = 1; i <= depth; i++) {
		snprintf(text, sizeof(text), "%u", i);
		MQ_EQ(mq_frame_send_text(alice, "bob", text), 0);
	}
}

/* ---- overwrite, reject ------------------------------------------------- */

MQ_TEST(policy_overwrite, "overwrite, the default: the newest takes the place of the oldest, the sender never waits")
{
	struct mq_status s;

	setup(MQ_POLICY_OVERWRITE, 3);
	MQ_EQ(mq_frame_send_text(alice, "bob", "4"), 0);
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "5"), 0);
	s = mq_status_of("bob");
	MQ_EQ(s.overwritten, 2);
	MQ_EQ(s.rejected, 0);
	MQ_EQ(s.queued, 3);
	MQ_FRAME_READS(bob, "alice", "3");
	MQ_FRAME_READS(bob, "alice", "4");
	MQ_FRAME_READS(bob, "alice", "5");
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_reject, "reject: the sender gets ENOBUFS, nothing is overwritten, and it is counted")
{
	struct mq_status s;
	int i;

	setup(MQ_POLICY_REJECT, 2);
	for (i = 1; i <= 5; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), -ENOBUFS);
		MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "x"), -ENOBUFS);
		s = mq_status_of("bob");
		MQ_EQ(s.rejected, 2 * i);
		MQ_EQ(s.accepted, 2);
		MQ_EQ(s.overwritten, 0);
	}
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(mq_frame_send_text(alice, "bob", "3"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), -ENOBUFS);
	MQ_FRAME_READS(bob, "alice", "2");
	MQ_FRAME_READS(bob, "alice", "3");
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_staged_room, "what is staged takes no slot: there is room again under every policy")
{
	static const uint32_t policies[] = { MQ_POLICY_REJECT, MQ_POLICY_BLOCK };
	int i;

	for (i = 0; i < 2; i++) {
		setup(policies[i], 1);
		MQ_EQ(mq_read(bob, NULL, 72), -EFAULT);
		MQ_EQ(mq_frame_send_text(alice, "bob", "2"), 0);
		MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "3"),
		      policies[i] == MQ_POLICY_BLOCK ? -EAGAIN : -ENOBUFS);
		MQ_FRAME_READS(bob, "alice", "1");
		MQ_FRAME_READS(bob, "alice", "2");
		close(bob);
		close(alice);
	}
}

MQ_TEST(policy_fair, "fair: 4096 messages at most, also where QUEUE_LEN is more; EINVAL", .params = "QUEUE_LEN=4097")
{
	MQ_EQ(mq_bind(mq_dev(), "bob", .policy = MQ_POLICY_FAIR), -EINVAL);
	MQ_EQ(mq_bind(mq_dev(), "", .policy = MQ_POLICY_FAIR), -EINVAL);
	MQ_EQ(mq_bind(mq_dev(), "bob", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
	MQ_EQ(mq_bind(mq_dev(), "bob", .policy = MQ_POLICY_FAIR, .depth = 4096), 0);
	MQ_EQ(mq_bind(mq_dev(), "", .policy = MQ_POLICY_FAIR, .depth = 4096), 0);
}

/* ---- block ------------------------------------------------------------- */

MQ_TEST(policy_block, "block: the sender sleeps until there is room")
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int i;

	setup(MQ_POLICY_BLOCK, 1);
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 0; i < 5; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "fills it"), 0);
		mq_peer_frame_send_asleep(carol, "bob", "sleeps");
		MQ_EQ(mq_status_of("bob").queued, 1);
		MQ_FRAME_READS(bob, "alice", "fills it");
		MQ_EQ(mq_peer_end(carol), 0);
		MQ_FRAME_READS(bob, "carol", "sleeps");
		MQ_FRAME_EMPTY(bob);
	}
	MQ_EQ(mq_status_of("bob").rejected, 0);
	MQ_EQ(mq_status_of("bob").overwritten, 0);
}

#define SENDERS 6

static struct mq_peer *peers[SENDERS];

static void peers_start(void)
{
	char name[16];
	int i;

	for (i = 0; i < SENDERS; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		peers[i] = mq_peer_bound(name);
	}
}

static void peers_sleep(const char *to)
{
	int i;

	for (i = 0; i < SENDERS; i++)
		mq_peer_frame_send_asleep(peers[i], to, "x");
}

static void check_from(int number)
{
	char name[16];

	snprintf(name, sizeof(name), "s%d", number);
	MQ_FRAME_READS(bob, name, "x");
}

MQ_TEST(policy_block_order, "sleeping senders are served first come, first served")
{
	int i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 1);
	peers_sleep("bob");
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 0; i < SENDERS; i++) {
		MQ_EQ(mq_peer_end(peers[i]), 0);
		check_from(i);
	}
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_block_order_many, "also when a read makes room for several at once")
{
	char room[MQ_FRAME_ROOM];
	int i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 3);
	peers_sleep("bob");
	MQ_EQ(mq_read(bob, room, 3 * 72), 3 * 72);
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_peer_end(peers[i]), 0);
	for (i = 3; i < SENDERS; i++)
		mq_until_asleep(peers[i]->pid, SYS_write);
	for (i = 3; i < SENDERS; i++)
		MQ_TRUE(!mq_peer_is_done(peers[i]));
	for (i = 0; i < SENDERS; i++)
		check_from(i);
	for (i = 3; i < SENDERS; i++)
		MQ_EQ(mq_peer_end(peers[i]), 0);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_block_no_overtaking, "nobody overtakes a sleeping sender, not even one who comes as there is room")
{
	int i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 1);
	peers_sleep("bob");
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 0; i < SENDERS - 1; i++) {
		/* The room is s[i]'s, behind whom others sleep. */
		MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "late"), -EAGAIN);
		MQ_EQ(mq_peer_end(peers[i]), 0);
		MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "late"), -EAGAIN);
		check_from(i);
	}
	MQ_EQ(mq_peer_end(peers[i]), 0);
	check_from(i);
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "late"), 0);
}

MQ_TEST(policy_block_again, "EAGAIN with O_NONBLOCK, with the flag DONTWAIT, and with RWF_NOWAIT; each is counted")
{
	char frame[128] __attribute__((aligned(8)));
	struct iovec part = { frame, 0 };
	int nonblock = mq_bound_nonblock("nonblock");
	struct mq_status s;

	setup(MQ_POLICY_BLOCK, 2);
	part.iov_len = mq_frame_push_text(frame, 0, "bob", "x");
	MQ_EQ(mq_frame_send_text(nonblock, "bob", "x"), -EAGAIN);
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_DONTWAIT, "x"), -EAGAIN);
	MQ_ERR(pwritev2(alice, &part, 1, -1, RWF_NOWAIT), EAGAIN);
	s = mq_status_of("bob");
	MQ_EQ(s.rejected, 3);
	MQ_EQ(s.accepted, 2);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(mq_frame_send_text(nonblock, "bob", "3"), 0);
	MQ_FRAME_READS(bob, "alice", "2");
	MQ_EQ(MQ_OK(pwritev2(alice, &part, 1, -1, RWF_NOWAIT)), 72);
	MQ_FRAME_READS(bob, "nonblock", "3");
	MQ_FRAME_READS(bob, "alice", "x");
	MQ_EQ(mq_status_of("bob").rejected, 3);
}

MQ_TEST(policy_block_oneself, "sending to oneself never sleeps: ENOBUFS")
{
	int i, j;

	for (i = 0; i < 3; i++) {
		bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK, .depth = 4);
		for (j = 0; j < 4; j++)
			MQ_EQ(mq_frame_send_text(bob, "bob", "1"), 0);
		MQ_EQ(mq_frame_send_text(bob, "bob", "x"), -ENOBUFS);
		MQ_EQ(mq_frame_send_flags(bob, "bob", MQ_FRAME_DONTWAIT, "x"), -ENOBUFS);
		MQ_EQ(mq_status_of("bob").rejected, 2);
		MQ_FRAME_READS(bob, "bob", "1");
		MQ_EQ(mq_frame_send_text(bob, "bob", "2"), 0);
		close(bob);
	}
}

/* ---- what ends the sleep ----------------------------------------------- */

MQ_TEST(policy_block_ends, "EPIPE for every sleeping sender when the endpoint ends, by close")
{
	int i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 1);
	peers_sleep("bob");
	close(bob);
	for (i = 0; i < SENDERS; i++)
		MQ_EQ(mq_peer_end(peers[i]), -EPIPE);
	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), -ENOENT);
}

MQ_TEST(policy_block_ends_killed, "so too when its owner is killed; a new endpoint of that name gets nothing of it")
{
	struct mq_peer *dies = mq_peer_start();
	int i;

	peers_start();
	alice = mq_bound("alice");
	MQ_EQ(mq_peer_bind(dies, "bob", .policy = MQ_POLICY_BLOCK, .depth = 1), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "1"), 0);
	peers_sleep("bob");
	mq_peer_kill(dies, SIGKILL);
	bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	for (i = 0; i < SENDERS; i++)
		MQ_EQ(mq_peer_end(peers[i]), -EPIPE);
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(policy_block_killed, "SIGKILL ends a sleeping sender; nothing of it is queued, who sleeps behind it gets the room")
{
	int i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 1);
	peers_sleep("bob");
	for (i = 0; i < SENDERS; i += 2) {
		mq_peer_kill(peers[i], SIGKILL);
		peers[i] = NULL;
	}
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 1; i < SENDERS; i += 2) {
		MQ_EQ(mq_peer_end(peers[i]), 0);
		check_from(i);
	}
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").accepted, 1 + SENDERS / 2);
	MQ_TRUE(!mq_is_there("s0"));
}

MQ_TEST(policy_block_killed_race, "a sender that is killed as it gets the room does not take it with it",
	.timeout = 120)
{
	struct mq_peer *dies, *next = mq_peer_bound("next");
	ssize_t got;
	int i;

	setup(MQ_POLICY_BLOCK, 1);
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 0; i < 20; i++) {
		dies = mq_peer_bound("dies");
		MQ_EQ(mq_frame_send_text(alice, "bob", "fills"), 0);
		mq_peer_frame_send_asleep(dies, "bob", "x");
		mq_peer_frame_send_asleep(next, "bob", "next");
		MQ_OK(kill(dies->pid, SIGKILL));
		MQ_FRAME_READS(bob, "alice", "fills");
		mq_wait_status(dies->pid);
		/* Its message came, or it did not; the next one's does. */
		do {
			char room[72];

			got = mq_frame_receive(bob, room, 8);
			MQ_EQ(got, 72);
			if (!memcmp(room + 64, "next", 4))
				break;
			MQ_TRUE(!memcmp(room + 64, "x", 1));
		} while (true);
		MQ_EQ(mq_peer_end(next), 0);
		MQ_FRAME_EMPTY(bob);
	}
}

/* ---- signals ----------------------------------------------------------- */

static volatile int *handled;

static void handle(int signal)
{
	(void)signal;
	(*handled)++;
}

static long handler_set(int fd, long flags)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = flags };

	(void)fd;
	return sigaction(SIGUSR1, &action, NULL);
}

static void peer_signal(struct mq_peer *peer)
{
	int before = *handled;

	MQ_OK(kill(peer->pid, SIGUSR1));
	while (*handled == before)
		mq_sleep_ms(1);
}

MQ_TEST(policy_block_interrupted, "a handler ends the sleep with EINTR without SA_RESTART; nothing is queued")
{
	struct mq_peer *carol;

	handled = mq_shared(sizeof(int));
	carol = mq_peer_bound("carol");
	setup(MQ_POLICY_BLOCK, 1);
	MQ_EQ(mq_peer_do(carol, handler_set, 0), 0);
	mq_peer_frame_send_asleep(carol, "bob", "x");
	peer_signal(carol);
	MQ_EQ(mq_peer_end(carol), -EINTR);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").accepted, 1);
}

MQ_TEST(policy_block_restarts, "with SA_RESTART the sleep goes on after the handler; the message comes once")
{
	struct mq_peer *carol;
	int i;

	handled = mq_shared(sizeof(int));
	carol = mq_peer_bound("carol");
	setup(MQ_POLICY_BLOCK, 1);
	MQ_EQ(mq_peer_do(carol, handler_set, SA_RESTART), 0);
	mq_peer_frame_send_asleep(carol, "bob", "x");
	for (i = 0; i < 5; i++) {
		peer_signal(carol);
		mq_until_asleep(carol->pid, SYS_write);
		MQ_TRUE(!mq_peer_is_done(carol));
	}
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(mq_peer_end(carol), 0);
	MQ_FRAME_READS(bob, "carol", "x");
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_block_stopped, "a stop and its end do not end the sleep")
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int i;

	setup(MQ_POLICY_BLOCK, 1);
	mq_peer_frame_send_asleep(carol, "bob", "x");
	for (i = 0; i < 3; i++) {
		mq_process_stop(carol->pid);
		mq_process_continue(carol->pid);
		mq_until_asleep(carol->pid, SYS_write);
		MQ_TRUE(!mq_peer_is_done(carol));
	}
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(mq_peer_end(carol), 0);
	MQ_FRAME_READS(bob, "carol", "x");
}

/* ---- several frames ---------------------------------------------------- */

static char batch[4096] __attribute__((aligned(8)));
static size_t batch_size;

static void batch_make(void)
{
	size_t at = mq_frame_push_text(batch, 0, "bob", "one");

	at = mq_frame_push_text(batch, at, "bob", "two");
	batch_size = mq_frame_push_text(batch, at, "bob", "three");
}

static long writes_batch(int fd, long arg)
{
	(void)arg;
	return mq_write(fd, batch, batch_size);
}

MQ_TEST(policy_block_several, "a write of several frames sleeps for each, and finishes")
{
	struct mq_peer *carol;

	batch_make();
	carol = mq_peer_bound("carol");
	setup(MQ_POLICY_BLOCK, 1);
	mq_peer_do_begin(carol, writes_batch, 0);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_FRAME_READS(bob, "carol", "one");
	MQ_FRAME_READS(bob, "carol", "two");
	MQ_FRAME_READS(bob, "carol", "three");
	MQ_EQ(mq_peer_end(carol), batch_size);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(policy_block_several_partly, "interrupted, or EAGAIN, at a later frame: the bytes before it are returned")
{
	struct mq_peer *carol;

	batch_make();
	handled = mq_shared(sizeof(int));
	carol = mq_peer_bound("carol");
	setup(MQ_POLICY_BLOCK, 2);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(fcntl(alice, F_SETFL, O_NONBLOCK), 0);
	MQ_EQ(mq_write(alice, batch, batch_size), 72);
	MQ_FRAME_READS(bob, "alice", "2");
	MQ_EQ(mq_peer_do(carol, handler_set, SA_RESTART), 0);
	mq_peer_do_begin(carol, writes_batch, 0);
	mq_until_asleep(carol->pid, SYS_write);
	peer_signal(carol);
	MQ_EQ(mq_peer_end(carol), 72);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_FRAME_READS(bob, "carol", "one");
	MQ_FRAME_EMPTY(bob);
}

/* ---- who never sleeps -------------------------------------------------- */

MQ_TEST(policy_broadcast, "a broadcast never blocks: a full rejecting or blocking mailbox counts a reject, all others get it")
{
	int dave = mq_bound("dave", .policy = MQ_POLICY_REJECT, .depth = 1);
	int carol = mq_bound("carol");
	struct mq_status s;
	int i;

	setup(MQ_POLICY_BLOCK, 1);
	MQ_EQ(mq_frame_send_text(alice, "dave", "1"), 0);
	for (i = 1; i <= 3; i++) {
		MQ_EQ(mq_frame_broadcast(alice, "to all"), 0);
		MQ_FRAME_READS_FLAGS(carol, "alice", MQ_FRAME_BROADCAST, "to all");
		s = mq_status_of("bob");
		MQ_EQ(s.rejected, i);
		MQ_EQ(s.accepted, 1);
		s = mq_status_of("dave");
		MQ_EQ(s.rejected, i);
		MQ_EQ(s.accepted, 1);
		MQ_EQ(s.overwritten, 0);
	}
	MQ_EQ(mq_status_of("carol").rejected, 0);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_FRAME_READS(dave, "alice", "1");
	MQ_EQ(mq_frame_broadcast(alice, "now"), 0);
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "now");
	MQ_FRAME_READS_FLAGS(dave, "alice", MQ_FRAME_BROADCAST, "now");
}

MQ_TEST(policy_broadcast_sleepers, "nor does it take the room that a sleeping sender waits for")
{
	struct mq_peer *carol = mq_peer_bound("carol"), *dave = mq_peer_bound("dave");

	setup(MQ_POLICY_BLOCK, 1);
	mq_peer_frame_send_asleep(carol, "bob", "x");
	mq_peer_frame_send_asleep(dave, "bob", "x");
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_EQ(mq_frame_broadcast(alice, "to all"), 0);
	MQ_EQ(mq_peer_end(carol), 0);
	MQ_FRAME_READS(bob, "carol", "x");
	MQ_EQ(mq_peer_end(dave), 0);
	MQ_FRAME_READS(bob, "dave", "x");
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").rejected, 1);
}

MQ_TEST(policy_text, "a text sender never sleeps: a full rejecting or blocking mailbox is ENOBUFS, and counted")
{
	static const uint32_t policies[] = { MQ_POLICY_REJECT, MQ_POLICY_BLOCK };
	int text = mq_dev(), nonblock = mq_dev_flags(O_RDWR | O_NONBLOCK), i;

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	for (i = 0; i < 2; i++) {
		setup(policies[i], 2);
		MQ_EQ(mq_cmd(text, "/msg bob hi"), -ENOBUFS);
		MQ_EQ(mq_cmd(nonblock, "/msg bob hi"), -ENOBUFS);
		MQ_EQ(mq_cmd(text, "/all hi"), 0);
		MQ_EQ(mq_status_of("bob").rejected, 3);
		MQ_EQ(mq_status_of("bob").accepted, 2);
		MQ_FRAME_READS(bob, "alice", "1");
		MQ_EQ(mq_cmd(text, "/msg bob hi"), 0);
		MQ_FRAME_READS(bob, "alice", "2");
		MQ_FRAME_READS(bob, "text", "hi");
		close(bob);
		close(alice);
	}
}

/* ---- others ------------------------------------------------------------ */

MQ_TEST(policy_block_others, "while senders sleep others send, broadcast, bind, list and end", .timeout = 120)
{
	int fd, i;

	peers_start();
	setup(MQ_POLICY_BLOCK, 1);
	peers_sleep("bob");
	for (i = 0; i < 20; i++) {
		fd = mq_bound("other");
		MQ_EQ(mq_frame_send_text(alice, "other", "hi"), 0);
		MQ_FRAME_READS(fd, "alice", "hi");
		MQ_EQ(mq_frame_send_text(bob, "other", "hi"), 0);
		MQ_FRAME_READS(fd, "bob", "hi");
		MQ_EQ(mq_frame_broadcast(fd, "hi"), 0);
		MQ_FRAME_READS_FLAGS(alice, "other", MQ_FRAME_BROADCAST, "hi");
		MQ_EQ(mq_status_of("bob").rejected, i + 1);
		close(fd);
		MQ_TRUE(!mq_is_there("other"));
	}
	for (i = 0; i < SENDERS; i++)
		MQ_TRUE(!mq_peer_is_done(peers[i]));
	MQ_FRAME_READS(bob, "alice", "1");
	for (i = 0; i < SENDERS; i++)
		check_from(i);
}

/* Sends "x" through FD to NAME, and sleeps. */
struct crosses {
	pthread_t thread;
	volatile pid_t tid;
	int fd;
	const char *name;
	int result;
};

static void *crosses_main(void *arg)
{
	struct crosses *c = arg;

	c->tid = gettid();
	c->result = mq_frame_send_text(c->fd, c->name, "x");
	return NULL;
}

static void crosses_asleep(struct crosses *c)
{
	pthread_create(&c->thread, NULL, crosses_main, c);
	while (!c->tid)
		mq_sleep_ms(1);
	mq_until_asleep(c->tid, SYS_write);
}

MQ_TEST(policy_block_each_other, "two full blocking mailboxes can wait for each other; who reads ends it")
{
	struct crosses to_bob = { .name = "bob" }, to_carol = { .name = "carol" };
	int carol = mq_bound("carol", .policy = MQ_POLICY_BLOCK, .depth = 1);

	setup(MQ_POLICY_BLOCK, 1);
	MQ_EQ(mq_frame_send_text(alice, "carol", "1"), 0);
	to_bob.fd = carol;
	to_carol.fd = bob;
	crosses_asleep(&to_bob);
	crosses_asleep(&to_carol);
	MQ_EQ(mq_status_of("bob").accepted, 1);
	MQ_EQ(mq_status_of("carol").accepted, 1);
	MQ_FRAME_READS(bob, "alice", "1");
	pthread_join(to_bob.thread, NULL);
	MQ_EQ(to_bob.result, 0);
	MQ_FRAME_READS(bob, "carol", "x");
	MQ_EQ(mq_status_of("carol").accepted, 1);
	MQ_FRAME_READS(carol, "alice", "1");
	pthread_join(to_carol.thread, NULL);
	MQ_EQ(to_carol.result, 0);
	MQ_FRAME_READS(carol, "bob", "x");
}
