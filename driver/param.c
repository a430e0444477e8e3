// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's parameters. What is not given is worked out when the module is loaded, and
 * from then on stands under /sys/module/mq_driver/parameters/ as if it had been.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/printk.h>

#include "driver.h"

unsigned int mq_max_devices = 64;
module_param_named(MAX_DEVICES, mq_max_devices, uint, 0444);
MODULE_PARM_DESC(MAX_DEVICES, "named endpoints that may exist at once, 1 to 65536 (default 64)");

unsigned int mq_queue_len = 16;
module_param_named(QUEUE_LEN, mq_queue_len, uint, 0444);
MODULE_PARM_DESC(QUEUE_LEN, "messages that a mailbox holds, 1 to 65536 (default 16)");

unsigned int mq_cmd_buf_size = 4096;
module_param_named(CMD_BUF_SIZE, mq_cmd_buf_size, uint, 0444);
MODULE_PARM_DESC(CMD_BUF_SIZE, "bytes of one text command, and of a frame's payload, 16 to 1048576 (default 4096)");

int mq_root_devices = -1;
module_param_named(ROOT_DEVICES, mq_root_devices, int, 0444);
MODULE_PARM_DESC(ROOT_DEVICES, "of MAX_DEVICES, how many are kept for CAP_SYS_RESOURCE, 0 to MAX_DEVICES; -1: a sixteenth (default -1)");

unsigned int mq_user_endpoints;
module_param_named(USER_ENDPOINTS, mq_user_endpoints, uint, 0444);
MODULE_PARM_DESC(USER_ENDPOINTS, "endpoints that a user may have, named or not; 0: three quarters of MAX_DEVICES (default 0)");

unsigned long long mq_user_bytes;
module_param_named(USER_BYTES, mq_user_bytes, ullong, 0444);
MODULE_PARM_DESC(USER_BYTES, "what a user's mailboxes may take, each its depth times CMD_BUF_SIZE; 0: USER_ENDPOINTS of QUEUE_LEN (default 0)");

unsigned int mq_fair;
module_param_named(FAIR, mq_fair, uint, 0444);
MODULE_PARM_DESC(FAIR, "1: in a full mailbox of a process whoever holds the most of it loses his oldest message (default 0)");

unsigned int mq_isolate;
module_param_named(ISOLATE, mq_isolate, uint, 0444);
MODULE_PARM_DESC(ISOLATE, "1: each pid namespace has names of its own (default 0)");

static int __init mq_param_check(const char *name, s64 value, s64 min, s64 max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("%s=%lld is out of range, %lld to %lld\n", name, value, min, max);
	return -EINVAL;
}

static int __init mq_param_check_sizes(void)
{
	int err;

	err = mq_param_check("MAX_DEVICES", mq_max_devices, 1, MQ_MAX_DEVICES_MAX);
	if (!err)
		err = mq_param_check("QUEUE_LEN", mq_queue_len, 1,
				     mq_fair ? MQ_FAIR_DEPTH_MAX : MQ_QUEUE_LEN_MAX);
	if (!err)
		err = mq_param_check("CMD_BUF_SIZE", mq_cmd_buf_size,
				     MQ_CMD_BUF_SIZE_MIN, MQ_CMD_BUF_SIZE_MAX);
	return err;
}

/* As many mailboxes of QUEUE_LEN as a user may have. */
static u64 __init mq_param_find_bytes(void)
{
	u64 bytes;

	if (check_mul_overflow((u64)mq_user_endpoints * mq_queue_len, (u64)mq_cmd_buf_size, &bytes))
		return U64_MAX;
	return bytes;
}

/*
 * So no user can take all of it, and root finds a place; but one of 1, 2 or 3 places a user
 * may have alone, and of less than 16 none is kept.
 */
static int __init mq_param_check_limits(void)
{
	if (mq_root_devices == -1)
		mq_root_devices = mq_max_devices / 16;
	if (!mq_user_endpoints)
		mq_user_endpoints = max(mq_max_devices - mq_max_devices / 4, 1U);
	if (!mq_user_bytes)
		mq_user_bytes = mq_param_find_bytes();
	return mq_param_check("ROOT_DEVICES", mq_root_devices, 0, mq_max_devices);
}

/**
 * mq_param_init - look at what was given, work out what was not
 *
 * Return: 0, or -EINVAL, which is logged.
 */
int __init mq_param_init(void)
{
	int err;

	err = mq_param_check("FAIR", mq_fair, 0, 1);
	if (!err)
		err = mq_param_check("ISOLATE", mq_isolate, 0, 1);
	if (!err)
		err = mq_param_check_sizes();
	if (!err)
		err = mq_param_check_limits();
	return err;
}
