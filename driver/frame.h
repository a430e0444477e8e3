/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames on bound files: bytes <-> messages. The layout is that of the interface,
 * <linux/mq_driver.h>.
 */
#ifndef _MQ_FRAME_H
#define _MQ_FRAME_H

#include <linux/mq_driver.h>
#include <linux/poll.h>
#include <linux/types.h>

struct mq_buffer;
struct mq_endpoint;
struct mq_message;

/* Flags of a frame that a program may write. */
#define MQ_FRAME_SENT	(MQ_FRAME_BROADCAST | MQ_FRAME_DONTWAIT | MQ_FRAME_REPLY)

bool mq_frame_has_name(const char *name);
struct mq_message *mq_frame_pop(struct mq_endpoint *from, struct mq_buffer *buffer,
				struct mq_frame *frame, u32 flags);
bool mq_frame_push(struct mq_buffer *buffer, const struct mq_message *msg, u64 sequence,
		   u64 cookie);

int mq_frame_reply(struct mq_endpoint *from, const struct mq_frame *frame,
		   struct mq_message *msg);
void mq_frame_alert_nobody(const struct mq_endpoint *from, const struct mq_frame *frame);

ssize_t mq_frame_write(struct mq_endpoint *ep, struct mq_buffer *from, bool nonblock);
ssize_t mq_frame_read(struct mq_endpoint *ep, struct mq_buffer *to, bool nonblock);
__poll_t mq_frame_poll(struct mq_endpoint *ep);

#endif /* _MQ_FRAME_H */
