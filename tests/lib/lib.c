// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of libmq share.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

#include <sys/uio.h>

struct mq_endpoint *mq_lib_open(void)
{
	struct mq_endpoint *ep;

	MQ_LIB_EQ(mq_endpoint_open(&ep, NULL), 0);
	return ep;
}

struct mq_endpoint *mq_lib_bind(const char *name, const struct mq_binding *how)
{
	struct mq_endpoint *ep = mq_lib_open();

	MQ_LIB_EQ(mq_endpoint_bind(ep, name, how), 0);
	return ep;
}

struct mq_endpoint *mq_lib_bind_policy(const char *name, enum mq_policy policy)
{
	struct mq_binding how = { .policy = policy };

	return mq_lib_bind(name, &how);
}

void mq_lib_send(struct mq_endpoint *ep, const char *name, const char *text)
{
	MQ_LIB_EQ(mq_endpoint_send(ep, name, text, strlen(text)), 0);
}

void mq_lib_is_text(const struct mq_message *msg, const char *text)
{
	mq_check_bytes(__FILE__, __LINE__, "the message", mq_message_data(msg),
		       mq_message_size(msg), text, strlen(text));
}

const struct mq_message *mq_lib_receive(struct mq_endpoint *ep, const char *text)
{
	const struct mq_message *msg;

	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), 0);
	mq_lib_is_text(msg, text);
	return msg;
}

struct mq_status mq_lib_find(const char *name)
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_status status;

	MQ_LIB_EQ(mq_endpoint_find(ep, name, &status), 0);
	mq_endpoint_close(ep);
	return status;
}

short mq_lib_poll(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	MQ_OK(poll(&pollfd, 1, 0));
	return pollfd.revents;
}

/* ---- threads ---- */

static void *thread_main(void *arg)
{
	struct mq_thread *self = arg;

	__atomic_store_n(&self->tid, gettid(), __ATOMIC_RELEASE);
	self->run(self);
	return NULL;
}

void mq_thread_start(struct mq_thread *self, void (*run)(struct mq_thread *self),
		     struct mq_endpoint *ep)
{
	*self = (struct mq_thread){ .run = run, .ep = ep };
	MQ_EQ(pthread_create(&self->thread, NULL, thread_main, self), 0);
	while (!__atomic_load_n(&self->tid, __ATOMIC_ACQUIRE))
		mq_sleep_ms(1);
}

void mq_thread_join(struct mq_thread *self)
{
	MQ_EQ(pthread_join(self->thread, NULL), 0);
}

static void signal_handle(int number)
{
	(void)number;
}

void mq_thread_interrupt(struct mq_thread *self, long syscall_number)
{
	struct sigaction action = { .sa_handler = signal_handle };

	MQ_OK(sigaction(SIGUSR1, &action, NULL));
	mq_until_asleep(self->tid, syscall_number);
	MQ_EQ(pthread_kill(self->thread, SIGUSR1), 0);
}

/* ---- what the Makefile has the linker --wrap ---- */

static int calls;

int mq_calls_count(void)
{
	return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return __real_writev(fd, parts, count);
}

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return __real_read(fd, buffer, size);
}

ssize_t __real_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags);

ssize_t __wrap_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return __real_preadv2(fd, parts, count, offset, flags);
}

/* ---- memory: the library is compiled with these for realloc(3) and free(3) ---- */

#define GUARD 64		/* bytes behind each block that nobody may touch */

struct block {
	size_t size;
	max_align_t memory[];
};

static int memory_left = -1, blocks;

void *mq_memory_test_resize(void *memory, size_t size);
void mq_memory_test_free(void *memory);

void mq_memory_limit(int count)
{
	memory_left = count;
}

int mq_memory_count(void)
{
	return __atomic_load_n(&blocks, __ATOMIC_RELAXED);
}

static struct block *block_of(void *memory)
{
	struct block *block = memory - offsetof(struct block, memory);
	const unsigned char *end = memory + block->size;
	int i;

	for (i = 0; i < GUARD; i++)
		if (end[i] != 0xa5)
			MQ_FAIL("byte %d behind a block of %zu bytes was written", i, block->size);
	return block;
}

void *mq_memory_test_resize(void *memory, size_t size)
{
	struct block *block;

	if (!memory_left) {
		errno = ENOMEM;
		return NULL;
	}
	if (memory_left > 0)
		memory_left--;
	block = realloc(memory ? block_of(memory) : NULL, sizeof(*block) + size + GUARD);
	MQ_TRUE(block);
	block->size = size;
	memset((char *)block->memory + size, 0xa5, GUARD);
	if (!memory)
		__atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
	return block->memory;
}

/* As bad a free(3) as there may be. */
void mq_memory_test_free(void *memory)
{
	errno = EINVAL;
	if (!memory)
		return;
	free(block_of(memory));
	__atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
}
