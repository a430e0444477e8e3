// SPDX-License-Identifier: GPL-2.0-only
/*
 * See model_world.h.
 *
 * Copyright (C) the mq authors
 */
#include "model_world.h"

#define HEADER sizeof(struct mq_frame)

/* ---- differences ---------------------------------------------------------------- */

static void differ(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void differ(struct world *w, const char *format, ...)
{
	char what[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	w->differs(what);
	abort();
}

static const char *value_text(long value)
{
	static char text[4][64];
	static int next;
	char *to = text[next++ % 4];

	if (value < 0 && value > -4096)
		snprintf(to, sizeof(text[0]), "-%s", strerrorname_np(-value));
	else
		snprintf(to, sizeof(text[0]), "%ld", value);
	return to;
}

struct world *world_new(const struct world_terms *terms, void (*differs)(const char *what))
{
	struct world *w = calloc(1, sizeof(*w));
	const struct model_who root = { .rights = ~0ULL };
	pid_t pids[MODEL_NAMESPACES] = { getpid() };

	w->terms = *terms;
	w->model = model_new(&terms->limits);
	w->observer = model_process_new(w->model, &root, pids, 0);
	w->fd = mq_dev();
	w->before = mq_totals_now();
	w->differs = differs;
	return w;
}

/* ---- what makes sense --------------------------------------------------------------- */

static struct model_file *file_of(const struct world *w, const struct mq_hand_op *op)
{
	return w->hands[op->hand].files[op->file];
}

/* Named endpoints that end with this hand. */
static int count_ending(const struct world_hand *hand)
{
	int count = !!hand->process->endpoint, i;

	for (i = 0; i < MQ_HAND_FILES; i++)
		count += hand->files[i] && hand->files[i]->refs == 1 &&
			 hand->files[i]->endpoint && hand->files[i]->endpoint->name[0];
	return count;
}

/* In what order those are told of, nobody promises. */
static bool may_end(const struct world *w, const struct world_hand *hand)
{
	return count_ending(hand) < 2 || !model_listeners(w->model, false);
}

static bool may_pass(const struct world *w, const struct mq_hand_op *op)
{
	const struct world_hand *other = &w->hands[op->other];
	int i;

	if (op->other == op->hand || !other->process || other->sleeps ||
	    other->files[op->other_file])
		return false;
	for (i = 0; i < MQ_HAND_FILES; i++)
		if (other->files[i] == file_of(w, op))
			return false;
	return true;
}

static size_t space_of(const struct model_letter *letter)
{
	return MQ_FRAME_SPACE(HEADER + (size_t)letter->message->size);
}

/* How many a read that fails half way has begun, nobody promises: so it has begun one. */
static bool may_fail(const struct mq_hand_op *op, const struct model_endpoint *ep)
{
	const struct model_letter *letters = ep->letters;
	size_t first, second;

	if (!ep->staged.message && !ep->count)
		return false;
	first = space_of(ep->staged.message ? &ep->staged : letters);
	if (!ep->staged.message)
		letters++;
	if (ep->count + !!ep->staged.message < 2)
		return true;
	second = space_of(letters);
	return op->size < first + second;
}

static bool has_any_reader(const struct world *w)
{
	int i;

	for (i = 0; i < w->model->process_count; i++)
		if (w->model->processes[i]->sleep == MODEL_READ ||
		    w->model->processes[i]->sleep == MODEL_RECEIVE)
			return true;
	return false;
}

static bool may_read(const struct world *w, const struct mq_hand_op *op)
{
	const struct model_file *f = file_of(w, op);

	if (op->bad && f->endpoint && !may_fail(op, f->endpoint))
		return false;
	/* Two who sleep there: nobody promises who is first. */
	return !f->endpoint || !model_has_reader(w->model, f->endpoint);
}

static bool never_sleeps(const struct world *w, const struct mq_hand_op *op)
{
	const struct model_file *f = file_of(w, op);

	switch (op->kind) {
	case MQ_HAND_TEXT:
		return f->endpoint || f->is_nonblock || strncmp(op->text, "/wait", 5);
	case MQ_HAND_WRITE:
		return !f->endpoint || f->is_nonblock;
	case MQ_HAND_READ:
		return !f->endpoint || f->is_nonblock;
	case MQ_HAND_BIND:
	case MQ_HAND_PEEK:
	case MQ_HAND_POLL:
	case MQ_HAND_STATUS:
	case MQ_HAND_LIST:
	case MQ_HAND_INFO:
		return true;
	default:
		return false;
	}
}

/*
 * Of what an operation does that sleeps, nobody promises what has failed; nor of an event
 * whether it found memory. A copy that fails in a read is one of the message; in a child
 * nothing does, for it need not have the right to say so.
 */
static bool may_meet_fault(const struct world *w, const struct mq_hand_op *op)
{
	const struct model_file *f = file_of(w, op);

	if (op->child || op->cut || op->bad)
		return false;
	switch (op->kind) {
	case MQ_HAND_CALL:
		return op->now;
	case MQ_HAND_READ:
		return !op->nowait && (!f->endpoint || may_fail(op, f->endpoint));
	case MQ_HAND_TEXT:
	case MQ_HAND_BIND:
		return never_sleeps(w, op) && !model_listeners(w->model, false);
	case MQ_HAND_POLL:
		return false;
	default:
		return never_sleeps(w, op);
	}
}

static bool takes_file(const struct world *w, const struct mq_hand_op *op)
{
	if (!file_of(w, op))
		return false;
	if (op->nth && !may_meet_fault(w, op))
		return false;
	if (op->child && (!never_sleeps(w, op) || model_listeners(w->model, true)))
		return false;
	switch (op->kind) {
	case MQ_HAND_PASS:
		return may_pass(w, op);
	case MQ_HAND_WRITE:
		/* A sleeper might have taken the first before the second comes. */
		return !op->frames[1].to || !has_any_reader(w);
	case MQ_HAND_READ:
	case MQ_HAND_RECEIVE:
		return may_read(w, op);
	default:
		return true;
	}
}

bool world_takes(const struct world *w, const struct mq_hand_op *op)
{
	const struct world_hand *hand = &w->hands[op->hand];

	/* Only what is asked of a file meets faults. */
	if (op->nth && (op->kind < MQ_HAND_TEXT || op->kind > MQ_HAND_INFO))
		return false;
	if (op->kind == MQ_HAND_START)
		return !hand->process;
	if (!hand->process)
		return false;
	if (op->kind == MQ_HAND_KILL)
		return may_end(w, hand);
	if (op->kind == MQ_HAND_INTERRUPT || hand->sleeps)
		return op->kind == MQ_HAND_INTERRUPT && hand->sleeps;
	switch (op->kind) {
	case MQ_HAND_EXIT:
		return may_end(w, hand);
	case MQ_HAND_BECOME:
		return !hand->process->who.uid;
	case MQ_HAND_OPEN:
		return !file_of(w, op);
	default:
		return takes_file(w, op);
	}
}

/* ---- the model ------------------------------------------------------------------------- */

static struct model_who who_of(uint32_t who)
{
	const struct mq_who *is = &mq_hand_whos[who];

	return (struct model_who){ is->uid, is->gid, is->group, is->rights };
}

static struct model_process *process_new(struct world *w, const struct model_who *who,
					 const struct mq_hand_result *result, int space)
{
	pid_t pids[MODEL_NAMESPACES] = { result->pid };

	if (space)
		pids[space] = result->own_pid;
	return model_process_new(w->model, who, pids, space);
}

static bool model_do_file(struct world *w, const struct mq_hand_op *op, struct model_process *p,
			  struct model_file *f)
{
	struct mq_bind bind = {
		.policy = op->policy, .depth = op->depth, .access = op->access,
		.flags = op->flags,
	};
	uint64_t timeout = op->now ? 0 : MODEL_FOREVER;
	size_t length, there;
	const char *bytes = mq_hand_bytes(op->hand, &length, &there);

	(void)w;
	switch (op->kind) {
	case MQ_HAND_TEXT:
	case MQ_HAND_WRITE:
		return model_write(p, f, bytes, length, there);
	case MQ_HAND_READ:
		return model_read(p, f, op->size, !op->bad, op->nowait);
	case MQ_HAND_BIND:
		strcpy(bind.name, op->name);
		return model_bind(p, f, &bind);
	case MQ_HAND_CALL:
		return model_call(p, f, bytes, length, op->size, timeout);
	case MQ_HAND_RECEIVE:
		return model_receive(p, f, bytes, length, op->size, timeout);
	case MQ_HAND_PEEK:
		return model_peek(p, f, op->size);
	case MQ_HAND_POLL:
		return model_poll(p, f);
	case MQ_HAND_STATUS:
		return model_status(p, op->name);
	case MQ_HAND_LIST:
		return model_list(p);
	default:
		return model_info(p);
	}
}

/* ---- comparing ---------------------------------------------------------------------------- */

static bool gives_frames(const struct world_hand *hand)
{
	switch (hand->op.kind) {
	case MQ_HAND_READ:
		return hand->files[hand->op.file]->endpoint;
	case MQ_HAND_CALL:
	case MQ_HAND_RECEIVE:
	case MQ_HAND_PEEK:
		return true;
	default:
		return false;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct mq_status *)a)->name, ((const struct mq_status *)b)->name);
}

