// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may have: USER_ENDPOINTS, USER_BYTES, and the places of ROOT_DEVICES. Whose
 * endpoint is whose, who is exempt, and when what was taken is free again.
 *
 * Copyright (C) the mq authors
 */
#include "space.h"
#include "storm_lib.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>

#define ALICE 1001
#define BOB 1002
#define RESOURCE (1ULL << CAP_SYS_RESOURCE)

static const struct mq_who alice = { .uid = ALICE, .gid = ALICE };
static const struct mq_who alice_exempt = { .uid = ALICE, .gid = ALICE, .rights = RESOURCE };

/* ---- a user who takes what he can, in a peer ------------------------------- */

static int held[4096], held_count;

struct wish {
	char prefix[8];		/* of the names; empty: anonymous */
	uint32_t depth;
	int most;
	int error;		/* at which he stopped, or 0 */
};

static long obey_take(int own, long arg)
{
	struct wish *wish = (struct wish *)arg;
	char name[MQ_NAME_SIZE] = "";
	int i, fd, err = 0;

	(void)own;
	for (i = 0; i < wish->most && !err; i++) {
		if (wish->prefix[0])
			snprintf(name, sizeof(name), "%s%d", wish->prefix, held_count);
		fd = mq_dev();
		err = mq_bind(fd, name, .depth = wish->depth);
		if (err)
			close(fd);
		else
			held[held_count++] = fd;
	}
	wish->error = err;
	return err ? i - 1 : i;
}

/* How many more he got, of MOST at most; ERROR receives what the next one said. */
static long takes(struct mq_peer *peer, const char *prefix, uint32_t depth, int most, int *error)
{
	struct wish *wish = mq_peer_memory(peer);
	long got;

	strcpy(wish->prefix, prefix);
	wish->depth = depth;
	wish->most = most;
	got = mq_peer_do(peer, obey_take, (long)wish);
	*error = wish->error;
	return got;
}

#define MQ_TAKES(peer, prefix, depth, most, count, code) do {		\
	int mq_code_;							\
	MQ_EQ(takes(peer, prefix, depth, most, &mq_code_), count);	\
	MQ_EQ(mq_code_, code);						\
} while (0)

static long obey_give(int own, long count)
{
	(void)own;
	while (count--)
		close(held[--held_count]);
	return 0;
}

static long obey_count(int fd, long arg)
{
	struct mq_info info;

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	return arg ? (long)info.own_bytes : (long)info.own_endpoints;
}

static long endpoints_of(struct mq_peer *peer)
{
	return mq_peer_do(peer, obey_count, 0);
}

static long bytes_of(struct mq_peer *peer)
{
	return mq_peer_do(peer, obey_count, 1);
}

static struct mq_info info_now(void)
{
	struct mq_info info;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_info(fd, &info), 0);
	close(fd);
	return info;
}

/* ---- the parameters --------------------------------------------------------- */

static void check_defaults(const char *params, long long endpoints, long long bytes, long long root)
{
	struct mq_info info;

	MQ_EQ(mq_load(params), 0);
	info = info_now();
	MQ_EQ(mq_param("USER_ENDPOINTS"), endpoints);
	MQ_EQ(mq_param("USER_BYTES"), bytes);
	MQ_EQ(mq_param("ROOT_DEVICES"), root);
	MQ_EQ(info.user_endpoints, endpoints);
	MQ_EQ(info.user_bytes, bytes);
	MQ_EQ(info.root_devices, root);
	MQ_EQ(info.fair_depth_max, 4096);
	MQ_EQ(mq_unload(), 0);
}

