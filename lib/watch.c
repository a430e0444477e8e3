// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names that come and go: an anonymous endpoint that asked for events, and a list of who
 * is there, made at the beginning and whenever events were lost.
 *
 * A list is newer than the events that waited while it was made, so they are told only
 * where they still make a difference:
 *
 *	the list has "bob" of process 7, and in the mailbox wait
 *	GONE bob 3	of another process: it went before the list
 *	COME bob 7	is in the list
 *	GONE bob 7	is told
 *
 * That is enough, because between two comes of one name there always is its going.
 *
 * Copyright (C) the mq authors
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct mq_watch {
	struct mq_endpoint *ep;
	bool is_stale;			/* list before anything else */
	struct mq_name_event *known;	/* who is there, sorted by name */
	size_t known_count;
	struct mq_name_event *pending;	/* what the last list changed, still to be told */
	size_t pending_next;
	size_t pending_count;
};

/* ---- lists ---- */

static int status_order(const void *a, const void *b)
{
	return strcmp(((const struct mq_status *)a)->name, ((const struct mq_status *)b)->name);
}

/*
 * Known names from a list. One that went and came again meanwhile may be in it twice;
 * either will do, since the events say the rest.
 */
static size_t known_init(struct mq_name_event *known, struct mq_status *list, size_t count)
{
	size_t i, kept = 0;

	mq_system((qsort(list, count, sizeof(*list), status_order), 0));
	for (i = 0; i < count; i++) {
		if (i && !strcmp(list[i].name, list[i - 1].name))
			continue;
		known[kept] = (struct mq_name_event){
			.pid = list[i].pid, .uid = list[i].uid, .come = true,
		};
		memcpy(known[kept++].name, list[i].name, sizeof(list[i].name));
	}
	return kept;
}

static void pending_push(struct mq_watch *watch, const struct mq_name_event *name, bool come)
{
	watch->pending[watch->pending_count] = *name;
	watch->pending[watch->pending_count++].come = come;
}

/* What differs between the names that are known and @now; both are sorted. */
static void pending_init(struct mq_watch *watch, const struct mq_name_event *now, size_t count)
{
	const struct mq_name_event *old = watch->known, *old_end = old + watch->known_count;
	const struct mq_name_event *end = now + count;

	while (old < old_end || now < end) {
		int order = old == old_end ? 1 : now == end ? -1 : strcmp(old->name, now->name);
		bool is_same = !order && old->pid == now->pid;

		if (order <= 0) {
			if (!is_same)
				pending_push(watch, old, false);
			old++;
		}
		if (order >= 0) {
			if (!is_same)
				pending_push(watch, now, true);
			now++;
		}
	}
}

/* Take the place of what was known. Without memory nothing has changed. */
static int watch_update(struct mq_watch *watch, struct mq_status *list, size_t count)
{
	size_t most = watch->known_count + count;
	struct mq_name_event *known = mq_memory_resize(NULL, (count + 1) * sizeof(*known));
	struct mq_name_event *pending = mq_memory_resize(NULL, (most + 1) * sizeof(*pending));

	if (!known || !pending) {
		mq_memory_free(known);
		mq_memory_free(pending);
		return -ENOMEM;
	}
	count = known_init(known, list, count);
	mq_memory_free(watch->pending);
	watch->pending = pending;
	watch->pending_next = 0;
	watch->pending_count = 0;
	pending_init(watch, known, count);
	mq_memory_free(watch->known);
	watch->known = known;
	watch->known_count = count;
	watch->is_stale = false;
	return 0;
}

static int watch_list(struct mq_watch *watch)
{
	struct mq_status *list;
	size_t count;
	int error = mq_endpoint_list(watch->ep, &list, &count);

	if (error)
		return error;
	error = watch_update(watch, list, count);
	mq_list_free(list);
	return error;
}

/* ---- events ---- */

