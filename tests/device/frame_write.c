// SPDX-License-Identifier: GPL-2.0-only
/*
 * write(2) on a bound file: one or more whole frames.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <sys/uio.h>

static int alice, bob;
static char batch[16384] __attribute__((aligned(8)));

static void setup(void)
{
	alice = mq_bound("alice");
	bob = mq_bound("bob");
}

static size_t push(size_t at, const char *name, const char *text)
{
	return mq_frame_push_text(batch, at, name, text);
}

MQ_TEST(frame_write_reaches, "a frame reaches the endpoint of that name, and only that; bytes consumed are returned")
{
	int carol = mq_bound("carol");

	setup();
	MQ_EQ(mq_frame_send(alice, "bob", 0, 7, "hello\0\n", 7), 72);
	MQ_EQ(mq_frame_receive(bob, batch, 8), 72);
	MQ_TRUE(!memcmp(batch + 64, "hello\0\n", 8));
	MQ_FRAME_EMPTY(carol);
	MQ_FRAME_EMPTY(alice);
}

MQ_TEST(frame_write_several, "one write takes several frames, to several destinations, in their order")
{
	int carol = mq_bound("carol");
	size_t at = 0;

	setup();
	at = push(at, "bob", "one");
	at = push(at, "carol", "two");
	at = push(at, "bob", "a longer third one");
	at = mq_frame_push(batch, at, "", MQ_FRAME_BROADCAST, 0, "four", 4);
	at = push(at, "alice", "five");
	MQ_EQ(mq_write(alice, batch, at), at);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_FRAME_READS(bob, "alice", "a longer third one");
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "four");
	MQ_FRAME_READS(carol, "alice", "two");
	MQ_FRAME_READS_FLAGS(carol, "alice", MQ_FRAME_BROADCAST, "four");
	MQ_FRAME_READS(alice, "alice", "five");
	MQ_FRAME_EMPTY(alice);
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(carol);
}

MQ_TEST(frame_write_sizes, "the next frame begins at the next multiple of 8, whatever the payload's size",
	.params = "QUEUE_LEN=64")
{
	char text[41] = "";
	size_t at = 0;
	int i;

	setup();
	for (i = 0; i < 40; i++) {
		text[i] = 'a' + i % 26;
		at = push(at, "bob", text);
	}
	MQ_EQ(mq_write(alice, batch, at), at);
	memset(text, 0, sizeof(text));
	for (i = 0; i < 40; i++) {
		text[i] = 'a' + i % 26;
		MQ_FRAME_READS(bob, "alice", text);
	}
}

MQ_TEST(frame_write_padding, "padding is ignored when written, and zero when read")
{
	size_t at = 0, end;
	int size;

	setup();
	for (size = 1; size <= 8; size++) {
		end = mq_frame_push(batch, at, "bob", 0, 0, "abcdefgh", size);
		memset(batch + at + 64 + size, 0xee, end - at - 64 - size);
		at = end;
	}
	MQ_EQ(mq_write(alice, batch, at), at);
	/* mq_frame_check looks at each frame's padding. */
	for (size = 1; size <= 8; size++) {
		char text[9] = "abcdefgh";

		text[size] = 0;
		MQ_FRAME_READS(bob, "alice", text);
	}
}

MQ_TEST(frame_write_padding_missing, "padding may be missing at the end, in part or all of it")
{
	size_t at, length;

	setup();
	for (length = 65; length <= 72; length++) {
		push(0, "bob", "x");
		MQ_EQ(mq_write(alice, batch, length), length);
		MQ_FRAME_READS(bob, "alice", "x");
		at = push(0, "bob", "first");
		push(at, "bob", "x");
		MQ_EQ(mq_write(alice, batch, at + length), at + length);
		MQ_FRAME_READS(bob, "alice", "first");
		MQ_FRAME_READS(bob, "alice", "x");
	}
}

MQ_TEST(frame_write_unaligned, "frames may lie at any address")
{
	char *away = batch + 4096;
	int shift;

	setup();
	for (shift = 1; shift < 8; shift++) {
		size_t at = push(0, "bob", "one");

		at = push(at, "bob", "two");
		memcpy(away + shift, batch, at);
		MQ_EQ(mq_write(alice, away + shift, at), at);
		MQ_FRAME_READS(bob, "alice", "one");
		MQ_FRAME_READS(bob, "alice", "two");
	}
}

MQ_TEST(frame_write_empty, "an empty write returns 0 and sends nothing")
{
	setup();
	MQ_EQ(mq_write(alice, batch, 0), 0);
	MQ_EQ(writev(alice, NULL, 0), 0);
	MQ_FRAME_EMPTY(bob);
}

/* ---- when one of several fails ----------------------------------------- */