static void compare_bytes(struct world *w, int hand, const char *what, const char *actual,
			  size_t length, const char *expected, size_t expected_length)
{
	size_t i, least = length < expected_length ? length : expected_length;

	for (i = 0; i < least && actual[i] == expected[i]; i++)
		;
	if (i < least || length != expected_length)
		differ(w, "hand %d: %s of %zu bytes, should be %zu; they differ from byte %zu on: \"%.*s\", should be \"%.*s\"",
		       hand, what, length, expected_length, i,
		       (int)(length - i < 40 ? length - i : 40), actual + i,
		       (int)(expected_length - i < 40 ? expected_length - i : 40), expected + i);
}

/* What differs is the last line of the test. */
#define COMPARE(field) do {							\
	if (actual->field == expected->field)					\
		break;								\
	if (w->prints)								\
		printf("#\tMQ_EQ(mq_hand_frame(%d, %d)->" #field ", %llu);\n", hand, index, \
		       (unsigned long long)expected->field);			\
	differ(w, "hand %d: frame %d: " #field " is %llu, should be %llu",	\
	       hand, index, (unsigned long long)actual->field,			\
	       (unsigned long long)expected->field);				\
} while (0)

/* The cookie of a request is the driver's choice, but it stays, and no other has it. */
static void compare_cookie(struct world *w, int hand, int index, const struct mq_frame *actual,
			   const struct mq_frame *expected)
{
	struct model_call *call;

	if (!(expected->flags & MQ_FRAME_CALL)) {
		COMPARE(cookie);
		return;
	}
	call = &w->model->calls[expected->cookie];
	if (!call->is_known && model_call_is_new(w->model, call, actual->cookie))
		model_call_learn(call, actual->cookie);
	if (!call->is_known || call->cookie != actual->cookie)
		differ(w, "hand %d: frame %d: the request's cookie is another one's", hand, index);
}

