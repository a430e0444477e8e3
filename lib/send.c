// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sending: one writev(2) takes one frame, or many.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>
#include <sys/uio.h>

/* Letters for one system call; what is longer goes in several. */
#define BATCH_MAX 32

/*
 * A header with the padding of the frame before it, which can so be sent with it. The
 * letters' data are sent from where they are.
 */
struct batch_head {
	char padding[8];
	struct mq_frame frame;
};

struct batch {
	struct batch_head heads[BATCH_MAX];
	struct iovec parts[2 * BATCH_MAX];
	size_t count;
};

int mq_frame_init(struct mq_frame *frame, const struct mq_endpoint *ep, uint32_t flags,
		  const char *name, size_t size)
{
	size_t length = name ? strlen(name) : 0;

	if (!mq_endpoint_is_bound(ep))
		return -ENOTCONN;
	if (length > MQ_NAME_MAX)
		return -ENOENT;
	if (size > ep->info.cmd_buf_size)
		return -EMSGSIZE;
	*frame = (struct mq_frame){ .size = sizeof(*frame) + size, .flags = flags };
	if (length)
		memcpy(frame->name, name, length);
	return 0;
}

static int frame_send(struct mq_endpoint *ep, uint32_t flags, uint64_t cookie,
		      const char *name, const void *data, size_t size)
{
	struct mq_frame frame;
	struct iovec parts[2] = {
		{ &frame, sizeof(frame) },
		{ (void *)data, size },
	};
	int error = mq_frame_init(&frame, ep, flags, name, size);

	if (error)
		return error;
	frame.cookie = cookie;
	error = mq_system(writev(ep->fd, parts, 2));
	return error < 0 ? error : 0;
}

int mq_endpoint_send(struct mq_endpoint *ep, const char *name, const void *data, size_t size)
{
	return frame_send(ep, 0, 0, name, data, size);
}

int mq_endpoint_try_send(struct mq_endpoint *ep, const char *name, const void *data, size_t size)
{
	return frame_send(ep, MQ_FRAME_DONTWAIT, 0, name, data, size);
}

int mq_endpoint_broadcast(struct mq_endpoint *ep, const void *data, size_t size)
{
	return frame_send(ep, MQ_FRAME_BROADCAST, 0, NULL, data, size);
}

/*
 * Any thread may answer. The cookie of what is no request is its sender's choice: an
 * answer to it could end a call of somebody else.
 */
int mq_endpoint_reply(struct mq_endpoint *ep, const struct mq_message *request,
		      const void *data, size_t size)
{
	if (!mq_message_is_call(request))
		return -EINVAL;
	return frame_send(ep, MQ_FRAME_REPLY, mq_message_cookie(request), NULL, data, size);
}

/* How many of @letters are in the batch, or what is wrong with the first. */
static int batch_init(struct batch *batch, const struct mq_endpoint *ep,
		      const struct mq_letter *letters, size_t count)
{
	size_t padding = 0;

	batch->count = 0;
	while (batch->count < count && batch->count < BATCH_MAX) {
		const struct mq_letter *letter = &letters[batch->count];
		bool is_broadcast = !letter->name || !*letter->name;
		struct batch_head *head = &batch->heads[batch->count];
		struct iovec *part = &batch->parts[2 * batch->count];
		int error = mq_frame_init(&head->frame, ep, is_broadcast ? MQ_FRAME_BROADCAST : 0,
					  letter->name, letter->size);

		if (error)
			return batch->count ? (int)batch->count : error;
		head->frame.cookie = letter->cookie;
		memset(head->padding, 0, sizeof(head->padding));
		part[0].iov_base = (char *)&head->frame - padding;
		part[0].iov_len = sizeof(head->frame) + padding;
		part[1].iov_base = (void *)letter->data;
		part[1].iov_len = letter->size;
		padding = MQ_FRAME_SPACE(letter->size) - letter->size;
		batch->count++;
	}
	return batch->count;
}

/* How many frames @bytes are; behind the last one there is no padding. */
static size_t batch_parse(const struct batch *batch, size_t bytes)
{
	size_t begin = 0, sent;

	for (sent = 0; sent < batch->count; sent++) {
		size_t size = batch->heads[sent].frame.size;

		if (begin + size > bytes)
			break;
		begin += MQ_FRAME_SPACE(size);
	}
	return sent;
}

/* How many of @letters were sent, at least one, or a negative errno. */
static int batch_send(struct mq_endpoint *ep, const struct mq_letter *letters, size_t count)
{
	struct batch batch;
	long result = batch_init(&batch, ep, letters, count);

	if (result < 0)
		return result;
	result = mq_system(writev(ep->fd, batch.parts, 2 * batch.count));
	if (result < 0)
		return result;
	result = batch_parse(&batch, result);
	return result ? result : -EPROTO;
}

int mq_endpoint_send_many(struct mq_endpoint *ep, const struct mq_letter *letters,
			  size_t count, size_t *sent)
{
	size_t done = 0;
	int result = mq_endpoint_is_bound(ep) ? 0 : -ENOTCONN;

	while (result >= 0 && done < count) {
		result = batch_send(ep, letters + done, count - done);
		if (result > 0)
			done += result;
	}
	if (sent)
		*sent = done;
	return result < 0 ? result : 0;
}
