// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A message: the frame as it was read, and what was lost before it.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <string.h>

const void *mq_message_data(const struct mq_message *msg)
{
	return msg->frame + 1;
}

size_t mq_message_size(const struct mq_message *msg)
{
	return msg->frame->size - sizeof(*msg->frame);
}

const char *mq_message_name(const struct mq_message *msg)
{
	return msg->frame->name;
}

uint32_t mq_message_pid(const struct mq_message *msg)
{
	return msg->frame->pid;
}

uint32_t mq_message_uid(const struct mq_message *msg)
{
	return msg->frame->uid;
}

uint64_t mq_message_sequence(const struct mq_message *msg)
{
	return msg->frame->sequence;
}

uint64_t mq_message_time(const struct mq_message *msg)
{
	return msg->frame->time;
}

uint64_t mq_message_cookie(const struct mq_message *msg)
{
	return msg->frame->cookie;
}

uint32_t mq_message_flags(const struct mq_message *msg)
{
	return msg->frame->flags;
}

uint64_t mq_message_lost(const struct mq_message *msg)
{
	return msg->lost;
}

bool mq_message_is_broadcast(const struct mq_message *msg)
{
	return msg->frame->flags & MQ_FRAME_BROADCAST;
}

bool mq_message_is_call(const struct mq_message *msg)
{
	return msg->frame->flags & MQ_FRAME_CALL;
}

bool mq_message_is_event(const struct mq_message *msg)
{
	return msg->frame->flags & MQ_FRAME_EVENT;
}

bool mq_message_is_come(const struct mq_message *msg)
{
	return msg->frame->flags & MQ_FRAME_COME;
}

bool mq_message_is_gone(const struct mq_message *msg)
{
	return msg->frame->flags & MQ_FRAME_GONE;
}

struct mq_parcel *mq_parcel_new(size_t size)
{
	struct mq_parcel *made = mq_memory_resize(NULL, offsetof(struct mq_parcel, frame) + size);

	if (made)
		made->message = (struct mq_message){ .frame = &made->frame };
	return made;
}

int mq_message_new(struct mq_message **copy, const struct mq_message *msg)
{
	struct mq_parcel *made = mq_parcel_new(msg->frame->size);

	*copy = NULL;
	if (!made)
		return -ENOMEM;
	memcpy(&made->frame, msg->frame, msg->frame->size);
	made->message.lost = msg->lost;
	*copy = &made->message;
	return 0;
}

/* The message is the beginning of its parcel. */
void mq_message_free(struct mq_message *msg)
{
	mq_memory_free(msg);
}
