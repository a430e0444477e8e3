/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message: its text and the name of its sender at the time of sending.
 *
 * It is allocated once, filled by its only holder, and constant from the moment it
 * is put into a mailbox. A broadcast is one message with a reference in each
 * mailbox. The last reference frees it.
 *
 * A command is copied from user space straight into the message that it may become,
 * so the text begins somewhere in the line:
 *
 *	data:  /msg bob hello there
 *	                ^ text, text_len bytes
 */
#ifndef _MQ_MESSAGE_H
#define _MQ_MESSAGE_H

#include "name.h"

#include <linux/llist.h>
#include <linux/refcount.h>

/**
 * struct mq_message - a message
 * @dead: links it to others whose last reference went where nobody may sleep
 * @text: where the text begins, in @data
 * @text_len: bytes of it
 * @refs: how many hold it
 * @size: bytes at @data
 * @sender: the sender's name
 * @data: the line that was written
 *
 * User space is given bytes of @sender and @data only.
 */
struct mq_message {
	struct llist_node dead;
	const char *text;
	u32 text_len;
	refcount_t refs;
	u32 size;
	struct mq_name sender;
	char data[];
};

int mq_message_init(void);
void mq_message_deinit(void);

struct mq_message *mq_message_new(size_t size);
void mq_message_free(struct mq_message *msg);
void mq_message_drain(struct llist_head *dead);

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

#endif /* _MQ_MESSAGE_H */
