// SPDX-License-Identifier: GPL-2.0-only
#include "endpoint.h"

#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "alert.h"
#include "driver.h"

/*
 * Where polls wait. epoll keeps the queue that poll() gave it for as long as the file
 * is open, while /unr or the owner's end takes the endpoint away at any time: a queue
 * inside the endpoint would dangle. These live as long as the module, which an open
 * file holds. Processes that share one wake each other for a second look.
 */
#define MQ_POLLERS_BITS	6

static wait_queue_head_t mq_pollers[1 << MQ_POLLERS_BITS];

/**
 * mq_endpoint_init - make the queues on which polls wait
 */
void mq_endpoint_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mq_pollers); i++)
		init_waitqueue_head(&mq_pollers[i]);
}

/**
 * mq_endpoint_find_pollers - the queue on which a process's polls wait
 * @owner: the process, registered or not
 *
 * Return: a queue that outlives every open file.
 */
wait_queue_head_t *mq_endpoint_find_pollers(struct pid *owner)
{
	return &mq_pollers[hash_ptr(owner, MQ_POLLERS_BITS)];
}

/**
 * mq_endpoint_new - an endpoint that nobody can find yet
 * @name: its name
 * @owner: the process that it belongs to
 * @depth: how many messages its mailbox holds
 *
 * Its credentials are the caller's. The memory is charged to the caller's memory
 * control group. May sleep.
 *
 * Return: the endpoint with one reference, or NULL.
 */
struct mq_endpoint *mq_endpoint_new(const struct mq_name *name, struct pid *owner,
				    u32 depth)
{
	struct mq_message **slots;
	struct mq_endpoint *ep;

	ep = kzalloc(sizeof(*ep), MQ_GFP);
	slots = kvmalloc_array(depth, sizeof(*slots), MQ_GFP);
	if (!ep || !slots) {
		kvfree(slots);
		kfree(ep);
		return NULL;
	}

	refcount_set(&ep->refs, 1);
	spin_lock_init(&ep->lock);
	mq_mailbox_init(&ep->mailbox, slots, depth);
	init_waitqueue_head(&ep->sleepers);
	mutex_init(&ep->broadcasting);
	ep->name = *name;
	ep->owner = get_pid(owner);
	ep->cred = get_current_cred();
	ep->pollers = mq_endpoint_find_pollers(owner);
	return ep;
}

static void mq_endpoint_free_rcu(struct rcu_head *rcu)
{
	struct mq_endpoint *ep = container_of(rcu, struct mq_endpoint, rcu);

	put_pid(ep->owner);
	put_cred(ep->cred);
	kfree(ep);
}

/**
 * mq_endpoint_free - the end of an endpoint without references
 * @ep: the endpoint; ended, or never registered
 *
 * Whoever found it under RCU may still look at it for a grace period, but not at the
 * slots. May sleep.
 */
void mq_endpoint_free(struct mq_endpoint *ep)
{
	kvfree(ep->mailbox.slots);
	call_rcu(&ep->rcu, mq_endpoint_free_rcu);
}

static u32 mq_endpoint_queued_locked(const struct mq_endpoint *ep)
{
	lockdep_assert_held(&ep->lock);
	return ep->mailbox.count + !!ep->stage.msg;
}

/**
 * mq_endpoint_wake - a message is there
 * @ep: the endpoint
 *
 * All pollers are woken: with only one of the exclusive ones (EPOLLEXCLUSIVE), that
 * could be another process's that shares the queue, and the owner would sleep on.
 */
void mq_endpoint_wake(struct mq_endpoint *ep)
{
	const __poll_t events = EPOLLIN | EPOLLRDNORM;

	wake_up_interruptible_sync_poll(&ep->sleepers, events);
	__wake_up(ep->pollers, TASK_INTERRUPTIBLE, 0, poll_to_key(events));
}

