// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out of a mailbox: claim the stage, copy, say what is delivered. endpoint.h
 * says why; text.c, frame.c and ioctl.c do the copying.
 */
#include "endpoint.h"

#include <linux/hrtimer.h>
#include <linux/sched.h>

/* Returned to nobody outside: another reader has the stage. */
#define MQ_STAGE_BUSY	1

/* What waits first, if it fits into @room: moved to the stage. */
static __always_inline int mq_endpoint_fill_stage_locked(struct mq_endpoint *ep, size_t room)
{
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg = stage->msg;
	u64 number;

	if (unlikely(msg))
		return mq_message_space(msg) > room ? -EMSGSIZE : 0;
	if (!ep->mailbox.count)
		return -EAGAIN;

	msg = mq_mailbox_peek(&ep->mailbox, 0, &number);
	if (mq_message_space(msg) > room)
		return -EMSGSIZE;
	mq_mailbox_drop(&ep->mailbox);
	stage->msg = msg;
	stage->number = number;
	return 0;
}

/* A place in the mailbox may have become free; what became of it is told unlocked. */
static struct task_struct *mq_endpoint_refill_any_locked(struct mq_endpoint *ep)
{
	if (likely(ep->terms.policy != MQ_POLICY_BLOCK) ||
	    mq_mailbox_is_full(&ep->mailbox))
		return NULL;
	return mq_endpoint_refill_locked(ep);
}

static __always_inline int mq_endpoint_claim_stage(struct mq_endpoint *ep, size_t room,
						   bool nonblock)
{
	struct mq_stage *stage = &ep->stage;
	struct task_struct *admitted = NULL;
	bool has_room = false;
	int ret;

	spin_lock(&ep->lock);
	if (ep->ended) {
		ret = -ENOENT;
	} else if (stage->is_busy) {
		ret = MQ_STAGE_BUSY;
		stage->refused |= nonblock;
	} else {
		ret = mq_endpoint_fill_stage_locked(ep, room);
		stage->is_busy = !ret;
		if (!ret)
			admitted = mq_endpoint_refill_any_locked(ep);
		/* Not if the message was staged before: then no place has become free. */
		has_room = !mq_mailbox_is_full(&ep->mailbox);
	}
	spin_unlock(&ep->lock);

	if (unlikely(ep->terms.policy == MQ_POLICY_BLOCK) && !ret && (admitted || has_room))
		mq_endpoint_wake_senders(ep, admitted);
	return ret;
}

/**
 * mq_endpoint_receive_begin - claim the stage, with the message that is next
 * @ep: the endpoint; the caller holds a reference
 * @nonblock: do not wait for another reader
 *
 * On success mq_endpoint.stage and its message are the caller's until he calls
 * mq_endpoint_receive_end(), or mq_endpoint_receive_next() returns false.
 *
 * Return: 0, -EAGAIN if there is no message or, with @nonblock, another reader,
 * -ENOENT if the endpoint has ended, -ERESTARTSYS.
 */
int mq_endpoint_receive_begin(struct mq_endpoint *ep, bool nonblock)
{
	int ret, err;

	ret = mq_endpoint_claim_stage(ep, SIZE_MAX, nonblock);
	if (ret != MQ_STAGE_BUSY)
		return ret;
	if (nonblock)
		return -EAGAIN;

	err = wait_event_interruptible(ep->sleepers,
				       (ret = mq_endpoint_claim_stage(ep, SIZE_MAX, false)) !=
				       MQ_STAGE_BUSY);
	return err ? err : ret;
}

static bool mq_endpoint_is_claimed(struct mq_endpoint *ep, size_t room, int *ret)
{
	*ret = mq_endpoint_claim_stage(ep, room, false);
	return *ret != MQ_STAGE_BUSY && *ret != -EAGAIN;
}

/**
 * mq_endpoint_receive_wait - the same, but wait for a message too
 * @ep: the endpoint; the caller holds a reference
 * @room: bytes that the message may take as a frame
 * @timeout: how long at most; KTIME_MAX for ever
 * @nonblock: wait for nothing
 *
 * Return: 0, -EMSGSIZE if the next message is longer, -EAGAIN, -ETIMEDOUT, -ENOENT,
 * -ERESTARTSYS.
 */
