// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq bench - what a message costs on this machine, beside the kernel's other ways
 *
 * It measures time, so its figures are this machine's and this moment's. What the
 * driver itself costs, the same on any machine, is counted by bench/ in the source,
 * which has the same shapes and peers and more, and the same columns in its CSV.
 * Copyright (C) the mq authors
 */
#include "bench.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		5
#define PATIENCE	2000000000	/* after so many ns who waits is told how far it is */

static size_t size = 64;
static uint64_t messages = 20000;
static unsigned int receivers = 8;
static bool csv, disturb;

/**
 * struct shape - a way to use a channel
 * @name: column of the table; in the CSV with @measure
 * @flag: its bit in struct bench_kind's @shapes
 * @ways: of the channel; none: one for each receiver, and the sender's own
 * @self: the way on which this process receives
 * @run: moves at least one message, and says how many
 * @child: what another process does meanwhile, for ever; or NULL
 */
struct shape {
	const char *name, *measure;
	unsigned int flag, ways, self;
	int (*run)(struct bench_channel *c, unsigned int *moved);
	int (*child)(struct bench_channel *c);
};

/* A field of the table. @n: what the shape is repeated by; 0: nothing was measured. */
struct figure {
	unsigned int n;
	double ns[ROUNDS];	/* of one message to one receiver; the least first */
};

static const struct bench_kind *const kinds[] = {
	&bench_mq, &bench_pipe, &bench_posix, &bench_sysv, &bench_datagram, &bench_seqpacket,
	&bench_null, &bench_eventfd,
};

#define N_KINDS	(sizeof(kinds) / sizeof(*kinds))

static int64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- who waits ---- */

static void progress_show(const char *shape, const char *kind)
{
	static int64_t begun;

	if (!begun)
		begun = time_now();
	if (isatty(STDERR_FILENO) && time_now() - begun > PATIENCE)
		fprintf(stderr, "\r\033[Kmq bench: %s, %s ...", kind, shape);
}

static void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* ---- the shapes ---- */

static int run_self(struct bench_channel *c, unsigned int *moved)
{
	int err = c->kind->send(c, 0);

	*moved = 1;
	return err ? err : c->kind->receive(c, 0);
}

/* Where one call cannot move several, it takes as many calls. */
static int batch_send(struct bench_channel *c, unsigned int *count)
{
	int err = 0;

	if (c->kind->send_many)
		return c->kind->send_many(c, 0, count);
	for (unsigned int i = 0; i < *count && !err; i++)
		err = c->kind->send(c, 0);
	return err;
}

static int batch_receive(struct bench_channel *c, unsigned int *count)
{
	int err = 0;

	if (c->kind->receive_many)
		return c->kind->receive_many(c, 0, count);
	for (unsigned int i = 0; i < *count && !err; i++)
		err = c->kind->receive(c, 0);
	return err;
}

static int run_batch(struct bench_channel *c, unsigned int *moved)
{
	unsigned int got, all = 0;
	int err;

	*moved = c->depth;
	err = batch_send(c, moved);
	if (!err && !*moved)
		err = -EIO;
	for (; !err && all < *moved; all += got) {
		got = *moved - all;
		err = batch_receive(c, &got);
		if (!err && !got)
			err = -EIO;
	}
	return err;
}

static int run_trip(struct bench_channel *c, unsigned int *moved)
{
	int err = c->kind->send(c, 0);

	*moved = 1;
	return err ? err : c->kind->receive(c, 1);
}

static int child_trip(struct bench_channel *c)
{
	int err = 0;

	c->self = 0;
	while (!err) {
		err = c->kind->receive(c, 0);
		if (!err)
			err = c->kind->send(c, 1);
	}
	return err;
}

static int run_call(struct bench_channel *c, unsigned int *moved)
{
	*moved = 1;
	return c->kind->call ? c->kind->call(c) : run_trip(c, moved);
}

static int child_call(struct bench_channel *c)
{
	return c->kind->serve ? c->kind->serve(c) : child_trip(c);
}