/**
 * mq_endpoint_wake_pollers - the owner has been registered, or no longer is
 * @ep: the endpoint that came or went
 */
void mq_endpoint_wake_pollers(struct mq_endpoint *ep)
{
	wake_up_interruptible_all(ep->pollers);
}

/**
 * mq_endpoint_end - the end of an endpoint that nobody finds any more
 * @ep: the endpoint, unlinked; the caller keeps his reference
 *
 * Called once. Wakes the sleepers and frees the messages, but for one that a reader
 * is copying at this moment: that reader frees it. May sleep.
 */
void mq_endpoint_end(struct mq_endpoint *ep)
{
	struct mq_message *msg, *staged = NULL;
	struct mq_mailbox unread;
	u32 discarded;

	spin_lock(&ep->lock);
	ep->ended = true;
	WRITE_ONCE(ep->closed, true);
	if (!ep->stage.is_busy)
		swap(staged, ep->stage.msg);
	unread = ep->mailbox;
	ep->mailbox.count = 0;
	discarded = unread.count + !!staged;
	ep->counters.discarded += discarded;
	spin_unlock(&ep->lock);

	wake_up_interruptible_all(&ep->sleepers);
	mq_endpoint_wake_pollers(ep);

	/* Nobody touches the slots of an ended endpoint, so they are ours. */
	mq_message_put(staged);
	while ((msg = mq_mailbox_pop(&unread))) {
		mq_message_put(msg);
		cond_resched();
	}
	if (discarded)
		mq_alert_show(MQ_ALERT_DISCARD, "%s ended with %u unread messages\n",
			      ep->name.bytes, discarded);
}

/**
 * mq_endpoint_alert_overflow - a mailbox has begun to overwrite
 * @ep: the endpoint
 */
void mq_endpoint_alert_overflow(struct mq_endpoint *ep)
{
	mq_alert_show(MQ_ALERT_OVERFLOW,
		      "mailbox of %s is full (%u messages) and overwrites\n",
		      ep->name.bytes, ep->mailbox.depth);
}

/* Returned to nobody outside: another reader has the stage. */
#define MQ_STAGE_BUSY	1

static int mq_endpoint_claim_stage(struct mq_endpoint *ep, bool nonblock)
{
	struct mq_stage *stage = &ep->stage;
	int ret = 0;

	spin_lock(&ep->lock);
	if (ep->ended) {
		ret = -ENOENT;
	} else if (stage->is_busy) {
		ret = MQ_STAGE_BUSY;
		stage->refused |= nonblock;
	} else {
		if (!stage->msg)
			stage->msg = mq_mailbox_pop(&ep->mailbox);
		stage->is_busy = stage->msg;
		ret = stage->msg ? 0 : -EAGAIN;
	}
	spin_unlock(&ep->lock);
	return ret;
}

/**
 * mq_endpoint_receive_begin - claim the stage, with the message that is next
 * @ep: the endpoint; the caller holds a reference
 * @nonblock: do not wait for another reader
 *
 * On success mq_endpoint.stage and its message are the caller's until he calls
 * mq_endpoint_receive_end().
 *
 * Return: 0, -EAGAIN if there is no message or, with @nonblock, another reader,
 * -ENOENT if the endpoint has ended, -ERESTARTSYS.
 */
int mq_endpoint_receive_begin(struct mq_endpoint *ep, bool nonblock)
{
	int ret, err;

	ret = mq_endpoint_claim_stage(ep, nonblock);
	if (ret != MQ_STAGE_BUSY)
		return ret;
	if (nonblock)
		return -EAGAIN;

	err = wait_event_interruptible(ep->sleepers,
				       (ret = mq_endpoint_claim_stage(ep, false)) !=
				       MQ_STAGE_BUSY);
	return err ? err : ret;
}

/**
 * mq_endpoint_receive_end - give the stage back
 * @ep: the endpoint
 * @delivered: the message has been read to its last byte; else it stays staged
 *
 * May sleep.
 */
