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
 * A fair one counts who holds how much of it, and the newest takes a place from who
 * holds the most; those that are older than the message that has to go move up:
 *
 *	full, of a and b:  a1 a2 b1 a3 a4    b2 comes, a would hold 4 and b 2: a1 goes
 *	                   a2 b1 a3 a4 b2    b3 comes, a would hold 3 and b 3: a2 is older
 *	                   b1 a3 a4 b2 b3    b4 comes, b would hold 4: b1 goes
 *	                   a3 a4 b2 b3 b4    b5 comes, b would hold 4: b2 goes, a keeps its 2
 *
 * Pure: it knows no task, file, name or lock, holds references without counting
 * them and sleeps nowhere. The caller serialises; the unit tests compile it in
 * user space. Any depth works, so the index wraps by comparison, not by a mask.
 */
#ifndef _MQ_MAILBOX_H
#define _MQ_MAILBOX_H

#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct mq_message;

/**
 * struct mq_share - what a user holds of a fair mailbox
 * @user: whose messages they are
 * @count: how many; 0: the share is nobody's
 */
struct mq_share {
	u32 user;
	u32 count;
};

/**
 * struct mq_ledger - what a mailbox has written down of each message
 * @shares: who holds how much, as many as there are slots; NULL if it is not fair
 * @holders: in which of @shares the message in each slot counts
 * @users: behind the last of @shares that is somebody's
 * @spared: how often the oldest message stayed, for somebody else held more
 * @lost: the number of the message that was the last to make room
 * @numbers: the number of the message in each slot
 */
struct mq_ledger {
	struct mq_share *shares;
	u16 *holders;
	u32 users;
	u64 spared;
	u64 lost;
	u64 numbers[];
};

/**
 * struct mq_mailbox - the queue
 * @slots: @depth places
 * @ledger: NULL where a message's number follows from its slot, because none was ever
 *	skipped and the oldest is always the first to go
 * @last: number of the newest message; the first has 1
 * @depth: how many messages it holds, 1 to 65536
 * @head: the slot of the oldest message
 * @count: how many it holds now
 */
struct mq_mailbox {
	struct mq_message **slots;
	struct mq_ledger *ledger;
	u64 last;
	u32 depth;
	u32 head;
	u32 count;
};

/**
 * mq_mailbox_init - an empty mailbox
 * @box: the mailbox
 * @slots: @depth places, which stay the caller's
 * @ledger: likewise, if numbers will be skipped or it shall be fair; else NULL
 * @depth: how many messages it shall hold, at least 1
 */
static inline void mq_mailbox_init(struct mq_mailbox *box, struct mq_message **slots,
				   struct mq_ledger *ledger, u32 depth)
{
	box->slots = slots;
	box->ledger = ledger;
	box->last = 0;
	box->depth = depth;
	box->head = 0;
	box->count = 0;
}

/**
 * mq_ledger_drop - the message in a slot leaves the mailbox
 * @ledger: the mailbox's
 * @slot: the slot
 */
static inline void mq_ledger_drop(struct mq_ledger *ledger, u32 slot)
{
	if (!ledger->shares)
		return;
	ledger->shares[ledger->holders[slot]].count--;
	while (ledger->users && !ledger->shares[ledger->users - 1].count)
		ledger->users--;
}

static inline u32 mq_mailbox_wrap(const struct mq_mailbox *box, u32 slot)
{
	return slot < box->depth ? slot : slot - box->depth;
}

static inline bool mq_mailbox_is_full(const struct mq_mailbox *box)
{
	return box->count == box->depth;
}

/**
 * mq_mailbox_push - put a message behind the newest
 * @box: the mailbox
 * @msg: the message; its reference is the mailbox's now
 * @numbered: the mailbox has a ledger, and is not fair
 *
 * Return: the oldest message, if it had to make room (its reference is the
 * caller's now), else NULL.
 */
static __always_inline struct mq_message *
mq_mailbox_push(struct mq_mailbox *box, struct mq_message *msg, bool numbered)
{
	struct mq_message *oldest;
	u32 slot;

	box->last++;
	if (!mq_mailbox_is_full(box)) {
		slot = mq_mailbox_wrap(box, box->head + box->count);
		box->count++;
		box->slots[slot] = msg;
		if (numbered)
			box->ledger->numbers[slot] = box->last;
		return NULL;
	}

	/* The place behind the newest is that of the oldest. */
	slot = box->head;
	oldest = box->slots[slot];
	box->slots[slot] = msg;
	if (numbered) {
		box->ledger->lost = box->ledger->numbers[slot];
		box->ledger->numbers[slot] = box->last;
	}
	box->head = mq_mailbox_wrap(box, slot + 1);
	return oldest;
}

/**
 * mq_mailbox_find_lost - the number of the message that had to make room
 * @box: the mailbox, in which the message that it made room for is the newest
 *
 * Return: its number.
 */
static inline u64 mq_mailbox_find_lost(const struct mq_mailbox *box)
{
	return box->ledger ? box->ledger->lost : box->last - box->count;
}

/**
 * mq_mailbox_skip - give a number to a message that is lost
 * @box: the mailbox, which has a ledger
 */
static inline void mq_mailbox_skip(struct mq_mailbox *box)
{
	box->last++;
}

/**
 * mq_mailbox_peek - look at a message
 * @box: the mailbox
 * @index: which, 0 for the oldest, less than @count
 * @number: receives its number
 *
 * Return: the message; its reference stays the mailbox's.
 */
static inline struct mq_message *mq_mailbox_peek(const struct mq_mailbox *box, u32 index,
						 u64 *number)
{
	/* The oldest is where it is; that is known where this is inlined. */
	u32 slot = index ? mq_mailbox_wrap(box, box->head + index) : box->head;

	*number = unlikely(box->ledger) ? box->ledger->numbers[slot] :
		  box->last - box->count + 1 + index;
	return box->slots[slot];
}

/**
 * mq_mailbox_find - where in the queue the messages behind a number begin
 * @box: the mailbox
 * @number: the number
 *
 * Return: index of the oldest message with a greater number; @count if there is none.
 */
static inline u32 mq_mailbox_find(const struct mq_mailbox *box, u64 number)
{
	u32 begin = 0, end = box->count;

	while (begin < end) {
		u32 middle = begin + (end - begin) / 2;
		u64 found;

		mq_mailbox_peek(box, middle, &found);
		if (found > number)
			end = middle;
		else
			begin = middle + 1;
	}
	return begin;
}

/**
 * mq_mailbox_drop - take out the oldest message, which was peeked at
 * @box: the mailbox, which is not empty
 *
 * The message's reference is the caller's now.
 */
static inline void mq_mailbox_drop(struct mq_mailbox *box)
{
	if (unlikely(box->ledger))
		mq_ledger_drop(box->ledger, box->head);
	box->head = mq_mailbox_wrap(box, box->head + 1);
	box->count--;
}

/**
 * mq_mailbox_pop - take the oldest message out
 * @box: the mailbox
 * @number: receives its number
 *
 * Return: the message, whose reference is the caller's now, or NULL.
 */
static inline struct mq_message *mq_mailbox_pop(struct mq_mailbox *box, u64 *number)
{
	struct mq_message *msg;

	if (!box->count)
		return NULL;

	msg = mq_mailbox_peek(box, 0, number);
	mq_mailbox_drop(box);
	return msg;
}

struct mq_message *mq_mailbox_push_fair(struct mq_mailbox *box, struct mq_message *msg,
					u32 user);

#endif /* _MQ_MAILBOX_H */
