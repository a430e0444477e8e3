// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text through any file means the calling process, whoever registered through that file,
 * however often, and whatever became of it; and threads that broadcast through one file.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sched.h>

/* ---- registered through one file, used through another ---------------------------- */

/* The process is NAME through this file: it sends as that, and reads what that gets. */
static void check_is(int fd, const char *name, int witness)
{
	char text[32];

	MQ_EQ(mq_cmd(fd, "/msg witness hi"), 0);
	MQ_FRAME_READS(witness, name, "hi");
	snprintf(text, sizeof(text), "to %s", name);
	MQ_EQ(mq_frame_send_text(witness, name, text), 0);
	MQ_EQ(mq_poll(fd), POLLIN | POLLOUT);
	MQ_EQ(mq_cmd(fd, "/wait 0"), 0);
	MQ_READS(fd, text);
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_cmd(fd, "/all everybody"), 0);
	MQ_FRAME_READS_FLAGS(witness, name, MQ_FRAME_BROADCAST, "everybody");
}

/* Through this file the process is nobody. */
static void check_nobody(int fd)
{
	char byte;

	MQ_EQ(mq_cmd(fd, "/msg witness hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/all hi"), -EACCES);
	MQ_EQ(mq_read(fd, &byte, 1), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/wait"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/from on"), -ENOENT);
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(mq_poll(fd), POLLOUT | POLLERR);
}

MQ_TEST(run_file_any, "registered, unregistered and registered again through any of several files, a process is through each of them what it is now")
{
	static const char *const names[] = { "ann", "ben" };
	int witness = mq_bound_nonblock("witness"), files[2], how, i;

	for (i = 0; i < 2; i++)
		files[i] = mq_dev();
	for (how = 0; how < 64; how++) {
		MQ_EQ(mq_cmdf(files[how & 1], "/reg %s", names[how >> 1 & 1]), 0);
		for (i = 0; i < 2; i++)
			check_is(files[i ^ (how >> 2 & 1)], names[how >> 1 & 1], witness);
		MQ_EQ(mq_frame_send_text(witness, names[how >> 1 & 1], "unread"), 0);
		MQ_EQ(mq_cmd(files[how >> 3 & 1], "/unr"), 0);
		for (i = 0; i < 2; i++)
			check_nobody(files[i]);
		/* A new file at times, so that none remembers for ever. */
		if (how % 5 == 0) {
			close(files[how >> 4 & 1]);
			files[how >> 4 & 1] = mq_dev();
		}
	}
}

MQ_TEST(run_file_from, "/from is off after every /reg, through whatever file it was on")
{
	int witness = mq_bound("witness"), one = mq_dev(), two = mq_dev(), i;

	for (i = 0; i < 8; i++) {
		MQ_EQ(mq_cmd(i & 1 ? one : two, "/reg ann"), 0);
		MQ_EQ(mq_frame_send_text(witness, "ann", "x"), 0);
		MQ_READS(one, "x");
		MQ_EQ(mq_cmd(i & 2 ? one : two, "/from on"), 0);
		MQ_EQ(mq_frame_send_text(witness, "ann", "x"), 0);
		MQ_READS(i & 4 ? one : two, "witness x");
		MQ_EQ(mq_cmd(i & 4 ? one : two, "/unr"), 0);
	}
}

MQ_TEST(run_file_closed, "the file through which a process registered may be closed: it goes on through others")
{
	int witness = mq_bound("witness"), fd = mq_dev(), next, i;

	MQ_EQ(mq_cmd(fd, "/reg ann"), 0);
	for (i = 0; i < 20; i++) {
		next = mq_dev();
		close(fd);
		check_is(next, "ann", witness);
		if (i % 3 == 2) {
			MQ_EQ(mq_cmd(next, "/unr"), 0);
			MQ_EQ(mq_cmd(next, "/reg ann"), 0);
		}
		fd = next;
	}
}

