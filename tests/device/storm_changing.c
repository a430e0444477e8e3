// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that another thread changes while a call reads it: sizes, names, flags, bytes. Each
 * call does what one of the contents says that were there, or refuses them; what arrives is
 * of one piece.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"
#include "storm_lib.h"

#define CALLS 20000

/* A word or a byte that becomes one of these values, again and again. */
struct change {
	volatile void *at;
	int width, count;
	uint32_t values[4];
};

static char area[8192] __attribute__((aligned(8)));
static char room[65536] __attribute__((aligned(8)));
static struct change changes[16];
static int change_count;
static volatile bool stop;

#define CHANGES(where, ...) do {						\
	const uint32_t values[] = { __VA_ARGS__ };				\
	struct change *c = &changes[change_count++];				\
										\
	*c = (struct change){ &(where), sizeof(where), sizeof(values) / 4, { 0 } }; \
	memcpy(c->values, values, sizeof(values));				\
} while (0)

static void *flip(void *arg)
{
	struct mq_dice dice;

	(void)arg;
	mq_dice_init(&dice, 1);
	while (!stop) {
		const struct change *c = &changes[mq_dice_throw(&dice, change_count)];
		uint32_t value = c->values[mq_dice_throw(&dice, c->count)];

		if (c->width == 1)
			*(volatile uint8_t *)c->at = value;
		else
			*(volatile uint32_t *)c->at = value;
	}
	return NULL;
}

/*
 * CALL, again and again, while its memory changes; it returns whether it was done, after it
 * has looked what came of it. Both happens.
 */
static void storm(bool (*call)(void))
{
	long calls = mq_storm_count(CALLS), done = 0, i;
	pthread_t thread;

	MQ_EQ(pthread_create(&thread, NULL, flip, NULL), 0);
	for (i = 0; i < calls; i++)
		done += call();
	stop = true;
	MQ_EQ(pthread_join(thread, NULL), 0);
	printf("# %ld of %ld were done\n", done, calls);
	MQ_GE(done, 1);
	MQ_GE(calls - done, 1);
}

static void check_refused(long err, const int *allowed, int count)
{
	while (count--)
		if (err == -allowed[count])
			return;
	MQ_FAIL("refused with %ld (%s)", err, err < 0 ? strerror(-err) : "no errno");
}

#define REFUSED(err, ...) do {							\
	const int allowed[] = { __VA_ARGS__ };					\
										\
	check_refused(err, allowed, sizeof(allowed) / sizeof(allowed[0]));	\
} while (0)

/* ---- sending ------------------------------------------------------------------ */

static int alice, bob, cob, text;

/* The payloads are of these bytes only, and the longest is so long. */
static void check_payload(const char *data, size_t size, size_t most)
{
	size_t i;

	MQ_GE(size, 1);
	MQ_LE(size, most);
	for (i = 0; i < size; i++)
		if (data[i] != 'p' && data[i] != 'q')
			MQ_FAIL("byte %zu of %zu is 0x%02x", i, size, (unsigned char)data[i]);
}

/* All that has come, to the one and the other; the bytes of the frames that are read. */
static long take_all(uint32_t flags, const char *from, size_t most, int *count)
{
	const int files[] = { bob, cob };
	const struct mq_frame *f;
	long got, all = 0;
	size_t at;
	int i;

	for (i = *count = 0; i < 2; i++) {
		got = mq_read(files[i], room, sizeof(room));
		if (got == -EAGAIN)
			continue;
		MQ_GE(got, 1);
		for (at = 0; (f = mq_frame_next(room, got, &at)); ++*count) {
			MQ_EQ(f->flags, flags);
			MQ_TRUE(!strcmp(f->name, from));
			check_payload(mq_frame_data(f), mq_frame_data_size(f), most);
		}
		all += got;
	}
	return all;
}

