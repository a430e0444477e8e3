// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The functions that programs call which were compiled with the libmq.h of 0.1.0, or which
 * find them by name: they fill the structures as those programs know them. In libmq.h these
 * names are inline, which is why they get them here behind the compiler's back.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#pragma GCC visibility push(default)
int mq_info_first(const struct mq_endpoint *ep, struct mq_info *info) __asm__("mq_endpoint_info");
int mq_list_first(const struct mq_endpoint *ep, struct mq_status **list, size_t *count)
	__asm__("mq_endpoint_list");
int mq_find_first(const struct mq_endpoint *ep, const char *name, struct mq_status *status)
	__asm__("mq_endpoint_find");
#pragma GCC visibility pop

int mq_info_first(const struct mq_endpoint *ep, struct mq_info *info)
{
	return mq_endpoint_info_sized(ep, info, MQ_INFO_FIRST);
}

int mq_list_first(const struct mq_endpoint *ep, struct mq_status **list, size_t *count)
{
	return mq_endpoint_list_sized(ep, list, count, MQ_STATUS_FIRST);
}

int mq_find_first(const struct mq_endpoint *ep, const char *name, struct mq_status *status)
{
	return mq_endpoint_find_sized(ep, name, status, MQ_STATUS_FIRST);
}
