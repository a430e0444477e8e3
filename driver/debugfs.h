/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs, for an administrator: mq/endpoints has a line for each endpoint, mq/senders one for
 * each sender in the kernel, mq/counters and mq/memory a line for each figure of all together.
 */
#ifndef _MQ_DEBUGFS_H
#define _MQ_DEBUGFS_H

void mq_debugfs_init(void);
void mq_debugfs_deinit(void);

#endif /* _MQ_DEBUGFS_H */
