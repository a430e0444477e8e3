// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_BIND: an open file becomes the owner of an endpoint.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <linux/capability.h>
#include <sched.h>

#define ALICE 1001

static struct mq_bind wish(const char *name)
{
	struct mq_bind bind = { .size = sizeof(bind) };

	memcpy(bind.name, name, strlen(name));
	return bind;
}

static int bind_raw(int fd, struct mq_bind bind)
{
	return mq_ioctl(fd, MQ_IOC_BIND, &bind);
}

/* Text is taken: it is nobody's but the process's, which has no name. */
static void check_unbound(int fd)
{
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
}

MQ_TEST(bind_owner, "bind makes this file the owner of an endpoint, as the status shows it",
	.params = "QUEUE_LEN=7")
{
	struct mq_status s;
	int fd = mq_bound("bob");

	s = mq_status_of("bob");
	MQ_TRUE(!strcmp(s.name, "bob"));
	MQ_EQ(s.size, sizeof(s));
	MQ_EQ(s.flags, 0);
	MQ_EQ(s.pid, getpid());
	MQ_EQ(s.uid, 0);
	MQ_EQ(s.policy, MQ_POLICY_OVERWRITE);
	MQ_EQ(s.access, MQ_ACCESS_ANYONE);
	MQ_EQ(s.depth, 7);
	MQ_EQ(s.queued + s.accepted + s.delivered + s.overwritten +
	      s.discarded + s.rejected, 0);
	close(fd);
}

MQ_TEST(bind_asks, "policy, depth, who may send, events or not are as asked for",
	.params = "QUEUE_LEN=64")
{
	static const uint32_t policies[] = {
		MQ_POLICY_OVERWRITE, MQ_POLICY_REJECT, MQ_POLICY_BLOCK };
	static const uint32_t accesses[] = {
		MQ_ACCESS_ANYONE, MQ_ACCESS_GROUP, MQ_ACCESS_USER };
	struct mq_status s;
	int i, fd;

	for (i = 0; i < 18; i++) {
		fd = mq_bound("bob", .policy = policies[i % 3],
			      .access = accesses[i / 3 % 3], .depth = 2 * i + 1,
			      .flags = i / 9 ? MQ_BIND_EVENTS : 0);
		s = mq_status_of("bob");
		MQ_EQ(s.policy, policies[i % 3]);
		MQ_EQ(s.access, accesses[i / 3 % 3]);
		MQ_EQ(s.depth, 2 * i + 1);
		MQ_EQ(s.flags, i / 9 ? MQ_STATUS_EVENTS : 0);
		close(fd);
	}
}

MQ_TEST(bind_frames, "from bind on write takes and read returns frames, on this file only")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), other = mq_dev();

	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "alice", "hi");
	MQ_EQ(mq_frame_send_text(bob, "alice", "and you"), 0);
	MQ_FRAME_READS(alice, "bob", "and you");
	check_unbound(other);
	MQ_EQ(mq_frame_send_text(other, "bob", "hi"), -EINVAL);
}

MQ_TEST(bind_many, "a process binds as many files as it likes, beside its own registration")
{
	int text = mq_dev(), files[20], i;
	char name[16];

	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		files[i] = mq_bound(name);
	}
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		MQ_EQ(mq_send_text(text, name, name), 0);
		MQ_FRAME_READS(files[i], "me", name);
		MQ_FRAME_EMPTY(files[i]);
	}
}

