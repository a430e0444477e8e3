// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs: in each of several pairs of processes one sends to the other, all at the same time
 *
 * Counted is the machine from the moment they may begin until the last of them has
 * finished; what telling them costs is counted alone and taken off.
 *
 * Copyright (C) the mq authors
 */
#include <math.h>

#include "bench.h"

#define PAIRS_MAX	8
#define WINDOW	16
#define ROUNDS	4

/**
 * struct pairs - all of them
 * @n: how many there are
 * @there: from the sender of each to its receiver
 * @back: says that all was received
 * @senders: a process of each
 * @receivers: the other one
 */
struct pairs {
	unsigned int n;
	struct bench_channel there[PAIRS_MAX];
	struct bench_channel back[PAIRS_MAX];
	struct bench_crew senders;
	struct bench_crew receivers;
};

static double batch(struct bench_crew *senders)
{
	uint64_t from = bench_count();

	for (unsigned int i = 0; i < senders->n; i++)
		bench_crew_go(senders, i);
	bench_crew_wait(senders, senders->n);
	return bench_count_show(bench_count() - from) / (senders->n * ROUNDS * WINDOW);
}

static void sender_join(void *context, unsigned int i)
{
	struct pairs *p = context;

	bench_channel_join(&p->back[i]);
}

static void sender_work(void *context, unsigned int i)
{
	struct pairs *p = context;
	struct bench_channel *there = &p->there[i];

	for (int round = 0; round < ROUNDS; round++) {
		for (int message = 0; message < WINDOW; message++)
			there->peer->send(there);
		bench_channel_await(&p->back[i]);
	}
}

static void receiver_join(void *context, unsigned int i)
{
	struct pairs *p = context;

	bench_channel_join(&p->there[i]);
}

static void receiver_work(void *context, unsigned int i)
{
	struct pairs *p = context;
	struct bench_channel *there = &p->there[i];

	for (bool is_first = true;; is_first = false) {
		for (int message = 0; message < WINDOW; message++)
			there->peer->receive(there);
		if (is_first)
			bench_channel_check(there, 1);
		p->back[i].peer->send(&p->back[i]);
	}
}

static void no_work(void *context, unsigned int i)
{
	(void)context;
	(void)i;
}

/* what it costs to tell them, and to hear that they are done */
static double telling_cost(unsigned int n)
{
	struct bench_crew crew;
	double cost, least = INFINITY;

	bench_crew_init(&crew, n, NULL, no_work, NULL);
	for (unsigned int i = 0; i < n; i++)
		bench_crew_add(&crew);
	for (int i = 0; i < 8; i++) {
		cost = batch(&crew);
		if (cost < least)
			least = cost;
	}
	bench_crew_deinit(&crew);
	return least;
}

static void pairs_init(struct pairs *p, const struct bench_peer *peer, size_t size)
{
	bench_crew_init(&p->receivers, p->n, receiver_join, receiver_work, p);
	bench_crew_init(&p->senders, p->n, sender_join, sender_work, p);
	for (unsigned int i = 0; i < p->n; i++) {
		bench_channel_open(&p->there[i], peer, size, 1);
		bench_channel_open(&p->back[i], peer, size, 1);
		bench_crew_add(&p->receivers);
		bench_crew_go(&p->receivers, i);
		bench_crew_add(&p->senders);
	}
}

static void pairs_deinit(struct pairs *p)
{
	bench_crew_deinit(&p->senders);
	bench_crew_deinit(&p->receivers);
	for (unsigned int i = 0; i < p->n; i++) {
		bench_channel_close(&p->there[i]);
		bench_channel_close(&p->back[i]);
	}
}

static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int n)
{
	struct bench_figure *f = bench_figure_new(shape, "message", peer, size, n);
	double telling = telling_cost(n);
	struct pairs p = { .n = n };

	pairs_init(&p, peer, size);
	for (int i = 0; i < 8; i++)
		batch(&p.senders);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(&p.senders) - telling);
	pairs_deinit(&p);
}

const struct bench_shape bench_pairs = {
	.name = "pairs",
	.flag = BENCH_PAIRS,
	.sizes = { 64 },
	.ns = { PAIRS_MAX },
	.run = run,
};