MQ_TEST(users_defaults, "USER_ENDPOINTS is three quarters of MAX_DEVICES, USER_BYTES as many full mailboxes, ROOT_DEVICES a sixteenth; sysfs and INFO say what holds",
	.no_module = true)
{
	check_defaults("", 48, 48 * 16 * 4096, 4);
	check_defaults("MAX_DEVICES=1", 1, 16 * 4096, 0);
	check_defaults("MAX_DEVICES=2 QUEUE_LEN=3", 2, 2 * 3 * 4096, 0);
	check_defaults("MAX_DEVICES=3", 3, 3 * 16 * 4096, 0);
	check_defaults("MAX_DEVICES=4", 3, 3 * 16 * 4096, 0);
	check_defaults("MAX_DEVICES=15", 12, 12 * 16 * 4096, 0);
	check_defaults("MAX_DEVICES=16", 12, 12 * 16 * 4096, 1);
	check_defaults("MAX_DEVICES=17 CMD_BUF_SIZE=100", 13, 13 * 16 * 100, 1);
	check_defaults("MAX_DEVICES=64 ROOT_DEVICES=-1", 48, 48 * 16 * 4096, 4);
	check_defaults("USER_ENDPOINTS=5", 5, 5 * 16 * 4096, 4);
	check_defaults("USER_ENDPOINTS=0 USER_BYTES=0 ROOT_DEVICES=0", 48, 48 * 16 * 4096, 0);
	check_defaults("USER_BYTES=1 ROOT_DEVICES=64", 48, 1, 64);
	check_defaults("USER_ENDPOINTS=4294967295 USER_BYTES=9223372036854775807", 4294967295LL,
		       9223372036854775807LL, 4);
	check_defaults("MAX_DEVICES=65536 QUEUE_LEN=65536 CMD_BUF_SIZE=1048576", 49152,
		       49152LL * 65536 * 1048576, 4096);

	/* More than can be counted is as much as can be. */
	MQ_EQ(mq_load("USER_ENDPOINTS=4294967295 QUEUE_LEN=65536 CMD_BUF_SIZE=1048576"), 0);
	MQ_TRUE(info_now().user_bytes == UINT64_MAX);
	MQ_EQ(mq_unload(), 0);
}

static void check_refused(const char *params, const char *name, const char *value)
{
	int log = mq_log_open(), lines = 0;
	char line[1024];

	MQ_EQ(mq_load(params), -EINVAL);
	while (mq_log_next(log, line, sizeof(line), NULL)) {
		if (!strstr(line, "mq_driver: "))
			continue;
		lines++;
		if (!strstr(line, name) || !strstr(line, value))
			MQ_FAIL("\"%s\" does not name %s and %s", line, name, value);
	}
	MQ_EQ(lines, 1);
	close(log);
}

MQ_TEST(users_out_of_range, "a value out of range: EINVAL, and one line that names it; what is no number the kernel refuses",
	.no_module = true)
{
	check_refused("ROOT_DEVICES=65", "ROOT_DEVICES", "65");
	check_refused("MAX_DEVICES=3 ROOT_DEVICES=4", "ROOT_DEVICES", "4");
	check_refused("ROOT_DEVICES=-2", "ROOT_DEVICES", "is out of range");
	MQ_NE(mq_load("ROOT_DEVICES=4294967295"), 0);
	MQ_NE(mq_load("USER_ENDPOINTS=4294967296"), 0);
	MQ_NE(mq_load("USER_ENDPOINTS=-1"), 0);
	MQ_NE(mq_load("USER_BYTES=18446744073709551616"), 0);
	MQ_NE(mq_load("USER_BYTES=-1"), 0);
	MQ_NE(mq_load("USER_BYTES=many"), 0);
	MQ_EQ(mq_load("USER_BYTES=18446744073709551615"), 0);
	MQ_EQ(mq_unload(), 0);
}

MQ_TEST(users_read_only, "the limits can be read under /sys/module by everybody, and written by nobody",
	.params = "USER_ENDPOINTS=7")
{
	static const char *const names[] = { "USER_ENDPOINTS", "USER_BYTES", "ROOT_DEVICES" };
	char path[128];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/sys/module/mq_driver/parameters/%s", names[i]);
		MQ_ERR(open(path, O_WRONLY | O_CLOEXEC), EACCES);
	}
	mq_become(ALICE, ALICE);
	MQ_EQ(mq_param("USER_ENDPOINTS"), 7);
}

/* ---- endpoints ---------------------------------------------------------------- */

MQ_TEST(users_endpoints, "a user may have USER_ENDPOINTS, anonymous ones and processes included; then EDQUOT; others are not touched",
	.params = "USER_ENDPOINTS=5", .open_to_all = true)
{
	struct mq_peer *one = mq_peer_start_as(ALICE, ALICE), *two = mq_peer_start_as(ALICE, BOB);
	struct mq_peer *bob = mq_peer_start_as(BOB, ALICE);

	MQ_EQ(mq_peer_cmd(two, "/reg two"), 0);
	MQ_TAKES(one, "", 0, 2, 2, 0);
	MQ_TAKES(one, "a", 0, 9, 2, -EDQUOT);
	MQ_EQ(mq_peer_cmd(one, "/reg one"), -EDQUOT);
	MQ_TAKES(two, "", 0, 9, 0, -EDQUOT);
	MQ_EQ(endpoints_of(one), 5);
	MQ_EQ(endpoints_of(two), 5);
	MQ_EQ(endpoints_of(bob), 0);

	MQ_TAKES(bob, "b", 0, 9, 5, -EDQUOT);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), -EDQUOT);
	MQ_EQ(mq_peer_cmd(two, "/unr"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), -EDQUOT);
	MQ_EQ(mq_peer_cmd(one, "/reg one"), 0);
	MQ_EQ(mq_peer_cmd(one, "/all to all"), 0);
}

