// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reaches user space was put there on purpose: memory and stack that the driver uses are
 * filled with a pattern first, and every byte that comes out is compared with what it must be,
 * padding and tails included. And no address of the kernel stands in any output.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "storm_lib.h"

#include <sys/select.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#define MARK 0xa5		/* what was left lying about */
#define MINE 0x11		/* what the reader's memory held before */
#define ALICE 1001

static char out[65536] __attribute__((aligned(8)));

/* ---- leaving a pattern in the kernel's memory -------------------------------- */

/* Of every kind of memory that a message lies in, more than a processor keeps at hand. */
static const int sizes[] = { 1, 100, 184, 185, 500, 1080, 1081, 2000, 4096 };

static void poison_messages(int fd)
{
	char bytes[4096 + 64] __attribute__((aligned(8)));
	size_t i, k;

	memset(bytes, MARK, sizeof(bytes));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (k = 0; k < 40; k++)
			MQ_GE(mq_frame_send(fd, "deaf", 0, ~0ULL / 255 * MARK, bytes, sizes[i]), 65);
		for (k = 0; k < 10; k++)
			MQ_GE(mq_frame_send(fd, "", MQ_FRAME_BROADCAST, 0, bytes, sizes[i]), 65);
	}
}

/* Commands that fail leave their structures on the kernel's stack. */
static void poison_stack(int fd)
{
	static const size_t lengths[] = {
		0, sizeof(struct mq_bind), sizeof(struct mq_exchange), sizeof(struct mq_exchange),
		sizeof(struct mq_exchange), sizeof(struct mq_status), sizeof(struct mq_list),
		sizeof(struct mq_totals),
	};
	struct pollfd polled[29];
	struct iovec parts[8];
	unsigned char bytes[256];
	fd_set files[3];
	char line[200];
	int i;

	memset(bytes, MARK, sizeof(bytes));
	memset(line, MARK, sizeof(line));
	for (i = 1; i < 8; i++) {
		*(uint32_t *)bytes = lengths[i];
		MQ_LE(mq_ioctl(fd, _IO(MQ_IOC_TYPE, i), bytes), -1);
	}
	MQ_LE(mq_write(fd, line, sizeof(line)), -1);
	/* Other calls reach other depths: files and addresses that are none, once they were copied. */
	memset(polled, MARK, sizeof(polled));
	MQ_LE(poll(polled, sizeof(polled) / sizeof(polled[0]), 0), 0);
	memset(parts, MARK, sizeof(parts));
	MQ_LE(readv(fd, parts, 8), -1);
	memset(files, MARK, sizeof(files));
	MQ_LE(select(300, files, files + 1, files + 2, NULL), -1);
}

/* Another user's process, which goes: its endpoints and identity are free memory too. */
static void poison(void *arg)
{
	int deaf, fd, i;

	(void)arg;
	mq_become(ALICE, ALICE);
	for (i = 0; i < 3; i++) {
		deaf = mq_bound("deaf", .depth = 16, .flags = i & 1 ? MQ_BIND_EVENTS : 0);
		fd = mq_bound("");
		poison_messages(fd);
		poison_stack(fd);
		close(i & 1 ? deaf : fd);
		close(i & 1 ? fd : deaf);
	}
}

/* On the processor on which the rest of the test runs, so that its memory is used again. */
static void poison_all(void)
{
	mq_stay();
	mq_join(mq_run(poison, NULL));
}

/* ---- looking at what comes out --------------------------------------------------- */

static void out_prepare(void)
{
	memset(out, MINE, sizeof(out));
}

/* From there on nothing was written. */
static void check_untouched(size_t from)
{
	size_t i;

	for (i = from; i < sizeof(out); i++)
		if ((unsigned char)out[i] != MINE)
			MQ_FAIL("byte %zu behind %zu that were returned became 0x%02x", i - from,
				from, (unsigned char)out[i]);
}