MQ_TEST(bind_modes, "bind needs a file that is open for writing (EBADF); what is not open for reading takes no frame")
{
	int in = mq_dev_flags(O_RDONLY), out = mq_dev_flags(O_WRONLY), bob;
	char room[128] __attribute__((aligned(8)));
	size_t size = mq_frame_push_text(room, 0, "bob", "hi");

	MQ_EQ(mq_bind(in, "in"), -EBADF);
	MQ_EQ(mq_bind(in, ""), -EBADF);
	MQ_TRUE(!mq_is_there("in"));
	MQ_EQ(mq_bind(out, "out"), 0);
	bob = mq_bound("bob");
	MQ_EQ(mq_frame_send_text(out, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "out", "hi");
	MQ_EQ(mq_frame_send_text(bob, "out", "hi"), 0);
	MQ_EQ(mq_read(out, room, sizeof(room)), -EBADF);
	MQ_EQ(mq_ioc_peek(out, room, sizeof(room)), -EBADF);
	MQ_EQ(mq_ioc_receive(out, NULL, NULL, room, sizeof(room), 0), -EBADF);
	MQ_EQ(mq_ioc_call(out, room, size, room, sizeof(room), 0), -EBADF);
	MQ_EQ(mq_status_of("out").queued, 1);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(bind_once, "a file is bound once (EBUSY), and stays what it is")
{
	int alice = mq_bound("alice"), nameless = mq_bound("");

	MQ_EQ(mq_bind(alice, "bob"), -EBUSY);
	MQ_EQ(mq_bind(alice, ""), -EBUSY);
	MQ_EQ(mq_bind(nameless, "bob"), -EBUSY);
	MQ_EQ(mq_bind(nameless, ""), -EBUSY);
	MQ_TRUE(!mq_is_there("bob"));
	MQ_EQ(mq_frame_send_text(nameless, "alice", "hi"), 0);
	MQ_FRAME_READS(alice, "", "hi");
	mq_bound("bob");
}

static int race_fd;
static pthread_barrier_t race_start;

static void *race_binds(void *name)
{
	pthread_barrier_wait(&race_start);
	return (void *)(long)mq_bind(race_fd, name);
}

MQ_TEST(bind_once_race, "of two threads that bind one file one succeeds, the other gets EBUSY; one name is taken",
	.params = "MAX_DEVICES=2")
{
	pthread_t thread;
	long mine, other;
	int i;

	pthread_barrier_init(&race_start, NULL, 2);
	for (i = 0; i < 100; i++) {
		race_fd = mq_dev();
		pthread_create(&thread, NULL, race_binds, "one");
		mine = (long)race_binds("two");
		pthread_join(thread, (void **)&other);
		MQ_EQ(mine + other, -EBUSY);
		MQ_EQ(mq_is_there("one"), !other);
		MQ_EQ(mq_is_there("two"), !mine);
		close(race_fd);
		MQ_TRUE(!mq_is_there("one") && !mq_is_there("two"));
	}
}

static void *race_takes(void *arg)
{
	int fd = mq_dev();
	long result;

	(void)arg;
	pthread_barrier_wait(&race_start);
	result = mq_bind(fd, "name");
	pthread_barrier_wait(&race_start);
	close(fd);
	return (void *)result;
}

MQ_TEST(bind_taken_race, "of two files that bind one name one succeeds, the other gets EEXIST")
{
	pthread_t thread;
	long mine, other;
	int i;

	pthread_barrier_init(&race_start, NULL, 2);
	for (i = 0; i < 100; i++) {
		pthread_create(&thread, NULL, race_takes, NULL);
		mine = (long)race_takes(NULL);
		pthread_join(thread, (void **)&other);
		MQ_EQ(mine + other, -EEXIST);
	}
}

MQ_TEST(bind_taken, "a name that a file or a process has is EEXIST, for bind and for /reg")
{
	struct mq_peer *peer = mq_peer_start();
	int fd = mq_dev(), bob, text = mq_dev();

	bob = mq_bound("bob");
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_bind(fd, "bob"), -EEXIST);
	MQ_EQ(mq_bind(fd, "text"), -EEXIST);
	MQ_EQ(mq_peer_cmd(peer, "/reg bob"), -EEXIST);
	/* It differs in one bit, or is shorter: another name. */
	mq_bound("Bob");
	mq_bound("bo");
	MQ_EQ(mq_frame_send_text(bob, "bob", "still mine"), 0);
	MQ_FRAME_READS(bob, "bob", "still mine");
	MQ_EQ(mq_bind(fd, "eve"), 0);
}

MQ_TEST(bind_full, "ENOSPC when MAX_DEVICES named endpoints exist, of either kind",
	.params = "MAX_DEVICES=3")
{
	struct mq_peer *peer = mq_peer_start();
	int fd = mq_dev(), text = mq_dev(), one, two;

	one = mq_bound("one");
	two = mq_bound("two");
	MQ_EQ(mq_cmd(text, "/reg three"), 0);
	MQ_EQ(mq_bind(fd, "four"), -ENOSPC);
	MQ_EQ(mq_peer_cmd(peer, "/reg four"), -ENOSPC);
	close(two);
	MQ_EQ(mq_bind(fd, "four"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg five"), -ENOSPC);
	close(one);
	MQ_EQ(mq_peer_cmd(peer, "/reg five"), 0);
}

MQ_TEST(bind_failed, "a bind that failed leaves the file unbound and takes no name and no place",
	.params = "MAX_DEVICES=2", .open_to_all = true)
{
	int fd = mq_dev(), i, one = mq_bound("one");

	for (i = 0; i < 20; i++) {
		MQ_EQ(mq_bind(fd, "one"), -EEXIST);
		MQ_EQ(mq_bind(fd, "t@o"), -EINVAL);
		MQ_EQ(mq_bind(fd, "two", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
		MQ_EQ(mq_bind(fd, "two", .depth = MQ_DEPTH_MAX + 1), -EINVAL);
		check_unbound(fd);
	}
	MQ_TRUE(!mq_is_there("two"));
	MQ_EQ(mq_bind(fd, "two"), 0);
	MQ_EQ(mq_frame_send_text(fd, "one", "hi"), 0);
	MQ_FRAME_READS(one, "two", "hi");
}

/* ---- each field -------------------------------------------------------- */

MQ_TEST(bind_name_longest, "a name of 23 bytes, all of them usable")
{
	static const char *const names[] = {
		"12345678901234567890123", "12345678901234567890124",
		"1234567890123456789012", "123456789", "12345678" };
	int fd[5], i;

	for (i = 0; i < 5; i++)
		fd[i] = mq_bound(names[i]);
	for (i = 0; i < 5; i++) {
		MQ_EQ(mq_frame_send_text(fd[0], names[i], names[i]), 0);
		MQ_FRAME_READS(fd[i], names[0], names[i]);
		MQ_FRAME_EMPTY(fd[i]);
		MQ_TRUE(!strcmp(mq_status_of(names[i]).name, names[i]));
	}
}

MQ_TEST(bind_name_terminated, "a name without NUL, or with a byte behind its NUL, is EINVAL")
{
	struct mq_bind bind = wish("");
	int fd = mq_dev(), i;

	memset(bind.name, 'x', sizeof(bind.name));
	MQ_EQ(bind_raw(fd, bind), -EINVAL);
	for (i = 4; i < MQ_NAME_SIZE; i++) {
		bind = wish("bob");
		bind.name[i] = 'x';
		MQ_EQ(bind_raw(fd, bind), -EINVAL);
	}
	bind = wish("");
	bind.name[5] = 'x';
	MQ_EQ(bind_raw(fd, bind), -EINVAL);
	check_unbound(fd);
}

MQ_TEST(bind_name_alphabet, "an impossible name is EINVAL: each byte is 0x21 to 0x7e but @")
{
	int fd = mq_dev(), byte;
	bool possible;

	for (byte = 1; byte <= 0xff; byte++) {
		char first[] = { byte, 'b', 0 }, inside[] = { 'a', byte, 'b', 0 };

		possible = byte >= 0x21 && byte <= 0x7e && byte != '@';
		MQ_EQ(mq_bind(fd, first), possible ? 0 : -EINVAL);
		if (possible) {
			close(fd);
			fd = mq_dev();
		}
		MQ_EQ(mq_bind(fd, inside), possible ? 0 : -EINVAL);
		if (possible) {
			close(fd);
			fd = mq_dev();
		}
	}
	check_unbound(fd);
}

static const struct mq_who nobody = { .uid = ALICE, .gid = ALICE };
static const struct mq_who admin = { .uid = ALICE, .gid = ALICE,
	.rights = 1ULL << CAP_SYS_ADMIN };
static const struct mq_who resourceful = { .uid = ALICE, .gid = ALICE,
	.rights = 1ULL << CAP_SYS_RESOURCE };

MQ_TEST(bind_name_dot, "a name that begins with . needs CAP_SYS_ADMIN (EPERM)",
	.open_to_all = true)
{
	struct mq_peer *peer[] = { mq_peer_start_who(&nobody),
		mq_peer_start_who(&resourceful), mq_peer_start_who(&admin) };

	MQ_EQ(mq_peer_bind(peer[0], ".sys"), -EPERM);
	MQ_EQ(mq_peer_bind(peer[0], "."), -EPERM);
	MQ_EQ(mq_peer_bind(peer[1], ".sys"), -EPERM);
	MQ_EQ(mq_peer_bind(peer[0], "s.y.s."), 0);
	MQ_EQ(mq_peer_bind(peer[2], ".sys"), 0);
	MQ_EQ(mq_peer_frame_send_text(peer[0], ".sys", "hi"), 0);
	MQ_PEER_FRAME_READS(peer[2], "s.y.s.", "hi");
}

MQ_TEST(bind_depth, "depth 0 is QUEUE_LEN; up to QUEUE_LEN anyone may ask for",
	.params = "QUEUE_LEN=6", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&nobody);
	int fd = mq_bound("zero");
	uint32_t depth;

	MQ_EQ(mq_status_of("zero").depth, 6);
	close(fd);
	MQ_EQ(mq_peer_bind(peer, "six", .depth = 6), 0);
	MQ_EQ(mq_status_of("six").depth, 6);
	for (depth = 1; depth <= 6; depth++) {
		fd = mq_bound("some", .depth = depth);
		MQ_EQ(mq_status_of("some").depth, depth);
		close(fd);
	}
}

MQ_TEST(bind_depth_more, "more than QUEUE_LEN needs CAP_SYS_RESOURCE (EPERM)",
	.params = "QUEUE_LEN=6", .open_to_all = true)
{
	struct mq_peer *peer[] = { mq_peer_start_who(&nobody),
		mq_peer_start_who(&admin), mq_peer_start_who(&resourceful) };

	MQ_EQ(mq_peer_bind(peer[0], "deep", .depth = 7), -EPERM);
	MQ_EQ(mq_peer_bind(peer[0], "deep", .depth = MQ_DEPTH_MAX), -EPERM);
	MQ_EQ(mq_peer_bind(peer[0], "", .depth = 7), -EPERM);
	MQ_EQ(mq_peer_bind(peer[1], "deep", .depth = 7), -EPERM);
	MQ_TRUE(!mq_is_there("deep"));
	MQ_EQ(mq_peer_bind(peer[2], "deep", .depth = 7), 0);
	MQ_EQ(mq_status_of("deep").depth, 7);
}

MQ_TEST(bind_depth_most, "at most 65536, else EINVAL, whatever rights one has")
{
	int fd = mq_dev(), deep;

	MQ_EQ(mq_bind(fd, "deep", .depth = MQ_DEPTH_MAX + 1), -EINVAL);
	MQ_EQ(mq_bind(fd, "deep", .depth = 1U << 31), -EINVAL);
	MQ_EQ(mq_bind(fd, "deep", .depth = ~0U), -EINVAL);
	deep = mq_bound("deep", .depth = 65536);
	MQ_EQ(mq_status_of("deep").depth, 65536);
	close(deep);
}

static void depth_check(uint32_t depth)
{
	int bob = mq_bound("bob", .depth = depth), alice = mq_bound("alice");
	uint32_t i;

	for (i = 0; i < depth; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_EQ(mq_status_of("bob").overwritten, 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "newest"), 0);
	MQ_EQ(mq_status_of("bob").overwritten, 1);
	MQ_EQ(mq_status_of("bob").queued, depth);
	for (i = 1; i < depth; i++)
		MQ_EQ(MQ_FRAME_READS(bob, "alice", "x")->sequence, i + 1);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "newest")->sequence, depth + 1);
	MQ_FRAME_EMPTY(bob);
	close(bob);
	close(alice);
}

MQ_TEST(bind_depth_holds, "a mailbox holds exactly the depth asked for; one more overwrites the oldest")
{
	static const uint32_t depths[] = { 1, 2, 3, 5, 16, 17, 100, 1000 };
	size_t i;

	for (i = 0; i < sizeof(depths) / sizeof(*depths); i++)
		depth_check(depths[i]);
}

MQ_TEST(bind_policy_unknown, "an unknown policy is EINVAL")
{
	int fd = mq_dev();

	MQ_EQ(mq_bind(fd, "bob", .policy = 4), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .policy = 1U << 31), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .policy = ~0U), -EINVAL);
	check_unbound(fd);
}