MQ_TEST(users_order, "EDQUOT comes after EPERM and EEXIST and before ENOSPC",
	.params = "USER_ENDPOINTS=1 MAX_DEVICES=2 ROOT_DEVICES=0", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE), *bob = mq_peer_start_as(BOB, BOB);
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg root"), 0);
	MQ_TAKES(peer, "", 0, 1, 1, 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg .sys"), -EPERM);
	MQ_EQ(mq_peer_cmd(peer, "/reg root"), -EEXIST);
	MQ_EQ(mq_peer_cmd(peer, "/reg free"), -EDQUOT);
	MQ_EQ(mq_peer_bind(peer, "root"), -EEXIST);
	MQ_EQ(mq_peer_bind(peer, "free"), -EDQUOT);
	MQ_EQ(mq_peer_bind(peer, "free", .depth = 17), -EPERM);
	/* The registry is full too. */
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg free"), -EDQUOT);
	MQ_EQ(mq_peer_bind(peer, "free"), -EDQUOT);
	MQ_EQ(mq_peer_bind(bob, "free"), -EDQUOT);
	MQ_EQ(mq_cmd(mq_dev(), "/reg root"), -EEXIST);
	MQ_EQ(mq_bind(mq_dev(), "root2"), -ENOSPC);
}

MQ_TEST(users_not_all, "with the defaults no user takes all of MAX_DEVICES, and all users together leave places for root",
	.open_to_all = true)
{
	struct mq_peer *a = mq_peer_start_as(ALICE, ALICE), *b = mq_peer_start_as(BOB, BOB);
	static const char *const places[] = { "r0", "r1", "r2", "r3" };
	struct mq_peer *c = mq_peer_start_as(BOB + 1, BOB);
	int fd = -1, i;

	MQ_TAKES(a, "a", 0, 99, 48, -EDQUOT);
	MQ_TAKES(a, "", 0, 99, 0, -EDQUOT);
	MQ_TAKES(b, "b", 0, 99, 12, -ENOSPC);
	MQ_TAKES(c, "c", 0, 99, 0, -ENOSPC);
	/* What has no name takes no place. */
	MQ_TAKES(c, "", 0, 5, 5, 0);
	for (i = 0; i < 4; i++) {
		fd = mq_dev();
		MQ_EQ(mq_bind(fd, places[i]), 0);
	}
	MQ_EQ(mq_bind(mq_dev(), "r4"), -ENOSPC);
	/* A place that root gives back is not for the others. */
	close(fd);
	MQ_TAKES(c, "c", 0, 99, 0, -ENOSPC);
	mq_bound("r4");
}

static long registers(int fd, long arg)
{
	(void)arg;
	return mq_cmd(fd, "/reg x");
}

MQ_TEST(users_root_places, "ROOT_DEVICES places are kept for CAP_SYS_RESOURCE: the others get ENOSPC, by /reg and by bind, and the log says so",
	.params = "MAX_DEVICES=3 ROOT_DEVICES=3", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE), *exempt = mq_peer_start_who(&alice_exempt);
	int log = mq_log_open(), lines = 0;
	char line[1024];

	MQ_EQ(mq_peer_cmd(peer, "/reg x"), -ENOSPC);
	MQ_EQ(mq_peer_bind(peer, "x"), -ENOSPC);
	MQ_EQ(endpoints_of(peer), 0);
	MQ_EQ(bytes_of(peer), 0);
	while (mq_log_next(log, line, sizeof(line), NULL))
		lines += strstr(line, "registry is full") && strstr(line, "MAX_DEVICES=3");
	MQ_EQ(lines, 2);
	MQ_EQ(mq_peer_bind(peer, ""), 0);
	MQ_EQ(mq_peer_do(exempt, registers, 0), 0);
	mq_bound("one");
	mq_bound("two");
	MQ_EQ(mq_bind(mq_dev(), "three"), -ENOSPC);
}

