/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alerts: the few things that an administrator is told in the kernel's log, at most
 * MQ_ALERT_BURST lines of a kind in MQ_ALERT_INTERVAL. Never under a spinlock.
 */
#ifndef _MQ_ALERT_H
#define _MQ_ALERT_H

#include <linux/jiffies.h>
#include <linux/types.h>

#define MQ_ALERT_INTERVAL	(60 * HZ)
#define MQ_ALERT_BURST		10

/**
 * enum mq_alert_kind - what happened
 * @MQ_ALERT_FULL: MAX_DEVICES is reached
 * @MQ_ALERT_OVERFLOW: a mailbox overwrites for the first time since it was empty
 * @MQ_ALERT_NOBODY: a message to a name that nobody has
 * @MQ_ALERT_SIZE: a command or a payload longer than CMD_BUF_SIZE
 * @MQ_ALERT_DISCARD: an endpoint ended with unread messages
 * @MQ_ALERT_KINDS: how many kinds there are
 */
enum mq_alert_kind {
	MQ_ALERT_FULL,
	MQ_ALERT_OVERFLOW,
	MQ_ALERT_NOBODY,
	MQ_ALERT_SIZE,
	MQ_ALERT_DISCARD,
	MQ_ALERT_KINDS,
};

void mq_alert_init(void);
void mq_alert_deinit(void);
__printf(2, 3) void mq_alert_show(enum mq_alert_kind kind, const char *format, ...);

#endif /* _MQ_ALERT_H */
