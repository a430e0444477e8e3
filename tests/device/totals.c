// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_TOTALS and debugfs: what all endpoints counted together, and the memory that is held.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>

#define COUNTERS "/sys/kernel/debug/mq/counters"
#define MEMORY "/sys/kernel/debug/mq/memory"

static const struct mq_who nobody = { .uid = 1001, .gid = 1001 };
static const struct mq_who admin = { .uid = 1001, .gid = 1001, .rights = 1ULL << CAP_SYS_ADMIN };

/* The value of a line "NAME VALUE" of a file of debugfs. */
static long long line_of(const char *path, const char *name)
{
	char key[32];
	long long value = -1, found = -1;
	FILE *file = fopen(path, "re");

	MQ_TRUE(file);
	while (fscanf(file, "%31s %lld", key, &value) == 2) {
		if (!strcmp(key, name))
			found = value;
	}
	MQ_TRUE(feof(file));
	fclose(file);
	return found;
}

static long obey_totals(int fd, long arg)
{
	struct mq_totals t;

	(void)arg;
	return mq_ioc_totals(fd, &t);
}

static long obey_totals_as_root_inside(int fd, long arg)
{
	(void)arg;
	MQ_OK(unshare(CLONE_NEWUSER));
	fd = mq_dev();
	return obey_totals(fd, 0);
}

MQ_TEST(totals_right, "the totals are for CAP_SYS_ADMIN, of who opened the file too: else EPERM; debugfs for root", .open_to_all = true)
{
	struct mq_peer *eve = mq_peer_start_who(&nobody), *root = mq_peer_start_who(&admin);
	struct mq_totals t;
	int fd;

	MQ_EQ(mq_peer_do(eve, obey_totals, 0), -EPERM);
	MQ_EQ(mq_peer_do(root, obey_totals, 0), 0);
	MQ_EQ(mq_peer_do(eve, obey_totals_as_root_inside, 0), -EPERM);
	fd = mq_dev();
	t = (struct mq_totals){ .size = sizeof(t), .flags = 1 };
	MQ_EQ(mq_ioctl(fd, MQ_IOC_TOTALS, &t), -EINVAL);
	MQ_EQ(mq_ioc_totals(mq_dev_flags(O_RDONLY), &t), 0);
	MQ_EQ(mq_ioc_totals(mq_bound("bob"), &t), 0);
}

MQ_TEST(totals_count, "the totals count all endpoints, those that have gone included: each counter, broadcasts and calls")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 2), text = mq_dev(), i;
	struct mq_caller *call;
	struct mq_totals t;

	MQ_EQ(mq_cmd(text, "/reg lamp"), 0);
	mq_bound("full", .depth = 1, .policy = MQ_POLICY_REJECT);
	mq_bound("");
	for (i = 0; i < 5; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_FRAME_READS(bob, "alice", "x");
	MQ_EQ(mq_frame_send_text(alice, "full", "x"), 0);
	MQ_EQ(mq_frame_send_text(alice, "full", "x"), -ENOBUFS);
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	call = mq_call_begin(alice, "bob", "?");
	t = mq_totals_now();
	MQ_EQ(t.names, 4);
	MQ_EQ(t.anonymous, 1);
	MQ_EQ(t.come, 5);
	MQ_EQ(t.gone, 0);
	MQ_EQ(t.accepted, 5 + 1 + 2 + 1);
	MQ_EQ(t.delivered, 1);
	MQ_EQ(t.overwritten, 3 + 1);
	MQ_EQ(t.rejected, 2);
	MQ_EQ(t.queued, 2 + 1 + 1);
	MQ_EQ(t.broadcasts, 1);
	MQ_EQ(t.calls, 1);

	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
	MQ_EQ(mq_cmd(text, "/unr"), 0);
	t = mq_totals_now();
	MQ_EQ(t.names, 2);
	MQ_EQ(t.gone, 2);
	MQ_EQ(t.accepted, 9);
	MQ_EQ(t.overwritten, 4);
	MQ_EQ(t.discarded, 3);
	MQ_EQ(t.queued, 1);
	/* Its file, still open, keeps the process's. */
	MQ_EQ(t.endpoints, 4);
	close(text);
	t = mq_totals_now();
	MQ_EQ(t.endpoints, 3);
	MQ_EQ(t.discarded, 3);
}