MQ_TEST(users_quiet, "a refusal by EDQUOT is not logged, however often", .params = "USER_ENDPOINTS=1", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);
	int log = mq_log_open(), i;
	char line[1024];

	MQ_EQ(mq_peer_cmd(peer, "/reg one"), 0);
	for (i = 0; i < 50; i++)
		MQ_TAKES(peer, i % 2 ? "x" : "", 0, 1, 0, -EDQUOT);
	while (mq_log_next(log, line, sizeof(line), NULL))
		MQ_TRUE(!strstr(line, "mq_driver"));
}

/* ---- bytes ---------------------------------------------------------------------- */

MQ_TEST(users_bytes, "a user's mailboxes together take at most USER_BYTES, each its depth times CMD_BUF_SIZE",
	.params = "QUEUE_LEN=10 CMD_BUF_SIZE=100 USER_BYTES=3500 USER_ENDPOINTS=9", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE), *bob = mq_peer_start_as(BOB, BOB);

	MQ_TAKES(peer, "a", 0, 9, 3, -EDQUOT);
	MQ_EQ(bytes_of(peer), 3000);
	MQ_EQ(endpoints_of(peer), 3);
	MQ_EQ(mq_peer_cmd(peer, "/reg a"), -EDQUOT);
	MQ_TAKES(peer, "", 6, 9, 0, -EDQUOT);
	MQ_TAKES(peer, "", 5, 9, 1, -EDQUOT);
	MQ_EQ(bytes_of(peer), 3500);
	MQ_TAKES(peer, "", 1, 9, 0, -EDQUOT);
	/* A reader that never reads: all of it is full, and nobody else is locked out. */
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(bytes_of(bob), 1000);
	MQ_EQ(mq_peer_do(peer, obey_give, 1), 0);
	MQ_TAKES(peer, "", 1, 9, 5, -EDQUOT);
	MQ_EQ(mq_peer_do(peer, obey_give, 5), 0);
	MQ_EQ(mq_peer_do(peer, obey_give, 1), 0);
	MQ_EQ(bytes_of(peer), 2000);
	MQ_EQ(mq_peer_cmd(peer, "/reg a"), 0);
	MQ_EQ(bytes_of(peer), 3000);
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	MQ_EQ(bytes_of(peer), 2000);
}

MQ_TEST(users_bytes_smallest, "USER_BYTES below one mailbox: nobody but the exempt has one",
	.params = "QUEUE_LEN=10 CMD_BUF_SIZE=100 USER_BYTES=999", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);

	MQ_EQ(mq_peer_cmd(peer, "/reg a"), -EDQUOT);
	MQ_EQ(mq_peer_bind(peer, "a", .depth = 10), -EDQUOT);
	MQ_EQ(mq_peer_bind(peer, "a", .depth = 9), 0);
	MQ_EQ(mq_cmd(mq_dev(), "/reg root"), 0);
}

MQ_TEST(users_bytes_wide, "bytes are counted in 64 bits: 65536 messages of 1 MiB are 64 GiB",
	.params = "QUEUE_LEN=65536 CMD_BUF_SIZE=1048576 USER_BYTES=137438953472 USER_ENDPOINTS=4294967295",
	.open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);

	MQ_TAKES(peer, "a", 65535, 1, 1, 0);
	MQ_TAKES(peer, "b", 65536, 9, 1, -EDQUOT);
	MQ_TAKES(peer, "c", 2, 9, 0, -EDQUOT);
	MQ_TAKES(peer, "d", 1, 9, 1, -EDQUOT);
	MQ_EQ(endpoints_of(peer), 3);
	/* Two mailboxes whose bytes are 0 in 32 bits, and what a wrapped sum would allow. */
	MQ_EQ(info_now().user_bytes, 137438953472LL);
	MQ_EQ(mq_peer_do(peer, obey_give, 3), 0);
	MQ_EQ(endpoints_of(peer), 0);
}

MQ_TEST(users_bytes_largest, "the largest USER_BYTES and USER_ENDPOINTS bound nothing, and no sum wraps",
	.params = "QUEUE_LEN=65536 CMD_BUF_SIZE=1048576 USER_BYTES=18446744073709551615 USER_ENDPOINTS=4294967295",
	.open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);

	MQ_TAKES(peer, "", 65536, 20, 20, 0);
	MQ_EQ(endpoints_of(peer), 20);
	MQ_EQ(mq_peer_do(peer, obey_give, 20), 0);
	MQ_EQ(endpoints_of(peer), 0);
}

