/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all files of the driver share: the parameters, the memory they ask for,
 * and the order of the locks.
 *
 * Locks, outermost first; nobody takes one to the left of what he holds:
 *
 *	mq_handle_binding		a file becomes the owner of an endpoint, once (sleeps)
 *	mq_endpoint.is_broadcasting	not a lock, but waited for as one: a broadcast of
 *					this sender at a time (covers no user memory)
 *	mq_registry.lock		who is registered or monitors, what each user has, and
 *					what those have counted who are gone (sleeps; never
 *					taken to send, receive, wait or poll, but by who
 *					gives back the last reference to an endpoint)
 *	    pid->wait_pidfd.lock	the kernel's, where the exit of a process is told;
 *					our callback under it takes no lock
 *	    mq_endpoint.lock		the mailbox, its stage, counters and pendings; held
 *					for pointer moves only, in process context only; two
 *					endpoints' are never held at once
 *		mq_endpoint.room.lock	the queue of other endpoints' pollers; its wake-ups,
 *					which are made without the lock above, pass
 *					on to those endpoints' queues
 *		    a queue of pollers	its own, or the one that a process's polls share
 *	mq_senders.lock			which senders there are (sleeps)
 *	    mq_sender.lock		a sender's free slots and counters: raw, in any context,
 *					with interrupts off; nothing is taken under it
 *
 * Names, processes and slots are found under RCU without a lock.
 *
 * Three lifetimes of an endpoint: a reference keeps its memory (and one grace period
 * more, for whoever found it under RCU), the registry's link makes it reachable, the
 * owner makes it legal. endpoint.h says how they end.
 */
#ifndef _MQ_DRIVER_H
#define _MQ_DRIVER_H

#include <linux/gfp.h>
#include <linux/mq_driver.h>
#include <linux/types.h>

#define MQ_MAX_DEVICES_MAX	65536
#define MQ_QUEUE_LEN_MAX	MQ_DEPTH_MAX
#define MQ_CMD_BUF_SIZE_MIN	16
#define MQ_CMD_BUF_SIZE_MAX	1048576

/*
 * For all memory that a user makes the driver hold: charged to his memory control
 * group, and at its limit the allocation fails; it neither kills nor logs.
 */
#define MQ_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The module's parameters, constant once it is loaded (param.c). */
extern unsigned int mq_max_devices;
extern unsigned int mq_queue_len;
extern unsigned int mq_cmd_buf_size;
extern int mq_root_devices;
extern unsigned int mq_user_endpoints;
extern unsigned long long mq_user_bytes;
extern unsigned int mq_fair;
extern unsigned int mq_isolate;

int mq_param_init(void);

#endif /* _MQ_DRIVER_H */
