/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An endpoint: a name with its mailbox, its reader's stage, its sleepers and counters.
 *
 * Who owns it is decided at birth and never changes: name, process and credentials
 * are constant from mq_endpoint_new() on. All that changes later lies under @lock,
 * or is the registry's (registry.h) and lies under the registry's lock.
 *
 * A read does not copy out of the mailbox: it claims the *stage*, moves the oldest
 * message there, copies without any lock, and then says whether the message is
 * delivered. So a full mailbox overwrites what nobody has begun to read, a fault
 * loses nothing, and nobody waits for another's page fault: a reader that sleeps in
 * one keeps the stage, and only other readers of the same mailbox wait for that.
 *
 * The one way out of life, taken exactly once by whoever unlinked the endpoint:
 *
 *	registered --unlink--> nobody finds it --end--> nobody can put into it,
 *	sleepers know, the mailbox is drained --last put, grace period--> freed
 *
 * After the unlink a new reference can only come from someone who found the endpoint
 * under RCU before, and only while the count is not zero. Such a latecomer sees @ended
 * under the lock and does nothing; the memory outlasts his RCU section. From the
 * end of that grace period on there is no latecomer either.
 */
#ifndef _MQ_ENDPOINT_H
#define _MQ_ENDPOINT_H

#include "mailbox.h"
#include "message.h"
#include "name.h"

#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct cred;
struct pid;

/**
 * struct mq_counters - what became of the messages of a mailbox
 * @accepted: put into the mailbox
 * @delivered: read to the last byte
 * @overwritten: lost to a newer one
 * @discarded: unread when the endpoint ended
 * @rejected: found no room
 *
 * accepted = delivered + overwritten + discarded + queued, at any time under the lock.
 */
struct mq_counters {
	u64 accepted;
	u64 delivered;
	u64 overwritten;
	u64 discarded;
	u64 rejected;
};

/**
 * struct mq_stage - the message that is being read
 * @msg: taken out of the mailbox, not yet delivered; or NULL
 * @done: bytes of it that a reader has got already
 * @prefix: bytes of the sender's name in front of the text, while @done is not 0
 * @is_busy: a reader copies
 * @refused: meanwhile another reader was sent away who would not wait
 *
 * While @is_busy, the first three belong to that reader, without a lock.
 */
struct mq_stage {
	struct mq_message *msg;
	size_t done;
	size_t prefix;
	bool is_busy;
	bool refused;
};

/**
 * struct mq_endpoint - a registered name
 * @refs: references
 * @lock: covers everything from @mailbox to @ended, and reading @closed
 * @mailbox: what is not yet being read
 * @stage: what is
 * @counters: what became of all messages
 * @overflowing: has overwritten since it was last empty
 * @ended: gives no message any more
 * @closed: takes no message any more; set with @ended, or, without the lock, with @dead
 * @shows_sender: /from is on; a lone flag, read and written without a lock
 * @dead: the owner has ended; set once, under the wait_pidfd lock, read anywhere
 * @linked: the registry's, under its lock: the tables below hold this endpoint
 * @slot: where in the registry's array of slots
 * @name: constant
 * @owner: the process that it belongs to; a reference, constant
 * @cred: the owner's credentials at birth; a reference, constant
 * @sleepers: threads in /wait, and readers that wait for the stage
 * @pollers: the queue on which the owner's polls wait, see mq_endpoint_find_pollers()
 * @broadcasting: held by the owner's thread that broadcasts
 * @by_name: in the registry's table of names
 * @by_owner: in the registry's table of processes
 * @exit_watch: on the owner's wait_pidfd while linked
 * @dead_node: in the registry's list of the dead
 * @rcu: defers freeing
 */
struct mq_endpoint {
	refcount_t refs;
	spinlock_t lock;		/* a leaf, see driver.h */
	struct mq_mailbox mailbox;
	struct mq_stage stage;
	struct mq_counters counters;
	bool overflowing;
	bool ended;

	bool closed;
	bool shows_sender;
	bool dead;
	bool linked;
	u32 slot;

	struct mq_name name;
	struct pid *owner;
	const struct cred *cred;

