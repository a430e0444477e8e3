/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the runner and harness.c.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_RUNNER_H
#define MQ_TESTS_RUNNER_H

/* A pipe to the runner that every process of a test inherits, by exec too. */
#define MQ_REPORT_FD 511
#define MQ_REPORT_FAIL 'F'
#define MQ_REPORT_SKIP 'S'

extern const char *mq_module_path;

#endif
