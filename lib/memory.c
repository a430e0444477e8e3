// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory, without a trace in errno.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <stdlib.h>

void *mq_memory_resize(void *memory, size_t size)
{
	void *moved;

	return mq_system((moved = realloc(memory, size)) ? 0 : -1) ? NULL : moved;
}

/* Not every C library has a free() that leaves errno alone. */
void mq_memory_free(void *memory)
{
	mq_system((free(memory), 0));
}