static void check_same(const char *what, const void *actual, const void *expected, size_t size)
{
	const unsigned char *a = actual, *e = expected;
	size_t i;

	for (i = 0; i < size; i++)
		if (a[i] != e[i])
			MQ_FAIL("%s: byte %zu of %zu is 0x%02x, should be 0x%02x", what, i, size,
				a[i], e[i]);
}

/* What must come, but for the time and a cookie that the kernel chose. */
struct expected {
	const char *name;
	uint32_t flags, pid, uid;
	uint64_t sequence, cookie;
	size_t size;
	char byte;
};

/* The frame at OUT + AT is that, to the last byte of its padding: where the next one begins. */
static size_t check_frame(size_t at, const struct expected *e)
{
	const struct mq_frame *got = (const struct mq_frame *)(out + at);
	static char whole[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	struct mq_frame *frame = (struct mq_frame *)whole;
	size_t space = MQ_FRAME_SPACE(sizeof(*frame) + e->size);

	memset(whole, 0, sizeof(whole));
	*frame = mq_frame_make(e->name, e->flags, e->cookie, e->size);
	frame->sequence = e->sequence;
	frame->pid = e->pid;
	frame->uid = e->uid;
	frame->time = got->time;
	if (e->flags & MQ_FRAME_CALL)
		frame->cookie = got->cookie;
	memset(whole + sizeof(*frame), e->byte, e->size);
	MQ_LE(got->time, mq_now_ns());
	check_same("a frame", got, whole, space);
	return at + space;
}

/* ---- frames ------------------------------------------------------------------------ */

/* Lengths of payloads around every boundary: of padding, of kinds of memory, of a page. */
static bool is_length(int length)
{
	return length <= 20 || (length >= 175 && length <= 200) || length == 1000 ||
	       (length >= 1070 && length <= 1090) || length >= 4080;
}

struct pair {
	int from, to;
	uint64_t sequence;
};

static struct expected send_some(struct pair *pair, int size)
{
	char bytes[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	struct expected e = {
		.name = "alice", .pid = getpid(), .cookie = 77, .size = size, .byte = 'x',
		.sequence = ++pair->sequence,
	};

	/* Without padding: what is read behind it is not what was written there. */
	memset(bytes, 'x', sizeof(bytes));
	*(struct mq_frame *)bytes = mq_frame_make("bob", 0, 77, size);
	MQ_EQ(mq_write(pair->from, bytes, sizeof(struct mq_frame) + size), sizeof(struct mq_frame) + size);
	return e;
}

static ssize_t by_read(int fd, size_t room)
{
	return mq_read(fd, out, room);
}

static ssize_t by_readv(int fd, size_t room)
{
	struct iovec parts[3] = { { out, 13 }, { out + 13, 50 }, { out + 63, room - 63 } };
	ssize_t got = readv(fd, parts, 3);

	return got < 0 ? -errno : got;
}

static ssize_t by_receive(int fd, size_t room)
{
	return mq_ioc_receive(fd, NULL, NULL, out, room, 0);
}

static ssize_t by_peek(int fd, size_t room)
{
	ssize_t got = mq_ioc_peek(fd, out, room);

	MQ_EQ(mq_frame_receive(fd, (char[MQ_FRAME_ROOM]){ 0 }, 4096), got);
	return got;
}

static ssize_t (*const ways[])(int fd, size_t room) = { by_read, by_readv, by_receive, by_peek };

MQ_TEST(leak_frames, "a frame of any length, by read, readv, RECEIVE and PEEK: header, payload and padding are what was sent, nothing behind it is touched",
	.open_to_all = true, .timeout = 120)
{
	struct pair pair = { mq_bound("alice"), mq_bound("bob"), 0 };
	struct expected e;
	size_t w;
	int size;

	poison_all();
	/* The broadcasts were bob's as well. */
	while (mq_frame_receive_nowait(pair.to) > 0)
		;
	pair.sequence = mq_status_of("bob").accepted;
	for (size = 1; size <= 4096; size++) {
		if (!is_length(size))
			continue;
		for (w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
			e = send_some(&pair, size);
			poison_stack(pair.to);
			out_prepare();
			/* More room than it needs, and no room for another one. */
			MQ_EQ(ways[w](pair.to, MQ_FRAME_SPACE(64 + size) + 40), MQ_FRAME_SPACE(64 + size));
			check_untouched(check_frame(0, &e));
		}
	}
}

MQ_TEST(leak_runs, "frames that were written together, whose padding was not zero, are read with padding that is",
	.open_to_all = true)
{
	struct pair pair = { mq_bound("alice", .depth = 4), mq_bound("bob"), 0 };
	struct expected e[16];
	size_t at, i, round;

	poison_all();
	while (mq_frame_receive_nowait(pair.to) > 0)
		;
	pair.sequence = mq_status_of("bob").accepted;
	for (round = 0; round < 50; round++) {
		memset(out, MARK, sizeof(out));
		for (i = at = 0; i < 16; i++) {
			struct mq_frame *frame = (struct mq_frame *)(out + at);

			e[i] = (struct expected){ .name = "alice", .pid = getpid(), .byte = 'y',
				.size = 1 + (round + i) % 9, .cookie = i, .sequence = ++pair.sequence };
			*frame = mq_frame_make("bob", 0, i, e[i].size);
			memset(frame + 1, 'y', e[i].size);
			at += MQ_FRAME_SPACE(frame->size);
		}
		MQ_EQ(mq_write(pair.from, out, at), at);
		out_prepare();
		MQ_EQ(mq_read(pair.to, out, sizeof(out)), at);
		for (i = at = 0; i < 16; i++)
			at = check_frame(at, &e[i]);
		check_untouched(at);
	}
}

MQ_TEST(leak_events, "events and requests have no byte that is not theirs", .open_to_all = true)
{
	struct expected come = { .name = "x", .flags = MQ_FRAME_EVENT | MQ_FRAME_COME, .pid = getpid() };
	struct expected gone = { .name = "x", .flags = MQ_FRAME_EVENT | MQ_FRAME_GONE, .pid = getpid() };
	int alice = mq_bound("alice"), bob = mq_bound("bob", .flags = MQ_BIND_EVENTS), i;
	struct expected request = {
		.name = "alice", .flags = MQ_FRAME_CALL, .pid = getpid(), .size = 5, .byte = 'z',
	};
	struct mq_caller *call;
	uint64_t cookie, last;

	poison_all();
	while (mq_frame_receive_nowait(bob) > 0)
		;
	last = mq_status_of("bob").accepted;
	for (i = 0; i < 20; i++) {
		poison_stack(bob);
		close(mq_bound("x"));
		come.sequence = ++last;
		gone.sequence = ++last;
		out_prepare();
		MQ_EQ(mq_read(bob, out, sizeof(out)), 128);
		check_untouched(check_frame(check_frame(0, &come), &gone));

		call = mq_call_begin(alice, "bob", "zzzzz", .cookie = 5);
		request.sequence = ++last;
		out_prepare();
		MQ_EQ(mq_read(bob, out, sizeof(out)), 72);
		check_untouched(check_frame(0, &request));
		cookie = ((struct mq_frame *)out)->cookie;
		MQ_EQ(mq_frame_reply(bob, cookie, "kk"), 0);
		MQ_EQ(mq_call_end(call), 72);
		/* What the caller got; its own room is the call's. */
		memset(out, MINE, sizeof(out));
		memcpy(out, call->reply, 72);
		check_frame(0, &(struct expected){ .name = "bob", .flags = MQ_FRAME_REPLY,
			.pid = getpid(), .cookie = 5, .size = 2, .byte = 'k' });
	}
}

MQ_TEST(leak_monitor, "what a monitor gets has no byte that is not its message's: header, padding, the first bytes",
	.open_to_all = true, .timeout = 120)
{
	struct mq_passed passed = { .size = sizeof(passed), .reached = 1, .name = "bob" };
	struct pair pair = { mq_bound("alice"), mq_bound("bob"), 0 };
	static char whole[8192] __attribute__((aligned(8)));
	struct mq_frame *frame = (struct mq_frame *)whole;
	int snap, size, data, space, see;

	poison_all();
	for (snap = 0; snap <= 40; snap++) {
		see = mq_bound("", .flags = MQ_BIND_MONITOR, .snap = snap, .depth = 2);
		for (size = 1; size <= 40; size++) {
			send_some(&pair, size);
			data = size < snap ? size : snap;
			memset(whole, 0, sizeof(whole));
			*frame = mq_frame_make("alice", MQ_FRAME_MONITOR, 77, sizeof(passed) + data);
			frame->sequence = size;
			frame->pid = getpid();
			passed.length = size;
			memcpy(frame + 1, &passed, sizeof(passed));
			memset(whole + sizeof(*frame) + sizeof(passed), 'x', data);
			space = MQ_FRAME_SPACE(frame->size);
			poison_stack(see);
			out_prepare();
			MQ_EQ(mq_read(see, out, space), space);
			frame->time = ((struct mq_frame *)out)->time;
			check_same("a monitor's frame", out, whole, space);
			check_untouched(space);
		}
		close(see);
	}
}

/* ---- text ------------------------------------------------------------------------------- */

MQ_TEST(leak_text, "a text of any length, whole and in parts, with and without its sender: its bytes and no other",
	.open_to_all = true)
{
	int fd = mq_dev(), size, part;
	char line[4200];

	poison_all();
	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	for (size = 1; size <= 4000; size++) {
		if (!is_length(size))
			continue;
		memcpy(line, "/msg me ", 8);
		memset(line + 8, 't', size);
		for (part = 0; part < 2; part++) {
			MQ_EQ(mq_cmd(fd, part ? "/from on" : "/from off"), 0);
			MQ_EQ(mq_cmd_bytes(fd, line, 8 + size), 0);
			out_prepare();
			if (size > 2)
				MQ_EQ(mq_read(fd, out, 2), 2);
			MQ_EQ(mq_read(fd, out + (size > 2 ? 2 : 0), 8000), size + 3 * part - (size > 2 ? 2 : 0));
			check_untouched(size + 3 * part);
			check_same("a text", out, part ? line + 5 : line + 8, size + 3 * part);
		}
	}
}

/* ---- structures --------------------------------------------------------------------------- */

/* What a program of a later version has behind them is left as it was: zero. */
struct longer {
	union {
		struct mq_info info;
		struct mq_status status;
		struct mq_list list;
		struct mq_totals totals;
		char bytes[512];
	};
};

static void check_structure(struct longer *got, const void *expected, size_t size, size_t asked)
{
	static const char zero[sizeof(*got)];

	check_same("a structure", got, expected, size);
	check_same("what is behind a structure", (char *)got + size, zero, asked - size);
}

MQ_TEST(leak_info, "INFO fills its structure and nothing behind it", .open_to_all = true)
{
	struct mq_info plain, expected;
	struct longer longer;
	size_t size;
	int fd = mq_dev();

	poison_all();
	MQ_EQ(mq_ioc_info(fd, &plain), 0);
	memset(&expected, 0, sizeof(expected));
	expected = (struct mq_info){
		.size = sizeof(expected), .version = MQ_VERSION, .features = plain.features,
		.max_devices = 64, .queue_len = 16, .cmd_buf_size = 4096, .depth_max = 65536,
		.user_bytes = plain.user_bytes, .user_endpoints = plain.user_endpoints,
		.root_devices = plain.root_devices, .fair_depth_max = plain.fair_depth_max,
	};
	MQ_EQ(plain.features & ~15ULL, 0);
	MQ_LE(plain.user_bytes, 64 * 16 * 4096);
	MQ_LE(plain.user_endpoints, 64);
	MQ_LE(plain.root_devices, 64);
	MQ_LE(plain.fair_depth_max, 4096);
	for (size = sizeof(expected); size <= sizeof(longer); size += 8) {
		memset(&longer, 0, sizeof(longer));
		longer.info.size = size;
		poison_stack(fd);
		MQ_EQ(mq_ioctl(fd, MQ_IOC_INFO, &longer), 0);
		check_structure(&longer, &expected, sizeof(expected), size);
	}
	/* A program of 0.1.0 has room for so much. */
	out_prepare();
	*(uint32_t *)out = offsetof(struct mq_info, user_bytes);
	memset(out + 4, 0, offsetof(struct mq_info, user_bytes) - 4);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_INFO, out), 0);
	check_same("a shorter structure", out, &expected, offsetof(struct mq_info, user_bytes));
	check_untouched(offsetof(struct mq_info, user_bytes));
}

