// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: what it calls, and how it changes a program: by whole operations first, so that what it tries is one.
 *
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE
#include "conduct.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where the input is found when the kernel has killed the fuzzer itself. */
#define CURRENT "/tmp/mq-fuzz-current"

static struct {
	uint32_t size;
	char bytes[FUZZ_OPS_MAX * sizeof(struct fuzz_op)];
} *current;

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = open(CURRENT, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)argc;
	(void)argv;
	if (fd < 0 || ftruncate(fd, sizeof(*current)))
		fuzz_die("cannot write " CURRENT);
	current = mmap(NULL, sizeof(*current), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (current == MAP_FAILED)
		fuzz_die("cannot map " CURRENT);
	close(fd);
	fuzz_conduct_init(getenv("MQ_FUZZ_SHOW"));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_op ops[FUZZ_OPS_MAX];
	size_t count = size / sizeof(*ops);

	if (count > FUZZ_OPS_MAX)
		count = FUZZ_OPS_MAX;
	memcpy(ops, data, count * sizeof(*ops));
	memcpy(current->bytes, ops, count * sizeof(*ops));
	current->size = count * sizeof(*ops);
	fuzz_conduct(ops, count);
	return 0;
}

/* ---- mutation ---- */

static unsigned int one_of(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) / 7 % n;
}

/* Small numbers mean most; the others are defects. */
static uint8_t value(unsigned int *seed)
{
	return one_of(seed, 4) ? one_of(seed, 8) : one_of(seed, 256);
}

/* What costs a process is rare. */
static uint8_t random_verb(unsigned int *seed)
{
	static const uint8_t verbs[] = {
		FUZZ_OPEN, FUZZ_CLOSE, FUZZ_BIND, FUZZ_BIND, FUZZ_BIND, FUZZ_TEXT, FUZZ_TEXT, FUZZ_TEXT, FUZZ_TEXT, FUZZ_FRAME,
		FUZZ_FRAME, FUZZ_FRAME, FUZZ_FRAME, FUZZ_READ, FUZZ_READ, FUZZ_READ, FUZZ_POLL, FUZZ_EPOLL, FUZZ_CALL, FUZZ_CALL,
		FUZZ_RECEIVE, FUZZ_RECEIVE, FUZZ_PEEK, FUZZ_STATUS, FUZZ_LIST, FUZZ_INFO, FUZZ_IOCTL, FUZZ_PASS, FUZZ_BECOME,
		FUZZ_SIGNAL, FUZZ_MONITOR, FUZZ_MONITOR, FUZZ_TOTALS,
	};

	if (!one_of(seed, 40))
		return one_of(seed, 2) ? FUZZ_FORK : FUZZ_KILL;
	return verbs[one_of(seed, sizeof(verbs))];
}

static struct fuzz_op random_op(unsigned int *seed)
{
	return (struct fuzz_op) {
		.verb = random_verb(seed),
		.who = one_of(seed, FUZZ_ACTORS) | (one_of(seed, 5) ? 0 : FUZZ_ASYNC),
		.file = one_of(seed, one_of(seed, 3) ? 2 : FUZZ_FILES),
		.name = one_of(seed, one_of(seed, 3) ? 3 : 9),
		.a = value(seed),
		.b = value(seed),
		.c = value(seed),
		.d = one_of(seed, 2) ? 0 : one_of(seed, 256),	/* the defects */
	};
}

static size_t insert(struct fuzz_op *ops, size_t count, size_t max, struct fuzz_op op, size_t at)
{
	if (count >= max)
		return count;
	memmove(ops + at + 1, ops + at, (count - at) * sizeof(*ops));
	ops[at] = op;
	return count + 1;
}

static size_t change(struct fuzz_op *ops, size_t count, size_t max, unsigned int *seed)
{
	size_t at = one_of(seed, count), to = one_of(seed, count);
	struct fuzz_op op = ops[at];

	switch (one_of(seed, 8)) {
	case 0:
		memmove(ops + at, ops + at + 1, (count - at - 1) * sizeof(*ops));
		return count - 1;
	case 1:
		return insert(ops, count, max, op, to);
	case 2:
		ops[at] = ops[to];
		ops[to] = op;
		return count;
	case 3:
	case 4:
		((uint8_t *)&ops[at])[1 + one_of(seed, 7)] = value(seed);
		return count;
	case 5:
		ops[at] = random_op(seed);
		return count;
	default:
		return insert(ops, count, max, random_op(seed), one_of(seed, count + 1));
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	struct fuzz_op ops[FUZZ_OPS_MAX];
	size_t count = size / sizeof(*ops), most = max / sizeof(*ops);
	unsigned int times = 1 + one_of(&seed, 4);

	if (most > FUZZ_OPS_MAX)
		most = FUZZ_OPS_MAX;
	if (!most || (size && !one_of(&seed, 10)))
		return LLVMFuzzerMutate(data, size, max);
	if (count > most)
		count = most;
	memcpy(ops, data, count * sizeof(*ops));
	while (times--)
		count = count ? change(ops, count, most, &seed) : insert(ops, count, most, random_op(&seed), 0);
	memcpy(data, ops, count * sizeof(*ops));
	return count * sizeof(*ops);
}

/* The beginning of one, the end of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2, uint8_t *out,
				 size_t max, unsigned int seed)
{
	const size_t op = sizeof(struct fuzz_op);
	size_t head = one_of(&seed, size1 / op + 1) * op, tail = one_of(&seed, size2 / op + 1) * op;

	if (head > max)
		head = max / op * op;
	if (tail > max - head)
		tail = (max - head) / op * op;
	memcpy(out, data1, head);
	memcpy(out + head, data2 + size2 / op * op - tail, tail);
	return head + tail;
}
