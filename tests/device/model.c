// SPDX-License-Identifier: GPL-2.0-only
/*
 * See model.h. Read it beside mq(4): each function is a paragraph of that page.
 *
 * Copyright (C) the mq authors
 */
#include "model.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define HEADER sizeof(struct mq_frame)
#define RIGHT(cap) (1ULL << (cap))

/* ---- memory ------------------------------------------------------------------ */

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static struct model_message *message_get(struct model_message *message)
{
	message->refs++;
	return message;
}

static void message_put(struct model_message *message)
{
	if (!message || --message->refs)
		return;
	free(message->payload);
	free(message);
}

static struct model_message *message_new(const struct model_endpoint *sender, uint32_t flags,
					 uint64_t cookie, const char *payload, size_t size)
{
	struct model_message *message = need(calloc(1, sizeof(*message)));

	message->refs = 1;
	message->flags = flags;
	message->cookie = cookie;
	message->sender = sender;
	message->size = size;
	message->payload = need(malloc(size + 1));
	memcpy(message->payload, payload, size);
	return message;
}

struct model *model_new(const struct model_limits *limits)
{
	struct model *m = need(calloc(1, sizeof(*m)));

	m->limits = *limits;
	return m;
}

/* ---- calls and how they end --------------------------------------------------- */

static bool finish(struct model_process *p, long value)
{
	p->result.value = value;
	return true;
}

/* A new call of P: nothing of the last one is left. */
static void begin(struct model_process *p)
{
	free(p->result.bytes);
	memset(&p->result, 0, sizeof(p->result));
	p->is_done = false;
}

static void give(struct model_process *p, const void *bytes, size_t length)
{
	p->result.bytes = need(realloc(p->result.bytes, p->result.length + length + 1));
	memcpy(p->result.bytes + p->result.length, bytes, length);
	p->result.length += length;
}

static bool fall_asleep(struct model_process *p, enum model_sleep how, struct model_endpoint *at)
{
	p->sleep = how;
	p->at = at;
	p->order = ++p->model->order;
	return false;
}

static void wake(struct model_process *p, long value)
{
	p->sleep = MODEL_AWAKE;
	p->is_done = true;
	message_put(p->message);
	p->message = NULL;
	finish(p, value);
}

/* What was sent before counts more than what then went wrong. */
static void wake_writer(struct model_process *p, long err)
{
	wake(p, p->written ? (long)p->written : err);
}

static void end_call(struct model_call *call, long value)
{
	struct model_process *caller = call->caller;

	call->caller = NULL;
	if (caller)
		wake(caller, value);
}

/* ---- who may what --------------------------------------------------------------- */

/* A capability counts only if the opener had it too. */
static bool is_capable(const struct model_process *p, const struct model_file *f, int cap)
{
	return p->who.rights & f->opener.rights & RIGHT(cap);
}

static bool has_access(const struct model_endpoint *from, const struct model_endpoint *to)
{
	if (to->access == MQ_ACCESS_ANYONE || from->who.rights & RIGHT(CAP_IPC_OWNER))
		return true;
	if (to->access == MQ_ACCESS_USER)
		return from->who.uid == to->who.uid;
	return from->who.gid == to->who.gid ||
	       (from->who.group && from->who.group == to->who.gid);
}

/* ---- names ------------------------------------------------------------------------ */

static bool is_name_byte(char c)
{
	return c >= 0x21 && c <= 0x7e && c != '@';
}

static bool is_name(const char *name)
{
	size_t i, length = strnlen(name, MQ_NAME_SIZE);

	for (i = 0; i < length; i++)
		if (!is_name_byte(name[i]))
			return false;
	return length && length <= MQ_NAME_MAX;
}

/* NUL-terminated and zero behind. */
static bool is_terminated(const char *name)
{
	size_t i = strnlen(name, MQ_NAME_SIZE);

	if (i == MQ_NAME_SIZE)
		return false;
	for (; i < MQ_NAME_SIZE; i++)
		if (name[i])
			return false;
	return true;
}

static bool is_visible(const struct model_endpoint *ep, int space)
{
	return !ep->has_ended && ep->name[0] &&
	       (!ep->model->limits.is_isolated || ep->space == space);
}

/* Who has that name, as it is seen from a namespace of pids. */
static struct model_endpoint *find(const struct model *m, const char *name, int space)
{
	int i;

	for (i = 0; i < m->endpoint_count; i++)
		if (is_visible(m->endpoints[i], space) && !strcmp(m->endpoints[i]->name, name))
			return m->endpoints[i];
	return NULL;
}

/* ---- mailboxes: in and out --------------------------------------------------------- */

bool model_has_reader(const struct model *m, const struct model_endpoint *ep)
{
	int i;

	for (i = 0; i < m->process_count; i++)
		if (m->processes[i]->at == ep && m->processes[i]->sleep >= MODEL_READ)
			return true;
	return false;
}

static struct model_letter take_out(struct model_endpoint *ep, uint32_t index)
{
	struct model_letter letter = ep->letters[index];

