// SPDX-License-Identifier: GPL-2.0-only
#include "ioctl.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mq_driver.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "driver.h"
#include "endpoint.h"
#include "file.h"
#include "frame.h"
#include "handle.h"
#include "identity.h"
#include "monitor.h"
#include "registry.h"

/* Those that have grown: their bytes in version 0.1.0. */
#define MQ_BIND_FIRST	offsetof(struct mq_bind, see)
#define MQ_INFO_FIRST	offsetof(struct mq_info, user_bytes)
#define MQ_STATUS_FIRST	offsetof(struct mq_status, spared)

/*
 * Every structure begins with its size, as the program knows it: at least that of
 * version 0.1.0, and what a newer one has in addition must be zero (E2BIG).
 */
static int mq_ioctl_pop_grown(void *to, size_t known, size_t first, const void __user *arg)
{
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < first)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, known, arg, size);
	/* Another thread may have changed it since. */
	*(u32 *)to = size;
	return err;
}

static int mq_ioctl_pop(void *to, size_t known, const void __user *arg)
{
	return mq_ioctl_pop_grown(to, known, known, arg);
}

/*
 * Afterwards the size says how much of it the driver knows; a program that is older has
 * room for @size bytes only.
 */
static int mq_ioctl_push_grown(void __user *arg, void *from, size_t known, size_t size)
{
	*(u32 *)from = known;
	return copy_to_user(arg, from, min(known, size)) ? -EFAULT : 0;
}

static int mq_ioctl_push(void __user *arg, void *from, size_t known)
{
	return mq_ioctl_push_grown(arg, from, known, known);
}

static long mq_ioctl_info(struct file *file, void __user *arg)
{
	struct mq_info info;
	int err = mq_ioctl_pop_grown(&info, sizeof(info), MQ_INFO_FIRST, arg);
	u32 size;

	if (err)
		return err;
	size = info.size;
	info = (struct mq_info) {
		.version = MQ_VERSION,
		.features = MQ_FEATURE_FRAMES | (mq_fair ? MQ_FEATURE_FAIR : 0) |
			    (mq_isolate ? MQ_FEATURE_ISOLATE : 0) | MQ_FEATURE_MONITOR,
		.max_devices = mq_max_devices,
		.queue_len = mq_queue_len,
		.cmd_buf_size = mq_cmd_buf_size,
		.depth_max = MQ_DEPTH_MAX,
		.user_bytes = mq_user_bytes,
		.user_endpoints = mq_user_endpoints,
		.root_devices = mq_root_devices,
		.fair_depth_max = MQ_FAIR_DEPTH_MAX,
	};
	mq_registry_show_quota(mq_identity_find_account(current_cred()), &info.own_endpoints,
			       &info.own_bytes);
	return mq_ioctl_push_grown(arg, &info, sizeof(info), size);
}

/* It leaves the empty name where there is none. */
static int mq_ioctl_parse_name(const char *bytes, struct mq_name *name)
{
	if (!mq_name_is_padded(bytes))
		return -EINVAL;
	return mq_name_parse(name, bytes, strlen(bytes)) && bytes[0] ? -EINVAL : 0;
}

static int mq_ioctl_parse_filter(const struct mq_bind *bind, struct mq_filter *filter)
{
	const u32 kinds = MQ_SEE_MESSAGE | MQ_SEE_BROADCAST | MQ_SEE_CALL | MQ_SEE_REPLY |
			  MQ_SEE_REFUSED;

	if (bind->see & ~(kinds | MQ_SEE_EITHER) || bind->snap > MQ_SNAP_MAX ||
	    mq_ioctl_parse_name(bind->from, &filter->from) ||
	    mq_ioctl_parse_name(bind->to, &filter->to))
		return -EINVAL;
	filter->see = bind->see & kinds ? bind->see : bind->see | kinds;
	filter->snap = bind->snap;
	/* It has no name, for nobody sends to it, and is told of one kind of thing. */
	if (bind->flags & MQ_BIND_MONITOR)
		return bind->name[0] || bind->flags & MQ_BIND_EVENTS ||
		       bind->policy > MQ_POLICY_REJECT ? -EINVAL : 0;
	return bind->see || bind->snap || bind->from[0] || bind->to[0] ? -EINVAL : 0;
}

