// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be true whatever was done.
 *
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE
#include "conduct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mq_driver.h>

#define LEFT_MS		60000	/* for the end of what a dead process had open */

static int device = -1, endpoints = -1, messages = -1;

void fuzz_check_init(void)
{
	device = open("/dev/mq", O_RDWR | O_CLOEXEC);
	endpoints = open("/sys/kernel/debug/mq/endpoints", O_RDONLY | O_CLOEXEC);
	messages = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (device < 0 || endpoints < 0 || messages < 0)
		fuzz_die("/dev/mq, its debugfs or /dev/kmsg: %s", strerror(errno));
	lseek(messages, 0, SEEK_END);
}

static void check_status(const struct mq_status *now)
{
	if (now->accepted != now->delivered + now->overwritten + now->discarded + now->queued)
		fuzz_die("%s: accepted %llu, but %llu delivered, %llu overwritten, %llu discarded, %u queued", now->name,
			 now->accepted, now->delivered, now->overwritten, now->discarded, now->queued);
	/* In the mailbox, and at most as many in the stage. */
	if (now->queued > 2ULL * now->depth)
		fuzz_die("%s: %u messages queued in a mailbox of %u", now->name, now->queued, now->depth);
	if (now->discarded)
		fuzz_die("%s: lives, and has discarded %llu messages", now->name, now->discarded);
}

static struct mq_totals totals_now(void)
{
	struct mq_totals now = { .size = sizeof(now) };
	char wrong[FUZZ_WRONG] = "";

	if (ioctl(device, MQ_IOC_TOTALS, &now))
		fuzz_die("MQ_IOC_TOTALS: %s", strerror(errno));
	fuzz_totals_check(&now, wrong);
	if (*wrong)
		fuzz_die("%s", wrong);
	return now;
}

void fuzz_check_counters(void)
{
	struct mq_status entries[16];
	struct mq_list list = {
		.size = sizeof(list),
		.entry_size = sizeof(*entries),
		.entries = (uintptr_t)entries,
		.count = 16,
	};
	unsigned int i;

	if (ioctl(device, MQ_IOC_LIST, &list))
		fuzz_die("MQ_IOC_LIST: %s", strerror(errno));
	for (i = 0; i < list.count; i++)
		check_status(&entries[i]);
	totals_now();
}

void fuzz_check_log(void)
{
	static const char *const words[] = {
		"BUG", "WARNING", "KASAN", "UBSAN", "INFO:", "Call Trace", "Oops", "rcu_", "rcu:", "general protection",
		"blocked for more than", "soft lockup", "refcount_t", "corruption", "Bad page", "ODEBUG", "Kernel panic", NULL
	};
	bool complains = false;
	char line[2048];
	ssize_t got;
	int i;

	while ((got = read(messages, line, sizeof(line) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		line[got] = 0;
		for (i = 0; words[i]; i++)
			if (strstr(line, words[i]))
				complains = true;
		if (complains)
			fprintf(stderr, "kernel: %s", strchr(line, ';') ? strchr(line, ';') + 1 : line);
	}
	if (complains)
		fuzz_die("the kernel complains");
}

/* Those of all names: nothing but the heading is none. */
static bool has_named(char *text, size_t size)
{
	ssize_t got = pread(endpoints, text, size - 1, 0);

	if (got <= 0)
		fuzz_die("debugfs mq/endpoints: %s", got ? strerror(errno) : "empty");
	text[got] = 0;
	return strchr(text, '\n') != text + got - 1;
}

/* Of endpoints with and without a name, root's too, and of messages. */
static bool has_memory(struct mq_totals *now)
{
	*now = totals_now();
	return now->names || now->anonymous || now->queued || now->endpoints || now->endpoint_bytes || now->slots ||
	       now->slot_bytes || now->messages || now->message_bytes;
}

/* What this user has, anonymous ones too; root is not counted. */
static bool has_own(uid_t user)
{
	struct mq_info info = { .size = sizeof(info) };

	if (syscall(SYS_setresuid, -1, user, -1) || ioctl(device, MQ_IOC_INFO, &info) ||
	    syscall(SYS_setresuid, -1, 0, -1))
		fuzz_die("MQ_IOC_INFO: %s", strerror(errno));
	return info.own_endpoints || info.own_bytes;
}

void fuzz_check_nothing_left(void)
{
	long until = fuzz_now_ms() + LEFT_MS;
	struct mq_totals now;
	char text[4096];

	do {
		if (!has_memory(&now) && !has_named(text, sizeof(text)) && !has_own(1001) && !has_own(1002))
			return;
		usleep(1000);
	} while (fuzz_now_ms() < until);
	has_named(text, sizeof(text));
	fuzz_die("something is left, or counted for a user, though everything is closed: %llu endpoints, %llu slots, %llu messages of %llu bytes\n%s",
		 now.endpoints, now.slots, now.messages, now.message_bytes, text);
}
