// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency under load: how long a message takes from before the sender's call to behind the
 * receiver's, while eight senders keep two CPUs busy
 *
 * A sender works for a while, always, and sends a message that has the time in it as soon
 * as its last one was taken: so no peer's queue is ever full, none loses a message, and each
 * has the same to do. The peers take turns of some tenths of a second, so that what the host
 * does meanwhile hits all of them alike; and each figure is the median of all turns, so that
 * what hits a few of them decides nothing. The histogram has every message.
 *
 * Copyright (C) the mq authors
 */
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpus.h"

#define SENDERS		8
#define PEERS		8
#define PER_ROUND	2000	/* messages that count */
#define ROUNDS		16
#define WORK		20000	/* most steps of work between two messages */
#define BUCKETS		8	/* of the histogram, for each doubling */

/* what is in front of the payload that a message has anyway */
struct stamp {
	uint64_t time;
	uint32_t sender;
	uint32_t is_last;
};

/* each sender's in a cache line of its own */
struct shared {
	volatile uint32_t stop __attribute__((aligned(64)));
	struct {
		volatile uint32_t taken;
	} __attribute__((aligned(64))) senders[SENDERS];
};

/* one peer: the receiver's channel, the senders' own, and what was measured */
struct race {
	const struct bench_peer *peer;
	struct bench_channel channel;
	struct bench_channel homes[SENDERS];
	uint32_t *samples;
	size_t n;
};

static const struct {
	const char *name;
	double part;
} measures[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "p99.9", 0.999 }, { "max", 1 } };

#define MEASURES	(sizeof(measures) / sizeof(*measures))

static struct shared *shared;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void work(uint64_t *random)
{
	for (uint64_t steps = bench_random(random) % WORK; steps; steps--)
		__asm__ volatile("");
}

static void message_send(struct bench_channel *to, unsigned int sender, bool is_last)
{
	struct stamp stamp = { .sender = sender, .is_last = is_last };
	char *payload = to->out + to->out_size - to->size;

	stamp.time = now();
	memcpy(payload, &stamp, sizeof(stamp));
	to->peer->send(to);
}

static _Noreturn void sender_run(struct race *race, unsigned int i)
{
	struct bench_channel *to = &race->channel;
	uint64_t random = i;
	uint32_t sent = 0;

	/* Every sender is somebody of his own. */
	bench_channel_join(&race->homes[i]);
	while (!shared->stop) {
		work(&random);
		if (shared->senders[i].taken != sent)
			continue;
		message_send(to, i, false);
		sent++;
	}
	message_send(to, i, true);
	_exit(0);
}

static struct stamp message_receive(struct bench_channel *from, uint64_t *latency)
{
	struct stamp stamp;

	bench_channel_await(from);
	*latency = now();
	memcpy(&stamp, from->in, sizeof(stamp));
	*latency -= stamp.time;
	if (stamp.sender >= SENDERS || *latency > UINT32_MAX)
		bench_die("%s: a message of sender %u took %llu ns", from->peer->name, stamp.sender,
			  (unsigned long long)*latency);
	return stamp;
}

/* from when all senders are there until enough has been measured; then they say good-bye */
static void receiver_run(struct race *race)
{
	unsigned int here = 0, gone = 0, counted = 0;

	while (gone < SENDERS) {
		uint64_t latency;
		struct stamp stamp = message_receive(&race->channel, &latency);
		volatile uint32_t *taken = &shared->senders[stamp.sender].taken;

		gone += stamp.is_last;
		here += !*taken;
		if (here == SENDERS && *taken && counted < PER_ROUND) {
			race->samples[race->n++] = (uint32_t)latency;
			shared->stop = ++counted == PER_ROUND;
		}
		++*taken;
	}
}

static void round_run(struct race *race)
{
	memset(shared, 0, sizeof(*shared));
	for (unsigned int i = 0; i < SENDERS; i++)
		if (cpus_fork() == 0)
			sender_run(race, i);
	receiver_run(race);
	for (unsigned int i = 0; i < SENDERS; i++)
		wait(NULL);
}

