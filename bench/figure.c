// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures: from the counts of many short batches to one number
 *
 * The guest's timer goes on ticking, and now and then the allocator takes its
 * slow path. A batch is short, so that most batches meet neither, and the median
 * leaves out those that do.
 *
 * Copyright (C) the mq authors
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

#define FIGURES_MAX	1024
#define STEP		32	/* batches between two looks at the spread */
#define USER_STEP	8	/* each message takes long there, and no figure hangs on ten instructions */
#define USER_MOST	64
#define SPREAD_GOAL	0.5	/* percent */
#define DRIFT_GOAL	0.2	/* percent, between the earlier and the later half */

/* shared by all processes of the bench; one of them measures at a time */
static struct {
	unsigned int n;
	struct bench_figure figures[FIGURES_MAX];
} *all;

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* the value that @part (0 to 1) of @n samples lie below; the order of the samples is kept */
static double quantile(const double *samples, unsigned int n, double part)
{
	double sorted[BENCH_SAMPLES_MAX];

	memcpy(sorted, samples, n * sizeof(*samples));
	qsort(sorted, n, sizeof(*sorted), compare);
	return sorted[(unsigned int)(part * (n - 1) + 0.5)];
}

/**
 * bench_figure_init - make room for all figures, before any fork
 */
void bench_figure_init(void)
{
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		bench_die("no memory for %d figures: %m", FIGURES_MAX);
}

/**
 * bench_figure_new - a figure without samples; it lives until the program ends
 * @shape: how the peer is used
 * @measure: which part of it
 * @peer: what is measured
 * @size: bytes of a message
 * @n: what the shape is repeated by, else 1
 *
 * Return: the figure.
 */
struct bench_figure *bench_figure_new(const struct bench_shape *shape, const char *measure,
				      const struct bench_peer *peer, size_t size,
				      unsigned int n)
{
	struct bench_figure *f;

	if (all->n == FIGURES_MAX)
		bench_die("more than %d figures: raise FIGURES_MAX", FIGURES_MAX);
	f = &all->figures[all->n++];
	f->shape = shape->name;
	f->measure = measure;
	f->peer = peer;
	f->size = size;
	f->n = n;
	f->step = peer->role == BENCH_USER ? USER_STEP : STEP;
	f->most = peer->role == BENCH_USER ? USER_MOST : BENCH_SAMPLES_MAX;
	return f;
}

/**
 * bench_figure_get - the figures in the order they were made
 * @i: 0 for the first
 *
 * Return: the figure, or NULL behind the last.
 */
const struct bench_figure *bench_figure_get(unsigned int i)
{
	return i < all->n ? &all->figures[i] : NULL;
}

/**
 * bench_figure_find - a figure that was measured, by this run or an earlier one
 * @shape: how the peer is used
 * @measure: which part of it, or NULL for any
 * @peer: what is measured
 * @size: bytes of a message
 * @n: what the shape is repeated by
 *
 * Return: the figure, or NULL.
 */
const struct bench_figure *bench_figure_find(const struct bench_shape *shape, const char *measure,
					     const struct bench_peer *peer, size_t size,
					     unsigned int n)
{
	for (unsigned int i = 0; i < all->n; i++) {
		const struct bench_figure *f = &all->figures[i];

		if (f->size == size && f->n == n && !strcmp(f->shape, shape->name) &&
		    !strcmp(f->peer->name, peer->name) &&
		    (!measure || !strcmp(f->measure, measure)))
			return f;
	}
	return NULL;
}

/**
 * bench_figure_set - a figure that is known without batches
 * @f: the figure
 * @value: its value
 */
void bench_figure_set(struct bench_figure *f, double value)
{
	f->median = value;
	f->least = value;
}

/**
 * bench_figure_push - add the result of one batch
 * @f: the figure
 * @sample: counts per message
 */
void bench_figure_push(struct bench_figure *f, double sample)
{
	if (f->n_samples < BENCH_SAMPLES_MAX)
		f->samples[f->n_samples++] = sample;
}

/**
 * bench_figure_is_done - whether more batches would tell more
 * @f: the figure; its median, least and spread are brought up to date
 *
 * Return: true when the spread is small and the figure no longer drifts, or
 * when there is no room for more.
 */
bool bench_figure_is_done(struct bench_figure *f)
{
	unsigned int n = f->n_samples, half = n / 2;
	double drift;

	if (bench_forever || n < 2 * f->step || n % f->step)
		return false;
	f->median = quantile(f->samples, n, 0.5);
	f->least = quantile(f->samples, n, 0);
	f->spread = 100 * (quantile(f->samples, n, 0.75) - quantile(f->samples, n, 0.25)) /
		    fabs(f->median);
	drift = 100 * fabs(quantile(f->samples, half, 0.5) -
			   quantile(f->samples + half, n - half, 0.5)) / fabs(f->median);
	return (f->spread <= SPREAD_GOAL && drift <= DRIFT_GOAL) || n >= f->most;
}

/**
 * bench_figure_ratio - beside the best of the peers
 * @f: the figure
 *
 * Return: the ratio to the cheapest peer of the same shape, measure, size and repetition;
 * 0 where there is none.
 */
double bench_figure_ratio(const struct bench_figure *f)
{
	const struct bench_figure *other;
	double best = 0;

	for (unsigned int i = 0; (other = bench_figure_get(i)); i++)
		if (other->peer->role == BENCH_PEER && other->size == f->size && other->n == f->n &&
		    !strcmp(other->shape, f->shape) && !strcmp(other->measure, f->measure) &&
		    (!best || other->median < best))
			best = other->median;
	return best ? f->median / best : 0;
}
