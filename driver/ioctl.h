/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of <linux/mq_driver.h>. */
#ifndef _MQ_IOCTL_H
#define _MQ_IOCTL_H

struct file;

long mq_file_ioctl(struct file *file, unsigned int cmd, unsigned long address);

#endif /* _MQ_IOCTL_H */
