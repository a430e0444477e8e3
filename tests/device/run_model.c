// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of many frames, drawn at random, against a model of what the manual page says:
 * what each write returns, what each mailbox then holds and has counted, what each read
 * returns. The model knows nothing of how the driver takes frames together.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#include <sys/mman.h>
#include <sys/uio.h>

#define HEADER sizeof(struct mq_frame)
#define PAYLOAD 6000			/* CMD_BUF_SIZE */
#define ARENA (512 * 1024)
#define DEPTH 16			/* QUEUE_LEN */
#define DEEPEST 40

static struct mq_dice dice;

static unsigned int throw(unsigned int sides)
{
	return mq_dice_throw(&dice, sides);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- the model: mailboxes ---------------------------------------------------- */

struct letter {
	struct mq_frame head;	/* as it will be read, but for the time */
	char *payload;
};

struct box {
	const char *name;
	int fd;
	uint32_t depth, policy;
	bool is_text, is_gated;
	struct letter letters[DEEPEST];
	uint64_t accepted, delivered, overwritten, rejected, time;
	uint32_t count;
};

static struct box boxes[] = {
	{ .name = "alice", .depth = DEPTH },
	{ .name = "one", .depth = 1 },
	{ .name = "five", .depth = 5 },
	{ .name = "deep", .depth = DEEPEST },
	{ .name = "reject", .depth = 3, .policy = MQ_POLICY_REJECT },
	{ .name = "block", .depth = 7, .policy = MQ_POLICY_BLOCK },
	{ .name = "watch", .depth = 8, .is_gated = true },
	{ .name = "text", .depth = DEPTH, .is_text = true },
};

#define BOXES (sizeof(boxes) / sizeof(*boxes))

static void box_drop(struct box *box)
{
	free(box->letters[0].payload);
	memmove(box->letters, box->letters + 1, --box->count * sizeof(*box->letters));
}

/* 0 or -errno. */
static int box_push(struct box *box, const struct mq_frame *frame, const char *payload,
		    const char *sender)
{
	struct letter *letter;

	if (box->count == box->depth && box->policy != MQ_POLICY_OVERWRITE) {
		box->rejected++;
		return box->policy == MQ_POLICY_REJECT ? -ENOBUFS : -EAGAIN;
	}
	if (box->count == box->depth) {
		box_drop(box);
		box->overwritten++;
	}
	letter = &box->letters[box->count++];
	letter->head = *frame;
	letter->head.flags &= ~MQ_FRAME_DONTWAIT;
	letter->head.sequence = ++box->accepted;
	letter->head.pid = getpid();
	memset(letter->head.name, 0, MQ_NAME_SIZE);
	strcpy(letter->head.name, sender);
	letter->payload = malloc(frame->size);
	memcpy(letter->payload, payload, frame->size - HEADER);
	return 0;
}

static struct box *box_find(const char *name)
{
	size_t i;

	for (i = 0; i < BOXES; i++)
		if (!strcmp(boxes[i].name, name))
			return &boxes[i];
	return NULL;
}

/* ---- the model: a write -------------------------------------------------------- */

static bool is_name(const char *name)
{
	size_t length = strnlen(name, MQ_NAME_SIZE), i;

	for (i = length; i < MQ_NAME_SIZE; i++)
		if (name[i])
			return false;
	return length < MQ_NAME_SIZE;
}

static bool is_sound(const struct mq_frame *frame, size_t left)
{
	const uint32_t nameless = MQ_FRAME_BROADCAST | MQ_FRAME_REPLY;

	if (frame->size <= HEADER || frame->size > left ||
	    frame->flags & ~(nameless | MQ_FRAME_DONTWAIT) ||
	    frame->sequence || frame->time || frame->pid || frame->uid)
		return false;
	if ((frame->flags & nameless) == nameless ||
	    (frame->flags & nameless && frame->name[0]))
		return false;
	return is_name(frame->name);
}

static int model_send(const struct mq_frame *frame, const char *payload, const char *sender)
{
	struct box *box;
	size_t i;

	if (frame->flags & MQ_FRAME_REPLY)
		return -ENOENT;
	if (frame->flags & MQ_FRAME_BROADCAST) {
		for (i = 0; i < BOXES; i++)
			if (strcmp(boxes[i].name, sender))
				box_push(&boxes[i], frame, payload, sender);
		return 0;
	}
	box = box_find(frame->name);
	return box ? box_push(box, frame, payload, sender) : -ENOENT;
}

/* One frame, of which MAPPED of LEFT bytes can be read; bytes or -errno. */
static ssize_t model_take(const char *at, size_t left, size_t mapped, const char *sender)
{
	struct mq_frame frame;
	int err;

	if (left < HEADER)
		return -EINVAL;
	if (mapped < HEADER)
		return -EFAULT;
	memcpy(&frame, at, HEADER);
	if (!is_sound(&frame, left))
		return -EINVAL;
	if (frame.size - HEADER > PAYLOAD)
		return -EMSGSIZE;
	if (mapped < frame.size)
		return -EFAULT;
	err = model_send(&frame, at + HEADER, sender);
	return err ? err : (ssize_t)least(MQ_FRAME_SPACE((size_t)frame.size), left);
}

static ssize_t model_write(const char *bytes, size_t length, size_t mapped, const char *sender)
{
	size_t done = 0;
	ssize_t ret;

	while (done < length) {
		ret = model_take(bytes + done, length - done,
				 mapped > done ? mapped - done : 0, sender);
		if (ret < 0)
			return done ? (ssize_t)done : ret;
		done += ret;
	}
	return done;
}

/* ---- frames at random ------------------------------------------------------------ */

static size_t some_size(void)
{
	switch (throw(24)) {
	case 0: return 1 + throw(PAYLOAD);
	case 1: return 4500 + throw(200);	/* about what is copied at a time */
	case 2: return 1 + throw(1200);
	default: return 1 + throw(40);
	}
}

static void spoil(struct mq_frame *frame)
{
	switch (throw(12)) {
	case 0: frame->flags |= 1U << throw(32); break;
	case 1: frame->size = throw(HEADER + 1); break;
	case 2: frame->size = HEADER + PAYLOAD + 1; break;
	case 3: frame->size = ARENA; break;
	case 4: frame->sequence = 1; break;
	case 5: frame->time = 1; break;
	case 6: frame->pid = 1; break;
	case 7: frame->uid = 1; break;
	case 8: frame->name[MQ_NAME_SIZE - 1] = 'x'; break;
	case 9: frame->flags = MQ_FRAME_REPLY; memset(frame->name, 0, MQ_NAME_SIZE); break;
	case 10: memset(frame->name, 'x', MQ_NAME_SIZE); break;
	default: frame->name[0] ^= 1;
	}
}

static size_t push_some(char *bytes, size_t at, const char *name, int spoiled)
{
	static uint64_t cookie;
	char payload[PAYLOAD];
	size_t size = some_size(), end, i;
	uint32_t flags = throw(6) ? 0 : MQ_FRAME_DONTWAIT;

	if (!throw(20)) {
		name = "";
		flags |= MQ_FRAME_BROADCAST;
	}
	cookie++;
	for (i = 0; i < size; i++)
		payload[i] = 1 + (cookie * 13 + i * 7) % 255;
	end = mq_frame_push(bytes, at, name, flags, cookie, payload, size);
	/* Padding is ignored. */
	memset(bytes + at + HEADER + size, 0xee, end - at - HEADER - size);
	if (!throw(spoiled))
		spoil((struct mq_frame *)(bytes + at));
	return end;
}

static size_t push_many(char *bytes)
{
	const char *name = boxes[throw(BOXES)].name;
	unsigned int count = throw(4) ? 1 + throw(8) : 2 + throw(99);
	unsigned int stays = 1 + throw(20);
	size_t at = 0;

	while (count-- && at < ARENA - 2 * PAYLOAD) {
		if (!throw(stays))
			name = boxes[throw(BOXES)].name;
		at = push_some(bytes, at, name, 100);
	}
	return at;
}

/* ---- a write in one piece or in many ----------------------------------------------- */

static ssize_t write_pieces(int fd, char *bytes, size_t length)
{
	struct iovec parts[64];
	size_t at = 0, size;
	ssize_t done;
	int n;

	for (n = 0; n < 63 && at < length; n++) {
		size = throw(8) ? throw(200) : throw(9000);
		parts[n] = (struct iovec){ bytes + at, least(size, length - at) };
		at += parts[n].iov_len;
	}
	parts[n++] = (struct iovec){ bytes + at, length - at };
	done = writev(fd, parts, n);
	return done < 0 ? -errno : done;
}

/* Behind its end nothing can be read. */
static char *arena_new(void)
{
	char *arena = mmap(NULL, 2 * ARENA, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MQ_TRUE(arena != MAP_FAILED);
	MQ_OK(mprotect(arena + ARENA, ARENA, PROT_NONE));
	return arena;
}

static void write_some(char *arena, char *bytes, int fd, const char *sender)
{
	size_t length = push_many(bytes), mapped, shift = throw(3) ? 0 : throw(8);
	ssize_t done, expected;
	char *at;

	if (!throw(4))
		length -= throw(least(length, 80));
	mapped = throw(5) ? length : throw(length + 1);
	/* What is there ends where nothing is, or anywhere. */
	at = mapped < length || throw(2) ? arena + ARENA - mapped : arena + shift;
	memcpy(at, bytes, mapped);
	expected = model_write(bytes, length, mapped, sender);
	done = throw(4) ? mq_write(fd, at, length) : write_pieces(fd, at, length);
	if (done != expected)
		MQ_FAIL("a write of %zu bytes, %zu of them there: %zd, should be %zd",
			length, mapped, done, expected);
}

/* ---- reading and looking --------------------------------------------------------------- */

static void check_letter(struct box *box, const struct mq_frame *frame)
{
	struct mq_frame head = box->letters[0].head;

	MQ_GE(frame->time, box->time);
	MQ_LE(frame->time, mq_now_ns());
	box->time = frame->time;
	head.time = frame->time;
	mq_check_bytes(__FILE__, __LINE__, box->name, frame, HEADER, &head, HEADER);
	mq_check_bytes(__FILE__, __LINE__, box->name, mq_frame_data(frame),
		       mq_frame_data_size(frame), box->letters[0].payload, head.size - HEADER);
	box->delivered++;
	box_drop(box);
}

static void read_text(struct box *box, char *room)
{
	struct letter *letter = &box->letters[0];
	ssize_t got = mq_read(box->fd, room, PAYLOAD);

	if (!box->count) {
		MQ_EQ(got, -EAGAIN);
		return;
	}
	mq_check_bytes(__FILE__, __LINE__, "text", room, got, letter->payload,
		       letter->head.size - HEADER);
	box->delivered++;
	box_drop(box);
}

/* What fits into SIZE bytes; 0 if not even the first. */
static size_t box_fit(const struct box *box, size_t size)
{
	size_t fit = 0, space;
	uint32_t i;

	for (i = 0; i < box->count; i++) {
		space = MQ_FRAME_SPACE((size_t)box->letters[i].head.size);
		if (space > size - fit)
			break;
		fit += space;
	}
	return fit;
}

static void read_frames(struct box *box, char *room)
{
	size_t size = throw(3) ? 64 + throw(3000) : 64 + throw(ARENA - 72), at = 0, fit;
	char *to = room + (throw(3) ? 0 : throw(8));
	const struct mq_frame *frame;
	ssize_t got;

	fit = box_fit(box, size);
	memset(to, 0x5a, size);
	got = mq_read(box->fd, to, size);
	MQ_EQ(got, !box->count ? -EAGAIN : !fit ? -EMSGSIZE : (ssize_t)fit);
	memmove(room, to, size);
	while (got > 0 && (frame = mq_frame_next(room, got, &at)))
		check_letter(box, frame);
	MQ_TRUE(got < 0 || (size_t)got == size || room[got] == 0x5a);
}

static void check_peek(const struct box *box, char *room)
{
	long got = mq_ioc_peek(box->fd, room, ARENA);
	const struct mq_frame *frame;
	size_t at = 0;
	uint32_t i;

	MQ_EQ(got, box_fit(box, ARENA));
	for (i = 0; i < box->count; i++) {
		frame = mq_frame_next(room, got, &at);
		MQ_EQ(frame->sequence, box->letters[i].head.sequence);
		MQ_EQ(frame->cookie, box->letters[i].head.cookie);
	}
}

static void check_box(const struct box *box)
{
	struct mq_status s = mq_status_of(box->name);

	MQ_EQ(s.queued, box->count);
	MQ_EQ(s.accepted, box->accepted);
	MQ_EQ(s.delivered, box->delivered);
	MQ_EQ(s.overwritten, box->overwritten);
	MQ_EQ(s.rejected, box->rejected);
	MQ_EQ(mq_poll(box->fd) & POLLIN, box->count ? POLLIN : 0);
}

static void look(struct box *box, char *room)
{
	check_box(box);
	if (!throw(8) && !box->is_text)
		check_peek(box, room);
	if (throw(2))
		return;
	if (box->is_text)
		read_text(box, room);
	else
		read_frames(box, room);
	check_box(box);
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void box_open(struct box *box)
{
	box->fd = mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (box->is_text)
		MQ_EQ(mq_cmdf(box->fd, "/reg %s", box->name), 0);
	else
		MQ_EQ(mq_bind(box->fd, box->name, .depth = box->depth, .policy = box->policy,
			      .flags = box->is_gated ? MQ_BIND_EVENTS : 0), 0);
}

static void run_model(uint64_t seed, long writes)
{
	char *arena = arena_new(), *bytes = malloc(ARENA), *room = malloc(ARENA + 64);
	int nameless = mq_bound_nonblock("");
	size_t i;

	mq_dice_init(&dice, seed);
	/* Who watches is the last to come, so that it sees no event. */
	for (i = 0; i < BOXES; i++)
		if (!boxes[i].is_gated)
			box_open(&boxes[i]);
	for (i = 0; i < BOXES; i++)
		if (boxes[i].is_gated)
			box_open(&boxes[i]);
	while (writes--) {
		if (throw(4))
			write_some(arena, bytes, boxes[0].fd, "alice");
		else
			write_some(arena, bytes, nameless, "");
		for (i = 0; i < BOXES; i++)
			look(&boxes[i], room);
	}
}

MQ_TEST(run_model_1, "writes of 1 to 100 frames, good and bad, to all kinds of mailboxes: each does what the frames one by one would",
	.params = "CMD_BUF_SIZE=6000", .timeout = 180)
{
	run_model(1, mq_storm_count(3000));
}

MQ_TEST(run_model_2, "so it is by another chance", .params = "CMD_BUF_SIZE=6000", .timeout = 180)
{
	run_model(2, mq_storm_count(3000));
}
