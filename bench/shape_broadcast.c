// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: one process sends the same message to many others
 *
 * Each receiver is a process of its own. The receivers sleep on something of ours
 * while the sender is counted, so that its cost is that of sending, not of
 * waking; then each in turn empties its mailbox and counts that itself. So no
 * mailbox ever overflows, and no two countings mix. But where threads or a broker
 * work for the sender, all is one counting.
 *
 * Copyright (C) the mq authors
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"

#define ROUNDS	8	/* messages that lie in each mailbox at most */

/* the marginal cost is the slope between the last two, the batches are those of the many */
#define MANY	64
#define MOST	512

/**
 * struct news - what the receivers tell, in memory that they share with the sender
 * @per_call: they are told: how many messages to take by one call
 * @ticks: what the last emptying took, for each
 */
struct news {
	unsigned int per_call;
	uint64_t ticks[MOST];
};

/**
 * struct crowd - the receivers of a broadcast
 * @n: how many
 * @home: the sender's own channel
 * @channels: theirs
 * @crew: they
 * @news: from them
 */
struct crowd {
	unsigned int n;
	struct bench_channel home;
	struct bench_channel channels[MOST];
	struct bench_crew crew;
	struct news *news;
};

static void send_one(struct crowd *crowd)
{
	const struct bench_peer *peer = crowd->home.peer;

	if (peer->send_all) {
		peer->send_all(&crowd->home);
		return;
	}
	for (unsigned int i = 0; i < crowd->n; i++)
		peer->send(&crowd->channels[i]);
}

/* counts per receiver and message */
static double batch_send(struct crowd *crowd)
{
	uint64_t from = bench_count();

	for (int i = 0; i < ROUNDS; i++)
		send_one(crowd);
	return bench_count_show(bench_count() - from) / ROUNDS / crowd->n;
}

static double batch_receive(struct crowd *crowd)
{
	double sum = 0;

	for (unsigned int i = 0; i < crowd->n; i++) {
		bench_crew_go(&crowd->crew, i);
		bench_crew_wait(&crowd->crew, 1);
		sum += bench_count_show(crowd->news->ticks[i]);
	}
	return sum / ROUNDS / crowd->n;
}

static void receiver_join(void *context, unsigned int i)
{
	struct crowd *crowd = context;

	bench_channel_join(&crowd->channels[i]);
}

static void receiver_work(void *context, unsigned int i)
{
	struct crowd *crowd = context;
	struct bench_channel *c = &crowd->channels[i];
	unsigned int per_call = crowd->news->per_call;
	uint64_t from = bench_count();

	for (unsigned int taken = 0; taken < ROUNDS; taken += per_call)
		bench_channel_receive_many(c, per_call);
	crowd->news->ticks[i] = bench_count() - from;
	bench_channel_check(c, per_call);
}

static struct crowd *crowd_new(const struct bench_peer *peer, size_t size, unsigned int n)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	if (!crowd)
		bench_die("no memory for a crowd");
	crowd->n = n;
	crowd->news = mmap(NULL, sizeof(*crowd->news), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crowd->news == MAP_FAILED)
		bench_die("no memory that processes share: %m");
	bench_channel_open(&crowd->home, peer, size, 1);
	bench_channel_join(&crowd->home);
	bench_crew_init(&crowd->crew, n, receiver_join, receiver_work, crowd);
	for (unsigned int i = 0; i < n; i++) {
		bench_channel_open(&crowd->channels[i], peer, size, ROUNDS);
		bench_crew_add(&crowd->crew);
	}
	return crowd;
}

static void crowd_free(struct crowd *crowd)
{
	bench_crew_deinit(&crowd->crew);
	for (unsigned int i = 0; i < crowd->n; i++)
		bench_channel_close(&crowd->channels[i]);
	bench_channel_close(&crowd->home);
	munmap(crowd->news, sizeof(*crowd->news));
	free(crowd);
}

/* what follows from two figures: @a_share of one and @b_share of the other */
static void derive(struct bench_figure *f, const struct bench_figure *a, double a_share,
		   const struct bench_figure *b, double b_share)
{
	f->median = a_share * a->median + b_share * b->median;
	f->least = a_share * a->least + b_share * b->least;
	f->spread = a->spread > b->spread ? a->spread : b->spread;
}