static struct mq_status status_expected(const char *name, int depth)
{
	struct mq_status s;

	memset(&s, 0, sizeof(s));
	s.size = sizeof(s);
	strcpy(s.name, name);
	s.pid = getpid();
	s.depth = depth;
	return s;
}

MQ_TEST(leak_status, "STATUS and LIST fill their structures and nothing behind them; who fails writes nothing",
	.open_to_all = true)
{
	struct mq_status expected = status_expected("a", 5);
	struct mq_status second = status_expected("abcdefghijklmnopqrstuvw", 16);
	struct mq_list list = { .size = sizeof(list), .count = 9 };
	int fd = mq_dev(), i;
	struct longer longer;
	size_t size, tail;

	poison_all();
	mq_bound("a", .depth = 5);
	mq_bound("abcdefghijklmnopqrstuvw");
	for (size = sizeof(expected); size <= sizeof(longer); size += 24) {
		poison_stack(fd);
		memset(&longer, 0, sizeof(longer));
		longer.status.size = size;
		strcpy(longer.status.name, "a");
		MQ_EQ(mq_ioctl(fd, MQ_IOC_STATUS, &longer), 0);
		check_structure(&longer, &expected, sizeof(expected), size);

		poison_stack(fd);
		out_prepare();
		list.entries = (uintptr_t)out;
		list.entry_size = size;
		list.count = 9;
		list.position = 0;
		MQ_EQ(mq_ioctl(fd, MQ_IOC_LIST, &list), 0);
		MQ_EQ(list.count, 2);
		check_same("an entry", out, &expected, sizeof(expected));
		check_same("an entry", out + size, &second, sizeof(second));
		for (i = 0; i < 2; i++)
			for (tail = sizeof(expected); tail < size; tail++)
				MQ_EQ(out[i * size + tail], 0);
		check_untouched(2 * size);
	}
	memset(&longer, 0, sizeof(longer));
	longer.status.size = sizeof(expected);
	strcpy(longer.status.name, "nobody");
	longer.status.pid = 12345;
	MQ_EQ(mq_ioctl(fd, MQ_IOC_STATUS, &longer), -ENOENT);
	MQ_EQ(longer.status.pid, 12345);
	MQ_EQ(longer.status.accepted, 0);
}

