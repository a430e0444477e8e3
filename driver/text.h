/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text protocol on files that are not bound: for shells and learners. command.h says
 * what a line asks for, this does it, for the calling process.
 */
#ifndef _MQ_TEXT_H
#define _MQ_TEXT_H

#include <linux/poll.h>
#include <linux/types.h>

struct file;
struct iov_iter;

ssize_t mq_text_write(struct file *file, const char __user *line, size_t len, bool nonblock);
ssize_t mq_text_write_iter(struct file *file, struct iov_iter *line, bool nonblock);
ssize_t mq_text_read(struct file *file, char __user *text, size_t len, bool nonblock);
ssize_t mq_text_read_iter(struct file *file, struct iov_iter *text, bool nonblock);
__poll_t mq_text_poll(struct file *file, poll_table *wait);

#endif /* _MQ_TEXT_H */
