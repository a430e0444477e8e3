// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays: messages are charged to the sender's memory control group,
 * mailboxes to the owner's, and at a group's limit a call fails with ENOMEM.
 *
 * Copyright (C) the mq authors
 */
#include "group.h"
#include "storm_lib.h"

#include <sched.h>

#define KIB 1024LL
#define MIB (1024 * KIB)

/* ---- a process in a group --------------------------------------------------- */

/* A process in a group, as both it and its parent see it. */
struct member {
	char group[32];
	char name[16];
	volatile int step;	/* what the parent wants */
	volatile int done;	/* what has been done */
	long count;		/* messages to send, unless one fails */
	size_t size;		/* of one command */
	long sent;
	int error;
	char command[65536];
};

static struct member *member_new(const char *group, const char *name,
				 const char *to, size_t size)
{
	struct member *member = mq_shared(sizeof(*member));
	int head;

	memset(member->command, 'x', sizeof(member->command));
	head = sprintf(member->command, "/msg %s ", to);
	member->command[head] = 'x';
	strcpy(member->group, group);
	strcpy(member->name, name);
	member->size = size;
	return member;
}

static void member_send(struct member *member, int fd)
{
	ssize_t done = 0;

	while (member->sent < member->count) {
		done = write(fd, member->command, member->size);
		if (done < 0)
			break;
		member->sent++;
	}
	member->error = done < 0 ? errno : 0;
}

static void member_await(struct member *member, int step)
{
	while (member->step < step)
		sched_yield();
}

/* 1: send until told otherwise or refused; 2: once more; 3: exit. */
static void member_main(void *arg)
{
	struct member *member = arg;
	int fd;

	mq_group_enter_locked(member->group);
	fd = mq_dev();
	MQ_EQ(mq_cmdf(fd, "/reg %s", member->name), 0);
	member->done = 1;
	member_await(member, 1);
	member_send(member, fd);
	member->done = 2;
	member_await(member, 2);
	member->sent = 0;
	member->count = 1;
	member_send(member, fd);
	member->done = 3;
	member_await(member, 3);
}

static void member_step(struct member *member, int step)
{
	member->step = step;
	mq_shared_until(&member->done, step + 1);
}

static long drain(int fd, size_t size)
{
	static char text[65536];
	long count = 0;
	ssize_t got;

	while ((got = mq_read(fd, text, sizeof(text))) != -EAGAIN) {
		MQ_EQ(got, size);
		count++;
	}
	return count;
}

/* ---- the promises -------------------------------------------------------------- */

/* COUNT messages of SIZE bytes are charged to the sender's group alone. */
static void check_charge(long count, size_t size)
{
	struct member *sender = member_new("mq-sender", "sender", "me", size);
	size_t text = size - strlen("/msg me ");
	long long before, own_before, total = count * (long long)text;
	int fd;
	pid_t pid;

	mq_stay();
	mq_group_new("mq-sender");
	mq_group_new("mq-owner");
	mq_group_enter("mq-owner");
	fd = mq_dev();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	sender->count = count;
	pid = mq_run(member_main, sender);
	mq_shared_until(&sender->done, 1);

	before = mq_group_usage("mq-sender");
	own_before = mq_group_usage("mq-owner");
	member_step(sender, 1);
	MQ_EQ(sender->sent, count);
	/* The kernel charges in batches, so some pages more or less. */
	MQ_GE(mq_group_usage("mq-sender") - before, total - 512 * KIB);
	MQ_LE(mq_group_usage("mq-sender") - before, 3 * total);
	MQ_LE(mq_group_usage("mq-owner") - own_before, total / 4);

	MQ_EQ(drain(fd, text), count);
	MQ_LE(mq_group_usage("mq-sender") - before, total / 4);
	mq_group_kill("mq-sender");
	mq_wait_status(pid);
	close(fd);
	mq_group_enter(".");
	mq_group_free("mq-sender");
}

