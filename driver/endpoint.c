// SPDX-License-Identifier: GPL-2.0-only
#include "endpoint.h"

#include <linux/err.h>
#include <linux/hash.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "alert.h"
#include "driver.h"
#include "handle.h"
#include "identity.h"
#include "registry.h"

/*
 * Where the polls of processes wait, and those on files that are not bound. epoll keeps
 * the queue that poll() gave it for as long as the file is open, while /unr or the
 * owner's end takes the endpoint away at any time: a queue inside the endpoint would
 * dangle. These live as long as the module, which an open file holds. Processes that
 * share one wake each other for a second look.
 */
#define MQ_POLLERS_BITS	6

static struct {
	wait_queue_head_t head;
} ____cacheline_aligned_in_smp mq_pollers[1 << MQ_POLLERS_BITS];

/* Of its own, so that an endpoint has just the lines of the cache that it is laid out for. */
static struct kmem_cache *mq_endpoint_slab;

/**
 * mq_endpoint_init - make the memory for endpoints, and the queues on which polls wait
 *
 * Return: 0 or -ENOMEM.
 */
int mq_endpoint_init(void)
{
	size_t i;

	mq_endpoint_slab = KMEM_CACHE(mq_endpoint, SLAB_ACCOUNT | SLAB_HWCACHE_ALIGN);
	if (!mq_endpoint_slab)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(mq_pollers); i++)
		init_waitqueue_head(&mq_pollers[i].head);
	return 0;
}

/**
 * mq_endpoint_deinit - when no endpoint is left, and the last grace period is over
 */
void mq_endpoint_deinit(void)
{
	kmem_cache_destroy(mq_endpoint_slab);
}

/**
 * mq_endpoint_find_pollers - the queue on which a process's polls wait
 * @owner: the process, registered or not
 *
 * Return: a queue that outlives every open file.
 */
wait_queue_head_t *mq_endpoint_find_pollers(struct pid *owner)
{
	return &mq_pollers[hash_ptr(owner, MQ_POLLERS_BITS)].head;
}

/* All in one piece of memory: numbers, shares, holders. 0 where there is none. */
static size_t mq_endpoint_find_ledger_bytes(const struct mq_terms *terms)
{
	size_t fair = terms->policy == MQ_POLICY_FAIR ? terms->depth : 0;
	struct mq_ledger *ledger;

	if (!mq_terms_has_ledger(terms))
		return 0;
	return struct_size(ledger, numbers, terms->depth) +
	       fair * (sizeof(*ledger->shares) + sizeof(*ledger->holders));
}

/**
 * mq_endpoint_find_mailbox_bytes - what the places of a mailbox take
 * @terms: on which terms it takes messages
 *
 * Return: bytes, those of the ledger included.
 */
size_t mq_endpoint_find_mailbox_bytes(const struct mq_terms *terms)
{
	return terms->depth * sizeof(struct mq_message *) +
	       mq_endpoint_find_ledger_bytes(terms);
}

static struct mq_ledger *mq_endpoint_new_ledger(const struct mq_terms *terms)
{
	struct mq_ledger *ledger = kvzalloc(mq_endpoint_find_ledger_bytes(terms), MQ_GFP);

	if (!ledger || terms->policy != MQ_POLICY_FAIR)
		return ledger;
	ledger->shares = (struct mq_share *)(ledger->numbers + terms->depth);
	ledger->holders = (u16 *)(ledger->shares + terms->depth);
	return ledger;
}

static bool mq_endpoint_new_mailbox(struct mq_endpoint *ep, const struct mq_terms *terms)
{
	bool has_ledger = mq_terms_has_ledger(terms);
	struct mq_ledger *ledger = NULL;
	struct mq_message **slots;

	slots = kvmalloc_array(terms->depth, sizeof(*slots), MQ_GFP);
	if (has_ledger)
		ledger = mq_endpoint_new_ledger(terms);
	mq_mailbox_init(&ep->mailbox, slots, ledger, terms->depth);
	return slots && (ledger || !has_ledger);
}

/* Made, and stamped, beforehand: what it tells is that there was no memory. */
static bool mq_endpoint_new_gap(struct mq_endpoint *ep, struct mq_identity *identity)
{
	struct mq_message *gap = mq_message_new(identity, 0);

	if (gap) {
		gap->flags = MQ_FRAME_EVENT;
		gap->text = gap->data;
		gap->text_len = 0;
		mq_message_stamp(gap);
	}
	ep->gap = gap;
	return gap;
}