/* Where @name is, or would be. */
static size_t known_find(const struct mq_watch *watch, const char *name)
{
	size_t begin = 0, end = watch->known_count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (strcmp(watch->known[middle].name, name) < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

static int known_push(struct mq_watch *watch, size_t at, const struct mq_name_event *event)
{
	size_t size = (watch->known_count + 1) * sizeof(*event);
	struct mq_name_event *moved = mq_memory_resize(watch->known, size);

	if (!moved)
		return -ENOMEM;
	memmove(moved + at + 1, moved + at, (watch->known_count - at) * sizeof(*moved));
	moved[at] = *event;
	watch->known = moved;
	watch->known_count++;
	return 0;
}

static void known_pop(struct mq_watch *watch, size_t at)
{
	struct mq_name_event *known = watch->known + at;

	watch->known_count--;
	memmove(known, known + 1, (watch->known_count - at) * sizeof(*known));
}

/* 1: it makes a difference; 0: it does not. */
static int watch_learn(struct mq_watch *watch, const struct mq_name_event *event)
{
	size_t at = known_find(watch, event->name);
	bool is_known = at < watch->known_count && !strcmp(watch->known[at].name, event->name);
	int error;

	if (event->come) {
		error = is_known ? 0 : known_push(watch, at, event);
		return error ? error : !is_known;
	}
	if (!is_known || watch->known[at].pid != event->pid)
		return 0;
	known_pop(watch, at);
	return 1;
}

static void event_parse(struct mq_name_event *event, const struct mq_message *msg)
{
	*event = (struct mq_name_event){
		.pid = mq_message_pid(msg),
		.uid = mq_message_uid(msg),
		.come = mq_message_is_come(msg),
	};
	memcpy(event->name, mq_message_name(msg), sizeof(event->name));
}

/*
 * One event, or one list. 1: @event is to be told. An event that comes with a gap is
 * older than the list that follows, so it is not needed.
 */
static int watch_receive(struct mq_watch *watch, struct mq_name_event *event, int64_t timeout)
{
	const struct mq_message *msg;
	int result;

	if (watch->is_stale)
		return watch_list(watch);
	result = mq_endpoint_receive(watch->ep, &msg, timeout);
	if (result)
		return result;
	watch->is_stale = mq_message_lost(msg);
	if (watch->is_stale)
		return 0;
	event_parse(event, msg);
	result = watch_learn(watch, event);
	if (result < 0)
		watch->is_stale = true;
	return result;
}

/* ---- the interface ---- */

/* Events first, then the list: what comes between the two is in both. */
int mq_watch_open(struct mq_watch **watch, const char *path)
{
	static const struct mq_binding how = { .events = true };
	struct mq_watch *made;
	int error;

	*watch = NULL;
	made = mq_memory_resize(NULL, sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct mq_watch){ 0 };
	error = mq_endpoint_open(&made->ep, path);
	if (!error)
		error = mq_endpoint_bind(made->ep, NULL, &how);
	if (!error)
		error = watch_list(made);
	if (error) {
		mq_watch_close(made);
		return error;
	}
	*watch = made;
	return 0;
}

void mq_watch_close(struct mq_watch *watch)
{
	if (!watch)
		return;
	mq_endpoint_close(watch->ep);
	mq_memory_free(watch->known);
	mq_memory_free(watch->pending);
	mq_memory_free(watch);
}

int mq_watch_next(struct mq_watch *watch, struct mq_name_event *event, int64_t timeout)
{
	int64_t deadline, left = timeout;
	int result;

	if (!mq_timeout_is_valid(timeout))
		return -EINVAL;
	deadline = mq_deadline_init(timeout);
	do {
		if (watch->pending_next < watch->pending_count) {
			*event = watch->pending[watch->pending_next++];
			return 0;
		}
		result = watch_receive(watch, event, left);
		/* What is in the mailbox is looked at also when the time is over. */
		if (result == -EAGAIN && timeout && !left)
			result = -ETIMEDOUT;
		if (timeout)
			left = mq_deadline_next(deadline);
	} while (!result);
	return result < 0 ? result : 0;
}

int mq_watch_fd(const struct mq_watch *watch)
{
	return mq_endpoint_fd(watch->ep);
}

/* ---- one name ---- */

/* One that nobody can have would be waited for without end. */
static bool name_is_possible(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (i == MQ_NAME_MAX || name[i] < 0x21 || name[i] > 0x7e || name[i] == '@')
			return false;
	return i > 0;
}

/* 1: it is as wanted now. */
static int name_find(const struct mq_endpoint *ep, const char *name, bool gone)
{
	struct mq_status status;
	int error = mq_endpoint_find(ep, name, &status);

	if (error == -ENOENT)
		return gone;
	return error ? error : !gone;
}

/* 1: it came, or went, whatever happened since; 0: something else happened. */
static int name_receive(struct mq_endpoint *ep, const char *name, bool gone, int64_t timeout)
{
	const struct mq_message *msg;
	int error = mq_endpoint_receive(ep, &msg, timeout);

	if (error)
		return error;
	if (!strcmp(mq_message_name(msg), name) && mq_message_is_come(msg) != gone)
		return 1;
	return mq_message_lost(msg) ? name_find(ep, name, gone) : 0;
}

/* A timeout of 0 only looks; what is over counts as over in time, not as EAGAIN. */
static int name_wait(struct mq_endpoint *ep, const char *name, bool gone, int64_t timeout)
{
	int64_t deadline = mq_deadline_init(timeout);
	int result = name_find(ep, name, gone);

	while (!result) {
		int64_t left = mq_deadline_next(deadline);

		result = left ? name_receive(ep, name, gone, left) : timeout ? -ETIMEDOUT : -EAGAIN;
	}
	return result < 0 ? result : 0;
}

int mq_name_wait(const char *path, const char *name, bool gone, int64_t timeout)
{
	static const struct mq_binding how = { .events = true };
	struct mq_endpoint *ep;
	int error;

	if (!name_is_possible(name) || !mq_timeout_is_valid(timeout))
		return -EINVAL;
	error = mq_endpoint_open(&ep, path);
	if (error)
		return error;
	error = mq_endpoint_bind(ep, NULL, &how);
	if (!error)
		error = name_wait(ep, name, gone, timeout);
	mq_endpoint_close(ep);
	return error;
}
