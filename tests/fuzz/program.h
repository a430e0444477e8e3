/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an input of the fuzzer is: a short program of operations on /dev/mq, eight bytes each, for three actors.
 * Actors 0 and 1 are two threads of one process, actor 2 is another process. Whatever the bytes are, they are a program.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_FUZZ_PROGRAM_H
#define MQ_FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FUZZ_ACTORS	3
#define FUZZ_PROCESSES	2
#define FUZZ_FILES	4	/* of a process */
#define FUZZ_OPS_MAX	24
#define FUZZ_CMD_BUF	9000	/* CMD_BUF_SIZE: longer than a page, and than any short message's memory */
#define FUZZ_WRONG	200	/* bytes that say what must not be */
#define FUZZ_DEVICES	5	/* MAX_DEVICES */

/* fuzz_op.who: do not wait for the end of it, go on with the next operation. */
#define FUZZ_ASYNC	0x80

enum fuzz_verb {
	FUZZ_OPEN,
	FUZZ_CLOSE,
	FUZZ_BIND,
	FUZZ_TEXT,
	FUZZ_FRAME,
	FUZZ_READ,
	FUZZ_POLL,
	FUZZ_EPOLL,
	FUZZ_CALL,
	FUZZ_RECEIVE,
	FUZZ_PEEK,
	FUZZ_STATUS,
	FUZZ_LIST,
	FUZZ_INFO,
	FUZZ_IOCTL,
	FUZZ_FORK,
	FUZZ_PASS,		/* a file of the other process becomes one of this one's too */
	FUZZ_BECOME,
	FUZZ_KILL,		/* by the conductor: the actor's process dies of SIGKILL, another takes its place */
	FUZZ_SIGNAL,		/* by the conductor: what the actor sleeps in is interrupted */
	FUZZ_MONITOR,		/* a bind, too */
	FUZZ_TOTALS,
	FUZZ_VERBS,
	FUZZ_CLEAN = FUZZ_VERBS	/* not in an input: what is left behind each of them */
};

struct mq_totals;

struct fuzz_op {
	uint8_t verb;
	uint8_t who;
	uint8_t file;
	uint8_t name;
	uint8_t a, b, c, d;	/* what they mean depends on the verb */
};

struct fuzz_process {
	pid_t pid;
	int files[FUZZ_FILES];	/* descriptors, or -1 */
	int epoll;
};

struct fuzz_actor {
	int busy;		/* a futex: 1 from the order to its end */
	bool settled;		/* the conductor knows what came of it */
	pid_t tid;
	int process;
	int other;		/* process, for FUZZ_PASS */
	struct fuzz_op op;
	long result;		/* or -errno */
	uint64_t cookie;	/* of the last request that it read */
	char wrong[FUZZ_WRONG];	/* what must not be and was seen */
};

/* In memory that all processes share. */
struct fuzz_shared {
	struct fuzz_process processes[FUZZ_PROCESSES];
	struct fuzz_actor actors[FUZZ_ACTORS];
};

extern struct fuzz_shared *fuzz;

static inline enum fuzz_verb fuzz_verb_of(const struct fuzz_op *op)
{
	return op->verb % FUZZ_VERBS;
}

static inline struct fuzz_actor *fuzz_actor_of(const struct fuzz_op *op)
{
	return &fuzz->actors[(op->who & ~FUZZ_ASYNC) % FUZZ_ACTORS];
}

/* The memory of one actor's calls; once in each thread. */
void fuzz_memory_init(void);
/* Does the actor's operation; its result is the value, or -errno. */
long fuzz_op_run(struct fuzz_actor *actor);
/* What must not be in the totals of any moment, and behind those that this thread has seen: into WRONG, of FUZZ_WRONG bytes. */
void fuzz_totals_check(const struct mq_totals *now, char *wrong);
const char *fuzz_verb_name(enum fuzz_verb verb);
/* KCOV for the calling task, in the buffer of this number. */
void fuzz_cover_begin(unsigned int number);

#endif
