/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An endpoint: who somebody is, with his mailbox, its reader's stage, its sleepers and
 * counters. It belongs to a process (text protocol) or to an open file (frames).
 *
 * Who owns it and on which terms it takes messages is decided at birth and never
 * changes. All that changes later lies under @lock, or is the registry's (registry.h)
 * and lies under the registry's lock.
 *
 * A read does not copy out of the mailbox: it claims the *stage*, moves the oldest
 * messages there, copies without any lock, and then says which of them are
 * delivered. So a full mailbox overwrites what nobody has begun to read, a fault
 * loses nothing, and nobody waits for another's page fault: a reader that sleeps in
 * one keeps the stage, and only other readers of the same mailbox wait for that.
 *
 * Who sleeps in a send, for room or for the reply to a call, has a *pending* on his
 * stack, linked here. Whoever takes it out of here, under the lock, says how it ended.
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
 *
 * endpoint.c has birth and end, send.c the way in, receive.c the way out, room.c who polls
 * for room.
 */
#ifndef _MQ_ENDPOINT_H
#define _MQ_ENDPOINT_H

#include "mailbox.h"
#include "message.h"
#include "name.h"

#include <linux/cache.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/tracepoint-defs.h>
#include <linux/wait.h>

struct file;
struct mem_cgroup;
struct mq_handle;
struct mq_identity;
struct mq_monitor;
struct pid;
struct task_struct;
struct user_namespace;

/**
 * struct mq_counters - what became of the messages of a mailbox
 * @delivered: read to the last byte
 * @overwritten: lost to a newer one
 * @discarded: unread when the endpoint ended
 * @rejected: found no room
 *
 * The number of the mailbox's newest message is how many were accepted, and equals
 * delivered + overwritten + discarded + queued, at any time under the lock.
 */
struct mq_counters {
	u64 delivered;
	u64 overwritten;
	u64 discarded;
	u64 rejected;
};

/* Most messages that one read stages at a time. */
#define MQ_STAGE_MAX	16

/**
 * struct mq_stage - the messages that are being read
 * @msgs: taken out of the mailbox, not yet delivered: @count of them from @first on
 * @one: where @msgs points until several are read at a time
 * @number: that of the first one in the mailbox; the others' follow
 * @done: bytes of the first one that a reader of text has got already
 * @prefix: bytes of the sender's name in front of its text, while @done is not 0
 * @depth: room at @msgs
 * @first: where in @msgs they begin
 * @count: how many they are
 * @is_busy: a reader copies
 * @refused: meanwhile another reader went without a message
 *
 * While @is_busy, only that reader changes the others, but for @refused; he does so under
 * the lock, for those who peek, but for @done and @prefix.
 */
struct mq_stage {
	struct mq_message **msgs;
	struct mq_message *one;
	u64 number;
	u32 done;
	u32 prefix;
	u8 depth;
	u8 first;
	u8 count;
	bool is_busy;
	bool refused;
};

/**
 * struct mq_terms - on which terms an endpoint takes messages
 * @depth: how many messages its mailbox holds
 * @policy: what a full one does
 * @access: who may send
 * @events: it is told who comes and goes
 * @monitors: it is told what passes
 */
struct mq_terms {
	u32 depth;
	u8 policy;			/* enum mq_policy */
	u8 access;			/* enum mq_access */
	bool events;
	bool monitors;
};

/* A message that is lost between two that stay leaves a gap in their numbers. */
static inline bool mq_terms_has_ledger(const struct mq_terms *terms)
{
	return terms->events || terms->monitors || terms->policy == MQ_POLICY_FAIR;
}

/**
 * enum mq_gate - what a message meets at a mailbox
 * @MQ_GATE_OPEN: nothing: anyone may send, the oldest gives way, numbers follow
 * @MQ_GATE_GUARDED: a policy, a right, a space or a ledger that has to be looked at
 * @MQ_GATE_CLOSED: the end
 */
enum mq_gate {
	MQ_GATE_OPEN,
	MQ_GATE_GUARDED,
	MQ_GATE_CLOSED,
};

/**
 * struct mq_pending - a thread that sleeps in a send; lies on its stack
 * @task: the thread
 * @msg: what it sends, until that is in the mailbox: who puts it there clears this
 * @reply: what it got
 * @cookie: the request's
 * @room: among those who wait for room, while @msg is not NULL
 * @call: among those who wait for a reply, afterwards
 * @is_call: it wants a reply
 * @nonblock: it does not wait for room
 * @tells_sent: it wakes also when @msg is in the mailbox and the reply still to come
 * @done: it is linked nowhere any more, and @ret counts; set last, under the lock
 * @ret: 0 or a negative errno
 */
