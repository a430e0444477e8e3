// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out of a mailbox: claim the stage, copy, say what is delivered. endpoint.h
 * says why; text.c, frame.c and ioctl.c do the copying.
 */
#include "endpoint.h"

#include <linux/hrtimer.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "driver.h"
#include "trace.h"

/* One is staged; more of those that fit into @room. */
static void mq_endpoint_fill_stage_more_locked(struct mq_endpoint *ep, size_t room)
{
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg;
	u32 count = 1;
	size_t space;
	u64 number;

	while (count < stage->depth && ep->mailbox.count) {
		msg = mq_mailbox_peek(&ep->mailbox, 0, &number);
		space = mq_message_space(msg);
		if (space > room)
			break;
		room -= space;
		mq_mailbox_drop(&ep->mailbox);
		stage->msgs[count++] = msg;
	}
	stage->count = count;
}

/* What waits first, if it fits into @room, @most messages of it: moved to the stage. */
static __always_inline int mq_endpoint_fill_stage_locked(struct mq_endpoint *ep, size_t room,
							 u32 most)
{
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg;
	size_t space;
	u64 number;

	if (unlikely(stage->count))
		return mq_message_space(mq_stage_peek(stage, 0)) > room ? -EMSGSIZE : 0;
	if (!ep->mailbox.count)
		return -EAGAIN;

	msg = mq_mailbox_peek(&ep->mailbox, 0, &number);
	space = mq_message_space(msg);
	if (space > room)
		return -EMSGSIZE;
	mq_mailbox_drop(&ep->mailbox);
	stage->number = number;
	stage->msgs[0] = msg;
	stage->first = 0;
	stage->count = 1;
	if (unlikely(ep->mailbox.count && most > 1))
		mq_endpoint_fill_stage_more_locked(ep, room - space);
	return 0;
}

/**
 * mq_endpoint_claim_stage - claim the stage with what waits first, without waiting
 * @ep: the endpoint; the caller holds a reference
 * @room: bytes that the messages may take as frames
 * @most: how many they may be
 * @nonblock: the caller will not wait for another reader
 *
 * Return: 0, MQ_STAGE_BUSY, -EAGAIN if there is no message, -EMSGSIZE, -ENOENT.
 */
int mq_endpoint_claim_stage(struct mq_endpoint *ep, size_t room, u32 most, bool nonblock)
{
	struct mq_stage *stage = &ep->stage;
	int ret;

	spin_lock(&ep->lock);
	if (unlikely(ep->ended)) {
		ret = -ENOENT;
	} else if (unlikely(stage->is_busy)) {
		ret = MQ_STAGE_BUSY;
		stage->refused |= nonblock;
	} else {
		ret = mq_endpoint_fill_stage_locked(ep, room, most);
		stage->is_busy = !ret;
		if (unlikely(ep->terms.policy == MQ_POLICY_BLOCK) && !ret) {
			mq_endpoint_refill(ep);
			return 0;
		}
	}
	spin_unlock(&ep->lock);
	return ret;
}

/*
 * Whoever goes away without a message, for a signal or for the time, may watch edges. He sees
 * one for what is left, now or when the reader who has the stage gives it back.
 *
 * Return: @err.
 */
static int mq_endpoint_give_up(struct mq_endpoint *ep, int err)
{
	bool readable;

	spin_lock(&ep->lock);
	ep->stage.refused |= ep->stage.is_busy;
	readable = !ep->stage.is_busy && mq_endpoint_queued_locked(ep);
	spin_unlock(&ep->lock);
	if (readable)
		mq_endpoint_wake_pollers(ep);
	return err;
}

/**
 * mq_endpoint_wait_stage - mq_endpoint_receive_begin() where another reader has the stage
 * @ep: as there
 * @nonblock: as there
 *
 * Return: as there.
 */
