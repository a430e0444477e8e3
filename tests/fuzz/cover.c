// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the driver was, from the kernel's KCOV to libFuzzer's extra counters. Only the driver is compiled for KCOV, so
 * all that comes from there is the driver's.
 *
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE
#include "conduct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kcov.h>

#define PLACES		(1 << 16)	/* of KCOV, for one task and one input */
#define EDGES		(1 << 15)
#define RESULTS		(1 << 11)
#define BUFFERS		(2 * FUZZ_ACTORS)	/* each actor's, and each actor's child's */

__attribute__((section("__libfuzzer_extra_counters"), used)) static uint8_t counters[EDGES + RESULTS];

static struct {
	int fd;
	uint64_t *places;	/* the first one is how many there are */
} buffers[BUFFERS];

static uint64_t text;		/* where the driver's code begins */

void fuzz_cover_init(void)
{
	FILE *file = fopen("/sys/module/mq_driver/sections/.text", "re");
	int i;

	if (!file || fscanf(file, "%lx", &text) != 1 || !text)
		fuzz_die("/sys/module/mq_driver/sections/.text: is the driver loaded, and are we root?");
	fclose(file);
	for (i = 0; i < BUFFERS; i++) {
		buffers[i].fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
		if (buffers[i].fd < 0 || ioctl(buffers[i].fd, KCOV_INIT_TRACE, PLACES))
			fuzz_die("/sys/kernel/debug/kcov: %s (a kernel without CONFIG_KCOV?)", strerror(errno));
		buffers[i].places = mmap(NULL, PLACES * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
					 buffers[i].fd, 0);
		if (buffers[i].places == MAP_FAILED)
			fuzz_die("mmap of KCOV: %s", strerror(errno));
	}
}

void fuzz_cover_begin(unsigned int number)
{
	if (ioctl(buffers[number].fd, KCOV_ENABLE, KCOV_TRACE_PC))
		fprintf(stderr, "mq-fuzz: KCOV_ENABLE: %s\n", strerror(errno));
}

static void count(size_t which)
{
	if (counters[which] < 255)
		counters[which]++;
}

/* Edges, not places: how the driver got there counts too. */
void fuzz_cover_collect(void)
{
	uint64_t here, before;
	size_t n, i;
	int b;

	/* libFuzzer wants to see something of each input, or it does not begin. */
	count(EDGES + RESULTS - 1);
	for (b = 0; b < BUFFERS; b++) {
		n = __atomic_exchange_n(&buffers[b].places[0], 0, __ATOMIC_SEQ_CST);
		before = 0;
		for (i = 1; i <= n && i < PLACES; i++) {
			here = (buffers[b].places[i] - text) * 0x9e3779b97f4a7c15ULL;
			count((here ^ before) >> 49);
			before = here >> 1;
		}
	}
}

void fuzz_cover_result(enum fuzz_verb verb, long result)
{
	if (verb < FUZZ_VERBS)
		count(EDGES + verb * 64 + (result < 0 ? (-result & 31) + 32 : result ? 2 : 1));
}
