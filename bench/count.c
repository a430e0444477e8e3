// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counter: how many ticks an instruction takes, and whether that is a fact
 *
 * Under `qemu -icount shift=0` every instruction of the guest advances virtual
 * time by 1 ns, and the time stamp counter with it. So nothing needs to be
 * traced: two readings and a subtraction. That it is so is not believed but
 * measured, with a known number of instructions.
 *
 * Copyright (C) the mq authors
 */
#include <time.h>

#include "bench.h"

#define NOPS	1000
#define TRIES	32

static double per_instruction = 1;
static uint64_t empty_ticks;
static bool exact;

#if !defined(__x86_64__) && !defined(__i386__)
uint64_t bench_count_clock(void);

/* the portable counter: costs a call, which bench_none's figure takes off again */
uint64_t bench_count_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif

static uint64_t ticks_of_nothing(void)
{
	uint64_t from = bench_count();

	return bench_count() - from;
}

static uint64_t ticks_of_nops(void)
{
	uint64_t from = bench_count();

	__asm__ volatile(".rept 1000\n\tnop\n\t.endr" : : : "memory");
	return bench_count() - from;
}

static uint64_t ticks_of_twice(void)
{
	uint64_t from = bench_count();

	__asm__ volatile(".rept 2000\n\tnop\n\t.endr" : : : "memory");
	return bench_count() - from;
}

static uint64_t least(uint64_t (*ticks)(void))
{
	uint64_t best = ticks();

	for (int i = 1; i < TRIES; i++) {
		uint64_t now = ticks();

		if (now < best)
			best = now;
	}
	return best;
}

/**
 * bench_count_init - find out what a tick is
 *
 * 1,000 and 2,000 instructions must differ by a whole number of ticks for each,
 * exactly, and 1,000 and none by as many. A CPU that counts time does not pass: it
 * executes several of them in a cycle.
 */
void bench_count_init(void)
{
	uint64_t none = least(ticks_of_nothing);
	uint64_t once = least(ticks_of_nops) - none;
	uint64_t twice = least(ticks_of_twice) - none;

	empty_ticks = none;
	exact = once && twice == 2 * once && once % NOPS == 0;
	if (exact)
		per_instruction = (double)(once / NOPS);
}

/**
 * bench_count_is_exact - whether figures are instructions
 *
 * Return: true on an instruction-counting CPU.
 */
bool bench_count_is_exact(void)
{
	return exact;
}

/**
 * bench_count_unit - what the figures are
 *
 * Return: a plural noun.
 */
const char *bench_count_unit(void)
{
	return exact ? "instructions" : "ticks";
}

/**
 * bench_count_show - turn a difference of two readings into the unit
 * @ticks: the later reading less the earlier one
 *
 * Return: instructions (or ticks) between the two, the reading itself taken off.
 */
double bench_count_show(uint64_t ticks)
{
	return ((double)ticks - (double)empty_ticks) / per_instruction;
}
