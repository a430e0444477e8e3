/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory control groups, for tests of who pays and of what happens at a limit.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_GROUP_H
#define MQ_TESTS_GROUP_H

#include "harness.h"

/* An empty group of that name; the test is skipped if the kernel has none. */
void mq_group_new(const char *group);
/* Waits until its processes and what they were charged for have gone. */
void mq_group_free(const char *group);
void mq_group_enter(const char *group);	/* this process; "." is the root */
/*
 * The same for one that will be at the group's limit, where its own first write to a page would
 * have it killed: from now on all of its pages are in memory, what it maps later too.
 */
void mq_group_enter_locked(const char *group);
long long mq_group_usage(const char *group);
/*
 * Gives back what the kernel has charged in advance, up to 64 pages for each processor: at once
 * on the one where the caller is, soon on others. Who counts on it stays on one (mq_stay()).
 */
void mq_group_settle(const char *group);
void mq_group_limit(const char *group, long long bytes);
void mq_group_check_nobody_killed(const char *group);
void mq_group_kill(const char *group);	/* every process in it */

#endif