int mq_endpoint_wait_stage(struct mq_endpoint *ep, bool nonblock)
{
	int ret, err;

	if (nonblock)
		return -EAGAIN;
	err = wait_event_interruptible(ep->sleepers,
				       (ret = mq_endpoint_claim_stage(ep, SIZE_MAX, 1, false)) !=
				       MQ_STAGE_BUSY);
	return err ? mq_endpoint_give_up(ep, err) : ret;
}

static bool mq_endpoint_is_claimed(struct mq_endpoint *ep, size_t room, u32 most, int *ret)
{
	*ret = mq_endpoint_claim_stage(ep, room, most, false);
	return *ret != MQ_STAGE_BUSY && *ret != -EAGAIN;
}

/*
 * wait_event_interruptible(), but it enters the queue no more often than it sleeps: the
 * caller has looked before, and whoever wakes takes us off.
 */
static int mq_endpoint_sleep(struct mq_endpoint *ep, size_t room, u32 most)
{
	DEFINE_WAIT(entry);
	int ret, err;

	do {
		err = prepare_to_wait_event(&ep->sleepers, &entry, TASK_INTERRUPTIBLE);
		if (err || mq_endpoint_is_claimed(ep, room, most, &ret))
			break;
		schedule();
	} while (!mq_endpoint_is_claimed(ep, room, most, &ret));
	finish_wait(&ep->sleepers, &entry);
	return err ? mq_endpoint_give_up(ep, err) : ret;
}

/**
 * mq_endpoint_wait_message - mq_endpoint_receive_wait() where there is nothing yet
 * @ep: as there
 * @room: as there
 * @most: as there
 * @timeout: as there
 * @nonblock: as there
 *
 * Return: as there.
 */
int mq_endpoint_wait_message(struct mq_endpoint *ep, size_t room, u32 most, ktime_t timeout,
			     bool nonblock)
{
	int ret, err;

	if (nonblock)
		return -EAGAIN;
	if (timeout == KTIME_MAX)
		return mq_endpoint_sleep(ep, room, most);
	err = wait_event_interruptible_hrtimeout(ep->sleepers,
						 mq_endpoint_is_claimed(ep, room, most, &ret),
						 timeout);
	if (err)
		return mq_endpoint_give_up(ep, err == -ETIME ? -ETIMEDOUT : err);
	return ret;
}

/* Gives the stage back, and tells whoever waits for it or for what is left; the lock too. */
static void mq_endpoint_release_stage(struct mq_endpoint *ep)
	__releases(&ep->lock)
{
	struct mq_stage *stage = &ep->stage;
	/* Who was sent away and watches edges has not seen one for what is left. */
	bool readable_again = stage->refused && mq_endpoint_queued_locked(ep);

	stage->is_busy = false;
	stage->refused = false;
	if (!mq_endpoint_queued_locked(ep)) {
		ep->overflowing = false;
		if (unlikely(ep->owes_gap)) {
			mq_endpoint_send_gap(ep);
			return;
		}
	}
	spin_unlock(&ep->lock);

	/* Behind the lock: see mq_endpoint_wake_active(). */
	if (waitqueue_active(&ep->sleepers))
		wake_up_interruptible(&ep->sleepers);
	if (unlikely(readable_again))
		mq_endpoint_wake_pollers(ep);
}

/* The first @delivered of what is staged, at least one, are the caller's. */
static void mq_endpoint_settle_stage_locked(struct mq_endpoint *ep, u32 delivered)
{
	struct mq_stage *stage = &ep->stage;

	stage->first += delivered;
	stage->count -= delivered;
	stage->number += delivered;
	stage->done = 0;
	ep->counters.delivered += delivered;
}

/* Called before they are counted: the stage and the messages in it are the caller's. */
static noinline void mq_endpoint_tell_received(struct mq_endpoint *ep, u32 delivered)
{
	const struct mq_stage *stage = &ep->stage;
	u32 i;

	if (ep->terms.monitors)
		return;
	for (i = 0; i < delivered; i++)
		trace_mq_receive(ep, mq_stage_peek(stage, i), stage->number + i);
}

