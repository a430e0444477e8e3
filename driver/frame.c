// SPDX-License-Identifier: GPL-2.0-only
#include "frame.h"

#include <linux/err.h>
#include <linux/kcsan-checks.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "alert.h"
#include "buffer.h"
#include "driver.h"
#include "endpoint.h"
#include "identity.h"
#include "monitor.h"
#include "registry.h"
#include "trace.h"

/* Whether what stands around the name is right; see below. */
static __always_inline bool mq_frame_is_sound_around(const struct mq_frame *frame,
						     size_t left, u32 flags)
{
	return frame->size > sizeof(*frame) && frame->size <= left &&
	       !(frame->flags & ~flags) &&
	       !(frame->sequence | frame->time | frame->pid | frame->uid);
}

/*
 * Whether the bytes are a frame: @left of them are there, and a program may write one
 * with these flags. That it is too long is another matter.
 */
static __always_inline bool mq_frame_is_sound(const struct mq_frame *frame, size_t left, u32 flags)
{
	const u32 nameless = MQ_FRAME_BROADCAST | MQ_FRAME_REPLY;

	if (!mq_frame_is_sound_around(frame, left, flags) ||
	    (frame->flags & nameless) == nameless)
		return false;
	if (frame->flags & nameless && frame->name[0])
		return false;
	return mq_name_is_padded(frame->name);
}

/* A frame that is too long; what that is, is said at most once in a while. */
static int mq_frame_refuse(const struct mq_frame *frame)
{
	mq_alert_show(MQ_ALERT_SIZE,
		      "refused a frame with %zu bytes of payload (CMD_BUF_SIZE=%u)\n",
		      frame->size - sizeof(*frame), mq_cmd_buf_size);
	return -EMSGSIZE;
}

/* A frame that becomes a message where it lies: right but for its name, and not too long. */
static __always_inline bool mq_frame_is_good(const struct mq_frame *frame, size_t left,
					     u32 flags)
{
	return mq_frame_is_sound_around(frame, left, flags) &&
	       frame->size <= sizeof(*frame) + mq_cmd_buf_size;
}

/* Takes a header from the caller's memory; what is left begins with it. */
static __always_inline int mq_frame_pop_header(struct mq_buffer *buffer,
					       struct mq_frame *frame, u32 flags)
{
	size_t left = mq_buffer_left(buffer);

	if (unlikely(left < sizeof(*frame)))
		return -EINVAL;
	if (unlikely(!mq_buffer_pop_words(buffer, frame, sizeof(*frame))))
		return -EFAULT;
	if (unlikely(!mq_frame_is_sound(frame, left, flags)))
		return -EINVAL;
	if (unlikely(frame->size - sizeof(*frame) > mq_cmd_buf_size))
		return mq_frame_refuse(frame);
	return 0;
}

/* Fills a message with what stands behind the header; true, or false (EFAULT). */
static __always_inline bool mq_frame_pop_payload(struct mq_buffer *buffer,
						 const struct mq_frame *frame,
						 struct mq_message *msg)
{
	if (!mq_buffer_pop(buffer, msg->data, msg->size))
		return false;
	mq_buffer_skip(buffer, MQ_FRAME_SPACE(frame->size) - frame->size);
	msg->text = msg->data;
	msg->text_len = msg->size;
	msg->flags = frame->flags & ~MQ_FRAME_DONTWAIT;
	msg->cookie = frame->cookie;
	return true;
}

/*
 * Most frames are all right: what was written is copied as it is, header and all, into the
 * memory of a message, which then takes the header's place. Frames that lie behind it may
 * become messages there too: see mq_run_write().
 *
 * @buffer: begins with the frame, and stays as it is
 * @len: bytes to copy
 * @flags: MQ_FRAME_* that it may have
 * @letter: receives what stands on it; if nobody has the name, it may be none
 *
 * Return: the message, with a reference for the caller; ERR_PTR(-ENOMEM); NULL: what else is
 * wrong, mq_frame_pop() finds out.
 */
