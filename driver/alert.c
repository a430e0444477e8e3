// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "alert.h"

#include <linux/printk.h>
#include <linux/ratelimit.h>

static struct ratelimit_state mq_alert_limits[MQ_ALERT_KINDS];

/**
 * mq_alert_init - start counting
 */
void mq_alert_init(void)
{
	size_t i;

	for (i = 0; i < MQ_ALERT_KINDS; i++) {
		ratelimit_state_init(&mq_alert_limits[i], MQ_ALERT_INTERVAL,
				     MQ_ALERT_BURST);
		/* Else the limiter would log its own line in every new interval. */
		ratelimit_set_flags(&mq_alert_limits[i], RATELIMIT_MSG_ON_RELEASE);
	}
}

/**
 * mq_alert_deinit - say how many lines were held back, if any
 */
void mq_alert_deinit(void)
{
	size_t i;

	for (i = 0; i < MQ_ALERT_KINDS; i++)
		ratelimit_state_exit(&mq_alert_limits[i]);
}

/**
 * mq_alert_show - log one line, or none if there were enough of its kind
 * @kind: what happened
 * @format: the line, with its newline; names in it went through mq_name_show()
 *	or are registered ones
 *
 * Any context but a spinlock's: printing is slow.
 */
void mq_alert_show(enum mq_alert_kind kind, const char *format, ...)
{
	struct va_format line = { .fmt = format };
	va_list args;

	if (!__ratelimit(&mq_alert_limits[kind]))
		return;

	va_start(args, format);
	line.va = &args;
	pr_warn("%pV", &line);
	va_end(args);
}
