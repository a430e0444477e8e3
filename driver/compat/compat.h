/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions; every file of the driver is compiled
 * with it (Kbuild). From 6.1 on the driver needs nothing that has changed since.
 */
#ifndef _MQ_COMPAT_H
#define _MQ_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "mq_driver needs Linux 6.1 or later"
#endif

#endif /* _MQ_COMPAT_H */