static __always_inline struct mq_message *mq_frame_take(struct mq_endpoint *from,
							const struct mq_buffer *buffer,
							size_t len, u32 flags,
							struct mq_letter *letter)
{
	const size_t head = offsetof(struct mq_message, data);
	struct mq_frame *frame;
	struct mq_message *msg;
	u32 text_len;
	u64 cookie;

	if (unlikely(len < sizeof(*frame) || len > MQ_MESSAGE_LAST))
		return NULL;
	msg = mq_message_find_memory(from->identity, len - head);
	if (unlikely(!msg))
		return ERR_PTR(-ENOMEM);

	frame = (struct mq_frame *)msg;
	BUILD_BUG_ON(sizeof(*msg) > sizeof(*frame));
	if (unlikely(!mq_buffer_peek(buffer, frame, len) ||
		     !mq_frame_is_good(frame, len, flags))) {
		mq_message_begin(msg, mq_identity_get(from->identity), len - head);
		mq_message_put(msg);
		return NULL;
	}

	letter->name = *mq_frame_name(frame);
	letter->flags = frame->flags;
	cookie = frame->cookie;
	text_len = frame->size - sizeof(*frame);
	mq_message_begin(msg, mq_identity_get(from->identity), len - head);
	msg->text = (char *)msg + sizeof(*frame);
	msg->text_len = text_len;
	msg->flags = letter->flags & ~MQ_FRAME_DONTWAIT;
	msg->cookie = cookie;
	return msg;
}

/* The general way: from any memory, and with the right errno. */
static struct mq_message *mq_frame_pop(struct mq_endpoint *from, struct mq_buffer *buffer,
				       u32 flags, struct mq_letter *letter)
{
	struct mq_message *msg;
	struct mq_frame frame;
	int err;

	err = mq_frame_pop_header(buffer, &frame, flags);
	if (err)
		return ERR_PTR(err);
	msg = mq_message_new(from->identity, frame.size - sizeof(frame));
	if (!msg)
		return ERR_PTR(-ENOMEM);
	if (!mq_frame_pop_payload(buffer, &frame, msg)) {
		mq_message_put(msg);
		return ERR_PTR(-EFAULT);
	}
	letter->name = *mq_frame_name(&frame);
	letter->flags = frame.flags;
	return msg;
}

/**
 * mq_frame_pop_one - take one frame from the caller's memory
 * @from: who sends it
 * @at: the frame
 * @len: bytes there, which are just this frame
 * @flags: MQ_FRAME_* that it may have
 * @letter: receives what stands on it; if nobody has the name, it may be none
 *
 * May sleep.
 *
 * Return: the message, with a reference for the caller, or ERR_PTR: -EINVAL, -EMSGSIZE,
 * -ENOMEM, -EFAULT.
 */
struct mq_message *mq_frame_pop_one(struct mq_endpoint *from, const char __user *at,
				    size_t len, u32 flags, struct mq_letter *letter)
{
	struct mq_buffer buffer = { .at = (char __user *)at, .left = len };
	struct mq_message *msg = mq_frame_take(from, &buffer, len, flags, letter);

	if (unlikely(!msg))
		msg = mq_frame_pop(from, &buffer, flags, letter);
	if (IS_ERR(msg) || mq_message_space(msg) >= len)
		return msg;
	mq_message_put(msg);
	return ERR_PTR(-EINVAL);
}

