// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orders go to an actor by a futex in shared memory. An actor that sleeps in a call is left alone; when it has to do
 * something else it is interrupted by a signal, as often as that takes. Time decides only when that is, never a verdict,
 * but for the one that a call which no signal ends in a minute is a bug.
 *
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE
#include "conduct.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS	3	/* for an operation, before the next one goes on beside it */
#define END_MS		60000	/* for a call that signals interrupt */

struct fuzz_shared *fuzz;

static bool fuzz_shows;

void fuzz_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "mq-fuzz: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

long fuzz_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- in the actors ---- */

static void on_signal(int number)
{
	(void)number;
}

static void *act(void *argument)
{
	struct fuzz_actor *actor = argument;

	fuzz_memory_init();
	fuzz_cover_begin(actor - fuzz->actors);
	__atomic_store_n(&actor->tid, gettid(), __ATOMIC_SEQ_CST);
	for (;;) {
		while (!__atomic_load_n(&actor->busy, __ATOMIC_SEQ_CST))
			syscall(SYS_futex, &actor->busy, FUTEX_WAIT, 0, NULL, NULL, 0);
		actor->result = fuzz_op_run(actor);
		__atomic_store_n(&actor->busy, 0, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &actor->busy, FUTEX_WAKE, 2, NULL, NULL, 0);
	}
	return NULL;
}

static void process_main(int number)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t thread;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 1; i < 32; i++)
		signal(i, SIG_DFL);
	sigaction(SIGUSR1, &action, NULL);
	for (i = 0; i < FUZZ_ACTORS; i++) {
		if (fuzz->actors[i].process != number)
			continue;
		if (i == FUZZ_ACTORS - 1 || i == 0)
			continue;
		if (pthread_create(&thread, NULL, act, &fuzz->actors[i]))
			abort();
	}
	/* The first thread is the process's first actor. */
	act(&fuzz->actors[number ? FUZZ_ACTORS - 1 : 0]);
}

/* ---- in the conductor ---- */

static void process_start(int number)
{
	struct fuzz_process *process = &fuzz->processes[number];
	pid_t pid;
	int i;

	for (i = 0; i < FUZZ_FILES; i++)
		process->files[i] = -1;
	process->epoll = -1;
	for (i = 0; i < FUZZ_ACTORS; i++) {
		if (fuzz->actors[i].process != number)
			continue;
		fuzz->actors[i].busy = 0;
		fuzz->actors[i].settled = true;
		fuzz->actors[i].tid = 0;
		fuzz->actors[i].cookie = 0;
	}
	pid = fork();
	if (pid < 0)
		fuzz_die("no process: %s", strerror(errno));
	if (!pid) {
		process_main(number);
		_exit(1);
	}
	/* In shared memory: the child must not write there that it has 0. */
	process->pid = pid;
}

static void process_kill(int number)
{
	struct fuzz_process *process = &fuzz->processes[number];

	kill(process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0)
		if (errno != EINTR)
			fuzz_die("waitpid: %s", strerror(errno));
}

/* A process of ours ends by our hand only; what the kernel kills it for stands in its log. */
static void process_check(int number)
{
	struct fuzz_process *process = &fuzz->processes[number];
	int status;

	if (waitpid(process->pid, &status, WNOHANG) != process->pid)
		return;
	fuzz_check_log();
	fuzz_die("an actor's process has died, status %#x", status);
}

static void say(const struct fuzz_actor *actor, const char *how)
{
	const struct fuzz_op *op = &actor->op;

	if (!fuzz_shows || op->verb == FUZZ_CLEAN)
		return;
	fprintf(stderr, "actor %d: %-8s file %d name %d  %3d %3d %3d %3d  %s %ld\n", (int)(actor - fuzz->actors),
		fuzz_verb_name(op->verb), op->file % FUZZ_FILES, op->name, op->a, op->b, op->c, op->d, how,
		actor->result);
}