MQ_TEST(bind_access_unknown, "an unknown rule who may send is EINVAL")
{
	int fd = mq_dev();

	MQ_EQ(mq_bind(fd, "bob", .access = 3), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .access = 1U << 31), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .access = ~0U), -EINVAL);
	check_unbound(fd);
}

MQ_TEST(bind_flags_unknown, "an unknown flag is EINVAL, and a reserved field that is not zero")
{
	int fd = mq_dev(), bit;

	for (bit = 0; bit < 32; bit++) {
		if (1U << bit != MQ_BIND_EVENTS)
			MQ_EQ(mq_bind(fd, "bob", .flags = 1U << bit), -EINVAL);
		MQ_EQ(mq_bind(fd, "bob", .reserved = 1U << bit), -EINVAL);
	}
	check_unbound(fd);
	MQ_EQ(mq_bind(fd, "bob", .flags = MQ_BIND_EVENTS), 0);
}

/* ---- a structure that grows -------------------------------------------- */

struct grown {
	struct mq_bind bind;
	char more[200];
};

MQ_TEST(bind_longer, "a longer structure is taken if what the driver does not know is zero, else E2BIG")
{
	struct grown grown = { .bind = wish("bob") };
	int fd = mq_dev();
	size_t i;

	grown.bind.size = sizeof(grown);
	for (i = 0; i < sizeof(grown.more); i++) {
		grown.more[i] = 1;
		MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, &grown), -E2BIG);
		grown.more[i] = 0;
	}
	check_unbound(fd);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, &grown), 0);
	MQ_EQ(mq_status_of("bob").pid, getpid());
}