static void change_frame(struct mq_frame *f)
{
	*f = mq_frame_make("bob", 0, 0, 8);
	CHANGES(f->size, 72, 104, 60, 65);
	CHANGES(f->size, 72, 104, 1 << 20, 0);
	CHANGES(f->flags, 0, MQ_FRAME_DONTWAIT, 1U << 30);
	CHANGES(f->name[0], 'b', 'c', 1);
	CHANGES(f->name[2], 'b', 0);
	CHANGES(f->name[MQ_NAME_SIZE - 1], 0, 0, 'x');
	CHANGES(f->pid, 0, 0, 1);
	CHANGES(area[64], 'p', 'q');
	CHANGES(area[70], 'p', 'q');
}

static void prepare(void)
{
	alice = mq_bound_nonblock("alice");
	bob = mq_bound_nonblock("bob");
	cob = mq_bound_nonblock("cob");
	memset(area, 'p', sizeof(area));
}

/* What is behind the first one is no frame. */
static bool write_frame(void)
{
	long done = mq_write(alice, area, 104);
	int count;

	MQ_EQ(take_all(0, "alice", 40, &count), done > 0 ? done : 0);
	MQ_EQ(count, done > 0);
	if (done < 0)
		REFUSED(done, EINVAL, EMSGSIZE, ENOENT);
	return done > 0;
}

MQ_TEST(storm_changing_frame, "a frame that changes while it is written is sent as one of those that it was, or refused",
	.timeout = 120)
{
	prepare();
	change_frame((struct mq_frame *)area);
	storm(write_frame);
}

#define RUN 12

static bool write_run(void)
{
	long done = mq_write(alice, area, RUN * 72);
	int count;

	MQ_EQ(take_all(0, "alice", 8, &count), done > 0 ? done : 0);
	if (done < 0)
		REFUSED(done, EINVAL, EMSGSIZE, ENOENT);
	else
		MQ_EQ(done, count * 72);
	return done == RUN * 72;
}

MQ_TEST(storm_changing_run, "so are several that are written together: as many arrive as the write says",
	.timeout = 120)
{
	struct mq_frame *f;
	int i;

	prepare();
	for (i = 0; i < RUN; i++) {
		f = (struct mq_frame *)(area + i * 72);
		*f = mq_frame_make("bob", 0, 0, 8);
	}
	for (i = 1; i < RUN; i += 3) {
		f = (struct mq_frame *)(area + i * 72);
		CHANGES(f->size, 72, 65, 70, 1 << 20);
		CHANGES(f->name[0], 'b', 'c');
		CHANGES(f->flags, 0, MQ_FRAME_DONTWAIT, 0, 1U << 30);
	}
	storm(write_run);
}

static bool write_text(void)
{
	int err = mq_cmd_bytes(text, area, 29), count;
	long got = take_all(0, "me", 20, &count);

	MQ_EQ(count, !err);
	MQ_EQ(got, err ? 0 : MQ_FRAME_SPACE(64 + 20));
	if (err)
		REFUSED(err, EINVAL, ENOENT);
	return !err;
}

MQ_TEST(storm_changing_text, "a command that changes while it is written is one of those that it was, or refused",
	.timeout = 120)
{
	prepare();
	text = mq_dev();
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	memcpy(area, "/msg bob ", 9);
	CHANGES(area[1], 'm', 'm', 'x');
	CHANGES(area[5], 'b', 'c', '@');
	CHANGES(area[8], ' ', ' ', 'x');
	CHANGES(area[9], 'p', 'q');
	CHANGES(area[20], 'p', 'q');
	storm(write_text);
}

static struct mq_exchange *const exchange = (struct mq_exchange *)(area + 4096);

static bool call_frame(void)
{
	long err = mq_ioctl(alice, MQ_IOC_CALL, exchange);
	int count;

	take_all(MQ_FRAME_CALL, "alice", 40, &count);
	MQ_EQ(count, err == -ETIMEDOUT);
	REFUSED(err, ETIMEDOUT, EINVAL, EMSGSIZE, ENOENT, E2BIG);
	return err == -ETIMEDOUT;
}

