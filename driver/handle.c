// SPDX-License-Identifier: GPL-2.0-only
#include "handle.h"

#include <linux/err.h>
#include <linux/slab.h>

#include "driver.h"
#include "endpoint.h"
#include "registry.h"

/**
 * mq_handle_new - for a file that is being opened
 *
 * Return: the handle, not bound, or NULL.
 */
struct mq_handle *mq_handle_new(void)
{
	struct mq_handle *handle = kzalloc(sizeof(*handle), MQ_GFP);

	if (handle) {
		init_waitqueue_head(&handle->pollers);
		mutex_init(&handle->binding);
	}
	return handle;
}

/**
 * mq_handle_free - the file is released: its endpoint ends
 * @handle: the handle; nobody is in a call on the file, nor polls it
 */
void mq_handle_free(struct mq_handle *handle)
{
	if (handle->ep)
		mq_registry_unlink(handle->ep);
	else
		kfree(handle);
}

static int mq_handle_bind_locked(struct mq_handle *handle, struct file *file,
				 const struct mq_name *name, const struct mq_terms *terms)
{
	struct mq_endpoint *ep;
	int err;

	if (handle->ep)
		return -EBUSY;
	ep = mq_endpoint_new(file, name, terms);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	ep->pollers = &handle->pollers;
	ep->handle = handle;
	err = mq_registry_link(ep);
	if (err) {
		/* The handle is still the file's. */
		ep->handle = NULL;
		mq_endpoint_put(ep);
		return err;
	}

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
 *
 * May sleep.
 *
 * Return: 0, -EBUSY if it owns one, -EPERM, -EEXIST, -ENOSPC, -ENOMEM, -EINTR.
 */
int mq_handle_bind(struct mq_handle *handle, struct file *file,
		   const struct mq_name *name, const struct mq_terms *terms)
{
	int err = mutex_lock_killable(&handle->binding);

	if (err)
		return err;
	err = mq_handle_bind_locked(handle, file, name, terms);
	mutex_unlock(&handle->binding);
	return err;
}
