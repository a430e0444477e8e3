// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way into a mailbox, but for the few lines that most messages take (endpoint.h):
 * policies, rights, calls, events, and who sleeps for them.
 *
 *	policy block:	sender				reader
 *			full: links its pending,
 *			sleeps				pops a message, and in the same hold of
 *							the lock pushes what the first pending
 *							brings: nobody gets in between
 *			has been sent			wakes the sender
 *
 *	call:		caller				server
 *			links its pending, sleeps	receives the request with a cookie
 *							answers: the pending with that cookie
 *							gets the message
 *			has the reply			wakes the caller
 *
 * A pending lies on the sleeper's stack. He takes the lock before he leaves, so it is there
 * as long as who ends it holds that; behind it only the task is left, to be woken.
 */
#include "endpoint.h"

#include <linux/hrtimer.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "alert.h"
#include "identity.h"
#include "totals.h"
#include "trace.h"

static bool mq_pending_is_less(struct rb_node *node, const struct rb_node *other)
{
	return rb_entry(node, struct mq_pending, call)->cookie <
	       rb_entry(other, struct mq_pending, call)->cookie;
}

static int mq_pending_compare(const void *key, const struct rb_node *node)
{
	u64 cookie = rb_entry(node, struct mq_pending, call)->cookie;
	u64 wanted = *(const u64 *)key;

	return wanted < cookie ? -1 : wanted > cookie;
}

/* The sleeper's thread, with a reference: for mq_pending_wake(), without the lock. */
static struct task_struct *mq_pending_get_task(const struct mq_pending *pending)
{
	get_task_struct(pending->task);
	return pending->task;
}

static void mq_pending_wake(struct task_struct *task)
{
	wake_up_process(task);
	put_task_struct(task);
}

/* Unlinked, it learns how it ended; when the lock is released it may be gone. */
static struct task_struct *mq_pending_end_locked(struct mq_pending *pending, int ret)
{
	struct task_struct *task = mq_pending_get_task(pending);

	pending->ret = ret;
	/* Pairs with mq_pending_sleep(), which has no lock. */
	smp_store_release(&pending->done, true);
	return task;
}

static struct mq_message *mq_endpoint_push_locked(struct mq_endpoint *ep,
						  struct mq_message *msg,
						  struct mq_pending *pending)
{
	/* Pairs with mq_pending_is_over(), which has no lock. */
	if (pending)
		WRITE_ONCE(pending->msg, NULL);
	if (pending && pending->is_call) {
		pending->cookie = ++ep->last_cookie;
		msg->cookie = pending->cookie;
		rb_add(&pending->call, &ep->calls, mq_pending_is_less);
		mq_totals_count_call();
	}
	if (unlikely(ep->owes_gap))
		ep->owes_gap = false;
	if (ep->terms.policy == MQ_POLICY_FAIR)
		return mq_mailbox_push_fair(&ep->mailbox, msg, __kuid_val(msg->sender->account));
	return mq_mailbox_push(&ep->mailbox, msg, ep->mailbox.ledger);
}

/* Full or not, whatever comes goes in. */
static bool mq_endpoint_overwrites(const struct mq_endpoint *ep)
{
	return ep->terms.policy == MQ_POLICY_OVERWRITE || ep->terms.policy == MQ_POLICY_FAIR;
}

/* 0: it goes in. Else it does not, or not yet. */
static int mq_endpoint_admit_locked(struct mq_endpoint *ep, struct mq_message *msg,
				    struct mq_pending *pending)
{
	/* Who sleeps for room in his own mailbox waits for himself. */
	bool may_wait = ep->terms.policy == MQ_POLICY_BLOCK && msg->sender != ep->identity;

	lockdep_assert_held(&ep->lock);
	if (READ_ONCE(ep->gate) == MQ_GATE_CLOSED)
		return -ENOENT;
	if (mq_endpoint_overwrites(ep) || !mq_mailbox_is_full(&ep->mailbox))
		return 0;

	if (may_wait && pending && !pending->nonblock) {
		list_add_tail(&pending->room, &ep->senders);
		return MQ_SEND_PENDING;
	}
	ep->counters.rejected++;
	return may_wait ? -EAGAIN : -ENOBUFS;
}

/* Ends the call with this cookie, if its caller still waits. */
static int mq_endpoint_end_call(struct mq_endpoint *ep, u64 cookie,
				struct mq_message *reply, int ret)
{
	struct task_struct *task = NULL;
	struct rb_node *node;

