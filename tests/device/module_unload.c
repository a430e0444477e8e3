// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading; the device node.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

MQ_TEST(module_node, "/dev/mq is a misc device of mode 0660")
{
	struct stat st;

	MQ_OK(stat(MQ_NODE, &st));
	MQ_TRUE(S_ISCHR(st.st_mode));
	MQ_EQ(st.st_mode & 07777, 0660);
	MQ_EQ(major(st.st_rdev), 10);
}

MQ_TEST(module_node_closed_to_others, "who is neither root nor in its group cannot open /dev/mq")
{
	mq_become(1005, 1005);
	MQ_ERR(open(MQ_NODE, O_RDWR | O_CLOEXEC), EACCES);
	MQ_ERR(open(MQ_NODE, O_RDONLY | O_CLOEXEC), EACCES);
}

MQ_TEST(module_unload_open, "unloading while a file is open is refused with EWOULDBLOCK",
	.no_module = true)
{
	int fd, other;

	MQ_EQ(mq_load(NULL), 0);
	fd = mq_dev();
	MQ_EQ(mq_unload(), -EWOULDBLOCK);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	other = MQ_OK(dup(fd));
	close(fd);
	MQ_EQ(mq_unload(), -EWOULDBLOCK);
	MQ_EQ(mq_cmd(other, "/msg bob still here"), 0);
	MQ_READS(other, "still here");
	close(other);
	MQ_EQ(mq_unload(), 0);
	MQ_TRUE(!mq_is_loaded());
	MQ_ERR(access(MQ_NODE, F_OK), ENOENT);
}

MQ_TEST(module_unload_in_flight, "a file in flight over a socket is open, too",
	.no_module = true)
{
	int pair[2], fd;

	MQ_EQ(mq_load(NULL), 0);
	fd = mq_dev();
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	mq_file_send(pair[0], fd);
	close(fd);
	MQ_EQ(mq_unload(), -EWOULDBLOCK);
	close(pair[0]);
	close(pair[1]);
	MQ_EQ(mq_unload(), 0);
}

static long peer_close(int fd, long arg)
{
	(void)arg;
	return close(fd);
}

/* In a process that was registered when the module went. */
static long peer_register_again(int old, long number)
{
	char text[16];
	int fd = mq_dev();

	(void)old;
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	MQ_EQ(mq_read(fd, text, sizeof(text)), -ENOENT);
	MQ_EQ(mq_cmdf(fd, "/reg again%ld", number), 0);
	MQ_EQ(mq_cmdf(fd, "/msg again%ld hello", number), 0);
	MQ_READS(fd, "hello");
	return close(fd);
}

#define PEERS 5

MQ_TEST(module_unload_registered, "unload succeeds while processes are registered; they go on as strangers",
	.no_module = true)
{
	struct mq_peer *peers[PEERS];
	struct mq_counters one;
	int i;

	MQ_EQ(mq_load("MAX_DEVICES=5"), 0);
	for (i = 0; i < PEERS; i++) {
		peers[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(peers[i], "/reg peer%d", i), 0);
	}
	/* Leave something to free: full mailboxes and a half-read message. */
	for (i = 0; i < 40; i++)
		MQ_EQ(mq_peer_cmd(peers[i % PEERS], "/all never read"), 0);
	MQ_EQ(mq_peer_read(peers[0], &(char[4]){ 0 }, 4), 4);
	for (i = 0; i < PEERS; i++)
		MQ_EQ(mq_peer_do(peers[i], peer_close, 0), 0);
	MQ_EQ(mq_unload(), 0);

	MQ_EQ(mq_load("MAX_DEVICES=5"), 0);
	MQ_EQ(mq_counters_all(&one, 1), 0);
	for (i = 0; i < PEERS; i++)
		MQ_EQ(mq_peer_do(peers[i], peer_register_again, i), 0);
	MQ_EQ(mq_unload(), 0);
	for (i = 0; i < PEERS; i++)
		mq_peer_exit(peers[i]);
}

static void register_and_exit(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg once"), 0);
	MQ_EQ(mq_cmd(fd, "/msg once more"), 0);
}

MQ_TEST(module_100_loads, "a hundred loads and unloads, each with processes",
	.no_module = true, .timeout = 180)
{
	struct mq_crowd *crowd;
	int i;

	for (i = 0; i < 100; i++) {
		MQ_EQ(mq_load(i % 2 ? "QUEUE_LEN=5" : NULL), 0);
		/* One that is already gone, one that is alive, or nobody. */
		if (i % 3)
			mq_join(mq_run(register_and_exit, NULL));
		crowd = i % 3 == 2 ? mq_crowd_new("c", 1) : NULL;
		MQ_EQ(mq_unload(), 0);
		if (crowd)
			mq_crowd_free(crowd);
	}
}

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Registered, with threads, and without a file; then it waits for its end. */
static void die_soon(void *ready)
{
	int fd = mq_dev(), i;
	pthread_t thread;

	MQ_EQ(mq_cmd(fd, "/reg dying"), 0);
	MQ_EQ(mq_cmd(fd, "/msg dying unread"), 0);
	close(fd);
	for (i = 0; i < 3; i++)
		MQ_EQ(pthread_create(&thread, NULL, sleep_for_ever, NULL), 0);
	mq_shared_add(ready, 1);
	sleep_for_ever(NULL);
}

MQ_TEST(module_unload_dying, "unload succeeds while a registered process is dying",
	.no_module = true, .timeout = 180)
{
	volatile int *ready = mq_shared(sizeof(*ready));
	long i, rounds = mq_storm_count(30);
	struct mq_dice dice;
	pid_t pid;

	mq_dice_init(&dice, 1);
	for (i = 0; i < rounds; i++) {
		MQ_EQ(mq_load(NULL), 0);
		pid = mq_run(die_soon, (void *)ready);
		mq_shared_until(ready, i + 1);
		MQ_OK(kill(pid, SIGKILL));
		mq_dice_yield(&dice);
		MQ_EQ(mq_unload(), 0);
		MQ_TRUE(WIFSIGNALED(mq_wait_status(pid)));
	}
}
