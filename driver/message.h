/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message: who sent it, when, and its text.
 *
 * It has its sender from birth, is filled by its only holder, and is constant from the
 * moment it is put into a mailbox. A broadcast is one message with a reference in each
 * mailbox. The last reference frees it.
 *
 * A command is copied from user space straight into the message that it may become,
 * so the text begins somewhere in the line; a frame's payload is all of it:
 *
 *	data:  /msg bob hello there
 *	                ^ text, text_len bytes
 */
#ifndef _MQ_MESSAGE_H
#define _MQ_MESSAGE_H

#include "identity.h"

#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mq_driver.h>
#include <linux/refcount.h>

/**
 * struct mq_message - a message
 * @dead: links it to others whose last reference went where nobody may sleep
 * @text: where the text begins, in @data
 * @text_len: bytes of it; 0 for an event
 * @refs: how many hold it
 * @size: bytes at @data
 * @flags: MQ_FRAME_* that its reader sees
 * @sender: who sent it, or of whom an event tells; a reference. NULL: a line that nobody
 *	wrote who could send
 * @time: when, CLOCK_MONOTONIC, nanoseconds; 0 until somebody gets it who can see it
 * @cookie: what the reader gets; of a request, the mailbox's
 * @data: the line or the payload that was written
 *
 * User space is given bytes of @data only.
 */
struct mq_message {
	struct llist_node dead;
	const char *text;
	u32 text_len;
	refcount_t refs;
	u32 size;
	u32 flags;
	struct mq_identity *sender;
	u64 time;
	u64 cookie;
	char data[];
};

int mq_message_init(void);
void mq_message_deinit(void);

struct mq_message *mq_message_new(struct mq_identity *sender, size_t size);
struct mq_message *mq_message_new_event(struct mq_identity *whose, u32 flags);
void mq_message_free(struct mq_message *msg);
void mq_message_free_spare(struct mq_message *spare);
void mq_message_drain_some(struct llist_head *dead);

/**
 * mq_message_stamp - note when a message is sent
 * @msg: the message, which no reader that sees the time has got yet
 *
 * Reading the clock is 60 instructions, and a reader of text never sees it.
 */
static inline void mq_message_stamp(struct mq_message *msg)
{
	if (!msg->time)
		msg->time = ktime_get_ns();
}

/**
 * mq_message_space - how long a message is as a frame
 * @msg: the message
 *
 * Return: bytes, padding included.
 */
static inline size_t mq_message_space(const struct mq_message *msg)
{
	return MQ_FRAME_SPACE(sizeof(struct mq_frame) + msg->text_len);
}

/**
 * mq_message_put - give a reference back
 * @msg: the message, or NULL
 *
 * The last one frees it, which may sleep.
 */
static inline void mq_message_put(struct mq_message *msg)
{
	if (msg && refcount_dec_and_test(&msg->refs))
		mq_message_free(msg);
}

/**
 * mq_message_put_rcu - give a reference back in an RCU section, which must not sleep
 * @msg: the message
 * @dead: receives the message if this was the last reference; the caller's own list,
 *	for mq_message_drain()
 */
static inline void mq_message_put_rcu(struct mq_message *msg, struct llist_head *dead)
{
	if (refcount_dec_and_test(&msg->refs))
		__llist_add(&msg->dead, dead);
}

/**
 * mq_message_drain - free what mq_message_put_rcu() has gathered
 * @dead: the list, empty afterwards
 */
static inline void mq_message_drain(struct llist_head *dead)
{
	if (!llist_empty(dead))
		mq_message_drain_some(dead);
}

#endif /* _MQ_MESSAGE_H */
