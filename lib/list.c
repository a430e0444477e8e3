// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who is there.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>

#define LIST_FIRST 64	/* entries; twice as many when they are not enough */

static int list_resize(struct mq_status **list, size_t max)
{
	struct mq_status *moved = mq_memory_resize(*list, max * sizeof(**list));

	if (!moved)
		return -ENOMEM;
	*list = moved;
	return 0;
}

/* One step of the walk, into what is free of @max entries. 1: that was all. */
static int list_next(const struct mq_endpoint *ep, struct mq_status *list, size_t *count,
		     size_t max, uint32_t *position)
{
	struct mq_list next = {
		.size = sizeof(next),
		.entry_size = sizeof(*list),
		.entries = (uintptr_t)(list + *count),
		.count = max - *count,
		.position = *position,
	};
	int error = mq_endpoint_ioctl(ep, MQ_IOC_LIST, &next);

	if (error < 0)
		return error;
	*count += next.count;
	*position = next.position;
	return *count < max;
}

int mq_endpoint_list(const struct mq_endpoint *ep, struct mq_status **list, size_t *count)
{
	struct mq_status *made = NULL;
	uint32_t position = 0;
	size_t max = LIST_FIRST, found = 0;
	int result;

	*list = NULL;
	*count = 0;
	do {
		result = list_resize(&made, max);
		if (!result)
			result = list_next(ep, made, &found, max, &position);
		max *= 2;
	} while (!result);
	if (result < 0) {
		mq_memory_free(made);
		return result;
	}
	*list = made;
	*count = found;
	return 0;
}

void mq_list_free(struct mq_status *list)
{
	mq_memory_free(list);
}

int mq_endpoint_find(const struct mq_endpoint *ep, const char *name, struct mq_status *status)
{
	size_t length = strlen(name);
	int error;

	*status = (struct mq_status){ .size = sizeof(*status) };
	if (length > MQ_NAME_MAX)
		return -ENOENT;
	memcpy(status->name, name, length);
	error = mq_endpoint_ioctl(ep, MQ_IOC_STATUS, status);
	return error < 0 ? error : 0;
}
