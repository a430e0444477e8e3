/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sender: what other drivers send with; <linux/mq_kernel.h> is what they see of it.
 *
 * Its owner is the driver that made it, which holds mq_driver by the functions that it calls.
 * A slot is in one place at a time, and belongs to whoever took it out of there:
 *
 *	free --send--> pending --work--> bare --work, with memory--> free
 *
 * Any context takes free ones, and adds to the pending; only the work takes those, and the
 * bare ones, which have no memory. A message that reached nobody keeps its slot's memory.
 */
#ifndef _MQ_SENDER_H
#define _MQ_SENDER_H

struct seq_file;

int mq_sender_init(void);
void mq_sender_deinit(void);
void mq_sender_list(struct seq_file *file);

#endif /* _MQ_SENDER_H */
