// SPDX-License-Identifier: GPL-2.0-only
#include "frame.h"

#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "alert.h"
#include "buffer.h"
#include "driver.h"
#include "endpoint.h"
#include "identity.h"
#include "registry.h"

/**
 * mq_frame_has_name - whether the bytes of a name are terminated, and zero behind
 * @name: MQ_NAME_SIZE bytes
 *
 * The empty name is one too; whether a name is possible is another matter.
 *
 * Return: true if they are.
 */
bool mq_frame_has_name(const char *name)
{
	size_t len = strnlen(name, MQ_NAME_SIZE);

	return len < MQ_NAME_SIZE && !memchr_inv(name + len, 0, MQ_NAME_SIZE - len);
}

/*
 * Whether the bytes are a frame: @left of them are there, and a program may write one
 * with these flags. That it is too long is another matter.
 */
static bool mq_frame_is_sound(const struct mq_frame *frame, size_t left, u32 flags)
{
	const u32 nameless = MQ_FRAME_BROADCAST | MQ_FRAME_REPLY;

	if (frame->size <= sizeof(*frame) || frame->size > left)
		return false;
	if (frame->flags & ~flags || (frame->flags & nameless) == nameless)
		return false;
	if (frame->sequence || frame->time || frame->pid || frame->uid)
		return false;
	if (frame->flags & nameless && frame->name[0])
		return false;
	return mq_frame_has_name(frame->name);
}

/**
 * mq_frame_pop - take one frame from the caller's memory
 * @from: who sends it
 * @buffer: the memory; what is left begins with the next frame
 * @frame: receives the header
 * @flags: MQ_FRAME_* that it may have
 *
 * May sleep.
 *
 * Return: the message, with a reference for the caller, or ERR_PTR: -EINVAL, -EMSGSIZE,
 * -ENOMEM, -EFAULT.
 */
struct mq_message *mq_frame_pop(struct mq_endpoint *from, struct mq_buffer *buffer,
				struct mq_frame *frame, u32 flags)
{
	size_t left = mq_buffer_left(buffer), payload;
	struct mq_message *msg;

	if (left < sizeof(*frame))
		return ERR_PTR(-EINVAL);
	if (!mq_buffer_pop(buffer, frame, sizeof(*frame)))
		return ERR_PTR(-EFAULT);
	if (!mq_frame_is_sound(frame, left, flags))
		return ERR_PTR(-EINVAL);
	payload = frame->size - sizeof(*frame);
	if (payload > mq_cmd_buf_size) {
		mq_alert_show(MQ_ALERT_SIZE,
			      "refused a frame with %zu bytes of payload (CMD_BUF_SIZE=%u)\n",
			      payload, mq_cmd_buf_size);
		return ERR_PTR(-EMSGSIZE);
	}

	msg = mq_message_new(from->identity, payload);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	if (!mq_buffer_pop(buffer, msg->data, payload)) {
		mq_message_put(msg);
		return ERR_PTR(-EFAULT);
	}
	mq_buffer_skip(buffer, MQ_FRAME_SPACE(frame->size) - frame->size);

	msg->text = msg->data;
	msg->text_len = payload;
	msg->flags = frame->flags & ~MQ_FRAME_DONTWAIT;
	msg->cookie = frame->cookie;
	return msg;
}

/**
 * mq_frame_push - put a message into the caller's memory as a frame
 * @buffer: the memory, with room for it
 * @msg: the message
 * @sequence: its number in the mailbox
 * @cookie: what the caller finds as cookie
 *
 * Return: true, or false (EFAULT).
 */
bool mq_frame_push(struct mq_buffer *buffer, const struct mq_message *msg, u64 sequence,
		   u64 cookie)
{
	static const char padding[8];
	struct mq_frame frame = {
		.size = sizeof(frame) + msg->text_len,
		.flags = msg->flags,
		.sequence = sequence,
		.time = msg->time,
		.cookie = cookie,
		.pid = mq_identity_find_pid(msg->sender),
		.uid = mq_identity_find_uid(msg->sender, current_user_ns()),
	};

	memcpy(frame.name, msg->sender->name.bytes, sizeof(frame.name));
	return mq_buffer_push(buffer, &frame, sizeof(frame)) &&
	       mq_buffer_push(buffer, msg->text, msg->text_len) &&
	       mq_buffer_push(buffer, padding, MQ_FRAME_SPACE(frame.size) - frame.size);
}

/**
 * mq_frame_alert_nobody - a frame to a name that nobody has; none to no name
 * @from: who sent it
 * @frame: its header
 */