/* ---- who is exempt -------------------------------------------------------------- */

static long opens_and_binds(int own, long rights)
{
	int fd;

	(void)own;
	mq_rights_set(rights & 1 ? RESOURCE : 0, RESOURCE);
	fd = mq_dev();
	mq_rights_set(rights & 2 ? RESOURCE : 0, RESOURCE);
	return mq_bind(fd, "");
}

MQ_TEST(users_exempt, "CAP_SYS_RESOURCE exempts, but only if caller and opener have it; who is exempt is not counted",
	.params = "USER_ENDPOINTS=1 USER_BYTES=65536", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_who(&alice_exempt);
	int i;

	for (i = 0; i < 5; i++)
		MQ_EQ(mq_peer_do(peer, opens_and_binds, 3), 0);
	MQ_EQ(endpoints_of(peer), 0);
	MQ_EQ(bytes_of(peer), 0);
	MQ_EQ(mq_peer_do(peer, opens_and_binds, 1), 0);
	MQ_EQ(endpoints_of(peer), 1);
	MQ_EQ(mq_peer_do(peer, opens_and_binds, 0), -EDQUOT);
	MQ_EQ(mq_peer_do(peer, opens_and_binds, 1), -EDQUOT);
	MQ_EQ(mq_peer_do(peer, opens_and_binds, 2), -EDQUOT);
	MQ_EQ(mq_peer_do(peer, opens_and_binds, 3), 0);
	MQ_EQ(endpoints_of(peer), 1);
	mq_peer_kill(peer, SIGKILL);
	/* Nothing of the exempt ones was given back: one more would be a wrap. */
	peer = mq_peer_start_who(&alice);
	MQ_EQ(endpoints_of(peer), 0);
	MQ_TAKES(peer, "", 0, 9, 1, -EDQUOT);
}

static long without_rights(int own, long arg)
{
	(void)own;
	mq_rights_set(0, 0);
	return obey_take(mq_dev(), arg);
}

MQ_TEST(users_root_without_rights, "root without CAP_SYS_RESOURCE is a user like any other",
	.params = "USER_ENDPOINTS=2")
{
	struct mq_peer *peer = mq_peer_start();
	struct wish *wish = mq_peer_memory(peer);

	*wish = (struct wish){ .most = 9 };
	MQ_EQ(mq_peer_do(peer, without_rights, (long)wish), 2);
	MQ_EQ(wish->error, -EDQUOT);
}

/* ---- user namespaces --------------------------------------------------------------- */

static const struct mq_space_user alices = {
	.uid = ALICE, .gid = ALICE,
	.uids = "0 1001 1\n1 100001 1000\n", .gids = "0 1001 1\n1 100001 1000\n",
};

static const struct mq_space_user alices_without_map = { .uid = ALICE, .gid = ALICE };

/* A namespace in the namespace; its maker is one of the sub-uids. */
static long nests(int own, long arg)
{
	(void)own;
	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	return mq_bind(mq_dev(), "");
}

MQ_TEST(users_namespace, "the users of a user namespace count as the one who made it: with sub-uids, without a map, nested",
	.params = "USER_ENDPOINTS=4", .open_to_all = true)
{
	struct mq_peer *outside = mq_peer_start_as(ALICE, ALICE);
	struct mq_peer *root = mq_space_peer_as(&alices, 0), *sub = mq_space_peer_as(&alices, 7);
	struct mq_peer *unmapped = mq_space_peer_as(&alices_without_map, 0);
	struct mq_peer *again = mq_space_peer_as(&alices, 8);
	struct mq_peer *stranger = mq_peer_start_as(100007, 100007);

	MQ_EQ(mq_peer_cmd(outside, "/reg out"), 0);
	MQ_TAKES(root, "", 0, 1, 1, 0);
	MQ_EQ(mq_peer_cmd(sub, "/reg sub"), 0);
	MQ_EQ(endpoints_of(outside), 3);
	MQ_EQ(endpoints_of(root), 3);
	MQ_EQ(endpoints_of(sub), 3);
	MQ_EQ(endpoints_of(unmapped), 3);
	MQ_EQ(mq_peer_do(sub, nests, 0), 0);
	MQ_TAKES(outside, "", 0, 9, 0, -EDQUOT);
	MQ_TAKES(sub, "", 0, 9, 0, -EDQUOT);
	MQ_TAKES(root, "r", 0, 9, 0, -EDQUOT);
	MQ_EQ(mq_peer_cmd(unmapped, "/reg un"), -EDQUOT);
	MQ_EQ(mq_peer_cmd(again, "/reg again"), -EDQUOT);
	/* The same number, outside, is somebody else. */
	MQ_EQ(endpoints_of(stranger), 0);
	MQ_TAKES(stranger, "", 0, 9, 4, -EDQUOT);
	/* Whose they are is the maker's business at their end too. */
	mq_peer_kill(sub, SIGKILL);
	MQ_EQ(endpoints_of(outside), 2);
	MQ_EQ(mq_peer_cmd(unmapped, "/reg un"), 0);
	mq_peer_kill(unmapped, SIGKILL);
	MQ_TAKES(outside, "", 0, 9, 2, -EDQUOT);
}

