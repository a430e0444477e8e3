/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of poll and epoll have in common.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_POLL_LIB_H
#define MQ_TESTS_POLL_LIB_H

#include "harness.h"

#include <sys/epoll.h>
#include <sys/syscall.h>

/* What poll and epoll_wait of the C library sleep in, for mq_until_asleep. */
#ifdef SYS_poll
#define MQ_POLL_CALL SYS_poll
#else
#define MQ_POLL_CALL SYS_ppoll
#endif
#ifdef SYS_epoll_wait
#define MQ_EPOLL_CALL SYS_epoll_wait
#else
#define MQ_EPOLL_CALL SYS_epoll_pwait
#endif

void mq_epoll_add(int set, int fd, uint32_t events);
/* The next event of the set; 0: none within MS. */
uint32_t mq_epoll_wait(int set, int ms);
uint32_t mq_epoll_next(int set);	/* that must come, and has long for it */
uint32_t mq_epoll_now(int set);		/* that is there at this moment */

#endif
