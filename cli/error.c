// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an errno means, in a sentence that names the name, the limit and the remedy, and
 * the exit status that scripts get.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Which limit stands behind an error; its value is asked for when it is needed. */
enum limit {
	LIMIT_NONE, LIMIT_CMD_BUF_SIZE, LIMIT_MAX_DEVICES, LIMIT_QUEUE_LEN, LIMIT_FAIR_DEPTH,
	LIMIT_DEPTH, LIMIT_USER_ENDPOINTS, LIMIT_USER_BYTES,
};

#define NO_DEVICE \
	"there is no %1$s: load the module, as root: modprobe mq_driver; mq doctor says more"
#define NO_SUCH_NAME \
	"nobody is called %1$s: look at the spelling (mq list), or wait for it (mq wait %1$s)"
#define NO_POSSIBLE_NAME \
	"'%1$s' cannot be a name: take 1 to 23 visible ASCII characters without @"

/* %1$s is the name. Where an action has no row, that of the action it is a kind of. */
static const struct sentence {
	enum mq_action action;
	int error;
	enum mq_exit status;
	const char *text;
	enum limit limit;
} sentences[] = {
	{ MQ_ACTION_OPEN, ENOENT, MQ_EXIT_NO_DEVICE, NO_DEVICE },
	{ MQ_ACTION_OPEN, ENXIO, MQ_EXIT_NO_DEVICE, NO_DEVICE },
	{ MQ_ACTION_OPEN, ENODEV, MQ_EXIT_NO_DEVICE, NO_DEVICE },
	{ MQ_ACTION_OPEN, EPROTO, MQ_EXIT_NO_DEVICE,
	  "%1$s is no device of mq, or its driver is too old: load a current one; mq doctor says more" },
	{ MQ_ACTION_OPEN, EACCES, MQ_EXIT_PERMISSION,
	  "%1$s is for members of the group mq: usermod -aG mq USER as root, then log in again" },
	{ MQ_ACTION_OPEN, EPERM, MQ_EXIT_PERMISSION,
	  "you may not open %1$s: a container must be given the device; mq doctor says more" },

	{ MQ_ACTION_BIND, EINVAL, MQ_EXIT_USAGE, NO_POSSIBLE_NAME },
	{ MQ_ACTION_BIND, ENAMETOOLONG, MQ_EXIT_USAGE, NO_POSSIBLE_NAME },
	{ MQ_ACTION_BIND, EPERM, MQ_EXIT_PERMISSION,
	  "you may not be %1$s: a name with a dot in front is kept for the system (CAP_SYS_ADMIN)" },
	/* What mq_device_bind() makes of EPERM where the depth is the reason. */
	{ MQ_ACTION_BIND, EDOM, MQ_EXIT_PERMISSION,
	  "the mailbox of %1$s may not be that deep: ask for less, or have CAP_SYS_RESOURCE",
	  LIMIT_QUEUE_LEN },
	/* ... and of EINVAL. */
	{ MQ_ACTION_BIND, ERANGE, MQ_EXIT_USAGE,
	  "the mailbox of %1$s may not be that deep and fair: ask for less --depth",
	  LIMIT_FAIR_DEPTH },
	{ MQ_ACTION_BIND, EOPNOTSUPP, MQ_EXIT_FAILED,
	  "the loaded driver has no such policy: load a current one, or ask for another --policy" },
	{ MQ_ACTION_BIND, EEXIST, MQ_EXIT_FAILED,
	  "the name %1$s is taken: choose another, or wait until it is free (mq wait --gone %1$s)" },
	{ MQ_ACTION_BIND, ENOSPC, MQ_EXIT_FULL,
	  "no place for %1$s, all names are in use: wait, or load the module with more",
	  LIMIT_MAX_DEVICES },

	{ MQ_ACTION_SEND, ENOENT, MQ_EXIT_NO_NAME, NO_SUCH_NAME },
	{ MQ_ACTION_SEND, ENAMETOOLONG, MQ_EXIT_NO_NAME, NO_POSSIBLE_NAME },
	{ MQ_ACTION_SEND, EINVAL, MQ_EXIT_NO_NAME, NO_POSSIBLE_NAME },
	{ MQ_ACTION_SEND, EACCES, MQ_EXIT_PERMISSION,
	  "%1$s takes no messages from you: its owner says who may send (mq info %1$s)" },
	{ MQ_ACTION_SEND, ENOBUFS, MQ_EXIT_FULL,
	  "the mailbox of %1$s is full and keeps what it has: try again later, or give it more --depth",
	  LIMIT_DEPTH },
	{ MQ_ACTION_SEND, EAGAIN, MQ_EXIT_FULL,
	  "the mailbox of %1$s is full: wait for room (a longer -t), or give it more --depth",
	  LIMIT_DEPTH },
	{ MQ_ACTION_SEND, ETIMEDOUT, MQ_EXIT_TIMEOUT,
	  "the mailbox of %1$s stayed full, nothing was sent: allow more time (-t), or give it more --depth",
	  LIMIT_DEPTH },
	{ MQ_ACTION_SEND, EPIPE, MQ_EXIT_PEER_DIED,
	  "%1$s ended before it had room: send again when it is back (mq wait %1$s)" },
	{ MQ_ACTION_SEND, EMSGSIZE, MQ_EXIT_FAILED,
	  "too long for one message to %1$s, nothing was sent: send it in parts", LIMIT_CMD_BUF_SIZE },
	{ MQ_ACTION_BROADCAST, EMSGSIZE, MQ_EXIT_FAILED,
	  "too long for one message, nothing was sent: send it in parts", LIMIT_CMD_BUF_SIZE },

	{ MQ_ACTION_CALL, EPIPE, MQ_EXIT_PEER_DIED,
	  "%1$s ended before it answered: call again when it is back (mq wait %1$s)" },
	{ MQ_ACTION_CALL, ENOBUFS, MQ_EXIT_FULL,
	  "%1$s has more requests than it can hold, this one was lost: call again later, or give it more --depth",
	  LIMIT_DEPTH },
	{ MQ_ACTION_CALL, EOPNOTSUPP, MQ_EXIT_FAILED,
	  "%1$s is a process that speaks text and cannot answer: send to it (mq send %1$s)" },
	{ MQ_ACTION_CALL, ETIMEDOUT, MQ_EXIT_TIMEOUT,
	  "%1$s did not answer in time: allow more (-t); the request may still be carried out" },

	{ MQ_ACTION_MONITOR, EPERM, MQ_EXIT_PERMISSION,
	  "only root may see what others send: it needs CAP_SYS_ADMIN, and CAP_SYS_RESOURCE for much --depth" },
	{ MQ_ACTION_MONITOR, EUSERS, MQ_EXIT_FULL,
	  "as many look on as may at the same time: end another mq monitor" },
	{ MQ_ACTION_MONITOR, EOPNOTSUPP, MQ_EXIT_FAILED,
	  "the loaded driver shows nobody what passes: load a current one" },

	{ MQ_ACTION_ANY, EDQUOT, MQ_EXIT_FULL,
	  "you have as many endpoints as a user may: end some (mq list has those with names), or let root load the module with more",
	  LIMIT_USER_ENDPOINTS },
	/* What mq_error_format() makes of EDQUOT where the memory is the reason. */
	{ MQ_ACTION_ANY, EFBIG, MQ_EXIT_FULL,
	  "your mailboxes take as much as a user's may: ask for less --depth, end some (mq list has those with names), or let root load the module with more",
	  LIMIT_USER_BYTES },
	{ MQ_ACTION_ANY, ENOMEM, MQ_EXIT_FAILED,
	  "no memory, or your memory group is at its limit: nothing was done, try again later" },
	{ MQ_ACTION_ANY, EINTR, MQ_EXIT_INTERRUPTED, "interrupted" },
	{ MQ_ACTION_ANY, ETIMEDOUT, MQ_EXIT_TIMEOUT, "%1$s: the time is over" },
	{ MQ_ACTION_ANY, EACCES, MQ_EXIT_PERMISSION, "%1$s: you may not do this" },
	{ MQ_ACTION_ANY, EPERM, MQ_EXIT_PERMISSION, "%1$s: you may not do this" },
};

