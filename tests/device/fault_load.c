// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading the module with each fault that its initialisation can meet: the load fails and
 * leaves nothing behind, or the device works.
 *
 * Copyright (C) the mq authors
 */
#include "fault_lib.h"

static void device_works(void)
{
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me hello"), 0);
	MQ_READS(fd, "hello");
	MQ_EQ(mq_cmd(fd, "/unr"), 0);
	close(fd);
	MQ_EQ(mq_unload(), 0);
}

static void nothing_is_left(void)
{
	static const char *const left[] = {
		MQ_NODE, "/sys/kernel/debug/mq", "/sys/module/mq_driver/refcnt",
		"/sys/class/misc/mq", "/sys/kernel/slab/mq_message_248",
		"/sys/kernel/slab/mq_message_4664",
	};
	size_t i;

	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		if (!access(left[i], F_OK))
			MQ_FAIL("%s is left", left[i]);
}

/* Where it has no cache, no node, no directory the kernel says so, with a trace. */
MQ_TEST(fault_load, "a load whose memory fails leaves nothing behind, and the next one works",
	.no_module = true, .log_traces = true, .timeout = 400)
{
	int nth, error, failed = 0, absorbed = 0;
	bool hit = true;

	mq_fault_open();
	nth = mq_fault_load_points("mq_driver", "MAX_DEVICES=0", -EINVAL) - MQ_FAULT_LOADERS;
	MQ_GE(mq_fault_load_points("mq_driver", NULL, 0), nth + MQ_FAULT_LOADERS);
	device_works();
	for (; hit; nth++) {
		mq_fault_begin(nth);
		error = mq_load(NULL);
		hit = mq_fault_end();
		if (error) {
			if (!hit || (error != -ENOMEM && error != -EFAULT))
				MQ_FAIL("load with fault %d: %d", nth, error);
			failed++;
			nothing_is_left();
		} else {
			absorbed += hit;
			device_works();
		}
	}
	/* Six slab caches, four pieces of memory, a work queue, a device and its kin. */
	MQ_GE(failed, 12);
	MQ_EQ(mq_load(NULL), 0);
	device_works();
}