/**
 * mq_endpoint_receive_next - all that is staged is delivered; go on with what is next
 * @ep: the endpoint
 * @delivered: how many that was, at least one; their references are the caller's
 * @room: bytes that the next messages may take as frames; 0: there shall be none
 *
 * Return: true if others are staged; else the stage has been given back.
 */
bool mq_endpoint_receive_next(struct mq_endpoint *ep, u32 delivered, size_t room)
{
	if (tracepoint_enabled(mq_receive))
		mq_endpoint_tell_received(ep, delivered);

	spin_lock(&ep->lock);
	mq_endpoint_settle_stage_locked(ep, delivered);
	if (room && !mq_endpoint_fill_stage_locked(ep, room, MQ_STAGE_MAX)) {
		if (unlikely(ep->terms.policy == MQ_POLICY_BLOCK))
			mq_endpoint_refill(ep);
		else
			spin_unlock(&ep->lock);
		return true;
	}
	mq_endpoint_release_stage(ep);
	return false;
}

/**
 * mq_endpoint_receive_end - give the stage back with what is not yet delivered
 * @ep: the endpoint
 * @delivered: how many of the first are; their references are the caller's
 *
 * The others stay staged. May sleep.
 */
void mq_endpoint_receive_end(struct mq_endpoint *ep, u32 delivered)
{
	struct mq_message **left;
	u32 discarded = 0;

	if (tracepoint_enabled(mq_receive))
		mq_endpoint_tell_received(ep, delivered);

	/*
	 *	reader				end of the endpoint
	 *	claims the stage
	 *	copies				ended = true
	 *					is_busy: leaves the stage alone
	 *	sees ended here, and
	 *	discards what is left
	 *
	 * Both run under the lock, so exactly one of them frees the messages; behind
	 * it nobody else touches the stage of an ended endpoint.
	 */
	spin_lock(&ep->lock);
	if (delivered)
		mq_endpoint_settle_stage_locked(ep, delivered);
	left = ep->stage.msgs + ep->stage.first;
	if (ep->ended) {
		swap(discarded, ep->stage.count);
		ep->counters.discarded += discarded;
	}
	mq_endpoint_release_stage(ep);
	mq_message_put_some(left, discarded);
}

/**
 * mq_endpoint_widen_stage - let the stage hold several messages
 * @ep: the endpoint, whose stage the caller has claimed, with one message
 *
 * Where each place that becomes free has its own consequences (who sleeps for room), or
 * numbers do not follow, one after the other is read as before; so it is without memory.
 * May sleep.
 */
void mq_endpoint_widen_stage(struct mq_endpoint *ep)
{
	u32 depth = min_t(u32, ep->terms.depth, MQ_STAGE_MAX);
	struct mq_stage *stage = &ep->stage;
	struct mq_message **msgs;

	if (depth == 1 || ep->terms.policy == MQ_POLICY_BLOCK ||
	    mq_terms_has_ledger(&ep->terms))
		return;
	msgs = kmalloc_array(depth, sizeof(*msgs), MQ_GFP);
	if (!msgs)
		return;
	/* Under the lock for those who peek; nobody else touches a claimed stage. */
	spin_lock(&ep->lock);
	msgs[0] = mq_stage_peek(stage, 0);
	stage->msgs = msgs;
	stage->depth = depth;
	stage->first = 0;
	spin_unlock(&ep->lock);
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
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg = NULL;
	u32 index;

	spin_lock(&ep->lock);
	if (stage->count && *number < stage->number + stage->count - 1) {
		*number = max(*number + 1, stage->number);
		msg = mq_stage_peek(stage, *number - stage->number);
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
 * Takes the lock for its order, see mq_endpoint_wake_active(), and so that a message which
 * goes to the stage is seen once.
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

