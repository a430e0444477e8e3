/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file of /dev/mq: which endpoint a call means, and the calls.
 *
 * In the text protocol the owner of an endpoint is a process, and a call on any file
 * means the calling process's endpoint. The file itself keeps nothing.
 */
#ifndef _MQ_FILE_H
#define _MQ_FILE_H

struct file_operations;

extern const struct file_operations mq_file_operations;

#endif /* _MQ_FILE_H */
