// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISOLATE=1: each pid namespace has names of its own. Only the limits are common to all.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "space.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/socket.h>

#define ISOLATED .params = "ISOLATE=1"
#define ALICE 1001
#define BOB 1002

/* How many names the peer is shown, and that of the first. */
struct shown {
	long count;
	struct mq_status first;
};

static long obey_list(int fd, long arg)
{
	struct shown *shown = (struct shown *)arg;
	struct mq_status list[64];

	shown->count = mq_ioc_list_all(fd, list, 64);
	shown->first = list[0];
	return shown->count;
}

static struct shown shown_to(struct mq_peer *peer)
{
	struct shown *shown = mq_peer_memory(peer);

	MQ_GE(mq_peer_do(peer, obey_list, (long)shown), 0);
	return *shown;
}

static long obey_status(int fd, long name)
{
	struct mq_status status;

	return mq_ioc_status(fd, (const char *)name, &status);
}

/* ---- apart ------------------------------------------------------------------ */

MQ_TEST(isolate_names, "the same name may be had in each pid namespace; in one it is taken", ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *other = mq_space_peer();
	int fd = mq_dev();

	MQ_EQ(mq_param("ISOLATE"), 1);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/reg bob"), 0);
	MQ_EQ(mq_peer_bind(other, "bob"), 0);
	MQ_EQ(mq_bind(mq_dev(), "bob"), -EEXIST);
	MQ_EQ(mq_peer_bind(inner, "bob"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/msg bob outside"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/msg bob inside"), 0);
	MQ_EQ(mq_peer_frame_send_text(other, "bob", "elsewhere"), 0);
	MQ_READS(fd, "outside");
	MQ_PEER_READS(inner, "inside");
	MQ_PEER_FRAME_READS(other, "bob", "elsewhere");
	/* One goes; the others are what they were. */
	MQ_EQ(mq_peer_cmd(inner, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/reg me"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/msg bob gone"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg bob still"), 0);
	MQ_READS(fd, "still");
	MQ_EQ(mq_peer_bind(inner, "bob"), 0);
}

static long calls(int fd, long name)
{
	return mq_call(fd, (const char *)name, "hello", .timeout = 1000000000);
}

MQ_TEST(isolate_sends, "nobody sends to, or calls, who is in another pid namespace: ENOENT, from inside and from outside",
	ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *text = mq_space_peer();
	int outer = mq_bound("outer"), fd = mq_dev();

	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_cmd(fd, "/reg process"), 0);
	MQ_EQ(mq_frame_send_text(outer, "inner", "x"), -ENOENT);
	MQ_EQ(mq_frame_send_text(outer, "text", "x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg inner x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg text x"), -ENOENT);
	MQ_EQ(mq_peer_frame_send_text(inner, "outer", "x"), -ENOENT);
	MQ_EQ(mq_peer_frame_send_text(inner, "process", "x"), -ENOENT);
	MQ_EQ(mq_peer_cmd(text, "/msg outer x"), -ENOENT);
	MQ_EQ(mq_peer_cmd(text, "/msg process x"), -ENOENT);
	MQ_EQ(mq_peer_do(inner, calls, (long)"outer"), -ENOENT);
	MQ_EQ(calls(outer, (long)"inner"), -ENOENT);
	/* Within one of them all is as ever. */
	MQ_EQ(mq_cmd(fd, "/msg outer hi"), 0);
	MQ_FRAME_READS(outer, "process", "hi");
}

static long sends_run(int fd, long arg)
{
	char bytes[8 * 72] __attribute__((aligned(8)));
	size_t at = 0;
	int i;

	(void)arg;
	for (i = 0; i < 8; i++)
		at = mq_frame_push_text(bytes, at, "bob", "in a run");
	return mq_write(fd, bytes, at);
}

MQ_TEST(isolate_same_name, "who has the same name elsewhere gets nothing of what is sent to it: frames, runs of them, text",
	ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *reader;
	int bob = mq_bound("bob"), i;

	mq_peer_do(inner, sends_run, 0);
	MQ_EQ(mq_peer_bind(inner, "bob"), 0);
	MQ_EQ(mq_peer_do(inner, sends_run, 0), 8 * 72);
	for (i = 0; i < 8; i++)
		MQ_PEER_FRAME_READS(inner, "bob", "in a run");
	MQ_FRAME_EMPTY(bob);
	reader = mq_space_peer();
	MQ_EQ(mq_peer_cmd(reader, "/reg bob"), 0);
	MQ_EQ(mq_frame_send_text(bob, "bob", "mine"), 0);
	MQ_EQ(mq_peer_poll(reader), POLLOUT);
	MQ_FRAME_READS(bob, "bob", "mine");
}

MQ_TEST(isolate_broadcast, "a broadcast reaches the sender's own pid namespace only", ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *text = mq_space_peer();
	int a = mq_bound("a"), b = mq_bound("b");

	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_frame_broadcast(a, "outside"), 0);
	MQ_EQ(mq_peer_frame_send_flags(inner, "", MQ_FRAME_BROADCAST, "inside"), 0);
	MQ_EQ(mq_peer_cmd(text, "/all inside"), 0);
	MQ_FRAME_READS_FLAGS(b, "a", MQ_FRAME_BROADCAST, "outside");
	MQ_FRAME_EMPTY(a);
	MQ_FRAME_EMPTY(b);
	MQ_EQ(mq_peer_poll(inner) & POLLIN, 0);
	MQ_EQ(mq_peer_poll(text), POLLOUT);
}

