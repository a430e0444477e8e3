// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory control groups; see group.h.
 *
 * Copyright (C) the mq authors
 */
#include "group.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define GROUPS "/sys/fs/cgroup"

static void group_path(char *path, const char *group, const char *file)
{
	snprintf(path, 256, "%s/%s/%s", GROUPS, group, file);
}

static bool group_write(const char *group, const char *file, const char *text)
{
	char path[256];
	ssize_t done;
	int fd;

	group_path(path, group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text));
	close(fd);
	return done > 0;
}

static bool group_read(const char *group, const char *file, char *text,
		       size_t size)
{
	char path[256];
	ssize_t got;
	int fd;

	group_path(path, group, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return got >= 0;
}

static void group_need(void)
{
	char text[512];

	mkdir(GROUPS, 0755);
	if (!group_read(".", "cgroup.controllers", text, sizeof(text)))
		mount("none", GROUPS, "cgroup2", 0, NULL);
	if (!group_read(".", "cgroup.controllers", text, sizeof(text)) ||
	    !strstr(text, "memory"))
		mq_skip("the kernel has no memory control groups");
	MQ_TRUE(group_write(".", "cgroup.subtree_control", "+memory"));
}

void mq_group_new(const char *group)
{
	char path[256];

	group_need();
	group_path(path, group, "");
	rmdir(path);
	MQ_OK(mkdir(path, 0755));
	group_write(group, "memory.swap.max", "0");
}

void mq_group_free(const char *group)
{
	char path[256];

	group_path(path, group, "");
	while (rmdir(path)) {
		MQ_EQ(errno, EBUSY);
		mq_sleep_ms(5);
	}
}

void mq_group_enter(const char *group)
{
	MQ_TRUE(group_write(group, "cgroup.procs", "0"));
}

void mq_group_enter_locked(const char *group)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	mq_group_enter(group);
	/* For who becomes another user: a mapping beyond his limit would fail. */
	MQ_OK(setrlimit(RLIMIT_MEMLOCK, &none));
	MQ_OK(mlockall(MCL_CURRENT | MCL_FUTURE));
}

long long mq_group_usage(const char *group)
{
	char text[64];

	MQ_TRUE(group_read(group, "memory.current", text, sizeof(text)));
	return atoll(text);
}

void mq_group_settle(const char *group)
{
	MQ_TRUE(group_write(group, "memory.high", "0"));
	MQ_TRUE(group_write(group, "memory.high", "max"));
}

void mq_group_limit(const char *group, long long bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", bytes);
	MQ_TRUE(group_write(group, "memory.max", text));
}

void mq_group_check_nobody_killed(const char *group)
{
	char text[512], *at;

	MQ_TRUE(group_read(group, "memory.events", text, sizeof(text)));
	at = strstr(text, "oom_kill ");
	MQ_TRUE(at);
	MQ_EQ(atoi(at + strlen("oom_kill ")), 0);
}

void mq_group_kill(const char *group)
{
	MQ_TRUE(group_write(group, "cgroup.kill", "1"));
}