	wait_queue_head_t sleepers;
	wait_queue_head_t *pollers;
	struct mutex broadcasting;	/* the outermost, see driver.h */

	struct rhash_head by_name;
	struct rhash_head by_owner;
	struct wait_queue_entry exit_watch;
	struct llist_node dead_node;
	struct rcu_head rcu;
};

/**
 * struct mq_snapshot - an endpoint at one moment
 * @counters: what became of its messages
 * @queued: how many wait, staged or in the mailbox
 * @depth: how many the mailbox holds
 */
struct mq_snapshot {
	struct mq_counters counters;
	u32 queued;
	u32 depth;
};

void mq_endpoint_init(void);
wait_queue_head_t *mq_endpoint_find_pollers(struct pid *owner);

struct mq_endpoint *mq_endpoint_new(const struct mq_name *name, struct pid *owner,
				    u32 depth);
void mq_endpoint_free(struct mq_endpoint *ep);
void mq_endpoint_end(struct mq_endpoint *ep);
void mq_endpoint_wake(struct mq_endpoint *ep);
void mq_endpoint_wake_pollers(struct mq_endpoint *ep);
void mq_endpoint_alert_overflow(struct mq_endpoint *ep);

int mq_endpoint_receive_begin(struct mq_endpoint *ep, bool nonblock);
void mq_endpoint_receive_end(struct mq_endpoint *ep, bool delivered);

bool mq_endpoint_has_message(struct mq_endpoint *ep);
int mq_endpoint_wait(struct mq_endpoint *ep, ktime_t timeout, bool nonblock);
void mq_endpoint_peek(struct mq_endpoint *ep, struct mq_snapshot *snapshot);

/**
 * mq_endpoint_send - put a message into an endpoint's mailbox and wake its owner
 * @ep: the endpoint; an RCU section or a reference holds it
 * @msg: the message; on success the caller's reference is the mailbox's
 * @dead: receives a message that was overwritten and has no other reference
 *
 * Does not sleep. A broadcast repeats these lines for each receiver: they are inline,
 * and what is rare is not.
 *
 * Return: 0, or -ENOENT if the endpoint has ended or its owner has.
 */
static inline int mq_endpoint_send(struct mq_endpoint *ep, struct mq_message *msg,
				   struct llist_head *dead)
{
	struct mq_message *oldest;
	bool overflows = false;

	spin_lock(&ep->lock);
	if (unlikely(READ_ONCE(ep->closed))) {
		spin_unlock(&ep->lock);
		return -ENOENT;
	}
	oldest = mq_mailbox_push(&ep->mailbox, msg);
	ep->counters.accepted++;
	if (unlikely(oldest)) {
		ep->counters.overwritten++;
		overflows = !ep->overflowing;
		ep->overflowing = true;
	}
	spin_unlock(&ep->lock);

	/*
	 * Nobody sleeps most of the time. The barrier stands between our store, above,
	 * and the looks into the queues: a sleeper enters the queue first (with a
	 * barrier of its own, or taking our lock) and then looks for a message.
	 */
	smp_mb();
	/* Behind the barrier above. */
	if (unlikely(waitqueue_active(&ep->sleepers) || waitqueue_active(ep->pollers)))
		mq_endpoint_wake(ep);

	if (unlikely(oldest)) {
		mq_message_put_rcu(oldest, dead);
		if (overflows)
			mq_endpoint_alert_overflow(ep);
	}
	return 0;
}

/**
 * mq_endpoint_get_rcu - keep an endpoint beyond the RCU section in which it was found
 * @ep: the endpoint, or NULL
 *
 * Return: @ep with a reference for the caller, or NULL if its last one has gone.
 */
static inline struct mq_endpoint *mq_endpoint_get_rcu(struct mq_endpoint *ep)
{
	return ep && refcount_inc_not_zero(&ep->refs) ? ep : NULL;
}

/**
 * mq_endpoint_put - give a reference back
 * @ep: the endpoint, or NULL
 *
 * May sleep.
 */
static inline void mq_endpoint_put(struct mq_endpoint *ep)
{
	if (ep && refcount_dec_and_test(&ep->refs))
		mq_endpoint_free(ep);
}

#endif /* _MQ_ENDPOINT_H */
