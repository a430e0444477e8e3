// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss is visible: what each mailbox counts, in debugfs mq/endpoints.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <sys/mman.h>

#define SNAPSHOTS 500

static struct mq_counters line_of(const char *name)
{
	struct mq_counters c;

	MQ_EQ(mq_counters(name, &c), 0);
	return c;
}

/* accepted = delivered + overwritten + discarded + queued */
static void check_sum(const struct mq_counters *c)
{
	if (c->accepted != c->delivered + c->overwritten + c->discarded +
			   c->queued)
		MQ_FAIL("%s: accepted %lld, delivered %lld, overwritten %lld, discarded %lld, queued %lld",
			c->name, c->accepted, c->delivered, c->overwritten,
			c->discarded, c->queued);
}

static void check_line(const char *name, long long queued, long long accepted,
		       long long delivered, long long overwritten)
{
	struct mq_counters c = line_of(name);

	MQ_EQ(c.queued, queued);
	MQ_EQ(c.accepted, accepted);
	MQ_EQ(c.delivered, delivered);
	MQ_EQ(c.overwritten, overwritten);
	MQ_EQ(c.discarded, 0);
	MQ_EQ(c.rejected, 0);
	check_sum(&c);
}

MQ_TEST(counters_file, "debugfs mq/endpoints shows a line per endpoint behind a line of titles")
{
	static const char titles[] = "NAME PID UID DEPTH QUEUED ACCEPTED DELIVERED OVERWRITTEN DISCARDED REJECTED SPARED";
	struct mq_counters list[4];
	struct mq_peer *bob = mq_peer_start();
	char line[512], *word, *rest = line;
	char want[sizeof(titles)], *wanted = want;
	FILE *file = fopen(MQ_ENDPOINTS, "re");
	int fd = mq_dev();

	MQ_TRUE(file);
	MQ_TRUE(fgets(line, sizeof(line), file));
	fclose(file);
	strcpy(want, titles);
	while ((word = strtok_r(rest, " \t\n", &rest)))
		MQ_TRUE(!strcmp(word, strsep(&wanted, " ") ?: ""));
	MQ_TRUE(!wanted);
	MQ_EQ(mq_counters_all(list, 4), 0);
	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_counters_all(list, 4), 1);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_counters_all(list, 4), 2);
	MQ_EQ(line_of("bob").pid, bob->pid);
	MQ_EQ(line_of("alice").pid, getpid());
	MQ_EQ(mq_peer_cmd(bob, "/unr"), 0);
	MQ_EQ(mq_counters_all(list, 4), 1);
	MQ_EQ(mq_counters("bob", list), -ENOENT);
}

MQ_TEST(counters_depth, "DEPTH is the mailbox's depth", .params = "QUEUE_LEN=7")
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(line_of("bob").depth, 7);
}

MQ_TEST(counters_meaning, "accepted, delivered, overwritten and queued count what they say",
	.params = "QUEUE_LEN=3")
{
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	check_line("bob", 0, 0, 0, 0);
	for (i = 1; i <= 3; i++) {
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		check_line("bob", i, i, 0, 0);
	}
	for (i = 1; i <= 4; i++) {
		MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		check_line("bob", 3, 3 + i, 0, i);
	}
	for (i = 1; i <= 3; i++) {
		MQ_READS(fd, "hi");
		check_line("bob", 3 - i, 7, i, 4);
	}
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	check_line("bob", 0, 0, 0, 0);
}

MQ_TEST(counters_delivered, "a message is delivered when its last byte was copied, not before")
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte;
	int fd = mq_dev();
	int i;

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob abcd"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob next"), 0);
	for (i = 0; i < 4; i++) {
		check_line("bob", 2, 2, 0, 0);
		MQ_ERR(read(fd, nowhere, 10), EFAULT);
		check_line("bob", 2, 2, 0, 0);
		MQ_EQ(mq_read(fd, &byte, 1), 1);
	}
	check_line("bob", 1, 2, 1, 0);
}

MQ_TEST(counters_broadcast, "a broadcast counts in each mailbox it reached, and not in its sender's")
{
	struct mq_peer *bob = mq_peer_start(), *carol = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg alice"), 0);
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(carol, "/reg carol"), 0);
	MQ_EQ(mq_cmd(fd, "/all one"), 0);
	MQ_EQ(mq_cmd(fd, "/all two"), 0);
	MQ_PEER_READS(carol, "one");
	check_line("alice", 0, 0, 0, 0);
	check_line("bob", 2, 2, 0, 0);
	check_line("carol", 1, 2, 1, 0);
}

