// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq bench - what a message costs on this machine, beside a pipe and a socket
 *
 * It measures time, so its figures are this machine's and this moment's. What the
 * driver itself costs, the same on any machine, is counted by bench/ in the source.
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

/* One line of the table. */
struct measure {
	const char *name, *title;
	unsigned int per_call;
	/* Move about @count messages: how many there were and in how many calls. */
	int (*run)(struct bench_channel *c, unsigned int per_call, uint64_t count,
		   uint64_t *moved, uint64_t *calls);
	bool is_call, is_broadcast;
};

/* One field of it. */
struct figure {
	bool is_known;
	double ns;		/* of one message to one receiver */
	double per_call;
};

static const struct bench_kind *const kinds[] = { &bench_mq, &bench_pipe, &bench_socket };

#define N_KINDS	(sizeof(kinds) / sizeof(*kinds))

static int64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- who waits ---- */

static void progress_show(const char *what, const char *channel)
{
	static int64_t begun;

	if (!begun)
		begun = time_now();
	if (isatty(STDERR_FILENO) && time_now() - begun > PATIENCE)
		fprintf(stderr, "\r\033[Kmq bench: %s, %s ...", what, channel);
}

static void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* ---- the measurements ---- */

static int run_move(struct bench_channel *c, unsigned int per_call, uint64_t count,
		    uint64_t *moved, uint64_t *calls)
{
	unsigned int now;
	int err = 0;

	for (*moved = *calls = 0; *moved < count && !err; ++*calls) {
		err = c->kind->move(c, per_call, &now);
		*moved += now;
		if (!err && !now)
			err = -EIO;
	}
	return err;
}

static int run_call(struct bench_channel *c, unsigned int per_call, uint64_t count,
		    uint64_t *moved, uint64_t *calls)
{
	int err = 0;

	(void)per_call;
	for (*calls = 0; *calls < count && !err; ++*calls)
		err = c->kind->call(c);
	*moved = *calls;
	return err;
}

static int run_broadcast(struct bench_channel *c, unsigned int per_call, uint64_t count,
			 uint64_t *moved, uint64_t *calls)
{
	int err = 0;

	(void)per_call;
	for (*calls = *moved = 0; *moved < count && !err; ++*calls) {
		err = c->kind->broadcast(c);
		*moved += c->receivers;
	}
	return err;
}

static const struct measure measures[] = {
	{ "one", "send and receive", 1, run_move },
	{ "batch", "send and receive, up to 32 a call", BENCH_BATCH, run_move },
	{ "call", "call and reply, two processes", 1, run_call, .is_call = true },
	{ "broadcast", "broadcast and receive, each receiver", 1, run_broadcast,
	  .is_broadcast = true },
};

#define N_MEASURES (sizeof(measures) / sizeof(*measures))

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The first, short round warms up and does not count. */
static int rounds_run(struct bench_channel *c, const struct measure *m, struct figure *f)
{
	uint64_t count = (messages + ROUNDS - 1) / ROUNDS, moved, calls;
	double ns[ROUNDS];
	int err = m->run(c, m->per_call, (count + 9) / 10, &moved, &calls);

	for (int i = 0; i < ROUNDS && !err; i++) {
		int64_t begin = time_now();

		err = m->run(c, m->per_call, count, &moved, &calls);
		if (!err)
			ns[i] = (double)(time_now() - begin) / moved;
	}
	if (err)
		return err;
	qsort(ns, ROUNDS, sizeof(*ns), by_value);
	f->ns = ns[ROUNDS / 2];
	f->per_call = (double)moved / calls;
	f->is_known = true;
	return 0;
}

/* A child that answers, and dies with its parent however that ends. */
static pid_t server_start(struct bench_channel *c)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	_exit(c->kind->serve(c) ? 1 : 0);
}

static void server_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int measure_run(const struct measure *m, const struct bench_kind *kind, struct figure *f)
{
	struct bench_channel c;
	pid_t server = 0;
	int err;

	progress_show(m->title, kind->name);
	err = bench_channel_open(&c, kind, size, m->is_broadcast ? receivers : m->is_call);
	if (err)
		return err;
	if (m->is_call) {
		server = server_start(&c);
		err = server < 0 ? -errno : 0;
	}
	if (!err)
		err = rounds_run(&c, m, f);
	if (server > 0)
		server_end(server);
	bench_channel_close(&c);
	return err;
}

/* ---- the table ---- */