/* Each is a small number, so none is what lay about, and they add up. */
static void check_totals(const struct mq_totals *t)
{
	const __u64 *figure = &t->names, *end = (const __u64 *)(t + 1);

	for (; figure < end; figure++)
		MQ_LE(*figure, 1 << 30);
	MQ_EQ(t->names, 1);
	mq_totals_check(t);
}

MQ_TEST(leak_totals, "TOTALS fills its structure and nothing behind it; who may not ask gets nothing",
	.open_to_all = true)
{
	static const struct mq_who eve = { .uid = 1001, .gid = 1001 };
	struct longer longer;
	size_t size;
	int fd = mq_dev();

	poison_all();
	mq_bound("a");
	for (size = sizeof(longer.totals); size <= sizeof(longer); size += 8) {
		memset(&longer, 0, sizeof(longer));
		longer.totals.size = size;
		poison_stack(fd);
		MQ_EQ(mq_ioctl(fd, MQ_IOC_TOTALS, &longer), 0);
		check_totals(&longer.totals);
		check_structure(&longer, &longer, sizeof(longer.totals), size);
	}
	mq_become_who(&eve);
	out_prepare();
	*(uint32_t *)out = sizeof(longer.totals);
	MQ_EQ(mq_ioctl(fd, MQ_IOC_TOTALS, out), -EPERM);
	check_untouched(sizeof(uint32_t));
}