MQ_TEST(run_file_bound, "a file that a process registered through and then bound speaks frames; the process goes on through another")
{
	int witness = mq_bound("witness"), fd = mq_dev(), other = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg ann"), 0);
	check_is(fd, "ann", witness);
	MQ_EQ(mq_bind(fd, "bound"), 0);
	MQ_EQ(mq_write(fd, "/msg witness hi", 15), -EINVAL);
	MQ_EQ(mq_frame_send_text(fd, "witness", "frame"), 0);
	MQ_FRAME_READS(witness, "bound", "frame");
	check_is(other, "ann", witness);
	MQ_FRAME_READS_FLAGS(fd, "ann", MQ_FRAME_BROADCAST, "everybody");
	close(fd);
	check_is(other, "ann", witness);
}

/* ---- inherited -------------------------------------------------------------------------- */

static void fork_child(int fd, int witness)
{
	check_nobody(fd);
	MQ_EQ(mq_cmd(fd, "/reg parent"), -EEXIST);
	MQ_EQ(mq_cmd(fd, "/reg child"), 0);
	check_is(fd, "child", witness);
}

MQ_TEST(run_file_fork, "through an inherited file a child is not its parent, before it registers, after it, and after the parent has gone")
{
	int witness = mq_bound_nonblock("witness"), fd = mq_dev(), round;
	pid_t pid;

	MQ_EQ(mq_cmd(fd, "/reg parent"), 0);
	for (round = 0; round < 10; round++) {
		MQ_EQ(mq_frame_send_text(witness, "parent", "for the parent"), 0);
		pid = mq_fork();
		if (!pid) {
			fork_child(fd, witness);
			_exit(0);
		}
		mq_join(pid);
		MQ_READS(fd, "for the parent");
		/* The child's broadcast. */
		MQ_READS(fd, "everybody");
		check_is(fd, "parent", witness);
	}
}

MQ_TEST(run_file_orphan, "a process that inherited the file of one that has died is nobody, and may have its name")
{
	int witness = mq_bound_nonblock("witness"), fd = mq_dev(), round;
	pid_t pid;

	for (round = 0; round < 20; round++) {
		pid = mq_fork();
		if (!pid) {
			MQ_EQ(mq_cmd(fd, "/reg ann"), 0);
			MQ_EQ(mq_cmd(fd, "/msg ann unread"), 0);
			_exit(0);
		}
		mq_join(pid);
		check_nobody(fd);
		if (round % 2) {
			MQ_EQ(mq_cmd(fd, "/reg ann"), 0);
			check_is(fd, "ann", witness);
			MQ_EQ(mq_cmd(fd, "/unr"), 0);
		}
	}
}

/* ---- threads that unregister --------------------------------------------------------------- */

struct swap {
	int first, second;	/* files; the first one remembers */
	long rounds;
	volatile int turn;	/* odd: the other thread unregisters */
};

static void *swap_unregister(void *arg)
{
	struct swap *swap = arg;
	long i;

	for (i = 0; i < swap->rounds; i++) {
		while (swap->turn != 2 * i + 1)
			sched_yield();
		MQ_EQ(mq_cmd(swap->second, "/unr"), 0);
		while (swap->turn == 2 * i + 1)
			sched_yield();
	}
	return NULL;
}

/* As soon as it is registered again it is the new one, through the first file, too. */
static void swap_round(struct swap *swap, long round)
{
	const char *name = round % 2 ? "odd" : "even";
	int err;

	/* What remembers is a file of its own each time. */
	swap->first = mq_dev();
	MQ_EQ(mq_cmd(swap->first, "/reg old"), 0);
	swap->turn++;
	do {
		err = mq_cmdf(swap->second, "/reg %s", name);
	} while (err == -EEXIST);
	MQ_EQ(err, 0);
	MQ_EQ(mq_cmdf(swap->first, "/msg %s x", name), 0);
	MQ_EQ(mq_cmd(swap->first, "/from on"), 0);
	MQ_READS(swap->first, round % 2 ? "odd x" : "even x");
	MQ_EQ(mq_cmd(swap->first, "/unr"), 0);
	swap->turn++;
	close(swap->first);
}

