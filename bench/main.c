// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq-bench: options, and what is measured in which order
 *
 * Copyright (C) the mq authors
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const struct bench_peer *const peers[] = {
	&bench_mq_text, &bench_mq_mixed, &bench_mq_frames, &bench_mq_anonymous, &bench_pipe,
	&bench_posix, &bench_sysv, &bench_unix, &bench_seqpacket, &bench_unix_named, &bench_null,
	&bench_eventfd,
	/* where the program is not linked with these, they are NULL */
	&bench_dbus_signal, &bench_dbus_all, &bench_dbus_call, &bench_zmq_push, &bench_zmq_pub,
	&bench_zmq_req, &bench_nng_push, &bench_nng_pub, &bench_nng_req,
};

/*
 * Child memory groups come last: from the first one on the kernel looks for a group
 * at every allocation, in the root group too.
 */
static const struct bench_shape *const shapes[] = {
	&bench_self, &bench_batch, &bench_trip, &bench_call, &bench_stream, &bench_many,
	&bench_pairs, &bench_broadcast, &bench_growth, &bench_memory, &bench_group_self,
	&bench_group_batch,
};

/* the seconds of the guest's clock that a measurement may take: no one comes near it */
#define SECONDS_MAX	60

#define FILES_MAX	65536
#define N(array)	(sizeof(array) / sizeof(*(array)))

bool bench_forever;

/* Of two programs that are told the same, either may have the peer. */
static bool is_peer_missing;

static void help(void)
{
	printf("usage: mq-bench [-p PEER]... [-s SHAPE]... [-b BYTES]... [-n N] [-i FILE] [-c FILE] [-f]\n"
	       "Counts what one message costs, through /dev/mq and through its peers.\n"
	       "  -p PEER   only this one; may be repeated:");
	for (size_t i = 0; i < N(peers); i++)
		if (peers[i] && peers[i] != &bench_mq_mixed)
			printf("%s '%s'", i ? "," : "", peers[i]->name);
	printf("\n  -s SHAPE  only this one; may be repeated:");
	for (size_t i = 0; i < N(shapes); i++)
		printf("%s %s", i ? "," : "", shapes[i]->name);
	printf("\n  -b BYTES  this size, instead of those that a shape has; may be repeated\n"
	       "  -n N      of what a shape is repeated by (receivers, messages per call ...) only N\n"
	       "  -i FILE   the CSV of an earlier run: its figures are shown too, and not measured again\n"
	       "  -c FILE   write all figures as CSV\n"
	       "  -f        run the first shape forever, for a profiler that looks on\n"
	       "  -h        this text\n"
	       "Exit status: 0, 1 if something failed, 2 if a PEER is unknown and was left out.\n");
}

/* an option names one of a list; the first time it clears the list */
struct choice {
	unsigned int mask;
	bool given;
};

/**
 * struct choices - what is to be measured
 * @peers: which of them
 * @shapes: which of them
 * @sizes: of the messages
 * @n_sizes: how many @sizes; 0 for those of each shape
 * @n: the only one of a shape's @ns, or 0
 */
struct choices {
	struct choice peers;
	struct choice shapes;
	size_t sizes[16];
	unsigned int n_sizes;
	unsigned int n;
};

static void choice_push(struct choice *c, unsigned int bit)
{
	c->mask = (c->given ? c->mask : 0) | bit;
	c->given = true;
}

/* which of them have the name: a bit for each */
static unsigned int peer_mask(const char *name)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < N(peers); i++)
		if (peers[i] && !strcmp(name, peers[i]->name))
			mask |= 1u << i;
	return mask;
}

/**
 * bench_peer_get - the peer of a name
 * @name: as in the CSV
 *
 * Return: the peer; without one the program ends.
 */
const struct bench_peer *bench_peer_get(const char *name)
{
	unsigned int mask = peer_mask(name);

	if (!mask)
		bench_die("there is no peer '%s'; -h lists them", name);
	return peers[__builtin_ctz(mask)];
}

static unsigned int peer_parse(const char *name)
{
	unsigned int mask = peer_mask(name);

	if (!mask) {
		is_peer_missing = true;
		fprintf(stderr, "mq-bench: '%s' is no peer of this program; -h lists those that are\n",
			name);
	}
	return mask;
}

static unsigned int shape_parse(const char *name)
{
	for (unsigned int i = 0; i < N(shapes); i++)
		if (!strcmp(name, shapes[i]->name))
			return 1u << i;
	bench_die("there is no shape '%s'; -h lists them", name);
}

