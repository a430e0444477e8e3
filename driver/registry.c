// SPDX-License-Identifier: GPL-2.0-only
#include "registry.h"

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "alert.h"
#include "driver.h"
#include "endpoint.h"
#include "identity.h"
#include "monitor.h"
#include "quota.h"
#include "totals.h"
#include "trace.h"

/*
 * Endpoints that a broadcast serves in one RCU section: long enough to cost little,
 * short enough that thousands of receivers hold up no grace period.
 */
#define MQ_REGISTRY_BATCH	256

/* What names are hashed with: so no user knows which of them meet. */
static struct mq_name_secret mq_registry_secret __read_mostly;

static __always_inline u32 mq_registry_hash_name(const void *key, u32 len, u32 seed)
{
	return mq_name_hash(key, &mq_registry_secret, seed);
}

static int mq_registry_compare_name(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct mq_endpoint *ep = object;

	return !mq_name_is_equal(&ep->name, arg->key);
}

/**
 * struct mq_address - a name in a space
 * @name: the name
 * @space: the pid namespace, or NULL where there is but one space
 */
struct mq_address {
	const struct mq_name *name;
	const struct pid_namespace *space;
};

static u32 mq_registry_hash_address(const void *key, u32 len, u32 seed)
{
	const struct mq_address *address = key;

	if (address->space)
		seed ^= hash_ptr(address->space, 32);
	return mq_registry_hash_name(address->name, len, seed);
}

static int mq_registry_compare_address(struct rhashtable_compare_arg *arg,
				       const void *object)
{
	const struct mq_address *address = arg->key;
	const struct mq_endpoint *ep = object;

	return !mq_name_is_equal(&ep->name, address->name) ||
	       !mq_identity_is_in(ep->identity, address->space);
}

static u32 mq_registry_hash_endpoint(const void *object, u32 len, u32 seed)
{
	const struct mq_endpoint *ep = object;
	const struct mq_address address = {
		.name = &ep->name,
		.space = mq_identity_find_space(ep->identity),
	};

	return mq_registry_hash_address(&address, len, seed);
}

/*
 * No user chooses where a struct pid lies. The table takes the low bits of a hash, so
 * this is the upper half of a 64-bit product, on 32-bit machines too.
 */
static u32 mq_registry_hash_owner(const void *key, u32 len, u32 seed)
{
	return (u32)((uintptr_t)*(struct pid *const *)key * GOLDEN_RATIO_64 >> 32) ^ seed;
}

static int mq_registry_compare_owner(struct rhashtable_compare_arg *arg,
				     const void *object)
{
	const struct mq_endpoint *ep = object;

	return ep->owner != *(struct pid *const *)arg->key;
}

static const struct rhashtable_params mq_registry_names = {
	.head_offset = offsetof(struct mq_endpoint, by_name),
	.hashfn = mq_registry_hash_address,
	.obj_hashfn = mq_registry_hash_endpoint,
	.obj_cmpfn = mq_registry_compare_address,
	.automatic_shrinking = true,
};

/* The same table where there is but one space: the key is a name alone. */
static const struct rhashtable_params mq_registry_plain_names = {
	.key_len = sizeof_field(struct mq_endpoint, name),
	.head_offset = offsetof(struct mq_endpoint, by_name),
	.hashfn = mq_registry_hash_name,
	.obj_hashfn = mq_registry_hash_endpoint,
	.obj_cmpfn = mq_registry_compare_name,
	.automatic_shrinking = true,
};

static const struct rhashtable_params mq_registry_owners = {
	.key_len = sizeof_field(struct mq_endpoint, owner),
	.key_offset = offsetof(struct mq_endpoint, owner),
	.head_offset = offsetof(struct mq_endpoint, by_owner),
	.hashfn = mq_registry_hash_owner,
	.obj_cmpfn = mq_registry_compare_owner,
	.automatic_shrinking = true,
};

