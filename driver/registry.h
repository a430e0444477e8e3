/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is registered: names -> endpoints, processes -> endpoints, and slots for
 * walking over all of them.
 *
 * Two tables find one endpoint; the array of slots is for walks, because a walk over
 * a hash table that grows may repeat or miss entries. All three are read under RCU
 * and changed under the registry's lock.
 *
 * A process's end is learned from its struct pid: our entry on pid->wait_pidfd is
 * called when the process group has died, before its parent's wait can return. It
 * closes the endpoint (from then on nobody can send to it) and puts it on the list of
 * the dead, which a work item unlinks, ends and puts soon. Whoever registers first
 * unlinks them too, so the name and the place of a process that was waited for are
 * free; he does not free other people's messages.
 *
 * A file's endpoint is unlinked when the file is released. An anonymous one is in none of
 * the tables; all that asked for events are in the list of listeners, and are told under
 * the registry's lock, so that a name's GONE precedes its next COME. Messages pass here, and
 * monitors are told of them (monitor.h).
 *
 * With ISOLATE=1 each pid namespace is a space of names of its own: who is in another one
 * is not found, gets no broadcast and no event, and is not listed. Without, one space, NULL,
 * has all.
 *
 * Who was unlinked is known on until he is freed, for his counters: then they are added to
 * those of all who have gone.
 *
 * The reference that goes with the link is the work's for those on the list of the
 * dead, and else that of whoever unlinks: he ends the endpoint and gives it back.
 */
#ifndef _MQ_REGISTRY_H
#define _MQ_REGISTRY_H

#include "endpoint.h"
#include "identity.h"
#include "monitor.h"

#include <linux/ktime.h>
#include <linux/types.h>

int mq_registry_init(void);
void mq_registry_deinit(void);

int mq_registry_link(struct mq_endpoint *ep);
void mq_registry_unlink(struct mq_endpoint *ep);
int mq_registry_unlink_owner(struct pid *owner);
void mq_registry_forget(struct mq_endpoint *ep);
void mq_registry_show_quota(kuid_t user, u32 *endpoints, u64 *bytes);
void mq_registry_show_totals(struct mq_totals *totals);

struct mq_endpoint *mq_registry_find_rcu(struct pid *owner);
struct mq_endpoint *mq_registry_find_name_rcu(const struct mq_name *name,
					      const struct mq_identity *who);
struct mq_endpoint *mq_registry_next_rcu(u32 *slot, const struct pid_namespace *space);

int mq_registry_send_rcu(const struct mq_name *name, struct mq_message *msg,
			 struct llist_head *dead);
bool mq_registry_is_open(struct mq_endpoint *from, const struct mq_name *name);
bool mq_registry_send_run(const struct mq_name *name, struct mq_message **msgs, u32 count);
int mq_registry_send_guarded(struct mq_endpoint *from, const struct mq_name *name,
			     struct mq_message *msg, bool nonblock);
int mq_registry_send_pending(struct mq_endpoint *from, const struct mq_name *name,
			     struct mq_pending *pending, ktime_t deadline);
int mq_registry_broadcast(struct mq_endpoint *from, struct mq_message *msg);

/**
 * mq_registry_send - send a file's message to a name, or wait for room there
 * @from: the sender
 * @name: the destination
 * @msg: the message; on success the caller's reference is the mailbox's
 * @nonblock: do not wait
 *
 * What most messages need is inline; the rest looks the name up once more, and is told of.
 *
 * Return: as mq_registry_send_guarded().
 */
static __always_inline int mq_registry_send(struct mq_endpoint *from,
					    const struct mq_name *name,
					    struct mq_message *msg, bool nonblock)
{
	struct mq_endpoint *ep;
	LLIST_HEAD(dead);
	bool is_sent;

	mq_message_stamp(msg);
	rcu_read_lock();
	ep = mq_registry_find_name_rcu(name, from->identity);
	is_sent = ep && !mq_monitor_is_active() && mq_endpoint_send_open(ep, msg, &dead);
	rcu_read_unlock();

	mq_message_drain(&dead);
	return likely(is_sent) ? 0 : mq_registry_send_guarded(from, name, msg, nonblock);
}

#endif /* _MQ_REGISTRY_H */
