// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An open device and the endpoint that it owns.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int mq_endpoint_ioctl(const struct mq_endpoint *ep, unsigned long request, void *arg)
{
	return mq_system(ioctl(ep->fd, request, arg));
}

bool mq_endpoint_is_bound(const struct mq_endpoint *ep)
{
	return __atomic_load_n(&ep->is_bound, __ATOMIC_ACQUIRE);
}

size_t mq_endpoint_room(const struct mq_endpoint *ep)
{
	size_t message = ep->info.cmd_buf_size;
	size_t passed = sizeof(struct mq_passed) + ep->snap;

	return MQ_FRAME_SPACE(sizeof(struct mq_frame) + (message > passed ? message : passed));
}

/* What knows no such ioctl, or no frames, is not what this library is for. */
static int endpoint_learn(struct mq_endpoint *ep)
{
	ep->info.size = sizeof(ep->info);
	if (mq_endpoint_ioctl(ep, MQ_IOC_INFO, &ep->info) < 0)
		return -EPROTO;
	if (ep->info.version < MQ_VERSION || !(ep->info.features & MQ_FEATURE_FRAMES))
		return -EPROTO;
	return 0;
}

int mq_endpoint_open(struct mq_endpoint **ep, const char *path)
{
	struct mq_endpoint *made;
	int error;

	*ep = NULL;
	made = mq_memory_resize(NULL, sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct mq_endpoint){ .fd = -1 };
	made->fd = mq_system(open(path ? path : MQ_DEVICE_PATH, O_RDWR | O_CLOEXEC));
	error = made->fd < 0 ? made->fd : endpoint_learn(made);
	if (error) {
		mq_endpoint_close(made);
		return error;
	}
	*ep = made;
	return 0;
}

void mq_endpoint_close(struct mq_endpoint *ep)
{
	if (!ep)
		return;
	if (ep->fd >= 0)
		mq_system(close(ep->fd));
	mq_memory_free(ep->buffer);
	mq_memory_free(ep->messages);
	mq_memory_free(ep->answer);
	mq_memory_free(ep);
}

int mq_endpoint_bind(struct mq_endpoint *ep, const char *name, const struct mq_binding *how)
{
	struct mq_bind bind = { .size = sizeof(bind) };
	size_t length = name ? strlen(name) : 0;
	int error;

	if (length > MQ_NAME_MAX)
		return -EINVAL;
	if (length)
		memcpy(bind.name, name, length);
	if (how) {
		bind.policy = how->policy;
		bind.access = how->access;
		bind.depth = how->depth;
		bind.flags = how->events ? MQ_BIND_EVENTS : 0;
	}
	error = mq_endpoint_ioctl(ep, MQ_IOC_BIND, &bind);
	if (error < 0)
		return error;
	__atomic_store_n(&ep->is_bound, true, __ATOMIC_RELEASE);
	return 0;
}

int mq_endpoint_fd(const struct mq_endpoint *ep)
{
	return ep->fd;
}

/* What answers begins with its size: @least when it came, @size where the program was compiled. */
static int endpoint_ask(const struct mq_endpoint *ep, unsigned long request, void *answer,
			size_t least, size_t size)
{
	uint32_t *begin = answer;
	int error;

	if (size < least || size > UINT32_MAX)
		return -EINVAL;
	memset(answer, 0, size);
	*begin = size;
	error = mq_endpoint_ioctl(ep, request, answer);
	return error < 0 ? error : 0;
}

/* Asked anew each time: limits stay, as the module cannot be unloaded, but not their use. */
int mq_endpoint_info_sized(const struct mq_endpoint *ep, struct mq_info *info, size_t size)
{
	return endpoint_ask(ep, MQ_IOC_INFO, info, MQ_INFO_FIRST, size);
}

int mq_endpoint_totals_sized(const struct mq_endpoint *ep, struct mq_totals *totals, size_t size)
{
	return endpoint_ask(ep, MQ_IOC_TOTALS, totals, MQ_TOTALS_FIRST, size);
}
