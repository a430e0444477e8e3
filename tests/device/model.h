/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of /dev/mq as a program: who is registered, what lies in which mailbox, what
 * each call returns. It knows no lock, no race and no kernel, only what a user is promised;
 * where the manual page and this differ, one of them is wrong.
 *
 *	struct model *m = model_new(&limits);
 *	struct model_process *p = model_process_new(m, &who, pids, 0);
 *	struct model_file *f = model_file_open(p, false);
 *
 *	model_write(p, f, "/reg bob", 8, 8)	-> 0 and p->result.value is 8
 *
 * A call that sleeps returns false; a later one, of another process, ends it, and then
 * p->is_done is true. One call runs at a time. Calls give -errno in result.value, and what
 * was read in result.bytes: as it will be, but for the times, which are 0, and the cookies of
 * requests, which the driver chooses: instead of one stands the number of its call, and the
 * caller notes the real one with model_call_learn().
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_MODEL_H
#define MQ_TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/mq_driver.h>

#define MODEL_NAMESPACES 3		/* of pids: the first one, and others right below it */
#define MODEL_ENDPOINTS 256		/* in the course of one model's life */
#define MODEL_CALLS 256
#define MODEL_FOREVER MQ_FOREVER	/* any other timeout is 0 */

/* The module's parameters, all of them as they are in effect. */
struct model_limits {
	uint32_t max_devices, queue_len, cmd_buf_size;
	uint32_t user_endpoints, root_devices;
	uint64_t user_bytes;
	bool is_fair, is_isolated;
};

/* Effective ids, one more group (0: none), capabilities (1ULL << CAP_...). */
struct model_who {
	uid_t uid;
	gid_t gid, group;
	uint64_t rights;
};

struct model;
struct model_endpoint;

/* A message: the sender is who he was when his endpoint was made. */
struct model_message {
	int refs;
	uint32_t flags, size;
	uint64_t cookie;
	const struct model_endpoint *sender;
	struct model_call *call;	/* whose request it is */
	char *payload;
};

struct model_letter {
	struct model_message *message;
	uint64_t number;
};

struct model_endpoint {
	struct model *model;
	char name[MQ_NAME_SIZE];	/* empty: anonymous */
	bool is_process, has_events, has_ended, shows_sender, is_counted;
	bool owes_gap;			/* its newest event was lost */
	struct model_who who;
	pid_t pids[MODEL_NAMESPACES];
	int space;			/* which of them it was made in */
	uint32_t depth, policy, access;
	struct model_letter *letters;	/* the mailbox, the oldest first */
	uint32_t count;
	struct model_letter staged;	/* its reading has begun */
	size_t done, prefix;		/* bytes of it that a reader of text has */
	uint64_t accepted, delivered, overwritten, discarded, rejected, spared;
};

/* Who has asked, and waits for room or for the reply. */
struct model_call {
	struct model_process *caller;	/* NULL: he has gone, or has his reply */
	struct model_endpoint *server;
	uint64_t cookie, own_cookie;	/* the driver's, and the caller's */
	bool is_known;			/* the driver's has been seen */
};

struct model_file {
	struct model *model;
	int refs;
	bool is_nonblock;
	struct model_who opener;
	struct model_endpoint *endpoint; /* bound */
	struct model_endpoint *full;	/* put off the last write, and has had no room since */
};

struct model_result {
	long value;
	uint32_t send_size;		/* of RECEIVE: whether the answer is still to be sent */
	size_t length;
	char *bytes;			/* LENGTH of them, for the call's owner */
};

enum model_sleep {
	MODEL_AWAKE, MODEL_ROOM, MODEL_REPLY, MODEL_READ, MODEL_RECEIVE, MODEL_WAIT,
};

struct model_process {
	struct model *model;
	struct model_who who;
	pid_t pids[MODEL_NAMESPACES];
	int space;
	struct model_endpoint *endpoint; /* registered */
	struct model_result result;
	/* What it sleeps in: */
	enum model_sleep sleep;
	bool is_done;			/* it slept, and no longer does */
	struct model_endpoint *at;	/* where it waits for room or a message */
	struct model_message *message;	/* for which there is no room yet */
	size_t room, written;
	uint64_t order;			/* first come, first served */
};

struct model {
	struct model_limits limits;
	struct model_endpoint *endpoints[MODEL_ENDPOINTS];	/* also those that ended */
	struct model_process *processes[MODEL_ENDPOINTS];	/* that live */
	struct model_file *files[MODEL_ENDPOINTS];		/* that are open */
	struct model_call calls[MODEL_CALLS];
	int endpoint_count, process_count, file_count, call_count;
	uint64_t order;
};

struct model *model_new(const struct model_limits *limits);

struct model_process *model_process_new(struct model *m, const struct model_who *who,
					const pid_t *pids, int space);
/* Its files are closed first, by the caller. Its memory stays. */
void model_process_leave(struct model_process *p);	/* the call in which it sleeps */
void model_process_end(struct model_process *p);
void model_process_become(struct model_process *p, const struct model_who *who);
void model_process_interrupt(struct model_process *p);	/* one that sleeps */

struct model_file *model_file_open(struct model_process *p, bool is_nonblock);
void model_file_close(struct model_file *f);		/* one reference to it */

/* True: the result is there. False: P sleeps. MAPPED bytes of LENGTH can be touched. */
bool model_write(struct model_process *p, struct model_file *f, const void *bytes,
		 size_t length, size_t mapped);
bool model_read(struct model_process *p, struct model_file *f, size_t size, bool is_mapped,
		bool nowait);
bool model_bind(struct model_process *p, struct model_file *f, const struct mq_bind *bind);
bool model_call(struct model_process *p, struct model_file *f, const void *frame,
		size_t length, size_t room, uint64_t timeout);
bool model_receive(struct model_process *p, struct model_file *f, const void *frame,
		   size_t length, size_t room, uint64_t timeout);
bool model_peek(struct model_process *p, struct model_file *f, size_t room);
bool model_poll(struct model_process *p, struct model_file *f);
bool model_status(struct model_process *p, const char *name);
bool model_list(struct model_process *p);		/* the entries in the order of birth */
bool model_info(struct model_process *p);

void model_call_learn(struct model_call *call, uint64_t cookie);
/* False: another call to the same endpoint has it. */
bool model_call_is_new(const struct model *m, const struct model_call *call, uint64_t cookie);
/* Somebody sleeps there until a message comes. */
bool model_has_reader(const struct model *m, const struct model_endpoint *ep);
/* How many endpoints with events there are, or such of them as somebody reads so. */
int model_listeners(const struct model *m, bool only_read);

#endif
