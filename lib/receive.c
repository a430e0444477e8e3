// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Receiving: never more than the caller asked for. A message is either in the mailbox,
 * where poll(2) sees it, or with the caller; the library keeps none.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bytes of the largest buffer, unless one frame needs more. */
#define BUFFER_MAX (256 * 1024)

uint64_t mq_exchange_timeout(int64_t timeout)
{
	return timeout == MQ_TIMEOUT_NONE ? MQ_FOREVER : (uint64_t)timeout;
}

/* ---- memory ---- */

/* Never in place: nobody needs what was in it. */
static int buffer_resize(struct mq_endpoint *ep, size_t size)
{
	void *buffer;

	if (size <= ep->buffer_size)
		return 0;
	buffer = mq_memory_resize(NULL, size);
	if (!buffer)
		return -ENOMEM;
	mq_memory_free(ep->buffer);
	ep->buffer = buffer;
	ep->buffer_size = size;
	return 0;
}

static int messages_resize(struct mq_endpoint *ep, size_t max)
{
	struct mq_message *messages;

	if (max <= ep->messages_max)
		return 0;
	messages = mq_memory_resize(ep->messages, max * sizeof(*messages));
	if (!messages)
		return -ENOMEM;
	ep->messages = messages;
	ep->messages_max = max;
	return 0;
}

/* How many messages can be returned at once, up to @max; at least one. */
static size_t messages_max(const struct mq_endpoint *ep, size_t max)
{
	size_t room = mq_endpoint_room(ep);
	size_t most = (room > BUFFER_MAX ? room : BUFFER_MAX) / sizeof(struct mq_frame);

	return max < most ? max : most;
}

/* Before anything is taken: room for up to @max messages, which is adjusted. */
static int receive_init(struct mq_endpoint *ep, size_t *max)
{
	size_t room = mq_endpoint_room(ep), size;
	int error;

	if (!mq_endpoint_is_bound(ep))
		return -ENOTCONN;
	*max = messages_max(ep, *max);
	size = *max < BUFFER_MAX / room ? *max * room : BUFFER_MAX;
	error = buffer_resize(ep, size > room ? size : room);
	return error ? error : messages_resize(ep, *max);
}

/* ---- frames to messages ---- */

/* The numbers of a mailbox begin at 1, and whatever is missing was overwritten. */
static uint64_t sequence_next(struct mq_endpoint *ep, const struct mq_frame *frame)
{
	uint64_t lost = frame->sequence - ep->sequence - 1;

	ep->sequence = frame->sequence;
	return lost;
}

/* The frames from @begin to @end of the buffer are messages from number @count on. */
static size_t frames_parse(struct mq_endpoint *ep, size_t begin, size_t end, size_t count,
			   size_t max, bool taken)
{
	while (begin < end && count < max) {
		const struct mq_frame *frame = (const void *)(ep->buffer + begin);

		ep->messages[count].frame = frame;
		ep->messages[count].lost = taken ? sequence_next(ep, frame) : 0;
		begin += MQ_FRAME_SPACE(frame->size);
		count++;
	}
	return count;
}

/* ---- one message ---- */

/* Into the buffer from @begin on: bytes, or a negative errno. */
static long frame_take(struct mq_endpoint *ep, struct mq_exchange *x, size_t begin,
		       int64_t timeout)
{
	long result;

	x->size = sizeof(*x);
	x->receive = (uintptr_t)(ep->buffer + begin);
	x->receive_size = ep->buffer_size - begin;
	x->timeout = mq_exchange_timeout(timeout);
	result = mq_endpoint_ioctl(ep, MQ_IOC_RECEIVE, x);
	return result == -ETIMEDOUT && !timeout ? -EAGAIN : result;
}

int mq_endpoint_exchange(struct mq_endpoint *ep, struct mq_exchange *x,
			 const struct mq_message **msg, int64_t timeout)
{
	size_t max = 1;
	long result;

	*msg = NULL;
	if (!mq_timeout_is_valid(timeout))
		return -EINVAL;
	result = receive_init(ep, &max);
	if (!result)
		result = frame_take(ep, x, 0, timeout);
	if (result < 0)
		return result;
	frames_parse(ep, 0, result, 0, 1, true);
	*msg = ep->messages;
	return 0;
}

int mq_endpoint_receive(struct mq_endpoint *ep, const struct mq_message **msg, int64_t timeout)
{
	struct mq_exchange x = { 0 };

	return mq_endpoint_exchange(ep, &x, msg, timeout);
}