static void compare_frame(struct world *w, int hand, int index, const struct mq_frame *actual,
			  const struct mq_frame *expected)
{
	COMPARE(size);
	COMPARE(flags);
	COMPARE(sequence);
	COMPARE(pid);
	COMPARE(uid);
	compare_cookie(w, hand, index, actual, expected);
	if (!actual->time || actual->time > mq_now_ns())
		differ(w, "hand %d: frame %d: time is %llu", hand, index,
		       (unsigned long long)actual->time);
	compare_bytes(w, hand, "a frame's name", actual->name, MQ_NAME_SIZE, expected->name,
		      MQ_NAME_SIZE);
	/* Its padding too. */
	compare_bytes(w, hand, "a frame's payload", (const char *)(actual + 1),
		      MQ_FRAME_SPACE(actual->size) - HEADER, (const char *)(expected + 1),
		      MQ_FRAME_SPACE(actual->size) - HEADER);
}

/* They have the same length, which is that of the expected ones. */
static void compare_frames(struct world *w, int hand, const char *actual, const char *expected,
			   size_t length)
{
	size_t at = 0;
	int index = 0;

	while (at < length) {
		const struct mq_frame *frame = (const struct mq_frame *)(expected + at);

		compare_frame(w, hand, index++, (const struct mq_frame *)(actual + at), frame);
		at += MQ_FRAME_SPACE(frame->size);
	}
}

