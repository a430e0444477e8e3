// SPDX-License-Identifier: GPL-2.0-only
/*
 * See fault_lib.h.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FAULTS "/sys/kernel/debug"

/* ---- the nth fault ------------------------------------------------------- */

static int fault_fd = -1;

static void fault_setting(const char *file, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", FAULTS, file);
	fd = MQ_OK(open(path, O_WRONLY | O_CLOEXEC));
	MQ_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

static int fault_file_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

void mq_fault_open_again(void)
{
	if (fault_fd < 0)
		return;
	close(fault_fd);
	fault_fd = MQ_OK(fault_file_open());
}

void mq_fault_open(void)
{
	if (fault_fd >= 0)
		close(fault_fd);
	fault_fd = fault_file_open();
	if (fault_fd < 0)
		mq_skip("the kernel injects no faults");
	fault_setting("failslab/ignore-gfp-wait", "N");
	fault_setting("failslab/verbose", "0");
	fault_setting("fail_page_alloc/ignore-gfp-wait", "N");
	fault_setting("fail_page_alloc/ignore-gfp-highmem", "N");
	fault_setting("fail_page_alloc/verbose", "0");
	fault_setting("fail_usercopy/verbose", "0");
	mq_fault_kinds(MQ_FAULT_ALL);
}

void mq_fault_kinds(unsigned int kinds)
{
	/* No slab cache is marked for the filter; no allocation has that order. */
	fault_setting("failslab/cache-filter", kinds & MQ_FAULT_SLAB ? "N" : "Y");
	fault_setting("fail_page_alloc/min-order", kinds & MQ_FAULT_PAGE ? "0" : "100");
}

/* More than any call has. */
#define FAULT_NEVER 1000000

void mq_fault_begin(int nth)
{
	char text[16];
	int length = sprintf(text, "%d", nth);

	MQ_EQ(pwrite(fault_fd, text, length, 0), length);
}

/* Looking copies to us, too, and may be what fails. */
int mq_fault_left(void)
{
	char text[16] = "";

	if (pread(fault_fd, text, sizeof(text) - 1, 0) < 0) {
		MQ_EQ(errno, EFAULT);
		return 1;
	}
	return atoi(text);
}

bool mq_fault_end(void)
{
	if (!mq_fault_left())
		return true;
	while (pwrite(fault_fd, "0", 1, 0) < 0)
		MQ_EQ(errno, EFAULT);
	return false;
}

bool mq_fault_was_hit(pid_t zombie)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", zombie);
	fd = MQ_OK(open(path, O_RDONLY | O_CLOEXEC));
	MQ_OK(read(fd, text, sizeof(text) - 1));
	close(fd);
	return atoi(text) == 0;
}

int mq_fault_load_points(const char *name, const char *params, int expected)
{
	int points;

	mq_fault_begin(FAULT_NEVER);
	MQ_EQ(mq_load_beside(name, params), expected);
	points = FAULT_NEVER - mq_fault_left();
	mq_fault_end();
	return points;
}

/* ---- what the device says about itself ----------------------------------- */

static uint32_t sum_of(const char *bytes, long length)
{
	uint32_t sum = 2166136261u;

	while (length-- > 0)
		sum = (sum ^ (unsigned char)*bytes++) * 16777619u;
	return sum;
}

void mq_state_take(struct mq_state *state, const int *files, int count)
{
	static char bytes[1 << 21] __attribute__((aligned(8)));
	int i;

	memset(state, 0, sizeof(*state));
	MQ_LE(count, MQ_STATE_FILES);
	MQ_EQ(mq_ioc_info(files[0], &state->info), 0);
	state->endpoint_count = mq_ioc_list_all(files[0], state->endpoints, 32);
	state->file_count = count;
	for (i = 0; i < count; i++) {
		state->files[i].poll = mq_poll(files[i]);
		state->files[i].waiting = mq_ioc_peek(files[i], bytes, sizeof(bytes));
		state->files[i].sum = sum_of(bytes, state->files[i].waiting);
	}
}