/* The receiver says when more may come: so nothing is lost in a mailbox that overwrites. */
static int run_stream(struct bench_channel *c, unsigned int *moved)
{
	int err = c->kind->send(c, 1);

	for (unsigned int i = 0; i < c->depth && !err; i++)
		err = c->kind->receive(c, 0);
	*moved = c->depth;
	return err;
}

static int child_stream(struct bench_channel *c)
{
	int err = 0;

	c->self = 1;
	while (!err) {
		err = c->kind->receive(c, 1);
		for (unsigned int i = 0; i < c->depth && !err; i++)
			err = c->kind->send(c, 0);
	}
	return err;
}

static int run_broadcast(struct bench_channel *c, unsigned int *moved)
{
	int err = c->kind->send_all ? c->kind->send_all(c) : 0;

	for (unsigned int i = 0; i < receivers && !err && !c->kind->send_all; i++)
		err = c->kind->send(c, i);
	for (unsigned int i = 0; i < receivers && !err; i++)
		err = c->kind->receive(c, i);
	*moved = receivers;
	return err;
}

static const struct shape shapes[] = {
	{ "self", "message", BENCH_SELF, 1, 0, run_self },
	{ "batch", "message", BENCH_BATCHES, 1, 0, run_batch },
	{ "trip", "trip", BENCH_TRIP, 2, 1, run_trip, child_trip },
	{ "call", "trip", BENCH_CALL, 2, 1, run_call, child_call },
	{ "stream", "message", BENCH_STREAM, 2, 0, run_stream, child_stream },
	{ "broadcast", "total", BENCH_BROADCAST, 0, 0, run_broadcast },
};

#define N_SHAPES	(sizeof(shapes) / sizeof(*shapes))

static struct figure figures[N_KINDS][N_SHAPES];

/* ---- measuring ---- */

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static int round_run(struct bench_channel *c, const struct shape *s, uint64_t count, struct figure *f,
		     double *ns)
{
	int64_t begin = time_now();
	uint64_t all = 0;
	unsigned int moved = 0;
	int err = 0;

	for (; all < count && !err; all += moved)
		err = s->run(c, &moved);
	*ns = (double)(time_now() - begin) / all;
	f->n = s->flag & (BENCH_BATCHES | BENCH_BROADCAST) ? moved : 1;
	return err;
}

/* The first, short round warms up and does not count. */
static int rounds_run(struct bench_channel *c, const struct shape *s, struct figure *f)
{
	uint64_t count = (messages + ROUNDS - 1) / ROUNDS;
	int err = round_run(c, s, (count + 9) / 10, f, &f->ns[0]);

	for (int i = 0; i < ROUNDS && !err; i++)
		err = round_run(c, s, count, f, &f->ns[i]);
	qsort(f->ns, ROUNDS, sizeof(*f->ns), by_value);
	return err;
}

/* A child that does its part, and dies with its parent however that ends. */
static pid_t child_start(struct bench_channel *c, const struct shape *s)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	_exit(s->child(c) ? 1 : 0);
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int channel_open(struct bench_channel *c, const struct bench_kind *kind,
			const struct shape *s)
{
	unsigned int broadcast = s->flag & BENCH_BROADCAST;

	*c = (struct bench_channel){ .kind = kind, .size = size, .self = broadcast ? receivers : s->self,
				     .ways = broadcast ? receivers + 1 : s->ways };
	/* A message of a System V queue begins with its type, which is no part of its size. */
	c->data = malloc(BENCH_BATCH * size + sizeof(long));
	c->room = malloc(BENCH_BATCH * size + sizeof(long));
	c->fds = malloc(c->ways * sizeof(*c->fds));
	if (!c->data || !c->room || !c->fds)
		return -ENOMEM;
	memset(c->data, 'm', BENCH_BATCH * size + sizeof(long));
	memset(c->fds, -1, c->ways * sizeof(*c->fds));
	return kind->open(c);
}

static void channel_close(struct bench_channel *c)
{
	if (c->fds)
		c->kind->close(c);
	free(c->fds);
	free(c->data);
	free(c->room);
}