MQ_TEST(leak_layout, "no structure of the interface has a hole that nobody fills")
{
	struct mq_exchange x;
	struct mq_passed p;
	struct mq_status s;
	struct mq_totals t;
	struct mq_frame f;
	struct mq_info i;
	struct mq_bind b;
	struct mq_list l;

	MQ_EQ(sizeof(f), 4 + 4 + 8 + 8 + 8 + 4 + 4 + 24);
	MQ_EQ(sizeof(i), 4 + 4 + 8 + 4 * 4 + 8 + 8 + 4 * 4);
	MQ_EQ(sizeof(b), 6 * 4 + 24 + 2 * 4 + 2 * 24);
	MQ_EQ(sizeof(p), 6 * 4 + 24);
	MQ_EQ(sizeof(x), 4 + 4 + 8 + 8 + 4 + 4 + 8);
	MQ_EQ(sizeof(t), 4 + 4 + 18 * 8);
	MQ_EQ(sizeof(s), 4 + 4 + 24 + 6 * 4 + 6 * 8);
	MQ_EQ(sizeof(l), 4 + 4 + 8 + 4 + 4);
}

/* ---- addresses -------------------------------------------------------------------------------- */

static int pointer_bits;	/* of the kernel */

static void pointers_find(void)
{
	struct utsname name;

	MQ_OK(uname(&name));
	if (!strcmp(name.machine, "x86_64") || !strcmp(name.machine, "aarch64") ||
	    !strcmp(name.machine, "riscv64"))
		pointer_bits = 64;
	else if (name.machine[0] == 'i' || !strncmp(name.machine, "arm", 3))
		pointer_bits = 32;
	else
		mq_skip("addresses of the kernel look like any number on %s", name.machine);
}

