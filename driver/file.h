/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file of /dev/mq: which endpoint a call means. That of the file, if it is bound
 * (handle.h), by frames; else the calling process's, by text.
 */
#ifndef _MQ_FILE_H
#define _MQ_FILE_H

#include <linux/compiler.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

extern const struct file_operations mq_file_operations;

/* Whether a call on the file must not sleep. */
static inline bool mq_file_is_nonblock(const struct file *file)
{
	/*
	 * fcntl() may change the flags while somebody is in a call on the file, and the
	 * kernel stores them plainly: the call goes by the old ones or by the new ones.
	 */
	return data_race(READ_ONCE(file->f_flags)) & O_NONBLOCK;
}

#endif /* _MQ_FILE_H */
