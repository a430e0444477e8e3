// SPDX-License-Identifier: GPL-2.0-only
#include "file.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "alert.h"
#include "command.h"
#include "driver.h"
#include "endpoint.h"
#include "message.h"
#include "registry.h"

/*
 * Whose endpoint does a call on this file mean? The calling process's. This function
 * and mq_file_reg() are the only ones that know that an owner is a process.
 */
static struct mq_endpoint *mq_file_get_endpoint(void)
{
	return mq_registry_get(task_tgid(current));
}

static int mq_file_open(struct inode *inode, struct file *file)
{
	/* Preadv2(RWF_NOWAIT) and io_uring may ask: nothing sleeps that is told not to. */
	file->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, file);
}

/* A capability counts only if who opened the file had it too. */
static bool mq_file_is_capable(struct file *file, int cap)
{
	return capable(cap) && file_ns_capable(file, &init_user_ns, cap);
}

/*
 * Nobody makes a setuid program register for him by handing it a file: the file must
 * have been opened with the identity that the endpoint would get.
 */
static bool mq_file_may_own(struct file *file, const struct mq_name *name)
{
	if (!uid_eq(file->f_cred->euid, current_euid()) ||
	    !gid_eq(file->f_cred->egid, current_egid()))
		return false;
	return name->bytes[0] != '.' || mq_file_is_capable(file, CAP_SYS_ADMIN);
}

static int mq_file_reg(struct file *file, const struct mq_command *cmd)
{
	struct mq_endpoint *ep;
	int err;

	if (!mq_file_may_own(file, &cmd->name))
		return -EPERM;

	ep = mq_endpoint_new(&cmd->name, task_tgid(current), mq_queue_len);
	if (!ep)
		return -ENOMEM;

	err = mq_registry_link(ep);
	if (err)
		mq_endpoint_put(ep);
	return err;
}

static void mq_file_alert_nobody(const struct mq_endpoint *from,
				 const struct mq_command *cmd)
{
	char name[MQ_NAME_SIZE];

	mq_name_show(name, sizeof(name), cmd->word, cmd->word_len);
	mq_alert_show(MQ_ALERT_NOBODY, "%s sends to %s, which does not exist\n",
		      from->name.bytes, name);
}

/* /msg and /all. Takes over the caller's reference to the message. */
static int mq_file_send(const struct mq_command *cmd, struct mq_message *msg)
{
	struct mq_endpoint *from = mq_file_get_endpoint();
	int err;

	if (!from) {
		mq_message_put(msg);
		return -EACCES;
	}

	msg->text = cmd->text;
	msg->text_len = cmd->text_len;
	msg->sender = from->name;
	msg->sender_len = strlen(from->name.bytes);

	if (cmd->kind == MQ_COMMAND_ALL) {
		err = mq_registry_broadcast(from, msg);
		mq_message_put(msg);
	} else {
		err = mq_registry_send(&cmd->name, msg);
		if (err) {
			mq_file_alert_nobody(from, cmd);
			mq_message_put(msg);
		}
	}
	mq_endpoint_put(from);
	return err;
}

static int mq_file_from(const struct mq_command *cmd)
{
	struct mq_endpoint *ep = mq_file_get_endpoint();

	if (!ep)
		return -ENOENT;
	WRITE_ONCE(ep->shows_sender, cmd->on);
	mq_endpoint_put(ep);
	return 0;
}

static int mq_file_wait(const struct mq_command *cmd, bool nonblock)
{
	struct mq_endpoint *ep = mq_file_get_endpoint();
	ktime_t timeout = KTIME_MAX;
	int err;

	if (!ep)
		return -ENOENT;
	if (cmd->timeout != MQ_COMMAND_FOREVER)
		timeout = ms_to_ktime(cmd->timeout);
	err = mq_endpoint_wait(ep, timeout, nonblock);
	mq_endpoint_put(ep);
	return err;
}