static bool is_pointer(uint64_t value)
{
	/* Small negative numbers are none. */
	if (pointer_bits == 64)
		return value >> 47 == 0x1ffff && value < -65536ULL;
	return pointer_bits == 32 && value >> 32 == 0 && value >= 0xc0000000 && value < 0xffff0000;
}

/* Numbers that a text shows, decimal or not. */
static void check_text(const char *where, const char *text)
{
	const char *at = text;

	while (*at) {
		size_t length = strspn(at, "0123456789abcdefABCDEF");

		if (length >= 8 && (is_pointer(strtoull(at, NULL, 16)) ||
				    is_pointer(strtoull(at, NULL, 10))))
			MQ_FAIL("%s shows an address: %s", where, text);
		if (!strncmp(at, "0x", 2) || !strncmp(at, "(null)", 6) || !strncmp(at, "(____", 5))
			MQ_FAIL("%s shows a pointer: %s", where, text);
		at += length ? length : 1;
	}
}

static void check_file(const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "re");

	if (!file)
		MQ_FAIL("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		check_text(path, line);
	fclose(file);
}

static void check_binary(const char *what, const void *bytes, size_t size)
{
	uint64_t wide;
	uint32_t narrow;
	size_t i;

	for (i = 0; i + 8 <= size; i++) {
		memcpy(&wide, (const char *)bytes + i, 8);
		if (pointer_bits == 64 && is_pointer(wide))
			MQ_FAIL("%s has an address at byte %zu: %#llx", what, i, (unsigned long long)wide);
	}
	for (i = 0; i + 4 <= size; i += 4) {
		memcpy(&narrow, (const char *)bytes + i, 4);
		if (pointer_bits == 32 && is_pointer(narrow))
			MQ_FAIL("%s has an address at byte %zu: %#x", what, i, narrow);
	}
}

