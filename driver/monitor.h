/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Monitors: endpoints of files, without a name, that are told of each message that passes,
 * whoever sends it to whom.
 *
 * A message is told of when its fate is known, by the thread that sent it: once, whatever
 * number of mailboxes it went into. What a monitor gets is a message of its own, charged to
 * its memory control group; what is lost, because there is no room or no memory, uses a
 * number of its mailbox, as lost events do. So a sender does a bounded work for each of
 * a bounded number of monitors, sleeps for none of them, and its message is what it was.
 *
 * As long as there is none, a static key leaves one instruction on the way of a message. With
 * one, messages take the general way one by one, and a reference keeps each until it has been
 * told of.
 *
 *	sender				file of a monitor
 *	finds the monitor (RCU)
 *					unlink: out of the list
 *					end: ended = true, takes the mailbox out
 *	takes the lock, sees ended:
 *	does not push
 *
 * Monitor and endpoint are freed a grace period after the last reference.
 */
#ifndef _MQ_MONITOR_H
#define _MQ_MONITOR_H

#include "name.h"

#include <linux/jump_label.h>
#include <linux/types.h>

struct llist_head;
struct mq_endpoint;
struct mq_message;
struct mq_monitor;

/**
 * struct mq_filter - what a monitor sees
 * @see: MQ_SEE_*, one kind at least
 * @snap: bytes of each message that it gets at most
 * @from: whose messages; the empty name: everybody's
 * @to: to whom; likewise
 */
struct mq_filter {
	u32 see;
	u32 snap;
	struct mq_name from;
	struct mq_name to;
};

DECLARE_STATIC_KEY_FALSE(mq_monitor_key);

/* Whether there is one, or will be; false: who comes now has not been told that he is there. */
static __always_inline bool mq_monitor_is_active(void)
{
	return static_branch_unlikely(&mq_monitor_key);
}

struct mq_monitor *mq_monitor_new(struct mq_endpoint *ep, const struct mq_filter *filter);
bool mq_monitor_has_place(void);
void mq_monitor_link(struct mq_monitor *monitor);
void mq_monitor_unlink(struct mq_monitor *monitor);
void mq_monitor_get(void);
void mq_monitor_put(void);

void mq_monitor_send_rcu(const struct mq_message *msg, const struct mq_name *to, int err,
			 u32 reached, struct llist_head *dead);
void mq_monitor_send(const struct mq_message *msg, const struct mq_name *to, int err,
		     u32 reached);

#endif /* _MQ_MONITOR_H */