MQ_TEST(run_file_swap, "once it has registered anew nothing goes out or comes in under its old name, though another thread's /unr has not yet returned",
	.timeout = 180)
{
	struct swap swap = { .rounds = mq_storm_count(5000) };
	pthread_t thread;
	long i;

	swap.second = mq_dev();
	MQ_EQ(pthread_create(&thread, NULL, swap_unregister, &swap), 0);
	for (i = 0; i < swap.rounds; i++)
		swap_round(&swap, i);
	MQ_EQ(pthread_join(thread, NULL), 0);
}

struct storm {
	int files[3];
	long rounds;
	volatile int done, sent;
};

/* Registers, unregisters, opens and closes files while others use them. */
static void *storm_change(void *arg)
{
	struct storm *storm = arg;
	struct mq_dice dice;
	long i;
	int n, fd;

	mq_dice_init(&dice, gettid());
	/* Until somebody has sent, too. */
	for (i = 0; i < storm->rounds || !storm->sent; i++) {
		n = mq_dice_throw(&dice, 3);
		mq_cmdf(storm->files[n], "/reg a%u", mq_dice_throw(&dice, 3));
		mq_dice_yield(&dice);
		n = mq_dice_throw(&dice, 3);
		if (mq_dice_throw(&dice, 4))
			mq_cmd(storm->files[n], "/unr");
		if (!mq_dice_throw(&dice, 8)) {
			fd = mq_dev();
			MQ_OK(dup2(fd, storm->files[n]));
			close(fd);
		}
	}
	mq_shared_add(&storm->done, 1);
	return NULL;
}

static void storm_check(int result)
{
	MQ_TRUE(result >= 0 || result == -ENOENT || result == -EACCES || result == -EAGAIN ||
		result == -ETIMEDOUT);
}

static void *storm_use(void *arg)
{
	struct storm *storm = arg;
	struct mq_dice dice;
	char text[64];
	int fd;

	mq_dice_init(&dice, gettid());
	while (storm->done < 2) {
		fd = storm->files[mq_dice_throw(&dice, 3)];
		switch (mq_dice_throw(&dice, 6)) {
		case 0: storm_check(mq_cmd(fd, "/all to everybody")); break;
		case 1: storm_check(mq_cmd(fd, "/from on")); break;
		case 2: storm_check(mq_cmd(fd, "/wait 1")); break;
		case 3: storm_check(mq_read(fd, text, mq_dice_throw(&dice, sizeof(text)))); break;
		case 4: mq_poll(fd); break;
		default:
			fd = mq_cmdf(fd, "/msg a%u hi", mq_dice_throw(&dice, 3));
			storm_check(fd);
			mq_shared_add(&storm->sent, !fd);
		}
	}
	return NULL;
}

static void storm_run(long rounds)
{
	struct storm storm = { .rounds = rounds };
	pthread_t threads[5];
	int i;

	for (i = 0; i < 3; i++)
		storm.files[i] = mq_dev();
	for (i = 0; i < 5; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, i < 2 ? storm_change : storm_use,
				     &storm), 0);
	for (i = 0; i < 5; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	MQ_GE(storm.sent, 1);
	for (i = 0; i < 3; i++)
		close(storm.files[i]);
}

MQ_TEST(run_file_storm, "threads register and unregister while others send, read, wait and poll through the same files: no name and no memory is left",
	.timeout = 180)
{
	long rounds = mq_storm_count(8000);
	pid_t pid;

	/* In a process with a parent that sees its end, and by chance with a shared file. */
	pid = mq_fork();
	if (!pid) {
		storm_run(rounds);
		_exit(0);
	}
	storm_run(rounds);
	mq_join(pid);
	mq_cmd(mq_dev(), "/unr");
	mq_endpoints_until_none();
}

