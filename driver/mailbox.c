// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fair mailboxes: who loses a message to the newest. Each walk is over one mailbox, whose
 * depth is bounded for that (MQ_FAIR_DEPTH_MAX): the caller holds a lock.
 */
#include "mailbox.h"

/* The user's share, or one that is nobody's. There are as many as slots. */
static u32 mq_ledger_find(const struct mq_ledger *ledger, u32 user)
{
	u32 i, found = ledger->users;

	for (i = 0; i < ledger->users; i++) {
		if (!ledger->shares[i].count)
			found = i;
		else if (ledger->shares[i].user == user)
			return i;
	}
	return found;
}

/* What is counted for a share when a user's new message is to come. */
static u32 mq_share_count(const struct mq_share *share, u32 user)
{
	return share->count + (share->count && share->user == user);
}

/* The index of the oldest message of whoever would hold the most; the mailbox is full. */
static u32 mq_mailbox_find_victim(const struct mq_mailbox *box, u32 user)
{
	const struct mq_ledger *ledger = box->ledger;
	u32 i, slot, most = 0;

	for (i = 0; i < ledger->users; i++) {
		u32 count = mq_share_count(&ledger->shares[i], user);

		if (count > most)
			most = count;
	}
	for (i = 0; i < box->count; i++) {
		slot = mq_mailbox_wrap(box, box->head + i);
		if (mq_share_count(&ledger->shares[ledger->holders[slot]], user) == most)
			break;
	}
	return i;
}

/* Takes a message out, wherever it is: those in front of it move up. */
static struct mq_message *mq_mailbox_take(struct mq_mailbox *box, u32 index)
{
	struct mq_ledger *ledger = box->ledger;
	u32 to = mq_mailbox_wrap(box, box->head + index);
	struct mq_message *msg = box->slots[to];
	u32 from;

	mq_ledger_drop(ledger, to);
	ledger->lost = ledger->numbers[to];
	while (to != box->head) {
		from = to ? to - 1 : box->depth - 1;
		box->slots[to] = box->slots[from];
		ledger->numbers[to] = ledger->numbers[from];
		ledger->holders[to] = ledger->holders[from];
		to = from;
	}
	box->head = mq_mailbox_wrap(box, box->head + 1);
	box->count--;
	return msg;
}

/**
 * mq_mailbox_push_fair - put a message behind the newest of a fair mailbox
 * @box: the mailbox
 * @msg: the message; its reference is the mailbox's now
 * @user: for whom it counts
 *
 * Return: the message that had to make room (its reference is the caller's now), or NULL:
 * the oldest of the user who would hold the most; of several, whichever is the oldest.
 */
struct mq_message *mq_mailbox_push_fair(struct mq_mailbox *box, struct mq_message *msg,
					u32 user)
{
	struct mq_ledger *ledger = box->ledger;
	struct mq_message *victim = NULL;
	u32 index, slot, share;

	if (mq_mailbox_is_full(box)) {
		index = mq_mailbox_find_victim(box, user);
		if (index)
			ledger->spared++;
		victim = mq_mailbox_take(box, index);
	}

	share = mq_ledger_find(ledger, user);
	if (share == ledger->users)
		ledger->users++;
	ledger->shares[share].user = user;
	ledger->shares[share].count++;
	slot = mq_mailbox_wrap(box, box->head + box->count);
	ledger->holders[slot] = share;
	mq_mailbox_push(box, msg, true);
	return victim;
}