static int mq_ioctl_parse_bind(const struct mq_bind *bind, struct mq_name *name,
			       struct mq_terms *terms, struct mq_filter *filter)
{
	if (bind->flags & ~(MQ_BIND_EVENTS | MQ_BIND_MONITOR) || bind->reserved ||
	    bind->policy > MQ_POLICY_FAIR || bind->access > MQ_ACCESS_USER ||
	    bind->depth > MQ_DEPTH_MAX)
		return -EINVAL;
	if (mq_ioctl_parse_name(bind->name, name) || mq_ioctl_parse_filter(bind, filter))
		return -EINVAL;
	terms->depth = bind->depth ? bind->depth : mq_queue_len;
	if (bind->policy == MQ_POLICY_FAIR && terms->depth > MQ_FAIR_DEPTH_MAX)
		return -EINVAL;
	terms->policy = bind->policy;
	terms->access = bind->access;
	terms->events = bind->flags & MQ_BIND_EVENTS;
	terms->monitors = bind->flags & MQ_BIND_MONITOR;
	return 0;
}

static long mq_ioctl_bind(struct file *file, void __user *arg)
{
	struct mq_filter filter;
	struct mq_terms terms;
	struct mq_bind bind;
	struct mq_name name;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = mq_ioctl_pop_grown(&bind, sizeof(bind), MQ_BIND_FIRST, arg);
	if (!err)
		err = mq_ioctl_parse_bind(&bind, &name, &terms, &filter);
	if (err)
		return err;
	if (terms.depth > mq_queue_len && !mq_identity_is_capable(file, CAP_SYS_RESOURCE))
		return -EPERM;
	if (terms.monitors && !mq_identity_is_capable(file, CAP_SYS_ADMIN))
		return -EPERM;
	return mq_handle_bind(file->private_data, file, &name, &terms, &filter);
}

/*
 * The file's endpoint, and what goes to and fro; CALL, RECEIVE and PEEK. Who could not
 * write or not read the file cannot by an ioctl.
 */
static int mq_ioctl_pop_exchange(struct file *file, fmode_t mode, void __user *arg,
				 struct mq_exchange *exchange, struct mq_endpoint **ep)
{
	struct mq_buffer as_is = { .at = arg, .left = sizeof(*exchange) };
	int err;

	if ((file->f_mode & mode) != mode)
		return -EBADF;
	*ep = mq_handle_find(file->private_data);
	if (!*ep)
		return -ENOTCONN;
	/* Most programs know it as it is, and it lies in one piece. */
	if (!mq_buffer_pop_words(&as_is, exchange, sizeof(*exchange)) ||
	    exchange->size != sizeof(*exchange)) {
		err = mq_ioctl_pop(exchange, sizeof(*exchange), arg);
		if (err)
			return err;
	}
	/* What the ioctl returns is an int. */
	exchange->receive_size = min_t(u32, exchange->receive_size, MAX_RW_COUNT);
	return exchange->flags ? -EINVAL : 0;
}

static struct mq_buffer mq_ioctl_buffer(u64 at, u32 size)
{
	return (struct mq_buffer) { .at = u64_to_user_ptr(at), .left = size };
}

static struct mq_message *mq_ioctl_pop_frame(struct mq_endpoint *ep,
					     const struct mq_exchange *exchange, u32 flags,
					     struct mq_letter *letter)
{
	return mq_frame_pop_one(ep, u64_to_user_ptr(exchange->send), exchange->send_size,
				flags, letter);
}

static ktime_t mq_ioctl_timeout(const struct mq_exchange *exchange)
{
	/* What is longer than the kernel counts, 292 years, is for ever. */
	return min_t(u64, exchange->timeout, KTIME_MAX);
}

static ktime_t mq_ioctl_deadline(const struct mq_exchange *exchange)
{
	ktime_t timeout = mq_ioctl_timeout(exchange);

	return timeout == KTIME_MAX ? timeout : ktime_add_safe(ktime_get(), timeout);
}

static long mq_ioctl_push_reply(const struct mq_exchange *exchange,
				const struct mq_message *reply, u64 cookie)
{
	struct mq_buffer to = mq_ioctl_buffer(exchange->receive, exchange->receive_size);
	size_t space = mq_message_space(reply);

	if (space > to.left)
		return -EMSGSIZE;
	return mq_frame_push(&to, reply, 0, cookie) ? space : -EFAULT;
}