struct mq_pending {
	struct task_struct *task;
	struct mq_message *msg;
	struct mq_message *reply;
	u64 cookie;
	union {
		struct list_head room;
		struct rb_node call;
	};
	bool is_call;
	bool nonblock;
	bool tells_sent;
	bool done;
	int ret;
};

/**
 * struct mq_sent - what is told of a message that went into a mailbox; it may be gone by then
 * @sender: who sent it
 * @number: its number there
 * @queued: how many are queued, with it
 * @size: bytes of it
 * @flags: MQ_FRAME_* that its reader sees
 */
struct mq_sent {
	struct mq_name sender;
	u64 number;
	u32 queued;
	u32 size;
	u32 flags;
};

/* trace.h has them all. */
DECLARE_TRACEPOINT(mq_send);
DECLARE_TRACEPOINT(mq_overwrite);
DECLARE_TRACEPOINT(mq_receive);

/* Somebody wants to be told of each message that goes into a mailbox. */
static __always_inline bool mq_endpoint_is_watched(void)
{
	return tracepoint_enabled(mq_send) || tracepoint_enabled(mq_overwrite);
}

/* What claiming a stage returns, inside the driver, while another reader has it. */
#define MQ_STAGE_BUSY	1

/* What a send returns, inside the driver, when the sender's pending is linked. */
#define MQ_SEND_PENDING	1

/**
 * struct mq_endpoint - an endpoint
 * @refs: references
 * @lock: covers the mailbox, the stage and what is said below to lie under it
 * @mailbox: what is not yet being read
 * @stage: what is
 * @counters: what became of all messages; under the lock
 * @senders: those who wait for room, the first come first; under the lock
 * @calls: those whose request was taken in and not answered yet, by cookie; under the lock
 * @last_cookie: the newest of them had this
 * @full: the endpoint that was full when last sent to without waiting; a reference,
 *	read under RCU too
 * @wants_room: and it has had no room since; a lone flag, as @shows_sender
 * @overflowing: has overwritten since it was last empty; under the lock
 * @ended: gives no message any more; under the lock
 * @gate: closed when it is unlinked, or with @dead; written and read without the lock too, but
 *	who puts a message into the mailbox has looked under it
 * @shows_sender: /from is on; a lone flag, read and written without a lock
 * @dead: the owner has ended; set once, under the wait_pidfd lock, read anywhere
 * @linked: the registry's, under its lock: the tables below hold this endpoint
 * @slot: where in the registry's array of slots
 * @owes_gap: the newest number is that of an event that was lost; under the lock
 * @terms: constant
 * @name: that of @identity, beside the hash table's link; constant
 * @owner: the process that it belongs to, or NULL if it is a file's; constant
 * @handle: the open file that it belongs to, or NULL; its memory is freed with the
 *	endpoint's, because of @pollers; constant
 * @identity: who it is; a reference, constant
 * @charged: the memory control group that pays for notices; a reference, constant
 * @sleepers: threads in /wait, readers that wait for a message or for the stage,
 *	those who wait for another thread's broadcast
 * @pollers: the queue on which the owner's polls wait: @handle's, or a process's, see
 *	mq_endpoint_find_pollers()
 * @room: pollers of other endpoints that wait for room here
 * @is_broadcasting: one of the owner's threads broadcasts; under the lock
 * @by_name: in the registry's table of names
 * @by_owner: in the registry's table of processes; a process's
 * @monitor: what it is told of, if it is one; freed with it, constant; a file's
 * @gap: of one that is told who comes and goes, what it reads behind events that were lost;
 *	a reference, until the end; a file's
 * @listener: in the registry's list of those who want events, or in that of all others,
 *	the ended ones among them; in none if it was never registered
 * @exit_watch: on the owner's wait_pidfd while linked; a process's
 * @room_watch: on @full's queue @room; a file's
 * @dead_node: in the registry's list of the dead
 * @rcu: defers freeing
 */
struct mq_endpoint {
	/* Who sends here writes this line of the cache, and no other of the endpoint's. */
	refcount_t refs;
	spinlock_t lock;		/* see driver.h */
	struct mq_mailbox mailbox;
	u8 gate;			/* enum mq_gate */
	bool overflowing;
	bool ended;
	bool dead;
	bool linked;
	bool shows_sender;
	bool wants_room;
	bool is_broadcasting;
	wait_queue_head_t *pollers;

	/* Who looks for a name reads this one, which is constant. */
	struct rhash_head by_name;
	struct mq_name name;
	struct pid *owner;
	struct mq_handle *handle;
	struct mq_identity *identity;
	union {
		struct rhash_head by_owner;
		struct mq_monitor *monitor;
		struct mq_message *gap;
	};

	/* The rest is its reader's, or rare. */
	struct mq_stage stage;
	wait_queue_head_t sleepers;
	struct mq_counters counters;
	struct mq_terms terms;
	u32 slot;
	bool owes_gap;