MQ_TEST(users_namespace_of_root, "a user namespace that root made counts as who its own root is outside; one that maps none, as root",
	.params = "USER_ENDPOINTS=2", .open_to_all = true)
{
	static const struct mq_space_user
		one = { .uids = "0 100000 1000\n", .gids = "0 100000 1000\n" },
		two = { .uids = "0 200000 1000\n", .gids = "0 200000 1000\n" },
		none = { .uids = NULL };
	struct mq_peer *a = mq_space_peer_as(&one, 0), *b = mq_space_peer_as(&one, 7);
	struct mq_peer *c = mq_space_peer_as(&two, 0), *d = mq_space_peer_as(&none, 0);
	struct mq_peer *outside = mq_peer_start_as(100000, 100000);

	MQ_EQ(mq_peer_cmd(a, "/reg a"), 0);
	MQ_EQ(mq_peer_cmd(b, "/reg b"), 0);
	MQ_EQ(endpoints_of(outside), 2);
	MQ_TAKES(a, "", 0, 9, 0, -EDQUOT);
	MQ_TAKES(b, "", 0, 9, 0, -EDQUOT);
	MQ_EQ(endpoints_of(c), 0);
	MQ_TAKES(c, "", 0, 9, 2, -EDQUOT);
	MQ_TAKES(d, "", 0, 9, 2, -EDQUOT);
	MQ_EQ(endpoints_of(a), 2);
}

MQ_TEST(users_namespace_rights, "all rights in a user namespace exempt from nothing and open no kept place",
	.params = "USER_ENDPOINTS=1 MAX_DEVICES=4 ROOT_DEVICES=3", .open_to_all = true)
{
	struct mq_peer *root = mq_space_peer_as(&alices, 0), *bob = mq_peer_start_as(BOB, BOB);

	MQ_EQ(mq_peer_bind(root, "x", .depth = 17), -EPERM);
	MQ_EQ(mq_peer_cmd(root, "/reg .x"), -EPERM);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(root, "/reg x"), -ENOSPC);
	MQ_TAKES(root, "", 0, 1, 1, 0);
	MQ_EQ(mq_peer_cmd(root, "/reg x"), -EDQUOT);
}

/* ---- given back --------------------------------------------------------------------- */

static long binds_twice(int fd, long arg)
{
	(void)arg;
	MQ_EQ(mq_bind(fd, "twice"), 0);
	MQ_EQ(mq_bind(fd, "again"), -EBUSY);
	return 0;
}

MQ_TEST(users_failed, "what failed counts nothing: EEXIST, EPERM, EINVAL, EBUSY, ENOSPC, EDQUOT, EFAULT",
	.params = "USER_ENDPOINTS=2 MAX_DEVICES=3 ROOT_DEVICES=1", .open_to_all = true)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE), *bob = mq_peer_start_as(BOB, BOB);
	int i;

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	for (i = 0; i < 5; i++) {
		MQ_EQ(mq_peer_cmd(peer, "/reg bob"), -EEXIST);
		MQ_EQ(mq_peer_bind(peer, "bob"), -EEXIST);
		MQ_EQ(mq_peer_bind(peer, ".bob"), -EPERM);
		MQ_EQ(mq_peer_bind(peer, "x", .depth = 17), -EPERM);
		MQ_EQ(mq_peer_bind(peer, "b b"), -EINVAL);
		MQ_EQ(mq_peer_cmd(peer, "/reg b b"), -EINVAL);
		MQ_EQ(endpoints_of(peer), 0);
	}
	MQ_EQ(mq_peer_bind(bob, "bob2"), 0);
	MQ_EQ(mq_peer_cmd(peer, "/reg x"), -ENOSPC);
	MQ_EQ(mq_peer_bind(peer, "x"), -ENOSPC);
	MQ_EQ(endpoints_of(peer), 0);
	mq_peer_kill(bob, SIGKILL);
	MQ_EQ(mq_peer_do(peer, binds_twice, 0), 0);
	MQ_EQ(endpoints_of(peer), 1);
	MQ_TAKES(peer, "", 0, 9, 1, -EDQUOT);
	MQ_TAKES(peer, "", 0, 9, 0, -EDQUOT);
	MQ_EQ(endpoints_of(peer), 2);
	MQ_EQ(bytes_of(peer), 2 * 16 * 4096);
}