	ep->count--;
	memmove(ep->letters + index, ep->letters + index + 1,
		(ep->count - index) * sizeof(letter));
	return letter;
}

/*
 * Which message makes room for one of that user: of a fair mailbox the oldest of whoever has
 * the most, the new one counted; of several such the oldest of all. Else the oldest.
 */
static uint32_t find_victim(const struct model_endpoint *ep, uid_t uid)
{
	uint32_t i, j, most = 0, victim = 0;

	if (ep->policy != MQ_POLICY_FAIR)
		return 0;
	for (i = 0; i < ep->count; i++) {
		uid_t whose = ep->letters[i].message->sender->who.uid;
		uint32_t has = whose == uid;

		for (j = 0; j < ep->count; j++)
			has += ep->letters[j].message->sender->who.uid == whose;
		if (has > most) {
			most = has;
			victim = i;
		}
	}
	return victim;
}

static void overwrite(struct model_endpoint *ep, uid_t uid)
{
	uint32_t victim = find_victim(ep, uid);
	struct model_letter letter = take_out(ep, victim);

	ep->overwritten++;
	ep->spared += victim != 0;
	if (letter.message->call)
		end_call(letter.message->call, -ENOBUFS);
	message_put(letter.message);
}

static void wake_readers(struct model_endpoint *ep);

/* There is room, or a message that gives way: it takes a place and a number. */
static void put_in(struct model_endpoint *ep, struct model_message *message)
{
	if (ep->count == ep->depth)
		overwrite(ep, message->sender->who.uid);
	ep->owes_gap = false;
	ep->letters[ep->count++] = (struct model_letter){
		.message = message_get(message), .number = ++ep->accepted,
	};
	wake_readers(ep);
}

static struct model_process *first_sleeper(const struct model_endpoint *ep)
{
	struct model_process *p, *first = NULL;
	int i;

	for (i = 0; i < ep->model->process_count; i++) {
		p = ep->model->processes[i];
		if (p->sleep == MODEL_ROOM && p->at == ep && (!first || p->order < first->order))
			first = p;
	}
	return first;
}

/* A place has become free: first come, first served; then those who poll. */
static void make_room(struct model_endpoint *ep)
{
	struct model_process *p = first_sleeper(ep);
	struct model_message *message;
	int i;

	if (p && ep->count < ep->depth) {
		message = p->message;
		p->message = NULL;
		if (message->call)
			fall_asleep(p, MODEL_REPLY, ep);
		else
			wake(p, p->written + p->room);
		put_in(ep, message);
		message_put(message);
	}
	if (ep->count == ep->depth && !ep->has_ended)
		return;
	for (i = 0; i < ep->model->file_count; i++)
		if (ep->model->files[i]->full == ep)
			ep->model->files[i]->full = NULL;
}

/* What waits first; a read begins with putting it on the stage. */
static struct model_letter *peek_first(struct model_endpoint *ep)
{
	if (ep->staged.message)
		return &ep->staged;
	return ep->count ? ep->letters : NULL;
}

static void stage(struct model_endpoint *ep)
{
	if (ep->staged.message)
		return;
	ep->staged = take_out(ep, 0);
	ep->done = 0;
	make_room(ep);
}

static void deliver(struct model_endpoint *ep)
{
	message_put(ep->staged.message);
	ep->staged.message = NULL;
	ep->delivered++;
}

static uint32_t queued(const struct model_endpoint *ep)
{
	return ep->count + !!ep->staged.message;
}

/* ---- events --------------------------------------------------------------------------- */

int model_listeners(const struct model *m, bool only_read)
{
	int i, count = 0;

	for (i = 0; i < m->endpoint_count; i++)
		count += m->endpoints[i]->has_events && !m->endpoints[i]->has_ended &&
			 (!only_read || model_has_reader(m, m->endpoints[i]));
	return count;
}

/* What finds no room is lost, and uses a number. */
static void send_event(struct model_endpoint *to, struct model_endpoint *whose, uint32_t flags)
{
	struct model_message *event;

	if (to->count == to->depth &&
	    (to->policy == MQ_POLICY_REJECT || to->policy == MQ_POLICY_BLOCK)) {
		to->accepted++;
		to->overwritten++;
		to->owes_gap = true;
		return;
	}
	event = message_new(whose, MQ_FRAME_EVENT | flags, 0, "", 0);
	put_in(to, event);
	message_put(event);
}

/* All is read, and the newest event was lost: its reader has to know. */
static void show_gap(struct model_endpoint *ep)
{
	struct model_message *gap;

	if (!ep->owes_gap || queued(ep))
		return;
	gap = message_new(ep, MQ_FRAME_EVENT, 0, "", 0);
	put_in(ep, gap);
	message_put(gap);
}

static void tell(struct model_endpoint *whose, uint32_t flags)
{
	struct model *m = whose->model;
	int i;

	for (i = 0; i < m->endpoint_count; i++) {
		struct model_endpoint *to = m->endpoints[i];

		if (to != whose && to->has_events && !to->has_ended &&
		    is_visible(whose, to->space))
			send_event(to, whose, flags);
	}
}