/* Whether the actor is done, before PATIENCE milliseconds are over. */
static bool actor_wait(struct fuzz_actor *actor, long patience)
{
	const struct timespec slice = { .tv_nsec = 1000000 };
	long until = fuzz_now_ms() + patience;

	while (__atomic_load_n(&actor->busy, __ATOMIC_SEQ_CST)) {
		syscall(SYS_futex, &actor->busy, FUTEX_WAIT, 1, &slice, NULL, 0);
		if (fuzz_now_ms() >= until)
			break;
	}
	return !__atomic_load_n(&actor->busy, __ATOMIC_SEQ_CST);
}

static void actor_signal(struct fuzz_actor *actor)
{
	pid_t tid = __atomic_load_n(&actor->tid, __ATOMIC_SEQ_CST);

	if (tid)
		syscall(SYS_tgkill, fuzz->processes[actor->process].pid, tid, SIGUSR1);
}

/* A signal that comes just before the actor falls asleep wakes nobody: so there is another one. */
static void actor_settle(struct fuzz_actor *actor)
{
	long until = fuzz_now_ms() + END_MS;
	bool signalled = false;

	if (actor->settled)
		return;
	while (!actor_wait(actor, PATIENCE_MS)) {
		process_check(actor->process);
		actor_signal(actor);
		signalled = true;
		if (fuzz_now_ms() > until)
			fuzz_die("%s is not ended by signals", fuzz_verb_name(actor->op.verb));
	}
	actor->settled = true;
	say(actor, signalled ? "interrupted" : "done");
	fuzz_cover_result(actor->op.verb, actor->result);
	if (*actor->wrong)
		fuzz_die("%s: %s", fuzz_verb_name(actor->op.verb), actor->wrong);
}

static void actor_start(struct fuzz_actor *actor, const struct fuzz_op *op, enum fuzz_verb verb)
{
	actor_settle(actor);
	actor->op = *op;
	actor->op.verb = verb;
	actor->settled = false;
	__atomic_store_n(&actor->busy, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &actor->busy, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void conduct_one(const struct fuzz_op *op)
{
	struct fuzz_actor *actor = fuzz_actor_of(op);

	switch (fuzz_verb_of(op)) {
	case FUZZ_KILL:
		process_kill(actor->process);
		process_start(actor->process);
		return;
	case FUZZ_SIGNAL:
		actor_signal(actor);
		actor_wait(actor, PATIENCE_MS);
		return;
	default:
		actor_start(actor, op, fuzz_verb_of(op));
		if (!(op->who & FUZZ_ASYNC) && actor_wait(actor, PATIENCE_MS))
			actor_settle(actor);
	}
}

/* All of them wake up before any of them cleans: threads share their files. */
static void clean(void)
{
	static const struct fuzz_op none;
	int i;

	for (i = 0; i < FUZZ_ACTORS; i++)
		actor_settle(&fuzz->actors[i]);
	for (i = 0; i < FUZZ_ACTORS; i++) {
		actor_start(&fuzz->actors[i], &none, FUZZ_CLEAN);
		while (!actor_wait(&fuzz->actors[i], END_MS))
			process_check(fuzz->actors[i].process);
		actor_settle(&fuzz->actors[i]);
	}
}

void fuzz_conduct(const struct fuzz_op *ops, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		conduct_one(&ops[i]);
	fuzz_check_counters();
	clean();
	fuzz_cover_collect();
	fuzz_check_log();
	fuzz_check_nothing_left();
}

/* Nobody has the device open any more when the fuzzer has ended. */
static void end_all(void)
{
	int i;

	for (i = 0; i < FUZZ_PROCESSES; i++)
		process_kill(i);
}

void fuzz_conduct_init(bool show)
{
	int i;

	fuzz_shows = show;
	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz == MAP_FAILED)
		fuzz_die("no memory");
	fuzz->actors[FUZZ_ACTORS - 1].process = 1;
	for (i = 0; i < FUZZ_ACTORS; i++)
		fuzz->actors[i].other = !fuzz->actors[i].process;
	fuzz_check_init();
	fuzz_cover_init();
	for (i = 0; i < FUZZ_PROCESSES; i++)
		process_start(i);
	atexit(end_all);
}
