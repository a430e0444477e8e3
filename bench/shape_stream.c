// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams: messages go one way, and now and then one comes back that lets more of them go
 *
 * So nothing is lost in a peer that overwrites, and no figure depends on how deep a
 * queue is. What comes back is counted too, as are all sleeps and switches between
 * the processes, however the scheduler makes them.
 *
 * Copyright (C) the mq authors
 */
#include "bench.h"

#define SENDERS_MAX	8
#define ROUNDS		4

/**
 * struct stream - messages to this process
 * @senders: how many processes send them
 * @window: messages that each of them sends, then it waits until it may go on
 * @per_call: messages that one call moves
 * @there: what they send to
 * @back: one for each of them: it may go on
 */
struct stream {
	unsigned int senders;
	unsigned int window;
	unsigned int per_call;
	struct bench_channel there;
	struct bench_channel back[SENDERS_MAX];
};

/* counts per message */
static double batch(struct stream *s)
{
	unsigned int n = s->senders * s->window;
	uint64_t from = bench_count();

	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < s->senders; i++)
			s->back[i].peer->send(&s->back[i]);
		for (unsigned int i = 0; i < n; i += s->per_call)
			bench_channel_receive_many(&s->there, s->per_call);
	}
	return bench_count_show(bench_count() - from) / ROUNDS / n;
}

static void sender_join(void *context, unsigned int i)
{
	struct stream *s = context;

	bench_channel_join(&s->back[i]);
}

static void sender_work(void *context, unsigned int sender)
{
	struct stream *s = context;

	for (;;) {
		bench_channel_await(&s->back[sender]);
		for (unsigned int i = 0; i < s->window; i += s->per_call)
			bench_channel_send_many(&s->there, s->per_call);
	}
}

static void run(struct bench_figure *f, unsigned int senders, unsigned int per_call)
{
	struct stream s = { .senders = senders, .window = BENCH_DEPTH / senders,
			    .per_call = per_call };
	struct bench_crew crew;

	bench_channel_open(&s.there, f->peer, f->size, per_call);
	bench_channel_join(&s.there);
	for (unsigned int i = 0; i < senders; i++)
		bench_channel_open(&s.back[i], f->peer, f->size, 1);
	bench_crew_init(&crew, senders, sender_join, sender_work, &s);
	for (unsigned int i = 0; i < senders; i++) {
		bench_crew_add(&crew);
		bench_crew_go(&crew, i);
	}
	for (int i = 0; i < 8; i++)
		batch(&s);
	bench_channel_check(&s.there, per_call);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(&s));
	bench_crew_deinit(&crew);
	bench_channel_close(&s.there);
	for (unsigned int i = 0; i < senders; i++)
		bench_channel_close(&s.back[i]);
}

static void run_stream(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		       unsigned int per_call)
{
	/* None of the users' alternatives has a call for several. */
	if (per_call > 1 && peer->role == BENCH_USER)
		return;
	run(bench_figure_new(shape, "message", peer, size, per_call), 1, per_call);
}

static void run_many(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		     unsigned int senders)
{
	run(bench_figure_new(shape, "message", peer, size, senders), senders, 1);
}

const struct bench_shape bench_stream = {
	.name = "stream",
	.flag = BENCH_STREAM,
	.sizes = { 64, 4000 },
	.ns = { 1, 8 },
	.run = run_stream,
};

const struct bench_shape bench_many = {
	.name = "many",
	.flag = BENCH_MANY,
	.sizes = { 64 },
	.ns = { SENDERS_MAX },
	.run = run_many,
};
