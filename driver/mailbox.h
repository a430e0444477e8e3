/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A mailbox: a bounded circular queue of messages in which the newest overwrites
 * the oldest.
 *
 *	          head                 head + count (mod depth)
 *	           v                    v
 *	  [ . . .  oldest ... newest  . . . ]
 *	    0                         depth - 1
 *
 * Pure: it knows no task, file, name or lock, holds references without counting
 * them and sleeps nowhere. The caller serialises; the unit tests compile it in
 * user space. Any depth works, so the index wraps by comparison, not by a mask.
 */
#ifndef _MQ_MAILBOX_H
#define _MQ_MAILBOX_H

#include <linux/stddef.h>
#include <linux/types.h>

struct mq_message;

/**
 * struct mq_mailbox - the queue
 * @slots: @depth places
 * @depth: how many messages it holds, 1 to 65536
 * @head: the slot of the oldest message
 * @count: how many it holds now
 */
struct mq_mailbox {
	struct mq_message **slots;
	u32 depth;
	u32 head;
	u32 count;
};

/**
 * mq_mailbox_init - an empty mailbox
 * @box: the mailbox
 * @slots: @depth places, which stay the caller's
 * @depth: how many messages it shall hold, at least 1
 */
static inline void mq_mailbox_init(struct mq_mailbox *box, struct mq_message **slots,
				   u32 depth)
{
	box->slots = slots;
	box->depth = depth;
	box->head = 0;
	box->count = 0;
}

static inline u32 mq_mailbox_wrap(const struct mq_mailbox *box, u32 slot)
{
	return slot < box->depth ? slot : slot - box->depth;
}

/**
 * mq_mailbox_push - put a message behind the newest
 * @box: the mailbox
 * @msg: the message; its reference is the mailbox's now
 *
 * Return: the oldest message, if it had to make room (its reference is the
 * caller's now), else NULL.
 */
static inline struct mq_message *mq_mailbox_push(struct mq_mailbox *box,
						 struct mq_message *msg)
{
	struct mq_message *oldest;

	if (box->count < box->depth) {
		box->slots[mq_mailbox_wrap(box, box->head + box->count)] = msg;
		box->count++;
		return NULL;
	}

	/* Full: the place behind the newest is that of the oldest. */
	oldest = box->slots[box->head];
	box->slots[box->head] = msg;
	box->head = mq_mailbox_wrap(box, box->head + 1);
	return oldest;
}

/**
 * mq_mailbox_pop - take the oldest message out
 * @box: the mailbox
 *
 * Return: the message, whose reference is the caller's now, or NULL.
 */
static inline struct mq_message *mq_mailbox_pop(struct mq_mailbox *box)
{
	struct mq_message *msg;

	if (!box->count)
		return NULL;

	msg = box->slots[box->head];
	box->head = mq_mailbox_wrap(box, box->head + 1);
	box->count--;
	return msg;
}

#endif /* _MQ_MAILBOX_H */
