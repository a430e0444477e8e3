// SPDX-License-Identifier: GPL-2.0-only
#include "registry.h"

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "alert.h"
#include "driver.h"
#include "endpoint.h"
#include "message.h"

/*
 * Endpoints that a broadcast serves in one RCU section: long enough to cost little,
 * short enough that thousands of receivers hold up no grace period.
 */
#define MQ_REGISTRY_BATCH	64

static const struct rhashtable_params mq_registry_names = {
	.key_len = sizeof_field(struct mq_endpoint, name),
	.key_offset = offsetof(struct mq_endpoint, name),
	.head_offset = offsetof(struct mq_endpoint, by_name),
	.automatic_shrinking = true,
};

static const struct rhashtable_params mq_registry_owners = {
	.key_len = sizeof_field(struct mq_endpoint, owner),
	.key_offset = offsetof(struct mq_endpoint, owner),
	.head_offset = offsetof(struct mq_endpoint, by_owner),
	.automatic_shrinking = true,
};

static void mq_registry_work(struct work_struct *work);

/*
 * The registry.
 *
 * lock: who comes and goes
 * names, owners, slots: read under RCU, changed under the lock
 * count: how many are linked, under the lock
 * dead: endpoints whose owner has ended, each with its link's reference
 * reap: takes them off that list
 */
static struct {
	struct mutex lock;
	struct rhashtable names;
	struct rhashtable owners;
	struct xarray slots;
	unsigned int count;
	struct llist_head dead;
	struct work_struct reap;
} mq_registry = {
	.lock = __MUTEX_INITIALIZER(mq_registry.lock),
	.slots = XARRAY_INIT(mq_registry.slots, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT),
	.dead = LLIST_HEAD_INIT(mq_registry.dead),
	.reap = __WORK_INITIALIZER(mq_registry.reap, mq_registry_work),
};

/**
 * mq_registry_init - make the empty registry
 *
 * Return: 0 or a negative errno.
 */
int mq_registry_init(void)
{
	int err;

	err = rhashtable_init(&mq_registry.names, &mq_registry_names);
	if (err)
		return err;

	err = rhashtable_init(&mq_registry.owners, &mq_registry_owners);
	if (err)
		rhashtable_destroy(&mq_registry.names);
	return err;
}

/*
 * The last thread of the group has ended. A group leader can be a zombie while other
 * threads live, and a thread that calls exec takes over the leader's pid.
 */
static bool mq_registry_is_dead(struct pid *owner)
{
	struct task_struct *leader;
	bool dead;

	rcu_read_lock();
	leader = pid_task(owner, PIDTYPE_PID);
	dead = !leader || (READ_ONCE(leader->exit_state) && thread_group_empty(leader));
	rcu_read_unlock();
	return dead;
}

/*
 * Called for each wake-up of the owner's wait_pidfd, under its lock, with interrupts
 * off and tasklist_lock held: it takes no lock. Some kernels wake it at the end of the
 * leader alone, some several times for one end, the last time at the reap; it counts
 * once.
 */
static int mq_registry_watch(struct wait_queue_entry *entry, unsigned int mode,
			     int flags, void *key)
{
	struct mq_endpoint *ep = container_of(entry, struct mq_endpoint, exit_watch);

	if (ep->dead || !mq_registry_is_dead(ep->owner))
		return 0;

	WRITE_ONCE(ep->dead, true);
	llist_add(&ep->dead_node, &mq_registry.dead);
	schedule_work(&mq_registry.reap);
	return 0;
}

static void mq_registry_unlink_locked(struct mq_endpoint *ep)
{
	lockdep_assert_held(&mq_registry.lock);

	rhashtable_remove_fast(&mq_registry.names, &ep->by_name, mq_registry_names);
	rhashtable_remove_fast(&mq_registry.owners, &ep->by_owner, mq_registry_owners);
	xa_erase(&mq_registry.slots, ep->slot);
	mq_registry.count--;
	ep->linked = false;

	/* Once it is off, the callback does not run and ep->dead stays as it is. */
	remove_wait_queue(&ep->owner->wait_pidfd, &ep->exit_watch);
}

/* Unlink the dead. Return: those that the caller shall end and put. */
static struct llist_node *mq_registry_reap_locked(void)
{
	struct llist_node *dead = llist_del_all(&mq_registry.dead);
	struct mq_endpoint *ep;

	llist_for_each_entry(ep, dead, dead_node)
		if (ep->linked)
			mq_registry_unlink_locked(ep);
	return dead;
}