MQ_TEST(counters_refused, "what was refused counts nowhere")
{
	struct mq_peer *eve = mq_peer_start();
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_peer_cmd(eve, "/msg bob hi"), -EACCES);
	MQ_EQ(mq_peer_cmd(eve, "/all hi"), -EACCES);
	MQ_EQ(mq_cmd(fd, "/msg bob "), -EINVAL);
	MQ_EQ(mq_cmd(fd, "/msg nobody hi"), -ENOENT);
	check_line("bob", 0, 0, 0, 0);
}

/* ---- while traffic runs -------------------------------------------------- */

static volatile int *stop;

static long sends(int fd, long arg)
{
	int i;

	(void)arg;
	for (i = 0; !i || !*stop; i++) {
		MQ_EQ(mq_cmdf(fd, "/msg bob %d", i), 0);
		MQ_EQ(mq_cmdf(fd, "/all %d", i), 0);
	}
	return i;
}

static long reads(int fd, long arg)
{
	char buffer[16];
	long i, count = 0;
	ssize_t got;

	(void)arg;
	/* Whole messages and parts of them in turns. */
	for (i = 0; !*stop; i++) {
		got = mq_read(fd, buffer, i % 3 ? sizeof(buffer) : 1);
		if (got != -EAGAIN)
			MQ_GE(got, 1);
		count += got > 0;
	}
	return count;
}

static void check_grown(const struct mq_counters *now, struct mq_counters *old)
{
	check_sum(now);
	MQ_LE(now->queued, now->depth + 1);	/* one may be staged */
	MQ_GE(now->accepted, old->accepted);
	MQ_GE(now->delivered, old->delivered);
	MQ_GE(now->overwritten, old->overwritten);
	*old = *now;
}

MQ_TEST(counters_sum, "accepted = delivered + overwritten + discarded + queued in any one snapshot",
	.params = "QUEUE_LEN=5", .timeout = 120)
{
	struct mq_peer *bob, *sender[2];
	struct mq_counters list[3], old[3] = { 0 };
	int i, j;

	stop = mq_shared(sizeof(int));
	bob = mq_peer_start();
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	for (i = 0; i < 2; i++) {
		sender[i] = mq_peer_start();
		MQ_EQ(mq_peer_cmdf(sender[i], "/reg s%d", i), 0);
	}
	mq_peer_do_begin(bob, reads, 0);
	mq_peer_do_begin(sender[0], sends, 0);
	mq_peer_do_begin(sender[1], sends, 0);
	/* A bounded number of snapshots, and some that saw traffic. */
	for (i = 0; i < SNAPSHOTS || !old[0].overwritten || !old[0].delivered; i++) {
		MQ_EQ(mq_counters_all(list, 3), 3);
		for (j = 0; j < 3; j++) {
			if (i)
				MQ_TRUE(!strcmp(list[j].name, old[j].name));
			check_grown(&list[j], &old[j]);
		}
	}
	*stop = 1;
	MQ_GE(mq_peer_end(bob), 1);
	MQ_GE(mq_peer_end(sender[0]), 1);
	MQ_GE(mq_peer_end(sender[1]), 1);
	for (i = 0; i < 3; i++)
		MQ_EQ(line_of(old[i].name).rejected, 0);
}

/* The mailbox fills and empties, so that what is queued always changes. */
static long breathes(int fd, long arg)
{
	long i, rounds = 0;

	(void)arg;
	for (; !*stop; rounds++) {
		for (i = 0; i < 4; i++)
			MQ_EQ(mq_cmd(fd, "/msg bob hi"), 0);
		for (i = 0; i < 4; i++)
			MQ_READS(fd, "hi");
	}
	return rounds;
}

MQ_TEST(counters_sum_breathing, "the same of a mailbox that fills and empties all the time",
	.timeout = 120)
{
	struct mq_counters c, old = { .queued = -1 };
	struct mq_peer *bob;
	int i, changed = 0;

	stop = mq_shared(sizeof(int));
	bob = mq_peer_start();
	MQ_EQ(mq_peer_cmd(bob, "/reg bob"), 0);
	mq_peer_do_begin(bob, breathes, 0);
	for (i = 0; i < SNAPSHOTS || changed < 20; i++) {
		c = line_of("bob");
		changed += c.queued != old.queued;
		check_grown(&c, &old);
		MQ_EQ(c.overwritten, 0);
	}
	*stop = 1;
	MQ_GE(mq_peer_end(bob), 1);
}