int mq_endpoint_receive_wait(struct mq_endpoint *ep, size_t room, ktime_t timeout,
			     bool nonblock)
{
	int ret, err;

	ret = mq_endpoint_claim_stage(ep, room, nonblock);
	if (ret != MQ_STAGE_BUSY && ret != -EAGAIN)
		return ret;
	if (nonblock)
		return -EAGAIN;

	if (timeout == KTIME_MAX)
		err = wait_event_interruptible(ep->sleepers,
					       mq_endpoint_is_claimed(ep, room, &ret));
	else
		err = wait_event_interruptible_hrtimeout(ep->sleepers,
							 mq_endpoint_is_claimed(ep, room, &ret),
							 timeout);
	if (err == -ETIME)
		return -ETIMEDOUT;
	return err ? err : ret;
}

/* Gives the stage back. True: who polls has to be told that something is left. */
static bool mq_endpoint_release_stage_locked(struct mq_endpoint *ep)
{
	struct mq_stage *stage = &ep->stage;
	/* Who was sent away and watches edges has not seen one for what is left. */
	bool readable_again = stage->refused && mq_endpoint_queued_locked(ep);

	stage->is_busy = false;
	stage->refused = false;
	if (!mq_endpoint_queued_locked(ep))
		ep->overflowing = false;
	return readable_again;
}

static void mq_endpoint_wake_readers(struct mq_endpoint *ep, bool readable_again)
{
	if (wq_has_sleeper(&ep->sleepers))
		wake_up_interruptible(&ep->sleepers);
	if (unlikely(readable_again))
		mq_endpoint_wake_pollers(ep);
}

/**
 * mq_endpoint_receive_next - the staged message is delivered; go on with the next
 * @ep: the endpoint
 * @room: bytes that the next message may take as a frame; 0: there shall be none
 *
 * May sleep.
 *
 * Return: true if another message is staged; else the stage has been given back.
 */
bool mq_endpoint_receive_next(struct mq_endpoint *ep, size_t room)
{
	struct mq_stage *stage = &ep->stage;
	struct task_struct *admitted = NULL;
	bool readable_again = false;
	struct mq_message *msg;
	bool more;

	spin_lock(&ep->lock);
	msg = stage->msg;
	stage->msg = NULL;
	stage->done = 0;
	ep->counters.delivered++;
	more = room && !mq_endpoint_fill_stage_locked(ep, room);
	if (more)
		admitted = mq_endpoint_refill_any_locked(ep);
	else
		readable_again = mq_endpoint_release_stage_locked(ep);
	spin_unlock(&ep->lock);

	if (!more)
		mq_endpoint_wake_readers(ep, readable_again);
	else if (unlikely(ep->terms.policy == MQ_POLICY_BLOCK))
		mq_endpoint_wake_senders(ep, admitted);
	mq_message_put(msg);
	return more;
}

/**
 * mq_endpoint_receive_end - give the stage back; what it has is not yet delivered
 * @ep: the endpoint
 *
 * The message stays staged. May sleep.
 */
void mq_endpoint_receive_end(struct mq_endpoint *ep)
{
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
	if (ep->ended) {
		swap(msg, ep->stage.msg);
		ep->counters.discarded++;
	}
	readable_again = mq_endpoint_release_stage_locked(ep);
	spin_unlock(&ep->lock);

	mq_endpoint_wake_readers(ep, readable_again);
	mq_message_put(msg);
}

/**
 * mq_endpoint_peek - look at the next message without taking it
 * @ep: the endpoint
 * @number: behind which, 0 to begin; receives the message's
 *
 * Return: the message, with a reference for the caller, or NULL if there is none.
 */
struct mq_message *mq_endpoint_peek(struct mq_endpoint *ep, u64 *number)
{
	struct mq_message *msg = NULL;
	u32 index;

	spin_lock(&ep->lock);
	if (ep->stage.msg && ep->stage.number > *number) {
		msg = ep->stage.msg;
		*number = ep->stage.number;
	} else {
		index = mq_mailbox_find(&ep->mailbox, *number);
		if (index < ep->mailbox.count)
			msg = mq_mailbox_peek(&ep->mailbox, index, number);
	}
	if (msg)
		refcount_inc(&msg->refs);
	spin_unlock(&ep->lock);
	return msg;
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

