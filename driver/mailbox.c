// SPDX-License-Identifier: GPL-2.0-only
#include "mailbox.h"

#include <linux/stddef.h>

static u32 mq_mailbox_wrap(const struct mq_mailbox *box, u32 slot)
{
	return slot < box->depth ? slot : slot - box->depth;
}

/**
 * mq_mailbox_init - an empty mailbox
 * @box: the mailbox
 * @slots: @depth places, which stay the caller's
 * @depth: how many messages it shall hold, at least 1
 */
void mq_mailbox_init(struct mq_mailbox *box, struct mq_message **slots, u32 depth)
{
	box->slots = slots;
	box->depth = depth;
	box->head = 0;
	box->count = 0;
}

/**
 * mq_mailbox_push - put a message behind the newest
 * @box: the mailbox
 * @msg: the message; its reference is the mailbox's now
 *
 * Return: the oldest message, if it had to make room (its reference is the
 * caller's now), else NULL.
 */
struct mq_message *mq_mailbox_push(struct mq_mailbox *box, struct mq_message *msg)
{
	struct mq_message **slot;
	struct mq_message *oldest;

	slot = &box->slots[mq_mailbox_wrap(box, box->head + box->count)];
	if (box->count < box->depth) {
		*slot = msg;
		box->count++;
		return NULL;
	}

	/* Full: behind the newest is the oldest. */
	oldest = *slot;
	*slot = msg;
	box->head = mq_mailbox_wrap(box, box->head + 1);
	return oldest;
}

/**
 * mq_mailbox_pop - take the oldest message out
 * @box: the mailbox
 *
 * Return: the message, whose reference is the caller's now, or NULL.
 */
struct mq_message *mq_mailbox_pop(struct mq_mailbox *box)
{
	struct mq_message *msg;

	if (!box->count)
		return NULL;

	msg = box->slots[box->head];
	box->head = mq_mailbox_wrap(box, box->head + 1);
	box->count--;
	return msg;
}
