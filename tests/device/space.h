/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces, for tests of who sees and reaches whom.
 *
 *	mq_space_enter();
 *	inner = mq_peer_start();	// process 1 of a pid namespace of its own
 *	mq_space_leave();
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_SPACE_H
#define MQ_TESTS_SPACE_H

#include "frame.h"

/* The next children of this process live in a new pid namespace; the first one is its process 1. */
void mq_space_enter(void);
/* The next ones are where this process is. */
void mq_space_leave(void);
/* A peer that is process 1 of a new pid namespace. */
struct mq_peer *mq_space_peer(void);

/* Who makes a user namespace, and how users inside are mapped: lines of uid_map, NULL for none. */
struct mq_space_user {
	uid_t uid;
	gid_t gid;
	const char *uids;
	const char *gids;
	int more;			/* CLONE_NEW... beside the user namespace */
};

/*
 * FUNCTION in a child that lives in a user namespace of its own, made by that user, with all
 * rights there. With CLONE_NEWPID it is process 1. The value is the child's pid.
 */
pid_t mq_space_run(const struct mq_space_user *user, void (*function)(void *arg), void *arg);

/* A peer there, which has opened its file as UID of that namespace; mapped or not. */
struct mq_peer *mq_space_peer_as(const struct mq_space_user *user, uid_t uid);

#endif