static void head_show(void)
{
	struct utsname machine;

	if (csv) {
		puts("measure,channel,bytes,per_call,receivers,messages,nanoseconds");
		return;
	}
	uname(&machine);
	printf("Time on this machine, at this moment: Linux %s %s, %ld CPUs. Another machine has\n"
	       "other figures: compare within this table. Median of %d rounds, %" PRIu64
	       " messages of %zu bytes.\n\n", machine.release, machine.machine,
	       sysconf(_SC_NPROCESSORS_ONLN), ROUNDS, messages, size);
	printf("%-37s %8s %8s %8s %8s %9s\n", "nanoseconds a message", "mq", "pipe", "socket",
	       "mq/pipe", "mq/socket");
}

static void field_show(int width, const char *format, double value, bool is_known)
{
	char text[32] = "-";

	if (is_known)
		snprintf(text, sizeof(text), format, value);
	printf(" %*s", width, text);
}

static void line_show(const struct measure *m, const struct figure f[N_KINDS])
{
	if (csv) {
		for (size_t i = 0; i < N_KINDS; i++) {
			if (f[i].is_known)
				printf("%s,%s,%zu,%.0f,%u,%" PRIu64 ",%.1f\n", m->name,
				       kinds[i]->name, size, m->is_broadcast ? 1 : f[i].per_call,
				       m->is_broadcast ? receivers : 1, messages, f[i].ns);
		}
	} else {
		printf("%-37s", m->title);
		for (size_t i = 0; i < N_KINDS; i++)
			field_show(8, "%.0f", f[i].ns, f[i].is_known);
		for (size_t i = 1; i < N_KINDS; i++)
			field_show(i == 1 ? 8 : 9, "%.2f", f[0].ns / f[i].ns,
				   f[0].is_known && f[i].is_known);
		putchar('\n');
	}
	fflush(stdout);
}

/* What the table alone would hide. */
static void notes_show(const struct figure *batch, bool others)
{
	if (csv)
		return;
	putchar('\n');
	if (!others)
		printf("%u receivers. A broadcast is one call with mq, and a call for each receiver with the others.\n",
		       receivers);
	puts("A pipe keeps no borders between messages: it passes here because all are of one size.");
	for (size_t i = 0; i < N_KINDS; i++) {
		if (batch[i].is_known && batch[i].per_call < BENCH_BATCH - 0.5)
			printf("%s: %.0f a call, more do not fit%s.\n", kinds[i]->name,
			       batch[i].per_call, i ? "" : " into a mailbox (QUEUE_LEN)");
	}
	if (others)
		puts("Others have names: the broadcast, which they would all receive, was left out (--disturb).");
}

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

/* One line. What /dev/mq cannot do is an error, what the others cannot is left out. */
static int line_run(const struct measure *m, struct figure f[N_KINDS])
{
	int err;

	for (size_t i = 0; i < N_KINDS; i++) {
		err = measure_run(m, kinds[i], &f[i]);
		if (err && !i) {
			progress_end();
			return mq_error_explain(err, MQ_ACTION_BIND, "bench");
		}
	}
	progress_end();
	line_show(m, f);
	return MQ_EXIT_OK;
}

static int bench_run(void)
{
	struct figure figures[N_MEASURES][N_KINDS] = { };
	bool others = false;
	int status = others_find(&others);

	others = others && !disturb;
	if (!status && size > mq_device_info()->cmd_buf_size)
		status = mq_error_show(MQ_EXIT_USAGE,
				       "bench: --size: a message has at most %u bytes here (CMD_BUF_SIZE)",
				       mq_device_info()->cmd_buf_size);
	if (!status)
		head_show();
	for (size_t i = 0; i < N_MEASURES && !status; i++) {
		if (!measures[i].is_broadcast || !others)
			status = line_run(&measures[i], figures[i]);
	}
	if (!status)
		notes_show(figures[1], others);
	return status;
}

int mq_command_bench(int argc, char **argv)
{
	enum { SIZE = 256, COUNT, RECEIVERS, CSV, DISTURB };
	static const struct mq_option options[] = {
		{ SIZE, "size", "BYTES", "bytes in a message (64)" },
		{ COUNT, "count", "N", "messages in each measurement (20000)" },
		{ RECEIVERS, "receivers", "N", "receivers of the broadcast (8)" },
		{ CSV, "csv", NULL, "measure,channel,bytes,per_call,receivers,messages,nanoseconds" },
		{ DISTURB, "disturb", NULL, "broadcast even if others are there and receive it" },
		{ }
	};
	static const struct mq_usage usage = {
		"", "Measure what a message costs on this machine, beside a pipe and a datagram socket.",
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