void mq_frame_alert_nobody(const struct mq_endpoint *from, const struct mq_frame *frame)
{
	char name[MQ_NAME_SIZE];

	if (!frame->name[0])
		return;
	mq_name_show(name, sizeof(name), frame->name, strnlen(frame->name, MQ_NAME_MAX));
	mq_alert_show(MQ_ALERT_NOBODY, "%s sends to %s, which does not exist\n",
		      mq_endpoint_show_name(from), name);
}

/**
 * mq_frame_reply - a frame with MQ_FRAME_REPLY ends a call
 * @from: who was asked
 * @frame: its header
 * @msg: the answer; the caller's reference is given back, or the asker's
 *
 * Return: 0, or -ENOENT if nobody waits for it.
 */
int mq_frame_reply(struct mq_endpoint *from, const struct mq_frame *frame,
		   struct mq_message *msg)
{
	int err;

	mq_message_stamp(msg);
	err = mq_endpoint_reply(from, frame->cookie, msg);
	if (err)
		mq_message_put(msg);
	return err;
}

static int mq_frame_send(struct mq_endpoint *from, const struct mq_frame *frame,
			 struct mq_message *msg, bool nonblock)
{
	struct mq_pending pending = {
		.task = current,
		.msg = msg,
		.nonblock = nonblock || frame->flags & MQ_FRAME_DONTWAIT,
	};
	struct mq_name name;
	int err;

	memcpy(name.bytes, frame->name, sizeof(name.bytes));
	err = mq_registry_send(from, &name, &pending, KTIME_MAX);
	mq_message_put(pending.msg);
	if (err == -ENOENT)
		mq_frame_alert_nobody(from, frame);
	return err == -EINTR ? -ERESTARTSYS : err;
}

static int mq_frame_write_one(struct mq_endpoint *ep, struct mq_buffer *from, bool nonblock)
{
	struct mq_message *msg;
	struct mq_frame frame;
	int err;

	msg = mq_frame_pop(ep, from, &frame, MQ_FRAME_SENT);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (frame.flags & MQ_FRAME_REPLY)
		return mq_frame_reply(ep, &frame, msg);
	if (!(frame.flags & MQ_FRAME_BROADCAST))
		return mq_frame_send(ep, &frame, msg, nonblock);

	err = mq_registry_broadcast(ep, msg);
	mq_message_put(msg);
	return err;
}

/* Thousands of frames in one call hold up neither the CPU nor SIGKILL. */
static bool mq_frame_may_go_on(void)
{
	cond_resched();
	return !fatal_signal_pending(current);
}

/**
 * mq_frame_write - send the frames that were written
 * @ep: the file's endpoint
 * @from: the frames
 * @nonblock: do not wait for room
 *
 * Return: bytes consumed, padding included, up to the first frame that failed; if that is
 * the first of all, why.
 */
ssize_t mq_frame_write(struct mq_endpoint *ep, struct mq_buffer *from, bool nonblock)
{
	size_t len = mq_buffer_left(from), done = 0;
	int err;

	while (done < len) {
		err = mq_frame_write_one(ep, from, nonblock);
		if (err)
			return done ? done : err;
		done = len - mq_buffer_left(from);
		if (!mq_frame_may_go_on())
			break;
	}
	return done;
}

/**
 * mq_frame_read - take as many messages as fit
 * @ep: the file's endpoint
 * @to: receives them as frames
 * @nonblock: wait for nothing
 *
 * Return: bytes, padding included, or -EAGAIN, -EMSGSIZE if not even the next one fits,
 * -EFAULT, -ERESTARTSYS.
 */
ssize_t mq_frame_read(struct mq_endpoint *ep, struct mq_buffer *to, bool nonblock)
{
	struct mq_stage *stage = &ep->stage;
	size_t done = 0, left = mq_buffer_left(to);
	int err;

	if (!left)
		return 0;
	err = mq_endpoint_receive_wait(ep, left, KTIME_MAX, nonblock);
	if (err)
		return err;

	do {
		if (!mq_frame_push(to, stage->msg, stage->number, stage->msg->cookie)) {
			mq_endpoint_receive_end(ep);
			return done ? done : -EFAULT;
		}
		done = left - mq_buffer_left(to);
	} while (mq_endpoint_receive_next(ep, mq_frame_may_go_on() ? left - done : 0));
	return done;
}

/**
 * mq_frame_poll - what could be done with a bound file
 * @ep: its endpoint
 *
 * Return: EPOLLIN if a message is there; EPOLLOUT unless the mailbox that had no room at
 * last still has none.
 */
__poll_t mq_frame_poll(struct mq_endpoint *ep)
{
	__poll_t events = 0;

	if (mq_endpoint_has_message(ep))
		events |= EPOLLIN | EPOLLRDNORM;
	if (mq_endpoint_is_writable(ep))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}
