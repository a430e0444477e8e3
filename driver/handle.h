/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A handle: what the driver keeps for an open file.
 *
 * Its queue is where polls on the file wait, whatever the file is or becomes: epoll
 * keeps that queue until the file is released. Bound, the file owns an endpoint, which
 * never changes again; from then on the handle's memory is the endpoint's, because those
 * who send to it look into the queue, and an endpoint outlives its file by a grace
 * period.
 *
 * It also remembers the endpoint of the first process that registered through the file,
 * so that this process is not looked up at every call. Of an endpoint that has ended only
 * the memory is remembered.
 */
#ifndef _MQ_HANDLE_H
#define _MQ_HANDLE_H

#include <linux/wait.h>

struct file;
struct mq_endpoint;
struct mq_filter;
struct mq_name;
struct mq_terms;

/**
 * struct mq_handle - an open file
 * @pollers: where polls on it wait
 * @ep: its endpoint, or NULL; set once, and then held until the file is released
 * @registered: a process's endpoint, or NULL; set once; a reference
 */
struct mq_handle {
	wait_queue_head_t pollers;
	struct mq_endpoint *ep;
	struct mq_endpoint *registered;
};

int mq_handle_init(void);
void mq_handle_deinit(void);

struct mq_handle *mq_handle_new(void);
void mq_handle_free_memory(struct mq_handle *handle);
void mq_handle_free(struct mq_handle *handle);
int mq_handle_bind(struct mq_handle *handle, struct file *file,
		   const struct mq_name *name, const struct mq_terms *terms,
		   const struct mq_filter *filter);
void mq_handle_remember(struct mq_handle *handle, struct mq_endpoint *ep);

/* The file's endpoint, which lives as long as the caller's file; or NULL. */
static inline struct mq_endpoint *mq_handle_find(struct mq_handle *handle)
{
	/* Pairs with mq_handle_bind(). */
	return smp_load_acquire(&handle->ep);
}

/* The endpoint of the process that registered through the file first, or NULL; likewise. */
static inline struct mq_endpoint *mq_handle_find_registered(struct mq_handle *handle)
{
	/* Pairs with mq_handle_remember(). */
	return smp_load_acquire(&handle->registered);
}

#endif /* _MQ_HANDLE_H */
