// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random sequences of operations by several processes, on the device and on the model
 * (model.c). A difference is made short, by leaving out what it does not need, and printed
 * as a test.
 *
 * The seed is new each time, and printed: MQ_SEED=SEED begins with that sequence. MQ_STORM
 * multiplies how many there are.
 *
 * Copyright (C) the mq authors
 */
#include "model_world.h"

#include <sys/random.h>

#define OPS 100			/* in a sequence */
#define TEXT (1 << 17)		/* bytes of all its strings */

/* ---- a world: a process with the hands as its children ------------------------------ */

/* Lies in shared memory: what is to be done, and what came of it. */
struct sequence {
	struct mq_hand_op ops[OPS];
	bool left_out[OPS];
	int count;
	char text[TEXT];
	/* The last run of it: */
	bool differs;
	int at;				/* which operation */
	char what[1000];
};

static struct sequence *sequence;
static struct world_faults *faults;

static void differs(const char *what)
{
	sequence->differs = true;
	snprintf(sequence->what, sizeof(sequence->what), "%s", what);
	fflush(stdout);
	mq_hand_kill_all();
	_exit(0);
}

static void hangs(int hand, const char *what)
{
	char text[100];

	snprintf(text, sizeof(text), "hand %d %s", hand, what);
	differs(text);
}

static void draw_all(struct world *w)
{
	char *text = sequence->text;

	while (sequence->count < OPS) {
		sequence->at = sequence->count++;
		world_draw(w, &sequence->ops[sequence->at], &text);
		MQ_LE(text - sequence->text, TEXT - 1024);
		world_do(w, &sequence->ops[sequence->at]);
	}
}

static void do_all(struct world *w)
{
	int i;

	for (i = 0; i < sequence->count; i++) {
		if (sequence->left_out[i] || !world_takes(w, &sequence->ops[i]))
			continue;
		sequence->at = i;
		world_do(w, &sequence->ops[i]);
	}
}

/* DICE: to draw the sequence, or NULL to do it again. True: there is a difference. */
static bool run(const struct world_terms *terms, struct mq_dice *dice, bool prints)
{
	struct world *w;
	pid_t pid;

	sequence->differs = false;
	fflush(stdout);
	pid = mq_fork();
	if (pid) {
		mq_join(pid);
		return sequence->differs;
	}
	mq_hand_hangs = hangs;
	w = world_new(terms, differs);
	w->dice = dice;
	w->faults = faults;
	w->prints = prints;
	if (dice)
		draw_all(w);
	else
		do_all(w);
	fflush(stdout);
	mq_hand_kill_all();
	_exit(0);
}

/* ---- making it short ------------------------------------------------------------------- */

static bool still_differs(const struct world_terms *terms)
{
	return run(terms, NULL, false);
}

/* Leaves out those from FROM on, COUNT of them that are still there; false: there are none. */
static int leave_out(int from, int count, bool out)
{
	for (; from < sequence->count && count; from++) {
		if (sequence->left_out[from] == out)
			continue;
		sequence->left_out[from] = out;
		count--;
	}
	return from;
}

static void shorten_by(const struct world_terms *terms, int size)
{
	bool before[OPS];
	int from = 0, next;

	while (from < sequence->count) {
		memcpy(before, sequence->left_out, sizeof(before));
		next = leave_out(from, size, true);
		if (memcmp(before, sequence->left_out, sizeof(before)) && !still_differs(terms))
			memcpy(sequence->left_out, before, sizeof(before));
		from = next;
	}
}

static int count_left(void)
{
	int i, count = 0;

	for (i = 0; i < sequence->count; i++)
		count += !sequence->left_out[i];
	return count;
}

/* What an operation does not need. */
static void simplify(const struct world_terms *terms, struct mq_hand_op *op)
{
	struct mq_hand_op before = *op;
	uint32_t *const parts[] = {
		&op->cut, &op->access, &op->flags, &op->policy, &op->depth, &op->who, &op->space,
	};
	size_t i;

#define TRY(change) do {			\
	before = *op;				\
	change;					\
	if (memcmp(op, &before, sizeof(before)) && !still_differs(terms)) \
		*op = before;			\
} while (0)
	TRY(op->nth = 0);
	TRY(op->child = false);
	TRY(op->nonblock = false);
	TRY(op->nowait = false);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		TRY(*parts[i] = 0);
	for (i = MQ_HAND_FRAMES; i--;) {
		if (!op->frames[i].to)
			continue;
		if (i)
			TRY(memmove(op->frames + i - 1, op->frames + i,
				    (MQ_HAND_FRAMES - i) * sizeof(op->frames[0]));
			    op->frames[MQ_HAND_FRAMES - 1].to = NULL);
		TRY(op->frames[i].size = 1);
		TRY(op->frames[i].flags &= ~MQ_FRAME_DONTWAIT);
	}
#undef TRY
}

static void shorten(const struct world_terms *terms)
{
	int size, before, i;

	mq_hand_patience = 5;
	sequence->count = sequence->at + 1;
	do {
		before = count_left();
		for (size = before / 2; size; size /= 2)
			shorten_by(terms, size);
	} while (count_left() < before);
	for (i = 0; i < sequence->count; i++)
		if (!sequence->left_out[i])
			simplify(terms, &sequence->ops[i]);
	shorten_by(terms, 1);
	mq_hand_patience = 60;
}