static void mq_registry_work(struct work_struct *work);

/*
 * The registry.
 *
 * lock: who comes and goes
 * names, owners: read under RCU, changed under the lock
 * slots: MAX_DEVICES places, in which all are found by walking; likewise
 * top: behind the last slot in use; likewise: whoever is there from the beginning of a walk
 *	to its end lies below each value that it reads
 * count: how many slots are in use, under the lock
 * used: which slots are taken, under the lock
 * listeners: who is told of all that come and go, under the lock
 * others: all other endpoints, and those who have gone and are not freed; likewise
 * past: how many came and went, and the counters of those that are freed; likewise
 * dead: endpoints whose owner has ended, each with its link's reference; anybody
 *	adds, without the lock, only @reap removes, under it: what the list held at
 *	any moment stays linked as long as the lock is held
 * reap: unlinks and ends them, in a queue of our own: freeing takes a while
 */
static struct {
	struct mutex lock;	/* see driver.h */
	struct rhashtable names;
	struct rhashtable owners;
	struct mq_endpoint __rcu **slots;
	u32 top;
	u32 count;
	unsigned long *used;
	struct list_head listeners;
	struct list_head others;
	struct mq_totals past;
	struct llist_head dead;
	struct work_struct reap;
	struct workqueue_struct *queue;
} mq_registry = {
	.lock = __MUTEX_INITIALIZER(mq_registry.lock),
	.listeners = LIST_HEAD_INIT(mq_registry.listeners),
	.others = LIST_HEAD_INIT(mq_registry.others),
	.dead = LLIST_HEAD_INIT(mq_registry.dead),
	.reap = __WORK_INITIALIZER(mq_registry.reap, mq_registry_work),
};

static void mq_registry_free(void)
{
	if (mq_registry.queue)
		destroy_workqueue(mq_registry.queue);
	bitmap_free(mq_registry.used);
	kvfree(mq_registry.slots);
}

/**
 * mq_registry_init - make the empty registry
 *
 * Return: 0 or a negative errno.
 */
int mq_registry_init(void)
{
	int err;

	get_random_bytes(&mq_registry_secret, sizeof(mq_registry_secret));
	if (mq_isolate)
		static_branch_enable(&mq_identity_isolated);

	mq_registry.slots = kvcalloc(mq_max_devices, sizeof(*mq_registry.slots), GFP_KERNEL);
	mq_registry.used = bitmap_zalloc(mq_max_devices, GFP_KERNEL);
	mq_registry.queue = alloc_workqueue("mq_registry", WQ_UNBOUND, 0);
	err = -ENOMEM;
	if (!mq_registry.slots || !mq_registry.used || !mq_registry.queue)
		goto err_memory;
	/* A look-up that the compiler does not inline hashes its key as the table says. */
	err = rhashtable_init(&mq_registry.names, mq_isolate ? &mq_registry_names :
						  &mq_registry_plain_names);
	if (err)
		goto err_memory;
	err = rhashtable_init(&mq_registry.owners, &mq_registry_owners);
	if (err)
		goto err_names;
	return 0;

err_names:
	rhashtable_destroy(&mq_registry.names);
err_memory:
	mq_registry_free();
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

	/*
	 * In the list before anybody sees it dead: who does may register its name at once,
	 * and unlinks it for that. He waits for the lock that we have.
	 */
	llist_add(&ep->dead_node, &mq_registry.dead);
	WRITE_ONCE(ep->dead, true);
	WRITE_ONCE(ep->gate, MQ_GATE_CLOSED);
	queue_work(mq_registry.queue, &mq_registry.reap);
	return 0;
}

static struct mq_endpoint *mq_registry_slot_locked(u32 slot)
{
	return rcu_dereference_protected(mq_registry.slots[slot],
					 lockdep_is_held(&mq_registry.lock));
}