MQ_TEST(storm_changing_call, "so is a call: its structure and its request", .timeout = 120)
{
	prepare();
	change_frame((struct mq_frame *)area);
	memset(exchange, 0, 1024);
	exchange->send = (uintptr_t)area;
	CHANGES(exchange->size, sizeof(*exchange), sizeof(*exchange), sizeof(*exchange) + 8, 8);
	CHANGES(exchange->flags, 0, 0, 0, 1);
	CHANGES(exchange->send_size, 72, 104, 0, 4096);
	CHANGES(exchange->receive_size, 0, 72, ~0U);
	storm(call_frame);
}

/* ---- binding and asking ---------------------------------------------------------- */

static void check_name(const char *name)
{
	size_t length = strnlen(name, MQ_NAME_SIZE), i;

	MQ_LE(length, MQ_NAME_MAX);
	for (i = 0; i < MQ_NAME_SIZE; i++)
		if (i < length ? name[i] < 0x21 || name[i] > 0x7e || name[i] == '@' : name[i])
			MQ_FAIL("byte %zu of a name is 0x%02x", i, (unsigned char)name[i]);
}

static bool bind_new(void)
{
	struct mq_status list[2];
	int fd = mq_dev(), i;
	long err = mq_ioctl(fd, MQ_IOC_BIND, area), count = mq_ioc_list_all(fd, list, 2);

	/* Without a name it is in no list. */
	MQ_LE(count, !err);
	for (i = 0; i < count; i++) {
		check_name(list[i].name);
		MQ_TRUE(list[i].depth == 1 || list[i].depth == 16);
		MQ_LE(list[i].policy, MQ_POLICY_REJECT);
		MQ_EQ(list[i].flags & ~MQ_STATUS_EVENTS, 0);
		MQ_EQ(list[i].access, 0);
	}
	if (err)
		REFUSED(err, EINVAL);
	close(fd);
	return !err;
}

MQ_TEST(storm_changing_bind, "so is a bind: what there is then has a name that may be, and terms that may be",
	.timeout = 120)
{
	struct mq_bind *bind = (struct mq_bind *)area;

	*bind = (struct mq_bind){ .size = sizeof(*bind), .name = "name" };
	CHANGES(bind->size, sizeof(*bind), offsetof(struct mq_bind, see), sizeof(*bind), 8);
	CHANGES(bind->flags, 0, MQ_BIND_EVENTS, 0, 1U << 30);
	CHANGES(bind->depth, 0, 1, 100000);
	CHANGES(bind->policy, 0, 1, 0, 7);
	CHANGES(bind->access, 0, 0, 0, 9);
	CHANGES(bind->name[0], 'n', 'm', '@', 0);
	CHANGES(bind->name[3], 'e', 0);
	CHANGES(bind->name[10], 0, 0, 'x');
	CHANGES(bind->name[MQ_NAME_SIZE - 1], 0, 0, 'x');
	storm(bind_new);
}

static struct mq_list *const list = (struct mq_list *)area;

/* Never more entries than were asked for, nor longer ones. */
static bool list_some(void)
{
	long err;
	size_t i;

	memset(room, 0x5a, 4096);
	list->position = 0;
	err = mq_ioctl(alice, MQ_IOC_LIST, list);
	for (i = 3 * 512; i < 4096; i++)
		MQ_EQ(room[i], 0x5a);
	if (err)
		REFUSED(err, EINVAL, E2BIG);
	else if (room[0] != 0x5a)
		check_name(((struct mq_status *)room)->name);
	return !err;
}

MQ_TEST(storm_changing_list, "so is a list: no byte is written behind the most entries of the longest kind",
	.timeout = 120)
{
	prepare();
	memset(area, 0, sizeof(area));
	list->entries = (uintptr_t)room;
	CHANGES(list->size, sizeof(*list), sizeof(*list), sizeof(*list) + 8, 4);
	CHANGES(list->entry_size, sizeof(struct mq_status), 512, 8, 8192);
	CHANGES(list->count, 0, 1, 3);
	CHANGES(list->position, 0, 1, 70);
	storm(list_some);
}