#define STATE_SAME(field) do {							\
	if (a->field != b->field)						\
		MQ_FAIL("%s: %s's " #field " was %lld, is %lld", what, a->name,	\
			(long long)a->field, (long long)b->field);		\
} while (0)

static void endpoint_check(const struct mq_status *a, const struct mq_status *b,
			   const char *what)
{
	if (strcmp(a->name, b->name))
		MQ_FAIL("%s: %s was there, now it is %s", what, a->name, b->name);
	STATE_SAME(queued);
	STATE_SAME(accepted);
	STATE_SAME(delivered);
	STATE_SAME(overwritten);
	STATE_SAME(discarded);
	STATE_SAME(rejected);
	if (memcmp(a, b, sizeof(*a)))
		MQ_FAIL("%s: something else of %s has changed", what, a->name);
}

void mq_state_check(const struct mq_state *state, const struct mq_state *now,
		    const char *what)
{
	int i;

	for (i = 0; i < state->endpoint_count && i < now->endpoint_count; i++)
		endpoint_check(&state->endpoints[i], &now->endpoints[i], what);
	if (state->endpoint_count != now->endpoint_count)
		MQ_FAIL("%s: %ld endpoints were there, now %ld", what,
			state->endpoint_count, now->endpoint_count);
	for (i = 0; i < state->file_count; i++) {
		if (state->files[i].poll != now->files[i].poll)
			MQ_FAIL("%s: poll on file %d was %#x, is %#x", what, i,
				state->files[i].poll, now->files[i].poll);
		if (state->files[i].waiting != now->files[i].waiting ||
		    state->files[i].sum != now->files[i].sum)
			MQ_FAIL("%s: other frames wait on file %d: %ld bytes were there, now %ld",
				what, i, state->files[i].waiting, now->files[i].waiting);
	}
	if (memcmp(&state->info, &now->info, sizeof(now->info)))
		MQ_FAIL("%s: what MQ_IOC_INFO says has changed", what);
}

/* ---- operations, each with every fault ----------------------------------- */

static long operation_run(const struct mq_operation *op, int nth, bool *hit, int *points)
{
	long value;
	int left;

	mq_fault_begin(nth);
	value = op->call();
	left = mq_fault_left();
	*hit = left == 0;
	*points = nth - left;
	if (!*hit)
		mq_fault_end();
	return value;
}

/* How many things can fail if only these kinds do. */
static int operation_points(const struct mq_operation *op, unsigned int kinds)
{
	int points;
	bool hit;
	long value;

	mq_fault_kinds(kinds);
	op->begin();
	value = operation_run(op, FAULT_NEVER, &hit, &points);
	if (value != op->value)
		MQ_FAIL("%s: %ld, should be %ld", op->name, value, op->value);
	op->done(value);
	return points;
}

static void operation_check_kinds(const struct mq_operation *op)
{
	int copies = operation_points(op, MQ_FAULT_COPY);
	unsigned int met = copies ? MQ_FAULT_COPY : 0;

	if (operation_points(op, MQ_FAULT_COPY | MQ_FAULT_SLAB) > copies)
		met |= MQ_FAULT_SLAB;
	if (operation_points(op, MQ_FAULT_COPY | MQ_FAULT_PAGE) > copies)
		met |= MQ_FAULT_PAGE;
	if (op->kinds & ~met)
		MQ_FAIL("%s: meets kinds %#x of faults, should meet %#x", op->name, met,
			op->kinds);
	mq_fault_kinds(MQ_FAULT_ALL);
}

static bool operation_has_done(const struct mq_operation *op, long value)
{
	if (value == op->value)
		return true;
	return op->piece && value > 0 && value < op->value && value % op->piece == 0;
}