static void mq_registry_take_slot_locked(struct mq_endpoint *ep, u32 slot)
{
	ep->slot = slot;
	mq_registry.count++;
	__set_bit(slot, mq_registry.used);
	rcu_assign_pointer(mq_registry.slots[slot], ep);
	if (slot >= mq_registry.top)
		WRITE_ONCE(mq_registry.top, slot + 1);
}

static void mq_registry_free_slot_locked(u32 slot)
{
	u32 top = mq_registry.top;

	RCU_INIT_POINTER(mq_registry.slots[slot], NULL);
	mq_registry.count--;
	__clear_bit(slot, mq_registry.used);
	while (top && !test_bit(top - 1, mq_registry.used))
		top--;
	WRITE_ONCE(mq_registry.top, top);
}

static void mq_registry_tell_locked(struct mq_endpoint *ep, u32 flags)
{
	const struct pid_namespace *space = mq_identity_find_space(ep->identity);
	struct mq_endpoint *listener;

	list_for_each_entry(listener, &mq_registry.listeners, listener) {
		if (listener != ep && mq_identity_is_in(listener->identity, space))
			mq_endpoint_send_event(listener, ep->identity, flags);
		cond_resched();
	}
}

static void mq_registry_unlink_owner_locked(struct mq_endpoint *ep)
{
	rhashtable_remove_fast(&mq_registry.owners, &ep->by_owner, mq_registry_owners);
	/* Once it is off, the callback does not run and ep->dead stays as it is. */
	remove_wait_queue(&ep->owner->wait_pidfd, &ep->exit_watch);
}

static void mq_registry_unlink_locked(struct mq_endpoint *ep)
{
	lockdep_assert_held(&mq_registry.lock);

	ep->linked = false;
	/* A file that remembers it must not find it when this process registers anew. */
	WRITE_ONCE(ep->gate, MQ_GATE_CLOSED);
	list_move_tail(&ep->listener, &mq_registry.others);
	mq_registry.past.gone++;
	if (ep->terms.monitors)
		mq_monitor_unlink(ep->monitor);
	mq_quota_put_locked(ep->identity, ep->terms.depth);
	if (mq_endpoint_is_anonymous(ep))
		return;

	rhashtable_remove_fast(&mq_registry.names, &ep->by_name, mq_registry_names);
	if (ep->owner)
		mq_registry_unlink_owner_locked(ep);
	mq_registry_free_slot_locked(ep->slot);
	mq_registry_tell_locked(ep, MQ_FRAME_GONE);
}

/* The names and places of the dead are free; their memory is left to the work. */
static void mq_registry_unlink_dead_locked(void)
{
	struct mq_endpoint *ep;

	llist_for_each_entry(ep, READ_ONCE(mq_registry.dead.first), dead_node)
		if (ep->linked)
			mq_registry_unlink_locked(ep);
}

/**
 * mq_registry_show_quota - what a user has now
 * @user: who
 * @endpoints: receives how many endpoints
 * @bytes: receives what their mailboxes may take
 *
 * Whoever was waited for no longer counts. May sleep.
 */
void mq_registry_show_quota(kuid_t user, u32 *endpoints, u64 *bytes)
{
	mutex_lock(&mq_registry.lock);
	mq_registry_unlink_dead_locked();
	mq_quota_show_locked(user, endpoints, bytes);
	mutex_unlock(&mq_registry.lock);
}

/**
 * mq_registry_forget - an endpoint is going to be freed: what it has counted stays
 * @ep: the endpoint, without references; or one that was never linked
 *
 * May sleep.
 */
void mq_registry_forget(struct mq_endpoint *ep)
{
	mutex_lock(&mq_registry.lock);
	if (!list_empty(&ep->listener)) {
		mq_totals_add_counters(&mq_registry.past, ep);
		list_del(&ep->listener);
	}
	mutex_unlock(&mq_registry.lock);
}

