// SPDX-License-Identifier: GPL-2.0-only
#include "sender.h"

#include <linux/err.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/mq_kernel.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "driver.h"
#include "identity.h"
#include "message.h"
#include "name.h"
#include "registry.h"
#include "trace.h"

/**
 * struct mq_sender_slot - room for one message on its way
 * @node: where it is, see sender.h
 * @msg: the message, or memory for one; a reference. NULL: bare
 * @dest: whom it is for; the empty name of a broadcast
 */
struct mq_sender_slot {
	struct llist_node node;
	struct mq_message *msg;
	struct mq_name dest;
};

/**
 * struct mq_sender - what a driver sends with
 * @listed: in the list of all
 * @identity: who the receivers see; a reference, constant
 * @size: bytes that a message may have; constant
 * @slot_count: how many are at @slots; constant
 * @lock: covers taking from @free, and @status
 * @status: what became of the messages, but for those queued; under the lock
 * @free: slots for a message
 * @pending: with one, the newest first
 * @bare: without memory
 * @work: sends what is pending; one at a time, so in order
 * @slots: all of them
 */
struct mq_sender {
	struct list_head listed;
	struct mq_identity *identity;
	size_t size;
	unsigned int slot_count;
	raw_spinlock_t lock;		/* see driver.h */
	struct mq_sender_status status;
	struct llist_head free;
	struct llist_head pending;
	struct llist_head bare;
	struct work_struct work;
	struct mq_sender_slot slots[];
};

/*
 * All senders, for who looks at them; and where their works run, each on whatever CPU has
 * time. What an interrupt tells should not wait behind whoever has the CPU.
 */
static struct {
	struct mutex lock;		/* see driver.h */
	struct list_head list;
	struct workqueue_struct *queue;
} mq_senders = {
	.lock = __MUTEX_INITIALIZER(mq_senders.lock),
	.list = LIST_HEAD_INIT(mq_senders.list),
};

/**
 * mq_sender_init - make the queue for the works of senders
 *
 * Return: 0 or -ENOMEM.
 */
