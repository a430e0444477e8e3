// SPDX-License-Identifier: GPL-2.0-only
#include "debugfs.h"

#include <linux/debugfs.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "endpoint.h"
#include "registry.h"
#include "sender.h"

static struct dentry *mq_debugfs_dir;

/* Position 0 is the heading, position n + 1 slot n. */
static void *mq_debugfs_find(loff_t *pos)
{
	struct mq_endpoint *ep;
	u32 slot;

	if (!*pos)
		return SEQ_START_TOKEN;
	slot = *pos - 1;
	ep = mq_registry_next_rcu(&slot, NULL);
	*pos = slot + 1;
	return ep;
}

static void *mq_endpoints_start(struct seq_file *file, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return mq_debugfs_find(pos);
}

static void *mq_endpoints_next(struct seq_file *file, void *entry, loff_t *pos)
{
	++*pos;
	return mq_debugfs_find(pos);
}

static void mq_endpoints_stop(struct seq_file *file, void *entry)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int mq_endpoints_show(struct seq_file *file, void *entry)
{
	struct mq_endpoint *ep = entry;
	struct mq_status now;

	if (entry == SEQ_START_TOKEN) {
		seq_puts(file, "NAME PID UID DEPTH QUEUED ACCEPTED DELIVERED OVERWRITTEN DISCARDED REJECTED SPARED\n");
		return 0;
	}

	mq_endpoint_show(ep, seq_user_ns(file), &now);
	seq_printf(file, "%s %u %u %u %u %llu %llu %llu %llu %llu %llu\n", now.name, now.pid,
		   now.uid, now.depth, now.queued, now.accepted, now.delivered,
		   now.overwritten, now.discarded, now.rejected, now.spared);
	return 0;
}

static const struct seq_operations mq_endpoints_sops = {
	.start = mq_endpoints_start,
	.next = mq_endpoints_next,
	.stop = mq_endpoints_stop,
	.show = mq_endpoints_show,
};
DEFINE_SEQ_ATTRIBUTE(mq_endpoints);

static int mq_senders_show(struct seq_file *file, void *unused)
{
	mq_sender_list(file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mq_senders);

/* Scripts know these lines: one may come, none goes. */
static int mq_counters_show(struct seq_file *file, void *unused)
{
	struct mq_totals now;

	mq_registry_show_totals(&now);
	seq_printf(file, "names %llu\nanonymous %llu\ncome %llu\ngone %llu\n", now.names,
		   now.anonymous, now.come, now.gone);
	seq_printf(file, "queued %llu\naccepted %llu\ndelivered %llu\noverwritten %llu\n",
		   now.queued, now.accepted, now.delivered, now.overwritten);
	seq_printf(file, "discarded %llu\nrejected %llu\nbroadcasts %llu\ncalls %llu\n",
		   now.discarded, now.rejected, now.broadcasts, now.calls);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mq_counters);

static int mq_memory_show(struct seq_file *file, void *unused)
{
	struct mq_totals now;

	mq_registry_show_totals(&now);
	seq_printf(file, "endpoints %llu\nendpoint_bytes %llu\nslots %llu\nslot_bytes %llu\n",
		   now.endpoints, now.endpoint_bytes, now.slots, now.slot_bytes);
	seq_printf(file, "messages %llu\nmessage_bytes %llu\n", now.messages, now.message_bytes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mq_memory);

/**
 * mq_debugfs_init - make the files; without debugfs the driver works without them
 */
void mq_debugfs_init(void)
{
	mq_debugfs_dir = debugfs_create_dir("mq", NULL);
	debugfs_create_file("endpoints", 0400, mq_debugfs_dir, NULL, &mq_endpoints_fops);
	debugfs_create_file("senders", 0400, mq_debugfs_dir, NULL, &mq_senders_fops);
	debugfs_create_file("counters", 0400, mq_debugfs_dir, NULL, &mq_counters_fops);
	debugfs_create_file("memory", 0400, mq_debugfs_dir, NULL, &mq_memory_fops);
}

/**
 * mq_debugfs_deinit - remove the files
 */
void mq_debugfs_deinit(void)
{
	debugfs_remove(mq_debugfs_dir);
}
