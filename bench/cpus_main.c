// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq-cpus: options, and what all its parts need
 *
 * Copyright (C) the mq authors
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cpus.h"
#include "cpus_mark.h"

/* the first one that is no way of ours is what the others are compared with */
const struct bench_peer *const cpus_peers[] = {
	&bench_mq_text, &bench_mq_frames, &bench_posix, &bench_pipe, &bench_unix, NULL,
};

static const struct {
	const char *name;
	void (*run)(const struct cpus_options *options);
} parts[] = {
	{ "latency", cpus_latency_run },
	{ "pairs", cpus_pairs_run },
	{ "crowd", cpus_crowd_run },
	{ "lookup", cpus_lookup_run },
};

#define N_PARTS	(sizeof(parts) / sizeof(*parts))

static volatile char *mark_page;

/**
 * cpus_share - memory that all processes have in common
 * @size: bytes
 *
 * Return: zeros.
 */
void *cpus_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		bench_die("no memory of %zu bytes to share: %m", size);
	return memory;
}

/**
 * cpus_fork - another process, which does not outlive this one
 *
 * Return: as fork(), but no error.
 */
pid_t cpus_fork(void)
{
	pid_t child = fork();

	if (child < 0)
		bench_die("no further process: %m");
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

/**
 * cpus_pin - run on one CPU alone from now on
 * @cpu: which
 */
void cpus_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_die("CPU %u: %m; this wants a machine with %d of them", cpu, CPUS);
}

/* made once and in time, so that marking is a store and no page fault */
static void mark_init(void)
{
	mark_page = mmap((void *)CPUS_MARK_PAGE, CPUS_MARK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);
	if (mark_page != (void *)CPUS_MARK_PAGE)
		bench_die("the page for marks: %m");
	mark_page[CPUS_MARK_END] = 1;
}

/**
 * cpus_mark - tell the plugin, if there is one
 * @word: a series, or CPUS_MARK_END
 */
void cpus_mark(unsigned int word)
{
	mark_page[word] = 1;
}

static int help(int status)
{
	printf("usage: mq-cpus PART [OPTION]...\n"
	       "What two CPUs show. The parts:\n"
	       "  latency    how long a message takes while 8 senders keep both CPUs busy\n"
	       "  pairs      two pairs of processes, each on a CPU of its own\n"
	       "  crowd      the contrary: a sender on each CPU, and one mailbox for both\n"
	       "  lookup     messages to random ones of many endpoints\n"
	       "  -p PEER    only this one:");
	for (unsigned int i = 0; cpus_peers[i]; i++)
		printf("%s '%s'", i ? "," : "", cpus_peers[i]->name);
	printf("\n  -n N       latency: rounds; pairs, crowd: messages; lookup: endpoints\n"
	       "  -f         latency: the receiver has a real-time priority\n"
	       "  -s SHAPE   latency: what the CSV calls it; default latency\n"
	       "  -c FILE    latency: figures as CSV\n"
	       "  -g FILE    latency: a histogram as CSV\n"
	       "  -l FILE    pairs, crowd: copies the kernel's lock statistics there\n"
	       "  -m SERIES  mark what is to be looked at from outside\n"
	       "  -h         this text\n");
	return status;
}

static FILE *file_new(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		bench_die("%s: %m", path);
	return file;
}

static const struct bench_peer *peer_parse(const char *name)
{
	for (unsigned int i = 0; cpus_peers[i]; i++)
		if (!strcmp(name, cpus_peers[i]->name))
			return cpus_peers[i];
	bench_die("there is no peer '%s'; -h lists them", name);
}

static unsigned int number_parse(char option, const char *text, unsigned long most)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*end || number < 1 || number > most)
		bench_die("-%c %s: it is 1 to %lu", option, text, most);
	return (unsigned int)number;
}

/* whether it was one */
static bool option_parse(struct cpus_options *o, int option, const char *value)
{
	if (option == 'p')
		o->peer = peer_parse(value);
	else if (option == 's')
		o->shape = value;
	else if (option == 'n')
		o->n = number_parse('n', value, 1000000);
	else if (option == 'm')
		o->series = number_parse('m', value, CPUS_MARK_SIZE - 1);
	else if (option == 'f')
		o->fifo = true;
	else if (option == 'c')
		o->csv = file_new(value);
	else if (option == 'g')
		o->histogram = file_new(value);
	else if (option == 'l')
		o->locks = value;
	else
		return false;
	return true;
}

static void file_close(FILE *file)
{
	if (file && fclose(file))
		bench_die("the figures could not be written: %m");
}

int main(int argc, char **argv)
{
	struct cpus_options options = { .shape = "latency" };
	unsigned int part = 0;
	int option;

	bench_die_init("mq-cpus");
	while (argc > 1 && part < N_PARTS && strcmp(argv[1], parts[part].name))
		part++;
	while ((option = getopt(argc, argv, "p:n:s:m:fc:g:l:h")) != -1)
		if (!option_parse(&options, option, optarg))
			return help(option != 'h');
	if (argc < 2 || part == N_PARTS)
		return help(1);
	mark_init();
	parts[part].run(&options);
	file_close(options.csv);
	file_close(options.histogram);
	return 0;
}