static void print(const struct world_terms *terms, const char *params, uint64_t seed)
{
	printf("# MQ_TEST(model_%llu, \"...\", .params = \"%s\", .open_to_all = true)\n# {\n",
	       (unsigned long long)seed, params);
	if (terms->faults)
		printf("#\tmq_fault_open();\n");
	run(terms, NULL, true);
	printf("# }\n# %s\n", sequence->what);
	fflush(stdout);
}

/* ---- the tests ---------------------------------------------------------------------------- */

static uint64_t new_seed(void)
{
	const char *given = getenv("MQ_SEED");
	uint32_t seed;

	if (given)
		return strtoull(given, NULL, 10);
	MQ_EQ(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	return seed;
}

static void compare(const struct world_terms *terms, const char *params, long count)
{
	uint64_t seed = new_seed(), last = seed + count;
	struct mq_dice dice;
	char what[1000];
	int ops;

	printf("# %ld sequences from MQ_SEED=%llu on\n", count, (unsigned long long)seed);
	sequence = mq_shared(sizeof(*sequence));
	faults = mq_shared(sizeof(*faults));
	for (; seed < last; seed++) {
		memset(sequence, 0, offsetof(struct sequence, text));
		mq_dice_init(&dice, seed);
		if (!run(terms, &dice, false))
			continue;
		ops = sequence->at + 1;
		strcpy(what, sequence->what);
		printf("# MQ_SEED=%llu, operation %d: %s\n", (unsigned long long)seed, ops, what);
		fflush(stdout);
		shorten(terms);
		print(terms, params, seed);
		if (!sequence->differs)
			MQ_FAIL("MQ_SEED=%llu, operation %d: %s; not when it is done again",
				(unsigned long long)seed, ops, what);
		MQ_FAIL("MQ_SEED=%llu, operation %d; in %d operations, as above: %s",
			(unsigned long long)seed, ops, count_left(), sequence->what);
	}
}

/* What is not given is worked out of the others: the model is told what that comes to. */
#define CLASSIC "MAX_DEVICES=6 QUEUE_LEN=3 CMD_BUF_SIZE=200"
#define LIMITS "MAX_DEVICES=7 QUEUE_LEN=4 CMD_BUF_SIZE=100 USER_ENDPOINTS=3 USER_BYTES=900 ROOT_DEVICES=2"
#define FAIR "MAX_DEVICES=12 QUEUE_LEN=5 CMD_BUF_SIZE=64 FAIR=1"
#define ISOLATE "MAX_DEVICES=6 QUEUE_LEN=3 CMD_BUF_SIZE=200 ISOLATE=1"
#define SEQUENCES 40
#define FAULTED 60			/* of those with faults; a tenth on most kernels that have them */

static const struct model_limits classic_limits = {
	.max_devices = 6, .queue_len = 3, .cmd_buf_size = 200,
	.user_endpoints = 5, .user_bytes = 5 * 3 * 200,
};

MQ_TEST(model_classic, "whatever several processes do, it comes out as the model of the contract says",
	.params = CLASSIC, .open_to_all = true, .timeout = 600)
{
	const struct world_terms terms = {
		.limits = classic_limits,
		.spaces = 3,
	};

	compare(&terms, CLASSIC, mq_storm_count(SEQUENCES));
}

MQ_TEST(model_faults, "so it does where memory runs out and copies fail: nothing is done then, or the first frames are sent",
	.params = CLASSIC, .open_to_all = true, .timeout = 600)
{
	const struct world_terms terms = {
		.limits = classic_limits,
		.spaces = 1,
		.faults = 2,
	};

	mq_fault_open();
	compare(&terms, CLASSIC, mq_storm_count(FAULTED));
	printf("# %d operations failed, %d were done in part\n", faults->failed, faults->partly);
	MQ_GE(faults->failed, 3);
}

MQ_TEST(model_limits, "so it does where users are held to limits",
	.params = LIMITS, .open_to_all = true, .timeout = 600)
{
	const struct world_terms terms = {
		.limits = {
			.max_devices = 7, .queue_len = 4, .cmd_buf_size = 100,
			.user_endpoints = 3, .user_bytes = 900, .root_devices = 2,
		},
		.spaces = 1,
	};

	compare(&terms, LIMITS, mq_storm_count(SEQUENCES));
}

MQ_TEST(model_fair, "so it does where mailboxes are fair",
	.params = FAIR, .open_to_all = true, .timeout = 600)
{
	const struct world_terms terms = {
		.limits = {
			.max_devices = 12, .queue_len = 5, .cmd_buf_size = 64,
			.user_endpoints = 9, .user_bytes = 9 * 5 * 64, .is_fair = true,
		},
		.spaces = 1,
		.is_fair = true,
	};

	compare(&terms, FAIR, mq_storm_count(SEQUENCES));
}

MQ_TEST(model_isolate, "so it does where each pid namespace has names of its own",
	.params = ISOLATE, .open_to_all = true, .timeout = 600)
{
	const struct world_terms terms = {
		.limits = {
			.max_devices = 6, .queue_len = 3, .cmd_buf_size = 200,
			.user_endpoints = 5, .user_bytes = 5 * 3 * 200, .is_isolated = true,
		},
		.spaces = 3,
	};

	compare(&terms, ISOLATE, mq_storm_count(SEQUENCES));
}
