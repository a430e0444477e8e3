// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text protocol: what each command does, and how a message is read.
 */
#include "text.h"

#include <linux/err.h>
#include <linux/kcsan-checks.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "alert.h"
#include "buffer.h"
#include "command.h"
#include "driver.h"
#include "endpoint.h"
#include "handle.h"
#include "identity.h"
#include "message.h"
#include "registry.h"
#include "trace.h"

static struct mq_endpoint *mq_text_look_up(void)
{
	struct mq_endpoint *ep;

	rcu_read_lock();
	ep = mq_endpoint_get_rcu(mq_registry_find_rcu(task_tgid(current)));
	rcu_read_unlock();
	return ep;
}

/*
 * Whose endpoint does a call on a file mean that is not bound? The calling process's; NULL
 * if it has none. Most often it is the one that registered through this file.
 */
static __always_inline struct mq_endpoint *mq_text_get_endpoint(struct file *file)
{
	struct mq_endpoint *ep = mq_handle_find_registered(file->private_data);

	if (unlikely(!ep || ep->owner != task_tgid(current) ||
		     READ_ONCE(ep->gate) == MQ_GATE_CLOSED))
		return mq_text_look_up();
	refcount_inc(&ep->refs);
	return ep;
}

static int mq_text_reg(struct file *file, const struct mq_command *cmd)
{
	const struct mq_terms terms = {
		.depth = mq_queue_len,
		.policy = mq_fair ? MQ_POLICY_FAIR : MQ_POLICY_OVERWRITE,
	};
	struct pid *owner = task_tgid(current);
	struct mq_endpoint *ep;
	int err;

	ep = mq_endpoint_new(file, &cmd->name, &terms);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	ep->owner = owner;
	ep->pollers = mq_endpoint_find_pollers(owner);

	/* Another thread may unlink it at once, and give the registry's reference back. */
	refcount_inc(&ep->refs);
	err = mq_registry_link(ep);
	if (err)
		mq_endpoint_put(ep);
	else
		mq_handle_remember(file->private_data, ep);
	mq_endpoint_put(ep);
	return err;
}

static void mq_text_alert_nobody(const struct mq_command *cmd,
				 const struct mq_message *msg)
{
	char name[MQ_NAME_SIZE] = { };

	mq_name_show(name, sizeof(name), cmd->word, cmd->word_len);
	trace_mq_reject(name, msg, -ENOENT);
	mq_alert_show(MQ_ALERT_NOBODY, "%s sends to %s, which does not exist\n",
		      msg->sender->name.bytes, name);
}

/* @msg: the caller's reference is given back if it is not sent. */
static __always_inline int mq_text_msg(const struct mq_command *cmd, struct mq_message *msg)
{
	LLIST_HEAD(dead);
	int err;

	rcu_read_lock();
	err = mq_registry_send_rcu(&cmd->name, msg, &dead);
	rcu_read_unlock();

	mq_message_drain(&dead);
	if (likely(!err))
		return 0;
	if (err == -ENOENT)
		mq_text_alert_nobody(cmd, msg);
	mq_message_put(msg);
	/* A mailbox that would let its senders sleep: a text sender never does. */
	return err == -EAGAIN ? -ENOBUFS : err;
}

static int mq_text_all(struct mq_endpoint *ep, struct mq_message *msg)
{
	int err;

	msg->flags = MQ_FRAME_BROADCAST;
	err = mq_registry_broadcast(ep, msg);
	mq_message_put(msg);
	return err;
}

/* @ep: the sender, or NULL. @msg: the caller's reference is given back or passed on. */
static __always_inline int mq_text_send(struct mq_endpoint *ep, const struct mq_command *cmd,
					struct mq_message *msg)
{
	/* The registration may have ended while the line was copied. */
	if (unlikely(!ep || READ_ONCE(ep->gate) == MQ_GATE_CLOSED)) {
		mq_message_put(msg);
		return -EACCES;
	}
	msg->text = cmd->text;
	msg->text_len = cmd->text_len;
	return cmd->kind == MQ_COMMAND_MSG ? mq_text_msg(cmd, msg) : mq_text_all(ep, msg);
}

