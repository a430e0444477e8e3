/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmq: messages between processes by name, for programs.
 *
 * Every function returns 0 or a negative errno, unless it says otherwise, and leaves
 * errno alone. Objects are opaque; who gets one frees it with the function named there.
 * Names are 1 to MQ_NAME_MAX bytes, timeouts nanoseconds of CLOCK_MONOTONIC.
 *
 * Threads: "any thread" may run at the same time as every other function on the same
 * endpoint but mq_endpoint_close(). "One reader" means: one thread at a time among the
 * functions so marked on the same endpoint, because the messages that they return lie in
 * memory of the endpoint. Different endpoints have nothing in common.
 *
 * Structures that grow: struct mq_info, mq_status and mq_totals get new fields at their end.
 * The functions that fill them are told how large the caller's is (..._sized()), so that a
 * program and a library of different age go together. The inline ones without the ending
 * do that for C and C++; libmq.so also exports those names, for the structures of 0.1.0.
 *
 * fork(2): the endpoint is the open file's, so the child has it too, as it has the
 * descriptor; which of the two gets a message is left to chance.
 */
#ifndef LIBMQ_H
#define LIBMQ_H

#include <linux/mq_driver.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For a timeout: wait as long as it takes. 0: do not wait (EAGAIN). Less: EINVAL. */
#define MQ_TIMEOUT_NONE		((int64_t)-1)

/* An open device, and once it is bound an endpoint with its mailbox. */
struct mq_endpoint;

/* A message that was received. */
struct mq_message;

/* Something that watches names come and go. */
struct mq_watch;

/* ---- endpoints: mq_endpoint_open(3) ---- */

/* How to bind; all zero is: overwrite, QUEUE_LEN messages, from anyone, no events. */
struct mq_binding {
	enum mq_policy policy;
	enum mq_access access;
	uint32_t depth;		/* messages, 0: QUEUE_LEN */
	bool events;		/* receive an event for each name that comes or goes */
};

/*
 * Open @path (NULL: MQ_DEVICE_PATH), close-on-exec. -ENOENT or -ENXIO or -ENODEV: no
 * module is loaded; -EACCES: no permission; -EPROTO: what was opened is no mq device or
 * a driver older than 0.1.0. Only after mq_endpoint_bind() can it send and receive.
 */
int mq_endpoint_open(struct mq_endpoint **ep, const char *path);
/* Ends the endpoint, unless another process has its descriptor too. NULL is fine. */
void mq_endpoint_close(struct mq_endpoint *ep);
/*
 * Bind once, as @name (NULL: anonymous); @how NULL: as all zero. -EEXIST: the name is
 * taken; -EDQUOT: the user has as many endpoints, or as much room in mailboxes, as a user
 * may (mq_endpoint_info() has the figures); -ENOSPC: there is no place for a name; more in
 * the manual page.
 */
int mq_endpoint_bind(struct mq_endpoint *ep, const char *name, const struct mq_binding *how);
/* The file descriptor, for one's own event loop: POLLIN, a message is there. Any thread. */
int mq_endpoint_fd(const struct mq_endpoint *ep);
/* mq_endpoint_info() for a struct mq_info of @size bytes: see above, "Structures that grow". */
int mq_endpoint_info_sized(const struct mq_endpoint *ep, struct mq_info *info, size_t size);
/*
 * Limits and features of the driver, and what the caller's user has of them. What an
 * older driver does not know is 0. Any thread.
 */
static inline int mq_endpoint_info(const struct mq_endpoint *ep, struct mq_info *info)
{
	return mq_endpoint_info_sized(ep, info, sizeof(*info));
}

/*
 * What all endpoints counted together since the module was loaded, and the memory that is
 * held: a struct mq_totals of @size bytes. Needs CAP_SYS_ADMIN (-EPERM); an older driver
 * does not know (-ENOTTY). Any thread.
 */
int mq_endpoint_totals_sized(const struct mq_endpoint *ep, struct mq_totals *totals, size_t size);

/* ---- sending: mq_endpoint_send(3) ---- */

/* One of many messages to send: struct mq_letter.name NULL or "" is a broadcast. */
struct mq_letter {
	const char *name;
	const void *data;
	size_t size;		/* 1 to mq_info.cmd_buf_size */
	uint64_t cookie;	/* given to the reader */
};

