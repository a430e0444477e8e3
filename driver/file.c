// SPDX-License-Identifier: GPL-2.0-only
/*
 * The open file: a call on it means the endpoint that it owns, by frames, or as long as
 * it is not bound that of the calling process, by text.
 */
#include "file.h"

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uio.h>

#include "frame.h"
#include "handle.h"
#include "ioctl.h"
#include "text.h"

static int mq_file_open(struct inode *inode, struct file *file)
{
	struct mq_handle *handle = mq_handle_new();

	if (!handle)
		return -ENOMEM;
	file->private_data = handle;
	/* preadv2(RWF_NOWAIT) and io_uring may ask: no message and no reader is waited for. */
	file->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, file);
}

/* The last reference to the file is gone, wherever it was. */
static int mq_file_release(struct inode *inode, struct file *file)
{
	mq_handle_free(file->private_data);
	return 0;
}

static bool mq_file_is_nonblock_iter(const struct kiocb *iocb)
{
	return mq_file_is_nonblock(iocb->ki_filp) || (iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t mq_file_write(struct file *file, const char __user *data, size_t len,
			     loff_t *pos)
{
	struct mq_endpoint *ep = mq_handle_find(file->private_data);
	bool nonblock = mq_file_is_nonblock(file);

	if (ep)
		return mq_frame_write(ep, data, len, nonblock);
	return mq_text_write(file, data, len, nonblock);
}

static ssize_t mq_file_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mq_endpoint *ep = mq_handle_find(iocb->ki_filp->private_data);
	bool nonblock = mq_file_is_nonblock_iter(iocb);

	if (ep)
		return mq_frame_write_iter(ep, iter, nonblock);
	return mq_text_write_iter(iocb->ki_filp, iter, nonblock);
}

static ssize_t mq_file_read(struct file *file, char __user *data, size_t len, loff_t *pos)
{
	struct mq_endpoint *ep = mq_handle_find(file->private_data);
	bool nonblock = mq_file_is_nonblock(file);

	if (ep)
		return mq_frame_read(ep, data, len, nonblock);
	return mq_text_read(file, data, len, nonblock);
}

static ssize_t mq_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mq_endpoint *ep = mq_handle_find(iocb->ki_filp->private_data);
	bool nonblock = mq_file_is_nonblock_iter(iocb);

	if (ep)
		return mq_frame_read_iter(ep, iter, nonblock);
	return mq_text_read_iter(iocb->ki_filp, iter, nonblock);
}

static __poll_t mq_file_poll(struct file *file, struct poll_table_struct *wait)
{
	struct mq_handle *handle = file->private_data;
	struct mq_endpoint *ep;

	/* Whoever binds it takes the queue's lock and finds us there, or we find the endpoint. */
	poll_wait(file, &handle->pollers, wait);
	ep = mq_handle_find(handle);
	return ep ? mq_frame_poll(ep) : mq_text_poll(file, wait);
}

const struct file_operations mq_file_operations = {
	.owner = THIS_MODULE,
	.open = mq_file_open,
	.release = mq_file_release,
	.read = mq_file_read,
	.write = mq_file_write,
	.read_iter = mq_file_read_iter,
	.write_iter = mq_file_write_iter,
	.poll = mq_file_poll,
	.unlocked_ioctl = mq_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
