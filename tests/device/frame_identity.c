// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a received frame says about its sender, and when it was made.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sched.h>
#include <sys/socket.h>

#define ALICE 1001
#define BOB 1002

static const struct mq_who who_alice = { .uid = ALICE, .gid = ALICE };

static char room[MQ_FRAME_ROOM] __attribute__((aligned(8)));

/* The next frame of FD, of a short text, as this process sees it. */
static struct mq_frame next(int fd)
{
	MQ_GE(mq_frame_receive(fd, room, 16), 72);
	return *(struct mq_frame *)room;
}

MQ_TEST(frame_identity_sender, "name, pid and uid received are the sender's", .open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_who(&who_alice), *carol;
	int bob = mq_bound("bob");
	struct mq_frame f;

	carol = mq_peer_bound("carol");
	MQ_EQ(mq_peer_bind(alice, "alice"), 0);
	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "hi"), 0);
	f = next(bob);
	MQ_TRUE(!strcmp(f.name, "alice"));
	MQ_EQ(f.pid, alice->pid);
	MQ_EQ(f.uid, ALICE);
	MQ_EQ(mq_peer_frame_send_text(carol, "bob", "hi"), 0);
	f = next(bob);
	MQ_TRUE(!strcmp(f.name, "carol"));
	MQ_EQ(f.pid, carol->pid);
	MQ_EQ(f.uid, 0);
	MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	f = next(bob);
	MQ_TRUE(!strcmp(f.name, "bob"));
	MQ_EQ(f.pid, getpid());
}

MQ_TEST(frame_identity_name_whole, "a name of 23 bytes comes whole, a shorter one with zeros behind it")
{
	int bob = mq_bound("bob"), longest = mq_bound("abcdefghijklmnopqrstuvw");
	struct mq_frame f;
	int short_one = mq_bound("x"), i;

	MQ_EQ(mq_frame_send_text(longest, "bob", "hi"), 0);
	f = next(bob);
	MQ_TRUE(!memcmp(f.name, "abcdefghijklmnopqrstuvw", MQ_NAME_SIZE));
	MQ_EQ(mq_frame_send_text(short_one, "bob", "hi"), 0);
	memset(room, 0x5a, sizeof(room));
	f = next(bob);
	MQ_EQ(f.name[0], 'x');
	for (i = 1; i < MQ_NAME_SIZE; i++)
		MQ_EQ(f.name[i], 0);
}

MQ_TEST(frame_identity_file, "the sender is the file that is written to, not the process: two files are two senders")
{
	int one = mq_bound("one"), two = mq_bound("two"), bob = mq_bound("bob");

	MQ_EQ(mq_frame_send_text(one, "bob", "hi"), 0);
	MQ_EQ(mq_frame_send_text(two, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "one", "hi");
	MQ_FRAME_READS(bob, "two", "hi");
}

static long drops_and_sends(int fd, long arg)
{
	(void)arg;
	mq_become(ALICE, ALICE);
	return mq_frame_send_text(fd, "bob", "after setuid");
}

MQ_TEST(frame_identity_setuid, "identity is fixed at bind: setuid changes none of it", .open_to_all = true)
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int bob = mq_bound("bob");
	struct mq_frame f;

	MQ_EQ(mq_peer_do(carol, drops_and_sends, 0), 0);
	f = next(bob);
	MQ_EQ(f.uid, 0);
	MQ_EQ(f.pid, carol->pid);
	MQ_EQ(mq_status_of("carol").uid, 0);
	MQ_EQ(mq_status_of("carol").pid, carol->pid);
}

static void effective_differs(void *arg)
{
	int fd;

	(void)arg;
	MQ_OK(setresuid(BOB, ALICE, 0));
	fd = mq_bound("carol");
	MQ_OK(setresuid(0, 0, 0));
	MQ_EQ(mq_frame_send_text(fd, "bob", "hi"), 0);
	MQ_EQ(mq_status_of("carol").uid, ALICE);
}

MQ_TEST(frame_identity_effective, "it is the effective uid that counts, not the real one",
	.open_to_all = true)
{
	int bob = mq_bound("bob");

	mq_join(mq_run(effective_differs, NULL));
	MQ_EQ(next(bob).uid, ALICE);
}

static int inherited;

static void child_sends(void *arg)
{
	(void)arg;
	MQ_EQ(mq_frame_send_text(inherited, "bob", "from the child"), 0);
}