MQ_TEST(bind_shorter, "a structure shorter than that of version 0.1.0 is EINVAL; behind its size nothing is read")
{
	struct mq_bind *edge = mq_edge_new(48), bind = wish("bob");
	int fd = mq_dev();
	uint32_t size;

	MQ_EQ(offsetof(struct mq_bind, see), 48);
	memcpy(edge, &bind, 48);
	for (size = 0; size < 48; size++) {
		edge->size = size;
		MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, edge), -EINVAL);
	}
	check_unbound(fd);
	edge->size = 48;
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, edge), 0);
}

MQ_TEST(bind_efault, "EFAULT where the structure is not there, and nothing is bound")
{
	struct mq_bind *edge = mq_edge_new(sizeof(*edge) - 1);
	int fd = mq_dev();
	uint32_t size = sizeof(*edge);

	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, NULL), -EFAULT);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, (void *)8), -EFAULT);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, mq_edge_new(0)), -EFAULT);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, mq_edge_new(2)), -EFAULT);
	memset(edge, 0, sizeof(*edge) - 1);
	memcpy(edge, &size, sizeof(size));
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, edge), -EFAULT);
	check_unbound(fd);
	MQ_EQ(mq_bind(fd, "bob"), 0);
}

/* ---- order, and who asks ----------------------------------------------- */