static int mq_text_from(struct mq_endpoint *ep, const struct mq_command *cmd)
{
	if (!ep)
		return -ENOENT;
	WRITE_ONCE(ep->shows_sender, cmd->on);
	return 0;
}

static int mq_text_wait(struct mq_endpoint *ep, const struct mq_command *cmd, bool nonblock)
{
	ktime_t timeout = KTIME_MAX;

	if (!ep)
		return -ENOENT;
	if (cmd->timeout != MQ_COMMAND_FOREVER)
		timeout = ms_to_ktime(cmd->timeout);
	return mq_endpoint_wait(ep, timeout, nonblock);
}

/* What is no message: nothing of the line is left in memory any more. */
static int mq_text_control(struct file *file, struct mq_endpoint *ep,
			   const struct mq_command *cmd, bool nonblock)
{
	switch (cmd->kind) {
	case MQ_COMMAND_REG:
		return mq_text_reg(file, cmd);
	case MQ_COMMAND_UNR:
		return mq_registry_unlink_owner(task_tgid(current));
	case MQ_COMMAND_FROM:
		return mq_text_from(ep, cmd);
	case MQ_COMMAND_WAIT:
		return mq_text_wait(ep, cmd, nonblock);
	default:
		return -EINVAL;
	}
}

/* Takes over the caller's reference to the message, in whose memory the line lies. */
static __always_inline int mq_text_command(struct file *file, struct mq_endpoint *ep,
					   struct mq_message *msg, bool nonblock)
{
	struct mq_command cmd;
	int err;

	err = mq_command_parse(&cmd, msg->data, msg->size);
	if (likely(!err && (cmd.kind == MQ_COMMAND_MSG || cmd.kind == MQ_COMMAND_ALL)))
		return mq_text_send(ep, &cmd, msg);

	mq_message_put(msg);
	return err ? err : mq_text_control(file, ep, &cmd, nonblock);
}

/* @ep: the process's endpoint, or NULL */
static __always_inline int mq_text_copy_line(struct file *file, struct mq_endpoint *ep,
					     struct mq_buffer *from, bool nonblock)
{
	size_t len = mq_buffer_left(from);
	struct mq_message *msg;

	msg = mq_message_new(ep ? ep->identity : NULL, len);
	if (!msg)
		return -ENOMEM;
	if (!mq_buffer_pop(from, msg->data, len)) {
		mq_message_put(msg);
		return -EFAULT;
	}
	return mq_text_command(file, ep, msg, nonblock);
}

/* Inline in both kinds of write: each then lacks the other's branches. */
static __always_inline ssize_t mq_text_write_line(struct file *file,
						  struct mq_buffer *from, bool nonblock)
{
	size_t len = mq_buffer_left(from);
	struct mq_endpoint *ep;
	int err;

	if (!len)
		return 0;
	if (len > mq_cmd_buf_size) {
		mq_alert_show(MQ_ALERT_SIZE,
			      "refused a command of %zu bytes (CMD_BUF_SIZE=%u)\n",
			      len, mq_cmd_buf_size);
		return -EMSGSIZE;
	}

	ep = mq_text_get_endpoint(file);
	err = mq_text_copy_line(file, ep, from, nonblock);
	mq_endpoint_put(ep);
	return err ? err : len;
}

/**
 * mq_text_write - one command, from one piece of memory
 * @file: the file that it was written to
 * @line: the command
 * @len: bytes of it
 * @nonblock: wait for nothing
 *
 * Return: @len or a negative errno.
 */
ssize_t mq_text_write(struct file *file, const char __user *line, size_t len, bool nonblock)
{
	struct mq_buffer from = { .at = (char __user *)line, .left = len };

	return mq_text_write_line(file, &from, nonblock);
}

/**
 * mq_text_write_iter - one command, from several pieces
 * @file: the file that it was written to
 * @line: the command
 * @nonblock: wait for nothing
 *
 * Return: its length or a negative errno.
 */
ssize_t mq_text_write_iter(struct file *file, struct iov_iter *line, bool nonblock)
{
	struct mq_buffer from = { .iter = line };

	return mq_text_write_line(file, &from, nonblock);
}