static void mq_registry_add_totals_locked(struct mq_totals *totals, struct list_head *list)
{
	struct mq_endpoint *ep;

	list_for_each_entry(ep, list, listener) {
		mq_totals_add_counters(totals, ep);
		mq_totals_add_memory(totals, ep);
		cond_resched();
	}
}

/**
 * mq_registry_show_totals - what became of all messages, and the memory that is held
 * @totals: receives it; its size is the caller's
 *
 * Whoever was waited for no longer counts. Takes as long as there are endpoints, and
 * nobody comes or goes meanwhile: for an administrator. May sleep.
 */
void mq_registry_show_totals(struct mq_totals *totals)
{
	mutex_lock(&mq_registry.lock);
	mq_registry_unlink_dead_locked();
	*totals = mq_registry.past;
	totals->names = mq_registry.count;
	totals->anonymous = totals->come - totals->gone - totals->names;
	mq_registry_add_totals_locked(totals, &mq_registry.listeners);
	mq_registry_add_totals_locked(totals, &mq_registry.others);
	mutex_unlock(&mq_registry.lock);
	mq_totals_add_local(totals);
}

static void mq_registry_tell_end(struct mq_endpoint *ep)
{
	struct mq_status end;

	mq_endpoint_show(ep, &init_user_ns, &end);
	trace_mq_unregister(ep, &end);
}

/* Unlinked, it ends, and the link's reference is given back. */
static void mq_registry_end(struct mq_endpoint *ep)
{
	mq_endpoint_end(ep);
	if (trace_mq_unregister_enabled())
		mq_registry_tell_end(ep);
	mq_endpoint_put(ep);
}

static void mq_registry_work(struct work_struct *work)
{
	struct mq_endpoint *ep, *next;
	struct llist_node *dead;

	mutex_lock(&mq_registry.lock);
	dead = llist_del_all(&mq_registry.dead);
	llist_for_each_entry(ep, dead, dead_node)
		if (ep->linked)
			mq_registry_unlink_locked(ep);
	mutex_unlock(&mq_registry.lock);

	llist_for_each_entry_safe(ep, next, dead, dead_node)
		mq_registry_end(ep);
}

/**
 * mq_registry_deinit - end all endpoints that are left, and the registry
 *
 * No file is open, so nobody registers, sends or receives; but owners still die.
 */
void mq_registry_deinit(void)
{
	struct mq_endpoint *ep;
	u32 slot;

	mutex_lock(&mq_registry.lock);
	for_each_set_bit(slot, mq_registry.used, mq_max_devices) {
		ep = mq_registry_slot_locked(slot);
		mq_registry_unlink_locked(ep);
		/* Unless it is on the list already. */
		if (!ep->dead)
			llist_add(&ep->dead_node, &mq_registry.dead);
	}
	mutex_unlock(&mq_registry.lock);

	/* No watch is left that could queue the work once more. */
	queue_work(mq_registry.queue, &mq_registry.reap);
	flush_work(&mq_registry.reap);

	/* Endpoints are freed by our code after a grace period. */
	rcu_barrier();
	rhashtable_destroy(&mq_registry.owners);
	rhashtable_destroy(&mq_registry.names);
	mq_registry_free();
}

/**
 * mq_registry_find_rcu - a process's endpoint
 * @owner: the calling process
 *
 * Return: the endpoint, for the caller's RCU section, or NULL.
 */
struct mq_endpoint *mq_registry_find_rcu(struct pid *owner)
{
	return rhashtable_lookup(&mq_registry.owners, &owner, mq_registry_owners);
}

static noinline struct mq_endpoint *
mq_registry_find_address_rcu(const struct mq_name *name, const struct mq_identity *who)
{
	const struct mq_address address = {
		.name = name,
		.space = who ? mq_identity_find_space(who) : mq_identity_find_own_space(),
	};

	return rhashtable_lookup(&mq_registry.names, &address, mq_registry_names);
}

