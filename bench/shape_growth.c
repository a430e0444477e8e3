// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growth: what a message costs when there are many whom it could be for
 *
 * One process has all mailboxes. It sends to one of them, drawn at random, and takes
 * the message out there. The names are drawn at random too, always the same ones.
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>

#include "bench.h"

#define MESSAGES	16

static void draw(struct bench_channel *all, unsigned int n, struct bench_channel **drawn)
{
	static uint64_t state = 1;

	for (int i = 0; i < MESSAGES; i++)
		drawn[i] = &all[bench_random(&state) % n];
}

static double batch(struct bench_channel **drawn, const struct bench_peer *peer)
{
	uint64_t from = bench_count();

	for (int i = 0; i < MESSAGES; i++) {
		peer->send(drawn[i]);
		peer->receive(drawn[i]);
	}
	return bench_count_show(bench_count() - from) / MESSAGES;
}

static double loop_cost(void)
{
	struct bench_channel c = { .peer = &bench_none }, *drawn[MESSAGES];

	draw(&c, 1, drawn);
	batch(drawn, &bench_none);
	return batch(drawn, &bench_none);
}

static void count(struct bench_figure *f, struct bench_channel *all)
{
	struct bench_channel *drawn[MESSAGES];
	double loop = loop_cost();

	for (int i = 0; i < 32; i++) {
		draw(all, f->n, drawn);
		batch(drawn, f->peer);
	}
	bench_channel_check(drawn[0], 1);
	while (!bench_figure_is_done(f)) {
		draw(all, f->n, drawn);
		bench_figure_push(f, batch(drawn, f->peer) - loop);
	}
}

static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int n)
{
	struct bench_channel *all = calloc(n, sizeof(*all));

	if (!all)
		bench_die("no memory for %u channels", n);
	for (unsigned int i = 0; i < n; i++)
		bench_channel_open(&all[i], peer, size, 1);
	bench_channel_join(&all[0]);
	count(bench_figure_new(shape, "message", peer, size, n), all);
	for (unsigned int i = 0; i < n; i++)
		bench_channel_close(&all[i]);
	free(all);
}

const struct bench_shape bench_growth = {
	.name = "growth",
	.flag = BENCH_GROWTH,
	.sizes = { 64 },
	.ns = { 2, 100, 1000, 10000 },
	.run = run,
};
