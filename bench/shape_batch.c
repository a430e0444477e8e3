// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batch: one process sends itself several messages by one call and receives them by one
 *
 * Where a peer has no call for several, it makes as many calls.
 *
 * Copyright (C) the mq authors
 */
#include "bench.h"

#define ROUNDS		2

/* counts per message */
static double batch(struct bench_channel *c)
{
	uint64_t from = bench_count();

	for (int i = 0; i < ROUNDS; i++) {
		bench_channel_send_many(c, c->per_call);
		bench_channel_receive_many(c, c->per_call);
	}
	return bench_count_show(bench_count() - from) / ROUNDS / c->per_call;
}

static double loop_cost(unsigned int per_call)
{
	struct bench_channel c = { .peer = &bench_none, .per_call = per_call };

	batch(&c);
	return batch(&c);
}

static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int per_call)
{
	struct bench_figure *f = bench_figure_new(shape, "message", peer, size, per_call);
	double loop = peer->send_many ? 0 : loop_cost(per_call);
	struct bench_channel c;

	bench_channel_open(&c, peer, size, per_call);
	bench_channel_join(&c);
	for (int i = 0; i < 32; i++)
		batch(&c);
	bench_channel_check(&c, per_call);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(&c) - loop);
	bench_channel_close(&c);
}

const struct bench_shape bench_batch = {
	.name = "batch",
	.flag = BENCH_BATCH,
	.sizes = { 64, 1024 },
	.ns = { 8, 32 },
	.run = run,
};

const struct bench_shape bench_group_batch = {
	.name = "group-batch",
	.flag = BENCH_BATCH,
	.is_grouped = true,
	.sizes = { 64 },
	.ns = { 8, 32 },
	.run = run,
};