/**
 * mq_registry_find_name_rcu - who has a name
 * @name: the name
 * @who: who asks: it is looked for in his space; NULL: the caller
 *
 * Return: the endpoint, for the caller's RCU section, or NULL.
 */
struct mq_endpoint *mq_registry_find_name_rcu(const struct mq_name *name,
					      const struct mq_identity *who)
{
	if (static_branch_unlikely(&mq_identity_isolated))
		return mq_registry_find_address_rcu(name, who);
	return rhashtable_lookup(&mq_registry.names, name, mq_registry_plain_names);
}

static bool mq_registry_has_locked(const struct mq_endpoint *ep)
{
	bool has;

	rcu_read_lock();
	has = mq_registry_find_name_rcu(&ep->name, ep->identity) ||
	      (ep->owner && mq_registry_find_rcu(ep->owner));
	rcu_read_unlock();
	return has;
}

/* Tables that have to grow allocate; whatever they say, memory is what they lack. */
static int mq_registry_insert_locked(struct mq_endpoint *ep)
{
	if (ep->owner && rhashtable_insert_fast(&mq_registry.owners, &ep->by_owner,
						mq_registry_owners))
		return -ENOMEM;
	if (!rhashtable_insert_fast(&mq_registry.names, &ep->by_name, mq_registry_names))
		return 0;
	if (ep->owner)
		rhashtable_remove_fast(&mq_registry.owners, &ep->by_owner,
				       mq_registry_owners);
	return -ENOMEM;
}

/* The last places are for whom no limit holds. */
static bool mq_registry_has_place_locked(const struct mq_endpoint *ep)
{
	u32 kept = ep->identity->is_unlimited ? 0 : mq_root_devices;

	return mq_registry.count + kept < mq_max_devices;
}

/*
 * Nobody can send before the name is there: a failure before that undoes what no
 * other process has seen (but mq_registry_link() minds the owner's own threads).
 */
static int mq_registry_link_named_locked(struct mq_endpoint *ep)
{
	if (!mq_registry_has_place_locked(ep))
		return -ENOSPC;
	if (mq_registry_insert_locked(ep))
		return -ENOMEM;

	/* Nothing below can fail. */
	mq_registry_take_slot_locked(ep, find_first_zero_bit(mq_registry.used, mq_max_devices));
	if (ep->owner) {
		/* The caller is a thread of the owner, so it has not ended before this. */
		init_waitqueue_func_entry(&ep->exit_watch, mq_registry_watch);
		add_wait_queue(&ep->owner->wait_pidfd, &ep->exit_watch);
	}
	mq_registry_tell_locked(ep, MQ_FRAME_COME);
	return 0;
}

static int mq_registry_link_locked(struct mq_endpoint *ep)
{
	bool is_named = !mq_endpoint_is_anonymous(ep);
	int err;

	lockdep_assert_held(&mq_registry.lock);

	if (is_named && mq_registry_has_locked(ep))
		return -EEXIST;
	if (ep->terms.monitors && !mq_monitor_has_place())
		return -EUSERS;
	err = mq_quota_get_locked(ep->identity, ep->terms.depth);
	if (err)
		return err;
	if (is_named)
		err = mq_registry_link_named_locked(ep);
	if (err) {
		mq_quota_put_locked(ep->identity, ep->terms.depth);
		return err;
	}
	ep->linked = true;
	trace_mq_register(ep);
	list_add_tail(&ep->listener, ep->terms.events ? &mq_registry.listeners :
							&mq_registry.others);
	mq_registry.past.come++;
	if (ep->terms.monitors)
		mq_monitor_link(ep->monitor);
	return 0;
}

/**
 * mq_registry_link - make an endpoint known
 * @ep: a new endpoint of the calling process, or of its file; on success the caller's
 *	reference is the registry's
 *
 * From its return on messages and broadcasts reach it. May sleep.
 *
 * Return: 0, -EEXIST if the name or the process is registered, -EDQUOT if its user has all
 * that he may have, -ENOSPC if MAX_DEVICES is reached, -EUSERS if there may be no more
 * monitors, -ENOMEM.
 */
