// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of many frames, drawn at random, against the model of the contract (model.h): what
 * each write returns, what each mailbox then holds and has counted, what each read returns.
 * The model knows nothing of how the driver takes frames together.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "model.h"
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

/* ---- mailboxes, here and in the model ------------------------------------------ */

struct box {
	const char *name;
	int fd;
	uint32_t depth, policy;
	bool is_text, is_gated;
	struct model_file *file;
	struct model_endpoint *model;
	uint64_t time;
};

static struct model_process *self;

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

static void write_some(char *arena, char *bytes, const struct box *from)
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
	model_write(self, from->file, bytes, length, mapped);
	expected = self->result.value;
	done = throw(4) ? mq_write(from->fd, at, length) : write_pieces(from->fd, at, length);
	if (done != expected)
		MQ_FAIL("a write of %zu bytes, %zu of them there: %zd, should be %zd",
			length, mapped, done, expected);
}

/* ---- reading and looking --------------------------------------------------------------- */

/* As the model has it, but for the time; *AT is behind it then. */
static void check_frame(struct box *box, const struct mq_frame *frame, size_t *at)
{
	struct mq_frame head;

	memcpy(&head, self->result.bytes + *at, HEADER);
	MQ_GE(frame->time, box->time);
	MQ_LE(frame->time, mq_now_ns());
	box->time = frame->time;
	head.time = frame->time;
	mq_check_bytes(__FILE__, __LINE__, box->name, frame, HEADER, &head, HEADER);
	mq_check_bytes(__FILE__, __LINE__, box->name, mq_frame_data(frame),
		       mq_frame_data_size(frame), self->result.bytes + *at + HEADER,
		       head.size - HEADER);
	*at += MQ_FRAME_SPACE((size_t)head.size);
}

static void check_frames(struct box *box, const char *bytes, ssize_t got)
{
	const struct mq_frame *frame;
	size_t at = 0, expected = 0;

	MQ_EQ(got, self->result.value);
	while (got > 0 && (frame = mq_frame_next(bytes, got, &at)))
		check_frame(box, frame, &expected);
}

static void read_text(struct box *box, char *room)
{
	ssize_t got = mq_read(box->fd, room, PAYLOAD);

	model_read(self, box->file, PAYLOAD, true, false);
	MQ_EQ(got, self->result.value);
	if (got > 0)
		mq_check_bytes(__FILE__, __LINE__, "text", room, got, self->result.bytes,
			       self->result.length);
}

static void read_frames(struct box *box, char *room)
{
	size_t size = throw(3) ? 64 + throw(3000) : 64 + throw(ARENA - 72);
	char *to = room + (throw(3) ? 0 : throw(8));
	ssize_t got;

	memset(to, 0x5a, size);
	got = mq_read(box->fd, to, size);
	memmove(room, to, size);
	model_read(self, box->file, size, true, false);
	check_frames(box, room, got);
	MQ_TRUE(got < 0 || (size_t)got == size || room[got] == 0x5a);
}

static void check_peek(struct box *box, char *room)
{
	uint64_t time = box->time;

	model_peek(self, box->file, ARENA);
	check_frames(box, room, mq_ioc_peek(box->fd, room, ARENA));
	box->time = time;
}

static void check_box(const struct box *box)
{
	struct mq_status s = mq_status_of(box->name);

	MQ_EQ(s.queued, box->model->count);
	MQ_EQ(s.accepted, box->model->accepted);
	MQ_EQ(s.delivered, box->model->delivered);
	MQ_EQ(s.overwritten, box->model->overwritten);
	MQ_EQ(s.rejected, box->model->rejected);
	MQ_EQ(mq_poll(box->fd) & POLLIN, box->model->count ? POLLIN : 0);
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

static void box_open_text(struct box *box)
{
	char line[32];

	sprintf(line, "/reg %s", box->name);
	model_write(self, box->file, line, strlen(line), strlen(line));
	MQ_EQ(mq_cmd(box->fd, line), 0);
	box->model = self->endpoint;
}

static void box_open_frames(struct box *box)
{
	struct mq_bind bind = {
		.depth = box->depth, .policy = box->policy,
		.flags = box->is_gated ? MQ_BIND_EVENTS : 0,
	};

	strcpy(bind.name, box->name);
	model_bind(self, box->file, &bind);
	MQ_EQ(mq_bind_fill(box->fd, box->name, bind), 0);
	box->model = box->file->endpoint;
}

static void box_open(struct box *box)
{
	box->fd = mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK);
	box->file = model_file_open(self, true);
	if (box->is_text)
		box_open_text(box);
	else
		box_open_frames(box);
}

static void self_open(void)
{
	const struct model_limits limits = {
		.max_devices = 64, .queue_len = DEPTH, .cmd_buf_size = PAYLOAD,
	};
	const struct model_who root = { .rights = ~0ULL };
	pid_t pids[MODEL_NAMESPACES] = { getpid() };

	self = model_process_new(model_new(&limits), &root, pids, 0);
}

static void run_model(uint64_t seed, long writes)
{
	char *arena = arena_new(), *bytes = malloc(ARENA), *room = malloc(ARENA + 64);
	struct box nameless = { .name = "" };
	size_t i;

	mq_dice_init(&dice, seed);
	self_open();
	box_open(&nameless);
	/* Who watches is the last to come, so that it sees no event. */
	for (i = 0; i < BOXES; i++)
		if (!boxes[i].is_gated)
			box_open(&boxes[i]);
	for (i = 0; i < BOXES; i++)
		if (boxes[i].is_gated)
			box_open(&boxes[i]);
	while (writes--) {
		write_some(arena, bytes, throw(4) ? &boxes[0] : &nameless);
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