#undef COMPARE

static void compare_status(struct world *w, int hand, const struct mq_status *actual,
			   const struct mq_status *expected)
{
#define COMPARE(field) do {							\
	if (actual->field == expected->field)					\
		break;								\
	if (w->prints)								\
		printf("#\tMQ_EQ(mq_status_of(\"%s\")." #field ", %llu);\n",	\
		       expected->name, (unsigned long long)expected->field);	\
	differ(w, "hand %d sees of %s: " #field " is %llu, should be %llu",	\
	       hand, expected->name, (unsigned long long)actual->field,		\
	       (unsigned long long)expected->field);				\
} while (0)
	compare_bytes(w, hand, "an endpoint's name", actual->name, MQ_NAME_SIZE, expected->name,
		      MQ_NAME_SIZE);
	COMPARE(size);
	COMPARE(flags);
	COMPARE(pid);
	COMPARE(uid);
	COMPARE(policy);
	COMPARE(access);
	COMPARE(depth);
	COMPARE(queued);
	COMPARE(accepted);
	COMPARE(delivered);
	COMPARE(overwritten);
	COMPARE(discarded);
	COMPARE(rejected);
	COMPARE(spared);
#undef COMPARE
}

/* The order of a list is nobody's promise. */
static void compare_list(struct world *w, int hand, struct mq_status *actual, size_t length,
			 char *bytes, size_t expected_length)
{
	struct mq_status *expected = (struct mq_status *)bytes;
	size_t count = expected_length / sizeof(*expected), i;

	if (length != expected_length)
		differ(w, "hand %d sees %zu endpoints, should be %zu", hand,
		       length / sizeof(*actual), count);
	qsort(actual, count, sizeof(*actual), by_name);
	if (expected)
		qsort(expected, count, sizeof(*expected), by_name);
	for (i = 0; i < count; i++)
		compare_status(w, hand, &actual[i], &expected[i]);
}

static void compare(struct world *w, int hand, struct model_process *p)
{
	const struct mq_hand_result *result = mq_hand_result(hand);
	const struct mq_hand_op *op = &w->hands[hand].op;
	struct model_result *expected = &p->result;

	if (result->value != expected->value)
		differ(w, "hand %d: %s, should be %s", hand, value_text(result->value),
		       value_text(expected->value));
	if (op->kind == MQ_HAND_RECEIVE && result->send_size != expected->send_size)
		differ(w, "hand %d: send_size is %u, should be %u", hand, result->send_size,
		       expected->send_size);
	if (gives_frames(&w->hands[hand]))
		compare_frames(w, hand, result->bytes, expected->bytes, expected->length);
	else if (op->kind == MQ_HAND_LIST || op->kind == MQ_HAND_STATUS)
		compare_list(w, hand, (struct mq_status *)result->bytes, result->length,
			     expected->bytes, expected->length);
	else if (op->kind == MQ_HAND_READ || op->kind == MQ_HAND_INFO)
		compare_bytes(w, hand, "what was read", result->bytes, result->length,
			      expected->bytes, expected->length);
}

/* ---- one operation -------------------------------------------------------------------------- */

static void hand_end(struct world *w, struct world_hand *hand)
{
	int i;

	/* It leaves its call, then its files, as a process's end has it. */
	model_process_leave(hand->process);
	for (i = 0; i < MQ_HAND_FILES; i++) {
		if (hand->files[i])
			model_file_close(hand->files[i]);
		hand->files[i] = NULL;
	}
	model_process_end(hand->process);
	hand->process = NULL;
	hand->sleeps = false;
	(void)w;
}

