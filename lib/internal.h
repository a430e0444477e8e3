/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libmq share.
 *
 * Whatever may change errno goes through mq_system(), so that no function of the
 * interface has to think of it. What is not in libmq.h is hidden.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_INTERNAL_H
#define MQ_INTERNAL_H

#pragma GCC visibility push(default)
#include "libmq.h"
#pragma GCC visibility pop

#include <errno.h>

/* Bytes of the structures in version 0.1.0; they have grown, and only ever grow. */
#define MQ_INFO_FIRST	offsetof(struct mq_info, user_bytes)
#define MQ_STATUS_FIRST	offsetof(struct mq_status, spared)
#define MQ_TOTALS_FIRST	sizeof(struct mq_totals)

/* The call's value, or a negative errno; errno itself stays as it was. */
#define mq_system(call) ({					\
	int mq_saved_ = errno;					\
	long mq_result_ = (call);				\
								\
	if (mq_result_ < 0)					\
		mq_result_ = -errno;				\
	errno = mq_saved_;					\
	mq_result_;						\
})

struct mq_message {
	const struct mq_frame *frame;	/* the payload lies behind it */
	uint64_t lost;
};

/* A message in memory of its own, which mq_message_free() frees. */
struct mq_parcel {
	struct mq_message message;
	struct mq_frame frame;		/* the one that it shows */
};

struct mq_endpoint {
	int fd;
	bool is_bound;			/* atomic; until then read and write are text */
	struct mq_info info;
	uint32_t snap;			/* of a monitor */
	/* The rest is the one reader's. */
	uint64_t sequence;		/* of the last message that was received */
	unsigned char *buffer;		/* the frames that were returned last */
	size_t buffer_size;
	struct mq_message *messages;	/* one for each of them */
	size_t messages_max;
	struct mq_frame *answer;	/* what mq_endpoint_reply_receive() sends */
};

/* ---- endpoint.c ---- */

bool mq_endpoint_is_bound(const struct mq_endpoint *ep);
/* -errno or the ioctl's value. */
int mq_endpoint_ioctl(const struct mq_endpoint *ep, unsigned long request, void *arg);
/* Room that always does for one frame. */
size_t mq_endpoint_room(const struct mq_endpoint *ep);

/* ---- memory.c ---- */

/* realloc(3) and free(3); NULL: no memory, and @memory is what it was. */
void *mq_memory_resize(void *memory, size_t size);
void mq_memory_free(void *memory);

/* ---- deadline.c ---- */

bool mq_timeout_is_valid(int64_t timeout);
/* When @timeout is over; MQ_TIMEOUT_NONE: never. */
int64_t mq_deadline_init(int64_t timeout);
/* What is left of it, 0 if nothing, as a timeout. */
int64_t mq_deadline_next(int64_t deadline);

/* ---- message.c ---- */

/* With room for @size bytes of frame. NULL: no memory. */
struct mq_parcel *mq_parcel_new(size_t size);

/* ---- send.c ---- */

/*
 * The header of a frame of @size bytes to @name (NULL: empty). -ENOTCONN; -ENOENT: no
 * such name is possible; -EMSGSIZE.
 */
int mq_frame_init(struct mq_frame *frame, const struct mq_endpoint *ep, uint32_t flags,
		  const char *name, size_t size);

/* ---- receive.c ---- */

/* Answer, if @x says so, and take the next message. */
int mq_endpoint_exchange(struct mq_endpoint *ep, struct mq_exchange *x,
			 const struct mq_message **msg, int64_t timeout);
/* For struct mq_exchange. */
uint64_t mq_exchange_timeout(int64_t timeout);

#endif
