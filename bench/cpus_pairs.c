// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two pairs of processes, each on a CPU of its own, that have nothing to do with each
 * other; and the contrary, a crowd: a sender on each CPU, and one mailbox for both
 *
 * What they touch, and which locks they wait for, others look at. So all that makes and
 * ends them is done before and behind.
 *
 * Copyright (C) the mq authors
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "cpus.h"
#include "cpus_mark.h"

#define MESSAGES	4000
#define WARM		200

/* a two-step start: all are warm, the statistics are at 0, go */
static struct {
	volatile unsigned int warm[CPUS];
	volatile unsigned int go;
	volatile unsigned int done[CPUS];
} *shared;

static void all_wait(volatile unsigned int *flags)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		while (!flags[cpu])
			usleep(1000);
}

/* spins: a sleep would be work for the kernel that has nothing to do with messages */
static void start_wait(unsigned int cpu)
{
	shared->warm[cpu] = 1;
	while (!shared->go)
		;
}

/* for good: an end would be work again */
static _Noreturn void done_sleep(unsigned int cpu)
{
	shared->done[cpu] = 1;
	for (;;)
		pause();
}

static void copy(const char *from, const char *to)
{
	char buffer[4096];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n;

	if (in < 0 || out < 0)
		bench_die("%s to %s: %m", from, to);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			bench_die("%s: %m", to);
	close(in);
	close(out);
}

static void locks_reset(void)
{
	int fd = open("/proc/lock_stat", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		bench_die("/proc/lock_stat: %m; it takes a kernel with CONFIG_LOCK_STAT");
	close(fd);
}

static void measure(const struct cpus_options *options)
{
	all_wait(shared->warm);
	if (options->locks)
		locks_reset();
	shared->go = 1;
	all_wait(shared->done);
	if (options->locks)
		copy("/proc/lock_stat", options->locks);
	/* All that was made is a child, or dies with its parent. */
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
}

static void trip(struct bench_channel *there, struct bench_channel *back)
{
	there->peer->send(there);
	bench_channel_await(back);
}

static void echo_new(struct bench_channel *there, struct bench_channel *back)
{
	if (cpus_fork())
		return;
	bench_channel_join(there);
	for (;;) {
		there->peer->send(back);
		bench_channel_await(there);
	}
}

/* one pair; the first message back says that the other one is there */
static _Noreturn void pair_run(unsigned int cpu, struct bench_channel *there,
			       struct bench_channel *back, const struct cpus_options *options)
{
	cpus_pin(cpu);
	bench_channel_join(back);
	echo_new(there, back);
	bench_channel_await(back);
	for (unsigned int i = 0; i < WARM; i++)
		trip(there, back);
	bench_channel_check(back, 1);
	start_wait(cpu);
	if (options->series)
		cpus_mark(options->series);
	for (unsigned int i = 0; i < (options->n ? options->n : MESSAGES) / 2; i++)
		trip(there, back);
	if (options->series)
		cpus_mark(CPUS_MARK_END);
	done_sleep(cpu);
}

/**
 * cpus_pairs_run - two pairs, independent of each other
 * @options: @peer is given
 */
void cpus_pairs_run(const struct cpus_options *options)
{
	struct bench_channel there[CPUS], back[CPUS];

	if (!options->peer)
		bench_die("pairs: -p says of what");
	setpgid(0, 0);
	shared = cpus_share(sizeof(*shared));
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		bench_channel_open(&there[cpu], options->peer, CPUS_BYTES, 1);
		bench_channel_open(&back[cpu], options->peer, CPUS_BYTES, 1);
	}
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		if (cpus_fork() == 0)
			pair_run(cpu, &there[cpu], &back[cpu], options);
	measure(options);
}

static _Noreturn void crowd_receiver_run(struct bench_channel *one)
{
	bench_channel_join(one);
	for (;;)
		bench_channel_await(one);
}

/* a way of ours never fills up, it overwrites; the others let their senders sleep */
static _Noreturn void crowd_sender_run(unsigned int cpu, struct bench_channel *one,
				       struct bench_channel *home,
				       const struct cpus_options *options)
{
	cpus_pin(cpu);
	bench_channel_join(home);
	for (unsigned int i = 0; i < WARM; i++)
		one->peer->send(one);
	start_wait(cpu);
	if (options->series)
		cpus_mark(options->series);
	for (unsigned int i = 0; i < (options->n ? options->n : MESSAGES); i++)
		one->peer->send(one);
	if (options->series)
		cpus_mark(CPUS_MARK_END);
	done_sleep(cpu);
}

/**
 * cpus_crowd_run - a sender on each CPU, and one mailbox for both
 * @options: @peer is given
 */
void cpus_crowd_run(const struct cpus_options *options)
{
	struct bench_channel one, homes[CPUS];

	if (!options->peer)
		bench_die("crowd: -p says of what");
	setpgid(0, 0);
	shared = cpus_share(sizeof(*shared));
	bench_channel_open(&one, options->peer, CPUS_BYTES, 1);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		bench_channel_open(&homes[cpu], options->peer, CPUS_BYTES, 1);
	if (cpus_fork() == 0)
		crowd_receiver_run(&one);
	/* It must be there before anybody sends to its name. */
	usleep(200000);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		if (cpus_fork() == 0)
			crowd_sender_run(cpu, &one, &homes[cpu], options);
	measure(options);
}