MQ_TEST(memory_large_messages, "large messages are charged to the sender's memory group, and given back when read",
	.params = "QUEUE_LEN=300 CMD_BUF_SIZE=65536")
{
	check_charge(128, 60000);
}

MQ_TEST(memory_small_messages, "small messages, too", .params = "QUEUE_LEN=5000",
	.timeout = 120)
{
	check_charge(5000, 1000);
}

MQ_TEST(memory_limit, "at the sender's limit: ENOMEM, nothing is queued, nobody is killed",
	.params = "QUEUE_LEN=65536 CMD_BUF_SIZE=65536", .timeout = 120)
{
	size_t size = 32768, text = size - strlen("/msg me ");
	struct member *sender = member_new("mq-sender", "sender", "me", size);
	struct mq_counters c;
	int fd = mq_dev();
	long sent;
	pid_t pid;

	mq_stay();
	mq_group_new("mq-sender");
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	sender->count = 1000;
	pid = mq_run(member_main, sender);
	mq_shared_until(&sender->done, 1);
	mq_group_limit("mq-sender", mq_group_usage("mq-sender") + 8 * MIB);

	member_step(sender, 1);
	sent = sender->sent;
	MQ_EQ(sender->error, ENOMEM);
	MQ_GE(sent, 128);
	MQ_LE(sent, 256 + 8);
	mq_group_check_nobody_killed("mq-sender");
	MQ_EQ(mq_counters("me", &c), 0);
	MQ_EQ(c.accepted, sent);
	MQ_EQ(c.queued, sent);
	MQ_EQ(c.rejected, 0);

	/* Others send as before; who reads gives the sender room again. */
	MQ_EQ(mq_send_text(fd, "me", "from another group"), 0);
	MQ_EQ(mq_read(fd, sender->command + 8, text), text);
	mq_group_check_nobody_killed("mq-sender");
	while (--sent)
		MQ_EQ(mq_read(fd, sender->command + 8, text), text);
	MQ_READS(fd, "from another group");
	member_step(sender, 2);
	MQ_EQ(sender->sent, 1);
	MQ_EQ(drain(fd, text), 1);
	mq_group_check_nobody_killed("mq-sender");
	mq_group_limit("mq-sender", 1LL << 40);
	sender->step = 3;
	mq_join(pid);
	mq_group_free("mq-sender");
}

MQ_TEST(memory_limit_broadcast, "a broadcast at the limit fails as a whole; one message is charged once",
	.params = "QUEUE_LEN=1000 CMD_BUF_SIZE=65536", .timeout = 120)
{
	struct member *sender = member_new("mq-sender", "sender", "x", 32768);
	struct mq_crowd *crowd = mq_crowd_new("c", 20);
	struct mq_counters c[21];
	pid_t pid;
	int i;

	mq_stay();
	memcpy(sender->command, "/all x", 6);
	mq_group_new("mq-sender");
	sender->count = 1000;
	pid = mq_run(member_main, sender);
	mq_shared_until(&sender->done, 1);
	mq_group_limit("mq-sender", mq_group_usage("mq-sender") + 4 * MIB);
	member_step(sender, 1);
	MQ_EQ(sender->error, ENOMEM);
	/* 20 receivers share each message's bytes. */
	MQ_GE(sender->sent, 64);
	MQ_EQ(mq_counters_all(c, 21), 21);
	for (i = 0; i < 21; i++)
		MQ_EQ(c[i].accepted, strcmp(c[i].name, "sender") ? sender->sent : 0);
	mq_group_check_nobody_killed("mq-sender");
	mq_group_limit("mq-sender", 1LL << 40);
	mq_crowd_free(crowd);
	mq_endpoints_until_gone("c19");
	member_step(sender, 2);
	sender->step = 3;
	mq_join(pid);
	mq_group_free("mq-sender");
}

/* ---- mailboxes ------------------------------------------------------------------- */

