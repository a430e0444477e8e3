// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crew: processes of ours that work when they are told to
 *
 * Whoever is not told sleeps on an eventfd, which no peer that is measured knows.
 *
 * Copyright (C) the mq authors
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static void token_send(int to)
{
	static const uint64_t one = 1;

	if (write(to, &one, sizeof(one)) != sizeof(one))
		bench_die("no answer from a process of ours");
}

static void token_receive(int from)
{
	uint64_t one;

	if (read(from, &one, sizeof(one)) != sizeof(one))
		bench_die("a process of ours has died");
}

static int tokens_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);

	if (fd < 0)
		bench_die("no eventfd for a process: %m");
	return fd;
}

/**
 * bench_crew_init - a crew of nobody
 * @crew: to fill
 * @most: how many will be added at most
 * @join: what each does first, or NULL
 * @work: what each does when it is told to; it may go on forever
 * @context: for both
 */
void bench_crew_init(struct bench_crew *crew, unsigned int most, bench_crew_work *join,
		     bench_crew_work *work, void *context)
{
	*crew = (struct bench_crew){ .join = join, .work = work, .context = context,
				     .done = tokens_open() };
	crew->workers = calloc(most, sizeof(*crew->workers));
	if (!crew->workers)
		bench_die("no memory for %u processes", most);
}

static _Noreturn void worker(struct bench_crew *crew, unsigned int i)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (crew->join)
		crew->join(crew->context, i);
	for (;;) {
		token_send(crew->done);
		token_receive(crew->workers[i].go);
		crew->work(crew->context, i);
	}
}

/**
 * bench_crew_add - one process more
 * @crew: its crew
 *
 * It has what this process has now. When this returns, it has joined.
 */
void bench_crew_add(struct bench_crew *crew)
{
	unsigned int i = crew->n++;
	pid_t pid;

	crew->workers[i].go = tokens_open();
	pid = fork();
	if (pid < 0)
		bench_die("no process for worker %u: %m", i);
	if (pid == 0)
		worker(crew, i);
	crew->workers[i].pid = pid;
	bench_crew_wait(crew, 1);
}

/**
 * bench_crew_go - let one of them work
 * @crew: its crew
 * @i: which, in the order they were added
 */
void bench_crew_go(struct bench_crew *crew, unsigned int i)
{
	token_send(crew->workers[i].go);
}

/**
 * bench_crew_wait - until some of those that were told to work are done
 * @crew: the crew
 * @n: how many of them
 */
void bench_crew_wait(struct bench_crew *crew, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		token_receive(crew->done);
}

/**
 * bench_crew_deinit - end them all
 * @crew: the crew
 */
void bench_crew_deinit(struct bench_crew *crew)
{
	for (unsigned int i = 0; i < crew->n; i++) {
		kill(crew->workers[i].pid, SIGKILL);
		waitpid(crew->workers[i].pid, NULL, 0);
		close(crew->workers[i].go);
	}
	close(crew->done);
	free(crew->workers);
}
