// SPDX-License-Identifier: GPL-2.0-only
#include "file.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>

#include "alert.h"
#include "buffer.h"
#include "command.h"
#include "driver.h"
#include "endpoint.h"
#include "message.h"
#include "registry.h"

/*
 * Whose endpoint does a call on this file mean? The calling process's. Nothing outside
 * this file knows that it is the calling process's, and not another owner's.
 */
static struct mq_endpoint *mq_file_find_endpoint_rcu(void)
{
	return mq_registry_find_rcu(task_tgid(current));
}

/* The same with a reference for the caller, who is going to sleep. */
static struct mq_endpoint *mq_file_get_endpoint(void)
{
	struct mq_endpoint *ep;

	rcu_read_lock();
	ep = mq_endpoint_get_rcu(mq_file_find_endpoint_rcu());
	rcu_read_unlock();
	return ep;
}

static int mq_file_open(struct inode *inode, struct file *file)
{
	/* preadv2(RWF_NOWAIT) and io_uring may ask: no message and no reader is waited for. */
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

static void mq_file_alert_nobody(const struct mq_command *cmd,
				 const struct mq_message *msg)
{
	char name[MQ_NAME_SIZE];

	mq_name_show(name, sizeof(name), cmd->word, cmd->word_len);
	mq_alert_show(MQ_ALERT_NOBODY, "%s sends to %s, which does not exist\n",
		      msg->sender.bytes, name);
}

/* /msg: never sleeps between here and the mailbox, so one RCU section holds both. */
static int mq_file_msg(const struct mq_command *cmd, struct mq_message *msg)
{
	struct mq_endpoint *from;
	LLIST_HEAD(dead);
	int err = -EACCES;

	msg->text = cmd->text;
	msg->text_len = cmd->text_len;

	rcu_read_lock();
	from = mq_file_find_endpoint_rcu();
	if (from) {
		msg->sender = from->name;
		err = mq_registry_send_rcu(&cmd->name, msg, &dead);
	}
	rcu_read_unlock();

	mq_message_drain(&dead);
	if (err == -ENOENT)
		mq_file_alert_nobody(cmd, msg);
	if (err)
		mq_message_put(msg);
	return err;
}

static int mq_file_all(const struct mq_command *cmd, struct mq_message *msg)
{
	struct mq_endpoint *from = mq_file_get_endpoint();
	int err = -EACCES;

	if (from) {
		msg->text = cmd->text;
		msg->text_len = cmd->text_len;
		msg->sender = from->name;
		err = mq_registry_broadcast(from, msg);
		mq_endpoint_put(from);
	}
	mq_message_put(msg);
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

static bool mq_file_is_nonblock(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

/* What is no message: nothing of the line is left in memory any more. */
static int mq_file_control(struct file *file, const struct mq_command *cmd, bool nonblock)
{
	switch (cmd->kind) {
	case MQ_COMMAND_REG:
		return mq_file_reg(file, cmd);
	case MQ_COMMAND_UNR:
		return mq_registry_unlink(task_tgid(current));
	case MQ_COMMAND_FROM:
		return mq_file_from(cmd);
	case MQ_COMMAND_WAIT:
		return mq_file_wait(cmd, nonblock);
	default:
		return -EINVAL;
	}
}

/* Takes over the caller's reference to the message, in whose memory the line lies. */
static int mq_file_command(struct file *file, struct mq_message *msg, bool nonblock)
{
	struct mq_command cmd;
	int err;

	err = mq_command_parse(&cmd, msg->data, msg->size);
	if (!err && cmd.kind == MQ_COMMAND_MSG)
		return mq_file_msg(&cmd, msg);
	if (!err && cmd.kind == MQ_COMMAND_ALL)
		return mq_file_all(&cmd, msg);

	mq_message_put(msg);
	return err ? err : mq_file_control(file, &cmd, nonblock);
}

/* Inline in both kinds of write: each then lacks the other's branches. */
static __always_inline ssize_t mq_file_write_line(struct file *file,
						  struct mq_buffer *from, bool nonblock)
{
	size_t len = mq_buffer_left(from);
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
	if (!mq_buffer_pop(from, msg->data, len)) {
		mq_message_put(msg);
		return -EFAULT;
	}

	err = mq_file_command(file, msg, nonblock);
	return err ? err : len;
}

static ssize_t mq_file_write(struct file *file, const char __user *data, size_t len,
			     loff_t *pos)
{
	struct mq_buffer from = { .at = (char __user *)data, .left = len };

	return mq_file_write_line(file, &from, file->f_flags & O_NONBLOCK);
}

static ssize_t mq_file_write_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mq_buffer from = { .iter = iter };

	return mq_file_write_line(iocb->ki_filp, &from, mq_file_is_nonblock(iocb));
}

/* The sender's name, or what is left of it, and one space. */
static ssize_t mq_file_copy_prefix(const struct mq_message *msg, size_t prefix,
				   size_t done, struct mq_buffer *to)
{
	size_t len = min(prefix - done, mq_buffer_left(to));
	char head[MQ_NAME_SIZE];

	memcpy(head, msg->sender.bytes, prefix - 1);
	head[prefix - 1] = ' ';
	return mq_buffer_push(to, head + done, len) ? len : -EFAULT;
}

/*
 * Copy what comes next of "SENDER TEXT" or of TEXT alone. Only the reader that has
 * claimed the stage is here. After a fault the stage is as it was.
 *
 * Return: bytes copied, or -EFAULT.
 */
static __always_inline ssize_t mq_file_copy_stage(struct mq_stage *stage,
						  struct mq_buffer *to)
{
	const struct mq_message *msg = stage->msg;
	size_t done = stage->done;
	ssize_t copied = 0;
	size_t len;

	if (done < stage->prefix) {
		copied = mq_file_copy_prefix(msg, stage->prefix, done, to);
		if (copied < 0)
			return copied;
		done += copied;
	}

	if (done >= stage->prefix) {
		done -= stage->prefix;
		len = min(msg->text_len - done, mq_buffer_left(to));
		if (!mq_buffer_push(to, msg->text + done, len))
			return -EFAULT;
		copied += len;
	}

	stage->done += copied;
	return copied;
}

static __always_inline ssize_t mq_file_read_text(struct mq_buffer *to, bool nonblock)
{
	struct mq_endpoint *ep;
	struct mq_stage *stage;
	ssize_t ret;

	if (!mq_buffer_left(to))
		return 0;
	ep = mq_file_get_endpoint();
	if (!ep)
		return -ENOENT;

	ret = mq_endpoint_receive_begin(ep, nonblock);
	if (ret)
		goto put;

	stage = &ep->stage;
	if (!stage->done)
		stage->prefix = READ_ONCE(ep->shows_sender) ?
				strlen(stage->msg->sender.bytes) + 1 : 0;
	ret = mq_file_copy_stage(stage, to);
	mq_endpoint_receive_end(ep, stage->done == stage->prefix + stage->msg->text_len);
put:
	mq_endpoint_put(ep);
	return ret;
}

static ssize_t mq_file_read(struct file *file, char __user *data, size_t len, loff_t *pos)
{
	struct mq_buffer to = { .at = data, .left = len };

	return mq_file_read_text(&to, file->f_flags & O_NONBLOCK);
}

static ssize_t mq_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct mq_buffer to = { .iter = iter };

	return mq_file_read_text(&to, mq_file_is_nonblock(iocb));
}

static __poll_t mq_file_poll(struct file *file, struct poll_table_struct *wait)
{
	__poll_t events = EPOLLOUT | EPOLLWRNORM;
	struct mq_endpoint *ep;

	poll_wait(file, mq_endpoint_find_pollers(task_tgid(current)), wait);

	rcu_read_lock();
	ep = mq_file_find_endpoint_rcu();
	if (!ep)
		events |= EPOLLERR;
	else if (mq_endpoint_has_message(ep))
		events |= EPOLLIN | EPOLLRDNORM;
	rcu_read_unlock();
	return events;
}

const struct file_operations mq_file_operations = {
	.owner = THIS_MODULE,
	.open = mq_file_open,
	.read = mq_file_read,
	.write = mq_file_write,
	.read_iter = mq_file_read_iter,
	.write_iter = mq_file_write_iter,
	.poll = mq_file_poll,
};