/* ---- birth and end --------------------------------------------------------------------- */

/* How many endpoints: named ones, or those of a user, or their mailboxes' bytes. */
static uint64_t count_named(const struct model *m)
{
	uint64_t count = 0;
	int i;

	for (i = 0; i < m->endpoint_count; i++)
		count += !m->endpoints[i]->has_ended && m->endpoints[i]->name[0];
	return count;
}

static uint64_t count_user(const struct model *m, uid_t uid, bool bytes)
{
	uint64_t count = 0;
	int i;

	for (i = 0; i < m->endpoint_count; i++) {
		const struct model_endpoint *ep = m->endpoints[i];

		if (!ep->has_ended && ep->is_counted && ep->who.uid == uid)
			count += bytes ? (uint64_t)ep->depth * m->limits.cmd_buf_size : 1;
	}
	return count;
}

static int check_identity(const struct model_process *p, const struct model_file *f,
			  const char *name)
{
	if (f->opener.uid != p->who.uid || f->opener.gid != p->who.gid)
		return -EPERM;
	return name[0] == '.' && !is_capable(p, f, CAP_SYS_ADMIN) ? -EPERM : 0;
}

static int check_limits(const struct model_process *p, const struct model_file *f,
			const char *name, uint32_t depth)
{
	const struct model_limits *l = &p->model->limits;
	bool is_exempt = is_capable(p, f, CAP_SYS_RESOURCE);
	uint64_t bytes = (uint64_t)depth * l->cmd_buf_size;

	if (!is_exempt && (count_user(p->model, p->who.uid, false) + 1 > l->user_endpoints ||
			   count_user(p->model, p->who.uid, true) + bytes > l->user_bytes))
		return -EDQUOT;
	if (name[0] && count_named(p->model) + (is_exempt ? 0 : l->root_devices) >= l->max_devices)
		return -ENOSPC;
	return 0;
}

/* The endpoint, or NULL and the error in P's result. */
static struct model_endpoint *endpoint_new(struct model_process *p, struct model_file *f,
					   const char *name, const struct model_endpoint *terms)
{
	struct model *m = p->model;
	struct model_endpoint *ep;
	int err = check_identity(p, f, name);

	if (!err && name[0] && find(m, name, p->space))
		err = -EEXIST;
	if (!err && terms->is_process && p->endpoint)
		err = -EEXIST;
	if (!err)
		err = check_limits(p, f, name, terms->depth);
	finish(p, err);
	if (err)
		return NULL;

	ep = need(malloc(sizeof(*ep)));
	*ep = *terms;
	ep->model = m;
	strcpy(ep->name, name);
	ep->who = p->who;
	ep->who.rights &= f->opener.rights;
	ep->is_counted = !is_capable(p, f, CAP_SYS_RESOURCE);
	memcpy(ep->pids, p->pids, sizeof(ep->pids));
	ep->space = p->space;
	ep->letters = need(calloc(ep->depth, sizeof(*ep->letters)));
	if (m->endpoint_count == MODEL_ENDPOINTS)
		abort();
	if (name[0])
		tell(ep, MQ_FRAME_COME);
	m->endpoints[m->endpoint_count++] = ep;
	return ep;
}

static void endpoint_end(struct model_endpoint *ep)
{
	struct model *m = ep->model;
	struct model_process *p;
	int i;

	if (ep->name[0])
		tell(ep, MQ_FRAME_GONE);
	ep->has_ended = true;
	ep->discarded += queued(ep);
	while (ep->count)
		message_put(take_out(ep, 0).message);
	message_put(ep->staged.message);
	ep->staged.message = NULL;

	for (i = 0; i < m->call_count; i++)
		if (m->calls[i].server == ep && m->calls[i].caller)
			end_call(&m->calls[i], -EPIPE);
	while ((p = first_sleeper(ep)))
		wake_writer(p, -EPIPE);
	for (i = 0; i < m->process_count; i++)
		if (m->processes[i]->at == ep && m->processes[i]->sleep == MODEL_WAIT)
			wake(m->processes[i], -ENOENT);
	make_room(ep);
}

/* ---- text: one write is one command ------------------------------------------------------ */

/* Behind every command but /msg and /all, spaces, NULs and one newline are ignored. */
static size_t trim(const char *line, size_t length)
{
	bool newline = false;

	while (length) {
		char last = line[length - 1];

		if (last == '\n' && !newline)
			newline = true;
		else if (last && last != ' ')
			break;
		length--;
	}
	return length;
}

/* LINE is this command: how long is the word? 0: it is not. */
static size_t has_word(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && !memcmp(line, word, size) ? size : 0;
}

static int text_reg(struct model_process *p, struct model_file *f, const char *rest, size_t length)
{
	struct model_endpoint terms = { .is_process = true, .depth = p->model->limits.queue_len };
	char name[MQ_NAME_SIZE] = "";
	size_t i;

	if (length < 2 || rest[0] != ' ')
		return -EINVAL;
	for (i = 1; i < length; i++)
		if (!is_name_byte(rest[i]))
			return -EINVAL;
	if (length - 1 > MQ_TEXT_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, rest + 1, length - 1);
	if (p->model->limits.is_fair)
		terms.policy = MQ_POLICY_FAIR;
	p->endpoint = endpoint_new(p, f, name, &terms) ?: p->endpoint;
	return p->result.value;
}