/* Puts a header field by field where a program has all in one piece, aligned. */
static __always_inline bool mq_frame_push_fields(struct mq_buffer *buffer,
						 const struct mq_message *msg, u64 sequence,
						 u64 cookie)
{
	struct mq_frame __user *frame = (struct mq_frame __user *)buffer->at;
	const struct mq_name *name = &msg->sender->name;
	u64 __user *words = (u64 __user *)frame->name;
	u32 pid = mq_identity_find_pid(msg->sender);
	u32 uid = mq_identity_find_uid(msg->sender, current_user_ns());

	if (!user_write_access_begin(frame, sizeof(*frame)))
		return false;
	unsafe_put_user(sizeof(*frame) + msg->text_len, &frame->size, fault);
	unsafe_put_user(msg->flags, &frame->flags, fault);
	unsafe_put_user(sequence, &frame->sequence, fault);
	unsafe_put_user(msg->time, &frame->time, fault);
	unsafe_put_user(cookie, &frame->cookie, fault);
	unsafe_put_user(pid, &frame->pid, fault);
	unsafe_put_user(uid, &frame->uid, fault);
	unsafe_put_user(name->words[0], words, fault);
	unsafe_put_user(name->words[1], words + 1, fault);
	unsafe_put_user(name->words[2], words + 2, fault);
	user_write_access_end();
	return true;

fault:
	user_write_access_end();
	return false;
}

/* By value, so that a buffer may stay in registers where it is not needed. */
static bool mq_frame_push_header(struct mq_buffer buffer, const struct mq_message *msg,
				 u64 sequence, u64 cookie)
{
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
	return mq_buffer_push(&buffer, &frame, sizeof(frame));
}

static __always_inline bool mq_frame_push_inline(struct mq_buffer *buffer,
						 const struct mq_message *msg, u64 sequence,
						 u64 cookie)
{
	static const char padding[8];
	size_t rest = -msg->text_len % sizeof(padding);

	if (mq_buffer_is_simple(buffer) ?
	    !mq_frame_push_fields(buffer, msg, sequence, cookie) :
	    !mq_frame_push_header(*buffer, msg, sequence, cookie))
		return false;
	/* A piece has not moved yet; what has several keeps its place itself. */
	buffer->at += sizeof(struct mq_frame);
	buffer->left -= sizeof(struct mq_frame);
	return mq_buffer_push(buffer, msg->text, msg->text_len) &&
	       (!rest || mq_buffer_push(buffer, padding, rest));
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
	return mq_frame_push_inline(buffer, msg, sequence, cookie);
}

/**
 * mq_frame_explain_nobody - nobody has the name that a frame goes to
 * @from: who sent it
 * @name: the name
 * @msg: what he sent
 *
 * Return: -ENOENT, which is noted but for the empty name; -EINVAL if it is no name.
 */
int mq_frame_explain_nobody(const struct mq_endpoint *from, const struct mq_name *name,
			    const struct mq_message *msg)
{
	char shown[MQ_NAME_SIZE] = { };

	if (!mq_name_is_padded(name->bytes))
		return -EINVAL;
	if (!name->bytes[0])
		return -ENOENT;
	mq_name_show(shown, sizeof(shown), name->bytes, strnlen(name->bytes, MQ_NAME_MAX));
	trace_mq_reject(shown, msg, -ENOENT);
	mq_alert_show(MQ_ALERT_NOBODY, "%s sends to %s, which does not exist\n",
		      mq_endpoint_show_name(from), shown);
	return -ENOENT;
}

/**
 * mq_frame_reply - a frame with MQ_FRAME_REPLY ends a call
 * @from: who was asked
 * @msg: the answer, whose cookie says to what; the caller's reference is given back, or
 *	the asker's
 *
 * Return: 0, or -ENOENT if nobody waits for it.
 */
int mq_frame_reply(struct mq_endpoint *from, struct mq_message *msg)
{
	int err;

	mq_message_stamp(msg);
	err = mq_endpoint_reply(from, msg->cookie, msg);
	if (!err)
		return 0;
	/* Of one that arrives the caller tells. */
	if (mq_monitor_is_active())
		mq_monitor_send(msg, NULL, err, 0);
	mq_message_put(msg);
	return err;
}

/* @msg: the caller's reference is given back if it is not sent. */
static __always_inline int mq_frame_send(struct mq_endpoint *from, struct mq_message *msg,
					 const struct mq_letter *letter, bool nonblock)
{
	int err = mq_registry_send(from, &letter->name, msg,
				   nonblock || letter->flags & MQ_FRAME_DONTWAIT);

	if (likely(!err))
		return 0;
	if (err == -ENOENT)
		err = mq_frame_explain_nobody(from, &letter->name, msg);
	mq_message_put(msg);
	return err == -EINTR ? -ERESTARTSYS : err;
}

