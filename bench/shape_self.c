// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process sends to itself and receives: the two halves of a message, nobody sleeps
 *
 * Copyright (C) the mq authors
 */
#include "bench.h"

#define PAIRS	16

/* by value: what the loop itself costs is counted with a peer that does nothing */
static double batch(struct bench_channel *c)
{
	const struct bench_peer *peer = c->peer;
	uint64_t from = bench_count();

	for (int i = 0; i < PAIRS; i++) {
		peer->send(c);
		peer->receive(c);
	}
	return bench_count_show(bench_count() - from) / PAIRS;
}

static double loop_cost(void)
{
	struct bench_channel c = { .peer = &bench_none };

	batch(&c);
	return batch(&c);
}

static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int n)
{
	struct bench_figure *f = bench_figure_new(shape, "message", peer, size, n);
	double loop = loop_cost();
	struct bench_channel c;

	bench_channel_open(&c, peer, size, 1);
	bench_channel_join(&c);
	for (int i = 0; i < 2 * PAIRS; i++)
		batch(&c);
	bench_channel_check(&c, 1);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(&c) - loop);
	bench_channel_close(&c);
}

const struct bench_shape bench_self = {
	.name = "self",
	.flag = BENCH_SELF,
	.sizes = { 16, 64, 256, 1024, 4000, 16384, 65536 },
	.ns = { 1 },
	.run = run,
};

const struct bench_shape bench_group_self = {
	.name = "group-self",
	.flag = BENCH_SELF,
	.is_grouped = true,
	.sizes = { 64 },
	.ns = { 1 },
	.run = run,
};
