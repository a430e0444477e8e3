/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on purpose: allocations and copies that the kernel makes fail, and pages whose
 * first touch sleeps until the test says so.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_FAULT_LIB_H
#define MQ_TESTS_FAULT_LIB_H

#include "frame.h"

/* ---- the nth fault ------------------------------------------------------- */

/* What can be made to fail. */
#define MQ_FAULT_COPY	(1U << 0)	/* from or to user memory; always */
#define MQ_FAULT_SLAB	(1U << 1)	/* kmalloc() and slab caches */
#define MQ_FAULT_PAGE	(1U << 2)	/* whole pages */
#define MQ_FAULT_ALL	(MQ_FAULT_COPY | MQ_FAULT_SLAB | MQ_FAULT_PAGE)

/* Skips the test where the kernel injects no faults. */
void mq_fault_open(void);
/* In a child of who did: it has faults of its own from now on. Else nothing. */
void mq_fault_open_again(void);
/* Only these kinds do from now on. */
void mq_fault_kinds(unsigned int kinds);
/* The nth thing that can fail in this thread from now on does. */
void mq_fault_begin(int nth);
/* How many things could still go well before one fails; 0 if it has. */
int mq_fault_left(void);
bool mq_fault_end(void);	/* did it fail? */
/* The same in a child, which has ended, but was not waited for. */
bool mq_fault_was_hit(pid_t zombie);

/* The loader's own faults are the kernel's affair, but for the last ones before the module's. */
#define MQ_FAULT_LOADERS 20

/* How many things can fail while module NAME is loaded with PARAMS, which ends as EXPECTED. */
int mq_fault_load_points(const char *name, const char *params, int expected);

/* ---- what the device says about itself ----------------------------------- */

#define MQ_STATE_FILES	16

/* Every endpoint and limit; of some files what poll says, and what waits to be read. */
struct mq_state {
	struct mq_info info;
	struct mq_status endpoints[32];
	long endpoint_count;
	struct {
		short poll;
		long waiting;		/* bytes, or -errno */
		uint32_t sum;		/* over them */
	} files[MQ_STATE_FILES];
	int file_count;
};

void mq_state_take(struct mq_state *state, const int *files, int count);
/* Fails with WHAT and the first difference; NOW is taken of the same files. */
void mq_state_check(const struct mq_state *state, const struct mq_state *now,
		    const char *what);

/* ---- operations, each with every fault ----------------------------------- */

/*
 * An operation of the interface. It is tried with its first, second, third ... fault
 * until there is none left. It may fail by ENOMEM or EFAULT: then the state is as it
 * was before, and the same once more works.
 */
struct mq_operation {
	const char *name;
	void (*begin)(void);		/* makes what it needs, before each try */
	long (*call)(void);
	long value;			/* what it returns */
	long piece;			/* it may do less: a multiple of this */
	void (*done)(long value);	/* it happened, as the value says; is undone */
	void (*failed)(void);		/* what the state does not show has not changed */
	bool leaves_traces;		/* a request that was carried out: counters differ */
	unsigned int kinds;		/* of faults that it must meet */
};

/* Also whether all of them met each of these kinds of faults. */
void mq_operations_try(const struct mq_operation *operations, int count, const int *files,
		       int file_count);

/* ---- held pages ---------------------------------------------------------- */

#define MQ_PAGE 4096

/* A thread that sleeps in a page fault of its own memory; in front of the page is another. */
struct mq_held {
	long (*call)(int fd, void *page);
	int fd, uffd;
	char *page;
	pthread_t thread;
	long result;
};

/* Skips the test where the kernel cannot do that: for tests that begin it in a child. */
void mq_held_need(void);
/* Returns when CALL, which touches the page first in the kernel, sleeps there. */
struct mq_held *mq_held_begin(long (*call)(int fd, void *page), int fd);
/* The page gets these bytes, and zeros behind: what CALL returns. */
long mq_held_end(struct mq_held *held, const void *bytes, size_t size);

#endif
