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
#include <sys/types.h>

#define BENCH_SIZE_MAX	65536

/* messages that fit into one channel */
#define BENCH_DEPTH	64

/* bytes of a name and of the NUL behind it; each is as long as any other */
#define BENCH_NAME_SIZE	6

/* most sizes, and most repetitions, that a shape has of its own */
#define BENCH_SIZES_MAX	8
#define BENCH_NS_MAX	4

struct bench_peer;

/**
 * struct bench_channel - one way from any sender to one receiver
 * @peer: what it is made of
 * @name: drawn at random, always the same ones in the same order; no two open channels share one
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
	char name[BENCH_NAME_SIZE];
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
 * @is_per_process: a process has one mailbox at most
 * @join: called in the process that will receive, before it does so or sends; or NULL
 * @send: puts one message in
 * @receive: takes one message out; sleeps where none is there
 * @send_many: puts some in by one call, or NULL
 * @receive_many: takes just as many out by one call; where they are not there it sleeps. Or NULL
 * @await: takes one message out of which it is known that it has yet to come; NULL where
 *	@receive does so as well
 * @call: sends a request and takes its answer; NULL where that is @send and @await
 * @serve: takes the next request, and answers it; or, in the same call, answers the last
 *	one first. NULL where that is @await and @send
 * @send_all: one message to every joined channel but the sender's own, or NULL
 * @close: gives back what @open made
 */
struct bench_peer {
	const char *name;
	enum { BENCH_OURS, BENCH_PEER, BENCH_USER, BENCH_FLOOR } role;
	unsigned int shapes;
	bool is_per_process;
	void (*open)(struct bench_channel *c);
	void (*join)(struct bench_channel *c);
	void (*send)(struct bench_channel *c);
	void (*receive)(struct bench_channel *c);
	void (*send_many)(struct bench_channel *c, unsigned int n);
	void (*receive_many)(struct bench_channel *c, unsigned int n);
	void (*await)(struct bench_channel *c);
	void (*call)(struct bench_channel *there, struct bench_channel *back);
	void (*serve)(struct bench_channel *there, struct bench_channel *back);
	void (*send_all)(struct bench_channel *home);
	void (*close)(struct bench_channel *c);
};

extern const struct bench_peer bench_none, bench_mq_text, bench_mq_frames, bench_mq_mixed,
	bench_mq_anonymous, bench_pipe, bench_posix, bench_sysv, bench_unix, bench_seqpacket,
	bench_unix_named, bench_null, bench_eventfd;

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
 * @unit: NULL where it is that of the counter
 * @step: batches between two looks at the spread
 * @most: batches after which it is done in any case
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
	const char *unit;
	unsigned int step;
	unsigned int most;
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
 * @is_grouped: in a child memory group
 * @sizes: of the messages, unless others are asked for
 * @ns: what it is repeated by (receivers, messages per call ...); one measurement for each
 * @run: measures one peer at one size, for one of @ns
 */
struct bench_shape {
	const char *name;
	unsigned int flag;
	bool is_grouped;
	size_t sizes[BENCH_SIZES_MAX];
	unsigned int ns[BENCH_NS_MAX];
	void (*run)(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		    unsigned int n);
};

#define BENCH_SELF	(1u << 0)
#define BENCH_BATCH	(1u << 1)
#define BENCH_TRIP	(1u << 2)
#define BENCH_CALL	(1u << 3)
#define BENCH_STREAM	(1u << 4)
#define BENCH_MANY	(1u << 5)
#define BENCH_PAIRS	(1u << 6)
#define BENCH_BROADCAST	(1u << 7)
#define BENCH_GROWTH	(1u << 8)
#define BENCH_MEMORY	(1u << 9)

/* whatever moves messages can do these */
#define BENCH_ALL	(BENCH_SELF | BENCH_BATCH | BENCH_TRIP | BENCH_CALL | BENCH_STREAM | \
			 BENCH_MANY | BENCH_PAIRS | BENCH_BROADCAST)

extern const struct bench_shape bench_self, bench_batch, bench_trip, bench_call, bench_stream,
	bench_many, bench_pairs, bench_broadcast, bench_growth, bench_memory, bench_group_self,
	bench_group_batch;

/* @i: which of them, in the order they were added */
typedef void bench_crew_work(void *context, unsigned int i);

/**
 * struct bench_crew - processes of ours that work when they are told to
 * @n: how many there are
 * @join: what each does first
 * @work: what each does when it is told to
 * @context: for both
 * @done: counts those that are done
 * @workers: they
 */
struct bench_crew {
	unsigned int n;
	bench_crew_work *join;
	bench_crew_work *work;
	void *context;
	int done;
	struct bench_worker {
		pid_t pid;
		int go;	/* counts how often it was told */
	} *workers;
};

/* count.c */
void bench_count_init(void);
bool bench_count_is_exact(void);
const char *bench_count_unit(void);
double bench_count_show(uint64_t ticks);

/* die.c */
void bench_die_init(const char *name);
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* channel.c */
extern unsigned int bench_depth;
uint64_t bench_random(uint64_t *state);
void bench_channel_seed(unsigned int seed);
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
const struct bench_figure *bench_figure_find(const struct bench_shape *shape, const char *measure,
					     const struct bench_peer *peer, size_t size,
					     unsigned int n);
void bench_figure_set(struct bench_figure *f, double value);
void bench_figure_push(struct bench_figure *f, double sample);
bool bench_figure_is_done(struct bench_figure *f);
double bench_figure_ratio(const struct bench_figure *f);

/* crew.c */
void bench_crew_init(struct bench_crew *crew, unsigned int most, bench_crew_work *join,
		     bench_crew_work *work, void *context);
void bench_crew_add(struct bench_crew *crew);
void bench_crew_go(struct bench_crew *crew, unsigned int i);
void bench_crew_wait(struct bench_crew *crew, unsigned int n);
void bench_crew_deinit(struct bench_crew *crew);

/* group.c */
void bench_group_enter(void);
void bench_group_remove(void);

/* report.c */
void bench_report_show(FILE *out);

/* csv.c */
void bench_csv_load(const char *path);
void bench_csv_show(FILE *csv);

/* main.c */
extern bool bench_forever;
const struct bench_peer *bench_peer_get(const char *name);

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