/* ---- many messages ---- */

/* 0: there may be a message; else why not. */
static int endpoint_wait(struct mq_endpoint *ep, int64_t deadline)
{
	struct pollfd pollfd = { .fd = ep->fd, .events = POLLIN };
	int64_t left = mq_deadline_next(deadline);
	struct timespec ts;
	int result;

	if (!left)
		return -ETIMEDOUT;
	/* A 32-bit time_t may not hold it; who called asks again. */
	if (left > INT64_C(1000000000) * INT32_MAX)
		left = INT64_C(1000000000) * INT32_MAX;
	ts.tv_sec = left / 1000000000;
	ts.tv_nsec = left % 1000000000;
	result = mq_system(ppoll(&pollfd, 1, &ts, NULL));
	return result < 0 ? result : 0;
}

/* musl has it since 1.2.5. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8

static ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
	return syscall(SYS_preadv2, fd, parts, (long)count, (long)at, (long)(at >> 32), flags);
}
#endif

/* A read that does not sleep is tried first: mostly there is something. */
static long frames_try(struct mq_endpoint *ep, void *to, size_t size)
{
	struct iovec part = { to, size };

	return mq_system(preadv2(ep->fd, &part, 1, -1, RWF_NOWAIT));
}

static long frames_read(struct mq_endpoint *ep, size_t begin, size_t size, int64_t timeout)
{
	void *to = ep->buffer + begin;
	int64_t deadline;
	long result;

	if (timeout == MQ_TIMEOUT_NONE)
		return mq_system(read(ep->fd, to, size));
	deadline = mq_deadline_init(timeout);
	for (;;) {
		result = frames_try(ep, to, size);
		if (result != -EAGAIN || !timeout || mq_system(fcntl(ep->fd, F_GETFL)) & O_NONBLOCK)
			return result;
		result = endpoint_wait(ep, deadline);
		if (result < 0)
			return result;
	}
}

/*
 * At most @max frames into the buffer from @begin on. No frame takes less than its
 * header, so a read(2) of that many headers can return no more of them. If not even the
 * first one fits into that, it is taken by itself. A read that had room for one more,
 * whatever its size, has emptied the mailbox.
 */
static long frames_take(struct mq_endpoint *ep, size_t begin, size_t max, int64_t timeout,
			bool *is_empty)
{
	size_t size = max * sizeof(struct mq_frame);
	struct mq_exchange x = { 0 };
	long result;

	if (size > ep->buffer_size - begin)
		size = ep->buffer_size - begin;
	result = frames_read(ep, begin, size, timeout);
	*is_empty = result >= 0 && size - result >= mq_endpoint_room(ep);
	if (result == -EMSGSIZE)
		result = frame_take(ep, &x, begin, timeout);
	return result;
}

static void messages_list(const struct mq_endpoint *ep, const struct mq_message **msgs,
			  size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		msgs[i] = &ep->messages[i];
}

/* Only the first of the system calls may wait or fail. */
int mq_endpoint_receive_many(struct mq_endpoint *ep, const struct mq_message **msgs,
			     size_t max, size_t *count, int64_t timeout)
{
	size_t end = 0;
	bool is_empty;
	long result;

	*count = 0;
	if (!max || !mq_timeout_is_valid(timeout))
		return -EINVAL;
	result = receive_init(ep, &max);
	if (result)
		return result;
	do {
		result = frames_take(ep, end, max - *count, *count ? 0 : timeout, &is_empty);
		if (result <= 0)
			break;
		*count = frames_parse(ep, end, end + result, *count, max, true);
		end += result;
	} while (!is_empty && *count < max && ep->buffer_size - end >= mq_endpoint_room(ep));
	messages_list(ep, msgs, *count);
	return *count ? 0 : result;
}

int mq_endpoint_peek(struct mq_endpoint *ep, const struct mq_message **msgs, size_t max,
		     size_t *count)
{
	struct mq_exchange x = { .size = sizeof(x) };
	int result;

	*count = 0;
	result = max ? receive_init(ep, &max) : -EINVAL;
	if (result)
		return result;
	x.receive = (uintptr_t)ep->buffer;
	x.receive_size = ep->buffer_size;
	result = mq_endpoint_ioctl(ep, MQ_IOC_PEEK, &x);
	if (result < 0)
		return result;
	*count = frames_parse(ep, 0, result, 0, max, false);
	messages_list(ep, msgs, *count);
	return 0;
}