int mq_sender_init(void)
{
	mq_senders.queue = alloc_workqueue("mq_sender", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return mq_senders.queue ? 0 : -ENOMEM;
}

/**
 * mq_sender_deinit - no driver that has a sender is left: it would hold the module
 */
void mq_sender_deinit(void)
{
	destroy_workqueue(mq_senders.queue);
}

/* The caller's alone, or NULL; what comes of it is counted. */
static struct mq_sender_slot *mq_sender_pop_free(struct mq_sender *sender)
{
	struct llist_node *node;
	unsigned long flags;

	raw_spin_lock_irqsave(&sender->lock, flags);
	node = llist_del_first(&sender->free);
	if (node)
		sender->status.accepted++;
	else
		sender->status.full++;
	raw_spin_unlock_irqrestore(&sender->lock, flags);
	return node ? llist_entry(node, struct mq_sender_slot, node) : NULL;
}

static void mq_sender_fill(struct mq_sender_slot *slot, const struct mq_name *dest,
			   const void *bytes, size_t len)
{
	struct mq_message *msg = slot->msg;

	slot->dest = *dest;
	memcpy(msg->data, bytes, len);
	msg->text = msg->data;
	msg->text_len = len;
	msg->flags = mq_name_is_empty(dest) ? MQ_FRAME_BROADCAST : 0;
	msg->time = 0;
	mq_message_stamp(msg);
}

/*
 * Any context. The work is queued behind the message, and each time:
 *
 *	interrupt			work			mq_sender_free()
 *					takes what is pending
 *	adds a slot to the pending
 *	queues the work once more
 *	is over, and freed
 *					sends, ends		flushes: waits for the
 *					begins again: sends	second run, too
 *							frees
 *
 * And where all slots are bare, nobody but a send that finds none free makes it try again.
 */
static int mq_sender_push(struct mq_sender *sender, const struct mq_name *dest,
			  const void *bytes, size_t len)
{
	struct mq_sender_slot *slot;

	if (!len)
		return -EINVAL;
	if (len > sender->size)
		return -EMSGSIZE;

	slot = mq_sender_pop_free(sender);
	if (slot) {
		mq_sender_fill(slot, dest, bytes, len);
		llist_add(&slot->node, &sender->pending);
	}
	queue_work(mq_senders.queue, &sender->work);
	return slot ? 0 : -ENOBUFS;
}

/**
 * mq_sender_send - send bytes to a name; any context but an NMI
 * @sender: who sends
 * @dest: the name of the endpoint that shall have them
 * @bytes: the message, which is copied
 * @len: how many bytes
 *
 * Neither sleeps nor allocates; the message is in the mailbox soon. Who has the name
 * then gets it.
 *
 * Return: 0: accepted, and what becomes of it is counted; -EINVAL if @dest is no possible
 * name or there are no bytes; -EMSGSIZE if they are more than the sender's size; -ENOBUFS if
 * no slot is free, which is counted.
 */
int mq_sender_send(struct mq_sender *sender, const char *dest, const void *bytes, size_t len)
{
	struct mq_name name;
	int err;

	err = mq_name_parse(&name, dest, strnlen(dest, MQ_NAME_SIZE));
	return err ? err : mq_sender_push(sender, &name, bytes, len);
}
EXPORT_SYMBOL_GPL(mq_sender_send);

/**
 * mq_sender_broadcast - send bytes to all named endpoints; any context but an NMI
 * @sender: who sends
 * @bytes: the message, which is copied
 * @len: how many bytes
 *
 * Return: as mq_sender_send().
 */
int mq_sender_broadcast(struct mq_sender *sender, const void *bytes, size_t len)
{
	static const struct mq_name all;

	return mq_sender_push(sender, &all, bytes, len);
}
EXPORT_SYMBOL_GPL(mq_sender_broadcast);

/* 0: the slot's reference to the message is a mailbox's, or given back. */
static int mq_sender_pass(struct mq_sender_slot *slot)
{
	LLIST_HEAD(dead);
	int err;

	if (slot->msg->flags & MQ_FRAME_BROADCAST) {
		mq_registry_broadcast(NULL, slot->msg);
		mq_message_put(slot->msg);
		return 0;
	}
	rcu_read_lock();
	err = mq_registry_send_rcu(&slot->dest, slot->msg, &dead);
	rcu_read_unlock();
	mq_message_drain(&dead);
	if (err == -ENOENT)
		trace_mq_reject(slot->dest.bytes, slot->msg, err);
	return err;
}

/* Whoever sees it counted finds the slot free, unless it is bare. */
static void mq_sender_push_used(struct mq_sender *sender, struct mq_sender_slot *slot, int err)
{
	raw_spin_lock_irq(&sender->lock);
	llist_add(&slot->node, err ? &sender->free : &sender->bare);
	if (!err)
		sender->status.sent++;
	else if (err == -ENOENT)
		sender->status.nobody++;
	else
		sender->status.refused++;
	raw_spin_unlock_irq(&sender->lock);
}

/* What was accepted is passed on before any memory is asked for, in the order in which it came. */
static void mq_sender_drain(struct mq_sender *sender)
{
	struct llist_node *pending = llist_reverse_order(llist_del_all(&sender->pending));
	struct mq_sender_slot *slot, *next;
	int err;

	llist_for_each_entry_safe(slot, next, pending, node) {
		err = mq_sender_pass(slot);
		if (!err)
			slot->msg = NULL;
		mq_sender_push_used(sender, slot, err);
		cond_resched();
	}
}

static void mq_sender_work(struct work_struct *work)
{
	struct mq_sender *sender = container_of(work, struct mq_sender, work);
	struct mq_sender_slot *slot, *next;

	mq_sender_drain(sender);
	llist_for_each_entry_safe(slot, next, llist_del_all(&sender->bare), node) {
		slot->msg = mq_message_new(sender->identity, sender->size);
		llist_add(&slot->node, slot->msg ? &sender->free : &sender->bare);
		/* What came meanwhile waits for one allocation, not for all. */
		mq_sender_drain(sender);
		cond_resched();
	}
}

static struct mq_sender *mq_sender_alloc(const struct mq_name *name, unsigned int slots)
{
	struct mq_sender *sender;
	unsigned int i;

	sender = kvzalloc(struct_size(sender, slots, slots), GFP_KERNEL);
	if (!sender)
		return NULL;
	sender->identity = mq_identity_new_kernel(name);
	if (!sender->identity) {
		kvfree(sender);
		return NULL;
	}
	INIT_LIST_HEAD(&sender->listed);
	raw_spin_lock_init(&sender->lock);
	INIT_WORK(&sender->work, mq_sender_work);
	sender->slot_count = slots;
	for (i = 0; i < slots; i++)
		llist_add(&sender->slots[i].node, &sender->bare);
	return sender;
}

/**
 * mq_sender_new - make a sender
 * @name: who the receivers see; begins with '.'
 * @slots: messages that may be on their way at once, 1 to MQ_SENDER_SLOTS_MAX
 * @size: bytes that a message may have, 1 to CMD_BUF_SIZE
 *
 * Its memory, @slots times a little more than @size, is there from the beginning, and each
 * message in a mailbox takes as much, whatever it says. May sleep.
 *
 * Return: the sender, ERR_PTR(-EINVAL) if one of these is not so, ERR_PTR(-EMSGSIZE) if @size
 * is over CMD_BUF_SIZE, ERR_PTR(-ENOMEM).
 */
struct mq_sender *mq_sender_new(const char *name, unsigned int slots, size_t size)
{
	struct mq_sender *sender;
	struct mq_name parsed;

	if (mq_name_parse(&parsed, name, strnlen(name, MQ_NAME_SIZE)) || name[0] != '.')
		return ERR_PTR(-EINVAL);
	if (!slots || slots > MQ_SENDER_SLOTS_MAX || !size)
		return ERR_PTR(-EINVAL);
	if (size > mq_cmd_buf_size)
		return ERR_PTR(-EMSGSIZE);

	sender = mq_sender_alloc(&parsed, slots);
	if (!sender)
		return ERR_PTR(-ENOMEM);
	sender->size = size;
	mutex_lock(&mq_senders.lock);
	list_add_tail(&sender->listed, &mq_senders.list);
	mutex_unlock(&mq_senders.lock);

	/* The work asks for memory, which is then charged to no group, as later. */
	queue_work(mq_senders.queue, &sender->work);
	flush_work(&sender->work);
	if (!llist_empty(&sender->bare)) {
		mq_sender_free(sender);
		return ERR_PTR(-ENOMEM);
	}
	return sender;
}
EXPORT_SYMBOL_GPL(mq_sender_new);

/**
 * mq_sender_free - the end of a sender
 * @sender: the sender, or NULL; nobody sends with it any more (free_irq(),
 *	timer_delete_sync() and the like have returned)
 *
 * What was accepted is sent first. Afterwards nothing of mq_driver touches the sender or the
 * caller's module, also where messages of it are unread in mailboxes. May sleep.
 */
void mq_sender_free(struct mq_sender *sender)
{
	unsigned int i;

	if (!sender)
		return;
	flush_work(&sender->work);

	mutex_lock(&mq_senders.lock);
	list_del(&sender->listed);
	mutex_unlock(&mq_senders.lock);

	for (i = 0; i < sender->slot_count; i++)
		mq_message_put(sender->slots[i].msg);
	mq_identity_put(sender->identity);
	kvfree(sender);
}
EXPORT_SYMBOL_GPL(mq_sender_free);

/**
 * mq_sender_show - what became of a sender's messages; any context but an NMI
 * @sender: the sender
 * @status: receives it, all of one moment
 */
void mq_sender_show(struct mq_sender *sender, struct mq_sender_status *status)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sender->lock, flags);
	*status = sender->status;
	raw_spin_unlock_irqrestore(&sender->lock, flags);
	status->queued = status->accepted - status->sent - status->nobody - status->refused;
}
EXPORT_SYMBOL_GPL(mq_sender_show);

/**
 * mq_sender_list - a line for each sender, below a heading
 * @file: receives them
 */
void mq_sender_list(struct seq_file *file)
{
	struct mq_sender_status now;
	struct mq_sender *sender;

	seq_puts(file, "NAME SLOTS SIZE QUEUED ACCEPTED SENT NOBODY REFUSED FULL\n");
	mutex_lock(&mq_senders.lock);
	list_for_each_entry(sender, &mq_senders.list, listed) {
		mq_sender_show(sender, &now);
		seq_printf(file, "%s %u %zu %llu %llu %llu %llu %llu %llu\n",
			   sender->identity->name.bytes, sender->slot_count, sender->size,
			   now.queued, now.accepted, now.sent, now.nobody, now.refused,
			   now.full);
	}
	mutex_unlock(&mq_senders.lock);
}