int mq_registry_link(struct mq_endpoint *ep)
{
	int err;

	if (ep->terms.monitors)
		mq_monitor_get();
	mutex_lock(&mq_registry.lock);
	mq_registry_unlink_dead_locked();
	err = mq_registry_link_locked(ep);
	/*
	 * Another thread of the owner may unlink and free it as soon as we unlock. A file's
	 * pollers are told when the file has it (handle.c).
	 */
	if (!err && ep->owner)
		mq_endpoint_wake_pollers(ep);
	mutex_unlock(&mq_registry.lock);

	if (err && ep->terms.monitors)
		mq_monitor_put();
	/* Another thread of the owner may have found it, and sleep on it, before we failed. */
	if (err == -ENOMEM)
		mq_endpoint_end(ep);
	if (err == -ENOSPC)
		mq_alert_show(MQ_ALERT_FULL,
			      "registry is full (MAX_DEVICES=%u), refused %s\n",
			      mq_max_devices, ep->name.bytes);
	return err;
}

/**
 * mq_registry_unlink - the end of a file's endpoint
 * @ep: the endpoint; the reference that went with its link is given back
 *
 * The file is being released: nobody else unlinks. May sleep.
 */
void mq_registry_unlink(struct mq_endpoint *ep)
{
	mutex_lock(&mq_registry.lock);
	mq_registry_unlink_locked(ep);
	mutex_unlock(&mq_registry.lock);

	if (ep->terms.monitors)
		mq_monitor_put();
	mq_registry_end(ep);
}

/**
 * mq_registry_unlink_owner - drop the calling process's registration and its messages
 * @owner: the calling process
 *
 * Return: 0, or -ENOENT if it has none.
 */
int mq_registry_unlink_owner(struct pid *owner)
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

	mq_registry_end(ep);
	return 0;
}

/**
 * mq_registry_next_rcu - walk over all endpoints
 * @slot: where to begin; receives where the endpoint was found
 * @space: whose names; NULL: all
 *
 * Return: the first endpoint at or behind @slot whose owner lives, or NULL.
 */
struct mq_endpoint *mq_registry_next_rcu(u32 *slot, const struct pid_namespace *space)
{
	struct mq_endpoint *ep;

	for (; *slot < READ_ONCE(mq_registry.top); ++*slot) {
		ep = rcu_dereference(mq_registry.slots[*slot]);
		if (ep && !READ_ONCE(ep->dead) &&
		    (!space || mq_identity_is_in(ep->identity, space)))
			return ep;
	}
	return NULL;
}

/* mq_registry_send_rcu() where there are monitors. */
static noinline int mq_registry_send_told_rcu(const struct mq_name *name,
					      struct mq_message *msg, struct llist_head *dead)
{
	struct mq_endpoint *ep;
	int err = -ENOENT;

	refcount_inc(&msg->refs);
	mq_message_stamp(msg);
	ep = mq_registry_find_name_rcu(name, msg->sender);
	if (ep)
		err = mq_endpoint_send_guarded(ep, msg, NULL, dead);
	/* Who does not wait for room is told that there is none. */
	mq_monitor_send_rcu(msg, name, err == -EAGAIN ? -ENOBUFS : err, !err, dead);
	mq_message_put_rcu(msg, dead);
	return err;
}

/**
 * mq_registry_send_rcu - send a message to a name, without waiting for anything
 * @name: the destination
 * @msg: the message; on success the caller's reference is the mailbox's
 * @dead: receives a message that was overwritten and has no other reference
 *
 * Takes no lock that registering takes.
 *
 * Return: 0, -ENOENT if nobody has that name, or why mq_endpoint_send() refused it.
 */
int mq_registry_send_rcu(const struct mq_name *name, struct mq_message *msg,
			 struct llist_head *dead)
{
	struct mq_endpoint *ep;