/* A line of the test; PROCESS: whose result is known. */
static void print_line(const struct world *w, const struct mq_hand_op *op,
		       const struct model_process *process, bool sleeps)
{
	if (!w->prints)
		return;
	if (sleeps)
		printf("#\t%s;\n", mq_hand_show(op, true));
	else if (!process)
		printf("#\t%s;\n", mq_hand_show(op, false));
	else
		printf("#\tMQ_EQ(%s, %s);\n", mq_hand_show(op, false),
		       value_text(process->result.value));
	fflush(stdout);
}

/* What is done on the one and the other in few words. True: that was all. */
static bool do_simple(struct world *w, const struct mq_hand_op *op)
{
	struct world_hand *hand = &w->hands[op->hand];
	struct model_who who = who_of(op->who);

	if (op->kind <= MQ_HAND_BECOME || op->kind >= MQ_HAND_INTERRUPT)
		print_line(w, op, NULL, false);
	switch (op->kind) {
	case MQ_HAND_START:
		mq_hand_run(op);
		hand->process = process_new(w, &who, mq_hand_result(op->hand), op->space);
		return true;
	case MQ_HAND_OPEN:
		mq_hand_run(op);
		hand->files[op->file] = model_file_open(hand->process, op->nonblock);
		return true;
	case MQ_HAND_CLOSE:
		model_file_close(hand->files[op->file]);
		hand->files[op->file] = NULL;
		mq_hand_run(op);
		return true;
	case MQ_HAND_PASS:
		mq_hand_run(op);
		hand->files[op->file]->refs++;
		w->hands[op->other].files[op->other_file] = hand->files[op->file];
		return true;
	case MQ_HAND_BECOME:
		mq_hand_run(op);
		model_process_become(hand->process, &who);
		return true;
	case MQ_HAND_INTERRUPT:
		model_process_interrupt(hand->process);
		mq_hand_run(op);
		return true;
	case MQ_HAND_EXIT:
	case MQ_HAND_KILL:
		hand_end(w, hand);
		mq_hand_run(op);
		return true;
	}
	return false;
}

/* First the device: only then the model can know what pid the child has had. */
static void do_child(struct world *w, const struct mq_hand_op *op)
{
	struct world_hand *hand = &w->hands[op->hand];
	struct model_process *child;

	mq_hand_run(op);
	child = process_new(w, &hand->process->who, mq_hand_result(op->hand),
			    hand->process->space);
	if (!model_do_file(w, op, child, file_of(w, op)))
		differ(w, "hand %d: its child should sleep", op->hand);
	print_line(w, op, child, false);
	compare(w, op->hand, child);
	model_process_end(child);
}

static void do_file(struct world *w, const struct mq_hand_op *op)
{
	struct world_hand *hand = &w->hands[op->hand];

	if (!model_do_file(w, op, hand->process, file_of(w, op))) {
		hand->sleeps = true;
		print_line(w, op, NULL, true);
		mq_hand_run_begin(op, true);
		return;
	}
	print_line(w, op, hand->process, false);
	mq_hand_run(op);
	compare(w, op->hand, hand->process);
}

/* What the model says to a write, without doing it: a copy of this process does it. */
static long foresee_write(struct world *w, const struct mq_hand_op *op)
{
	struct model_process *p = w->hands[op->hand].process;
	static long *value;
	pid_t pid;

	if (!value)
		value = mq_shared(sizeof(*value));
	pid = mq_fork();
	if (!pid) {
		model_do_file(w, op, p, file_of(w, op));
		*value = p->result.value;
		_exit(0);
	}
	mq_join(pid);
	return *value;
}

/*
 * What is left of an operation that met a fault, for the model to do: all of it; the frames
 * that were taken; of a read, that it has begun. False: nothing.
 */