	spin_lock(&ep->lock);
	node = rb_find(&cookie, &ep->calls, mq_pending_compare);
	if (node) {
		struct mq_pending *pending = rb_entry(node, struct mq_pending, call);

		rb_erase(node, &ep->calls);
		pending->reply = reply;
		task = mq_pending_end_locked(pending, ret);
	}
	spin_unlock(&ep->lock);

	if (!task)
		return -ENOENT;
	mq_pending_wake(task);
	return 0;
}

/**
 * mq_endpoint_reply - answer a call
 * @ep: the endpoint that was asked
 * @cookie: which call
 * @reply: the answer; on success the caller's reference is the asker's
 *
 * Return: 0, or -ENOENT if nobody waits (any more).
 */
int mq_endpoint_reply(struct mq_endpoint *ep, u64 cookie, struct mq_message *reply)
{
	u32 size = reply->text_len;
	int err = mq_endpoint_end_call(ep, cookie, reply, 0);

	trace_mq_reply(ep, size, err);
	return err;
}

static void mq_endpoint_overwrite(struct mq_endpoint *ep, struct mq_message *oldest,
				  bool overflows, struct llist_head *dead)
{
	if (oldest->flags & MQ_FRAME_CALL)
		mq_endpoint_end_call(ep, oldest->cookie, NULL, -ENOBUFS);
	mq_message_put_rcu(oldest, dead);
	/* A monitor is told itself. */
	if (overflows && !ep->terms.monitors)
		mq_alert_show(MQ_ALERT_OVERFLOW,
			      "mailbox of %s is full (%u messages) and overwrites\n",
			      mq_endpoint_show_name(ep), ep->terms.depth);
}

/* Behind the lock the message may be read and gone. */
static void mq_endpoint_note_sent_locked(const struct mq_endpoint *ep,
					 const struct mq_message *msg, struct mq_sent *sent)
{
	*sent = (struct mq_sent) {
		.sender = msg->sender->name,
		.number = ep->mailbox.last,
		.queued = mq_endpoint_queued_locked(ep),
		.size = msg->text_len,
		.flags = msg->flags,
	};
}

/* True: it overflows. */
static bool mq_endpoint_count_overwritten_locked(struct mq_endpoint *ep, u32 overwritten)
{
	bool overflows = overwritten && !ep->overflowing;

	if (overwritten) {
		ep->counters.overwritten += overwritten;
		ep->overflowing = true;
	}
	return overflows;
}

/* mq_endpoint_send_end() where somebody looks on. */
static noinline void mq_endpoint_send_end_told(struct mq_endpoint *ep, struct mq_message *msg,
					       struct mq_message *oldest,
					       struct llist_head *dead)
	__releases(&ep->lock)
{
	bool overflows = mq_endpoint_count_overwritten_locked(ep, !!oldest);
	u64 lost = mq_mailbox_find_lost(&ep->mailbox);
	struct mq_sent sent;

	mq_endpoint_note_sent_locked(ep, msg, &sent);
	spin_unlock(&ep->lock);

	trace_mq_send(ep, &sent);
	mq_endpoint_wake_active(ep, 1);
	if (!oldest)
		return;
	trace_mq_overwrite(ep, oldest->sender, lost, oldest->text_len, &sent.sender);
	mq_endpoint_overwrite(ep, oldest, overflows, dead);
}

/**
 * mq_endpoint_send_end - a message is in the mailbox: count, unlock, tell, wake
 * @ep: the endpoint, whose lock the caller holds; it is released
 * @msg: the message, which is the mailbox's
 * @oldest: the message that had to make room, or NULL; its reference is given back
 * @dead: receives that one if it has no other reference
 */
void mq_endpoint_send_end(struct mq_endpoint *ep, struct mq_message *msg,
			  struct mq_message *oldest, struct llist_head *dead)
	__releases(&ep->lock)
{
	bool overflows;

	if (mq_endpoint_is_watched() && !ep->terms.monitors) {
		mq_endpoint_send_end_told(ep, msg, oldest, dead);
		return;
	}
	overflows = mq_endpoint_count_overwritten_locked(ep, !!oldest);
	spin_unlock(&ep->lock);

	mq_endpoint_wake_active(ep, 1);
	if (oldest)
		mq_endpoint_overwrite(ep, oldest, overflows, dead);
}

/**
 * mq_endpoint_send_run - put several messages into an open mailbox
 * @ep: the endpoint; an RCU section holds it
 * @msgs: the messages; on success the caller's references are the mailbox's, and what
 *	lies at @msgs changes
 * @count: how many
 * @dead: receives messages that were overwritten and have no other reference
 *
 * Nobody is told of each message: see mq_registry_is_open().
 *
 * Return: true, or false if the mailbox is not open.
 */