/* Calling, asking and waiting have to do with a name, as sending has. */
static enum mq_action action_parent(enum mq_action action)
{
	switch (action) {
	case MQ_ACTION_CALL:
	case MQ_ACTION_REPLY:
	case MQ_ACTION_FIND:
	case MQ_ACTION_WAIT:
		return MQ_ACTION_SEND;
	default:
		return MQ_ACTION_ANY;
	}
}

static const struct sentence *sentence_find(int error, enum mq_action action)
{
	const struct sentence *s, *end = sentences + sizeof(sentences) / sizeof(*sentences);

	for (;;) {
		for (s = sentences; s < end; s++)
			if (s->action == action && s->error == -error)
				return s;
		if (action == MQ_ACTION_ANY)
			return NULL;
		action = action_parent(action);
	}
}

bool mq_name_is_possible(const char *name)
{
	size_t len = name ? strlen(name) : 1;

	for (const char *at = name ? name : ""; *at; at++)
		if (*at < 0x21 || *at > 0x7e || *at == '@')
			return false;
	return len && len <= MQ_NAME_MAX;
}

/* How deep the mailbox of @name is, 0 if that cannot be known any more. */
static uint32_t depth_find(const char *name)
{
	struct mq_status status = { 0 };
	struct mq_endpoint *ep;

	if (mq_endpoint_open(&ep, mq_device_path))
		return 0;
	if (mq_endpoint_find(ep, name, &status))
		status.depth = 0;
	mq_endpoint_close(ep);
	return status.depth;
}