static void race_init(struct race *race, const struct bench_peer *peer, unsigned int rounds)
{
	race->peer = peer;
	race->n = 0;
	race->samples = malloc(rounds * PER_ROUND * sizeof(*race->samples));
	if (!race->samples)
		bench_die("no memory for %u rounds", rounds);
	bench_channel_open(&race->channel, peer, CPUS_BYTES, 1);
	bench_channel_join(&race->channel);
	for (unsigned int i = 0; i < SENDERS; i++)
		bench_channel_open(&race->homes[i], peer, CPUS_BYTES, 1);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t quantile(const uint32_t *sorted, size_t n, double part)
{
	return sorted[(size_t)(part * (double)(n - 1) + 0.5)];
}

/* the same figure of each round, sorted */
static void rounds_init(const struct race *race, double part, uint32_t *rounds, size_t n)
{
	static uint32_t round[PER_ROUND];

	for (size_t r = 0; r < n; r++) {
		memcpy(round, race->samples + r * PER_ROUND, sizeof(round));
		qsort(round, PER_ROUND, sizeof(*round), compare);
		rounds[r] = quantile(round, PER_ROUND, part);
	}
	qsort(rounds, n, sizeof(*rounds), compare);
}

static void figure_show(const struct race *race, const struct race *reference, unsigned int m,
			const struct cpus_options *options)
{
	size_t n = race->n / PER_ROUND;
	uint32_t rounds[n], others[n];
	double value, other;

	rounds_init(race, measures[m].part, rounds, n);
	rounds_init(reference, measures[m].part, others, n);
	value = quantile(rounds, n, 0.5);
	other = quantile(others, n, 0.5);
	fprintf(options->csv, "%s,%s,%s,%s,%d,%d,%.0f,%u,%.1f,%zu,%.3f,ns (emulated)\n",
		options->shape, measures[m].name, race->peer->name,
		race->peer->role == BENCH_OURS ? "ours" : "peer", CPUS_BYTES, SENDERS, value,
		rounds[0], 100 * ((double)quantile(rounds, n, 0.75) - quantile(rounds, n, 0.25)) / value,
		n, value / other);
}

static void figures_show(const struct race *races, unsigned int n,
			 const struct cpus_options *options)
{
	const struct race *reference = &races[0];

	for (unsigned int i = 0; i < n; i++)
		if (races[i].peer == &bench_posix)
			reference = &races[i];
	for (unsigned int m = 0; m < MEASURES; m++)
		for (unsigned int i = 0; i < n; i++)
			figure_show(&races[i], reference, m, options);
}

/* it sorts the samples: nothing asks for rounds afterwards */
static void histogram_show(struct race *race, const struct cpus_options *options)
{
	size_t i = 0;

	qsort(race->samples, race->n, sizeof(*race->samples), compare);
	for (int bucket = 0; i < race->n; bucket++) {
		double end = exp2((double)(bucket + 1) / BUCKETS);
		size_t begin = i;

		while (i < race->n && race->samples[i] < end)
			i++;
		if (i > begin)
			fprintf(options->histogram, "%s,%s,%.0f,%.0f,%zu\n", options->shape,
				race->peer->name, exp2((double)bucket / BUCKETS), end, i - begin);
	}
}

static void receiver_init(const struct cpus_options *options)
{
	const struct sched_param param = { .sched_priority = 1 };

	/* not for its children */
	if (options->fifo && sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		bench_die("a real-time priority: %m; it takes root");
}

/**
 * cpus_latency_run - the latency of all peers, or of one
 * @options: @csv and @histogram are given
 */
void cpus_latency_run(const struct cpus_options *options)
{
	static struct race races[PEERS];
	unsigned int n = 0, rounds = options->n ? options->n : ROUNDS;

	if (!options->csv || !options->histogram)
		bench_die("latency: -c and -g are needed");
	shared = cpus_share(sizeof(*shared));
	for (unsigned int i = 0; cpus_peers[i]; i++)
		if (!options->peer || options->peer == cpus_peers[i])
			race_init(&races[n++], cpus_peers[i], rounds);
	receiver_init(options);
	for (unsigned int r = 0; r < rounds; r++) {
		if (r % 5 == 0)
			fprintf(stderr, "mq-cpus: %s, round %u of %u\n", options->shape, r + 1, rounds);
		for (unsigned int i = 0; i < n; i++)
			round_run(&races[i]);
	}
	figures_show(races, n, options);
	for (unsigned int i = 0; i < n; i++)
		histogram_show(&races[i], options);
}