MQ_TEST(isolate_lists, "LIST and STATUS answer for the caller's pid namespace; debugfs shows all", ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *stranger = mq_space_peer();
	struct mq_counters all[8];
	struct shown shown;

	mq_bound("one");
	mq_bound("two");
	mq_bound("three");
	MQ_EQ(shown_to(stranger).count, 0);
	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	shown = shown_to(inner);
	MQ_EQ(shown.count, 1);
	MQ_TRUE(!strcmp(shown.first.name, "inner"));
	MQ_EQ(shown.first.pid, 1);
	MQ_EQ(shown_to(stranger).count, 0);
	MQ_EQ(mq_peer_do(inner, obey_status, (long)"inner"), 0);
	MQ_EQ(mq_peer_do(inner, obey_status, (long)"one"), -ENOENT);
	MQ_EQ(mq_peer_do(stranger, obey_status, (long)"inner"), -ENOENT);
	MQ_EQ(obey_status(mq_dev(), (long)"inner"), -ENOENT);
	MQ_EQ(obey_status(mq_dev(), (long)"one"), 0);
	MQ_EQ(mq_counters_all(all, 8), 4);
}

MQ_TEST(isolate_events, "nobody is told of who comes and goes elsewhere", ISOLATED)
{
	struct mq_peer *watcher = mq_space_peer(), *other = mq_space_peer();
	int own = mq_bound("", .flags = MQ_BIND_EVENTS);

	MQ_EQ(mq_peer_bind(watcher, "", .flags = MQ_BIND_EVENTS), 0);
	close(mq_bound("outside"));
	MQ_EQ(mq_peer_cmd(other, "/reg inside"), 0);
	MQ_EQ(mq_peer_poll(watcher) & POLLIN, 0);
	MQ_EQ(mq_poll(own) & POLLIN, POLLIN);
	MQ_FRAME_READS_FLAGS(own, "outside", MQ_FRAME_EVENT | MQ_FRAME_COME, "");
	MQ_FRAME_READS_FLAGS(own, "outside", MQ_FRAME_EVENT | MQ_FRAME_GONE, "");
	MQ_FRAME_EMPTY(own);
	mq_peer_kill(other, SIGKILL);
	mq_endpoints_until_none();
	MQ_FRAME_EMPTY(own);
	MQ_EQ(mq_peer_poll(watcher) & POLLIN, 0);
}

/* ---- namespaces in namespaces --------------------------------------------------- */