static void mq_endpoint_free_mailbox(struct mq_endpoint *ep)
{
	if (ep->terms.events) {
		mq_message_put(ep->gap);
		ep->gap = NULL;
	}
	kvfree(ep->mailbox.slots);
	kvfree(ep->mailbox.ledger);
	ep->mailbox.slots = NULL;
	ep->mailbox.ledger = NULL;
}

/**
 * mq_endpoint_new - an endpoint that nobody can find yet
 * @opener: the file through which the caller makes it
 * @name: the name that it shall have; the empty one for none
 * @terms: on which terms it takes messages
 *
 * It has neither owner nor pollers: the caller sets them. The memory is charged to the
 * caller's memory control group. May sleep.
 *
 * Return: the endpoint with one reference, ERR_PTR(-EPERM), ERR_PTR(-ENOMEM).
 */
struct mq_endpoint *mq_endpoint_new(struct file *opener, const struct mq_name *name,
				    const struct mq_terms *terms)
{
	struct mq_identity *identity = mq_identity_new(opener, name);
	struct mq_endpoint *ep;

	if (IS_ERR(identity))
		return ERR_CAST(identity);
	ep = kmem_cache_zalloc(mq_endpoint_slab, MQ_GFP);
	if (!ep)
		goto err_identity;
	ep->terms = *terms;
	if (!mq_endpoint_new_mailbox(ep, terms) ||
	    (terms->events && !mq_endpoint_new_gap(ep, identity)))
		goto err_mailbox;

	refcount_set(&ep->refs, 1);
	spin_lock_init(&ep->lock);
	ep->stage.msgs = &ep->stage.one;
	ep->stage.depth = 1;
	INIT_LIST_HEAD(&ep->senders);
	ep->calls = RB_ROOT;
	/* An answer that comes late, on another endpoint of the same program, hits nobody. */
	ep->last_cookie = get_random_u64();
	INIT_LIST_HEAD(&ep->listener);
	init_waitqueue_head(&ep->sleepers);
	init_waitqueue_head(&ep->room);
	/* With spaces, a broadcast meets endpoints of others. */
	if (terms->policy != MQ_POLICY_OVERWRITE || terms->access != MQ_ACCESS_ANYONE ||
	    mq_terms_has_ledger(terms) || mq_isolate)
		ep->gate = MQ_GATE_GUARDED;
	ep->name = identity->name;
	ep->identity = identity;
	if (terms->events || terms->monitors)
		ep->charged = get_mem_cgroup_from_mm(current->mm);
	return ep;

err_mailbox:
	mq_endpoint_free_mailbox(ep);
	kmem_cache_free(mq_endpoint_slab, ep);
err_identity:
	mq_identity_put(identity);
	return ERR_PTR(-ENOMEM);
}

static void mq_endpoint_free_rcu(struct rcu_head *rcu)
{
	struct mq_endpoint *ep = container_of(rcu, struct mq_endpoint, rcu);

	if (ep->stage.msgs != &ep->stage.one)
		kfree(ep->stage.msgs);
	mq_identity_put(ep->identity);
	mem_cgroup_put(ep->charged);
	if (ep->terms.monitors)
		kfree(ep->monitor);
	mq_handle_free_memory(ep->handle);
	kmem_cache_free(mq_endpoint_slab, ep);
}

/**
 * mq_endpoint_free - the end of an endpoint without references
 * @ep: the endpoint; ended, or never registered
 *
 * Whoever found it under RCU may still look at it for a grace period. May sleep.
 */
void mq_endpoint_free(struct mq_endpoint *ep)
{
	mq_registry_forget(ep);
	mq_endpoint_free_mailbox(ep);
	call_rcu(&ep->rcu, mq_endpoint_free_rcu);
}

/**
 * mq_endpoint_wake - a message is there, and somebody waits
 * @ep: the endpoint, for mq_endpoint_wake_active()
 * @messages: how many are new: as many exclusive pollers are woken
 *
 * A queue in which nobody waits is left alone: the pollers' may be others' too.
 *
 * All pollers of a process are woken: with only one of the exclusive ones
 * (EPOLLEXCLUSIVE), that could be another process's that shares the queue, and the
 * owner would sleep on. A file's queue is its own.
 *
 * They are told what for, and io_uring believes that: its poll may complete for another
 * process that shares the queue. Told nothing, it would look again, and there kernels fail
 * a poll that waits in two queues.
 */
