// SPDX-License-Identifier: GPL-2.0-only
/*
 * See storm_lib.h.
 *
 * Copyright (C) the mq authors
 */
#include "storm_lib.h"

#include <sched.h>
#include <sys/socket.h>

long mq_storm_count(long count)
{
	const char *factor = getenv("MQ_STORM");
	bool slow = !access("/sys/kernel/debug/kmemleak", F_OK);
	double f = factor ? atof(factor) : slow ? 0.1 : 1;

	if (f <= 0)
		f = 1;
	return count * f < 1 ? 1 : count * f;
}

/* ---- chance ----------------------------------------------------------- */

void mq_dice_init(struct mq_dice *dice, uint64_t seed)
{
	dice->state = seed * 0x9e3779b97f4a7c15ULL + 0x1234567ULL;
	mq_dice_throw(dice, 2);
	mq_dice_throw(dice, 2);
}

unsigned int mq_dice_throw(struct mq_dice *dice, unsigned int sides)
{
	uint64_t x = dice->state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	dice->state = x;
	return (x >> 20) % sides;
}

void mq_dice_yield(struct mq_dice *dice)
{
	volatile unsigned int spin = mq_dice_throw(dice, 2000);

	if (mq_dice_throw(dice, 3))
		sched_yield();
	while (spin)
		spin--;
}

/* ---- texts that prove to be whole ---------------------------------------- */

static unsigned int mq_proof_sum(const char *text, size_t length)
{
	unsigned int sum = 2166136261u;

	while (length--)
		sum = (sum ^ (unsigned char)*text++) * 16777619u;
	return sum;
}

/* "sender number filler~" and eight digits of the sum of all that. */
size_t mq_proof_show(char *text, size_t size, unsigned int sender,
		     unsigned long number, size_t filler)
{
	size_t at = snprintf(text, size, "%u %lu ", sender, number), i;

	MQ_TRUE(at + filler + 10 < size);
	for (i = 0; i < filler; i++)
		text[at + i] = 'a' + (sender + number + i) % 26;
	at += filler;
	text[at++] = '~';
	return at + sprintf(text + at, "%08x", mq_proof_sum(text, at));
}

bool mq_proof_parse(const char *text, size_t length, struct mq_proof *proof)
{
	char sum[9];

	if (length < 9 || text[length - 9] != '~')
		return false;
	snprintf(sum, sizeof(sum), "%08x", mq_proof_sum(text, length - 8));
	return !memcmp(sum, text + length - 8, 8) &&
	       sscanf(text, "%u %lu ", &proof->sender, &proof->number) == 2;
}

/* ---- waiting for others ---------------------------------------------------- */

void mq_shared_until(volatile int *word, int value)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) < value)
		mq_sleep_ms(1);
}

int mq_shared_add(volatile int *word, int value)
{
	return __atomic_add_fetch(word, value, __ATOMIC_SEQ_CST);
}

void mq_victim_kill(pid_t pid, volatile int *step, int steps,
		    struct mq_dice *dice)
{
	int target = mq_dice_throw(dice, steps + 1), spins;
	siginfo_t info = { 0 };

	while (*step < target && !info.si_pid) {
		sched_yield();
		MQ_OK(waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT));
	}
	for (spins = mq_dice_throw(dice, 4); spins; spins--)
		mq_dice_yield(dice);
	MQ_OK(kill(pid, SIGKILL));
	mq_wait_status(pid);
	*step = 0;
}

void mq_in_flight_collect(void)
{
	int pair[2];

	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	close(pair[0]);
	close(pair[1]);
}

/* ---- endpoints ---------------------------------------------------------------- */

void mq_endpoints_until_none(void)
{
	struct mq_counters one;

	while (mq_counters_all(&one, 1))
		mq_sleep_ms(5);
}

void mq_endpoints_until_gone(const char *name)
{
	struct mq_counters one;

	while (!mq_counters(name, &one))
		mq_sleep_ms(5);
}

void mq_endpoints_check(void)
{
	static __thread struct mq_counters list[128];
	int count = mq_counters_all(list, 128), i;
	struct mq_counters *c;

	for (i = 0; i < count && i < 128; i++) {
		c = &list[i];
		if (c->accepted != c->delivered + c->overwritten +
				   c->discarded + c->queued)
			MQ_FAIL("%s: %lld accepted, but %lld delivered, %lld overwritten, %lld discarded, %lld queued",
				c->name, c->accepted, c->delivered,
				c->overwritten, c->discarded, c->queued);
		/* A read may have staged as many as the mailbox holds. */
		MQ_LE(c->queued, 2 * c->depth);
	}
}

#define MQ_CROWD_STACK 32768

struct mq_crowd {
	const char *prefix;
	int ready[2], gate[2];
	int count, number;
	pid_t *pids;
	char **stacks;
};

/* One after the other up to the gate: errno and the like are shared, too. */
static int mq_crowd_member(void *arg)
{
	struct mq_crowd *crowd = arg;
	int fd = mq_dev();
	char byte = 0;

	MQ_EQ(mq_cmdf(fd, "/reg %s%d", crowd->prefix, crowd->number), 0);
	close(fd);
	MQ_EQ(write(crowd->ready[1], &byte, 1), 1);
	MQ_EQ(read(crowd->gate[0], &byte, 1), 1);
	_exit(0);
}

struct mq_crowd *mq_crowd_new(const char *prefix, int count)
{
	struct mq_crowd *crowd = calloc(1, sizeof(*crowd));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, i;
	char byte;

	crowd->prefix = prefix;
	crowd->count = count;
	crowd->pids = calloc(count, sizeof(*crowd->pids));
	crowd->stacks = calloc(count, sizeof(*crowd->stacks));
	MQ_OK(pipe2(crowd->ready, O_CLOEXEC));
	MQ_OK(pipe2(crowd->gate, O_CLOEXEC));
	for (i = 0; i < count; i++) {
		crowd->number = i;
		crowd->stacks[i] = malloc(MQ_CROWD_STACK);
		crowd->pids[i] = MQ_OK(clone(mq_crowd_member,
					     crowd->stacks[i] + MQ_CROWD_STACK,
					     flags, crowd));
		MQ_EQ(read(crowd->ready[0], &byte, 1), 1);
	}
	return crowd;
}

void mq_crowd_kill(struct mq_crowd *crowd, int number)
{
	MQ_OK(kill(crowd->pids[number], SIGKILL));
	MQ_TRUE(WIFSIGNALED(mq_wait_status(crowd->pids[number])));
	crowd->pids[number] = 0;
}

void mq_crowd_free(struct mq_crowd *crowd)
{
	int i;

	for (i = 0; i < crowd->count; i++)
		MQ_EQ(write(crowd->gate[1], "x", 1), 1);
	for (i = 0; i < crowd->count; i++) {
		if (crowd->pids[i])
			mq_join(crowd->pids[i]);
		free(crowd->stacks[i]);
	}
	for (i = 0; i < 2; i++) {
		close(crowd->ready[i]);
		close(crowd->gate[i]);
	}
	free(crowd->pids);
	free(crowd->stacks);
	free(crowd);
}

void mq_places_check(int count)
{
	struct mq_crowd *crowd = mq_crowd_new("p", count);
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg toomany"), -ENOSPC);
	close(fd);
	mq_crowd_free(crowd);
}
