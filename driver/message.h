/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message: who sent it, when, and its text.
 *
 * It has its sender from birth, is filled by its only holder, and is constant from the
 * moment it is put into a mailbox. A broadcast is one message with a reference in each
 * mailbox. The last reference frees it.
 *
 * Frames that are written together lie in one message that carries them, each a message
 * of its own. The last of them frees the carrier.
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

#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mq_driver.h>
#include <linux/refcount.h>

/**
 * struct mq_message - a message
 * @dead: links it to others whose last reference went where nobody may sleep
 * @text: where the text begins
 * @text_len: bytes of it; 0 for an event
 * @refs: how many hold it
 * @size: bytes at @data; 0 if it is carried
 * @flags: MQ_FRAME_* that its reader sees
 * @sender: who sent it, or of whom a notice tells; a reference. NULL: a line that nobody
 *	wrote who could send
 * @carrier: the message in whose @data this one lies, and whose reference to the sender
 *	it shares; a reference. NULL: none
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
	struct mq_message *carrier;
	u64 time;
	u64 cookie;
	char data[];
};

/* Sizes are counted from @data: nothing may lie between the last field and that. */
static_assert(sizeof(struct mq_message) == offsetof(struct mq_message, data));

/* The shortest kind of memory, of which a sender keeps one; and its bytes of @data. */
#define MQ_MESSAGE_FIRST	248
#define MQ_MESSAGE_SHORT	(MQ_MESSAGE_FIRST - offsetof(struct mq_message, data))

/* Of mq_message.flags: it is no message of its sender, but told to who wants to know. */
#define MQ_MESSAGE_NOTICE	(MQ_FRAME_EVENT | MQ_FRAME_MONITOR)

/* The longest kind that is not just memory of any size. */
#define MQ_MESSAGE_LAST		4664

int mq_message_init(void);
void mq_message_deinit(void);

struct mq_message *mq_message_alloc(size_t size);
struct mq_message *mq_message_new_notice(struct mq_identity *whose, u32 flags, u32 size);
void mq_message_free(struct mq_message *msg);
void mq_message_free_spare(struct mq_message *spare);
void mq_message_drain_some(struct llist_head *dead);
void mq_message_put_some(struct mq_message **msgs, u32 count);

/**
 * mq_message_begin - make a message of memory; neutral, to be filled by its only holder
 * @msg: the memory
 * @sender: who sends it, or NULL; the caller's reference is the message's, unless it is
 *	carried
 * @size: bytes at mq_message.data
 */
static inline void mq_message_begin(struct mq_message *msg, struct mq_identity *sender,
				    u32 size)
{
	refcount_set(&msg->refs, 1);
	msg->size = size;
	msg->flags = 0;
	msg->sender = sender;
	msg->time = 0;
	msg->cookie = 0;
	msg->carrier = NULL;
}

/**
 * mq_message_find_memory - memory for a message of a sender
 * @sender: who will send it
 * @size: bytes at mq_message.data
 *
 * What the sender keeps, or as mq_message_alloc(). May sleep.
 *
 * Return: the memory, for mq_message_begin(), or NULL.
 */
static inline struct mq_message *mq_message_find_memory(struct mq_identity *sender,
							size_t size)
{
	struct mq_message *spare = NULL;

	if (size <= MQ_MESSAGE_SHORT)
		spare = mq_identity_pop_spare(sender);
	return spare ? spare : mq_message_alloc(size);
}

/**
 * mq_message_new - a message
 * @sender: who sends it; NULL: nobody can
 * @size: bytes at mq_message.data, which the caller fills, all of them
 *
 * May sleep.
 *
 * Return: the message with one reference, without text, or NULL.
 */
static inline struct mq_message *mq_message_new(struct mq_identity *sender, size_t size)
{
	struct mq_message *msg;

	msg = sender ? mq_message_find_memory(sender, size) : mq_message_alloc(size);
	if (msg)
		mq_message_begin(msg, sender ? mq_identity_get(sender) : NULL, size);
	return msg;
}

/**
 * mq_message_carry - make a message of a frame where it lies, in the carrier's data
 * @carrier: the message that carries it, whose holder still has to add a reference for
 *	each
 * @frame: the frame, of which the message takes the header's place
 * @len: bytes behind the header, which are its text
 * @cookie: what its reader gets
 *
 * Return: the message with one reference.
 */
static inline struct mq_message *mq_message_carry(struct mq_message *carrier, void *frame,
						  u32 len, u64 cookie)
{
	struct mq_message *msg = frame;

	BUILD_BUG_ON(sizeof(*msg) > sizeof(struct mq_frame));
	mq_message_begin(msg, carrier->sender, 0);
	msg->text = frame + sizeof(struct mq_frame);
	msg->text_len = len;
	msg->time = carrier->time;
	msg->cookie = cookie;
	msg->carrier = carrier;
	return msg;
}

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