void mq_endpoint_wake(struct mq_endpoint *ep, u32 messages)
{
	const __poll_t events = EPOLLIN | EPOLLRDNORM;

	/* As there. */
	if (waitqueue_active(&ep->sleepers))
		wake_up_interruptible_sync_poll(&ep->sleepers, events);
	/* Likewise. */
	if (waitqueue_active(ep->pollers))
		__wake_up(ep->pollers, TASK_INTERRUPTIBLE, ep->handle ? messages : 0,
			  poll_to_key(events));
}

/**
 * mq_endpoint_wake_pollers - whoever polls looks again
 * @ep: the endpoint, which came or went, or has something again
 *
 * Takes the queue's lock, always: one who polled for an endpoint that was not there yet is
 * in the queue, or else finds it.
 */
void mq_endpoint_wake_pollers(struct mq_endpoint *ep)
{
	wake_up_interruptible_all(ep->pollers);
}

/**
 * mq_endpoint_end - the end of an endpoint that nobody finds any more
 * @ep: the endpoint, unlinked; the caller keeps his reference
 *
 * Called once. Wakes the sleepers and frees the messages, but for those that a reader
 * is copying at this moment: that reader frees them. May sleep.
 */
void mq_endpoint_end(struct mq_endpoint *ep)
{
	struct mq_message **stage, *msg;
	struct mq_mailbox unread;
	u32 staged = 0;
	u32 discarded;
	u64 number;

	spin_lock(&ep->lock);
	ep->ended = true;
	WRITE_ONCE(ep->gate, MQ_GATE_CLOSED);
	stage = ep->stage.msgs + ep->stage.first;
	if (!ep->stage.is_busy)
		swap(staged, ep->stage.count);
	unread = ep->mailbox;
	ep->mailbox.count = 0;
	discarded = unread.count + staged;
	ep->counters.discarded += discarded;
	ep->owes_gap = false;
	spin_unlock(&ep->lock);

	mq_endpoint_end_pendings(ep);
	mq_endpoint_watch_room(ep, NULL);
	wake_up_interruptible_all(&ep->sleepers);
	mq_endpoint_wake_pollers(ep);

	/* Nobody touches the slots and the stage, if nobody has it, of an ended endpoint. */
	mq_message_put_some(stage, staged);
	while ((msg = mq_mailbox_pop(&unread, &number))) {
		mq_message_put(msg);
		cond_resched();
	}
	/* Those who were put off here may hold a reference for long. */
	mq_endpoint_free_mailbox(ep);
	if (discarded && !ep->terms.monitors)
		mq_alert_show(MQ_ALERT_DISCARD, "%s ended with %u unread messages\n",
			      mq_endpoint_show_name(ep), discarded);
}

/**
 * mq_endpoint_show - look at an endpoint's figures, all of one moment
 * @ep: the endpoint
 * @ns: the user namespace of who looks
 * @status: receives them
 */
void mq_endpoint_show(struct mq_endpoint *ep, struct user_namespace *ns,
		      struct mq_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	status->flags = (ep->owner ? MQ_STATUS_PROCESS : 0) |
			(ep->terms.events ? MQ_STATUS_EVENTS : 0);
	memcpy(status->name, ep->name.bytes, sizeof(status->name));
	status->pid = mq_identity_find_pid(ep->identity);
	status->uid = mq_identity_find_uid(ep->identity, ns);
	status->policy = ep->terms.policy;
	status->access = ep->terms.access;
	status->depth = ep->terms.depth;

	spin_lock(&ep->lock);
	status->queued = mq_endpoint_queued_locked(ep);
	status->accepted = ep->mailbox.last;
	status->delivered = ep->counters.delivered;
	status->overwritten = ep->counters.overwritten;
	status->discarded = ep->counters.discarded;
	status->rejected = ep->counters.rejected;
	if (!ep->ended && ep->mailbox.ledger)
		status->spared = ep->mailbox.ledger->spared;
	spin_unlock(&ep->lock);
}
