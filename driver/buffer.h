/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The caller's memory in one call: one piece from read(2) or write(2), several from
 * readv(2), writev(2) or io_uring.
 *
 * A driver may have read beside read_iter, as /dev/null has, and it pays: making a
 * kiocb and an iov_iter for one piece costs 120 instructions a call, a tenth of a
 * whole write + read of /dev/null.
 *
 * For the single piece, the copies below also leave out the run-time check that the
 * kernel's side lies within one object (CONFIG_HARDENED_USERCOPY): 160 instructions
 * beside 30 for copying a short message. Both callers have just compared the length
 * with that of the message that they allocated; nothing else is ever copied here.
 *
 * A header, of a few words, is moved word by word, in half the instructions of a copy of
 * any length, where it lies as all but strange programs put it.
 */
#ifndef _MQ_BUFFER_H
#define _MQ_BUFFER_H

#include <linux/types.h>
#include <linux/uio.h>

#include "compat/uaccess.h"

/**
 * struct mq_buffer - memory of the caller
 * @iter: the pieces, or NULL for one piece
 * @at: the one piece; only what is not yet copied
 * @left: bytes of it
 */
struct mq_buffer {
	struct iov_iter *iter;
	char __user *at;
	size_t left;
};

static inline size_t mq_buffer_left(const struct mq_buffer *buffer)
{
	return buffer->iter ? iov_iter_count(buffer->iter) : buffer->left;
}

/* Copies all of @len bytes and returns true, or returns false (EFAULT). */
static inline bool mq_buffer_pop(struct mq_buffer *buffer, void *to, size_t len)
{
	if (buffer->iter)
		return copy_from_iter_full(to, len, buffer->iter);
	if (mq_compat_copy_from_user(to, buffer->at, len))
		return false;
	buffer->at += len;
	buffer->left -= len;
	return true;
}

/* The same without taking it out, and without the check in any case. */
static __always_inline bool mq_buffer_peek(const struct mq_buffer *buffer, void *to, size_t len)
{
	size_t copied;

	if (!buffer->iter)
		return !mq_compat_copy_from_user(to, buffer->at, len);
	copied = _copy_from_iter(to, len, buffer->iter);
	iov_iter_revert(buffer->iter, copied);
	return copied == len;
}

/* Likewise, into the caller's memory. */
static inline bool mq_buffer_push(struct mq_buffer *buffer, const void *from, size_t len)
{
	if (buffer->iter)
		return copy_to_iter(from, len, buffer->iter) == len;
	if (mq_compat_copy_to_user(buffer->at, from, len))
		return false;
	buffer->at += len;
	buffer->left -= len;
	return true;
}

static inline bool mq_buffer_is_simple(const struct mq_buffer *buffer)
{
	return likely(!buffer->iter &&
		      IS_ALIGNED((unsigned long)buffer->at, sizeof(u64)));
}

/* mq_buffer_pop() for a length that is constant and a number of words. */
static __always_inline bool mq_buffer_pop_words(struct mq_buffer *buffer, void *to,
						size_t len)
{
	const unsigned long __user *from = (const unsigned long __user *)buffer->at;
	unsigned long *words = to;
	size_t i;

	if (!mq_buffer_is_simple(buffer))
		return mq_buffer_pop(buffer, to, len);
	if (!user_read_access_begin(from, len))
		return false;
#pragma GCC unroll 16
	for (i = 0; i < len / sizeof(*words); i++)
		unsafe_get_user(words[i], from + i, fault);
	user_read_access_end();
	buffer->at += len;
	buffer->left -= len;
	return true;

fault:
	user_read_access_end();
	return false;
}

/* Leaves out @len bytes, or as many as there are. */
static inline void mq_buffer_skip(struct mq_buffer *buffer, size_t len)
{
	len = min(len, mq_buffer_left(buffer));
	if (buffer->iter) {
		iov_iter_advance(buffer->iter, len);
		return;
	}
	buffer->at += len;
	buffer->left -= len;
}

#endif /* _MQ_BUFFER_H */