/* The sender's name, or what is left of it, and one space. */
static ssize_t mq_text_copy_prefix(const struct mq_message *msg, size_t prefix,
				   size_t done, struct mq_buffer *to)
{
	size_t len = min(prefix - done, mq_buffer_left(to));
	char head[MQ_NAME_SIZE];

	memcpy(head, msg->sender->name.bytes, prefix - 1);
	head[prefix - 1] = ' ';
	return mq_buffer_push(to, head + done, len) ? len : -EFAULT;
}

/*
 * Copy what comes next of "SENDER TEXT" or of TEXT alone. Only the reader that has
 * claimed the stage is here. After a fault the stage is as it was.
 *
 * Return: bytes copied, or -EFAULT.
 */
static __always_inline ssize_t mq_text_copy_stage(struct mq_stage *stage,
						  struct mq_buffer *to)
{
	const struct mq_message *msg = mq_stage_peek(stage, 0);
	size_t done = stage->done;
	ssize_t copied = 0;
	size_t len;

	/* They lie under no lock: the claim alone keeps others off. */
	ASSERT_EXCLUSIVE_ACCESS(stage->done);
	ASSERT_EXCLUSIVE_ACCESS(stage->prefix);

	if (done < stage->prefix) {
		copied = mq_text_copy_prefix(msg, stage->prefix, done, to);
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

static __always_inline ssize_t mq_text_read_stage(struct file *file, struct mq_buffer *to,
						  bool nonblock)
{
	struct mq_endpoint *ep;
	struct mq_message *msg;
	struct mq_stage *stage;
	ssize_t ret;

	if (!mq_buffer_left(to))
		return 0;
	ep = mq_text_get_endpoint(file);
	if (!ep)
		return -ENOENT;

	ret = mq_endpoint_receive_begin(ep, nonblock);
	if (ret)
		goto put;

	stage = &ep->stage;
	msg = mq_stage_peek(stage, 0);
	if (!stage->done)
		stage->prefix = READ_ONCE(ep->shows_sender) ?
				strlen(msg->sender->name.bytes) + 1 : 0;
	ret = mq_text_copy_stage(stage, to);
	if (stage->done == stage->prefix + msg->text_len) {
		mq_endpoint_receive_next(ep, 1, 0);
		mq_message_put(msg);
	} else {
		mq_endpoint_receive_end(ep, 0);
	}
put:
	mq_endpoint_put(ep);
	return ret;
}

/**
 * mq_text_read - the next message of the calling process, or what is left of it
 * @file: the file through which it reads
 * @text: receives it
 * @len: room there
 * @nonblock: do not wait for another reader
 *
 * Return: bytes or a negative errno.
 */
ssize_t mq_text_read(struct file *file, char __user *text, size_t len, bool nonblock)
{
	struct mq_buffer to = { .at = text, .left = len };

	return mq_text_read_stage(file, &to, nonblock);
}

/**
 * mq_text_read_iter - the same into several pieces
 * @file: the file through which it reads
 * @text: receives it
 * @nonblock: do not wait for another reader
 *
 * Return: bytes or a negative errno.
 */
ssize_t mq_text_read_iter(struct file *file, struct iov_iter *text, bool nonblock)
{
	struct mq_buffer to = { .iter = text };

	return mq_text_read_stage(file, &to, nonblock);
}

/**
 * mq_text_poll - what the calling process could do
 * @file: the file
 * @wait: where it waits for a change
 *
 * Return: EPOLLOUT always, EPOLLIN or EPOLLERR.
 */
__poll_t mq_text_poll(struct file *file, poll_table *wait)
{
	__poll_t events = EPOLLOUT | EPOLLWRNORM;
	struct mq_endpoint *ep;

	poll_wait(file, mq_endpoint_find_pollers(task_tgid(current)), wait);

	rcu_read_lock();
	ep = mq_registry_find_rcu(task_tgid(current));
	if (!ep)
		events |= EPOLLERR;
	else if (mq_endpoint_has_message(ep))
		events |= EPOLLIN | EPOLLRDNORM;
	rcu_read_unlock();
	return events;
}
