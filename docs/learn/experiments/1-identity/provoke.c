// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 1: a new process gets the number of one that has died.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#include <linux/sched.h>
#include <sys/syscall.h>

/* The number of the next process is the kernel's choice; root may make it himself. */
static pid_t fork_with_pid(pid_t wanted)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};

	return MQ_OK(syscall(SYS_clone3, &args, sizeof(args)));
}

static void registers_and_ends(void *arg)
{
	int fd = mq_dev();

	(void)arg;
	MQ_EQ(mq_cmd(fd, "/reg bob"), 0);
	MQ_EQ(mq_cmd(fd, "/msg bob the key is under the mat"), 0);
}

static void is_a_stranger(void)
{
	char text[64] = "";
	int fd = mq_dev();
	ssize_t got = mq_read(fd, text, sizeof(text) - 1);

	if (got > 0)
		MQ_FAIL("process %d has registered nothing, and reads \"%s\"", getpid(), text);
	MQ_EQ(got, -ENOENT);
}

MQ_TEST(identity_number, "a new process with an old number is a stranger")
{
	pid_t bob = mq_run(registers_and_ends, NULL), next;

	mq_join(bob);
	/* bob is gone and was waited for: his number is free. */
	next = fork_with_pid(bob);
	if (!next) {
		is_a_stranger();
		_exit(0);
	}
	MQ_EQ(next, bob);
	mq_join(next);
}
