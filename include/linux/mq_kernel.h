/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For other drivers: to send to the names of /dev/mq from kernel code, also in interrupts.
 *
 *	sender = mq_sender_new(".door", 16, 32);	once, in process context
 *	mq_sender_send(sender, "alarm", "open", 4);	in the interrupt handler
 *	mq_sender_free(sender);				when the interrupt is freed
 *
 * A send copies the bytes into a slot that is there already, and returns: it neither sleeps
 * nor allocates, and any context will do in which queue_work() may be called: process,
 * softirq and hard interrupt, also with spinlocks held and interrupts off; not an NMI. A work
 * item of mq_driver puts the message into the mailbox soon, without allocating either; the
 * memory for the slot's next message comes behind that.
 *
 * Order: of two sends of one sender, the one that has returned before the other began is
 * received first, wherever they were called, and whether they name one destination or are
 * broadcasts. Those that overlap (on two CPUs, or where an interrupt's comes amid another)
 * come one after the other in either order. Different senders have no common order.
 *
 * Who receives sees the sender's name, pid 0 and uid 0 (the overflow uid in a user namespace
 * that has no uid 0 of the initial one). Names that begin with '.' are kept for
 * CAP_SYS_ADMIN, so no user can claim to be a driver. A sender receives nothing; two may have
 * one name, as instances of one driver do. No endpoint refuses it for whom it lets send
 * (CAP_IPC_OWNER). It is in the initial pid namespace: with ISOLATE=1 it reaches the names
 * there, without, all. Its memory is charged to no memory control group.
 *
 * A full mailbox treats its messages as anybody's: the oldest, or with the policy fair one of
 * whoever holds the most (root and the kernel are one), gives way; a mailbox that rejects or
 * blocks refuses, for a sender cannot wait. All of that is counted; only that a
 * mailbox begins to overwrite is logged.
 */
#ifndef _LINUX_MQ_KERNEL_H
#define _LINUX_MQ_KERNEL_H

#include <linux/types.h>

/* Most slots that a sender may have. */
#define MQ_SENDER_SLOTS_MAX	4096

struct mq_sender;

/**
 * struct mq_sender_status - what became of a sender's messages
 * @queued: accepted, and not yet one of the next three
 * @accepted: for which mq_sender_send() or mq_sender_broadcast() returned 0
 * @sent: put into the mailbox; a broadcast, into all that took it
 * @nobody: nobody had the name
 * @refused: the mailbox was full, and rejects or blocks
 * @full: not accepted, for want of a slot (-ENOBUFS)
 *
 * accepted = sent + nobody + refused + queued, in any one look.
 */
struct mq_sender_status {
	u64 queued;
	u64 accepted;
	u64 sent;
	u64 nobody;
	u64 refused;
	u64 full;
};

struct mq_sender *mq_sender_new(const char *name, unsigned int slots, size_t size);
void mq_sender_free(struct mq_sender *sender);

int mq_sender_send(struct mq_sender *sender, const char *dest, const void *bytes, size_t len);
int mq_sender_broadcast(struct mq_sender *sender, const void *bytes, size_t len);

void mq_sender_show(struct mq_sender *sender, struct mq_sender_status *status);

#endif /* _LINUX_MQ_KERNEL_H */
