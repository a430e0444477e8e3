// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: what the kernel keeps for a mailbox that nobody uses
 *
 * The objects in all of the kernel's slab caches are counted before and after many
 * are made, and what as many open files of /dev/null cost is taken off: so what is
 * left is a mailbox and its driver's part of an open file, without the file itself.
 * Pages that are no slab's (a table that grew, a page of a pipe) are not seen.
 *
 * Copyright (C) the mq authors
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MAILBOXES	1000
#define CACHES		"/sys/kernel/slab"
#define CACHES_MAX	1024

static int shrinks[CACHES_MAX];
static unsigned int n_shrinks;

/* Opened once: what each opening leaves behind is freed seconds later, and would be counted. */
static void shrinks_open(void)
{
	DIR *caches = opendir(CACHES);
	struct dirent *cache;
	char path[512];

	if (!caches)
		bench_die(CACHES ": %m; the memory of a mailbox can only be counted by root with SLUB");
	while ((cache = readdir(caches)) && n_shrinks < CACHES_MAX) {
		snprintf(path, sizeof(path), CACHES "/%s/shrink", cache->d_name);
		shrinks[n_shrinks] = open(path, O_WRONLY | O_CLOEXEC);
		if (shrinks[n_shrinks] >= 0)
			n_shrinks++;
	}
	closedir(caches);
}

/* each processor keeps some free objects that count as used, until a cache is told to shrink */
static void caches_shrink(void)
{
	if (!n_shrinks)
		shrinks_open();
	for (unsigned int i = 0; i < n_shrinks; i++)
		if (pwrite(shrinks[i], "1", 1, 0) != 1)
			bench_die("a cache below " CACHES " does not shrink: %m");
}

/* bytes in all objects of all caches */
static double slab_bytes(void)
{
	char line[512];
	double sum = 0;
	unsigned long objects, size;
	FILE *f;

	/* What was freed lately is still waiting for a grace period. */
	usleep(200000);
	caches_shrink();
	f = fopen("/proc/slabinfo", "re");
	if (!f)
		bench_die("/proc/slabinfo: %m");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %lu %*u %lu", &objects, &size) == 2)
			sum += (double)objects * (double)size;
	fclose(f);
	return sum;
}

/**
 * struct village - many mailboxes
 * @peer: what they are made of
 * @size: of a message
 * @crew: those who make them: one process, or one for each
 * @each: how many each of them makes
 */
struct village {
	const struct bench_peer *peer;
	size_t size;
	struct bench_crew crew;
	unsigned int each;
};

/* told three times: files, so that its own memory is there; files, to be counted; mailboxes */
static void make(void *context, unsigned int i)
{
	static const struct bench_peer *next[] = { &bench_null, &bench_null, NULL };
	static unsigned int round;
	struct village *v = context;
	const struct bench_peer *peer = next[round] ? next[round] : v->peer;
	struct bench_channel c;

	bench_channel_seed(i);
	round++;
	for (unsigned int made = 0; made < v->each; made++) {
		bench_channel_open(&c, peer, v->size, 1);
		if (peer == v->peer && peer->is_per_process)
			bench_channel_join(&c);
	}
}

/* bytes for each of what they make when they are told to */
static double make_all(struct village *v)
{
	double before = slab_bytes();

	for (unsigned int i = 0; i < v->crew.n; i++)
		bench_crew_go(&v->crew, i);
	bench_crew_wait(&v->crew, v->crew.n);
	return (slab_bytes() - before) / MAILBOXES;
}

static int files_open(void)
{
	int next = dup(STDERR_FILENO);

	close(next);
	return next;
}

static int files_of(const struct bench_peer *peer, size_t size)
{
	int before = files_open(), files;
	struct bench_channel c;

	bench_channel_open(&c, peer, size, 1);
	files = files_open() - before;
	bench_channel_close(&c);
	return files;
}

/* A process's mailbox has the depth that the driver was loaded with. */
static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int depth)
{
	unsigned int workers = peer->is_per_process ? MAILBOXES : 1;
	struct village v = { .peer = peer, .size = size };
	struct bench_figure *f;
	double files;

	if (peer->is_per_process && depth != bench_depth)
		return;
	bench_depth = depth;
	f = bench_figure_new(shape, "mailbox", peer, size, depth);
	files = files_of(peer, size);
	v.each = MAILBOXES / workers;
	bench_crew_init(&v.crew, workers, NULL, make, &v);
	for (unsigned int i = 0; i < workers; i++)
		bench_crew_add(&v.crew);
	make_all(&v);
	files *= make_all(&v);
	f->unit = "bytes";
	bench_figure_set(f, make_all(&v) - files);
	bench_crew_deinit(&v.crew);
}

const struct bench_shape bench_memory = {
	.name = "memory",
	.flag = BENCH_MEMORY,
	.sizes = { 64 },
	.ns = { 16, BENCH_DEPTH },
	.run = run,
};