static void registers_and_dies(void *arg)
{
	int fd;

	mq_become(ALICE, ALICE);
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, arg), 0);
	MQ_EQ(mq_cmd(fd, "/msg dying unread"), 0);
	kill(getpid(), SIGKILL);
}

static void binds_and_dies(void *arg)
{
	mq_become(ALICE, ALICE);
	MQ_EQ(mq_bind(mq_dev(), arg), 0);
	kill(getpid(), SIGKILL);
}

MQ_TEST(users_dead_at_once, "what a process had is free once its parent has waited, also while nobody has unlinked it",
	.params = "USER_ENDPOINTS=1", .open_to_all = true, .timeout = 120)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);
	long i, rounds = mq_storm_count(200);

	for (i = 0; i < rounds; i++) {
		mq_wait_status(mq_run(registers_and_dies, "/reg dying"));
		/* Asked first, in turn; another name, the same one, or none. */
		if (i & 1)
			MQ_EQ(endpoints_of(peer), 0);
		MQ_EQ(mq_peer_cmd(peer, i & 2 ? "/reg other" : "/reg dying"), 0);
		MQ_EQ(endpoints_of(peer), 1);
		MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
		mq_wait_status(mq_run(i & 2 ? registers_and_dies : binds_and_dies,
				      i & 2 ? "/reg dying" : "dying"));
		MQ_TAKES(peer, "", 0, 2, 1, -EDQUOT);
		MQ_EQ(mq_peer_do(peer, obey_give, 1), 0);
		MQ_EQ(endpoints_of(peer), 0);
		MQ_EQ(bytes_of(peer), 0);
	}
}

static long becomes_bob(int fd, long arg)
{
	(void)fd;
	(void)arg;
	mq_become(BOB, BOB);
	return 0;
}

MQ_TEST(users_birth, "whose it is was decided at its birth: setuid moves nothing, and its end gives back to who made it",
	.params = "USER_ENDPOINTS=1", .open_to_all = true)
{
	static const struct mq_who both = { .uid = ALICE, .gid = ALICE, .rights = 1ULL << CAP_SETUID | 1ULL << CAP_SETGID };
	struct mq_peer *peer = mq_peer_start_who(&both), *asks = mq_peer_start_as(ALICE, ALICE);
	struct mq_peer *bob = mq_peer_start_as(BOB, BOB);

	MQ_TAKES(peer, "", 0, 9, 1, -EDQUOT);
	MQ_EQ(mq_peer_do(peer, becomes_bob, 0), 0);
	MQ_EQ(endpoints_of(asks), 1);
	MQ_EQ(endpoints_of(bob), 0);
	MQ_EQ(mq_peer_do(peer, obey_give, 1), 0);
	MQ_EQ(endpoints_of(asks), 0);
	MQ_EQ(endpoints_of(bob), 0);
	MQ_TAKES(bob, "", 0, 9, 1, -EDQUOT);
	MQ_TAKES(asks, "", 0, 9, 1, -EDQUOT);
}

static int passing[2];

static long sends_file(int own, long arg)
{
	(void)own;
	(void)arg;
	mq_file_send(passing[0], held[--held_count]);
	close(held[held_count]);
	return 0;
}

MQ_TEST(users_passed, "a descriptor that is passed on counts for who bound it, until it is closed where it went",
	.params = "USER_ENDPOINTS=1", .open_to_all = true)
{
	struct mq_peer *peer, *bob;
	int fd;

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing));
	peer = mq_peer_start_as(ALICE, ALICE);
	bob = mq_peer_start_as(BOB, BOB);
	MQ_TAKES(peer, "", 0, 1, 1, 0);
	MQ_EQ(mq_peer_do(peer, sends_file, 0), 0);
	MQ_EQ(endpoints_of(peer), 1);
	fd = mq_file_receive(passing[1]);
	MQ_TAKES(peer, "", 0, 1, 0, -EDQUOT);
	MQ_EQ(endpoints_of(bob), 0);
	close(fd);
	MQ_EQ(endpoints_of(peer), 0);
	MQ_TAKES(peer, "", 0, 9, 1, -EDQUOT);
}