MQ_TEST(totals_dead, "a process that was killed no longer counts as there, and what it had unread as discarded")
{
	struct mq_peer *bob = mq_peer_start();
	int alice = mq_bound("alice");
	struct mq_totals t;

	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	mq_peer_kill(bob, SIGKILL);
	t = mq_totals_now();
	MQ_EQ(t.names, 1);
	MQ_EQ(t.gone, 1);
	/* The work that frees it comes soon. */
	while (t.endpoints > 1) {
		MQ_EQ(t.discarded + t.queued, 1);
		t = mq_totals_now();
	}
	MQ_EQ(t.discarded, 1);
	MQ_EQ(t.accepted, 1);
}

MQ_TEST(totals_files, "debugfs mq/counters and mq/memory have the same figures, one a line, readable by root only")
{
	static const char *const counters[] = { "names", "anonymous", "come", "gone", "queued", "accepted",
		"delivered", "overwritten", "discarded", "rejected", "broadcasts", "calls" };
	static const char *const memory[] = { "endpoints", "endpoint_bytes", "slots", "slot_bytes",
		"messages", "message_bytes" };
	int alice = mq_bound("alice"), i;
	const uint64_t *value;
	struct mq_totals t;

	mq_bound("bob", .depth = 2);
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);
	t = mq_totals_now();
	value = (const uint64_t *)&t.names;
	for (i = 0; i < 12; i++)
		MQ_EQ(line_of(COUNTERS, counters[i]), *value++);
	for (i = 0; i < 6; i++)
		MQ_EQ(line_of(MEMORY, memory[i]), *value++);
	MQ_TRUE((const char *)value == (const char *)(&t + 1));
	MQ_EQ(line_of(COUNTERS, "overwritten"), 2);
}

static int mode_of(const char *path)
{
	struct stat stat;

	MQ_OK(lstat(path, &stat));
	return stat.st_mode & 0777;
}

MQ_TEST(totals_modes, "the files of debugfs are readable by root only, and cannot be written")
{
	MQ_EQ(mode_of(COUNTERS), 0400);
	MQ_EQ(mode_of(MEMORY), 0400);
	MQ_EQ(mode_of(MQ_ENDPOINTS), 0400);
}

/* ---- memory ---------------------------------------------------------------- */

/* Freed a grace period later. */
static struct mq_totals totals_without_messages(void)
{
	struct mq_totals t = mq_totals_now();

	while (t.messages || t.message_bytes) {
		mq_sleep_ms(5);
		t = mq_totals_now();
	}
	return t;
}