static int text_unr(struct model_process *p, size_t length)
{
	struct model_endpoint *ep = p->endpoint;

	if (length)
		return -EINVAL;
	if (!ep)
		return -ENOENT;
	p->endpoint = NULL;
	endpoint_end(ep);
	return 0;
}

static int text_from(struct model_process *p, const char *rest, size_t length)
{
	bool on = length == 3 && !memcmp(rest, " on", 3);

	if (!on && (length != 4 || memcmp(rest, " off", 4)))
		return -EINVAL;
	if (!p->endpoint)
		return -ENOENT;
	p->endpoint->shows_sender = on;
	return 0;
}

/* 1: it sleeps. */
static int text_wait(struct model_process *p, struct model_file *f, const char *rest,
		     size_t length)
{
	uint64_t ms = 0;
	size_t i;

	if (length && rest[0] != ' ')
		return -EINVAL;
	for (i = 1; i < length; i++) {
		ms = ms * 10 + (rest[i] - '0');
		if (rest[i] < '0' || rest[i] > '9' || ms > MQ_TEXT_WAIT_MAX)
			return -EINVAL;
	}
	if (!p->endpoint)
		return -ENOENT;
	if (queued(p->endpoint))
		return 0;
	if (f->is_nonblock)
		return -EAGAIN;
	if (length)
		return -ETIMEDOUT;
	fall_asleep(p, MODEL_WAIT, p->endpoint);
	return 1;
}

static int push(struct model_endpoint *to, struct model_message *message, bool is_own, bool waits);

static void broadcast(struct model_endpoint *from, struct model_message *message)
{
	struct model *m = from->model;
	int i;

	for (i = 0; i < m->endpoint_count; i++)
		if (is_visible(m->endpoints[i], from->space) && m->endpoints[i] != from)
			push(m->endpoints[i], message, false, false);
}

static int text_all(struct model_process *p, const char *rest, size_t length)
{
	struct model_message *message;

	if (length < 2 || rest[0] != ' ')
		return -EINVAL;
	if (!p->endpoint)
		return -EACCES;
	message = message_new(p->endpoint, MQ_FRAME_BROADCAST, 0, rest + 1, length - 1);
	broadcast(p->endpoint, message);
	message_put(message);
	return 0;
}

static int text_msg(struct model_process *p, const char *rest, size_t length)
{
	const char *end = length ? memchr(rest + 1, ' ', length - 1) : NULL;
	struct model_endpoint *to = NULL;
	struct model_message *message;
	char name[MQ_NAME_SIZE] = "";
	size_t size;
	int err;

	if (!length || rest[0] != ' ' || !end || end == rest + 1 || end + 1 == rest + length)
		return -EINVAL;
	if (!p->endpoint)
		return -EACCES;
	size = end - rest - 1;
	if (size <= MQ_NAME_MAX) {
		memcpy(name, rest + 1, size);
		to = strlen(name) == size ? find(p->model, name, p->endpoint->space) : NULL;
	}
	if (!to)
		return -ENOENT;
	message = message_new(p->endpoint, 0, 0, end + 1, rest + length - end - 1);
	err = push(to, message, false, false);
	message_put(message);
	/* A text sender never sleeps. */
	return err == -EAGAIN ? -ENOBUFS : err;
}

/* 1: it sleeps. */
static int text_command(struct model_process *p, struct model_file *f, const char *line,
			size_t length)
{
	size_t trimmed = trim(line, length), word;

	if ((word = has_word(line, length, "/msg")))
		return text_msg(p, line + word, length - word);
	if ((word = has_word(line, length, "/all")))
		return text_all(p, line + word, length - word);
	if ((word = has_word(line, trimmed, "/reg")))
		return text_reg(p, f, line + word, trimmed - word);
	if ((word = has_word(line, trimmed, "/unr")))
		return text_unr(p, trimmed - word);
	if ((word = has_word(line, trimmed, "/from")))
		return text_from(p, line + word, trimmed - word);
	if ((word = has_word(line, trimmed, "/wait")))
		return text_wait(p, f, line + word, trimmed - word);
	return -EINVAL;
}

static bool text_write(struct model_process *p, struct model_file *f, const char *line,
		       size_t length, size_t mapped)
{
	int err;

	if (length > p->model->limits.cmd_buf_size)
		return finish(p, -EMSGSIZE);
	if (mapped < length)
		return finish(p, -EFAULT);
	p->room = length;
	p->written = 0;
	err = text_command(p, f, line, length);
	return err > 0 ? false : finish(p, err ? err : (long)length);
}