static void mq_registry_end(struct llist_node *dead)
{
	struct mq_endpoint *ep, *next;

	llist_for_each_entry_safe(ep, next, dead, dead_node) {
		mq_endpoint_end(ep);
		mq_endpoint_put(ep);
	}
}

static void mq_registry_work(struct work_struct *work)
{
	struct llist_node *dead;

	mutex_lock(&mq_registry.lock);
	dead = mq_registry_reap_locked();
	mutex_unlock(&mq_registry.lock);

	mq_registry_end(dead);
}

/**
 * mq_registry_deinit - end all endpoints that are left, and the registry
 *
 * No file is open, so nobody registers, sends or receives; but owners still die.
 */
void mq_registry_deinit(void)
{
	struct mq_endpoint *ep;
	unsigned long slot;

	mutex_lock(&mq_registry.lock);
	xa_for_each(&mq_registry.slots, slot, ep) {
		mq_registry_unlink_locked(ep);
		/* Unless it is on the list already. */
		if (!ep->dead)
			llist_add(&ep->dead_node, &mq_registry.dead);
	}
	mutex_unlock(&mq_registry.lock);

	/* No watch is left that could queue the work again. */
	flush_work(&mq_registry.reap);
	mq_registry_work(&mq_registry.reap);

	/* Freed endpoints are freed by our code. */
	rcu_barrier();
	xa_destroy(&mq_registry.slots);
	rhashtable_destroy(&mq_registry.owners);
	rhashtable_destroy(&mq_registry.names);
}

static struct mq_endpoint *mq_registry_find_rcu(struct pid *owner)
{
	return rhashtable_lookup(&mq_registry.owners, &owner, mq_registry_owners);
}

static int mq_registry_check_locked(const struct mq_endpoint *ep)
{
	bool taken;

	rcu_read_lock();
	taken = mq_registry_find_rcu(ep->owner) ||
		rhashtable_lookup(&mq_registry.names, &ep->name, mq_registry_names);
	rcu_read_unlock();
	if (taken)
		return -EEXIST;
	return mq_registry.count < mq_max_devices ? 0 : -ENOSPC;
}

/*
 * The slot is reserved first, shown last, and nobody can send before the name is
 * there: a failure in between undoes what no other process has seen.
 */
static int mq_registry_link_locked(struct mq_endpoint *ep)
{
	int err;

	lockdep_assert_held(&mq_registry.lock);

	err = xa_alloc(&mq_registry.slots, &ep->slot, NULL, xa_limit_31b, MQ_GFP);
	if (err)
		return -ENOMEM;
	err = rhashtable_insert_fast(&mq_registry.owners, &ep->by_owner,
				     mq_registry_owners);
	if (err)
		goto err_slot;
	err = rhashtable_insert_fast(&mq_registry.names, &ep->by_name, mq_registry_names);
	if (err)
		goto err_owner;

	/* Cannot fail from here on: the slot has its memory. */
	xa_store(&mq_registry.slots, ep->slot, ep, MQ_GFP);
	mq_registry.count++;
	ep->linked = true;
	/* The caller is a thread of the owner, so it has not ended before this. */
	init_waitqueue_func_entry(&ep->exit_watch, mq_registry_watch);
	add_wait_queue(&ep->owner->wait_pidfd, &ep->exit_watch);
	return 0;

err_owner:
	rhashtable_remove_fast(&mq_registry.owners, &ep->by_owner, mq_registry_owners);
err_slot:
	xa_erase(&mq_registry.slots, ep->slot);
	return -ENOMEM;
}

/**
 * mq_registry_link - make an endpoint known
 * @ep: a new endpoint of the calling process; on success the caller's reference is the
 *	registry's
 *
 * From its return on messages and broadcasts reach it. May sleep.
 *
 * Return: 0, -EEXIST if the name or the process is registered, -ENOSPC if MAX_DEVICES
 * is reached, -ENOMEM.
 */
int mq_registry_link(struct mq_endpoint *ep)
{
	struct llist_node *dead;
	int err;

	mutex_lock(&mq_registry.lock);
	dead = mq_registry_reap_locked();
	err = mq_registry_check_locked(ep);
	if (!err)
		err = mq_registry_link_locked(ep);
	/* Another thread of the owner may unlink and free it as soon as we unlock. */
	if (!err)
		mq_endpoint_wake_pollers(ep);
	mutex_unlock(&mq_registry.lock);

	mq_registry_end(dead);
	if (err == -ENOSPC)
		mq_alert_show(MQ_ALERT_FULL,
			      "registry is full (MAX_DEVICES=%u), refused %s\n",
			      mq_max_devices, ep->name.bytes);
	return err;
}

