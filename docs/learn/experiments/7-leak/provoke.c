// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 7: lines that cannot be copied, and a look at what the kernel has lost.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

static void scan(void)
{
	int fd = MQ_OK(open(KMEMLEAK, O_WRONLY | O_CLOEXEC));

	MQ_EQ(write(fd, "scan", 4), 4);
	close(fd);
}

/* Prints what kmemleak says of memory that this process had allocated: the number of pieces. */
static int show_lost(void)
{
	FILE *file = fopen(KMEMLEAK, "re");
	char line[256], own[32];
	bool is_own = false;
	char object[256] = "";
	int count = 0;

	snprintf(own, sizeof(own), "pid %d,", getpid());
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "unreferenced", 12)) {
			snprintf(object, sizeof(object), "%s", line);
			is_own = false;
			continue;
		}
		if (strstr(line, own)) {
			is_own = true;
			count++;
			if (count == 1)
				printf("# %s", object);
		}
		if (is_own && count == 1)
			printf("# %s", line);
	}
	fflush(stdout);
	return count;
}

/* kmemleak also counts what the kernel itself lost while it booted. */
MQ_TEST(leak_fault, "a line that cannot be copied leaves no memory behind", .log_may = "kmemleak")
{
	char *nothing = mq_edge_new(0);
	int fd = mq_dev(), i, lost;

	if (access(KMEMLEAK, F_OK))
		mq_skip("this kernel has no kmemleak");
	for (i = 0; i < 20; i++)
		MQ_EQ(mq_cmd_bytes(fd, nothing, 16), -EFAULT);
	/* It does not look at what is younger than 5 s; what has moved meanwhile it sees the second time. */
	mq_sleep_ms(6000);
	scan();
	scan();
	lost = show_lost();
	if (lost)
		MQ_FAIL("%d pieces of memory are lost", lost);
}
