/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Totals: what became of all messages since the load, and the memory that is held now.
 *
 * The counters of an endpoint are its own for life, and the registry adds those of the
 * ones that have gone. What belongs to no mailbox is counted here, by each CPU for itself.
 */
#ifndef _MQ_TOTALS_H
#define _MQ_TOTALS_H

#include <linux/atomic.h>
#include <linux/mq_driver.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct mq_endpoint;

/**
 * struct mq_totals_local - what one CPU has counted
 * @broadcasts: begun; atomic, for 64 bits that a 32-bit machine would else write in two steps
 * @calls: whose request went into a mailbox; likewise
 * @messages: pieces of memory for messages, those taken less those given back; what a CPU
 *	gives back another one may have taken: the sum counts
 * @message_bytes: likewise
 */
struct mq_totals_local {
	atomic64_t broadcasts;
	atomic64_t calls;
	unsigned long messages;
	unsigned long message_bytes;
};

DECLARE_PER_CPU(struct mq_totals_local, mq_totals_local);

/* That of the CPU which was here a moment ago is as good. */
static inline void mq_totals_count_broadcast(void)
{
	atomic64_inc(raw_cpu_ptr(&mq_totals_local.broadcasts));
}

static inline void mq_totals_count_call(void)
{
	atomic64_inc(raw_cpu_ptr(&mq_totals_local.calls));
}

static inline void mq_totals_hold_message(size_t bytes)
{
	this_cpu_inc(mq_totals_local.messages);
	this_cpu_add(mq_totals_local.message_bytes, bytes);
}

static inline void mq_totals_drop_message(size_t bytes)
{
	this_cpu_dec(mq_totals_local.messages);
	this_cpu_sub(mq_totals_local.message_bytes, bytes);
}

void mq_totals_add_counters(struct mq_totals *totals, struct mq_endpoint *ep);
void mq_totals_add_memory(struct mq_totals *totals, struct mq_endpoint *ep);
void mq_totals_add_local(struct mq_totals *totals);

#endif /* _MQ_TOTALS_H */
