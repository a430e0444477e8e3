// SPDX-License-Identifier: GPL-2.0-only
/*
 * See poll_lib.h.
 *
 * Copyright (C) the mq authors
 */
#include "poll_lib.h"

#define LONG_MS 30000

void mq_epoll_add(int set, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };

	MQ_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

uint32_t mq_epoll_wait(int set, int ms)
{
	struct epoll_event event = { 0 };
	int count = MQ_OK(epoll_wait(set, &event, 1, ms));

	return count ? event.events : 0;
}

uint32_t mq_epoll_next(int set)
{
	return mq_epoll_wait(set, LONG_MS);
}

uint32_t mq_epoll_now(int set)
{
	return mq_epoll_wait(set, 0);
}