void mq_endpoint_receive_end(struct mq_endpoint *ep, bool delivered)
{
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg = NULL;
	bool readable_again;

	/*
	 *	reader				end of the endpoint
	 *	claims the stage
	 *	copies				ended = true
	 *					is_busy: leaves the stage alone
	 *	sees ended here, and
	 *	discards what is left
	 *
	 * Both run under the lock, so exactly one of them frees the message.
	 */
	spin_lock(&ep->lock);
	stage->is_busy = false;
	if (delivered || ep->ended) {
		swap(msg, stage->msg);
		stage->done = 0;
	}
	if (delivered)
		ep->counters.delivered++;
	if (!mq_endpoint_queued_locked(ep))
		ep->overflowing = false;
	if (!delivered && ep->ended)
		ep->counters.discarded++;
	/* Who was sent away and watches edges has not seen one for what is left. */
	readable_again = stage->refused && mq_endpoint_queued_locked(ep);
	stage->refused = false;
	spin_unlock(&ep->lock);

	if (wq_has_sleeper(&ep->sleepers))
		wake_up_interruptible(&ep->sleepers);
	if (unlikely(readable_again))
		mq_endpoint_wake_pollers(ep);
	mq_message_put(msg);
}

/**
 * mq_endpoint_has_message - whether a message is queued, in the mailbox or staged
 * @ep: the endpoint
 *
 * Takes the lock for its order: whoever puts himself into a wait queue and then asks
 * here either sees the message or is seen by its sender, who takes the lock as well
 * before he looks for sleepers. poll_wait() alone has no barrier on older kernels.
 *
 * Return: true if a read would find one.
 */
bool mq_endpoint_has_message(struct mq_endpoint *ep)
{
	bool ret;

	spin_lock(&ep->lock);
	ret = mq_endpoint_queued_locked(ep);
	spin_unlock(&ep->lock);
	return ret;
}

/* 0: a message is there. -ENOENT: none will ever be. -EAGAIN: not yet. */
static int mq_endpoint_check(struct mq_endpoint *ep)
{
	int ret = -EAGAIN;

	spin_lock(&ep->lock);
	if (ep->ended)
		ret = -ENOENT;
	else if (mq_endpoint_queued_locked(ep))
		ret = 0;
	spin_unlock(&ep->lock);
	return ret;
}

/**
 * mq_endpoint_wait - sleep until a message is queued
 * @ep: the endpoint; the caller holds a reference
 * @timeout: how long at most; KTIME_MAX for ever
 * @nonblock: do not sleep
 *
 * A signal without a handler (a stop, a tracer) begins the wait anew, one with a
 * handler ends it, also with SA_RESTART: -ERESTARTNOHAND.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -ENOENT if the endpoint ends, -ERESTARTNOHAND.
 */
int mq_endpoint_wait(struct mq_endpoint *ep, ktime_t timeout, bool nonblock)
{
	int ret, err;

	ret = mq_endpoint_check(ep);
	if (ret != -EAGAIN || nonblock)
		return ret;

	err = wait_event_interruptible_hrtimeout(ep->sleepers,
						 (ret = mq_endpoint_check(ep)) != -EAGAIN,
						 timeout);
	if (err == -ETIME)
		return -ETIMEDOUT;
	return err ? -ERESTARTNOHAND : ret;
}

/**
 * mq_endpoint_peek - look at an endpoint's figures, all of one moment
 * @ep: the endpoint
 * @snapshot: receives them
 */
void mq_endpoint_peek(struct mq_endpoint *ep, struct mq_snapshot *snapshot)
{
	spin_lock(&ep->lock);
	snapshot->counters = ep->counters;
	snapshot->queued = mq_endpoint_queued_locked(ep);
	snapshot->depth = ep->mailbox.depth;
	spin_unlock(&ep->lock);
}