/* Send to @name. A full mailbox that blocks is waited for. Any thread. */
int mq_endpoint_send(struct mq_endpoint *ep, const char *name, const void *data, size_t size);
/* Likewise, but -EAGAIN instead of waiting. Any thread. */
int mq_endpoint_try_send(struct mq_endpoint *ep, const char *name, const void *data, size_t size);
/* Send to every other endpoint; never waits. Any thread. */
int mq_endpoint_broadcast(struct mq_endpoint *ep, const void *data, size_t size);
/*
 * Send @count letters in few system calls, in order. @sent (NULL: not wanted) receives
 * how many were sent before the first failure, whose errno is returned. Any thread.
 */
int mq_endpoint_send_many(struct mq_endpoint *ep, const struct mq_letter *letters,
			  size_t count, size_t *sent);

/* ---- receiving: mq_endpoint_receive(3) ---- */

/*
 * Take the next message, waiting for it @timeout at most: -ETIMEDOUT; -EAGAIN with a
 * @timeout of 0 or a descriptor that was set O_NONBLOCK; -EINTR after a signal handler.
 * The message is valid until the next call of a function marked so, or the end of the
 * endpoint. One reader.
 */
int mq_endpoint_receive(struct mq_endpoint *ep, const struct mq_message **msg, int64_t timeout);
/*
 * Take up to @max messages that are there, and wait for the first of them as above.
 * @count receives how many; fewer than @max does not mean that no more wait. One reader.
 */
int mq_endpoint_receive_many(struct mq_endpoint *ep, const struct mq_message **msgs,
			     size_t max, size_t *count, int64_t timeout);
/* Up to @max of the next messages, without taking them; none: @count is 0. One reader. */
int mq_endpoint_peek(struct mq_endpoint *ep, const struct mq_message **msgs, size_t max,
		     size_t *count);

/* ---- messages: mq_message_data(3) ---- */

const void *mq_message_data(const struct mq_message *msg);	/* not terminated */
size_t mq_message_size(const struct mq_message *msg);		/* bytes of data */
const char *mq_message_name(const struct mq_message *msg);	/* sender, "": it has none */
uint32_t mq_message_pid(const struct mq_message *msg);		/* 0: cannot be seen */
uint32_t mq_message_uid(const struct mq_message *msg);
uint64_t mq_message_sequence(const struct mq_message *msg);	/* 0 in a reply */
uint64_t mq_message_time(const struct mq_message *msg);		/* CLOCK_MONOTONIC, ns */
uint64_t mq_message_cookie(const struct mq_message *msg);
uint32_t mq_message_flags(const struct mq_message *msg);	/* MQ_FRAME_* as read */
/*
 * How many messages were lost to newer ones between the message received before this
 * one on this endpoint and this one. 0 in a reply and in what mq_endpoint_peek() shows.
 */
uint64_t mq_message_lost(const struct mq_message *msg);
bool mq_message_is_broadcast(const struct mq_message *msg);
bool mq_message_is_call(const struct mq_message *msg);		/* wants mq_endpoint_reply() */
bool mq_message_is_event(const struct mq_message *msg);		/* name, pid, uid are whose it is */
bool mq_message_is_come(const struct mq_message *msg);		/* an event: it came */
bool mq_message_is_gone(const struct mq_message *msg);		/* an event: it went */
/*
 * A copy of @msg in memory of its own, for who keeps it longer, or hands it to another
 * thread and receives on: also a request's can be answered. The caller frees it with
 * mq_message_free(). -ENOMEM.
 */
int mq_message_new(struct mq_message **copy, const struct mq_message *msg);
/* For what mq_message_new() made and mq_endpoint_call() returned. NULL is fine. */
void mq_message_free(struct mq_message *msg);

/* ---- request and reply: mq_endpoint_call(3) ---- */

/*
 * Send a request to @name and wait for its reply, which the caller frees with
 * mq_message_free(). -EPIPE: the server ended; -ENOBUFS: the request was lost to a newer
 * message, or found no room; -EOPNOTSUPP: @name is a process's endpoint, which cannot
 * answer; -ETIMEDOUT, also with a @timeout of 0; -EINTR. After the last two the request
 * may still be carried out. Any thread.
 */
int mq_endpoint_call(struct mq_endpoint *ep, const char *name, const void *data, size_t size,
		     struct mq_message **reply, int64_t timeout);
/*
 * Answer @request, received here or a copy of it, once. -ENOENT: the caller has gone, or
 * has been answered; -EINVAL: it is no request. Any thread.
 */
int mq_endpoint_reply(struct mq_endpoint *ep, const struct mq_message *request,
		      const void *data, size_t size);
/*
 * Answer @request and take the next message, in one system call. @answered (NULL: not
 * wanted) tells whether the answer is on its way, if an error is returned. The data may
 * lie in the request. One reader.
 */