struct owner {
	volatile int step, done;
	int error;
};

static void owner_main(void *arg)
{
	struct owner *owner = arg;
	int fd;

	mq_group_enter("mq-owner");
	fd = mq_dev();
	/* Once for the pages that the way there needs. */
	MQ_EQ(mq_cmd(fd, "/unr"), -ENOENT);
	owner->done = 1;
	mq_shared_until(&owner->step, 1);
	owner->error = write(fd, "/reg owner", 10) < 0 ? errno : 0;
	owner->done = 2;
	mq_shared_until(&owner->step, 2);
}

MQ_TEST(memory_mailbox, "a mailbox is charged to its owner's group, until the owner has gone",
	.params = "QUEUE_LEN=65536")
{
	struct owner *owner = mq_shared(sizeof(*owner));
	struct member *sender = member_new("mq-sender", "sender", "owner", 64);
	long long before;
	pid_t pid, other;

	mq_stay();
	mq_group_new("mq-sender");
	mq_group_new("mq-owner");
	sender->count = 5000;
	other = mq_run(member_main, sender);
	pid = mq_run(owner_main, owner);
	mq_shared_until(&sender->done, 1);
	mq_shared_until(&owner->done, 1);
	mq_group_settle("mq-owner");
	before = mq_group_usage("mq-owner");
	owner->step = 1;
	mq_shared_until(&owner->done, 2);
	MQ_EQ(owner->error, 0);
	/* Somebody else fills it: not even then does he pay for the slots. */
	member_step(sender, 1);
	MQ_EQ(sender->sent, 5000);
	MQ_GE(mq_group_usage("mq-owner") - before, 65536 * sizeof(void *) / 2);
	owner->step = 2;
	mq_join(pid);
	mq_endpoints_until_gone("owner");
	/* The memory comes back soon after the process, not with it. */
	for (;;) {
		mq_group_settle("mq-owner");
		if (mq_group_usage("mq-owner") < 256 * KIB)
			break;
		mq_sleep_ms(5);
	}
	mq_group_kill("mq-sender");
	mq_wait_status(other);
	mq_group_free("mq-owner");
	mq_group_free("mq-sender");
}

MQ_TEST(memory_mailbox_limit, "at the owner's limit: /reg is ENOMEM, nobody is killed, nothing is taken",
	.params = "QUEUE_LEN=65536 MAX_DEVICES=1")
{
	struct owner *owner = mq_shared(sizeof(*owner));
	pid_t pid;
	int fd = mq_dev();

	mq_stay();
	mq_group_new("mq-owner");
	pid = mq_run(owner_main, owner);
	mq_shared_until(&owner->done, 1);
	mq_group_settle("mq-owner");
	mq_group_limit("mq-owner", mq_group_usage("mq-owner") + 64 * KIB);
	owner->step = 1;
	mq_shared_until(&owner->done, 2);
	MQ_EQ(owner->error, ENOMEM);
	mq_group_check_nobody_killed("mq-owner");
	MQ_EQ(mq_cmd(fd, "/reg owner"), 0);
	mq_group_limit("mq-owner", 1LL << 40);
	owner->step = 2;
	mq_join(pid);
	mq_group_free("mq-owner");
}

MQ_TEST(memory_group_gone, "messages outlive the group that paid for them",
	.params = "QUEUE_LEN=300 CMD_BUF_SIZE=65536")
{
	struct member *sender = member_new("mq-sender", "sender", "me", 1008);
	int fd = mq_dev();
	pid_t pid;

	mq_stay();
	mq_group_new("mq-sender");
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	sender->count = 200;
	pid = mq_run(member_main, sender);
	mq_shared_until(&sender->done, 1);
	sender->step = 3;
	mq_join(pid);
	mq_group_free("mq-sender");
	/* One from its last step. */
	MQ_EQ(drain(fd, 1000), 201);
}