/* The limits with what the caller has of them now; all zero if they cannot be known. */
static struct mq_info info_find(void)
{
	struct mq_info info = { 0 };
	struct mq_endpoint *ep;

	if (mq_endpoint_open(&ep, mq_device_path))
		return info;
	mq_endpoint_info(ep, &info);
	mq_endpoint_close(ep);
	return info;
}

/* Two limits have one errno: who may still have an endpoint lacks memory for its mailbox. */
static bool memory_is_short(void)
{
	const struct mq_info info = info_find();

	return info.own_endpoints < info.user_endpoints;
}

/* Of a user, what he may have and has; of all, also what is kept for root. */
static bool user_limit_format(char *text, size_t size, enum limit limit)
{
	const struct mq_info info = info_find();

	if (limit == LIMIT_USER_ENDPOINTS)
		snprintf(text, size, " (USER_ENDPOINTS is %u, you have %u)", info.user_endpoints,
			 info.own_endpoints);
	else if (limit == LIMIT_USER_BYTES)
		snprintf(text, size, " (USER_BYTES is %" PRIu64 ", you have %" PRIu64 ")",
			 (uint64_t)info.user_bytes, (uint64_t)info.own_bytes);
	else if (limit == LIMIT_MAX_DEVICES && info.root_devices)
		snprintf(text, size, " (MAX_DEVICES is %u, %u of them for root alone)",
			 info.max_devices, info.root_devices);
	else
		return false;
	return true;
}

static void limit_format(char *text, size_t size, enum limit limit, const char *name)
{
	const struct mq_info *info = mq_device_info();
	uint32_t value = 0;
	const char *what = "";

	if (user_limit_format(text, size, limit))
		return;
	switch (limit) {
	default:
		break;
	case LIMIT_CMD_BUF_SIZE:
		what = "CMD_BUF_SIZE";
		value = info->cmd_buf_size;
		break;
	case LIMIT_MAX_DEVICES:
		what = "MAX_DEVICES";
		value = info->max_devices;
		break;
	case LIMIT_QUEUE_LEN:
		what = "QUEUE_LEN";
		value = info->queue_len;
		break;
	case LIMIT_FAIR_DEPTH:
		what = "MQ_FAIR_DEPTH_MAX";
		value = info->fair_depth_max;
		break;
	case LIMIT_DEPTH:
		what = "its depth";
		value = depth_find(name);
		break;
	}
	if (value)
		snprintf(text, size, " (%s is %u)", what, value);
	else
		snprintf(text, size, "%s", "");
}

int mq_error_format(char *text, size_t size, int error, enum mq_action action,
		    const char *name)
{
	const struct sentence *s;
	size_t used;

	if (error == -EDQUOT && memory_is_short())
		error = -EFBIG;
	s = sentence_find(error, action);
	if (!name)
		name = mq_device_path;
	/* Who waited for such a name would wait for ever. */
	if (s && s->action == MQ_ACTION_SEND && s->error == ENOENT && !mq_name_is_possible(name))
		s = sentence_find(-EINVAL, action);
	if (!s) {
		snprintf(text, size, "%s: %s", name, strerror(-error));
		return MQ_EXIT_FAILED;
	}
	snprintf(text, size, s->text, name);
	used = strlen(text);
	limit_format(text + used, size - used, s->limit, name);
	return s->status;
}

int mq_error_show(int status, const char *format, ...)
{
	va_list args;
	char *text;

	fflush(stdout);
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	/* In one piece, or what another process says on the same terminal comes between. */
	fprintf(stderr, "mq: %s\n", text ? text : strerror(ENOMEM));
	free(text);
	return status;
}

int mq_error_explain(int error, enum mq_action action, const char *name)
{
	char text[512];
	int status = mq_error_format(text, sizeof(text), error, action, name);

	if (error == -EINTR)		/* who pressed Ctrl-C knows */
		return status;
	return mq_error_show(status, "%s", text);
}

int mq_error_status(int error, enum mq_action action)
{
	const struct sentence *s = sentence_find(error, action);

	return s ? s->status : MQ_EXIT_FAILED;
}
