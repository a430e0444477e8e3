/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A handle: what the driver keeps for an open file.
 *
 * Its queue is where polls on the file wait, whatever the file is or becomes: epoll
 * keeps that queue until the file is released. Bound, the file owns an endpoint, which
 * never changes again; from then on the handle's memory is the endpoint's, because those
 * who send to it look into the queue, and an endpoint outlives its file by a grace
 * period.
 */
#ifndef _MQ_HANDLE_H
#define _MQ_HANDLE_H

#include <linux/mutex.h>
#include <linux/wait.h>

struct file;
struct mq_endpoint;
struct mq_name;
struct mq_terms;

/**
 * struct mq_handle - an open file
 * @pollers: where polls on it wait
 * @binding: held while it is being bound
 * @ep: its endpoint, or NULL; set once, and then held until the file is released
 */
struct mq_handle {
	wait_queue_head_t pollers;
	struct mutex binding;	/* see driver.h */
	struct mq_endpoint *ep;
};

struct mq_handle *mq_handle_new(void);
void mq_handle_free(struct mq_handle *handle);
int mq_handle_bind(struct mq_handle *handle, struct file *file,
		   const struct mq_name *name, const struct mq_terms *terms);

/* The file's endpoint, which lives as long as the caller's file; or NULL. */
static inline struct mq_endpoint *mq_handle_find(struct mq_handle *handle)
{
	/* Pairs with mq_handle_bind(). */
	return smp_load_acquire(&handle->ep);
}

#endif /* _MQ_HANDLE_H */