static bool is_left(struct world *w, const struct mq_hand_op *op, struct mq_hand_op *left)
{
	long value = mq_hand_result(op->hand)->value;

	*left = *op;
	if (op->kind == MQ_HAND_READ) {
		left->bad = value == -EFAULT;
		w->faults->failed += left->bad;
	} else if (value == -ENOMEM || value == -EFAULT) {
		w->faults->failed++;
		return false;
	} else if (op->kind == MQ_HAND_PEEK && value > 0) {
		left->size = value;
	} else if (op->kind == MQ_HAND_WRITE && value > 0 && value < foresee_write(w, op)) {
		mq_hand_shorten(op->hand, value);
		w->faults->partly++;
	}
	return true;
}

/* First the device: only then the model can know what the fault has left. */
static void do_faulted(struct world *w, const struct mq_hand_op *op)
{
	const struct mq_hand_result *result = mq_hand_result(op->hand);
	struct model_process *p = w->hands[op->hand].process;
	struct mq_hand_op left = *op;

	mq_hand_run(op);
	if (result->has_failed && !is_left(w, op, &left)) {
		p->result.value = result->value;
		print_line(w, op, p, false);
		return;
	}
	if (!model_do_file(w, &left, p, file_of(w, op)))
		differ(w, "hand %d: it should sleep", op->hand);
	print_line(w, op, p, false);
	compare(w, op->hand, p);
}

/* Who slept and no longer does. */
static void collect(struct world *w)
{
	int i;

	for (i = 0; i < MQ_HANDS; i++) {
		struct world_hand *hand = &w->hands[i];

		if (!hand->sleeps)
			continue;
		if (hand->process->is_done) {
			hand->sleeps = false;
			if (w->prints)
				printf("#\tMQ_EQ(mq_hand_end(%d), %s);\n", i,
				       value_text(hand->process->result.value));
			mq_hand_end(i);
			compare(w, i, hand->process);
		} else if (mq_hand_is_done(i)) {
			differ(w, "hand %d: %s, should sleep on", i, value_text(mq_hand_end(i)));
		}
	}
}

/* All figures of all that have a name, after each operation. */
static void look(struct world *w)
{
	struct mq_status entries[128];
	long count = mq_ioc_list_all(w->fd, entries, 128);

	model_list(w->observer);
	compare_list(w, -1, entries, count * sizeof(*entries), w->observer->result.bytes,
		     w->observer->result.length);
}

/*
 * All endpoints together: those without a name too, and those that have ended. Of the files
 * of a process that ends one may still be told of another's end: how many are nobody promises.
 */
static void look_at_totals(struct world *w, const struct mq_hand_op *op)
{
	const struct model *m = w->model;
	struct mq_totals sum = { 0 }, now = mq_totals_now();
	int i;

	for (i = 0; i < m->endpoint_count; i++) {
		const struct model_endpoint *ep = m->endpoints[i];

		sum.names += ep->name[0] && !ep->has_ended;
		sum.accepted += ep->accepted;
		sum.delivered += ep->delivered;
		sum.overwritten += ep->overwritten;
		sum.rejected += ep->rejected;
	}
	if (op->kind == MQ_HAND_EXIT || op->kind == MQ_HAND_KILL) {
		w->before.accepted = now.accepted - sum.accepted;
		w->before.overwritten = now.overwritten - sum.overwritten;
	}
#define COMPARE(field) do {							\
	if (now.field - w->before.field != sum.field)				\
		differ(w, "all together: " #field " is %llu, should be %llu",	\
		       (unsigned long long)(now.field - w->before.field),	\
		       (unsigned long long)sum.field);				\
} while (0)
	COMPARE(names);
	COMPARE(accepted);
	COMPARE(delivered);
	COMPARE(overwritten);
	COMPARE(rejected);
#undef COMPARE
}

void world_do(struct world *w, const struct mq_hand_op *op)
{
	w->hands[op->hand].op = *op;
	if (!do_simple(w, op)) {
		mq_hand_build(op);
		if (op->child)
			do_child(w, op);
		else if (op->nth)
			do_faulted(w, op);
		else
			do_file(w, op);
	}
	collect(w);
	look(w);
	look_at_totals(w, op);
}