MQ_TEST(totals_memory, "the memory that is held: of endpoints, slots and messages; given back all of it",
	.params = "QUEUE_LEN=10 CMD_BUF_SIZE=100000")
{
	static char big[70000];
	struct mq_totals t = mq_totals_now(), before;
	int alice, bob, i;

	MQ_EQ(t.endpoints + t.endpoint_bytes + t.slots + t.slot_bytes + t.messages + t.message_bytes, 0);
	alice = mq_bound("alice");
	bob = mq_bound("bob", .depth = 7);
	before = mq_totals_now();
	MQ_EQ(before.endpoints, 2);
	MQ_GE(before.endpoint_bytes, 2 * 128);
	MQ_EQ(before.endpoint_bytes % 2, 0);
	MQ_EQ(before.slots, 17);
	MQ_EQ(before.slot_bytes % 17, 0);
	MQ_GE(before.slot_bytes, 17 * 4);
	MQ_EQ(before.messages, 0);
	for (i = 1; i <= 3; i++) {
		MQ_EQ(mq_frame_send(alice, "bob", 0, 0, big, sizeof(big)), MQ_FRAME_SPACE(64 + sizeof(big)));
		t = mq_totals_now();
		MQ_EQ(t.messages, i);
		MQ_GE(t.message_bytes, i * sizeof(big));
		MQ_LE(t.message_bytes, i * (sizeof(big) + 256));
	}
	/* One for all who get it. */
	mq_bound("carol", .depth = 1);
	MQ_EQ(mq_frame_broadcast(alice, "x"), 0);
	t = mq_totals_now();
	MQ_EQ(t.messages, 4);
	MQ_EQ(t.queued, 5);
	MQ_EQ(t.slots, 18);
	/* A ledger has numbers: more for each slot. */
	before = mq_totals_now();
	i = mq_bound("fair", .depth = 10, .policy = MQ_POLICY_FAIR);
	t = mq_totals_now();
	MQ_EQ(t.slots, 28);
	MQ_GE(t.slot_bytes, before.slot_bytes + 10 * (before.slot_bytes / 18 + 8 + 8 + 2));
	close(i);
	MQ_EQ(mq_totals_now().slot_bytes, before.slot_bytes);
	close(bob);
	t = mq_totals_now();
	MQ_EQ(t.messages, 1);
	MQ_LE(t.message_bytes, 256);
}

static void sends_and_ends(void *arg)
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	(void)arg;
	for (int i = 0; i < 40; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "a message"), 0);
	MQ_FRAME_READS(bob, "alice", "a message");
}

MQ_TEST(totals_memory_none, "when all have gone, nothing is held: also no message that a sender keeps")
{
	struct mq_totals t;

	for (int i = 0; i < 3; i++)
		mq_join(mq_run(sends_and_ends, NULL));
	t = totals_without_messages();
	MQ_EQ(t.endpoints + t.endpoint_bytes + t.slots + t.slot_bytes, 0);
	MQ_EQ(t.accepted, 120);
	MQ_EQ(t.overwritten, 3 * 24);
	MQ_EQ(t.delivered, 3);
	MQ_EQ(t.discarded, 3 * 15);
	MQ_EQ(t.come, 6);
	MQ_EQ(t.gone, 6);
}

/* ---- under load ------------------------------------------------------------ */

static volatile int *stop;

static void comes_and_goes(void *arg)
{
	char bytes[1024];
	int me, other;

	while (!*stop) {
		me = mq_bound_nonblock(arg, .depth = 3);
		other = mq_dev();
		MQ_EQ(mq_cmdf(other, "/reg %s-t", (char *)arg), 0);
		MQ_EQ(mq_frame_broadcast(me, "all"), 0);
		mq_read(me, bytes, sizeof(bytes));
		mq_read(other, bytes, 1);
		MQ_EQ(mq_cmd(other, "/unr"), 0);
		close(other);
		close(me);
	}
}

MQ_TEST(totals_sum, "in any one snapshot the sums hold, and no counter goes back, while endpoints come and go",
	.timeout = 180)
{
	struct mq_totals t, old = mq_totals_now();
	pid_t pids[3];
	int i, seen;

	stop = mq_shared(sizeof(int));
	for (i = 0; i < 3; i++)
		pids[i] = mq_run(comes_and_goes, (char *[]){ "one", "two", "three" }[i]);
	for (i = seen = 0; i < 500 || seen < 20; i++) {
		t = mq_totals_now();
		mq_totals_check_later(&old, &t);
		seen += t.gone > old.gone && t.discarded > old.discarded;
		old = t;
	}
	*stop = 1;
	for (i = 0; i < 3; i++)
		mq_join(pids[i]);
	t = mq_totals_now();
	MQ_EQ(t.names + t.anonymous + t.queued, 0);
	MQ_EQ(t.accepted, t.delivered + t.overwritten + t.discarded);
}