static int measure(const struct bench_kind *kind, const struct shape *s, struct figure *f)
{
	struct bench_channel c;
	pid_t child = 0;
	int err = channel_open(&c, kind, s);

	if (!err && s->child) {
		child = child_start(&c, s);
		err = child < 0 ? -errno : 0;
	}
	if (!err)
		err = rounds_run(&c, s, f);
	if (child > 0)
		child_end(child);
	channel_close(&c);
	if (err)
		f->n = 0;
	return err;
}

/* ---- the table ---- */

static double median(const struct figure *f)
{
	return f->ns[ROUNDS / 2];
}

/* The best of the peers; 0 if there is none. */
static double best_peer(unsigned int shape)
{
	double best = 0;

	for (size_t k = 0; k < N_KINDS; k++) {
		const struct figure *f = &figures[k][shape];

		if (kinds[k]->role == BENCH_PEER && f->n && (!best || median(f) < best))
			best = median(f);
	}
	return best;
}

static void head_show(void)
{
	struct utsname machine;

	uname(&machine);
	printf("Time on this machine, at this moment: Linux %s %s, %ld CPUs. Another machine has\n"
	       "other figures: compare within this table. Median of %d rounds, %" PRIu64
	       " messages of %zu bytes.\n\n", machine.release, machine.machine,
	       sysconf(_SC_NPROCESSORS_ONLN), ROUNDS, messages, size);
	printf("%-22s", "nanoseconds");
	for (size_t s = 0; s < N_SHAPES; s++)
		printf(" %9s", shapes[s].name);
	putchar('\n');
	fflush(stdout);
}

static void field_show(const char *format, double value, bool is_known)
{
	char text[32] = "-";

	if (is_known)
		snprintf(text, sizeof(text), format, value);
	printf(" %9s", text);
}

static void line_show(unsigned int kind)
{
	printf("%s%-*s", kinds[kind]->name, 22 - (int)strlen(kinds[kind]->name),
	       kinds[kind]->role == BENCH_FLOOR ? " (floor)" : "");
	for (size_t s = 0; s < N_SHAPES; s++)
		field_show("%.0f", median(&figures[kind][s]), figures[kind][s].n);
	putchar('\n');
	fflush(stdout);
}

static void ratios_show(void)
{
	printf("\n%-22s", "mq / the best peer");
	for (size_t s = 0; s < N_SHAPES; s++) {
		double best = best_peer(s);

		field_show("%.2f", median(&figures[0][s]) / best, figures[0][s].n && best);
	}
	printf("\n\n");
}

/* What the table alone would hide. */
static void notes_show(bool others)
{
	puts("self: to oneself and back, per message; batch: several before they are received, by one\n"
	     "call where there is one for that; trip: another process sends one back; call: the same,\n"
	     "with mq by call and reply; stream: from another process, with one back for as many as fit.");
	if (others)
		puts("Others have names: the broadcast, which they would all receive, was left out (--disturb).");
	else
		printf("broadcast: to %u, and received, per receiver: one call with mq, one for each with the others.\n",
		       receivers);
	puts("A pipe keeps no borders between messages: it passes here because all are of one size.");
	for (size_t k = 0; k < N_KINDS; k++) {
		if (figures[k][1].n && figures[k][1].n < BENCH_BATCH)
			printf("%s: batches of %u, more do not fit%s.\n", kinds[k]->name,
			       figures[k][1].n, k ? "" : " into a mailbox (QUEUE_LEN)");
	}
}

static void csv_line_show(unsigned int kind, unsigned int shape)
{
	static const char *const roles[] = { "ours", "peer", "floor" };
	const struct figure *f = &figures[kind][shape];
	double best = best_peer(shape);

	/* The middle half of five: without the least and the greatest. */
	printf("%s,%s,%s,%s,%zu,%u,%.1f,%.1f,%.2f,%d,%.3f,nanoseconds\n", shapes[shape].name,
	       shapes[shape].measure, kinds[kind]->name, roles[kinds[kind]->role], size, f->n,
	       median(f), f->ns[0], 100 * (f->ns[ROUNDS - 2] - f->ns[1]) / median(f), ROUNDS,
	       best ? median(f) / best : 0);
}

