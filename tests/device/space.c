// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces; see space.h.
 *
 * Copyright (C) the mq authors
 */
#include "space.h"

#include <grp.h>
#include <sched.h>
#include <sys/socket.h>

void mq_space_enter(void)
{
	MQ_OK(unshare(CLONE_NEWPID));
}

void mq_space_leave(void)
{
	int own = MQ_OK(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));

	MQ_OK(setns(own, CLONE_NEWPID));
	close(own);
}

struct mq_peer *mq_space_peer(void)
{
	struct mq_peer *peer;

	mq_space_enter();
	peer = mq_peer_start();
	mq_space_leave();
	return peer;
}

/* ---- user namespaces ----------------------------------------------------- */

static void map_write(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	if (!text)
		return;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));
	MQ_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The mapping is written from outside, where it is allowed whatever it says. */
static void map_begin(int *pair)
{
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
}

static void map_await(const int *pair, const struct mq_space_user *user)
{
	char byte;

	mq_become(user->uid, user->gid);
	MQ_OK(unshare(CLONE_NEWUSER));
	MQ_EQ(write(pair[1], "u", 1), 1);
	MQ_EQ(read(pair[1], &byte, 1), 1);
	if (user->gids)
		MQ_OK(setresgid(0, 0, 0));
	if (user->uids)
		MQ_OK(setresuid(0, 0, 0));
	/* With all rights there, which a user who is not mapped has lost by no exec yet. */
	if (user->more)
		MQ_OK(unshare(user->more));
}

static void map_end(const int *pair, const struct mq_space_user *user, pid_t pid)
{
	char byte;

	MQ_EQ(read(pair[0], &byte, 1), 1);
	map_write(pid, "uid_map", user->uids);
	map_write(pid, "gid_map", user->gids);
	MQ_EQ(write(pair[0], "m", 1), 1);
	close(pair[0]);
	close(pair[1]);
}

pid_t mq_space_run(const struct mq_space_user *user, void (*function)(void *arg), void *arg)
{
	int pair[2];
	pid_t pid;

	map_begin(pair);
	pid = mq_fork();
	if (!pid) {
		map_await(pair, user);
		/* Whoever fails an assertion in there has said so. */
		if (user->more & CLONE_NEWPID)
			_exit(!!mq_wait_status(mq_run(function, arg)));
		function(arg);
		_exit(0);
	}
	map_end(pair, user, pid);
	return pid;
}

struct mq_space_entry {
	struct mq_space_user user;
	uid_t uid;
	int pair[2];
};

static long enter(int fd, long arg)
{
	const struct mq_space_entry *entry = (const struct mq_space_entry *)arg;
	int again;

	map_await(entry->pair, &entry->user);
	if (entry->uid) {
		MQ_OK(setresgid(entry->uid, entry->uid, entry->uid));
		MQ_OK(setresuid(entry->uid, entry->uid, entry->uid));
	}
	again = mq_dev();
	MQ_OK(dup3(again, fd, O_CLOEXEC));
	close(again);
	return 0;
}

struct mq_peer *mq_space_peer_as(const struct mq_space_user *user, uid_t uid)
{
	/* Where the peer, which is forked afterwards, has it too. */
	struct mq_space_entry *entry = malloc(sizeof(*entry));
	struct mq_peer *peer;

	entry->user = *user;
	entry->uid = uid;
	map_begin(entry->pair);
	peer = mq_peer_start();
	mq_peer_do_begin(peer, enter, (long)entry);
	map_end(entry->pair, user, peer->pid);
	MQ_EQ(mq_peer_end(peer), 0);
	return peer;
}