static long mq_ioctl_call(struct file *file, void __user *arg)
{
	struct mq_pending pending = { .task = current, .is_call = true };
	struct mq_exchange exchange;
	struct mq_letter letter;
	struct mq_endpoint *ep;
	u64 cookie;
	long ret;

	ret = mq_ioctl_pop_exchange(file, FMODE_READ | FMODE_WRITE, arg, &exchange, &ep);
	if (ret)
		return ret;
	pending.msg = mq_ioctl_pop_frame(ep, &exchange, MQ_FRAME_DONTWAIT, &letter);
	if (IS_ERR(pending.msg))
		return PTR_ERR(pending.msg);

	cookie = pending.msg->cookie;
	pending.msg->flags |= MQ_FRAME_CALL;
	pending.nonblock = mq_file_is_nonblock(file) || letter.flags & MQ_FRAME_DONTWAIT;
	ret = mq_registry_send_pending(ep, &letter.name, &pending,
				       mq_ioctl_deadline(&exchange));
	if (ret == -ENOENT)
		ret = mq_frame_explain_nobody(ep, &letter.name, pending.msg);
	if (!ret)
		ret = mq_ioctl_push_reply(&exchange, pending.reply, cookie);
	mq_message_put(pending.reply);
	mq_message_put(pending.msg);
	return ret;
}

/* The answer; once it is on its way, that is noted where the program finds it. */
static int mq_ioctl_answer(struct mq_endpoint *ep, const struct mq_exchange *exchange,
			   struct mq_exchange __user *arg)
{
	struct mq_letter letter;
	struct mq_message *msg;
	int err;

	msg = mq_ioctl_pop_frame(ep, exchange, MQ_FRAME_REPLY | MQ_FRAME_DONTWAIT, &letter);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (!(letter.flags & MQ_FRAME_REPLY) || !mq_name_is_empty(&letter.name)) {
		mq_message_put(msg);
		return -EINVAL;
	}
	err = mq_frame_reply(ep, msg);
	/* EFAULT if the program cannot write to its own structure: then it cannot know. */
	return err ? err : put_user(0, &arg->send_size);
}

/*
 * An answer is never repeated, so neither is the call behind it. Else it restarts as a
 * read does, or with a timeout as /wait.
 */
static int mq_ioctl_interrupted(const struct mq_exchange *exchange)
{
	if (exchange->send_size)
		return -EINTR;
	return exchange->timeout == MQ_FOREVER ? -ERESTARTSYS : -ERESTARTNOHAND;
}

static long mq_ioctl_receive(struct file *file, void __user *arg)
{
	struct mq_exchange exchange;
	struct mq_endpoint *ep;
	struct mq_message *msg;
	struct mq_buffer to;
	long ret;

	ret = mq_ioctl_pop_exchange(file, FMODE_READ, arg, &exchange, &ep);
	if (!ret && exchange.send_size)
		ret = mq_ioctl_answer(ep, &exchange, arg);
	if (ret)
		return ret;

	to = mq_ioctl_buffer(exchange.receive, exchange.receive_size);
	ret = mq_endpoint_receive_wait(ep, to.left, 1, mq_ioctl_timeout(&exchange),
				       mq_file_is_nonblock(file));
	if (ret)
		return ret == -ERESTARTSYS ? mq_ioctl_interrupted(&exchange) : ret;
	msg = mq_stage_peek(&ep->stage, 0);
	if (!mq_frame_push(&to, msg, ep->stage.number, msg->cookie)) {
		mq_endpoint_receive_end(ep, 0);
		return -EFAULT;
	}
	mq_endpoint_receive_end(ep, 1);
	mq_message_put(msg);
	return exchange.receive_size - to.left;
}