static void check_log(int log)
{
	char line[1024];
	int lines = 0;

	while (mq_log_next(log, line, sizeof(line), NULL)) {
		if (!strstr(line, "mq_driver"))
			continue;
		check_text("the log", line);
		lines++;
	}
	/* Loaded, full, overflow, nobody, size, discard. */
	MQ_GE(lines, 6);
}

static const char *const parameters[] = {
	"MAX_DEVICES", "QUEUE_LEN", "CMD_BUF_SIZE", "USER_ENDPOINTS", "USER_BYTES", "ROOT_DEVICES",
	"FAIR", "ISOLATE",
};

/* The time, and the cookie of a request, are any number. */
static void check_frames(const char *what, int fd)
{
	ssize_t got = mq_read(fd, out, sizeof(out)), i;

	MQ_GE(got, 1);
	for (i = 0; i < got; i += MQ_FRAME_SPACE(((struct mq_frame *)(out + i))->size)) {
		struct mq_frame *f = (struct mq_frame *)(out + i);
		const struct mq_passed *passed = (const struct mq_passed *)(f + 1);

		f->time = 0;
		if ((f->flags & MQ_FRAME_MONITOR ? passed->flags : f->flags) & MQ_FRAME_CALL)
			f->cookie = 0;
	}
	check_binary(what, out, got);
}

static void check_outputs(int alice, int bob, int see)
{
	static const char *const files[] = { "endpoints", "senders", "counters", "memory" };
	struct mq_totals totals;
	struct mq_status list[4];
	struct mq_info info;
	char path[128];
	size_t i;

	MQ_EQ(mq_ioc_info(alice, &info), 0);
	check_binary("INFO", &info, sizeof(info));
	MQ_EQ(mq_ioc_list_all(alice, list, 4), 2);
	check_binary("LIST", list, 2 * sizeof(list[0]));
	MQ_EQ(mq_ioc_totals(alice, &totals), 0);
	check_binary("TOTALS", &totals, sizeof(totals));
	check_frames("a read", bob);
	check_frames("a monitor's read", see);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/mq/%s", files[i]);
		check_file(path);
	}
	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		snprintf(path, sizeof(path), "/sys/module/mq_driver/parameters/%s", parameters[i]);
		check_file(path);
	}
}

MQ_TEST(leak_addresses, "no address of the kernel in any output: ioctls, frames, events, a monitor's frames, debugfs, parameters, every kind of log line",
	.no_module = true)
{
	int log = mq_log_open(), alice, bob, full, see, i;
	struct mq_caller *call;

	pointers_find();
	MQ_EQ(mq_load("MAX_DEVICES=2 CMD_BUF_SIZE=64 QUEUE_LEN=4"), 0);
	alice = mq_bound("alice");
	bob = mq_bound("bob", .flags = MQ_BIND_EVENTS);
	see = mq_bound("", .flags = MQ_BIND_MONITOR, .snap = MQ_SNAP_MAX);
	full = mq_dev();
	MQ_EQ(mq_bind(full, "full"), -ENOSPC);
	call = mq_call_begin(alice, "bob", "request");
	MQ_EQ(mq_frame_send_text(alice, "bob", "frame"), 0);
	MQ_EQ(mq_frame_send_text(alice, "nobody", "x"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "bob",
				 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX"), -EMSGSIZE);
	check_outputs(alice, bob, see);
	for (i = 0; i < 6; i++)
		MQ_EQ(mq_frame_send_text(bob, "alice", "overflows"), 0);
	close(bob);
	mq_call_end(call);
	close(alice);
	close(full);
	close(see);
	MQ_EQ(mq_unload(), 0);
	check_log(log);
}
