/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq-cpus: what two CPUs show
 *
 * The channels and peers are those of mq-bench. There instructions are counted on one CPU;
 * here two of them run at once, and nothing is counted but in ratios, or looked at from
 * outside.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_CPUS_H
#define MQ_CPUS_H

#include <stdio.h>
#include <sys/types.h>

#include "bench.h"

#define CPUS		2
#define CPUS_BYTES	64

/**
 * struct cpus_options - what was asked for
 * @peer: only this one; or NULL
 * @shape: what the CSV calls it
 * @n: how often: rounds, messages or endpoints; 0 for the default
 * @series: what the plugin shall call it; 0: nobody looks on
 * @fifo: the receiver has a real-time priority
 * @csv: where figures go
 * @histogram: where all of them go, in buckets
 * @locks: where the kernel's lock statistics go, or NULL
 */
struct cpus_options {
	const struct bench_peer *peer;
	const char *shape;
	unsigned int n;
	unsigned int series;
	bool fifo;
	FILE *csv;
	FILE *histogram;
	const char *locks;
};

/* cpus_latency.c, cpus_pairs.c, cpus_lookup.c */
void cpus_latency_run(const struct cpus_options *options);
void cpus_pairs_run(const struct cpus_options *options);
void cpus_crowd_run(const struct cpus_options *options);
void cpus_lookup_run(const struct cpus_options *options);

/* cpus_main.c */
extern const struct bench_peer *const cpus_peers[];
void *cpus_share(size_t size);
pid_t cpus_fork(void);
void cpus_pin(unsigned int cpu);
void cpus_mark(unsigned int word);

#endif
