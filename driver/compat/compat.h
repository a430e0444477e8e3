/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver/compat is the only place that knows kernel versions. Every file of the driver
 * is compiled with this one (Kbuild).
 */
#ifndef _MQ_COMPAT_H
#define _MQ_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "mq_driver needs Linux 6.1 or later"
#endif

#endif /* _MQ_COMPAT_H */