static void count(struct crowd *crowd, struct bench_figure *send, struct bench_figure *receive)
{
	bool is_done;

	for (int i = 0; i < (crowd->n < MOST ? 8 : 2); i++) {
		batch_send(crowd);
		batch_receive(crowd);
	}
	do {
		bench_figure_push(send, batch_send(crowd));
		bench_figure_push(receive, batch_receive(crowd));
		is_done = bench_figure_is_done(send);
		/* Both are asked: that is when a figure takes in its samples. */
		is_done = bench_figure_is_done(receive) && is_done;
	} while (!is_done);
}

static struct bench_figure *figure_new(const struct bench_shape *shape, const char *measure,
				       const struct crowd *crowd)
{
	struct bench_figure *f = bench_figure_new(shape, measure, crowd->home.peer,
						  crowd->home.size, crowd->n);

	/* A batch of many receivers is a mean already. */
	if (crowd->n >= MANY) {
		f->step = crowd->n < MOST ? 8 : 4;
		f->most = crowd->n < MOST ? 64 : 16;
	}
	return f;
}

static void count_all(const struct bench_shape *shape, struct crowd *crowd)
{
	struct bench_figure *send = figure_new(shape, "send", crowd);
	struct bench_figure *receive = figure_new(shape, "receive", crowd);

	crowd->news->per_call = 1;
	count(crowd, send, receive);
	derive(figure_new(shape, "total", crowd), send, 1, receive, 1);
	if (crowd->n != MANY)
		return;
	crowd->news->per_call = ROUNDS;
	receive = figure_new(shape, "receive-batch", crowd);
	count(crowd, send, receive);
	derive(figure_new(shape, "total-batch", crowd), send, 1, receive, 1);
}

/* counts per receiver and message, until the last receiver has the last message */
static double batch_whole(struct crowd *crowd)
{
	uint64_t from = bench_count();

	for (int i = 0; i < ROUNDS; i++)
		send_one(crowd);
	for (unsigned int i = 0; i < crowd->n; i++) {
		bench_crew_go(&crowd->crew, i);
		bench_crew_wait(&crowd->crew, 1);
	}
	return bench_count_show(bench_count() - from) / ROUNDS / crowd->n;
}

/* what it costs to tell the receivers, and to hear that they are done */
static double telling_cost(size_t size, unsigned int n)
{
	struct crowd *crowd = crowd_new(&bench_none, size, n);
	double cost = 0;

	crowd->news->per_call = 1;
	for (int i = 0; i < 8; i++)
		cost = batch_whole(crowd);
	crowd_free(crowd);
	return cost;
}

/*
 * Threads and brokers work on when the sender is done, so that what is sending and what
 * is receiving cannot be told apart: counted is the whole.
 */
static void count_whole(const struct bench_shape *shape, struct crowd *crowd)
{
	struct bench_figure *f = figure_new(shape, "total", crowd);
	double telling = telling_cost(crowd->home.size, crowd->n);

	crowd->news->per_call = 1;
	for (int i = 0; i < 8; i++)
		batch_whole(crowd);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch_whole(crowd) - telling);
}

static void run(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		unsigned int n)
{
	const double more = MOST - MANY;
	const struct bench_figure *many, *most;
	struct crowd *crowd;

	/* Of one receiver the telling is the most, and five hundred keep a broker busy for minutes. */
	if (peer->role == BENCH_USER && (n == 1 || n == MOST))
		return;
	crowd = crowd_new(peer, size, n);
	if (peer->role == BENCH_USER)
		count_whole(shape, crowd);
	else
		count_all(shape, crowd);
	crowd_free(crowd);
	many = bench_figure_find(shape, "send", peer, size, MANY);
	most = bench_figure_find(shape, "send", peer, size, MOST);
	if (n == MOST && many)
		derive(bench_figure_new(shape, "marginal", peer, size, MOST), most, MOST / more,
		       many, -MANY / more);
}

const struct bench_shape bench_broadcast = {
	.name = "broadcast",
	.flag = BENCH_BROADCAST,
	.sizes = { 64 },
	.ns = { 1, 8, MANY, MOST },
	.run = run,
};