MQ_TEST(frame_write_partly, "if a later frame fails, the bytes before it, padding included, are returned; nothing behind it is sent")
{
	static const struct { const char *name; uint32_t flags; int error; } bad[] = {
		{ "nobody", 0, -ENOENT }, { "n@body", 0, -ENOENT },
		{ "", 0, -ENOENT }, { "bob", MQ_FRAME_EVENT, -EINVAL },
		{ "bob", MQ_FRAME_BROADCAST, -EINVAL },
		{ "full", 0, -ENOBUFS }, { "", MQ_FRAME_REPLY, -ENOENT },
	};
	size_t i, one, two, three;
	int full = mq_bound("full", .policy = MQ_POLICY_REJECT, .depth = 1);

	setup();
	MQ_EQ(mq_frame_send_text(alice, "full", "now it is"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		one = push(0, "bob", "1");
		two = mq_frame_push(batch, one, bad[i].name, bad[i].flags, 9, "xx", 2);
		three = push(two, "bob", "three");
		MQ_EQ(mq_write(alice, batch, three), one);
		MQ_FRAME_READS(bob, "alice", "1");
		MQ_FRAME_EMPTY(bob);
		/* Where it stopped its error shows. */
		MQ_EQ(mq_write(alice, batch + one, three - one), bad[i].error);
		MQ_FRAME_EMPTY(bob);
		MQ_EQ(mq_write(alice, batch + two, three - two), three - two);
		MQ_FRAME_READS(bob, "alice", "three");
	}
	MQ_FRAME_READS(full, "alice", "now it is");
	MQ_FRAME_EMPTY(full);
}

MQ_TEST(frame_write_partly_cut, "so too if the write ends within a later frame")
{
	size_t one, two, length;

	setup();
	one = push(0, "bob", "1");
	two = push(one, "bob", "second");
	for (length = one + 1; length < two - 2; length++) {
		MQ_EQ(mq_write(alice, batch, length), one);
		MQ_FRAME_READS(bob, "alice", "1");
		MQ_FRAME_EMPTY(bob);
	}
}

MQ_TEST(frame_write_partly_size, "so too if a later frame is too long", .params = "CMD_BUF_SIZE=64")
{
	char text[66];
	size_t one, two, three;

	setup();
	memset(text, 'x', 65);
	text[65] = 0;
	one = push(0, "bob", "1");
	two = push(one, "bob", text);
	three = push(two, "bob", "3");
	MQ_EQ(mq_write(alice, batch, three), one);
	MQ_EQ(mq_write(alice, batch + one, three - one), -EMSGSIZE);
	MQ_FRAME_READS(bob, "alice", "1");
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_write_first_fails, "if the first frame fails its error is returned, and nothing is sent")
{
	size_t at = 0;

	setup();
	at = push(at, "nobody", "x");
	at = push(at, "bob", "one");
	at = mq_frame_push(batch, at, "", MQ_FRAME_BROADCAST, 0, "two", 3);
	MQ_EQ(mq_write(alice, batch, at), -ENOENT);
	batch[4] = 0x40;
	MQ_EQ(mq_write(alice, batch, at), -EINVAL);
	MQ_FRAME_EMPTY(bob);
}

/* ---- memory ------------------------------------------------------------ */

MQ_TEST(frame_write_efault, "EFAULT where a frame is not there: in its header, in its payload, or in a later one")
{
	size_t at, seen;
	char *edge;

	setup();
	at = push(0, "bob", "first");
	at = push(at, "bob", "second");
	for (seen = 0; seen < at; seen++) {
		edge = mq_edge_new(seen);
		memcpy(edge, batch, seen);
		if (seen < 64 + 5)
			MQ_EQ(mq_write(alice, edge, at), -EFAULT);
		else if (seen < 72 + 64 + 6)
			MQ_EQ(mq_write(alice, edge, at), 72);
		else
			break;
		if (seen >= 64 + 5)
			MQ_FRAME_READS(bob, "alice", "first");
		MQ_FRAME_EMPTY(bob);
	}
	MQ_EQ(mq_write(alice, NULL, 72), -EFAULT);
}

MQ_TEST(frame_write_vector, "writev takes frames however they are cut")
{
	struct iovec parts[144];
	size_t at, i, count;

	setup();
	at = push(0, "bob", "first");
	at = push(at, "bob", "second");
	MQ_EQ(at, 144);
	for (count = 1; count <= 144; count++) {
		size_t step = (at + count - 1) / count, used = 0;

		for (i = 0; used < at; i++) {
			parts[i].iov_base = batch + used;
			parts[i].iov_len = step < at - used ? step : at - used;
			used += parts[i].iov_len;
		}
		MQ_EQ(MQ_OK(writev(alice, parts, i)), at);
		MQ_FRAME_READS(bob, "alice", "first");
		MQ_FRAME_READS(bob, "alice", "second");
	}
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_write_header_apart, "a header and its payload may come from two places, with empty parts between")
{
	struct mq_frame head = mq_frame_make("bob", 0, 5, 5);
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { NULL, 0 }, { "hel", 3 },
		{ NULL, 0 }, { "lo", 2 },
	};

	setup();
	MQ_EQ(MQ_OK(writev(alice, parts, 5)), 69);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "hello")->cookie, 5);
}

MQ_TEST(frame_write_many, "hundreds of frames in one write, none lost, in their order",
	.params = "QUEUE_LEN=200")
{
	size_t at = 0;
	char text[16];
	int i;

	setup();
	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "%d", i);
		at = push(at, "bob", text);
	}
	MQ_EQ(mq_write(alice, batch, at), at);
	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "%d", i);
		MQ_EQ(MQ_FRAME_READS(bob, "alice", text)->sequence, i + 1);
	}
}

MQ_TEST(frame_write_largest, "a payload of the largest CMD_BUF_SIZE goes through whole",
	.params = "CMD_BUF_SIZE=1048576")
{
	size_t size = 1048576, i;
	uint32_t *payload = malloc(size), *got = malloc(size + 64);

	setup();
	for (i = 0; i < size / 4; i++)
		payload[i] = i * 2654435761U;
	MQ_EQ(mq_frame_send(alice, "bob", 0, 0, payload, size), size + 64);
	MQ_EQ(mq_frame_receive(bob, got, size - 8), -EMSGSIZE);
	MQ_EQ(mq_frame_receive(bob, got, size), size + 64);
	MQ_TRUE(!memcmp(got + 16, payload, size));
	MQ_EQ(mq_frame_send(alice, "bob", 0, 0, malloc(size + 8), size + 1), -EMSGSIZE);
}