	if (mq_monitor_is_active())
		return mq_registry_send_told_rcu(name, msg, dead);
	ep = mq_registry_find_name_rcu(name, msg->sender);
	if (!ep)
		return -ENOENT;
	if (ep->handle)
		mq_message_stamp(msg);
	return mq_endpoint_send(ep, msg, dead);
}

/**
 * mq_registry_is_open - whether a name takes whatever comes, and nobody is told of it
 * @from: who wants to know
 * @name: the name
 *
 * Return: true unless nobody has it, or whoever has it looks at what it takes, or there
 * are monitors, or each message is traced.
 */
bool mq_registry_is_open(struct mq_endpoint *from, const struct mq_name *name)
{
	struct mq_endpoint *ep;
	bool is_open;

	rcu_read_lock();
	ep = mq_registry_find_name_rcu(name, from->identity);
	is_open = ep && READ_ONCE(ep->gate) == MQ_GATE_OPEN && !mq_monitor_is_active() &&
		  !mq_endpoint_is_watched();
	rcu_read_unlock();
	return is_open;
}

/**
 * mq_registry_send_run - send several messages of one sender to a name that takes them all
 * @name: the destination
 * @msgs: the messages, which know their time; on success the caller's references are the
 *	mailbox's
 * @count: how many
 *
 * Takes no lock that registering takes.
 *
 * Return: true, or false if nobody has the name (any more), or not one that is open.
 */
bool mq_registry_send_run(const struct mq_name *name, struct mq_message **msgs, u32 count)
{
	struct mq_endpoint *ep;
	LLIST_HEAD(dead);
	bool is_sent;

	rcu_read_lock();
	ep = mq_registry_find_name_rcu(name, msgs[0]->sender);
	is_sent = ep && mq_endpoint_send_run(ep, msgs, count, &dead);
	rcu_read_unlock();

	mq_message_drain(&dead);
	return is_sent;
}

/* Sends, and says MQ_SEND_PENDING where mq_registry_send_pending() waits. */
static int mq_registry_begin_pending(struct mq_endpoint *ep, struct mq_pending *pending)
{
	LLIST_HEAD(dead);
	int err;

	if (!ep)
		return -ENOENT;
	err = mq_endpoint_send_guarded(ep, pending->msg, pending, &dead);
	mq_message_drain(&dead);
	return err;
}

/*
 * mq_registry_begin_pending() where there are monitors: they are told of the message when
 * it is in the mailbox, or refused; so who waits for room does that here.
 */
static noinline int mq_registry_begin_told(const struct mq_name *name, struct mq_endpoint *ep,
					   struct mq_pending *pending, ktime_t deadline)
{
	struct mq_message *msg = pending->msg;
	int err;

	refcount_inc(&msg->refs);
	err = mq_registry_begin_pending(ep, pending);
	if (err == MQ_SEND_PENDING) {
		pending->tells_sent = true;
		err = mq_endpoint_send_wait(ep, pending, deadline);
	}
	mq_monitor_send(msg, name, pending->msg ? err : 0, !pending->msg);
	mq_message_put(msg);
	return err;
}

/**
 * mq_registry_send_pending - send to a name, and wait for room and for a reply
 * @from: the sender
 * @name: the destination
 * @pending: the message, and what to wait for
 * @deadline: until when at most, CLOCK_MONOTONIC, or KTIME_MAX
 *
 * Afterwards mq_pending.msg is the message, with the caller's reference, if it was not
 * sent, and mq_pending.reply the reply to a call that succeeded. Polls of @from wait for
 * room if there was none.
 *
 * Return: 0, -ENOENT, what mq_endpoint_send_guarded() or mq_endpoint_send_wait() says.
 */
int mq_registry_send_pending(struct mq_endpoint *from, const struct mq_name *name,
			     struct mq_pending *pending, ktime_t deadline)
{
	u32 size = pending->msg->text_len;
	struct mq_endpoint *ep;
	u64 begin;
	int err;