MQ_TEST(bind_order_of_errors, "EINVAL, EPERM the depth, EBUSY, EPERM the name, EEXIST, EDQUOT, ENOSPC",
	.params = "MAX_DEVICES=2 QUEUE_LEN=4 USER_ENDPOINTS=1", .open_to_all = true)
{
	struct mq_peer *user = mq_peer_start_who(&nobody), *again = mq_peer_start_who(&nobody);

	mq_bound("one");
	mq_bound(".two");
	MQ_EQ(mq_peer_bind(user, ".two", .reserved = 1), -EINVAL);
	MQ_EQ(mq_peer_bind(user, "one", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
	MQ_EQ(mq_peer_bind(user, ".t@o"), -EINVAL);
	MQ_EQ(mq_peer_bind(user, "one", .depth = MQ_DEPTH_MAX + 1), -EINVAL);
	MQ_EQ(mq_peer_bind(user, ".two"), -EPERM);
	MQ_EQ(mq_peer_bind(user, "one", .depth = 5), -EPERM);
	MQ_EQ(mq_peer_bind(user, "one"), -EEXIST);
	MQ_EQ(mq_peer_bind(user, "three"), -ENOSPC);
	MQ_EQ(mq_peer_bind(user, ""), 0);
	MQ_EQ(mq_peer_bind(user, "t@o"), -EINVAL);
	MQ_EQ(mq_peer_bind(user, "two", .policy = MQ_POLICY_FAIR, .depth = 4097), -EINVAL);
	MQ_EQ(mq_peer_bind(user, ".two", .depth = 5), -EPERM);
	MQ_EQ(mq_peer_bind(user, ".two"), -EBUSY);
	MQ_EQ(mq_peer_bind(user, "one"), -EBUSY);
	MQ_EQ(mq_peer_bind(user, "three"), -EBUSY);
	/* Now he has the one that he may have. */
	MQ_EQ(mq_peer_bind(again, ".two"), -EPERM);
	MQ_EQ(mq_peer_bind(again, "one"), -EEXIST);
	MQ_EQ(mq_peer_bind(again, "three"), -EDQUOT);
	MQ_EQ(mq_peer_bind(again, ""), -EDQUOT);
}

static void opener_check(void)
{
	int fd = mq_dev();

	MQ_OK(seteuid(ALICE));
	MQ_EQ(mq_bind(fd, "bob"), -EPERM);
	MQ_EQ(mq_bind(fd, ""), -EPERM);
	MQ_OK(seteuid(0));
	MQ_OK(setegid(ALICE));
	MQ_EQ(mq_bind(fd, "bob"), -EPERM);
	MQ_EQ(mq_bind(fd, ""), -EPERM);
	MQ_OK(setegid(0));
	check_unbound(fd);
	MQ_EQ(mq_bind(fd, "bob"), 0);
}

MQ_TEST(bind_opener, "a file that was opened under another effective uid or gid makes no endpoint (EPERM)")
{
	opener_check();
}

static void check_not_capable(int fd)
{
	MQ_EQ(mq_bind(fd, ".sys"), -EPERM);
	MQ_EQ(mq_bind(fd, "deep", .depth = 17), -EPERM);
}

static void gains_and_loses(void *arg)
{
	const struct mq_who *who = arg;
	int without, with;

	mq_become_who(who);
	mq_rights_set(0, who->rights);
	without = mq_dev();
	check_not_capable(without);
	mq_rights_set(who->rights, who->rights);
	check_not_capable(without);
	with = mq_dev();
	mq_rights_set(0, who->rights);
	check_not_capable(with);
	mq_rights_set(who->rights, who->rights);
	MQ_EQ(mq_bind(with, ".sys"), 0);
	MQ_EQ(mq_bind(mq_dev(), "deep", .depth = 17), 0);
	MQ_EQ(mq_bind(without, "sys"), 0);
}

MQ_TEST(bind_capability, "a capability counts only if both who opened the file and who binds it have it",
	.open_to_all = true)
{
	static struct mq_who both = { .uid = ALICE, .gid = ALICE,
		.rights = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_RESOURCE };

	mq_join(mq_run(gains_and_loses, &both));
}

static void owns_namespace(void *arg)
{
	int fd;

	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	fd = mq_dev();
	MQ_EQ(mq_bind(fd, ".sys"), -EPERM);
	MQ_EQ(mq_bind(fd, "deep", .depth = 17), -EPERM);
	MQ_EQ(mq_bind(fd, "deep", .depth = 16), 0);
}

MQ_TEST(bind_capability_namespace, "a capability in a user namespace of one's own counts for nothing",
	.open_to_all = true)
{
	mq_join(mq_run(owns_namespace, NULL));
}

/* ---- a file that is not bound ------------------------------------------ */

MQ_TEST(bind_unbound, "an ioctl that sends, receives, calls or peeks gives ENOTCONN on an unbound file")
{
	char frame[128] __attribute__((aligned(8))), room[MQ_FRAME_ROOM];
	size_t size = mq_frame_push_text(frame, 0, "bob", "hi");
	uint32_t send_size = size;
	int fd = mq_dev(), bob = mq_bound("bob"), i;

	for (i = 0; i < 2; i++) {
		MQ_EQ(mq_ioc_call(fd, frame, size, room, sizeof(room), 0), -ENOTCONN);
		MQ_EQ(mq_ioc_receive(fd, NULL, NULL, room, sizeof(room), 0), -ENOTCONN);
		MQ_EQ(mq_ioc_receive(fd, frame, &send_size, room, sizeof(room), 0), -ENOTCONN);
		MQ_EQ(send_size, size);
		MQ_EQ(mq_ioc_peek(fd, room, sizeof(room)), -ENOTCONN);
		MQ_EQ(mq_ioctl(fd, MQ_IOC_CALL, NULL), -ENOTCONN);
		MQ_EQ(mq_ioctl(fd, MQ_IOC_RECEIVE, NULL), -ENOTCONN);
		MQ_EQ(mq_ioctl(fd, MQ_IOC_PEEK, NULL), -ENOTCONN);
		/* Nor if the process has a name of its own. */
		MQ_EQ(mq_cmd(fd, i ? "/unr" : "/reg me"), 0);
	}
	MQ_FRAME_EMPTY(bob);
}
