/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mq-bench: what one message costs, through /dev/mq and through its peers
 *
 * A peer is a way to move messages (a pipe, a queue, /dev/mq). A shape is a way
 * to use it (alone, to and fro, one to many). Every shape runs over every peer
 * through the few operations of struct bench_peer, so that all are counted by
 * the same code. A new peer is one file and one line in main.c; so is a shape.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_BENCH_H
#define MQ_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_SIZE_MAX	65536

/* the broadcast's sizes: the marginal cost is the slope between the two */
#define BENCH_FEW	8
#define BENCH_MANY	64

/* room in one channel, in messages */
#define BENCH_DEPTH	64

struct bench_peer;

/**
 * struct bench_channel - one way from any sender to one receiver
 * @peer: what it is made of
 * @number: which one; no two open channels of a run share it
 * @size: bytes of every message
 * @per_call: most messages that one call moves
 * @to: descriptor, or queue number, to send to
 * @from: descriptor, or queue number, to receive from
 * @out: what is handed to the kernel: the payload, and what the peer needs around it
 * @out_size: bytes of one message at @out
 * @all: the same for a broadcast, where the peer has one
 * @all_size: bytes at @all
 * @in: the payload received last; what a peer puts in front of it may be in front of it
 * @stride: bytes from there to the next payload received by the same call
 * @own: the peer's own, if it needs more
 */
struct bench_channel {
	const struct bench_peer *peer;
	unsigned int number;
	size_t size;
	unsigned int per_call;
	int to;
	int from;
	char *out;
	size_t out_size;
	char *all;
	size_t all_size;
	char *in;
	size_t stride;
	void *own;
};

/**
 * struct bench_peer - a way to move messages
 * @name: in the table and in the CSV
 * @role: ours is compared with the best peer; a user's alternative is a broker or a library, built
 *	upon such peers; a floor moves no message and is in no comparison
 * @shapes: which ones it can do
 * @open: makes @to and @from, before any fork; the payload at @out is there already
 * @join: called in the process that will receive, or NULL
 * @send: puts one message in
 * @receive: takes one message out that is there
 * @send_many: puts some in by one call, or NULL
 * @receive_many: takes just as many out by one call; where they are not there it sleeps. Or NULL
 * @await: sleeps until there is one and takes it; NULL where @receive does so
 * @send_all: one message to every joined channel but the sender's own, or NULL
 * @close: gives back what @open made
 */
struct bench_peer {
	const char *name;
	enum { BENCH_OURS, BENCH_PEER, BENCH_USER, BENCH_FLOOR } role;
	unsigned int shapes;
	void (*open)(struct bench_channel *c);
	void (*join)(struct bench_channel *c);
	void (*send)(struct bench_channel *c);
	void (*receive)(struct bench_channel *c);
	void (*send_many)(struct bench_channel *c, unsigned int n);
	void (*receive_many)(struct bench_channel *c, unsigned int n);
	void (*await)(struct bench_channel *c);
	void (*send_all)(struct bench_channel *home);
	void (*close)(struct bench_channel *c);
};

extern const struct bench_peer bench_none, bench_mq_text, bench_mq_frames, bench_pipe, bench_posix,
	bench_sysv, bench_unix, bench_seqpacket, bench_null, bench_eventfd;

/* brokers and libraries: mq-bench-users is linked with them, elsewhere their addresses are NULL */
extern __attribute__((weak)) const struct bench_peer bench_dbus_signal, bench_dbus_all,
	bench_dbus_call, bench_zmq_push, bench_zmq_pub, bench_zmq_req, bench_nng_push,
	bench_nng_pub, bench_nng_req;

#define BENCH_SAMPLES_MAX	512

/**
 * struct bench_figure - one measured cost
 * @shape: how the peer was used
 * @measure: which part of it this is
 * @peer: what was measured
 * @size: bytes of a message
 * @n: what the shape is repeated by: receivers, messages per call ...; else 1
 * @samples: counts per message, one per batch
 * @n_samples: how many; none where the figure follows from others
 * @median: the figure
 * @least: the best batch
 * @spread: the middle half of the batches lies within this, in percent of the median
 */
struct bench_figure {
	const char *shape;
	const char *measure;
	const struct bench_peer *peer;
	size_t size;
	unsigned int n;
	double samples[BENCH_SAMPLES_MAX];
	unsigned int n_samples;
	double median;
	double least;
	double spread;
};

/**
 * struct bench_shape - a way to use a peer
 * @name: in the CSV
 * @flag: its bit in struct bench_peer's @shapes
 * @run: measures one peer at one size
 */
struct bench_shape {
	const char *name;
	unsigned int flag;
	void (*run)(const struct bench_peer *peer, size_t size);
};

#define BENCH_SELF	1u
#define BENCH_TRIP	2u
#define BENCH_BROADCAST	4u
#define BENCH_BATCH	8u
#define BENCH_ALL	(BENCH_SELF | BENCH_TRIP | BENCH_BROADCAST | BENCH_BATCH)

extern const struct bench_shape bench_self, bench_batch, bench_trip, bench_broadcast;

/* count.c */
void bench_count_init(void);
bool bench_count_is_exact(void);
const char *bench_count_unit(void);
double bench_count_show(uint64_t ticks);

/* channel.c */
void bench_channel_open(struct bench_channel *c, const struct bench_peer *peer, size_t size,
			unsigned int per_call);
void bench_channel_join(struct bench_channel *c);
void bench_channel_await(struct bench_channel *c);
void bench_channel_send_many(struct bench_channel *c, unsigned int n);
void bench_channel_receive_many(struct bench_channel *c, unsigned int n);
void bench_channel_check(const struct bench_channel *c, unsigned int n);
void bench_channel_close(struct bench_channel *c);

/* figure.c */
void bench_figure_init(void);
struct bench_figure *bench_figure_new(const struct bench_shape *shape, const char *measure,
				      const struct bench_peer *peer, size_t size,
				      unsigned int n);
const struct bench_figure *bench_figure_get(unsigned int i);
bool bench_figure_is_there(const struct bench_shape *shape, const struct bench_peer *peer,
			   size_t size);
void bench_figure_push(struct bench_figure *f, double sample);
bool bench_figure_is_done(struct bench_figure *f);

/* report.c */
void bench_report_load(const char *path);
void bench_report_show(FILE *table, FILE *csv);

/* main.c */
extern bool bench_forever;
const struct bench_peer *bench_peer_get(const char *name);
void bench_apart(const struct bench_peer *peer, size_t size,
		 void (*run)(const struct bench_peer *peer, size_t size));
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * bench_count - read the counter that stands for instructions
 *
 * On an instruction-counting CPU this is the exact number of instructions that
 * the machine has executed. See count.c for the proof, which is made at every start.
 *
 * Return: a number that only differences of mean anything.
 */
static inline uint64_t bench_count(void)
{
#if defined(__x86_64__) || defined(__i386__)
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
#else
	uint64_t bench_count_clock(void);

	return bench_count_clock();
#endif
}

#endif
