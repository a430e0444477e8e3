// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child memory group, where most systems run everything: the kernel charges it
 *
 * Copyright (C) the mq authors
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define GROUP	"/sys/fs/cgroup/mq-bench"

/**
 * bench_group_enter - this process goes into a memory group of its own
 */
void bench_group_enter(void)
{
	int fd;

	if (mkdir(GROUP, 0755) && errno != EEXIST)
		bench_die(GROUP ": %m; a group can only be made by root, where cgroup2 is mounted");
	if (access(GROUP "/memory.current", R_OK))
		bench_die(GROUP ": has no memory controller; echo +memory >/sys/fs/cgroup/cgroup.subtree_control");
	fd = open(GROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		bench_die(GROUP ": %m");
	close(fd);
}

/**
 * bench_group_remove - the group's end, when all of its processes have ended
 */
void bench_group_remove(void)
{
	rmdir(GROUP);
}