	mq_message_stamp(pending->msg);
	begin = pending->msg->time;
	rcu_read_lock();
	ep = mq_endpoint_get_rcu(mq_registry_find_name_rcu(name, from->identity));
	rcu_read_unlock();

	if (mq_monitor_is_active())
		err = mq_registry_begin_told(name, ep, pending, deadline);
	else
		err = mq_registry_begin_pending(ep, pending);
	if (err == MQ_SEND_PENDING)
		err = mq_endpoint_send_wait(ep, pending, deadline);
	else if (err == -EAGAIN)
		mq_endpoint_watch_room(from, ep);
	/* Also of a reply to a call that is older than the monitor. */
	if (pending->reply && mq_monitor_is_active())
		mq_monitor_send(pending->reply, &from->name, 0, 1);
	if (ep && pending->is_call && trace_mq_call_enabled())
		trace_mq_call(ep, from, size, ktime_get_ns() - begin, err);
	mq_endpoint_put(ep);
	return err;
}

/**
 * mq_registry_send_guarded - send a file's message to a name, or wait for room there
 * @from: the sender
 * @name: the destination
 * @msg: the message; on success the caller's reference is the mailbox's
 * @nonblock: do not wait
 *
 * Return: as mq_registry_send_pending().
 */
int mq_registry_send_guarded(struct mq_endpoint *from, const struct mq_name *name,
			     struct mq_message *msg, bool nonblock)
{
	struct mq_pending pending = { .task = current, .msg = msg, .nonblock = nonblock };

	return mq_registry_send_pending(from, name, &pending, KTIME_MAX);
}

/*
 * One RCU section of a broadcast: the slots from @slot on, MQ_REGISTRY_BATCH at most.
 * The references for all mailboxes are taken at once, and those given back that no
 * mailbox has got; @reached grows by how many have.
 *
 * Return: the next slot, or 0 if there is none.
 */
static u32 mq_registry_broadcast_batch(u32 slot, struct mq_endpoint *from,
				       struct mq_message *msg, u32 *reached)
{
	struct mq_endpoint __rcu **slots = mq_registry.slots;
	u32 end = min(READ_ONCE(mq_registry.top), slot + MQ_REGISTRY_BATCH);
	u32 unused = MQ_REGISTRY_BATCH;
	struct mq_endpoint *ep;
	LLIST_HEAD(dead);

	refcount_add(unused, &msg->refs);
	rcu_read_lock();
	for (; slot < end; slot++) {
		ep = rcu_dereference(slots[slot]);
		if (ep && ep != from && !mq_endpoint_send(ep, msg, &dead))
			unused--;
	}
	rcu_read_unlock();

	/* The caller's reference is left, whatever the receivers do meanwhile. */
	WARN_ON(refcount_sub_and_test(unused, &msg->refs));
	mq_message_drain(&dead);
	*reached += MQ_REGISTRY_BATCH - unused;
	return slot < READ_ONCE(mq_registry.top) ? slot : 0;
}

/**
 * mq_registry_broadcast - send a message to all endpoints of a space but one
 * @from: the sender, which is skipped; the caller holds a reference. NULL: the kernel, which
 *	sees to it that one sender's broadcasts run one after the other
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
	u32 slot = 0, reached = 0;
	int err;

	err = from ? mq_endpoint_broadcast_begin(from) : 0;
	if (err)
		return err;
	mq_message_stamp(msg);
	mq_totals_count_broadcast();

	while ((slot = mq_registry_broadcast_batch(slot, from, msg, &reached))) {
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	/* Before the sender's next one. */
	if (mq_monitor_is_active())
		mq_monitor_send(msg, NULL, err, reached);
	if (from)
		mq_endpoint_broadcast_end(from);
	trace_mq_broadcast(msg, reached);
	return err;
}
