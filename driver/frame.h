/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames on bound files: bytes <-> messages. The layout is that of the interface,
 * <linux/mq_driver.h>.
 */
#ifndef _MQ_FRAME_H
#define _MQ_FRAME_H

#include <linux/build_bug.h>
#include <linux/mq_driver.h>
#include <linux/poll.h>
#include <linux/types.h>

#include "name.h"

struct iov_iter;
struct mq_buffer;
struct mq_endpoint;
struct mq_message;

/* Flags of a frame that a program may write. */
#define MQ_FRAME_SENT	(MQ_FRAME_BROADCAST | MQ_FRAME_DONTWAIT | MQ_FRAME_REPLY)

/* The destination as a name: the layout sees to that it lies as one. */
static inline const struct mq_name *mq_frame_name(const struct mq_frame *frame)
{
	BUILD_BUG_ON(sizeof(frame->name) != sizeof(struct mq_name));
	BUILD_BUG_ON(offsetof(struct mq_frame, name) % __alignof__(struct mq_name));
	return (const struct mq_name *)frame->name;
}

/**
 * struct mq_letter - what stands on a frame that somebody sends
 * @name: to whom
 * @flags: MQ_FRAME_*
 */
struct mq_letter {
	struct mq_name name;
	u32 flags;
};

struct mq_message *mq_frame_pop_one(struct mq_endpoint *from, const char __user *at,
				    size_t len, u32 flags, struct mq_letter *letter);
bool mq_frame_push(struct mq_buffer *buffer, const struct mq_message *msg, u64 sequence,
		   u64 cookie);

int mq_frame_reply(struct mq_endpoint *from, struct mq_message *msg);
int mq_frame_explain_nobody(const struct mq_endpoint *from, const struct mq_name *name,
			    const struct mq_message *msg);

ssize_t mq_frame_write(struct mq_endpoint *ep, const char __user *frames, size_t len,
		       bool nonblock);
ssize_t mq_frame_write_iter(struct mq_endpoint *ep, struct iov_iter *frames, bool nonblock);
ssize_t mq_frame_read(struct mq_endpoint *ep, char __user *frames, size_t len, bool nonblock);
ssize_t mq_frame_read_iter(struct mq_endpoint *ep, struct iov_iter *frames, bool nonblock);
__poll_t mq_frame_poll(struct mq_endpoint *ep);

#endif /* _MQ_FRAME_H */