static int mq_frame_broadcast(struct mq_endpoint *from, struct mq_message *msg)
{
	int err = mq_registry_broadcast(from, msg);

	mq_message_put(msg);
	return err;
}

static int mq_frame_broadcast_letter(struct mq_endpoint *from, struct mq_message *msg,
				     const struct mq_letter *letter)
{
	if (mq_name_is_empty(&letter->name))
		return mq_frame_broadcast(from, msg);
	mq_message_put(msg);
	return -EINVAL;
}

/* Sends the next frame in the general way. */
static int mq_frame_write_one(struct mq_endpoint *ep, struct mq_buffer *from, bool nonblock)
{
	struct mq_letter letter;
	struct mq_message *msg = mq_frame_pop(ep, from, MQ_FRAME_SENT, &letter);

	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (letter.flags & MQ_FRAME_REPLY)
		return mq_frame_reply(ep, msg);
	if (letter.flags & MQ_FRAME_BROADCAST)
		return mq_frame_broadcast(ep, msg);
	return mq_frame_send(ep, msg, &letter, nonblock);
}

/* Thousands of frames in one call hold up neither the CPU nor SIGKILL. */
static bool mq_frame_may_go_on(void)
{
	cond_resched();
	return !fatal_signal_pending(current);
}

/*
 * A run: plain frames of one write to one name, one after the other. The first one's
 * memory carries all of them, their destination is looked up once, and all are put into
 * the mailbox in one hold of its lock.
 */
#define MQ_RUN_MAX	32

/*
 * Makes the frames behind the first one messages, as long as they go to the same name.
 * What is wrong with the one that ends the run is found out when that is looked at once
 * more, as the first of what is left.
 *
 * Return: how many there are with the first; @done is the bytes of them.
 */
static u32 mq_run_parse(struct mq_message **msgs, size_t len, const struct mq_name *name,
			size_t *done)
{
	void *memory = msgs[0];
	size_t at = mq_message_space(msgs[0]);
	u32 count = 1;

	for (; count < MQ_RUN_MAX && at + sizeof(struct mq_frame) <= len; count++) {
		struct mq_frame *frame = memory + at;
		u32 size = frame->size;

		if (!mq_frame_is_good(frame, len - at, MQ_FRAME_DONTWAIT) ||
		    !mq_name_is_equal(mq_frame_name(frame), name))
			break;
		msgs[count] = mq_message_carry(msgs[0], frame, size - sizeof(*frame),
					       frame->cookie);
		at += MQ_FRAME_SPACE(size);
	}
	/* The padding of the last one may be missing. */
	*done = min(at, len);
	return count;
}

/*
 * Sends a message with those that make a run with it to a destination that takes whatever
 * comes; @len bytes were written where it lies.
 *
 * Return: the bytes of those that were sent, the caller's reference among them; or 0.
 */
static size_t mq_run_write(struct mq_endpoint *from, struct mq_message *first, size_t len,
			   const struct mq_name *name)
{
	struct mq_message *msgs[MQ_RUN_MAX];
	size_t done;
	u32 count;

	if (!mq_registry_is_open(from, name))
		return 0;
	mq_message_stamp(first);
	msgs[0] = first;
	count = mq_run_parse(msgs, len, name, &done);
	refcount_add(count, &first->refs);
	if (!mq_registry_send_run(name, msgs, count)) {
		mq_message_put_some(msgs, count);
		return 0;
	}
	mq_message_put(first);
	return done;
}

/*
 * Sends the frame that comes first, and those that make a run with it, if they are to be
 * had. @may_run: false afterwards: what follows hardly makes one.
 *
 * Return: the bytes of those that were sent; 0: what is first goes the general way; or a
 * negative errno.
 */