bool mq_endpoint_send_run(struct mq_endpoint *ep, struct mq_message **msgs, u32 count,
			  struct llist_head *dead)
{
	u32 i, overwritten = 0;
	bool overflows;

	spin_lock(&ep->lock);
	if (unlikely(READ_ONCE(ep->gate) != MQ_GATE_OPEN)) {
		spin_unlock(&ep->lock);
		return false;
	}
	/* The oldest take the places of those that are in the mailbox now. */
	for (i = 0; i < count; i++) {
		struct mq_message *oldest = mq_mailbox_push(&ep->mailbox, msgs[i], false);

		if (oldest)
			msgs[overwritten++] = oldest;
	}
	overflows = mq_endpoint_count_overwritten_locked(ep, overwritten);
	spin_unlock(&ep->lock);

	mq_endpoint_wake_active(ep, count);
	for (i = 0; i < overwritten; i++)
		mq_endpoint_overwrite(ep, msgs[i], overflows && !i, dead);
	return true;
}

static int mq_endpoint_send_looking(struct mq_endpoint *ep, struct mq_message *msg,
				    struct mq_pending *pending, struct llist_head *dead)
{
	struct mq_message *oldest;
	int ret;

	if (!mq_identity_is_in(ep->identity, mq_identity_find_space(msg->sender)))
		return -ENOENT;
	if (!mq_identity_has_access(msg->sender, ep->identity, ep->terms.access))
		return -EACCES;
	if (pending && pending->is_call && ep->owner)
		return READ_ONCE(ep->gate) == MQ_GATE_CLOSED ? -ENOENT : -EOPNOTSUPP;

	spin_lock(&ep->lock);
	ret = mq_endpoint_admit_locked(ep, msg, pending);
	if (ret) {
		spin_unlock(&ep->lock);
		return ret;
	}
	oldest = mq_endpoint_push_locked(ep, msg, pending);
	mq_endpoint_send_end(ep, msg, oldest, dead);
	return pending && pending->is_call ? MQ_SEND_PENDING : 0;
}

/**
 * mq_endpoint_send_guarded - send where there is something to look at
 * @ep: the endpoint; an RCU section or a reference holds it
 * @msg: the message, whose sender is known; on success the caller's reference is the
 *	mailbox's
 * @pending: makes it a call, or lets it wait for room; or NULL
 * @dead: receives a message that was overwritten and has no other reference
 *
 * Does not sleep.
 *
 * Return: as mq_endpoint_send(); -EOPNOTSUPP for a call to a process; MQ_SEND_PENDING if
 * @pending waits there now, with @msg.
 */
int mq_endpoint_send_guarded(struct mq_endpoint *ep, struct mq_message *msg,
			     struct mq_pending *pending, struct llist_head *dead)
{
	int ret = mq_endpoint_send_looking(ep, msg, pending, dead);

	/* Nobody has the name; or it takes no message of his, and a broadcast passes by. */
	if (ret < 0 && ret != -ENOENT &&
	    !(ret == -EACCES && msg->flags & MQ_FRAME_BROADCAST))
		trace_mq_reject(ep->name.bytes, msg, ret);
	return ret;
}

/**
 * mq_endpoint_new_notice - tell an endpoint what somebody did, who does not pay for that
 * @ep: the endpoint, which asked to be told
 * @whose: who did
 * @flags: as for mq_message_new_notice()
 * @size: likewise
 *
 * Does not sleep.
 *
 * Return: the notice with one reference, or NULL.
 */
struct mq_message *mq_endpoint_new_notice(struct mq_endpoint *ep, struct mq_identity *whose,
					  u32 flags, u32 size)
{
	struct mem_cgroup *old = set_active_memcg(ep->charged);
	struct mq_message *msg = mq_message_new_notice(whose, flags, size);

	set_active_memcg(old);
	return msg;
}

/**
 * mq_endpoint_send_gap - whoever sleeps for events has to look what he has missed
 * @ep: the endpoint, with nothing queued, whose lock the caller holds; it is released
 */
void mq_endpoint_send_gap(struct mq_endpoint *ep)
	__releases(&ep->lock)
{
	refcount_inc(&ep->gap->refs);
	/* Nothing gives way to it. */
	mq_endpoint_push_locked(ep, ep->gap, NULL);
	mq_endpoint_send_end(ep, ep->gap, NULL, NULL);
}

