// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may send to an endpoint: anyone, its group, its user; CAP_IPC_OWNER.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>

#define ALICE 1001
#define BOB 1002
#define CREW 2001
#define OTHERS 2002

#define IPC_OWNER (1ULL << CAP_IPC_OWNER)

/* Each a user of his own, unless he says otherwise. */
static const struct mq_who owner = { .uid = ALICE, .gid = CREW };
static const struct mq_who same_user = { .uid = ALICE, .gid = OTHERS };
static const struct mq_who same_group = { .uid = BOB, .gid = CREW };
static const struct mq_who member = { .uid = BOB, .gid = OTHERS, .group = CREW };
static const struct mq_who stranger = { .uid = BOB, .gid = OTHERS };
static const struct mq_who in_wrong_group = { .uid = BOB, .gid = OTHERS, .group = ALICE };
static const struct mq_who uid_is_gid = { .uid = CREW, .gid = ALICE };
static const struct mq_who ipc_owner = { .uid = BOB, .gid = OTHERS, .rights = IPC_OWNER };
static const struct mq_who other_rights = { .uid = BOB, .gid = OTHERS,
	.rights = ((1ULL << CAP_LAST_CAP) - 1) & ~IPC_OWNER };

static struct mq_peer *bob;

/* This process is who it is now; FD becomes a file opened as that. */
static void reopen(int fd)
{
	int again = mq_dev();

	MQ_OK(dup3(again, fd, O_CLOEXEC));
	close(again);
}

static void setup(uint32_t access)
{
	bob = mq_peer_start_who(&owner);
	MQ_EQ(mq_peer_bind(bob, "bob", .access = access), 0);
}

/* One who is WHO sends to bob: a frame, a broadcast, and as a process text. */
static void check(const struct mq_who *who, bool may)
{
	struct mq_peer *peer = mq_peer_start_who(who);
	struct mq_peer *text = mq_peer_start_who(who);
	struct mq_status before = mq_status_of("bob"), after;

	MQ_EQ(mq_peer_bind(peer, "peer"), 0);
	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_peer_frame_send_text(peer, "bob", "hi"), may ? 0 : -EACCES);
	MQ_EQ(mq_peer_frame_send_flags(peer, "", MQ_FRAME_BROADCAST, "hi"), 0);
	MQ_EQ(mq_peer_cmd(text, "/msg bob hi"), may ? 0 : -EACCES);
	MQ_EQ(mq_peer_cmd(text, "/all hi"), 0);
	after = mq_status_of("bob");
	MQ_EQ(after.accepted - before.accepted, may ? 4 : 0);
	MQ_EQ(after.rejected, before.rejected);
	if (may) {
		MQ_PEER_FRAME_READS(bob, "peer", "hi");
		MQ_PEER_FRAME_READS_FLAGS(bob, "peer", MQ_FRAME_BROADCAST, "hi");
		MQ_PEER_FRAME_READS(bob, "text", "hi");
		MQ_PEER_FRAME_READS_FLAGS(bob, "text", MQ_FRAME_BROADCAST, "hi");
	}
	MQ_EQ(mq_peer_frame_send_text(peer, "text", "hi"), 0);
	mq_peer_exit(peer);
	mq_peer_exit(text);
}

MQ_TEST(access_anyone, "anyone, the default: every sender", .open_to_all = true)
{
	setup(MQ_ACCESS_ANYONE);
	check(&owner, true);
	check(&same_user, true);
	check(&same_group, true);
	check(&member, true);
	check(&stranger, true);
	check(&ipc_owner, true);
}

MQ_TEST(access_group, "group: the endpoint's gid is the sender's effective or one of its supplementary groups, else EACCES",
	.open_to_all = true)
{
	setup(MQ_ACCESS_GROUP);
	check(&owner, true);
	check(&same_group, true);
	check(&member, true);
	check(&same_user, false);
	check(&stranger, false);
	check(&in_wrong_group, false);
	check(&uid_is_gid, false);
	check(&other_rights, false);
}

MQ_TEST(access_user, "uid: the same effective uid, else EACCES, whatever the groups", .open_to_all = true)
{
	setup(MQ_ACCESS_USER);
	check(&owner, true);
	check(&same_user, true);
	check(&same_group, false);
	check(&member, false);
	check(&stranger, false);
	check(&uid_is_gid, false);
	check(&other_rights, false);
}

MQ_TEST(access_ipc_owner, "CAP_IPC_OWNER always may; no other capability does", .open_to_all = true)
{
	static const struct mq_who root_without = { .rights = ~IPC_OWNER & 0xffffff };
	static const struct mq_who root_with = { .rights = IPC_OWNER };
	int i;

	for (i = 0; i < 2; i++) {
		setup(i ? MQ_ACCESS_USER : MQ_ACCESS_GROUP);
		check(&ipc_owner, true);
		check(&root_with, true);
		check(&root_without, false);
		mq_peer_exit(bob);
	}
}

