// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who is there.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>

#define LIST_FIRST 64	/* entries; twice as many when they are not enough */
#define SIZE_MAX_ENTRY 4096	/* bytes of one, as the driver takes them */

/* What is growing: @count of @max entries, of @size bytes each, are filled. */
struct walk {
	unsigned char *entries;
	size_t size, max, count;
	uint32_t position;
};

static int walk_resize(struct walk *walk, size_t max)
{
	unsigned char *moved = mq_memory_resize(walk->entries, max * walk->size);

	if (!moved)
		return -ENOMEM;
	walk->entries = moved;
	walk->max = max;
	return 0;
}

/* One step, into what is free. 1: that was all. */
static int walk_next(const struct mq_endpoint *ep, struct walk *walk)
{
	struct mq_list next = {
		.size = sizeof(next),
		.entry_size = walk->size,
		.entries = (uintptr_t)(walk->entries + walk->count * walk->size),
		.count = walk->max - walk->count,
		.position = walk->position,
	};
	int error = mq_endpoint_ioctl(ep, MQ_IOC_LIST, &next);

	if (error < 0)
		return error;
	walk->count += next.count;
	walk->position = next.position;
	return walk->count < walk->max;
}

int mq_endpoint_list_sized(const struct mq_endpoint *ep, struct mq_status **list, size_t *count,
			   size_t size)
{
	struct walk walk = { .size = size };
	size_t max = LIST_FIRST;
	int result;

	*list = NULL;
	*count = 0;
	if (size < MQ_STATUS_FIRST || size > SIZE_MAX_ENTRY)
		return -EINVAL;
	do {
		result = walk_resize(&walk, max);
		if (!result)
			result = walk_next(ep, &walk);
		max *= 2;
	} while (!result);
	if (result < 0) {
		mq_memory_free(walk.entries);
		return result;
	}
	*list = (void *)walk.entries;
	*count = walk.count;
	return 0;
}

void mq_list_free(struct mq_status *list)
{
	mq_memory_free(list);
}

int mq_endpoint_find_sized(const struct mq_endpoint *ep, const char *name,
			   struct mq_status *status, size_t size)
{
	size_t length = strlen(name);
	int error;

	if (size < MQ_STATUS_FIRST || size > SIZE_MAX_ENTRY)
		return -EINVAL;
	memset(status, 0, size);
	status->size = size;
	if (length > MQ_NAME_MAX)
		return -ENOENT;
	memcpy(status->name, name, length);
	error = mq_endpoint_ioctl(ep, MQ_IOC_STATUS, status);
	return error < 0 ? error : 0;
}
