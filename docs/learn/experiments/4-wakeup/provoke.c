// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 4: a message comes just as its reader goes to sleep.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sched.h>

/* Both processes see it. */
struct meeting {
	volatile int ready, go, done;
	int rounds;
};

static void say(volatile int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static bool is_said(volatile int *word, int value)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE) >= value;
}

/* A short while, another one each time, so that every moment is met once. */
static void linger(struct mq_dice *dice)
{
	volatile unsigned int spin = mq_dice_throw(dice, 400);

	while (spin)
		spin--;
}

static void reads(void *arg)
{
	char bytes[128] __attribute__((aligned(8)));
	struct meeting *meeting = arg;
	int fd = mq_bound("bob"), i;
	struct mq_dice dice;

	mq_dice_init(&dice, 1);
	for (i = 1; i <= meeting->rounds; i++) {
		say(&meeting->ready, i);
		while (!is_said(&meeting->go, i))
			sched_yield();
		linger(&dice);
		MQ_EQ(mq_read(fd, bytes, sizeof(bytes)), 72);
		say(&meeting->done, i);
	}
}

/* Prints a file of /proc/PID as comments; its second word is R if the process runs, S if it sleeps. */
static void show(pid_t pid, const char *file)
{
	char path[64], line[256];
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	lines = fopen(path, "re");
	while (lines && fgets(line, sizeof(line), lines))
		printf("# %s: %s", path, line);
	fflush(stdout);
}

static bool is_asleep(pid_t pid)
{
	char path[64], state = '?';
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = fopen(path, "re");
	MQ_EQ(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
	fclose(stat);
	return state == 'S';
}

/* The message is in the mailbox, and who could read it was woken, if he slept: so he runs. */
static void look(pid_t reader)
{
	struct mq_counters bob;

	MQ_EQ(mq_counters("bob", &bob), 0);
	if (!bob.queued || !is_asleep(reader))
		return;
	show(reader, "stack");
	MQ_FAIL("bob is asleep, and %lld message is in his mailbox", bob.queued);
}

MQ_TEST(wakeup_lost, "a reader does not sleep beside a message", .timeout = 200)
{
	struct meeting *meeting = mq_shared(sizeof(*meeting));
	int fd = mq_bound("alice"), i, spins;
	struct mq_dice dice;
	pid_t reader;

	meeting->rounds = mq_storm_count(50000);
	mq_dice_init(&dice, 2);
	reader = mq_run(reads, meeting);
	for (i = 1; i <= meeting->rounds; i++) {
		while (!is_said(&meeting->ready, i))
			sched_yield();
		say(&meeting->go, i);
		linger(&dice);
		MQ_EQ(mq_frame_send_text(fd, "bob", "now"), 0);
		for (spins = 1; !is_said(&meeting->done, i); spins++) {
			sched_yield();
			if (spins % 1000 == 0)
				look(reader);
		}
	}
	mq_join(reader);
}
