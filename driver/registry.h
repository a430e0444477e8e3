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
 * the registry's lock, so that a name's GONE precedes its next COME.
 *
 * The reference that goes with the link is the work's for those on the list of the
 * dead, and else that of whoever unlinks: he ends the endpoint and gives it back.
 */
#ifndef _MQ_REGISTRY_H
#define _MQ_REGISTRY_H

#include <linux/ktime.h>
#include <linux/types.h>

struct llist_head;
struct mq_endpoint;
struct mq_message;
struct mq_name;
struct mq_pending;
struct pid;

int mq_registry_init(void);
void mq_registry_deinit(void);

int mq_registry_link(struct mq_endpoint *ep);
void mq_registry_unlink(struct mq_endpoint *ep);
int mq_registry_unlink_owner(struct pid *owner);

struct mq_endpoint *mq_registry_find_rcu(struct pid *owner);
struct mq_endpoint *mq_registry_find_name_rcu(const struct mq_name *name);
struct mq_endpoint *mq_registry_next_rcu(u32 *slot);

int mq_registry_send_rcu(const struct mq_name *name, struct mq_message *msg,
			 struct llist_head *dead);
int mq_registry_send(struct mq_endpoint *from, const struct mq_name *name,
		     struct mq_pending *pending, ktime_t deadline);
int mq_registry_broadcast(struct mq_endpoint *from, struct mq_message *msg);

#endif /* _MQ_REGISTRY_H */
