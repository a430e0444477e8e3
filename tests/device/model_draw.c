// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations at random: most of them such as programs do, on names that are there.
 *
 * Copyright (C) the mq authors
 */
#include "model_world.h"

static unsigned int throw(struct world *w, unsigned int sides)
{
	return mq_dice_throw(w->dice, sides);
}

static const char *keep(char **text, const char *string)
{
	char *at = *text;

	strcpy(at, string);
	*text += strlen(string) + 1;
	return at;
}

/* ---- names, texts, sizes -------------------------------------------------------- */

static const char *const names[] = {
	"a", "b", "c", "d", "eight888", ".dot", "all-of-23-bytes-name-xx", "no@name", "none",
};

#define NAMES (sizeof(names) / sizeof(*names))

static const char *draw_new_name(struct world *w)
{
	return names[throw(w, 5) ? throw(w, 5) : throw(w, NAMES)];
}

static const char *draw_name(struct world *w)
{
	const struct model *m = w->model;
	const struct model_endpoint *ep;
	int tries;

	for (tries = 0; m->endpoint_count && tries < 8; tries++) {
		ep = m->endpoints[throw(w, m->endpoint_count)];
		if (!ep->has_ended && ep->name[0])
			return ep->name;
	}
	return draw_new_name(w);
}

static const char *const controls[] = {
	"/unr", "/from on", "/from off", "/wait 0", "/wait", "/unr\n", "/from on \n", "/wait\n",
	"/unr x", "/from", "/from On", "/wait -1", "/wait 99999999999", "/reg", "/reg ",
	"/reg a b", "/reg nine99999", "/reg @", "/msg", "/msg ", "/msg a", "/msg a ", "/all",
	"/all ", "/msg  a x", "hello", "/", "/regx", "/wait 0 0", "/unr \n \n", "",
};

static uint32_t draw_size(struct world *w)
{
	uint32_t most = w->terms.limits.cmd_buf_size;

	switch (throw(w, 12)) {
	case 0:
		return most - throw(w, 3);
	case 1:
		return most + 1 + throw(w, 30);
	case 2:
		return 1 + throw(w, most);
	default:
		return 1 + throw(w, 24);
	}
}

static uint32_t draw_room(struct world *w)
{
	switch (throw(w, 8)) {
	case 0:
		return throw(w, 64);
	case 1:
	case 2:
		return 64 + throw(w, 100);
	case 3:
		return 72 + 8 * throw(w, 4);
	default:
		return 4096;
	}
}

static void draw_text(struct world *w, struct mq_hand_op *op, char **text)
{
	static unsigned int number;
	char line[512];
	uint32_t size, at;

	op->kind = MQ_HAND_TEXT;
	switch (throw(w, 8)) {
	case 0:
	case 1:
		sprintf(line, "/reg %s%s", draw_new_name(w), throw(w, 4) ? "" : "\n");
		break;
	case 2:
		strcpy(line, controls[throw(w, 8)]);
		break;
	case 3:
		strcpy(line, controls[throw(w, sizeof(controls) / sizeof(*controls))]);
		break;
	case 4:
		sprintf(line, "/all %u", number++ % 1000);
		break;
	default:
		at = sprintf(line, "/msg %s %u", draw_name(w), number++ % 1000);
		if (throw(w, 4))
			break;
		for (size = draw_size(w); at < size; at++)
			line[at] = '!' + at % 64;
		line[at] = 0;
	}
	op->text = keep(text, line);
	if (!throw(w, 40))
		op->cut = 1 + throw(w, 5);
}

/* ---- frames --------------------------------------------------------------------------- */

static void draw_frame(struct world *w, struct mq_hand_frame *f, char **text)
{
	static uint32_t number;

	f->to = keep(text, throw(w, 30) ? draw_name(w) : draw_new_name(w));
	f->number = ++number % 1000 + 1;
	f->size = draw_size(w);
	if (!throw(w, 5))
		f->flags = MQ_FRAME_DONTWAIT;
	switch (throw(w, 20)) {
	case 0:
	case 1:
		f->flags |= MQ_FRAME_BROADCAST;
		f->to = "";
		break;
	case 2:
	case 3:
	case 4:
		f->flags |= MQ_FRAME_REPLY;
		f->call = throw(w, 3);
		f->to = "";
		break;
	case 5:
		f->flags |= 1U << throw(w, 32);
		break;
	case 6:
		f->fault = throw(w, MQ_FAULTS);
		break;
	}
}

static void draw_frames(struct world *w, struct mq_hand_op *op, char **text)
{
	unsigned int count = throw(w, 2) ? 1 : 1 + throw(w, MQ_HAND_FRAMES), i;

	op->kind = MQ_HAND_WRITE;
	for (i = 0; i < count; i++) {
		draw_frame(w, &op->frames[i], text);
		if (i && throw(w, 2) && !(op->frames[i].flags | op->frames[i - 1].flags))
			op->frames[i].to = op->frames[i - 1].to;
	}
	if (!throw(w, 15))
		op->cut = 1 + throw(w, 100);
}

static void draw_call(struct world *w, struct mq_hand_op *op, char **text)
{
	op->kind = throw(w, 2) ? MQ_HAND_CALL : MQ_HAND_RECEIVE;
	op->now = !throw(w, 4);
	op->size = draw_room(w);
	if (op->kind == MQ_HAND_CALL || throw(w, 2)) {
		draw_frame(w, &op->frames[0], text);
		if (op->kind == MQ_HAND_RECEIVE && throw(w, 8)) {
			op->frames[0].flags = MQ_FRAME_REPLY;
			op->frames[0].fault = 0;
			op->frames[0].to = "";
			op->frames[0].call = throw(w, 2);
		}
	}
}