/* Names and sums only, for a call whose request may have been carried out. */
static void operation_check_traces(const struct mq_state *before, const struct mq_state *now,
				   const char *what)
{
	int i;

	if (before->endpoint_count != now->endpoint_count)
		MQ_FAIL("%s: other endpoints are there", what);
	for (i = 0; i < now->endpoint_count; i++) {
		if (strcmp(before->endpoints[i].name, now->endpoints[i].name))
			MQ_FAIL("%s: %s is another one", what, now->endpoints[i].name);
		mq_status_check(&now->endpoints[i]);
	}
}

/* Returns whether there was an nth fault. */
static bool operation_try(const struct mq_operation *op, int nth, const int *files, int count)
{
	static struct mq_state before, now;
	int points;
	long value;
	char what[128];
	bool hit;

	op->begin();
	mq_state_take(&before, files, count);
	value = operation_run(op, nth, &hit, &points);
	if (operation_has_done(op, value)) {
		op->done(value);
		return hit;
	}

	snprintf(what, sizeof(what), "%s with fault %d (%ld)", op->name, nth, value);
	if (!hit || (value != -ENOMEM && value != -EFAULT))
		MQ_FAIL("%s", what);
	mq_state_take(&now, files, count);
	if (op->leaves_traces)
		operation_check_traces(&before, &now, what);
	else
		mq_state_check(&before, &now, what);
	if (op->failed)
		op->failed();

	value = op->call();
	if (value != op->value)
		MQ_FAIL("%s, and once more: %ld", what, value);
	op->done(value);
	return true;
}

void mq_operations_try(const struct mq_operation *operations, int count, const int *files,
		       int file_count)
{
	int i, nth;

	for (i = 0; i < count; i++) {
		operation_check_kinds(&operations[i]);
		for (nth = 1; operation_try(&operations[i], nth, files, file_count); nth++)
			;
	}
}

/* ---- held pages ---------------------------------------------------------- */

void mq_held_need(void)
{
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (uffd < 0 && errno == ENOSYS)
		mq_skip("the kernel has no userfaultfd");
	close(MQ_OK(uffd));
}

static void held_page_make(struct mq_held *held)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	held->uffd = MQ_OK(syscall(SYS_userfaultfd, O_CLOEXEC));
	MQ_OK(ioctl(held->uffd, UFFDIO_API, &api));
	held->page = mmap(NULL, 2 * MQ_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MQ_TRUE(held->page != MAP_FAILED);
	held->page += MQ_PAGE;
	reg.range.start = (uintptr_t)held->page;
	reg.range.len = MQ_PAGE;
	MQ_OK(ioctl(held->uffd, UFFDIO_REGISTER, &reg));
}

static void *held_main(void *arg)
{
	struct mq_held *held = arg;

	held->result = held->call(held->fd, held->page);
	return NULL;
}

struct mq_held *mq_held_begin(long (*call)(int fd, void *page), int fd)
{
	struct mq_held *held = calloc(1, sizeof(*held));
	struct uffd_msg event;

	mq_held_need();
	held->call = call;
	held->fd = fd;
	held_page_make(held);
	MQ_EQ(pthread_create(&held->thread, NULL, held_main, held), 0);
	MQ_EQ(read(held->uffd, &event, sizeof(event)), sizeof(event));
	MQ_EQ(event.event, UFFD_EVENT_PAGEFAULT);
	return held;
}

long mq_held_end(struct mq_held *held, const void *bytes, size_t size)
{
	char *content = aligned_alloc(MQ_PAGE, MQ_PAGE);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)held->page, .src = (uintptr_t)content, .len = MQ_PAGE,
	};

	memset(content, 0, MQ_PAGE);
	memcpy(content, bytes, size);
	MQ_OK(ioctl(held->uffd, UFFDIO_COPY, &copy));
	MQ_EQ(pthread_join(held->thread, NULL), 0);
	free(content);
	return held->result;
}