	struct list_head senders;
	struct rb_root calls;
	u64 last_cookie;
	struct mq_endpoint __rcu *full;
	wait_queue_head_t room;
	struct list_head listener;
	struct mem_cgroup *charged;
	union {
		struct wait_queue_entry exit_watch;
		struct wait_queue_entry room_watch;
	};
	union {
		struct llist_node dead_node;
		struct rcu_head rcu;
	};
} ____cacheline_aligned_in_smp;

int mq_endpoint_init(void);
void mq_endpoint_deinit(void);
wait_queue_head_t *mq_endpoint_find_pollers(struct pid *owner);

struct mq_endpoint *mq_endpoint_new(struct file *opener, const struct mq_name *name,
				    const struct mq_terms *terms);
void mq_endpoint_free(struct mq_endpoint *ep);
void mq_endpoint_end(struct mq_endpoint *ep);
void mq_endpoint_wake(struct mq_endpoint *ep, u32 messages);
void mq_endpoint_wake_pollers(struct mq_endpoint *ep);
size_t mq_endpoint_find_mailbox_bytes(const struct mq_terms *terms);
void mq_endpoint_show(struct mq_endpoint *ep, struct user_namespace *ns,
		      struct mq_status *status);

/* send.c */
int mq_endpoint_send_guarded(struct mq_endpoint *ep, struct mq_message *msg,
			     struct mq_pending *pending, struct llist_head *dead);
bool mq_endpoint_send_run(struct mq_endpoint *ep, struct mq_message **msgs, u32 count,
			  struct llist_head *dead);
struct mq_message *mq_endpoint_new_notice(struct mq_endpoint *ep, struct mq_identity *whose,
					  u32 flags, u32 size);
void mq_endpoint_send_notice(struct mq_endpoint *ep, const struct mq_identity *whose,
			     struct mq_message *msg, struct llist_head *dead);
void mq_endpoint_send_event(struct mq_endpoint *ep, struct mq_identity *whose, u32 flags);
void mq_endpoint_send_gap(struct mq_endpoint *ep) __releases(&ep->lock);
void mq_endpoint_send_end(struct mq_endpoint *ep, struct mq_message *msg,
			  struct mq_message *oldest, struct llist_head *dead)
	__releases(&ep->lock);
int mq_endpoint_send_wait(struct mq_endpoint *ep, struct mq_pending *pending,
			  ktime_t deadline);
int mq_endpoint_reply(struct mq_endpoint *ep, u64 cookie, struct mq_message *reply);
void mq_endpoint_refill(struct mq_endpoint *ep) __releases(&ep->lock);
void mq_endpoint_end_pendings(struct mq_endpoint *ep);
int mq_endpoint_broadcast_begin(struct mq_endpoint *ep);
void mq_endpoint_broadcast_end(struct mq_endpoint *ep);

/* room.c */
void mq_endpoint_watch_room(struct mq_endpoint *ep, struct mq_endpoint *full);
bool mq_endpoint_is_writable(struct mq_endpoint *ep);

/* receive.c */
void mq_endpoint_widen_stage(struct mq_endpoint *ep);
int mq_endpoint_claim_stage(struct mq_endpoint *ep, size_t room, u32 most, bool nonblock);
int mq_endpoint_wait_stage(struct mq_endpoint *ep, bool nonblock);
int mq_endpoint_wait_message(struct mq_endpoint *ep, size_t room, u32 most, ktime_t timeout,
			     bool nonblock);
bool mq_endpoint_receive_next(struct mq_endpoint *ep, u32 delivered, size_t room);
void mq_endpoint_receive_end(struct mq_endpoint *ep, u32 delivered);
struct mq_message *mq_endpoint_peek(struct mq_endpoint *ep, u64 *number);
bool mq_endpoint_has_message(struct mq_endpoint *ep);
int mq_endpoint_wait(struct mq_endpoint *ep, ktime_t timeout, bool nonblock);

/* The stage is the caller's, and not empty. */
static inline struct mq_message *mq_stage_peek(const struct mq_stage *stage, u32 index)
{
	return stage->msgs[stage->first + index];
}

/**
 * mq_endpoint_receive_begin - claim the stage, with the message that is next
 * @ep: the endpoint; the caller holds a reference
 * @nonblock: do not wait for another reader
 *
 * On success mq_endpoint.stage and its messages are the caller's until he calls
 * mq_endpoint_receive_end(), or mq_endpoint_receive_next() returns false.
 *
 * Return: 0, -EAGAIN if there is no message or, with @nonblock, another reader,
 * -ENOENT if the endpoint has ended, -ERESTARTSYS.
 */