MQ_TEST(frame_identity_fork, "who sends through an inherited file sends as its endpoint: the pid is its maker's")
{
	int bob = mq_bound("bob");
	struct mq_frame f;

	inherited = mq_bound("carol");
	mq_join(mq_run(child_sends, NULL));
	f = next(bob);
	MQ_TRUE(!strcmp(f.name, "carol"));
	MQ_EQ(f.pid, getpid());
	MQ_EQ(mq_status_of("carol").pid, getpid());
}

static int passing[2];

static void gets_and_sends(void *arg)
{
	int fd;

	(void)arg;
	mq_become(ALICE, ALICE);
	fd = mq_file_receive(passing[1]);
	MQ_EQ(mq_frame_send_text(fd, "bob", "by another"), 0);
}

MQ_TEST(frame_identity_passed, "so does who got it by SCM_RIGHTS, whoever that is")
{
	int bob = mq_bound("bob"), carol;
	struct mq_frame f;
	pid_t pid;

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing));
	pid = mq_run(gets_and_sends, NULL);
	carol = mq_bound("carol");
	mq_file_send(passing[0], carol);
	close(carol);
	mq_join(pid);
	f = next(bob);
	MQ_TRUE(!strcmp(f.name, "carol"));
	MQ_EQ(f.pid, getpid());
	MQ_EQ(f.uid, 0);
	MQ_EQ(mq_frame_send_text(bob, "carol", "hi"), -ENOENT);
}

MQ_TEST(frame_identity_gone, "a message keeps its sender's name and uid when the sender has gone, or another has its name",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_who(&who_alice);
	int bob = mq_bound("bob"), again;
	struct mq_frame f;

	MQ_EQ(mq_peer_bind(alice, "alice"), 0);
	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "one"), 0);
	mq_peer_kill(alice, SIGKILL);
	again = mq_bound("alice");
	MQ_EQ(mq_frame_send_text(again, "bob", "two"), 0);
	close(again);
	f = *MQ_FRAME_READS(bob, "alice", "one");
	MQ_EQ(f.uid, ALICE);
	MQ_NE(f.pid, getpid());
	f = *MQ_FRAME_READS(bob, "alice", "two");
	MQ_EQ(f.uid, 0);
	MQ_EQ(f.pid, getpid());
}

/* ---- as the reader sees it --------------------------------------------- */

static void reads_without_map(void *arg)
{
	struct mq_status s;
	int fd = *(int *)arg;

	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(next(fd).uid, 65534);
	MQ_EQ(mq_ioc_status(fd, "bob", &s), 0);
	MQ_EQ(s.uid, 65534);
}

MQ_TEST(frame_identity_uid_unmapped, "a uid is the overflow uid where the reader's user namespace does not map it")
{
	int bob = mq_bound("bob"), i;

	for (i = 0; i < 2; i++)
		MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	mq_join(mq_run(reads_without_map, &bob));
	MQ_EQ(next(bob).uid, 0);
}

static int mapping[2];

static void reads_mapped(void *arg)
{
	struct mq_status s;
	int fd = *(int *)arg;
	char byte;

	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(write(mapping[1], "u", 1), 1);
	MQ_EQ(read(mapping[1], &byte, 1), 1);
	MQ_EQ(mq_frame_receive(fd, room, 8), 72);
	MQ_EQ(((struct mq_frame *)room)->uid, 77);
	MQ_EQ(mq_frame_receive(fd, room, 8), 72);
	MQ_EQ(((struct mq_frame *)room)->uid, 0);
	MQ_EQ(mq_ioc_status(fd, "alice", &s), 0);
	MQ_EQ(s.uid, 77);
}

static void map_write(pid_t pid, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));
	MQ_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

MQ_TEST(frame_identity_uid_mapped, "a uid is shown as the reader's user namespace maps it, whoever bound the file",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_who(&who_alice);
	int bob = mq_bound("bob");
	char byte;
	pid_t pid;

	MQ_EQ(mq_peer_bind(alice, "alice"), 0);
	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "hi"), 0);
	MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, mapping));
	pid = mq_run(reads_mapped, &bob);
	MQ_EQ(read(mapping[0], &byte, 1), 1);
	map_write(pid, "0 0 1\n77 1001 1\n");
	MQ_EQ(write(mapping[0], "m", 1), 1);
	mq_join(pid);
}

