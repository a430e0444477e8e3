// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trip: one process sends, another one sleeps until it comes and sends one back
 *
 * Counted are both directions, both sleeps and both switches between the processes.
 * In the shape `call` a peer may use what it has for requests and replies.
 *
 * Copyright (C) the mq authors
 */
#include <sys/resource.h>

#include "bench.h"

#define TRIPS	8

/* the two ways of a round trip, and what each side does */
struct route {
	struct bench_channel there;
	struct bench_channel back;
	void (*ask)(struct bench_channel *there, struct bench_channel *back);
	void (*serve)(struct bench_channel *there, struct bench_channel *back);
};

static double batch(struct route *route)
{
	uint64_t from = bench_count();

	for (int i = 0; i < TRIPS; i++)
		route->ask(&route->there, &route->back);
	return bench_count_show(bench_count() - from) / TRIPS;
}

static void send_await(struct bench_channel *there, struct bench_channel *back)
{
	there->peer->send(there);
	bench_channel_await(back);
}

static void await_send(struct bench_channel *there, struct bench_channel *back)
{
	bench_channel_await(there);
	back->peer->send(back);
}

/*
 * Whether a process that is woken runs at once or waits until its waker sleeps makes a
 * fifth of a round trip, and with equal processes it is chance: it follows from which of
 * them has had less of the CPU, often for a whole measurement. A server that is more urgent
 * than its client runs at once, always, for each peer. (Without the right to be so, chance
 * is what is left.)
 */
static void server_join(void *context, unsigned int i)
{
	struct route *route = context;

	(void)i;
	setpriority(PRIO_PROCESS, 0, -20);
	bench_channel_join(&route->there);
}

static void server_work(void *context, unsigned int i)
{
	struct route *route = context;

	(void)i;
	for (;;)
		route->serve(&route->there, &route->back);
}

static void run_route(struct route *route, struct bench_figure *f)
{
	struct bench_crew server;

	bench_channel_open(&route->there, f->peer, f->size, 1);
	bench_channel_open(&route->back, f->peer, f->size, 1);
	bench_channel_join(&route->back);
	bench_crew_init(&server, 1, server_join, server_work, route);
	bench_crew_add(&server);
	bench_crew_go(&server, 0);
	for (int i = 0; i < 4 * TRIPS; i++)
		batch(route);
	bench_channel_check(&route->back, 1);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(route));
	bench_crew_deinit(&server);
	bench_channel_close(&route->there);
	bench_channel_close(&route->back);
}

static void run_trip(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		     unsigned int n)
{
	struct route route = { .ask = send_await, .serve = await_send };

	run_route(&route, bench_figure_new(shape, "trip", peer, size, n));
}

static void run_call(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		     unsigned int n)
{
	struct route route = { .ask = peer->call ? peer->call : send_await,
			       .serve = peer->serve ? peer->serve : await_send };

	run_route(&route, bench_figure_new(shape, "trip", peer, size, n));
}

const struct bench_shape bench_trip = {
	.name = "trip",
	.flag = BENCH_TRIP,
	.sizes = { 64, 4000 },
	.ns = { 1 },
	.run = run_trip,
};

const struct bench_shape bench_call = {
	.name = "call",
	.flag = BENCH_CALL,
	.sizes = { 64, 4000 },
	.ns = { 1 },
	.run = run_call,
};