static void innermost(void *arg)
{
	struct shown shown;
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(getpid(), 1);
	MQ_EQ(mq_cmd(fd, "/reg inside"), 0);
	MQ_EQ(mq_cmd(fd, "/msg middle x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg outside x"), -ENOENT);
	MQ_EQ(obey_list(fd, (long)&shown), 1);
	MQ_TRUE(!strcmp(shown.first.name, "inside"));
}

static void middle(void *arg)
{
	struct shown shown;
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(getpid(), 1);
	MQ_EQ(mq_cmd(fd, "/reg middle"), 0);
	mq_space_enter();
	mq_join(mq_run(innermost, NULL));
	MQ_EQ(mq_cmd(fd, "/msg inside x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/msg outside x"), -ENOENT);
	MQ_EQ(obey_list(fd, (long)&shown), 1);
	MQ_TRUE(!strcmp(shown.first.name, "middle"));
}

MQ_TEST(isolate_nested, "a pid namespace in another is one more: neither sees the other, nor does who made it", ISOLATED)
{
	int outside = mq_bound("outside");
	pid_t pid;

	mq_space_enter();
	pid = mq_run(middle, NULL);
	mq_space_leave();
	mq_join(pid);
	MQ_FRAME_EMPTY(outside);
	MQ_EQ(mq_frame_send_text(outside, "middle", "x"), -ENOENT);
}

MQ_TEST(isolate_unshared, "who only lets his next children live elsewhere stays where he is", ISOLATED)
{
	struct mq_peer *bob = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	mq_space_enter();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
	MQ_PEER_READS(bob, "hi");
	MQ_EQ(mq_peer_cmd(bob, "/msg me hi"), 0);
	MQ_READS(fd, "hi");
}

/* ---- what is common -------------------------------------------------------------- */

MQ_TEST(isolate_max_devices, "MAX_DEVICES and what a user may have are counted over all pid namespaces",
	.params = "ISOLATE=1 MAX_DEVICES=4 ROOT_DEVICES=0 USER_ENDPOINTS=2", .open_to_all = true)
{
	static const struct mq_who who = { .uid = ALICE, .gid = ALICE };
	struct mq_peer *a = mq_space_peer(), *b = mq_space_peer(), *c = mq_space_peer(), *alice;

	mq_peer_become(a, &who);
	mq_peer_become(b, &who);
	alice = mq_peer_start_who(&who);
	MQ_EQ(mq_peer_cmd(a, "/reg x"), 0);
	MQ_EQ(mq_peer_cmd(b, "/reg x"), 0);
	MQ_EQ(mq_peer_cmd(alice, "/reg x"), -EDQUOT);
	MQ_EQ(mq_peer_bind(a, ""), -EDQUOT);
	mq_bound("x");
	mq_bound("y");
	MQ_EQ(mq_peer_cmd(c, "/reg x"), -ENOSPC);
	mq_peer_kill(a, SIGKILL);
	MQ_EQ(mq_peer_cmd(c, "/reg x"), 0);
	MQ_EQ(mq_bind(mq_dev(), "z"), -ENOSPC);
}

/* ---- what crosses ----------------------------------------------------------------- */

static int passing[2];

static long obey_passed(int own, long arg)
{
	struct shown shown;
	int fd = mq_file_receive(passing[1]);

	(void)own;
	(void)arg;
	/* It sends, receives and broadcasts where it was bound; who lists is asked where he is. */
	MQ_EQ(mq_frame_send_text(fd, "outer", "from inside"), 0);
	MQ_EQ(mq_frame_broadcast(fd, "to all outside"), 0);
	MQ_EQ(mq_frame_send_text(fd, "inner", "x"), -ENOENT);
	MQ_EQ(MQ_FRAME_READS(fd, "outer", "hello")->pid, 0);
	MQ_EQ(obey_list(fd, (long)&shown), 1);
	MQ_TRUE(!strcmp(shown.first.name, "inner"));
	MQ_EQ(obey_status(fd, (long)"outer"), -ENOENT);
	/* A process is where it is, whatever file it writes to. */
	MQ_EQ(mq_bind(fd, "again"), -EBUSY);
	close(fd);
	return 0;
}