static __always_inline ssize_t mq_frame_write_piece(struct mq_endpoint *ep,
						    const struct mq_buffer *from,
						    bool nonblock, bool *may_run)
{
	size_t left = mq_buffer_left(from), len = min_t(size_t, left, MQ_MESSAGE_LAST);
	struct mq_letter letter;
	struct mq_message *msg;
	size_t done, space;
	int err;

	msg = mq_frame_take(ep, from, len, MQ_FRAME_BROADCAST | MQ_FRAME_DONTWAIT, &letter);
	if (IS_ERR_OR_NULL(msg))
		return PTR_ERR(msg);
	space = min(mq_message_space(msg), left);
	if (unlikely(letter.flags & MQ_FRAME_BROADCAST)) {
		*may_run = false;
		err = mq_frame_broadcast_letter(ep, msg, &letter);
		return err ? err : space;
	}
	if (space + sizeof(struct mq_frame) < len) {
		done = mq_run_write(ep, msg, len, &letter.name);
		/* Whoever writes to one after the other makes no runs. */
		*may_run = done > space;
		if (done)
			return done;
	}
	err = mq_frame_send(ep, msg, &letter, nonblock);
	return likely(!err) ? space : err;
}

/* Sends what comes next; returns 0 or a negative errno, and @from is behind what was sent. */
static int mq_frame_write_next(struct mq_endpoint *ep, struct mq_buffer *from, bool nonblock,
			       bool *is_piece)
{
	bool may_run = true;
	ssize_t ret = 0;

	if (*is_piece)
		ret = mq_frame_write_piece(ep, from, nonblock, &may_run);
	/* What will not be copied together is not copied in vain again and again. */
	*is_piece = ret && may_run;
	if (!ret)
		return mq_frame_write_one(ep, from, nonblock);
	if (ret < 0)
		return ret;
	mq_buffer_skip(from, ret);
	return 0;
}

/* Goes on behind the first @done bytes, or with the first frame in the general way. */
static ssize_t mq_frame_write_rest(struct mq_endpoint *ep, struct mq_buffer from,
				   bool nonblock, size_t done, bool is_piece)
{
	size_t len = mq_buffer_left(&from);
	int err = 0;

	mq_buffer_skip(&from, done);
	while (!err && done < len && (!done || mq_frame_may_go_on())) {
		err = mq_frame_write_next(ep, &from, nonblock, &is_piece);
		if (!err)
			done = len - mq_buffer_left(&from);
	}
	return done ? done : err;
}

static __always_inline ssize_t mq_frame_write_all(struct mq_endpoint *ep,
						  struct mq_buffer from, bool nonblock)
{
	bool may_run = true;
	ssize_t ret = mq_frame_write_piece(ep, &from, nonblock, &may_run);

	/* Most often that is all, or the fault of the first. */
	if (likely(ret == mq_buffer_left(&from) || ret < 0))
		return ret;
	return mq_frame_write_rest(ep, from, nonblock, ret, ret && may_run);
}

/**
 * mq_frame_write - send the frames that were written
 * @ep: the file's endpoint
 * @frames: the frames
 * @len: bytes of them
 * @nonblock: do not wait for room
 *
 * Return: bytes consumed, padding included, up to the first frame that failed; if that is
 * the first of all, why.
 */
ssize_t mq_frame_write(struct mq_endpoint *ep, const char __user *frames, size_t len,
		       bool nonblock)
{
	struct mq_buffer from = { .at = (char __user *)frames, .left = len };

	return mq_frame_write_all(ep, from, nonblock);
}

/**
 * mq_frame_write_iter - the same from several pieces
 * @ep: the file's endpoint
 * @frames: the frames; how far it has moved afterwards means nothing
 * @nonblock: do not wait for room
 *
 * Return: as above.
 */
ssize_t mq_frame_write_iter(struct mq_endpoint *ep, struct iov_iter *frames, bool nonblock)
{
	struct mq_buffer from = { .iter = frames };

	return mq_frame_write_all(ep, from, nonblock);
}