int mq_endpoint_reply_receive(struct mq_endpoint *ep, const struct mq_message *request,
			      const void *data, size_t size, bool *answered,
			      const struct mq_message **msg, int64_t timeout);

/* ---- who is there: mq_endpoint_list(3) ---- */

/* The two below for a struct mq_status of @size bytes: see above, "Structures that grow". */
int mq_endpoint_list_sized(const struct mq_endpoint *ep, struct mq_status **list, size_t *count,
			   size_t size);
int mq_endpoint_find_sized(const struct mq_endpoint *ep, const char *name,
			   struct mq_status *status, size_t size);
void mq_list_free(struct mq_status *list);
/*
 * All named endpoints, in an array that the caller frees with mq_list_free(). Works on
 * an endpoint that is not bound. Any thread.
 */
static inline int mq_endpoint_list(const struct mq_endpoint *ep, struct mq_status **list,
				   size_t *count)
{
	return mq_endpoint_list_sized(ep, list, count, sizeof(**list));
}

/* The one called @name. -ENOENT: there is none. Any thread. */
static inline int mq_endpoint_find(const struct mq_endpoint *ep, const char *name,
				   struct mq_status *status)
{
	return mq_endpoint_find_sized(ep, name, status, sizeof(*status));
}

/* ---- watching names: mq_watch_open(3) ---- */

/* A name that came or went, or at the beginning: is there. */
struct mq_name_event {
	char name[MQ_NAME_SIZE];
	uint32_t pid;
	uint32_t uid;
	bool come;		/* else it has gone */
};

/*
 * Watch names on @path (NULL: MQ_DEVICE_PATH). mq_watch_next() first returns a come for
 * each name that is there, and then what changes, each change once and in order: when
 * events were lost it lists again and returns what differs. One thread at a time.
 */
int mq_watch_open(struct mq_watch **watch, const char *path);
void mq_watch_close(struct mq_watch *watch);
/* -ETIMEDOUT; -EAGAIN with a @timeout of 0; -EINTR. After an error: go on. */
int mq_watch_next(struct mq_watch *watch, struct mq_name_event *event, int64_t timeout);
/*
 * For one's own event loop: call mq_watch_next() until it returns -EAGAIN, before the
 * first wait and whenever this is readable.
 */
int mq_watch_fd(const struct mq_watch *watch);
/*
 * Sleep until @name is there (@gone false) or is not (@gone true). Returns at once if
 * that is so. -EINVAL: no possible name; -ETIMEDOUT; -EAGAIN with a @timeout of 0; -EINTR.
 */
int mq_name_wait(const char *path, const char *name, bool gone, int64_t timeout);

/* ---- what passes: mq_monitor_bind(3) ---- */

/* What a monitor sees; all zero is: all messages, and no bytes of them. */
struct mq_monitoring {
	uint32_t see;		/* MQ_SEE_*; no kind is all of them */
	uint32_t snap;		/* bytes of each message, MQ_SNAP_MAX at most */
	uint32_t depth;		/* how many wait to be received, 0: QUEUE_LEN */
	enum mq_policy policy;	/* when more wait: lose the oldest, or MQ_POLICY_REJECT the newest */
	const char *from;	/* whose messages, NULL: everybody's */
	const char *to;		/* to whom; likewise */
};

/*
 * In place of mq_endpoint_bind(): from now on @ep receives, as messages from their senders,
 * what all others send to each other; @what NULL: as all zero. mq_message_lost() is what it
 * missed in front of a message. -EPERM: that needs CAP_SYS_ADMIN; -EUSERS: there are as many
 * monitors as there may be; -EOPNOTSUPP: the driver is too old.
 */
int mq_monitor_bind(struct mq_endpoint *ep, const struct mq_monitoring *what);
/* Of what a monitor received, and of nothing else: */
const char *mq_passed_to(const struct mq_message *msg);		/* to whom; "": no name, or all */
const void *mq_passed_data(const struct mq_message *msg);	/* its first bytes */
size_t mq_passed_size(const struct mq_message *msg);		/* how many of them are here */
size_t mq_passed_length(const struct mq_message *msg);		/* how many it has */
uint32_t mq_passed_flags(const struct mq_message *msg);		/* MQ_FRAME_* for its receiver */
int mq_passed_result(const struct mq_message *msg);		/* 0, or the sender's negative errno */
uint32_t mq_passed_reached(const struct mq_message *msg);	/* mailboxes that got it */

#ifdef __cplusplus
}
#endif

#endif /* LIBMQ_H */
