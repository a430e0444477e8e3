// SPDX-License-Identifier: GPL-2.0-only
#include "message.h"

#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "driver.h"

/*
 * Short messages, a KiB, and 4,000 bytes with their command each have a slab cache.
 * What is larger comes from kvmalloc(), whose memory can only be freed where it is
 * allowed to sleep.
 */
#define MQ_MESSAGE_FIRST	248

static struct mq_message_cache {
	const char *name;
	u32 size;
	struct kmem_cache *slab;
} mq_message_caches[] = {
	{ .name = "mq_message_248",  .size = MQ_MESSAGE_FIRST },
	{ .name = "mq_message_1144", .size = 1144 },
	{ .name = "mq_message_4088", .size = 4088 },
};

/* Bytes at mq_message.data for which the first of them does, and a sender's spare. */
#define MQ_MESSAGE_SHORT	(MQ_MESSAGE_FIRST - offsetof(struct mq_message, data))

/*
 * A slab cache with a constructor is not zeroed at each allocation where the kernel
 * is built or booted so (init_on_alloc), which costs as much as the copy of the text.
 * Nothing is lost: every byte that leaves the driver was written by the sender, and
 * what stays behind the text is the rest of an older message, which nobody is given.
 * It also makes the slab keep its pointer of 8 bytes behind the object, hence the sizes.
 */
static void mq_message_construct(void *object)
{
	memset(object, 0, sizeof(struct mq_message));
}

/**
 * mq_message_init - make the slab caches
 *
 * Return: 0 or -ENOMEM.
 */
int mq_message_init(void)
{
	struct mq_message_cache *cache;
	u32 shown = offsetof(struct mq_message, data);

	for (cache = mq_message_caches;
	     cache < mq_message_caches + ARRAY_SIZE(mq_message_caches); cache++) {
		cache->slab = kmem_cache_create_usercopy(cache->name, cache->size, 0,
							 SLAB_ACCOUNT, shown,
							 cache->size - shown,
							 mq_message_construct);
		if (!cache->slab) {
			mq_message_deinit();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * mq_message_deinit - give the slab caches back, when no message is left
 */
void mq_message_deinit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mq_message_caches); i++) {
		kmem_cache_destroy(mq_message_caches[i].slab);
		mq_message_caches[i].slab = NULL;
	}
}

static struct kmem_cache *mq_message_slab(size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mq_message_caches); i++)
		if (struct_size((struct mq_message *)NULL, data, size) <=
		    mq_message_caches[i].size)
			return mq_message_caches[i].slab;
	return NULL;
}

/* Neutral: to be filled by its only holder. */
static struct mq_message *mq_message_begin(struct mq_message *msg,
					   struct mq_identity *sender, size_t size)
{
	if (!msg)
		return NULL;
	refcount_set(&msg->refs, 1);
	msg->size = size;
	msg->flags = 0;
	msg->sender = sender ? mq_identity_get(sender) : NULL;
	msg->time = 0;
	msg->cookie = 0;
	return msg;
}

static struct mq_message *mq_message_alloc(size_t size)
{
	struct kmem_cache *slab = mq_message_slab(size);

	if (slab)
		return kmem_cache_alloc(slab, MQ_GFP);
	return kvmalloc(struct_size((struct mq_message *)NULL, data, size), MQ_GFP);
}

/**
 * mq_message_new - memory for a message
 * @sender: who sends it; NULL: nobody can
 * @size: bytes at mq_message.data, which the caller fills, all of them
 *
 * Charged to the calling process's memory control group, unless it is what the sender
 * keeps. May sleep.
 *
 * Return: the message with one reference, without text, or NULL.
 */
struct mq_message *mq_message_new(struct mq_identity *sender, size_t size)
{
	struct mq_message *msg = NULL;

	if (sender && size <= MQ_MESSAGE_SHORT)
		msg = mq_identity_pop_spare(sender);
	if (!msg)
		msg = mq_message_alloc(size);
	return mq_message_begin(msg, sender, size);
}

/**
 * mq_message_new_event - tell that somebody came or went
 * @whose: who did
 * @flags: MQ_FRAME_EVENT with MQ_FRAME_COME or MQ_FRAME_GONE
 *
 * Charged to the active memory control group. Reclaims nothing: whoever registers must
 * not work for the memory of somebody who watches.
 *
 * Return: the event with one reference, or NULL.
 */
struct mq_message *mq_message_new_event(struct mq_identity *whose, u32 flags)
{
	struct mq_message *msg;

	msg = kmem_cache_alloc(mq_message_slab(0), GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	msg = mq_message_begin(msg, whose, 0);
	if (msg) {
		msg->flags = flags;
		mq_message_stamp(msg);
		msg->text = msg->data;
		msg->text_len = 0;
	}
	return msg;
}

/**
 * mq_message_free - the end of a message without references; may sleep
 * @msg: the message
 */
void mq_message_free(struct mq_message *msg)
{
	struct mq_identity *sender = msg->sender;
	struct kmem_cache *slab;

	/* An event's memory is its receiver's, not that of whom it tells. */
	if (msg->size <= MQ_MESSAGE_SHORT && !(msg->flags & MQ_FRAME_EVENT) && sender &&
	    mq_identity_push_spare(sender, msg)) {
		mq_identity_put(sender);
		return;
	}

	slab = mq_message_slab(msg->size);
	if (slab)
		kmem_cache_free(slab, msg);
	else
		kvfree(msg);
	mq_identity_put(sender);
}

/**
 * mq_message_free_spare - free the memory that a sender has kept
 * @spare: the memory, or NULL
 */
void mq_message_free_spare(struct mq_message *spare)
{
	if (spare)
		kmem_cache_free(mq_message_slab(0), spare);
}

/**
 * mq_message_drain_some - mq_message_drain() where there is something
 * @dead: the list, empty afterwards
 */
void mq_message_drain_some(struct llist_head *dead)
{
	struct mq_message *msg, *next;

	llist_for_each_entry_safe(msg, next, __llist_del_all(dead), dead)
		mq_message_free(msg);
}
