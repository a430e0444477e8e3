// SPDX-License-Identifier: GPL-2.0-only
#include "message.h"

#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "driver.h"
#include "totals.h"

/*
 * Short messages, a KiB, and what CMD_BUF_SIZE allows at most unless it is raised each
 * have a slab cache, the last one as large as seven in 32 KiB can be. What is larger
 * comes from kvmalloc(), whose memory can only be freed where it is allowed to sleep.
 */
static struct mq_message_cache {
	const char *name;
	u32 size;
	struct kmem_cache *slab;
} mq_message_caches[] = {
	{ .name = "mq_message_248",  .size = MQ_MESSAGE_FIRST },
	{ .name = "mq_message_1144", .size = 1144 },
	{ .name = "mq_message_4664", .size = MQ_MESSAGE_LAST },
};

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

static size_t mq_message_bytes(size_t size)
{
	return struct_size((struct mq_message *)NULL, data, size);
}

/* For @size bytes of data; NULL if it is for none of them. */
static const struct mq_message_cache *mq_message_find_cache(size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mq_message_caches); i++)
		if (mq_message_bytes(size) <= mq_message_caches[i].size)
			return &mq_message_caches[i];
	return NULL;
}

static void mq_message_free_memory(struct mq_message *msg, size_t size)
{
	const struct mq_message_cache *cache = mq_message_find_cache(size);

	mq_totals_drop_message(cache ? cache->size : mq_message_bytes(size));
	if (cache)
		kmem_cache_free(cache->slab, msg);
	else
		kvfree(msg);
}

/**
 * mq_message_alloc - memory for a message
 * @size: bytes at mq_message.data
 *
 * Charged to the calling process's memory control group. May sleep.
 *
 * Return: the memory, or NULL.
 */
struct mq_message *mq_message_alloc(size_t size)
{
	const struct mq_message_cache *cache = mq_message_find_cache(size);
	struct mq_message *msg;

	msg = cache ? kmem_cache_alloc(cache->slab, MQ_GFP) :
		      kvmalloc(mq_message_bytes(size), MQ_GFP);
	if (msg)
		mq_totals_hold_message(cache ? cache->size : mq_message_bytes(size));
	return msg;
}

/**
 * mq_message_new_notice - tell what somebody did
 * @whose: who did
 * @flags: MQ_MESSAGE_NOTICE, and what else the reader sees
 * @size: bytes at mq_message.data, which are its text and the caller's to fill; of a
 *	size that has a slab cache
 *
 * Charged to the active memory control group. Reclaims nothing: whoever registers or sends
 * must not work for the memory of somebody who watches. Does not sleep.
 *
 * Return: the notice with one reference, or NULL.
 */
struct mq_message *mq_message_new_notice(struct mq_identity *whose, u32 flags, u32 size)
{
	const struct mq_message_cache *cache = mq_message_find_cache(size);
	struct mq_message *msg;

	msg = kmem_cache_alloc(cache->slab, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	if (msg) {
		mq_totals_hold_message(cache->size);
		mq_message_begin(msg, mq_identity_get(whose), size);
		msg->flags = flags;
		msg->text = msg->data;
		msg->text_len = size;
	}
	return msg;
}

static void mq_message_put_carrier(struct mq_message *carrier, u32 refs)
{
	if (carrier && refcount_sub_and_test(refs, &carrier->refs))
		mq_message_free(carrier);
}

/**
 * mq_message_free - the end of a message without references; may sleep
 * @msg: the message
 */
void mq_message_free(struct mq_message *msg)
{
	struct mq_identity *sender = msg->sender;

	if (msg->carrier) {
		mq_message_put_carrier(msg->carrier, 1);
		return;
	}
	/* A notice's memory is its receiver's, not that of whom it tells. */
	if (msg->size > MQ_MESSAGE_SHORT || !sender || msg->flags & MQ_MESSAGE_NOTICE ||
	    !mq_identity_push_spare(sender, msg))
		mq_message_free_memory(msg, msg->size);
	mq_identity_put(sender);
}

/**
 * mq_message_put_some - give references back
 * @msgs: the messages
 * @count: how many they are
 *
 * The last one to a message frees it, which may sleep. Those that came together mostly
 * go together, and give their carrier back at once.
 */
void mq_message_put_some(struct mq_message **msgs, u32 count)
{
	struct mq_message *carrier = NULL;
	u32 i, carried = 0;

	for (i = 0; i < count; i++) {
		struct mq_message *msg = msgs[i];

		if (!refcount_dec_and_test(&msg->refs))
			continue;
		if (!msg->carrier) {
			mq_message_free(msg);
			continue;
		}
		if (msg->carrier != carrier) {
			mq_message_put_carrier(carrier, carried);
			carrier = msg->carrier;
			carried = 0;
		}
		carried++;
	}
	mq_message_put_carrier(carrier, carried);
}

/**
 * mq_message_free_spare - free the memory that a sender has kept
 * @spare: the memory, or NULL
 */
void mq_message_free_spare(struct mq_message *spare)
{
	if (spare)
		mq_message_free_memory(spare, 0);
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