/* ---- broadcasts by one file ------------------------------------------------------------------ */

#define CASTERS 3
#define HEARERS 3

struct cast {
	int fd;
	long rounds;
};

static void *cast_main(void *arg)
{
	struct cast *cast = arg;
	char text[32];
	long i;

	for (i = 0; i < cast->rounds; i++) {
		snprintf(text, sizeof(text), "%d %ld", gettid(), i);
		MQ_EQ(mq_frame_broadcast(cast->fd, text), 0);
	}
	return NULL;
}

/* So many that a broadcast to those behind them is made in several steps. */
static void others_bind(void)
{
	char name[16];
	int i;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "other%d", i);
		mq_bound(name, .depth = 1);
	}
}

static ssize_t hear(int fd, char *heard)
{
	ssize_t got = mq_read(fd, heard, 1 << 20), done = 0;
	struct mq_frame *frame;
	size_t at = 0;

	while (got > 0 && (frame = (struct mq_frame *)mq_frame_next(heard, got, &at))) {
		MQ_EQ(frame->flags, MQ_FRAME_BROADCAST);
		MQ_EQ(frame->sequence, ++done);
	}
	return done;
}

MQ_TEST(run_file_broadcasts, "broadcasts of several threads by one file come in one order to all, each once",
	.params = "QUEUE_LEN=4096 MAX_DEVICES=2000", .timeout = 180)
{
	struct cast cast = { .rounds = mq_storm_count(600) };
	char *heard[HEARERS];
	int hearers[HEARERS], i;
	pthread_t threads[CASTERS];

	cast.fd = mq_bound("caster");
	hearers[0] = mq_bound_nonblock("first");
	hearers[1] = mq_bound_nonblock("second");
	others_bind();
	hearers[2] = mq_bound_nonblock("third");
	for (i = 0; i < CASTERS; i++)
		MQ_EQ(pthread_create(&threads[i], NULL, cast_main, &cast), 0);
	for (i = 0; i < CASTERS; i++)
		MQ_EQ(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < HEARERS; i++) {
		heard[i] = calloc(1, 1 << 20);
		MQ_EQ(hear(hearers[i], heard[i]), CASTERS * cast.rounds);
		MQ_TRUE(!memcmp(heard[i], heard[0], 1 << 20));
	}
}

static void killed_main(int fd, volatile int *step)
{
	struct cast cast = { .fd = fd, .rounds = 1000000 };
	pthread_t thread;
	int i;

	for (i = 0; i < 2; i++)
		MQ_EQ(pthread_create(&thread, NULL, cast_main, &cast), 0);
	for (;;) {
		MQ_EQ(mq_frame_broadcast(fd, "x"), 0);
		++*step;
	}
}

MQ_TEST(run_file_broadcasts_killed, "SIGKILL among threads that broadcast by one file, or wait for each other, leaves it to who shares it: he broadcasts on",
	.params = "MAX_DEVICES=2000", .timeout = 180)
{
	int fd = mq_bound("caster"), bob, last = 0;
	volatile int *step = mq_shared(sizeof(int));
	long rounds = mq_storm_count(100);
	char room[72 * 20];
	struct mq_dice dice;
	pid_t pid;

	others_bind();
	bob = mq_bound_nonblock("bob");
	mq_dice_init(&dice, 5);
	while (rounds--) {
		pid = mq_fork();
		if (!pid)
			killed_main(fd, step);
		mq_victim_kill(pid, step, 20, &dice);
		while (mq_read(bob, room, sizeof(room)) > 0)
			;
		MQ_EQ(mq_frame_broadcast(fd, "still"), 0);
		last = MQ_FRAME_READS_FLAGS(bob, "caster", MQ_FRAME_BROADCAST, "still")->sequence;
	}
	MQ_GE(last, 1);
}
