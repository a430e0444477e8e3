// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq-bench: options, and what is measured in which order
 *
 * Copyright (C) the mq authors
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
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

/* the seconds of the guest's clock that a measurement of a user's alternative may take */
#define USER_SECONDS	60

#define FILES_MAX	65536
#define N(array)	(sizeof(array) / sizeof(*(array)))

bool bench_forever;
static pid_t main_process;

/* Of two programs that are told the same, either may have the peer. */
static bool is_peer_missing;

/**
 * bench_die - say what went wrong, and end all processes of the bench
 * @format: as for printf
 */
void bench_die(const char *format, ...)
{
	int error = errno;
	va_list values;

	fprintf(stderr, "mq-bench: ");
	errno = error;
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	if (getpid() != main_process)
		kill(main_process, SIGTERM);
	_exit(1);
}

static void help(void)
{
	printf("usage: mq-bench [-p PEER]... [-s SHAPE]... [-b BYTES]... [-i FILE] [-c FILE] [-f]\n"
	       "Counts what one message costs, through /dev/mq and through its peers.\n"
	       "  -p PEER   only this one; may be repeated:");
	for (size_t i = 0; i < N(peers); i++)
		if (peers[i])
			printf("%s '%s'", i ? "," : "", peers[i]->name);
	printf("\n  -s SHAPE  only this one; may be repeated:");
	for (size_t i = 0; i < N(shapes); i++)
		printf("%s %s", i ? "," : "", shapes[i]->name);
	printf("\n  -b BYTES  only this size; may be repeated; default: as the shape says\n"
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

/**
 * bench_apart - measure in a process of its own
 * @shape: how to use the peer
 * @peer: what to measure
 * @size: bytes of a message
 *
 * So no measurement inherits what an earlier one left behind: a heap, threads, connections,
 * a library that must be new in every process. Its figures are in memory that all share.
 */
void bench_apart(const struct bench_shape *shape, const struct bench_peer *peer, size_t size)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		bench_die("no process to measure %s: %m", peer->name);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A library that lost a message waits forever; sleeping takes no time under -icount. */
		if (peer->role == BENCH_USER)
			alarm(USER_SECONDS);
		if (shape->is_grouped)
			bench_group_enter();
		shape->run(shape, peer, size);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		bench_die("%s, %s, %zu bytes: the measurement ended early, by %s", shape->name,
			  peer->name, size, strsignal(WTERMSIG(status)));
	if (shape->is_grouped)
		bench_group_remove();
}

static void run_shape(const struct bench_shape *shape, unsigned int mask, const size_t *sizes,
		      unsigned int n_sizes)
{
	if (!n_sizes) {
		sizes = shape->sizes;
		while (n_sizes < BENCH_SIZES_MAX && sizes[n_sizes])
			n_sizes++;
	}
	for (unsigned int s = 0; s < n_sizes; s++)
		for (unsigned int p = 0; p < N(peers); p++) {
			if (!(mask & 1u << p) || !peers[p] || !(peers[p]->shapes & shape->flag) ||
			    bench_figure_is_there(shape, peers[p], sizes[s]))
				continue;
			fprintf(stderr, "mq-bench: %s, %s, %zu bytes\n", shape->name,
				peers[p]->name, sizes[s]);
			bench_apart(shape, peers[p], sizes[s]);
		}
}

static void run(struct choice which_peers, struct choice which_shapes, const size_t *sizes,
		unsigned int n_sizes)
{
	for (unsigned int i = 0; i < N(shapes); i++)
		if (which_shapes.mask & 1u << i)
			run_shape(shapes[i], which_peers.mask, sizes, n_sizes);
}

static void report(const char *path)
{
	FILE *csv = NULL;

	if (path) {
		csv = fopen(path, "w");
		if (!csv)
			bench_die("%s: %m", path);
	}
	bench_report_show(stdout, csv);
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
	struct choice which_peers = { .mask = ~0u }, which_shapes = { .mask = ~0u };
	size_t sizes[16];
	unsigned int n_sizes = 0;
	const char *csv = NULL, *earlier = NULL;
	int option;

	main_process = getpid();
	while ((option = getopt(argc, argv, "p:s:b:i:c:fh")) != -1)
		if (option == 'p')
			choice_push(&which_peers, peer_parse(optarg));
		else if (option == 's')
			choice_push(&which_shapes, shape_parse(optarg));
		else if (option == 'b' && n_sizes < N(sizes))
			sizes[n_sizes++] = size_parse(optarg);
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
		bench_report_load(earlier);
	run(which_peers, which_shapes, sizes, n_sizes);
	report(csv);
	return is_peer_missing ? 2 : 0;
}
