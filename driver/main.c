// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_driver: messages between processes by name, without a broker.
 *
 * Load, unload, device node. The way of a message through the other
 * files: file.c (a call) -> text.c or frame.c (what it asks) -> registry.c (who is meant)
 * -> send.c (into the mailbox, wake) -> receive.c (out of it again) -> text.c or frame.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>

#include "alert.h"
#include "debugfs.h"
#include "driver.h"
#include "endpoint.h"
#include "file.h"
#include "handle.h"
#include "message.h"
#include "registry.h"
#include "sender.h"

static struct miscdevice mq_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mq",
	.fops = &mq_file_operations,
	.mode = 0660,
};

static int __init mq_driver_init(void)
{
	int err;

	err = mq_param_init();
	if (err)
		return err;

	mq_alert_init();
	err = mq_handle_init();
	if (err)
		return err;
	err = mq_endpoint_init();
	if (err)
		goto err_handle;
	err = mq_message_init();
	if (err)
		goto err_endpoint;
	err = mq_registry_init();
	if (err)
		goto err_message;
	err = mq_sender_init();
	if (err)
		goto err_registry;
	mq_debugfs_init();
	err = misc_register(&mq_device);
	if (err)
		goto err_debugfs;

	pr_info("loaded, MAX_DEVICES=%u QUEUE_LEN=%u CMD_BUF_SIZE=%u\n",
		mq_max_devices, mq_queue_len, mq_cmd_buf_size);
	return 0;

err_debugfs:
	mq_debugfs_deinit();
	mq_sender_deinit();
err_registry:
	mq_registry_deinit();
err_message:
	mq_message_deinit();
err_endpoint:
	mq_endpoint_deinit();
err_handle:
	mq_handle_deinit();
	return err;
}

static void __exit mq_driver_exit(void)
{
	misc_deregister(&mq_device);
	mq_debugfs_deinit();
	mq_sender_deinit();
	mq_registry_deinit();
	mq_message_deinit();
	mq_endpoint_deinit();
	mq_handle_deinit();
	mq_alert_deinit();
}

module_init(mq_driver_init);
module_exit(mq_driver_exit);

MODULE_AUTHOR("the mq authors");
MODULE_DESCRIPTION("Messages between processes by name, without a broker");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