/**
 * mq_endpoint_send_notice - put a notice into the mailbox of who asked for it
 * @ep: the endpoint; an RCU section or a reference holds it
 * @whose: of whose doing
 * @msg: the notice, whose reference is given away; NULL: there was no memory for it
 * @dead: receives it, or what it overwrites, without another reference
 *
 * What finds no room or no memory is lost, and shows as a gap in the numbers. An event's
 * gap shows soon: whoever has read all else finds mq_endpoint.gap behind it. Does not sleep.
 */
void mq_endpoint_send_notice(struct mq_endpoint *ep, const struct mq_identity *whose,
			     struct mq_message *msg, struct llist_head *dead)
{
	struct mq_message *oldest;
	u64 number = 0;
	bool is_lost;

	spin_lock(&ep->lock);
	/* Under RCU it may be found behind its end: monitor.h. */
	if (msg && !ep->ended &&
	    (mq_endpoint_overwrites(ep) || !mq_mailbox_is_full(&ep->mailbox))) {
		oldest = mq_endpoint_push_locked(ep, msg, NULL);
		mq_endpoint_send_end(ep, msg, oldest, dead);
		return;
	}
	is_lost = !ep->ended;
	if (is_lost) {
		mq_mailbox_skip(&ep->mailbox);
		number = ep->mailbox.last;
		ep->counters.overwritten++;
		ep->owes_gap = ep->terms.events;
	}
	if (is_lost && ep->owes_gap && !mq_endpoint_queued_locked(ep))
		mq_endpoint_send_gap(ep);
	else
		spin_unlock(&ep->lock);

	if (is_lost && !ep->terms.monitors)
		trace_mq_overwrite(ep, whose, number, 0, &whose->name);
	if (msg)
		mq_message_put_rcu(msg, dead);
}

/**
 * mq_endpoint_send_event - tell an endpoint that somebody came or went
 * @ep: the endpoint, which asked for events
 * @whose: who
 * @flags: MQ_FRAME_COME or MQ_FRAME_GONE
 */
void mq_endpoint_send_event(struct mq_endpoint *ep, struct mq_identity *whose, u32 flags)
{
	struct mq_message *msg = mq_endpoint_new_notice(ep, whose, MQ_FRAME_EVENT | flags, 0);
	LLIST_HEAD(dead);

	if (msg)
		mq_message_stamp(msg);
	mq_endpoint_send_notice(ep, whose, msg, &dead);
	mq_message_drain(&dead);
}

/* It has ended, or is to be told of. */
static bool mq_pending_is_over(const struct mq_pending *pending)
{
	/* The first pairs with mq_pending_end_locked(). */
	return smp_load_acquire(&pending->done) ||
	       (pending->tells_sent && !READ_ONCE(pending->msg));
}

