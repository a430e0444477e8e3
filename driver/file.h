/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file of /dev/mq: which endpoint a call means. That of the file, if it is bound
 * (handle.h), by frames; else the calling process's, by text.
 */
#ifndef _MQ_FILE_H
#define _MQ_FILE_H

struct file_operations;

extern const struct file_operations mq_file_operations;

#endif /* _MQ_FILE_H */
