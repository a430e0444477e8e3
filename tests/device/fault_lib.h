/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on purpose: allocations and copies that the kernel makes fail, and pages whose
 * first touch sleeps until the test says so.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_FAULT_LIB_H
#define MQ_TESTS_FAULT_LIB_H

#include "harness.h"

/* ---- the nth fault ----------------------------------------------------------- */

/* Skips the test where the kernel injects no faults. */
void mq_fault_open(void);
/* The nth thing that can fail in this thread from now on does. */
void mq_fault_begin(int nth);
bool mq_fault_end(void);	/* did it? */

/* One call that is tried with every fault. */
struct mq_attempt {
	long (*call)(int fd);
	long expected;			/* its result without a fault */
	void (*undo)(int fd);		/* after it succeeded */
	void (*check)(int fd);		/* after it failed: nothing happened */
	bool allocates;			/* so ENOMEM must be seen */
};

void mq_attempt_all(const struct mq_attempt *attempt, int fd);

/* ---- held pages -------------------------------------------------------------- */

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