/**
 * mq_registry_unlink - drop the calling process's registration and its messages
 * @owner: the calling process
 *
 * Return: 0, or -ENOENT if it has none.
 */
int mq_registry_unlink(struct pid *owner)
{
	struct mq_endpoint *ep;

	mutex_lock(&mq_registry.lock);
	rcu_read_lock();
	ep = mq_registry_find_rcu(owner);
	rcu_read_unlock();
	if (ep)
		mq_registry_unlink_locked(ep);
	mutex_unlock(&mq_registry.lock);
	if (!ep)
		return -ENOENT;

	mq_endpoint_end(ep);
	mq_endpoint_put(ep);
	return 0;
}

/**
 * mq_registry_get - a process's endpoint
 * @owner: the calling process
 *
 * Return: the endpoint with a reference for the caller, or NULL.
 */
struct mq_endpoint *mq_registry_get(struct pid *owner)
{
	struct mq_endpoint *ep;

	rcu_read_lock();
	ep = mq_endpoint_get_rcu(mq_registry_find_rcu(owner));
	rcu_read_unlock();
	return ep;
}

/**
 * mq_registry_next_rcu - walk over all endpoints
 * @slot: where to begin; receives where the endpoint was found
 *
 * Return: the first endpoint at or behind @slot whose owner lives, or NULL.
 */
struct mq_endpoint *mq_registry_next_rcu(unsigned long *slot)
{
	struct mq_endpoint *ep;

	for (ep = xa_find(&mq_registry.slots, slot, ULONG_MAX, XA_PRESENT);
	     ep && READ_ONCE(ep->dead);
	     ep = xa_find_after(&mq_registry.slots, slot, ULONG_MAX, XA_PRESENT))
		;
	return ep;
}

/**
 * mq_registry_send - send a message to a name
 * @name: the destination
 * @msg: the message; on success the caller's reference is the mailbox's
 *
 * Takes no lock that registering takes. Frees what was overwritten, so it may sleep.
 *
 * Return: 0, or -ENOENT if nobody has that name.
 */
int mq_registry_send(const struct mq_name *name, struct mq_message *msg)
{
	LLIST_HEAD(dead);
	struct mq_endpoint *ep;
	int err = -ENOENT;

	rcu_read_lock();
	ep = rhashtable_lookup(&mq_registry.names, name, mq_registry_names);
	if (ep && !READ_ONCE(ep->dead))
		err = mq_endpoint_send(ep, msg, &dead);
	rcu_read_unlock();

	mq_message_drain(&dead);
	return err;
}

/* One RCU section of a broadcast. Return: whether there may be more receivers. */
static bool mq_registry_broadcast_batch(struct xa_state *xas, struct mq_endpoint *from,
					struct mq_message *msg)
{
	unsigned int left = MQ_REGISTRY_BATCH;
	LLIST_HEAD(dead);
	struct mq_endpoint *ep;

	rcu_read_lock();
	xas_for_each(xas, ep, ULONG_MAX) {
		if (xas_retry(xas, ep))
			continue;
		if (ep != from && !READ_ONCE(ep->dead) &&
		    mq_endpoint_send(ep, mq_message_get(msg), &dead))
			mq_message_put_rcu(msg, &dead);
		if (!--left)
			break;
	}
	xas_pause(xas);
	rcu_read_unlock();

	mq_message_drain(&dead);
	return !left;
}

/**
 * mq_registry_broadcast - send a message to all endpoints but one
 * @from: the sender, which is skipped; the caller holds a reference
 * @msg: the message; the caller keeps his reference
 *
 * An endpoint keeps its slot for life and the walk goes upwards, so each one that is
 * there from beginning to end gets the message exactly once. One sender's broadcasts
 * run one after the other: all receivers see them in one order. May sleep, holds up
 * nobody but this sender's other threads; SIGKILL ends it half way.
 *
 * Return: 0 or -EINTR, which only a process that is being killed sees.
 */
int mq_registry_broadcast(struct mq_endpoint *from, struct mq_message *msg)
{
	XA_STATE(xas, &mq_registry.slots, 0);
	int err;

	err = mutex_lock_killable(&from->broadcasting);
	if (err)
		return err;

	while (mq_registry_broadcast_batch(&xas, from, msg)) {
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	mutex_unlock(&from->broadcasting);
	return err;
}
