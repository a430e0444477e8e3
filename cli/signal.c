// SPDX-License-Identifier: GPL-2.0-only
/*
 * Being interrupted, without a race: the signals are blocked all the time and let
 * through by ppoll() alone, so none comes between the question and the sleep.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEVER INT64_MAX

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

static volatile sig_atomic_t caught;
static sigset_t ours;			/* those of signals[] that are not ignored */
static bool blocked;
static sigset_t mask_before, mask_asleep;
static struct sigaction pipe_before;

static void on_exit_signal(int sig)
{
	(void)sig;
	_exit(MQ_EXIT_INTERRUPTED);
}

static void on_signal(int sig)
{
	(void)sig;
	caught = 1;
}

/* What nohup(1), or a shell for a background job, has set to be ignored stays so. */
static void handlers_bind(void (*handler)(int))
{
	struct sigaction before, action = { .sa_handler = handler };
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < N_SIGNALS; i++) {
		if (sigaction(signals[i], NULL, &before) || before.sa_handler == SIG_IGN)
			continue;
		sigaddset(&ours, signals[i]);
		sigaction(signals[i], &action, NULL);
	}
}

void mq_signal_exit(void)
{
	handlers_bind(on_exit_signal);
}

void mq_signal_block(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	size_t i;

	handlers_bind(on_signal);
	sigprocmask(SIG_BLOCK, &ours, &mask_before);
	mask_asleep = mask_before;
	for (i = 0; i < N_SIGNALS; i++)
		sigdelset(&mask_asleep, signals[i]);
	/* A closed pipe is an error of write(2), which is told apart from being killed. */
	sigaction(SIGPIPE, &ignore, &pipe_before);
	blocked = true;
}

void mq_signal_restore(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	size_t i;

	if (!blocked)
		return;
	/* As exec will, but before the mask goes: one that came since the fork ends the child. */
	for (i = 0; i < N_SIGNALS; i++)
		if (sigismember(&ours, signals[i]))
			sigaction(signals[i], &usual, NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

bool mq_signal_is_caught(void)
{
	sigset_t pending;
	size_t i;

	if (caught || !blocked || sigpending(&pending))
		return caught;
	for (i = 0; i < N_SIGNALS; i++)
		if (sigismember(&ours, signals[i]) && sigismember(&pending, signals[i]))
			return true;
	return false;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int64_t mq_deadline_new(int64_t timeout)
{
	int64_t begin;

	if (timeout == MQ_TIMEOUT_NONE)
		return NEVER;
	begin = now();
	return timeout < NEVER - begin ? begin + timeout : NEVER;
}

int64_t mq_deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == NEVER)
		return MQ_TIMEOUT_NONE;
	left = deadline - now();
	return left > 0 ? left : 0;
}

int mq_poll_wait(struct pollfd *fds, nfds_t count, int64_t deadline)
{
	int64_t left = mq_deadline_left(deadline);
	struct timespec time = { left / 1000000000, left % 1000000000 };
	int ready;

	/* ppoll() looks at the files first: where messages never end it lets none through. */
	if (mq_signal_is_caught())
		return -EINTR;
	ready = ppoll(fds, count, left == MQ_TIMEOUT_NONE ? NULL : &time,
		      blocked ? &mask_asleep : NULL);
	return ready < 0 ? -errno : ready;
}