static inline int mq_endpoint_receive_begin(struct mq_endpoint *ep, bool nonblock)
{
	int ret = mq_endpoint_claim_stage(ep, SIZE_MAX, 1, nonblock);

	return likely(ret != MQ_STAGE_BUSY) ? ret : mq_endpoint_wait_stage(ep, nonblock);
}

/**
 * mq_endpoint_receive_wait - the same, but wait for a message too
 * @ep: the endpoint; the caller holds a reference
 * @room: bytes that the messages may take as frames
 * @most: how many they may be, MQ_STAGE_MAX at most
 * @timeout: how long at most; KTIME_MAX for ever
 * @nonblock: wait for nothing
 *
 * Return: 0, -EMSGSIZE if the next message is longer, -EAGAIN, -ETIMEDOUT, -ENOENT,
 * -ERESTARTSYS.
 */
static inline int mq_endpoint_receive_wait(struct mq_endpoint *ep, size_t room, u32 most,
					   ktime_t timeout, bool nonblock)
{
	int ret = mq_endpoint_claim_stage(ep, room, most, nonblock);

	if (likely(ret != MQ_STAGE_BUSY && ret != -EAGAIN))
		return ret;
	return mq_endpoint_wait_message(ep, room, most, timeout, nonblock);
}

static inline bool mq_endpoint_is_anonymous(const struct mq_endpoint *ep)
{
	return !ep->name.bytes[0];
}

/* For a line that a person reads. */
static inline const char *mq_endpoint_show_name(const struct mq_endpoint *ep)
{
	return mq_endpoint_is_anonymous(ep) ? "an anonymous endpoint" : ep->name.bytes;
}

static inline u32 mq_endpoint_queued_locked(const struct mq_endpoint *ep)
{
	lockdep_assert_held(&ep->lock);
	return ep->mailbox.count + ep->stage.count;
}

/**
 * mq_endpoint_wake_active - wake whoever waits for a message, if there is anybody
 * @ep: the endpoint, whose lock the caller has just released
 * @messages: how many have come
 *
 * Nobody sleeps most of the time, so the queues' own locks are not taken for a look. It
 * needs no barrier, because everybody who sleeps looks for a message under our lock, when
 * he is in the queue already:
 *
 *	sender				sleeper
 *	locks				enters the queue
 *	puts a message in		locks
 *	unlocks				looks for a message
 *	looks into the queue		unlocks, sleeps
 *
 * If the sleeper has the lock first, the sender sees him; else he sees the message. Who
 * polls for an endpoint that there is not yet has no lock to take: whoever makes it wakes
 * all, without a look (mq_endpoint_wake_pollers()).
 */
static inline void mq_endpoint_wake_active(struct mq_endpoint *ep, u32 messages)
{
	/* Behind the lock, as said above. */
	if (unlikely(waitqueue_active(&ep->sleepers) || waitqueue_active(ep->pollers)))
		mq_endpoint_wake(ep, messages);
}

/**
 * mq_endpoint_send_open - put a message into an open mailbox and wake its owner
 * @ep: the endpoint; an RCU section or a reference holds it
 * @msg: the message; on success the caller's reference is the mailbox's
 * @dead: receives a message that was overwritten and has no other reference
 *
 * Does not sleep. A broadcast repeats these lines for each receiver: they are inline,
 * and what is rare is not.
 *
 * Return: true, or false if there is something to look at: mq_endpoint_send_guarded().
 */
static __always_inline bool mq_endpoint_send_open(struct mq_endpoint *ep,
						  struct mq_message *msg,
						  struct llist_head *dead)
{
	struct mq_message *oldest;

	spin_lock(&ep->lock);
	if (unlikely(READ_ONCE(ep->gate) != MQ_GATE_OPEN)) {
		spin_unlock(&ep->lock);
		return false;
	}
	oldest = mq_mailbox_push(&ep->mailbox, msg, false);
	if (unlikely(oldest) || tracepoint_enabled(mq_send)) {
		mq_endpoint_send_end(ep, msg, oldest, dead);
		return true;
	}
	spin_unlock(&ep->lock);
	mq_endpoint_wake_active(ep, 1);
	return true;
}

/**
 * mq_endpoint_send - put a message into an endpoint's mailbox and wake its owner
 * @ep: as above
 * @msg: as above
 * @dead: as above
 *
 * Does not sleep.
 *
 * Return: 0; -ENOENT if the endpoint has ended or its owner has; -EACCES; -ENOBUFS if it
 * is full and rejects; -EAGAIN if it is full and blocks.
 */
static __always_inline int mq_endpoint_send(struct mq_endpoint *ep, struct mq_message *msg,
					    struct llist_head *dead)
{
	if (likely(mq_endpoint_send_open(ep, msg, dead)))
		return 0;
	return mq_endpoint_send_guarded(ep, msg, NULL, dead);
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