/* The next message of the process, or what is left of it; it may come with the sender's name. */
static bool text_read(struct model_process *p, size_t size, bool is_mapped)
{
	struct model_endpoint *ep = p->endpoint;
	struct model_message *message;
	char text[MQ_NAME_SIZE + 1];
	size_t at, i;

	if (!size)
		return finish(p, 0);
	if (!ep)
		return finish(p, -ENOENT);
	if (!peek_first(ep))
		return finish(p, -EAGAIN);
	stage(ep);
	message = ep->staged.message;
	strcpy(text, message->sender->name);
	strcat(text, " ");
	if (!ep->done)
		ep->prefix = ep->shows_sender ? strlen(text) : 0;
	if (!is_mapped)
		return finish(p, -EFAULT);
	for (i = 0; i < size && ep->done < ep->prefix + message->size; i++) {
		at = ep->done++;
		give(p, at < ep->prefix ? text + at : message->payload + at - ep->prefix, 1);
	}
	if (ep->done == ep->prefix + message->size)
		deliver(ep);
	return finish(p, i);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static size_t space_of(const struct model_message *message)
{
	return MQ_FRAME_SPACE(HEADER + (size_t)message->size);
}

static bool is_sound(const struct mq_frame *frame, size_t left, uint32_t flags)
{
	const uint32_t nameless = MQ_FRAME_BROADCAST | MQ_FRAME_REPLY;

	if (frame->size <= HEADER || frame->size > left || frame->flags & ~flags ||
	    frame->sequence || frame->time || frame->pid || frame->uid)
		return false;
	if ((frame->flags & nameless) == nameless || (frame->flags & nameless && frame->name[0]))
		return false;
	return is_terminated(frame->name);
}

/* The frame at AT, of which MAPPED of LEFT bytes are there: a message, or NULL and *ERR. */
static struct model_message *parse(struct model_endpoint *from, const char *at, size_t left,
				   size_t mapped, uint32_t flags, struct mq_frame *frame, int *err)
{
	*err = -EINVAL;
	if (left < HEADER)
		return NULL;
	*err = -EFAULT;
	if (mapped < HEADER)
		return NULL;
	memcpy(frame, at, HEADER);
	*err = -EINVAL;
	if (!is_sound(frame, left, flags))
		return NULL;
	*err = -EMSGSIZE;
	if (frame->size - HEADER > from->model->limits.cmd_buf_size)
		return NULL;
	*err = -EFAULT;
	if (mapped < frame->size)
		return NULL;
	*err = 0;
	return message_new(from, frame->flags & ~MQ_FRAME_DONTWAIT, frame->cookie, at + HEADER,
			   frame->size - HEADER);
}

/* Into a mailbox, by its policy: 0 or -errno; 1: there is no room, but there may be. */
static int push(struct model_endpoint *to, struct model_message *message, bool is_own, bool waits)
{
	if (!has_access(message->sender, to))
		return -EACCES;
	if (to->count < to->depth || to->policy == MQ_POLICY_OVERWRITE ||
	    to->policy == MQ_POLICY_FAIR) {
		put_in(to, message);
		return 0;
	}
	/* Sending to oneself never sleeps. */
	if (to->policy == MQ_POLICY_BLOCK && waits && !is_own)
		return 1;
	to->rejected++;
	return to->policy == MQ_POLICY_BLOCK && !is_own ? -EAGAIN : -ENOBUFS;
}

/* The answer to a call: of who was asked, once. */
static int answer(struct model_endpoint *from, const struct model_message *message)
{
	struct model *m = from->model;
	struct model_process *caller;
	int i;

	for (i = 0; i < m->call_count; i++) {
		struct model_call *call = &m->calls[i];

		if (call->server != from || !call->is_known || !call->caller ||
		    call->cookie != message->cookie)
			continue;
		caller = call->caller;
		if (space_of(message) <= caller->room) {
			struct mq_frame frame = {
				.size = HEADER + message->size, .flags = message->flags,
				.cookie = call->own_cookie, .uid = from->who.uid,
				.pid = from->pids[caller->space],
			};

			memcpy(frame.name, from->name, MQ_NAME_SIZE);
			give(caller, &frame, HEADER);
			give(caller, message->payload, message->size);
			give(caller, "\0\0\0\0\0\0\0", -message->size % 8);
			end_call(call, space_of(message));
		} else {
			end_call(call, -EMSGSIZE);
		}
		return 0;
	}
	return -ENOENT;
}

/* 0 or -errno, or 1: P sleeps. */
static int send_frame(struct model_process *p, struct model_file *f, const struct mq_frame *frame,
		      struct model_message *message)
{
	struct model_endpoint *from = f->endpoint, *to;
	bool waits = !f->is_nonblock && !(frame->flags & MQ_FRAME_DONTWAIT);
	int err;

	if (frame->flags & MQ_FRAME_REPLY)
		return answer(from, message);
	if (frame->flags & MQ_FRAME_BROADCAST) {
		broadcast(from, message);
		return 0;
	}
	to = find(p->model, frame->name, from->space);
	if (!to)
		return -ENOENT;
	err = push(to, message, to == from, waits);
	if (err == -EAGAIN)
		f->full = to;
	if (err > 0) {
		p->message = message_get(message);
		fall_asleep(p, MODEL_ROOM, to);
	}
	return err;
}

/* All are sent, one after the other, up to the first that fails. */
static bool frame_write(struct model_process *p, struct model_file *f, const char *bytes,
			size_t length, size_t mapped)
{
	const uint32_t flags = MQ_FRAME_BROADCAST | MQ_FRAME_DONTWAIT | MQ_FRAME_REPLY;
	struct model_message *message;
	struct mq_frame frame;
	size_t done = 0, left, space;
	int err = 0;

	do {
		left = length - done;
		message = parse(f->endpoint, bytes + done, left, mapped > done ? mapped - done : 0,
				flags, &frame, &err);
		if (!message)
			break;
		/* The padding of the last one may be missing. */
		space = space_of(message) < left ? space_of(message) : left;
		p->written = done;
		p->room = space;
		err = send_frame(p, f, &frame, message);
		message_put(message);
		if (err > 0)
			return false;
		if (!err)
			done += space;
	} while (!err && done < length);
	return finish(p, done ? (long)done : err);
}

bool model_write(struct model_process *p, struct model_file *f, const void *bytes,
		 size_t length, size_t mapped)
{
	begin(p);
	/* Nothing written is nothing done, on any file. */
	if (!length)
		return finish(p, 0);
	if (f->endpoint)
		return frame_write(p, f, bytes, length, mapped);
	return text_write(p, f, bytes, length, mapped);
}

static void give_frame(struct model_process *p, const struct model_letter *letter)
{
	const struct model_message *message = letter->message;
	const struct model_endpoint *sender = message->sender;
	struct mq_frame frame = {
		.size = HEADER + message->size, .flags = message->flags,
		.sequence = letter->number, .cookie = message->cookie,
		.pid = sender->pids[p->space], .uid = sender->who.uid,
	};

	if (message->call)
		frame.cookie = message->call - p->model->calls;
	memcpy(frame.name, sender->name, MQ_NAME_SIZE);
	give(p, &frame, HEADER);
	give(p, message->payload, message->size);
	give(p, "\0\0\0\0\0\0\0", -message->size % 8);
}

/* As many as fit, at most MOST. */
static long take_frames(struct model_process *p, struct model_endpoint *ep, size_t room,
			bool is_mapped, int most)
{
	struct model_letter *first;
	size_t done = 0, space;

	while (most-- && (first = peek_first(ep))) {
		space = space_of(first->message);
		if (space > room - done)
			return done ? (long)done : -EMSGSIZE;
		stage(ep);
		if (!is_mapped)
			return -EFAULT;
		give_frame(p, &ep->staged);
		deliver(ep);
		done += space;
	}
	show_gap(ep);
	return done ? (long)done : -EAGAIN;
}

/* A message has come: whoever sleeps until then goes on. */
static void wake_readers(struct model_endpoint *ep)
{
	struct model_process *p;
	int i;

	for (i = 0; i < ep->model->process_count; i++) {
		p = ep->model->processes[i];
		if (p->at != ep || p->sleep < MODEL_READ)
			continue;
		if (p->sleep == MODEL_WAIT)
			wake(p, p->room);
		else
			wake(p, take_frames(p, ep, p->room, true,
					    p->sleep == MODEL_READ ? -1 : 1));
	}
}

bool model_read(struct model_process *p, struct model_file *f, size_t size, bool is_mapped,
		bool nowait)
{
	long value;

	begin(p);
	if (!f->endpoint)
		return text_read(p, size, is_mapped);
	if (!size)
		return finish(p, 0);
	value = take_frames(p, f->endpoint, size, is_mapped, -1);
	p->room = size;
	if (value == -EAGAIN && !f->is_nonblock && !nowait)
		return fall_asleep(p, MODEL_READ, f->endpoint);
	return finish(p, value);
}

/* ---- the ioctls ------------------------------------------------------------------------------- */

bool model_bind(struct model_process *p, struct model_file *f, const struct mq_bind *bind)
{
	const struct model_limits *l = &p->model->limits;
	struct model_endpoint terms = {
		.policy = bind->policy, .access = bind->access,
		.depth = bind->depth ? bind->depth : l->queue_len,
		.has_events = bind->flags & MQ_BIND_EVENTS,
	}, *ep;

	begin(p);
	if (bind->flags & ~MQ_BIND_EVENTS || bind->reserved || bind->policy > MQ_POLICY_FAIR ||
	    bind->access > MQ_ACCESS_USER || bind->depth > MQ_DEPTH_MAX ||
	    (bind->policy == MQ_POLICY_FAIR && terms.depth > MQ_FAIR_DEPTH_MAX) ||
	    !is_terminated(bind->name) || (bind->name[0] && !is_name(bind->name)))
		return finish(p, -EINVAL);
	if (terms.depth > l->queue_len && !is_capable(p, f, CAP_SYS_RESOURCE))
		return finish(p, -EPERM);
	if (f->endpoint)
		return finish(p, -EBUSY);
	ep = endpoint_new(p, f, bind->name, &terms);
	if (ep)
		f->endpoint = ep;
	return true;
}

/* Its one frame, or NULL and *ERR. */
static struct model_message *parse_one(struct model_endpoint *ep, const void *bytes,
				       size_t length, uint32_t flags, struct mq_frame *frame,
				       int *err)
{
	struct model_message *message = parse(ep, bytes, length, length, flags, frame, err);

	if (!message || space_of(message) >= length)
		return message;
	message_put(message);
	*err = -EINVAL;
	return NULL;
}

static struct model_call *call_new(struct model_process *p, struct model_endpoint *server,
				   uint64_t own_cookie)
{
	struct model *m = p->model;
	struct model_call *call = &m->calls[m->call_count++];

	if (m->call_count > MODEL_CALLS)
		abort();
	*call = (struct model_call){ .caller = p, .server = server, .own_cookie = own_cookie };
	return call;
}

static int send_call(struct model_process *p, struct model_file *f, const struct mq_frame *frame,
		     struct model_message *message, uint64_t timeout)
{
	struct model_endpoint *to = find(p->model, frame->name, f->endpoint->space);
	bool waits = !f->is_nonblock && !(frame->flags & MQ_FRAME_DONTWAIT);
	int err;

	if (!to)
		return -ENOENT;
	if (!has_access(f->endpoint, to))
		return -EACCES;
	if (to->is_process)
		return -EOPNOTSUPP;
	message->flags |= MQ_FRAME_CALL;
	message->call = call_new(p, to, frame->cookie);
	/* Before it is in: a server who sleeps there reads, and might be ended by it. */
	fall_asleep(p, MODEL_REPLY, to);
	err = push(to, message, to == f->endpoint, waits);
	if (err == -EAGAIN)
		f->full = to;
	if (!err && timeout == MODEL_FOREVER)
		return 1;
	if (err > 0 && timeout == MODEL_FOREVER) {
		p->message = message_get(message);
		fall_asleep(p, MODEL_ROOM, to);
		return 1;
	}
	p->sleep = MODEL_AWAKE;
	message->call->caller = NULL;
	return err < 0 ? err : -ETIMEDOUT;
}

bool model_call(struct model_process *p, struct model_file *f, const void *bytes,
		size_t length, size_t room, uint64_t timeout)
{
	struct model_message *message;
	struct mq_frame frame;
	int err;

	begin(p);
	if (!f->endpoint)
		return finish(p, -ENOTCONN);
	message = parse_one(f->endpoint, bytes, length, MQ_FRAME_DONTWAIT, &frame, &err);
	if (!message)
		return finish(p, err);
	p->room = room;
	p->written = 0;
	err = send_call(p, f, &frame, message, timeout);
	message_put(message);
	return err > 0 ? false : finish(p, err);
}

/* Answer, if there is an answer, and take one. */
bool model_receive(struct model_process *p, struct model_file *f, const void *bytes,
		   size_t length, size_t room, uint64_t timeout)
{
	struct model_message *message;
	struct mq_frame frame;
	int err = 0;
	long value;

	begin(p);
	p->result.send_size = length;
	if (!f->endpoint)
		return finish(p, -ENOTCONN);
	if (length) {
		message = parse_one(f->endpoint, bytes, length,
				    MQ_FRAME_REPLY | MQ_FRAME_DONTWAIT, &frame, &err);
		if (message && !(frame.flags & MQ_FRAME_REPLY))
			err = -EINVAL;
		if (!err)
			err = answer(f->endpoint, message);
		message_put(message);
		if (err)
			return finish(p, err);
		p->result.send_size = 0;
	}
	value = take_frames(p, f->endpoint, room, true, 1);
	p->room = room;
	if (value != -EAGAIN || f->is_nonblock)
		return finish(p, value);
	if (timeout != MODEL_FOREVER)
		return finish(p, -ETIMEDOUT);
	return fall_asleep(p, MODEL_RECEIVE, f->endpoint);
}

bool model_peek(struct model_process *p, struct model_file *f, size_t room)
{
	struct model_endpoint *ep = f->endpoint;
	const struct model_letter *letter;
	size_t done = 0;
	uint32_t i;

	begin(p);
	if (!ep)
		return finish(p, -ENOTCONN);
	for (i = 0; i < queued(ep); i++) {
		letter = ep->staged.message ? i ? &ep->letters[i - 1] : &ep->staged : &ep->letters[i];
		if (space_of(letter->message) > room - done)
			return finish(p, done ? (long)done : -EMSGSIZE);
		give_frame(p, letter);
		done += space_of(letter->message);
	}
	return finish(p, done);
}

bool model_poll(struct model_process *p, struct model_file *f)
{
	struct model_endpoint *ep = f->endpoint ? f->endpoint : p->endpoint;
	long events = f->endpoint && f->full ? 0 : POLLOUT;

	begin(p);
	if (!ep)
		return finish(p, events | POLLERR);
	return finish(p, events | (queued(ep) ? POLLIN : 0));
}

static void give_status(struct model_process *p, const struct model_endpoint *ep)
{
	struct mq_status status = {
		.size = sizeof(status),
		.flags = (ep->is_process ? MQ_STATUS_PROCESS : 0) |
			 (ep->has_events ? MQ_STATUS_EVENTS : 0),
		.pid = ep->pids[p->space], .uid = ep->who.uid,
		.policy = ep->policy, .access = ep->access, .depth = ep->depth,
		.queued = queued(ep), .accepted = ep->accepted, .delivered = ep->delivered,
		.overwritten = ep->overwritten, .discarded = ep->discarded,
		.rejected = ep->rejected, .spared = ep->spared,
	};

	memcpy(status.name, ep->name, MQ_NAME_SIZE);
	give(p, &status, sizeof(status));
}

bool model_status(struct model_process *p, const char *name)
{
	struct model_endpoint *ep = name[0] ? find(p->model, name, p->space) : NULL;

	begin(p);
	if (!ep)
		return finish(p, -ENOENT);
	give_status(p, ep);
	return finish(p, 0);
}

bool model_list(struct model_process *p)
{
	struct model *m = p->model;
	int i, count = 0;

	begin(p);
	for (i = 0; i < m->endpoint_count; i++) {
		if (is_visible(m->endpoints[i], p->space)) {
			give_status(p, m->endpoints[i]);
			count++;
		}
	}
	return finish(p, count);
}

bool model_info(struct model_process *p)
{
	const struct model_limits *l = &p->model->limits;
	struct mq_info info = {
		.size = sizeof(info), .version = MQ_VERSION,
		.features = MQ_FEATURE_FRAMES | (l->is_fair ? MQ_FEATURE_FAIR : 0) |
			    (l->is_isolated ? MQ_FEATURE_ISOLATE : 0) | MQ_FEATURE_MONITOR,
		.max_devices = l->max_devices, .queue_len = l->queue_len,
		.cmd_buf_size = l->cmd_buf_size, .depth_max = MQ_DEPTH_MAX,
		.user_bytes = l->user_bytes, .user_endpoints = l->user_endpoints,
		.own_bytes = count_user(p->model, p->who.uid, true),
		.own_endpoints = count_user(p->model, p->who.uid, false),
		.root_devices = l->root_devices, .fair_depth_max = MQ_FAIR_DEPTH_MAX,
	};

	begin(p);
	give(p, &info, sizeof(info));
	return finish(p, 0);
}

/* ---- processes and files ------------------------------------------------------------------------ */

struct model_process *model_process_new(struct model *m, const struct model_who *who,
					const pid_t *pids, int space)
{
	struct model_process *p = need(calloc(1, sizeof(*p)));

	p->model = m;
	p->who = *who;
	p->space = space;
	memcpy(p->pids, pids, sizeof(p->pids));
	m->processes[m->process_count++] = p;
	return p;
}

/* Nobody waits for its room or its reply any more; the request may still be carried out. */
void model_process_leave(struct model_process *p)
{
	struct model *m = p->model;
	int i;

	for (i = 0; i < m->call_count; i++)
		if (m->calls[i].caller == p)
			m->calls[i].caller = NULL;
	message_put(p->message);
	p->message = NULL;
	p->sleep = MODEL_AWAKE;
}

void model_process_end(struct model_process *p)
{
	struct model *m = p->model;
	int i;

	model_process_leave(p);
	for (i = 0; i < m->process_count; i++)
		if (m->processes[i] == p)
			m->processes[i--] = m->processes[--m->process_count];
	if (p->endpoint)
		endpoint_end(p->endpoint);
	p->endpoint = NULL;
}

void model_process_become(struct model_process *p, const struct model_who *who)
{
	p->who = *who;
}

void model_process_interrupt(struct model_process *p)
{
	size_t written = p->sleep == MODEL_ROOM && !p->message->call ? p->written : 0;

	model_process_leave(p);
	wake(p, written ? (long)written : -EINTR);
}

struct model_file *model_file_open(struct model_process *p, bool is_nonblock)
{
	struct model *m = p->model;
	struct model_file *f = need(calloc(1, sizeof(*f)));

	f->model = m;
	f->refs = 1;
	f->is_nonblock = is_nonblock;
	f->opener = p->who;
	m->files[m->file_count++] = f;
	return f;
}

void model_file_close(struct model_file *f)
{
	struct model *m = f->model;
	int i;

	if (--f->refs)
		return;
	for (i = 0; i < m->file_count; i++)
		if (m->files[i] == f)
			m->files[i--] = m->files[--m->file_count];
	if (f->endpoint)
		endpoint_end(f->endpoint);
	free(f);
}

/* ---- cookies -------------------------------------------------------------------------------------- */

void model_call_learn(struct model_call *call, uint64_t cookie)
{
	call->cookie = cookie;
	call->is_known = true;
}

bool model_call_is_new(const struct model *m, const struct model_call *call, uint64_t cookie)
{
	int i;

	for (i = 0; i < m->call_count; i++)
		if (&m->calls[i] != call && m->calls[i].server == call->server &&
		    m->calls[i].is_known && m->calls[i].cookie == cookie)
			return false;
	return true;
}