static void reads_from_inside(void *arg)
{
	int fd = *(int *)arg, inner;
	struct mq_status s;

	MQ_EQ(getpid(), 1);
	MQ_EQ(mq_frame_receive(fd, room, 8), 72);
	MQ_EQ(((struct mq_frame *)room)->pid, 0);
	MQ_EQ(mq_ioc_status(fd, "bob", &s), 0);
	MQ_EQ(s.pid, 0);
	inner = mq_bound("inner");
	MQ_EQ(mq_frame_send_text(inner, "bob", "from inside"), 0);
	MQ_EQ(mq_frame_send_text(inner, "bob", "from inside"), 0);
	MQ_EQ(mq_frame_receive(fd, room, 16), 80);
	MQ_EQ(((struct mq_frame *)room)->pid, 1);
	MQ_EQ(mq_ioc_status(fd, "inner", &s), 0);
	MQ_EQ(s.pid, 1);
}

static pid_t *inner_pid;

static void makes_pid_namespace(void *arg)
{
	MQ_OK(unshare(CLONE_NEWPID));
	*inner_pid = mq_run(reads_from_inside, arg);
	mq_join(*inner_pid);
}

MQ_TEST(frame_identity_pid_unseen, "a pid is the sender's as the reader sees it, 0 where he cannot")
{
	int bob = mq_bound("bob");

	inner_pid = mq_shared(sizeof(*inner_pid));
	MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	mq_join(mq_run(makes_pid_namespace, &bob));
	MQ_EQ(MQ_FRAME_READS(bob, "inner", "from inside")->pid, *inner_pid);
}

/* ---- when -------------------------------------------------------------- */

MQ_TEST(frame_identity_time, "the time is when the message was made, in nanoseconds of CLOCK_MONOTONIC")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), text = mq_dev();
	uint64_t before, after, last = 0;
	struct mq_frame f;
	int i;

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	for (i = 0; i < 200; i++) {
		before = mq_now_ns();
		switch (i % 4) {
		case 0:
			MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
			break;
		case 1:
			MQ_EQ(mq_frame_broadcast(alice, "hi"), 0);
			break;
		case 2:
			MQ_EQ(mq_cmd(text, "/msg bob hi"), 0);
			break;
		case 3:
			MQ_EQ(mq_cmd(text, "/all hi"), 0);
			break;
		}
		after = mq_now_ns();
		if (i % 50 == 7)
			mq_sleep_ms(3);	/* until it is read does not count */
		f = next(bob);
		MQ_GE(f.time, before);
		MQ_LE(f.time, after);
		MQ_GE(f.time, last);
		last = f.time;
	}
}

MQ_TEST(frame_identity_time_slept, "also when its sender then slept for room: the time is when it was made, not when it got in")
{
	struct mq_peer *carol = mq_peer_bound("carol");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK, .depth = 1);
	uint64_t before, asleep;
	struct mq_frame f;

	MQ_EQ(mq_frame_send_text(bob, "bob", "fills"), 0);
	before = mq_now_ns();
	mq_peer_frame_send_asleep(carol, "bob", "slept");
	asleep = mq_now_ns();
	MQ_FRAME_READS(bob, "bob", "fills");
	MQ_EQ(mq_peer_end(carol), 0);
	f = *MQ_FRAME_READS(bob, "carol", "slept");
	MQ_GE(f.time, before);
	MQ_LE(f.time, asleep);
}

MQ_TEST(frame_identity_cookie, "the cookie is the sender's; 0 from text")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), text = mq_dev();

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_frame_send(alice, "bob", 0, 0xfedcba9876543210, "x", 1), 72);
	MQ_TRUE(MQ_FRAME_READS(bob, "alice", "x")->cookie == 0xfedcba9876543210);
	MQ_EQ(mq_frame_send(alice, "", MQ_FRAME_BROADCAST, 42, "x", 1), 72);
	MQ_EQ(MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "x")->cookie, 42);
	MQ_EQ(mq_cmd(text, "/msg bob x"), 0);
	MQ_EQ(MQ_FRAME_READS(bob, "text", "x")->cookie, 0);
	MQ_EQ(mq_cmd(text, "/all x"), 0);
	MQ_EQ(MQ_FRAME_READS_FLAGS(bob, "text", MQ_FRAME_BROADCAST, "x")->cookie, 0);
}
