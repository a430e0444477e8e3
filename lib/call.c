// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Request and reply.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>

/*
 * The request goes out from where the reply comes in: the driver has copied all of the
 * one before it begins with the other.
 */
int mq_endpoint_call(struct mq_endpoint *ep, const char *name, const void *data, size_t size,
		     struct mq_message **reply, int64_t timeout)
{
	struct mq_exchange x = { .size = sizeof(x), .timeout = mq_exchange_timeout(timeout) };
	struct mq_parcel *made;
	int result;

	*reply = NULL;
	if (!mq_timeout_is_valid(timeout))
		return -EINVAL;
	made = mq_parcel_new(mq_endpoint_room(ep));
	if (!made)
		return -ENOMEM;
	result = mq_frame_init(&made->frame, ep, 0, name, size);
	if (!result) {
		if (size)
			memcpy(&made->frame + 1, data, size);
		x.send = (uintptr_t)&made->frame;
		x.send_size = made->frame.size;
		x.receive = x.send;
		x.receive_size = mq_endpoint_room(ep);
		result = mq_endpoint_ioctl(ep, MQ_IOC_CALL, &x);
	}
	if (result < 0) {
		mq_memory_free(made);
		return result;
	}
	*reply = &made->message;
	return 0;
}

/* A copy: the data may lie where the next message will be put. */
static int answer_init(struct mq_endpoint *ep, const struct mq_message *request,
		       const void *data, size_t size)
{
	int error;

	if (!mq_message_is_call(request))
		return -EINVAL;
	if (!ep->answer)
		ep->answer = mq_memory_resize(NULL, mq_endpoint_room(ep));
	if (!ep->answer)
		return -ENOMEM;
	error = mq_frame_init(ep->answer, ep, MQ_FRAME_REPLY, NULL, size);
	if (error)
		return error;
	ep->answer->cookie = mq_message_cookie(request);
	if (size)
		memcpy(ep->answer + 1, data, size);
	return 0;
}

int mq_endpoint_reply_receive(struct mq_endpoint *ep, const struct mq_message *request,
			      const void *data, size_t size, bool *answered,
			      const struct mq_message **msg, int64_t timeout)
{
	struct mq_exchange x = { 0 };
	int error;

	*msg = NULL;
	if (answered)
		*answered = false;
	error = answer_init(ep, request, data, size);
	if (error)
		return error;
	x.send = (uintptr_t)ep->answer;
	x.send_size = ep->answer->size;
	error = mq_endpoint_exchange(ep, &x, msg, timeout);
	if (answered)
		*answered = !x.send_size;
	return error;
}
