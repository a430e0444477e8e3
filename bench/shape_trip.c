// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trip: one process sends, another one sleeps until it comes and sends it back
 *
 * Counted are both directions, both sleeps and both switches between the processes.
 *
 * Copyright (C) the mq authors
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define TRIPS	8

static double batch(struct bench_channel *there, struct bench_channel *back)
{
	const struct bench_peer *peer = there->peer;
	uint64_t from = bench_count();

	for (int i = 0; i < TRIPS; i++) {
		peer->send(there);
		bench_channel_await(back);
	}
	return bench_count_show(bench_count() - from) / TRIPS;
}

/* the other side; the first message back says that it is there */
static _Noreturn void echo(struct bench_channel *there, struct bench_channel *back)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_channel_join(there);
	for (;;) {
		there->peer->send(back);
		bench_channel_await(there);
	}
}

static pid_t echo_new(struct bench_channel *there, struct bench_channel *back)
{
	pid_t child = fork();

	if (child < 0)
		bench_die("no second process: %m");
	if (child == 0)
		echo(there, back);
	bench_channel_await(back);
	return child;
}

static void run(const struct bench_peer *peer, size_t size)
{
	struct bench_figure *f = bench_figure_new(&bench_trip, "trip", peer, size, 1);
	struct bench_channel there, back;
	pid_t child;

	bench_channel_open(&there, peer, size, 1);
	bench_channel_open(&back, peer, size, 1);
	bench_channel_join(&back);
	child = echo_new(&there, &back);
	for (int i = 0; i < 4 * TRIPS; i++)
		batch(&there, &back);
	bench_channel_check(&back, 1);
	while (!bench_figure_is_done(f))
		bench_figure_push(f, batch(&there, &back));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	bench_channel_close(&there);
	bench_channel_close(&back);
}

const struct bench_shape bench_trip = {
	.name = "trip",
	.flag = BENCH_TRIP,
	.run = run,
};
