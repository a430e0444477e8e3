// SPDX-License-Identifier: GPL-2.0-only
#include "handle.h"

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "driver.h"
#include "endpoint.h"
#include "monitor.h"
#include "registry.h"

static DEFINE_MUTEX(mq_handle_binding);	/* see driver.h */

/* Of its own, because it is just shorter than any kind that kmalloc() has. */
static struct kmem_cache *mq_handle_slab;

/**
 * mq_handle_init - make the memory for handles
 *
 * Return: 0 or -ENOMEM.
 */
int mq_handle_init(void)
{
	mq_handle_slab = KMEM_CACHE(mq_handle, SLAB_ACCOUNT);
	return mq_handle_slab ? 0 : -ENOMEM;
}

/**
 * mq_handle_deinit - when no handle is left, and the last grace period is over
 */
void mq_handle_deinit(void)
{
	kmem_cache_destroy(mq_handle_slab);
}

/**
 * mq_handle_free_memory - a handle that nobody looks into any more
 * @handle: the handle, or NULL
 *
 * Any context.
 */
void mq_handle_free_memory(struct mq_handle *handle)
{
	if (handle)
		kmem_cache_free(mq_handle_slab, handle);
}

/**
 * mq_handle_new - for a file that is being opened
 *
 * Return: the handle, not bound, or NULL.
 */
struct mq_handle *mq_handle_new(void)
{
	struct mq_handle *handle = kmem_cache_zalloc(mq_handle_slab, MQ_GFP);

	if (handle)
		init_waitqueue_head(&handle->pollers);
	return handle;
}

/**
 * mq_handle_free - the file is released: its endpoint ends
 * @handle: the handle; nobody is in a call on the file, nor polls it
 */
void mq_handle_free(struct mq_handle *handle)
{
	mq_endpoint_put(handle->registered);
	if (handle->ep)
		mq_registry_unlink(handle->ep);
	else
		mq_handle_free_memory(handle);
}

static int mq_handle_bind_locked(struct mq_handle *handle, struct mq_endpoint *ep)
{
	int err;

	if (handle->ep)
		return -EBUSY;
	err = mq_registry_link(ep);
	if (err)
		return err;

	/* Pairs with mq_handle_find(). */
	smp_store_release(&handle->ep, ep);
	/* Who polls looked for a process's endpoint. */
	mq_endpoint_wake_pollers(ep);
	return 0;
}

/**
 * mq_handle_bind - make a file the owner of an endpoint
 * @handle: the file's handle
 * @file: the file
 * @name: the name, or the empty one
 * @terms: on which terms it takes messages
 * @filter: of a monitor, what it sees
 *
 * May sleep.
 *
 * Return: 0, -EBUSY if it owns one, -EPERM, -EEXIST, -ENOSPC, -EUSERS, -ENOMEM, -EINTR.
 */
int mq_handle_bind(struct mq_handle *handle, struct file *file,
		   const struct mq_name *name, const struct mq_terms *terms,
		   const struct mq_filter *filter)
{
	struct mq_endpoint *ep;
	int err;

	/* Whatever else is wrong. */
	if (mq_handle_find(handle))
		return -EBUSY;
	ep = mq_endpoint_new(file, name, terms);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	ep->pollers = &handle->pollers;
	ep->handle = handle;
	if (terms->monitors)
		ep->monitor = mq_monitor_new(ep, filter);

	err = terms->monitors && !ep->monitor ? -ENOMEM : mutex_lock_killable(&mq_handle_binding);
	if (!err) {
		err = mq_handle_bind_locked(handle, ep);
		mutex_unlock(&mq_handle_binding);
	}
	if (err) {
		/* The handle is still the file's. */
		ep->handle = NULL;
		mq_endpoint_put(ep);
	}
	return err;
}

/**
 * mq_handle_remember - a process has registered through a file
 * @handle: the file's
 * @ep: the process's endpoint; the caller keeps his reference
 */
void mq_handle_remember(struct mq_handle *handle, struct mq_endpoint *ep)
{
	refcount_inc(&ep->refs);
	/* Pairs with mq_handle_find_registered(). */
	if (cmpxchg(&handle->registered, NULL, ep))
		mq_endpoint_put(ep);
}
