// SPDX-License-Identifier: GPL-2.0-only
#include "monitor.h"

#include <linux/build_bug.h>
#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "driver.h"
#include "endpoint.h"
#include "identity.h"
#include "message.h"

/* How many there may be: each costs every sender a copy. */
#define MQ_MONITORS_MAX	16

/**
 * struct mq_monitor - a monitor
 * @link: in the list of them
 * @ep: its endpoint, with which it is freed
 * @filter: what it sees; constant
 */
struct mq_monitor {
	struct list_head link;
	struct mq_endpoint *ep;
	struct mq_filter filter;
};

DEFINE_STATIC_KEY_FALSE(mq_monitor_key);

/* Both are changed under the registry's lock; the list is read under RCU. */
static LIST_HEAD(mq_monitors);
static u32 mq_monitors_count;

/**
 * mq_monitor_new - what makes an endpoint a monitor when it is linked
 * @ep: the endpoint
 * @filter: what it shall see
 *
 * Charged to the caller's memory control group. May sleep.
 *
 * Return: the monitor, which kfree() frees, or NULL.
 */
struct mq_monitor *mq_monitor_new(struct mq_endpoint *ep, const struct mq_filter *filter)
{
	struct mq_monitor *monitor = kmalloc(sizeof(*monitor), MQ_GFP);

	if (monitor) {
		monitor->ep = ep;
		monitor->filter = *filter;
	}
	return monitor;
}

/**
 * mq_monitor_has_place - whether there may be one more
 *
 * The caller holds the registry's lock, as for the two below.
 *
 * Return: true if so.
 */
bool mq_monitor_has_place(void)
{
	return mq_monitors_count < MQ_MONITORS_MAX;
}

/**
 * mq_monitor_link - from now on it is told
 * @monitor: the monitor; there is a place for it
 */
void mq_monitor_link(struct mq_monitor *monitor)
{
	mq_monitors_count++;
	list_add_tail_rcu(&monitor->link, &mq_monitors);
}

/**
 * mq_monitor_unlink - nobody finds it any more
 * @monitor: the monitor; who has found it may use it for a grace period
 */
void mq_monitor_unlink(struct mq_monitor *monitor)
{
	mq_monitors_count--;
	list_del_rcu(&monitor->link);
}

/**
 * mq_monitor_get - have senders look for monitors
 *
 * Changes the kernel's code, and sleeps for it, maybe long: the caller holds no lock that
 * anybody takes who sends.
 */
void mq_monitor_get(void)
{
	static_branch_inc(&mq_monitor_key);
}

/**
 * mq_monitor_put - have them look no longer, if nobody else wants it
 *
 * As above.
 */
void mq_monitor_put(void)
{
	static_branch_dec(&mq_monitor_key);
}

static u32 mq_monitor_find_kind(const struct mq_message *msg, int err)
{
	if (err)
		return MQ_SEE_REFUSED;
	if (msg->flags & MQ_FRAME_BROADCAST)
		return MQ_SEE_BROADCAST;
	if (msg->flags & MQ_FRAME_CALL)
		return MQ_SEE_CALL;
	return msg->flags & MQ_FRAME_REPLY ? MQ_SEE_REPLY : MQ_SEE_MESSAGE;
}

static bool mq_filter_has(const struct mq_filter *filter, u32 kind, const struct mq_name *from,
			  const struct mq_name *to)
{
	bool from_fits = mq_name_is_empty(&filter->from) || mq_name_is_equal(&filter->from, from);
	bool to_fits = mq_name_is_empty(&filter->to) || mq_name_is_equal(&filter->to, to);

	if (!(filter->see & kind))
		return false;
	return filter->see & MQ_SEE_EITHER ? from_fits || to_fits : from_fits && to_fits;
}

/* NULL: there is no memory. */
static struct mq_message *mq_monitor_new_message(const struct mq_monitor *monitor,
						 const struct mq_message *msg,
						 const struct mq_passed *passed)
{
	u32 len = min(msg->text_len, monitor->filter.snap);
	struct mq_message *told;

	/* Its memory never is of the kind that only a sleeper can free. */
	BUILD_BUG_ON(sizeof(*msg) + sizeof(*passed) + MQ_SNAP_MAX > MQ_MESSAGE_LAST);
	told = mq_endpoint_new_notice(monitor->ep, msg->sender, MQ_FRAME_MONITOR,
				      sizeof(*passed) + len);
	if (!told)
		return NULL;
	told->time = msg->time;
	told->cookie = msg->cookie;
	memcpy(told->data, passed, sizeof(*passed));
	memcpy(told->data + sizeof(*passed), msg->text, len);
	return told;
}

/**
 * mq_monitor_send_rcu - tell the monitors of a message
 * @msg: the message, which knows its time; the caller holds a reference
 * @to: to whom, as the sender wrote it; NULL: to no name
 * @err: 0, or the negative errno that the sender gets
 * @reached: into how many mailboxes it was put
 * @dead: receives what monitors had to drop
 *
 * Does not sleep.
 */
void mq_monitor_send_rcu(const struct mq_message *msg, const struct mq_name *to, int err,
			 u32 reached, struct llist_head *dead)
{
	struct mq_passed passed = {
		.size = sizeof(passed),
		.length = msg->text_len,
		.flags = msg->flags,
		.result = -err,
		.reached = reached,
	};
	u32 kind = mq_monitor_find_kind(msg, err);
	struct mq_name name = { };
	struct mq_monitor *monitor;

	/* It is no frame then, and its writer gets EINVAL. */
	if (to && !mq_name_is_padded(to->bytes))
		return;
	/* What is no possible name is left empty. */
	if (to)
		mq_name_parse(&name, to->bytes, strlen(to->bytes));
	memcpy(passed.name, name.bytes, sizeof(passed.name));

	list_for_each_entry_rcu(monitor, &mq_monitors, link)
		if (mq_filter_has(&monitor->filter, kind, &msg->sender->name, &name))
			mq_endpoint_send_notice(monitor->ep, msg->sender,
						mq_monitor_new_message(monitor, msg, &passed),
						dead);
}

/**
 * mq_monitor_send - the same outside of an RCU section
 * @msg: as there
 * @to: as there
 * @err: as there
 * @reached: as there
 *
 * May sleep.
 */
void mq_monitor_send(const struct mq_message *msg, const struct mq_name *to, int err,
		     u32 reached)
{
	LLIST_HEAD(dead);

	rcu_read_lock();
	mq_monitor_send_rcu(msg, to, err, reached, &dead);
	rcu_read_unlock();
	mq_message_drain(&dead);
}