static long joins_groups(int fd, long crew)
{
	gid_t groups[200];
	int i;

	for (i = 0; i < 200; i++)
		groups[i] = 5000 + i * 3;
	if (crew)
		groups[137] = CREW;
	MQ_OK(setgroups(200, groups));
	MQ_OK(setresgid(OTHERS, OTHERS, OTHERS));
	MQ_OK(setresuid(BOB, BOB, BOB));
	reopen(fd);
	return 0;
}

MQ_TEST(access_many_groups, "any one of many supplementary groups does", .open_to_all = true)
{
	struct mq_peer *peer;
	int i;

	setup(MQ_ACCESS_GROUP);
	for (i = 0; i < 2; i++) {
		peer = mq_peer_start();
		MQ_EQ(mq_peer_do(peer, joins_groups, i), 0);
		MQ_EQ(mq_peer_bind(peer, "peer"), 0);
		MQ_EQ(mq_peer_frame_send_text(peer, "bob", "hi"), i ? 0 : -EACCES);
		mq_peer_exit(peer);
	}
	MQ_PEER_FRAME_READS(bob, "peer", "hi");
}

/* ---- as fixed when each was made --------------------------------------- */

static long becomes(int fd, long who)
{
	(void)fd;
	mq_become_who((const struct mq_who *)who);
	return 0;
}

MQ_TEST(access_sender_birth, "the sender's rights are those of its bind: what it becomes afterwards takes none",
	.open_to_all = true)
{
	struct mq_peer *loses = mq_peer_bound("loses");
	struct mq_peer *text = mq_peer_start();

	MQ_EQ(mq_peer_cmd(text, "/reg text"), 0);
	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_do(loses, becomes, (long)&stranger), 0);
	MQ_EQ(mq_peer_do(text, becomes, (long)&stranger), 0);
	MQ_EQ(mq_peer_frame_send_text(loses, "bob", "as root"), 0);
	MQ_PEER_FRAME_READS(bob, "loses", "as root");
	MQ_EQ(mq_peer_cmd(text, "/msg bob as root"), 0);
	MQ_PEER_FRAME_READS(bob, "text", "as root");
}

/* BOB is its effective user when it binds, ALICE the real one, then root. */
static long binds_as_other(int fd, long arg)
{
	(void)arg;
	MQ_OK(setresuid(ALICE, BOB, 0));
	reopen(fd);
	MQ_EQ(mq_bind(fd, "other"), 0);
	MQ_OK(setresuid(0, 0, 0));
	return 0;
}

MQ_TEST(access_sender_effective, "it is the effective uid at bind that counts: neither the real one nor root's later",
	.open_to_all = true)
{
	struct mq_peer *other = mq_peer_start();

	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_do(other, binds_as_other, 0), 0);
	MQ_EQ(mq_peer_frame_send_text(other, "bob", "hi"), -EACCES);
	MQ_EQ(mq_peer_frame_send_flags(other, "", MQ_FRAME_BROADCAST, "hi"), 0);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(access_owner_birth, "so are the endpoint's uid and gid: its process may become another", .open_to_all = true)
{
	static const struct mq_who half = { .uid = BOB, .gid = CREW };
	static const struct mq_who root = { .uid = 0, .gid = 0 };
	int i;

	for (i = 0; i < 2; i++) {
		bob = mq_peer_start();
		MQ_EQ(mq_peer_bind(bob, "bob", .access = i ? MQ_ACCESS_USER : MQ_ACCESS_GROUP), 0);
		MQ_EQ(mq_peer_do(bob, becomes, (long)&half), 0);
		check(&half, false);
		check(&root, true);
		mq_peer_exit(bob);
	}
}

/* The file was opened without the right that who binds it has. */
static long opens_without(int fd, long arg)
{
	(void)arg;
	mq_become_who(&ipc_owner);
	mq_rights_set(0, IPC_OWNER);
	reopen(fd);
	mq_rights_set(IPC_OWNER, IPC_OWNER);
	return mq_bind(fd, "opened");
}

/* It is bound without the right that who opened it had, and who sends has. */
static long binds_without(int fd, long arg)
{
	(void)arg;
	mq_become_who(&ipc_owner);
	reopen(fd);
	mq_rights_set(0, IPC_OWNER);
	MQ_EQ(mq_bind(fd, "bound"), 0);
	mq_rights_set(IPC_OWNER, IPC_OWNER);
	return 0;
}

