// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polling for room: a file whose send was put off, because a blocking mailbox was full,
 * is not writable until that mailbox has room.
 *
 *	sender (EAGAIN)				reader
 *	wants_room = true
 *	its entry enters full->room
 *						pops: calls the entry, which leaves,
 *						wants_room = false, wakes the polls
 *	looks: is there room already?
 *	then wakes its polls itself
 *
 * The order of the first two: had the reader called the entry before wants_room was set,
 * nobody would ever clear it. The look behind them: a place may have become free between
 * the EAGAIN and the entry.
 */
#include "endpoint.h"

#include <linux/poll.h>

/* There is room where this endpoint found none: its owner may poll for that. */
static int mq_endpoint_room_made(struct wait_queue_entry *entry, unsigned int mode,
				 int flags, void *key)
{
	struct mq_endpoint *ep = container_of(entry, struct mq_endpoint, room_watch);

	/* Once, or whoever was put off at any time would be woken for ever. */
	list_del_init(&entry->entry);
	WRITE_ONCE(ep->wants_room, false);
	wake_up_interruptible_poll(ep->pollers, EPOLLOUT | EPOLLWRNORM);
	return 0;
}

/* There is room, or there will never be. */
static bool mq_endpoint_has_room(struct mq_endpoint *ep)
{
	bool ret;

	spin_lock(&ep->lock);
	ret = READ_ONCE(ep->gate) == MQ_GATE_CLOSED || !mq_mailbox_is_full(&ep->mailbox);
	spin_unlock(&ep->lock);
	return ret;
}

/**
 * mq_endpoint_watch_room - let polls of one endpoint wait for room at another
 * @ep: the one, a file's
 * @full: the other, which had none; the caller holds a reference. NULL: none any more
 *
 * epoll keeps a queue as long as the file is open, and @full may go before that: polls
 * wait on the file's own queue, and this entry between the two passes the wake-up on.
 * May sleep.
 */
void mq_endpoint_watch_room(struct mq_endpoint *ep, struct mq_endpoint *full)
{
	struct mq_endpoint *old;

	spin_lock(&ep->lock);
	old = rcu_dereference_protected(ep->full, lockdep_is_held(&ep->lock));
	/* It may have been taken off already: it is then linked to itself. */
	if (old)
		remove_wait_queue(&old->room, &ep->room_watch);
	/* Before the entry is there: whoever calls it has the last word. */
	rcu_assign_pointer(ep->full, full);
	WRITE_ONCE(ep->wants_room, full);
	if (full) {
		refcount_inc(&full->refs);
		init_waitqueue_func_entry(&ep->room_watch, mq_endpoint_room_made);
		INIT_LIST_HEAD(&ep->room_watch.entry);
		add_wait_queue(&full->room, &ep->room_watch);
	}
	spin_unlock(&ep->lock);
	mq_endpoint_put(old);

	/* The room may have been made before we watched. */
	if (full && mq_endpoint_is_writable(ep))
		wake_up_interruptible_poll(ep->pollers, EPOLLOUT | EPOLLWRNORM);
}

/**
 * mq_endpoint_is_writable - whether a send need not be put off
 * @ep: the endpoint
 *
 * A send that is put off at the same time may be overlooked once: the next one is put off
 * again.
 *
 * Return: false while the mailbox that had no room when last sent to has had none since.
 */
bool mq_endpoint_is_writable(struct mq_endpoint *ep)
{
	struct mq_endpoint *full;

	if (!READ_ONCE(ep->wants_room))
		return true;

	rcu_read_lock();
	full = rcu_dereference(ep->full);
	if (!full || mq_endpoint_has_room(full))
		WRITE_ONCE(ep->wants_room, false);
	rcu_read_unlock();
	return !READ_ONCE(ep->wants_room);
}