/* ---- at once, on two processors --------------------------------------------------------- */

struct crowd {
	volatile int go, done, most;
	volatile int now;		/* endpoints that are surely there */
	long rounds;
};

#define LIMIT 3

static void throngs(void *arg)
{
	struct crowd *crowd = arg;
	struct mq_dice dice;
	int fd, now, err;
	long i;

	mq_become(ALICE, ALICE);
	mq_dice_init(&dice, getpid());
	while (!crowd->go)
		sched_yield();
	for (i = 0; i < crowd->rounds; i++) {
		bool text = mq_dice_throw(&dice, 2);

		fd = mq_dev();
		err = text ? mq_cmdf(fd, "/reg t%d", getpid() % 100000) :
			     mq_bind(fd, mq_dice_throw(&dice, 2) ? "same" : "");
		if (!err) {
			now = __sync_add_and_fetch(&crowd->now, 1);
			if (now > crowd->most)
				crowd->most = now;
			mq_dice_yield(&dice);
			__sync_sub_and_fetch(&crowd->now, 1);
		} else if (err != -EDQUOT && err != -EEXIST) {
			MQ_FAIL("refused with %s", strerrorname_np(-err));
		}
		if (text && !err)
			MQ_EQ(mq_cmd(fd, "/unr"), 0);
		close(fd);
	}
	mq_shared_add(&crowd->done, 1);
}

MQ_TEST(users_race, "many processes of one user at once never have more than he may, and at the end he has it all again",
	.params = "USER_ENDPOINTS=3", .open_to_all = true, .timeout = 180)
{
	struct mq_peer *peer = mq_peer_start_as(ALICE, ALICE);
	struct crowd *crowd = mq_shared(sizeof(*crowd));
	pid_t pids[6];
	int i;

	crowd->rounds = mq_storm_count(3000);
	for (i = 0; i < 6; i++)
		pids[i] = mq_run(throngs, crowd);
	crowd->go = 1;
	while (crowd->done < 6) {
		MQ_LE(endpoints_of(peer), LIMIT);
		MQ_LE(bytes_of(peer), LIMIT * 16 * 4096);
	}
	for (i = 0; i < 6; i++)
		mq_join(pids[i]);
	MQ_LE(crowd->most, LIMIT);
	MQ_EQ(endpoints_of(peer), 0);
	MQ_EQ(bytes_of(peer), 0);
	MQ_TAKES(peer, "", 0, 9, LIMIT, -EDQUOT);
}

/* ---- who does not read ------------------------------------------------------------------ */

static long floods(int fd, long count)
{
	while (count--)
		MQ_EQ(mq_frame_send_text(fd, "deaf", "unread"), 0);
	return 0;
}

MQ_TEST(users_deaf, "a reader that never reads, with all that he may have, locks nobody else out",
	.params = "QUEUE_LEN=4 MAX_DEVICES=16", .open_to_all = true)
{
	struct mq_peer *deaf = mq_peer_start_as(ALICE, ALICE), *sender = mq_peer_start_as(BOB, BOB);
	struct mq_peer *other = mq_peer_start_as(BOB + 1, BOB);
	int i;

	MQ_EQ(mq_peer_bind(deaf, "deaf"), 0);
	MQ_TAKES(deaf, "d", 0, 99, 11, -EDQUOT);
	MQ_EQ(mq_peer_bind(sender, "sender"), 0);
	MQ_EQ(mq_peer_bind(other, "other"), 0);
	MQ_EQ(mq_peer_do(sender, floods, 100), 0);
	for (i = 0; i < 20; i++)
		MQ_EQ(mq_peer_frame_send_flags(sender, "", MQ_FRAME_BROADCAST, "to all"), 0);
	MQ_EQ(mq_status_of("deaf").queued, 4);
	MQ_EQ(mq_status_of("d3").queued, 4);
	for (i = 0; i < 4; i++)
		MQ_PEER_FRAME_READS_FLAGS(other, "sender", MQ_FRAME_BROADCAST, "to all");
	MQ_EQ(mq_peer_frame_send_text(sender, "other", "still"), 0);
	MQ_PEER_FRAME_READS(other, "sender", "still");
	MQ_TAKES(sender, "", 0, 3, 3, 0);
	mq_bound("root");
}
