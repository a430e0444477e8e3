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

void mq_mailbox_init(struct mq_mailbox *box, struct mq_message **slots, u32 depth);
struct mq_message *mq_mailbox_push(struct mq_mailbox *box, struct mq_message *msg);
struct mq_message *mq_mailbox_pop(struct mq_mailbox *box);

#endif /* _MQ_MAILBOX_H */