static int mq_pending_sleep(struct mq_pending *pending, ktime_t deadline)
{
	int ret = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (mq_pending_is_over(pending))
			break;
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		if (!schedule_hrtimeout(deadline == KTIME_MAX ? NULL : &deadline,
					HRTIMER_MODE_ABS)) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

/**
 * mq_endpoint_send_wait - sleep until a send is over
 * @ep: where it is linked; the caller holds a reference
 * @pending: linked, as MQ_SEND_PENDING said
 * @deadline: CLOCK_MONOTONIC, or KTIME_MAX
 *
 * Afterwards mq_pending.msg is the message, with the caller's reference, if it was not
 * sent, and mq_pending.reply the reply, with a reference for the caller, if there is one.
 *
 * Return: 0, -EPIPE if the endpoint ended, -ENOBUFS if the request was overwritten,
 * -EINTR, -ETIMEDOUT; MQ_SEND_PENDING if it is not over, but the request has been sent and
 * that was to be told, once.
 */
int mq_endpoint_send_wait(struct mq_endpoint *ep, struct mq_pending *pending,
			  ktime_t deadline)
{
	int ret;

	/*
	 * A server that was woken and is more urgent runs now: its reply may be there before
	 * the caller has gone to sleep, and saves that and a wake-up, a fifth of a call.
	 */
	cond_resched();
	ret = mq_pending_sleep(pending, deadline);

	/*
	 *	sleeper				who ends it
	 *	a signal comes
	 *					takes it out under the lock
	 *					done = true
	 *	sees done under the lock:
	 *	what was done counts
	 *
	 * or the sleeper takes it out himself, and nobody finds it any more.
	 */
	spin_lock(&ep->lock);
	if (pending->done)
		ret = pending->ret;
	else if (!ret)
		ret = MQ_SEND_PENDING;
	else if (pending->msg)
		list_del(&pending->room);
	else
		rb_erase(&pending->call, &ep->calls);
	spin_unlock(&ep->lock);
	pending->tells_sent = false;
	return ret;
}

/*
 * A place that is free goes to who has waited longest for one.
 *
 * Return: the thread that waited, with a reference, and @sent is what it sent; NULL if
 * nobody does, or no place is free.
 */
static struct task_struct *mq_endpoint_refill_locked(struct mq_endpoint *ep,
						     struct mq_sent *sent)
{
	struct mq_pending *pending;
	struct mq_message *msg;

	lockdep_assert_held(&ep->lock);
	pending = list_first_entry_or_null(&ep->senders, struct mq_pending, room);
	if (!pending || mq_mailbox_is_full(&ep->mailbox))
		return NULL;

	list_del(&pending->room);
	msg = pending->msg;
	mq_endpoint_push_locked(ep, msg, pending);
	mq_endpoint_note_sent_locked(ep, msg, sent);
	if (!pending->is_call)
		return mq_pending_end_locked(pending, 0);
	/* It goes on sleeping, for the reply; that it looks up once does no harm. */
	return mq_pending_get_task(pending);
}

/**
 * mq_endpoint_refill - a reader has taken a message out of a blocking mailbox
 * @ep: the endpoint, whose lock the caller holds; it is released
 *
 * The place goes to who has waited longest for one, or those who poll are told of it. But
 * a message that was staged before has left none.
 */
void mq_endpoint_refill(struct mq_endpoint *ep)
	__releases(&ep->lock)
{
	struct mq_sent sent;
	struct task_struct *admitted = mq_endpoint_refill_locked(ep, &sent);
	bool has_room = !mq_mailbox_is_full(&ep->mailbox);

	spin_unlock(&ep->lock);

	if (admitted) {
		trace_mq_send(ep, &sent);
		mq_pending_wake(admitted);
		mq_endpoint_wake_active(ep, 1);
		return;
	}
	/* Behind the lock, under which room.c looks: see mq_endpoint_wake_active(). */
	if (has_room && waitqueue_active(&ep->room))
		wake_up_interruptible_all(&ep->room);
}

/* Any of those who wait, unlinked; NULL if there is none. */
static struct mq_pending *mq_endpoint_pop_pending_locked(struct mq_endpoint *ep)
{
	struct mq_pending *pending;
	struct rb_node *node;

	pending = list_first_entry_or_null(&ep->senders, struct mq_pending, room);
	if (pending) {
		list_del(&pending->room);
		return pending;
	}
	node = rb_first(&ep->calls);
	if (!node)
		return NULL;
	rb_erase(node, &ep->calls);
	return rb_entry(node, struct mq_pending, call);
}

/**
 * mq_endpoint_end_pendings - everybody who waits for an endpoint learns of its end
 * @ep: the endpoint, closed: nobody comes after them
 */
void mq_endpoint_end_pendings(struct mq_endpoint *ep)
{
	struct mq_pending *pending;
	struct task_struct *task;

	for (;;) {
		spin_lock(&ep->lock);
		pending = mq_endpoint_pop_pending_locked(ep);
		task = pending ? mq_pending_end_locked(pending, -EPIPE) : NULL;
		spin_unlock(&ep->lock);
		if (!task)
			break;
		mq_pending_wake(task);
		cond_resched();
	}
	wake_up_interruptible_all(&ep->room);
}

static bool mq_endpoint_claims_broadcast(struct mq_endpoint *ep)
{
	bool was_claimed = true;

	spin_lock(&ep->lock);
	swap(was_claimed, ep->is_broadcasting);
	spin_unlock(&ep->lock);
	return !was_claimed;
}

/**
 * mq_endpoint_broadcast_begin - one broadcast of an endpoint at a time
 * @ep: the sender
 *
 * May sleep, until another thread's broadcast is over; several that wait do so in no
 * order. They are the owner's own threads.
 *
 * Return: 0, or a negative errno that only a process that is being killed sees.
 */
int mq_endpoint_broadcast_begin(struct mq_endpoint *ep)
{
	if (likely(mq_endpoint_claims_broadcast(ep)))
		return 0;
	return wait_event_killable(ep->sleepers, mq_endpoint_claims_broadcast(ep));
}

/**
 * mq_endpoint_broadcast_end - the broadcast is over
 * @ep: the sender
 */
void mq_endpoint_broadcast_end(struct mq_endpoint *ep)
{
	spin_lock(&ep->lock);
	ep->is_broadcasting = false;
	spin_unlock(&ep->lock);
	/* Behind the lock: see mq_endpoint_wake_active(). */
	if (waitqueue_active(&ep->sleepers))
		wake_up_all(&ep->sleepers);
}