/* Takes over the caller's reference to the message, in whose memory the line lies. */
static int mq_file_command(struct file *file, struct mq_message *msg, bool nonblock)
{
	struct mq_command cmd;
	int err;

	err = mq_command_parse(&cmd, msg->data, msg->size);
	if (!err && (cmd.kind == MQ_COMMAND_MSG || cmd.kind == MQ_COMMAND_ALL))
		return mq_file_send(&cmd, msg);

	/* Nothing below needs the line; a /wait shall not hold its memory. */
	mq_message_put(msg);
	if (err)
		return err;

	switch (cmd.kind) {
	case MQ_COMMAND_REG:
		return mq_file_reg(file, &cmd);
	case MQ_COMMAND_UNR:
		return mq_registry_unlink(task_tgid(current));
	case MQ_COMMAND_FROM:
		return mq_file_from(&cmd);
	case MQ_COMMAND_WAIT:
		return mq_file_wait(&cmd, nonblock);
	default:
		return -EINVAL;
	}
}

static ssize_t mq_file_write_line(struct file *file, struct iov_iter *from,
				  bool nonblock)
{
	size_t len = iov_iter_count(from);
	struct mq_message *msg;
	int err;

	if (!len)
		return 0;
	if (len > mq_cmd_buf_size) {
		mq_alert_show(MQ_ALERT_SIZE,
			      "refused a command of %zu bytes (CMD_BUF_SIZE=%u)\n",
			      len, mq_cmd_buf_size);
		return -EMSGSIZE;
	}

	msg = mq_message_new(len);
	if (!msg)
		return -ENOMEM;
	if (!copy_from_iter_full(msg->data, len, from)) {
		mq_message_put(msg);
		return -EFAULT;
	}

	err = mq_file_command(file, msg, nonblock);
	return err ? err : len;
}

/*
 * Copy what comes next of "SENDER TEXT" or of TEXT alone. Only the reader that has
 * claimed the stage is here. After a fault the stage is as it was.
 *
 * Return: bytes copied, or -EFAULT.
 */
static ssize_t mq_file_copy_stage(const struct mq_message *msg, struct mq_stage *stage,
				  struct iov_iter *to)
{
	size_t prefix = stage->prefix;
	size_t done = stage->done;
	size_t part, copied = 0;

	if (done < prefix) {
		/* The name, or what is left of it, and one space. */
		char head[MQ_NAME_SIZE];

		memcpy(head, msg->sender.bytes, prefix - 1);
		head[prefix - 1] = ' ';
		part = min(prefix - done, iov_iter_count(to));
		if (copy_to_iter(head + done, part, to) != part)
			return -EFAULT;
		copied = part;
		done += part;
	}

	if (done >= prefix) {
		part = min(msg->text_len - (done - prefix), iov_iter_count(to));
		if (copy_to_iter(msg->text + (done - prefix), part, to) != part)
			return -EFAULT;
		copied += part;
		done += part;
	}

	stage->done = done;
	return copied;
}

static ssize_t mq_file_read_text(struct iov_iter *to, bool nonblock)
{
	struct mq_endpoint *ep;
	struct mq_stage *stage;
	struct mq_message *msg;
	ssize_t ret;

	if (!iov_iter_count(to))
		return 0;
	ep = mq_file_get_endpoint();
	if (!ep)
		return -ENOENT;

	ret = mq_endpoint_receive_begin(ep, nonblock);
	if (ret)
		goto put;

	stage = &ep->stage;
	msg = stage->msg;
	if (!stage->done)
		stage->prefix = READ_ONCE(ep->shows_sender) ? msg->sender_len + 1 : 0;
	ret = mq_file_copy_stage(msg, stage, to);
	mq_endpoint_receive_end(ep, stage->done == stage->prefix + msg->text_len);
put:
	mq_endpoint_put(ep);
	return ret;
}

static bool mq_file_is_nonblock(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t mq_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	return mq_file_write_line(iocb->ki_filp, from, mq_file_is_nonblock(iocb));
}

static ssize_t mq_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return mq_file_read_text(to, mq_file_is_nonblock(iocb));
}

static __poll_t mq_file_poll(struct file *file, struct poll_table_struct *wait)
{
	__poll_t events = EPOLLOUT | EPOLLWRNORM;
	struct mq_endpoint *ep;

	poll_wait(file, mq_endpoint_pollers(task_tgid(current)), wait);

	ep = mq_file_get_endpoint();
	if (!ep)
		events |= EPOLLERR;
	else if (mq_endpoint_has_message(ep))
		events |= EPOLLIN | EPOLLRDNORM;
	mq_endpoint_put(ep);
	return events;
}

const struct file_operations mq_file_operations = {
	.owner = THIS_MODULE,
	.open = mq_file_open,
	.read_iter = mq_file_read_iter,
	.write_iter = mq_file_write_iter,
	.poll = mq_file_poll,
};