static size_t size_parse(const char *text)
{
	char *end;
	unsigned long size = strtoul(text, &end, 10);

	if (*end || size < 1 || size > BENCH_SIZE_MAX)
		bench_die("-b %s: a size is 1 to %d bytes", text, BENCH_SIZE_MAX);
	return size;
}

/*
 * Each measurement is made in a process of its own, so that none inherits what an
 * earlier one left behind: a heap, threads, connections, a library that must be
 * new in every process. Its figures are in memory that all share.
 */
static void measure(const struct bench_shape *shape, const struct bench_peer *peer, size_t size,
		    unsigned int n)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		bench_die("no process to measure %s: %m", peer->name);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Who lost a message, or has no room for it, waits forever. */
		if (!bench_forever)
			alarm(SECONDS_MAX);
		if (shape->is_grouped)
			bench_group_enter();
		shape->run(shape, peer, size, n);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		bench_die("%s, %s, %zu bytes, %u: the measurement ended early, by %s", shape->name,
			  peer->name, size, n, WTERMSIG(status) == SIGALRM ?
			  "the clock: it waited for a message, or for room for one" :
			  strsignal(WTERMSIG(status)));
	if (shape->is_grouped)
		bench_group_remove();
}

static bool is_chosen(const struct choices *c, unsigned int peer, const struct bench_shape *shape,
		      size_t size, unsigned int n)
{
	return c->peers.mask & 1u << peer && peers[peer] && peers[peer]->shapes & shape->flag &&
	       (!c->n || c->n == n) && !bench_figure_find(shape, NULL, peers[peer], size, n);
}

static void run_size(const struct choices *c, const struct bench_shape *shape, size_t size)
{
	for (unsigned int p = 0; p < N(peers); p++) {
		bool is_said = false;

		for (unsigned int i = 0; i < BENCH_NS_MAX && shape->ns[i]; i++) {
			if (!is_chosen(c, p, shape, size, shape->ns[i]))
				continue;
			if (!is_said)
				fprintf(stderr, "mq-bench: %s, %s, %zu bytes\n", shape->name,
					peers[p]->name, size);
			is_said = true;
			measure(shape, peers[p], size, shape->ns[i]);
		}
	}
}

static void run(const struct choices *c)
{
	for (unsigned int i = 0; i < N(shapes); i++) {
		const size_t *sizes = c->n_sizes ? c->sizes : shapes[i]->sizes;
		unsigned int most = c->n_sizes ? c->n_sizes : BENCH_SIZES_MAX;

		if (c->shapes.mask & 1u << i)
			for (unsigned int s = 0; s < most && sizes[s]; s++)
				run_size(c, shapes[i], sizes[s]);
	}
}

static void report(const char *path)
{
	FILE *csv = NULL;

	if (path) {
		csv = fopen(path, "w");
		if (!csv)
			bench_die("%s: %m", path);
	}
	bench_report_show(stdout);
	if (csv)
		bench_csv_show(csv);
	if ((csv && fclose(csv)) || fflush(stdout))
		bench_die("the table or the CSV could not be written: %m");
}

/* thousands of channels have as many files */
static void files_init(void)
{
	struct rlimit files = { FILES_MAX, FILES_MAX };

	if (!setrlimit(RLIMIT_NOFILE, &files))
		return;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
	struct choices c = { .peers.mask = ~0u, .shapes.mask = ~0u };
	const char *csv = NULL, *earlier = NULL;
	int option;

	bench_die_init("mq-bench");
	while ((option = getopt(argc, argv, "p:s:b:n:i:c:fh")) != -1)
		if (option == 'p')
			choice_push(&c.peers, peer_parse(optarg));
		else if (option == 's')
			choice_push(&c.shapes, shape_parse(optarg));
		else if (option == 'b' && c.n_sizes < N(c.sizes))
			c.sizes[c.n_sizes++] = size_parse(optarg);
		else if (option == 'n')
			c.n = (unsigned int)atoi(optarg);
		else if (option == 'i')
			earlier = optarg;
		else if (option == 'c')
			csv = optarg;
		else if (option == 'f')
			bench_forever = true;
		else
			return help(), option != 'h';
	files_init();
	bench_count_init();
	bench_figure_init();
	if (earlier)
		bench_csv_load(earlier);
	run(&c);
	report(csv);
	return is_peer_missing ? 2 : 0;
}