static void csv_show(void)
{
	puts("shape,measure,peer,role,bytes,n,median,least,spread_percent,batches,ratio_to_best_peer,unit");
	for (size_t s = 0; s < N_SHAPES; s++)
		for (size_t k = 0; k < N_KINDS; k++)
			if (figures[k][s].n)
				csv_line_show(k, s);
}

/* ---- all of it ---- */

/* Does anybody else have a name, who would receive what is broadcast here? */
static int others_find(bool *others)
{
	struct mq_endpoint *ep;
	struct mq_status *list;
	size_t count;
	int err, status = mq_device_open(&ep);

	if (status)
		return status;
	err = mq_endpoint_list(ep, &list, &count);
	if (err) {
		status = mq_error_explain(err, MQ_ACTION_LIST, NULL);
	} else {
		*others = count;
		mq_list_free(list);
	}
	mq_endpoint_close(ep);
	return status;
}

/* What /dev/mq cannot do is an error; a peer that cannot do one thing is left out of the rest. */
static int kind_run(unsigned int kind, unsigned int mask)
{
	int err = 0;

	for (size_t s = 0; s < N_SHAPES && !err; s++) {
		if (!(kinds[kind]->shapes & mask & shapes[s].flag))
			continue;
		progress_show(shapes[s].name, kinds[kind]->name);
		err = measure(kinds[kind], &shapes[s], &figures[kind][s]);
	}
	progress_end();
	if (err && kinds[kind]->role == BENCH_OURS)
		return mq_error_explain(err, MQ_ACTION_BIND, "bench");
	if (!csv)
		line_show(kind);
	return MQ_EXIT_OK;
}

static int bench_run(void)
{
	bool others = false;
	int status = others_find(&others);

	others = others && !disturb;
	if (!status && size > mq_device_info()->cmd_buf_size)
		status = mq_error_show(MQ_EXIT_USAGE,
				       "bench: --size: a message has at most %u bytes here (CMD_BUF_SIZE)",
				       mq_device_info()->cmd_buf_size);
	if (!status && !csv)
		head_show();
	for (unsigned int k = 0; k < N_KINDS && !status; k++)
		status = kind_run(k, others ? BENCH_ALL & ~BENCH_BROADCAST : BENCH_ALL);
	if (status)
		return status;
	if (csv) {
		csv_show();
	} else {
		ratios_show();
		notes_show(others);
	}
	return status;
}

int mq_command_bench(int argc, char **argv)
{
	enum { SIZE = 256, COUNT, RECEIVERS, CSV, DISTURB };
	static const struct mq_option options[] = {
		{ SIZE, "size", "BYTES", "bytes in a message (64)" },
		{ COUNT, "count", "N", "messages in each measurement (20000)" },
		{ RECEIVERS, "receivers", "N", "receivers of the broadcast (8)" },
		{ CSV, "csv", NULL, "print every figure as a line with commas" },
		{ DISTURB, "disturb", NULL, "broadcast even if others are there and receive it" },
		{ }
	};
	static const struct mq_usage usage = {
		"", "Measure what a message costs on this machine, beside pipes, queues and sockets.",
		options, 0, 0
	};
	int letter;

	while ((letter = mq_option_next(argc, argv, &usage)) != -1) {
		if (letter == SIZE)
			size = mq_number_parse(argv[0], "--size", optarg, 1, 1048576);
		else if (letter == COUNT)
			messages = mq_number_parse(argv[0], "--count", optarg, 1, UINT32_MAX);
		else if (letter == RECEIVERS)
			receivers = mq_number_parse(argv[0], "--receivers", optarg, 1, 256);
		else if (letter == CSV)
			csv = true;
		else
			disturb = true;
	}
	mq_signal_exit();
	return bench_run();
}