MQ_TEST(isolate_passed, "a descriptor that was bound outside and passed in keeps its place, and ends where it is closed", ISOLATED)
{
	struct mq_peer *inner;
	int outer, fd;

	/* Whoever is forked later would have these files too. */
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing));
	inner = mq_space_peer();
	outer = mq_bound("outer");
	fd = mq_bound("passed");
	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	MQ_EQ(mq_frame_send_text(outer, "passed", "hello"), 0);
	mq_file_send(passing[0], fd);
	close(fd);
	MQ_EQ(mq_peer_do(inner, obey_passed, 0), 0);
	MQ_EQ(MQ_FRAME_READS(outer, "passed", "from inside")->pid, getpid());
	MQ_FRAME_READS_FLAGS(outer, "passed", MQ_FRAME_BROADCAST, "to all outside");
	MQ_EQ(mq_frame_send_text(outer, "passed", "x"), -ENOENT);
	MQ_EQ(mq_peer_poll(inner) & POLLIN, 0);
}

static long obey_register(int own, long arg)
{
	int fd = mq_file_receive(passing[1]);

	(void)own;
	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg inner"), 0);
	MQ_EQ(mq_cmd(fd, "/msg outer x"), -ENOENT);
	return 0;
}

MQ_TEST(isolate_passed_unbound, "a descriptor that is not bound means the process that uses it, where that is", ISOLATED)
{
	int fd = mq_dev(), outer = mq_bound("outer");
	struct mq_peer *inner;

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing));
	inner = mq_space_peer();
	mq_file_send(passing[0], fd);
	MQ_EQ(mq_peer_do(inner, obey_register, 0), 0);
	MQ_EQ(mq_frame_send_text(outer, "inner", "x"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(shown_to(inner).count, 1);
}

/* A child of a pid namespace whose parent is outside joins it by setns. */
MQ_TEST(isolate_joined, "who is brought into a pid namespace has its names", ISOLATED)
{
	struct mq_peer *inner = mq_space_peer(), *joined;
	char path[64];
	int ns;

	MQ_EQ(mq_peer_bind(inner, "inner"), 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", inner->pid);
	ns = MQ_OK(open(path, O_RDONLY | O_CLOEXEC));
	MQ_OK(setns(ns, CLONE_NEWPID));
	joined = mq_peer_start();
	mq_space_leave();
	MQ_EQ(mq_peer_cmd(joined, "/reg joined"), 0);
	MQ_EQ(mq_peer_cmd(joined, "/msg inner hi"), 0);
	MQ_EQ(mq_peer_cmd(joined, "/reg inner"), -EEXIST);
	MQ_PEER_FRAME_READS(inner, "joined", "hi");
	MQ_EQ(shown_to(joined).count, 2);
}

/* ---- the end ------------------------------------------------------------------------- */

struct inside {
	volatile int ready;
};

static void inside_sleeps(void *arg)
{
	struct inside *inside = arg;
	char name[16];
	int fd = mq_dev();

	snprintf(name, sizeof(name), "p%d", getpid());
	MQ_EQ(mq_cmdf(fd, "/reg %s", name), 0);
	MQ_EQ(mq_cmdf(fd, "/msg %s unread", name), 0);
	mq_bound("", .flags = MQ_BIND_EVENTS);
	snprintf(name, sizeof(name), "f%d", getpid());
	mq_bound(name);
	mq_shared_add(&inside->ready, 1);
	for (;;)
		pause();
}

static void inside_main(void *arg)
{
	int i;

	for (i = 0; i < 4; i++)
		mq_run(inside_sleeps, arg);
	inside_sleeps(arg);
}

static void check_end(long rounds)
{
	struct inside *inside = mq_shared(sizeof(*inside));
	struct mq_counters all[16];
	pid_t init;

	while (rounds--) {
		inside->ready = 0;
		mq_space_enter();
		init = mq_run(inside_main, inside);
		mq_space_leave();
		mq_shared_until(&inside->ready, 5);
		MQ_EQ(mq_counters_all(all, 16), 10);
		MQ_OK(kill(init, SIGKILL));
		mq_wait_status(init);
		/* Once its first process was waited for, all that it had is free. */
		MQ_EQ(mq_counters_all(all, 16), 0);
		mq_places_check(10);
	}
}

MQ_TEST(isolate_end, "with the first process of a pid namespace all its names and places go", .params = "ISOLATE=1 MAX_DEVICES=10",
	.timeout = 180)
{
	check_end(mq_storm_count(20));
}

MQ_TEST(isolate_end_shared, "likewise without ISOLATE", .params = "MAX_DEVICES=10", .timeout = 180)
{
	check_end(mq_storm_count(10));
}

/* ---- as it is without ------------------------------------------------------------------- */

MQ_TEST(isolate_off, "without ISOLATE=1 there is one set of names, for all pid namespaces; INFO says which it is")
{
	struct mq_peer *inner = mq_space_peer();
	struct mq_info info;
	int outer = mq_bound("outer");

	MQ_EQ(mq_ioc_info(outer, &info), 0);
	MQ_TRUE(!(info.features & MQ_FEATURE_ISOLATE));
	MQ_EQ(mq_param("ISOLATE"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/reg outer"), -EEXIST);
	MQ_EQ(mq_peer_cmd(inner, "/reg inner"), 0);
	MQ_EQ(mq_peer_cmd(inner, "/msg outer hi"), 0);
	MQ_FRAME_READS(outer, "inner", "hi");
	MQ_EQ(mq_frame_send_text(outer, "inner", "hi"), 0);
	MQ_PEER_READS(inner, "hi");
	MQ_EQ(shown_to(inner).count, 2);
}

MQ_TEST(isolate_info, "with it INFO says so; what is neither 0 nor 1 is out of range", .no_module = true)
{
	struct mq_info info;
	int fd;

	MQ_EQ(mq_load("ISOLATE=2"), -EINVAL);
	MQ_EQ(mq_load("ISOLATE=1"), 0);
	fd = mq_dev();
	MQ_EQ(mq_ioc_info(fd, &info), 0);
	MQ_TRUE(info.features & MQ_FEATURE_ISOLATE);
	close(fd);
	MQ_EQ(mq_unload(), 0);
}

/* ---- at once, on two processors ----------------------------------------------------------- */

struct fray {
	volatile int ready, stop;
	long rounds;
};

static void fray_main(void *arg)
{
	struct fray *fray = arg;
	int fd, own = mq_bound_nonblock("own", .flags = MQ_BIND_EVENTS), i;
	struct mq_status list[8];
	struct mq_frame f;
	struct mq_dice dice;
	char secret[16];

	snprintf(secret, sizeof(secret), "%lu", (unsigned long)mq_now_ns() % 1000000);
	mq_dice_init(&dice, mq_now_ns());
	for (i = 0; i < fray->rounds; i++) {
		fd = mq_bound("bob");
		MQ_EQ(mq_frame_send_text(own, "bob", secret), 0);
		MQ_EQ(mq_frame_broadcast(own, secret), 0);
		mq_dice_yield(&dice);
		MQ_FRAME_READS(fd, "own", secret);
		MQ_FRAME_READS_FLAGS(fd, "own", MQ_FRAME_BROADCAST, secret);
		MQ_FRAME_EMPTY(fd);
		MQ_EQ(mq_ioc_list_all(fd, list, 8), 2);
		close(fd);
		while (mq_read(own, &f, sizeof(f)) > 0)
			MQ_TRUE(f.flags & MQ_FRAME_EVENT && !strcmp(f.name, "bob") && f.pid == 1);
	}
}

MQ_TEST(isolate_fray, "four pid namespaces that bind, send, broadcast, list and watch under the same names at full speed never meet",
	ISOLATED, .timeout = 180)
{
	struct fray *fray = mq_shared(sizeof(*fray));
	pid_t pids[4];
	int i;

	fray->rounds = mq_storm_count(500);
	for (i = 0; i < 4; i++) {
		mq_space_enter();
		pids[i] = mq_run(fray_main, fray);
		mq_space_leave();
	}
	for (i = 0; i < 4; i++)
		mq_join(pids[i]);
}