static long mq_ioctl_peek(struct file *file, void __user *arg)
{
	struct mq_exchange exchange;
	struct mq_message *msg;
	struct mq_endpoint *ep;
	struct mq_buffer to;
	u64 number = 0;
	long ret, done = 0;

	ret = mq_ioctl_pop_exchange(file, FMODE_READ, arg, &exchange, &ep);
	if (ret)
		return ret;
	if (exchange.send_size || exchange.timeout)
		return -EINVAL;

	to = mq_ioctl_buffer(exchange.receive, exchange.receive_size);
	while (!ret && (msg = mq_endpoint_peek(ep, &number))) {
		if (mq_message_space(msg) > to.left)
			ret = -EMSGSIZE;
		else if (!mq_frame_push(&to, msg, number, msg->cookie))
			ret = -EFAULT;
		else
			done = exchange.receive_size - to.left;
		mq_message_put(msg);
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	return done ? done : ret;
}

static long mq_ioctl_status(struct file *file, void __user *arg)
{
	struct mq_status status;
	struct mq_endpoint *ep;
	struct mq_name name;
	int err = mq_ioctl_pop_grown(&status, sizeof(status), MQ_STATUS_FIRST, arg);
	u32 size;

	if (err)
		return err;
	size = status.size;
	memcpy(name.bytes, status.name, sizeof(name.bytes));

	rcu_read_lock();
	ep = mq_registry_find_name_rcu(&name, NULL);
	if (ep && READ_ONCE(ep->gate) != MQ_GATE_CLOSED)
		mq_endpoint_show(ep, current_user_ns(), &status);
	else
		err = -ENOENT;
	rcu_read_unlock();
	return err ? err : mq_ioctl_push_grown(arg, &status, sizeof(status), size);
}

/* One entry, as long as the program wants it: what the driver does not know is zero. */
static int mq_ioctl_push_entry(void __user *to, u32 size, struct mq_status *status)
{
	if (mq_ioctl_push_grown(to, status, sizeof(*status), size))
		return -EFAULT;
	if (size <= sizeof(*status))
		return 0;
	return clear_user(to + sizeof(*status), size - sizeof(*status)) ? -EFAULT : 0;
}

static bool mq_ioctl_next_status(u32 *slot, struct mq_status *status)
{
	struct mq_endpoint *ep;

	rcu_read_lock();
	ep = mq_registry_next_rcu(slot, mq_identity_find_own_space());
	if (ep)
		mq_endpoint_show(ep, current_user_ns(), status);
	rcu_read_unlock();
	return ep;
}

static long mq_ioctl_list(struct file *file, void __user *arg)
{
	struct mq_status status;
	struct mq_list list;
	void __user *to;
	u32 count = 0;
	int err;

	err = mq_ioctl_pop(&list, sizeof(list), arg);
	if (err)
		return err;
	if (list.entry_size < MQ_STATUS_FIRST)
		return -EINVAL;
	if (list.entry_size > PAGE_SIZE)
		return -E2BIG;

	/* The position is the user's, and speculation must not look beyond the slots. */
	if (list.position >= mq_max_devices)
		list.count = 0;
	else
		list.position = array_index_nospec(list.position, mq_max_devices);
	to = u64_to_user_ptr(list.entries);
	while (count < list.count && mq_ioctl_next_status(&list.position, &status)) {
		if (mq_ioctl_push_entry(to, list.entry_size, &status))
			return -EFAULT;
		to += list.entry_size;
		list.position++;
		count++;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	list.count = count;
	return mq_ioctl_push(arg, &list, sizeof(list));
}

static long mq_ioctl_totals(struct file *file, void __user *arg)
{
	struct mq_totals totals;
	u32 size;
	int err;

	if (!mq_identity_has_right(file, CAP_SYS_ADMIN))
		return -EPERM;
	err = mq_ioctl_pop_grown(&totals, sizeof(totals), sizeof(totals), arg);
	if (err)
		return err;
	if (totals.flags)
		return -EINVAL;
	size = totals.size;
	mq_registry_show_totals(&totals);
	return mq_ioctl_push_grown(arg, &totals, sizeof(totals), size);
}

/**
 * mq_file_ioctl - what no read and no write can say
 * @file: on which file
 * @cmd: MQ_IOC_*
 * @address: of its structure
 *
 * Return: 0 or bytes received, or a negative errno; -ENOTTY for an unknown one.
 */
long mq_file_ioctl(struct file *file, unsigned int cmd, unsigned long address)
{
	void __user *arg = (void __user *)address;

	switch (cmd) {
	case MQ_IOC_INFO:
		return mq_ioctl_info(file, arg);
	case MQ_IOC_BIND:
		return mq_ioctl_bind(file, arg);
	case MQ_IOC_CALL:
		return mq_ioctl_call(file, arg);
	case MQ_IOC_RECEIVE:
		return mq_ioctl_receive(file, arg);
	case MQ_IOC_PEEK:
		return mq_ioctl_peek(file, arg);
	case MQ_IOC_STATUS:
		return mq_ioctl_status(file, arg);
	case MQ_IOC_LIST:
		return mq_ioctl_list(file, arg);
	case MQ_IOC_TOTALS:
		return mq_ioctl_totals(file, arg);
	default:
		return -ENOTTY;
	}
}
