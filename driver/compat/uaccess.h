/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies from and to user memory without the run-time check of the kernel's side;
 * buffer.h says why.
 *
 * Since 6.11 an architecture that inlines copy_from_user() declares _copy_from_user()
 * but does not have it, and the inline one has a name of its own.
 */
#ifndef _MQ_COMPAT_UACCESS_H
#define _MQ_COMPAT_UACCESS_H

#include <linux/uaccess.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) && defined(INLINE_COPY_FROM_USER)
#define mq_compat_copy_from_user	_inline_copy_from_user
#else
#define mq_compat_copy_from_user	_copy_from_user
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) && defined(INLINE_COPY_TO_USER)
#define mq_compat_copy_to_user		_inline_copy_to_user
#else
#define mq_compat_copy_to_user		_copy_to_user
#endif

#endif /* _MQ_COMPAT_UACCESS_H */
