// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Monitors: an anonymous endpoint that receives what passes, and what is told of it.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>

static int name_copy(char *to, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	if (length > MQ_NAME_MAX)
		return -EINVAL;
	if (length)
		memcpy(to, name, length);
	return 0;
}

int mq_monitor_bind(struct mq_endpoint *ep, const struct mq_monitoring *what)
{
	struct mq_bind bind = { .size = sizeof(bind), .flags = MQ_BIND_MONITOR };
	int error;

	if (!(ep->info.features & MQ_FEATURE_MONITOR))
		return -EOPNOTSUPP;
	if (what) {
		bind.policy = what->policy;
		bind.depth = what->depth;
		bind.see = what->see;
		bind.snap = what->snap;
		if (name_copy(bind.from, what->from) || name_copy(bind.to, what->to))
			return -EINVAL;
	}
	error = mq_endpoint_ioctl(ep, MQ_IOC_BIND, &bind);
	if (error < 0)
		return error;
	ep->snap = bind.snap;
	__atomic_store_n(&ep->is_bound, true, __ATOMIC_RELEASE);
	return 0;
}

static const struct mq_passed *passed_find(const struct mq_message *msg)
{
	return mq_message_data(msg);
}

const char *mq_passed_to(const struct mq_message *msg)
{
	return passed_find(msg)->name;
}

/* A newer driver may have more to tell in front of them. */
const void *mq_passed_data(const struct mq_message *msg)
{
	return (const char *)mq_message_data(msg) + passed_find(msg)->size;
}

size_t mq_passed_size(const struct mq_message *msg)
{
	return mq_message_size(msg) - passed_find(msg)->size;
}

size_t mq_passed_length(const struct mq_message *msg)
{
	return passed_find(msg)->length;
}

uint32_t mq_passed_flags(const struct mq_message *msg)
{
	return passed_find(msg)->flags;
}

int mq_passed_result(const struct mq_message *msg)
{
	return -(int)passed_find(msg)->result;
}

uint32_t mq_passed_reached(const struct mq_message *msg)
{
	return passed_find(msg)->reached;
}
