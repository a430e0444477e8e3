// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Timeouts that cover more than one system call.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <time.h>

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

bool mq_timeout_is_valid(int64_t timeout)
{
	return timeout >= MQ_TIMEOUT_NONE;
}

int64_t mq_deadline_init(int64_t timeout)
{
	int64_t begin;

	if (timeout == MQ_TIMEOUT_NONE)
		return MQ_TIMEOUT_NONE;
	begin = now();
	return timeout > INT64_MAX - begin ? INT64_MAX : begin + timeout;
}

int64_t mq_deadline_next(int64_t deadline)
{
	int64_t left;

	if (deadline == MQ_TIMEOUT_NONE)
		return MQ_TIMEOUT_NONE;
	left = deadline - now();
	return left > 0 ? left : 0;
}
