/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the storms and the tests of limits, faults and alerts have in common.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_STORM_LIB_H
#define MQ_TESTS_STORM_LIB_H

#include "harness.h"

/*
 * Work is bounded by counts, never by time. The environment's MQ_STORM
 * multiplies them all: 1 is what fits an emulated machine, 20 is for a night.
 * Without it a kernel with kmemleak, which is one with all checks and many
 * times slower, gets a tenth.
 */
long mq_storm_count(long count);

/* Repeatable chance: the same seed makes the same choices. */
struct mq_dice {
	uint64_t state;
};

void mq_dice_init(struct mq_dice *dice, uint64_t seed);
unsigned int mq_dice_throw(struct mq_dice *dice, unsigned int sides);

/* Gives the processor away at random, so that races meet everywhere. */
void mq_dice_yield(struct mq_dice *dice);

/* A text that proves to be whole: sender, number, filler and a checksum. */
struct mq_proof {
	unsigned int sender;
	unsigned long number;
};

size_t mq_proof_show(char *text, size_t size, unsigned int sender,
		     unsigned long number, size_t filler);
bool mq_proof_parse(const char *text, size_t length, struct mq_proof *proof);

/* Sleeps until a shared word is at least that. */
void mq_shared_until(volatile int *word, int value);
int mq_shared_add(volatile int *word, int value);	/* the new value */

/*
 * Lets a child come as far as a random one of its steps, which it counts in
 * *step, or to its end; then it is killed and waited for.
 */
void mq_victim_kill(pid_t pid, volatile int *step, int steps,
		    struct mq_dice *dice);

/*
 * The victims of two storms, one after the other, until so many have made an endpoint, or
 * the target is taken back: they bind (storm_frames.c) or register (storm_register.c) names
 * n0, n1 ..., talk to each other, broadcast, fork, exec, and end in every way there is.
 */
void mq_storm_frames_victims(volatile int *bound, volatile int *target, int seed);
void mq_storm_register_victims(volatile int *registered, volatile int *target, int seed);

/* Files that are in flight to nobody go when the kernel closes a socket. */
void mq_in_flight_collect(void);

/* Sleeps until nobody is registered. */
void mq_endpoints_until_none(void);
/* Sleeps until nobody has that name. */
void mq_endpoints_until_gone(const char *name);
/* The counters add up, in a snapshot of every endpoint. */
void mq_endpoints_check(void);

/*
 * A crowd: processes registered as PREFIX0, PREFIX1 ... that sleep until
 * mq_crowd_free lets them exit. They share memory and files with the caller,
 * so that a thousand are cheap; of the device they hold no file.
 */
struct mq_crowd;

struct mq_crowd *mq_crowd_new(const char *prefix, int count);
void mq_crowd_kill(struct mq_crowd *crowd, int number); /* and wait for it */
void mq_crowd_free(struct mq_crowd *crowd);

/* All COUNT places of MAX_DEVICES are free: that many can register. */
void mq_places_check(int count);

#endif