static void draw_bind(struct world *w, struct mq_hand_op *op, char **text)
{
	uint32_t len = w->terms.limits.queue_len;

	op->kind = MQ_HAND_BIND;
	op->name = keep(text, throw(w, 5) ? draw_new_name(w) : "");
	op->policy = throw(w, 4);
	if (w->terms.is_fair && throw(w, 2))
		op->policy = MQ_POLICY_FAIR;
	if (throw(w, 2))
		op->depth = 1 + throw(w, len);
	else if (!throw(w, 4))
		op->depth = len + 1 + throw(w, 3);
	op->access = throw(w, 2) ? 0 : throw(w, 3);
	op->flags = throw(w, 3) ? 0 : MQ_BIND_EVENTS;
	switch (throw(w, 40)) {
	case 0:
		op->policy = 4;
		break;
	case 1:
		op->depth = 65537;
		break;
	case 2:
		op->access = 3;
		break;
	case 3:
		op->flags = 4;
		break;
	case 4:
		op->depth = MQ_FAIR_DEPTH_MAX + throw(w, 2);
		break;
	}
}

/* ---- operations -------------------------------------------------------------------------- */

static void draw_end(struct world *w, struct mq_hand_op *op)
{
	switch (throw(w, 6)) {
	case 0:
		op->kind = MQ_HAND_EXIT;
		break;
	case 1:
		op->kind = MQ_HAND_KILL;
		break;
	case 2:
		op->kind = MQ_HAND_BECOME;
		op->who = throw(w, MQ_HAND_WHOS);
		break;
	case 3:
		op->kind = MQ_HAND_CLOSE;
		break;
	default:
		op->kind = MQ_HAND_PASS;
		op->other = throw(w, MQ_HANDS);
		op->other_file = throw(w, MQ_HAND_FILES);
	}
}

static void draw_look(struct world *w, struct mq_hand_op *op, char **text)
{
	switch (throw(w, 8)) {
	case 0:
		op->kind = MQ_HAND_STATUS;
		op->name = keep(text, draw_name(w));
		break;
	case 1:
		op->kind = MQ_HAND_LIST;
		op->size = 1 + throw(w, 4);
		break;
	case 2:
		op->kind = MQ_HAND_INFO;
		break;
	case 3:
	case 4:
		op->kind = MQ_HAND_PEEK;
		op->size = draw_room(w);
		break;
	default:
		op->kind = MQ_HAND_POLL;
	}
}

static void draw_read(struct world *w, struct mq_hand_op *op)
{
	op->kind = MQ_HAND_READ;
	op->size = draw_room(w);
	op->nowait = !throw(w, 4);
	op->bad = !op->nowait && !throw(w, 10);
	if (op->bad)
		op->size = 64 + throw(w, 80);
}

/* Text for a file that is not bound, frames for one that is; seldom the other way. */
static void draw_send(struct world *w, struct mq_hand_op *op, const struct model_file *f,
		      char **text)
{
	if (f && !f->endpoint && !throw(w, 3))
		draw_bind(w, op, text);
	else if (f && (f->endpoint ? !throw(w, 30) : throw(w, 20)))
		draw_text(w, op, text);
	else if (throw(w, 4))
		draw_frames(w, op, text);
	else
		draw_call(w, op, text);
}

static void draw_any(struct world *w, struct mq_hand_op *op, char **text)
{
	const struct world_hand *hand;

	memset(op, 0, sizeof(*op));
	op->hand = throw(w, MQ_HANDS);
	op->file = throw(w, MQ_HAND_FILES);
	hand = &w->hands[op->hand];
	op->child = !throw(w, 12);
	if (!hand->process) {
		op->kind = MQ_HAND_START;
		op->child = false;
		op->who = throw(w, 3) ? throw(w, MQ_HAND_WHOS) : 0;
		op->space = throw(w, w->terms.spaces);
	} else if (hand->sleeps) {
		op->child = false;
		op->kind = throw(w, 4) ? MQ_HAND_INTERRUPT : MQ_HAND_KILL;
		/* Mostly it is left asleep. */
		if (throw(w, 4))
			op->kind = MQ_HAND_KINDS;
	} else if (!hand->files[op->file]) {
		op->kind = MQ_HAND_OPEN;
		op->child = false;
		/* An operation that sleeps has no faults. */
		op->nonblock = w->terms.faults ? throw(w, 3) : !throw(w, 3);
	} else if (!throw(w, 12)) {
		op->child = false;
		draw_end(w, op);
	} else if (throw(w, 5) < 3) {
		draw_send(w, op, hand->files[op->file], text);
	} else if (throw(w, 3)) {
		draw_read(w, op);
	} else {
		draw_look(w, op, text);
	}
}

void world_draw(struct world *w, struct mq_hand_op *op, char **text)
{
	char *from = *text;

	do {
		*text = from;
		draw_any(w, op, text);
	} while (op->kind == MQ_HAND_KINDS || !world_takes(w, op));
	if (!w->terms.faults || throw(w, w->terms.faults))
		return;
	op->nth = 1 + throw(w, 6);
	if (!world_takes(w, op))
		op->nth = 0;
}