/*
 * Copies what is staged, as far as it fits; those that are delivered are the caller's
 * then, in @delivered.
 *
 * Return: how many they are.
 */
static u32 mq_frame_push_staged(const struct mq_stage *stage, struct mq_buffer *to,
				struct mq_message **delivered, size_t *done)
{
	u32 n;

	/* Read without the lock: while it is claimed, others only read them too. */
	ASSERT_EXCLUSIVE_WRITER(stage->msgs);
	ASSERT_EXCLUSIVE_WRITER(stage->first);
	ASSERT_EXCLUSIVE_WRITER(stage->count);

	for (n = 0; n < stage->count; n++) {
		struct mq_message *msg = mq_stage_peek(stage, n);
		size_t space = mq_message_space(msg);

		if (space > mq_buffer_left(to) ||
		    !mq_frame_push_inline(to, msg, stage->number + n, msg->cookie))
			break;
		delivered[n] = msg;
		*done += space;
	}
	return n;
}

/* Takes what is staged, and what else fits; returns bytes, or 0 after a fault at once. */
static size_t mq_frame_read_staged(struct mq_endpoint *ep, struct mq_buffer to)
{
	struct mq_message *delivered[MQ_STAGE_MAX];
	size_t done = 0, left = mq_buffer_left(&to);
	struct mq_stage *stage = &ep->stage;
	bool more;
	u32 n;

	/* One has been delivered, and another one is there: a batch. */
	if (stage->depth == 1)
		mq_endpoint_widen_stage(ep);
	do {
		n = mq_frame_push_staged(stage, &to, delivered, &done);
		more = n == stage->count;
		if (!more)
			mq_endpoint_receive_end(ep, n);
		else
			more = mq_endpoint_receive_next(ep, n, mq_frame_may_go_on() ?
							       left - done : 0);
		mq_message_put_some(delivered, n);
	} while (more);
	return done;
}

/* Most often there is one. */
static __always_inline ssize_t mq_frame_read_all(struct mq_endpoint *ep, struct mq_buffer *to,
						 bool nonblock)
{
	size_t space, left = mq_buffer_left(to);
	struct mq_stage *stage = &ep->stage;
	struct mq_message *msg;
	int err;

	if (!left)
		return 0;
	err = mq_endpoint_receive_wait(ep, left, MQ_STAGE_MAX, KTIME_MAX, nonblock);
	if (unlikely(err))
		return err;
	if (unlikely(stage->count > 1))
		return mq_frame_read_staged(ep, *to) ?: -EFAULT;

	msg = mq_stage_peek(stage, 0);
	space = mq_message_space(msg);
	if (unlikely(!mq_frame_push_inline(to, msg, stage->number, msg->cookie))) {
		mq_endpoint_receive_end(ep, 0);
		return -EFAULT;
	}
	if (unlikely(mq_endpoint_receive_next(ep, 1, left - space)))
		space += mq_frame_read_staged(ep, *to);
	mq_message_put(msg);
	return space;
}

/**
 * mq_frame_read - take as many messages as fit
 * @ep: the file's endpoint
 * @frames: receives them as frames
 * @len: room there
 * @nonblock: wait for nothing
 *
 * Return: bytes, padding included, or -EAGAIN, -EMSGSIZE if not even the next one fits,
 * -EFAULT, -ERESTARTSYS.
 */
ssize_t mq_frame_read(struct mq_endpoint *ep, char __user *frames, size_t len, bool nonblock)
{
	struct mq_buffer to = { .at = frames, .left = len };

	return mq_frame_read_all(ep, &to, nonblock);
}

/**
 * mq_frame_read_iter - the same into several pieces
 * @ep: the file's endpoint
 * @frames: receives them as frames
 * @nonblock: wait for nothing
 *
 * Return: as above.
 */
ssize_t mq_frame_read_iter(struct mq_endpoint *ep, struct iov_iter *frames, bool nonblock)
{
	struct mq_buffer to = { .iter = frames };

	return mq_frame_read_all(ep, &to, nonblock);
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
