// SPDX-License-Identifier: GPL-2.0-only
#include "totals.h"

#include <linux/cpumask.h>

#include "endpoint.h"

DEFINE_PER_CPU(struct mq_totals_local, mq_totals_local);

/**
 * mq_totals_add_counters - add what became of an endpoint's messages
 * @totals: receives it
 * @ep: the endpoint; what a monitor is told are not messages
 */
void mq_totals_add_counters(struct mq_totals *totals, struct mq_endpoint *ep)
{
	if (ep->terms.monitors)
		return;
	spin_lock(&ep->lock);
	totals->queued += mq_endpoint_queued_locked(ep);
	totals->accepted += ep->mailbox.last;
	totals->delivered += ep->counters.delivered;
	totals->overwritten += ep->counters.overwritten;
	totals->discarded += ep->counters.discarded;
	totals->rejected += ep->counters.rejected;
	spin_unlock(&ep->lock);
}

/**
 * mq_totals_add_memory - add the memory of an endpoint, its mailbox and its stage
 * @totals: receives it
 * @ep: the endpoint
 */
void mq_totals_add_memory(struct mq_totals *totals, struct mq_endpoint *ep)
{
	size_t stage = 0;
	bool ended;

	spin_lock(&ep->lock);
	ended = ep->ended;
	if (ep->stage.msgs != &ep->stage.one)
		stage = ep->stage.depth * sizeof(*ep->stage.msgs);
	spin_unlock(&ep->lock);

	totals->endpoints++;
	totals->endpoint_bytes += sizeof(*ep);
	totals->slot_bytes += stage;
	if (ended)
		return;
	totals->slots += ep->terms.depth;
	totals->slot_bytes += mq_endpoint_find_mailbox_bytes(&ep->terms);
}

/**
 * mq_totals_add_local - add what the CPUs have counted
 * @totals: receives it
 *
 * While messages are made and freed, their memory is that of no single moment: each CPU's word
 * is read as it is then, and none in halves.
 */
void mq_totals_add_local(struct mq_totals *totals)
{
	unsigned long messages = 0, bytes = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct mq_totals_local *local = per_cpu_ptr(&mq_totals_local, cpu);

		totals->broadcasts += atomic64_read(&local->broadcasts);
		totals->calls += atomic64_read(&local->calls);
		messages += READ_ONCE(local->messages);
		bytes += READ_ONCE(local->message_bytes);
	}
	/* A piece may be seen to go that was not seen to come. */
	totals->messages = max_t(long, 0, messages);
	totals->message_bytes = max_t(long, 0, bytes);
}
