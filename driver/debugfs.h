/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs mq/endpoints: one line per endpoint, for an administrator; mq/senders: one per
 * sender in the kernel.
 */
#ifndef _MQ_DEBUGFS_H
#define _MQ_DEBUGFS_H

void mq_debugfs_init(void);
void mq_debugfs_deinit(void);

#endif /* _MQ_DEBUGFS_H */