MQ_TEST(access_capability_opener, "CAP_IPC_OWNER counts only if both the opener had it and who bound the file",
	.open_to_all = true)
{
	struct mq_peer *opened = mq_peer_start(), *bound = mq_peer_start();

	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_do(opened, opens_without, 0), 0);
	MQ_EQ(mq_peer_frame_send_text(opened, "bob", "hi"), -EACCES);
	MQ_EQ(mq_peer_do(bound, binds_without, 0), 0);
	MQ_EQ(mq_peer_frame_send_text(bound, "bob", "hi"), -EACCES);
}

static long in_namespace(int fd, long arg)
{
	(void)arg;
	mq_become_who(&stranger);
	MQ_OK(unshare(CLONE_NEWUSER));
	reopen(fd);
	return mq_bind(fd, "peer");
}

MQ_TEST(access_capability_namespace, "CAP_IPC_OWNER in a user namespace of one's own counts for nothing",
	.open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start();

	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_do(peer, in_namespace, 0), 0);
	MQ_EQ(mq_peer_frame_send_text(peer, "bob", "hi"), -EACCES);
}

/* ---- what comes of a refusal ------------------------------------------- */

MQ_TEST(access_per_send, "it is checked per send: one sender may here and not there, and another next time",
	.open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&stranger);
	int open_one = mq_bound("open"), closed = mq_bound("closed", .access = MQ_ACCESS_USER);
	int i;

	MQ_EQ(mq_peer_bind(peer, "peer"), 0);
	for (i = 0; i < 3; i++) {
		MQ_EQ(mq_peer_frame_send_text(peer, "open", "hi"), 0);
		MQ_EQ(mq_peer_frame_send_text(peer, "closed", "hi"), -EACCES);
		MQ_FRAME_READS(open_one, "peer", "hi");
	}
	close(closed);
	/* The same name, another endpoint. */
	closed = mq_bound("closed");
	MQ_EQ(mq_peer_frame_send_text(peer, "closed", "hi"), 0);
	MQ_EQ(MQ_FRAME_READS(closed, "peer", "hi")->sequence, 1);
}

MQ_TEST(access_not_counted, "EACCES is counted nowhere, and comes whether there is room or not: nobody sleeps for it",
	.open_to_all = true)
{
	static const uint32_t policies[] = {
		MQ_POLICY_OVERWRITE, MQ_POLICY_REJECT, MQ_POLICY_BLOCK };
	struct mq_peer *peer = mq_peer_start_who(&stranger);
	int alice = mq_bound("alice"), fd, i;
	struct mq_status s;

	MQ_EQ(mq_peer_bind(peer, "peer"), 0);
	for (i = 0; i < 3; i++) {
		fd = mq_bound("bob", .policy = policies[i], .depth = 1,
			      .access = MQ_ACCESS_USER);
		MQ_EQ(mq_peer_frame_send_text(peer, "bob", "x"), -EACCES);
		MQ_EQ(mq_frame_send_text(alice, "bob", "fills"), 0);
		MQ_EQ(mq_peer_frame_send_text(peer, "bob", "x"), -EACCES);
		MQ_EQ(mq_peer_frame_send_flags(peer, "", MQ_FRAME_BROADCAST, "x"), 0);
		s = mq_status_of("bob");
		MQ_EQ(s.accepted, 1);
		MQ_EQ(s.overwritten, 0);
		MQ_EQ(s.rejected, 0);
		MQ_FRAME_READS(fd, "alice", "fills");
		MQ_FRAME_EMPTY(fd);
		close(fd);
	}
}

MQ_TEST(access_other_way, "who may send says nothing of the other way: such an endpoint sends to anyone, and to itself",
	.open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&stranger);

	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_bind(peer, "peer"), 0);
	MQ_EQ(mq_peer_frame_send_text(bob, "peer", "hi"), 0);
	MQ_PEER_FRAME_READS(peer, "bob", "hi");
	MQ_EQ(mq_peer_frame_send_text(bob, "bob", "me"), 0);
	MQ_PEER_FRAME_READS(bob, "bob", "me");
	MQ_EQ(mq_peer_frame_send_text(peer, "bob", "back"), -EACCES);
}

MQ_TEST(access_anonymous, "an anonymous sender is judged by its credentials like any other", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&stranger);
	struct mq_peer *again = mq_peer_start_who(&same_user);

	setup(MQ_ACCESS_USER);
	MQ_EQ(mq_peer_bind(peer, ""), 0);
	MQ_EQ(mq_peer_bind(again, ""), 0);
	MQ_EQ(mq_peer_frame_send_text(peer, "bob", "hi"), -EACCES);
	MQ_EQ(mq_peer_frame_send_flags(peer, "", MQ_FRAME_BROADCAST, "hi"), 0);
	MQ_EQ(mq_peer_frame_send_text(again, "bob", "hi"), 0);
	MQ_PEER_FRAME_READS(bob, "", "hi");
}
