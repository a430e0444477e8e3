// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of a frame that is written: what each field may be.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#define PAYLOAD "payload"

/* A frame to bob, to be spoiled. */
struct written {
	struct mq_frame frame;
	char payload[8];
};

static struct written good(void)
{
	struct written w = {
		.frame = mq_frame_make("bob", 0, 0, strlen(PAYLOAD)),
		.payload = PAYLOAD,
	};

	return w;
}

static ssize_t put(int fd, struct written w)
{
	return mq_write(fd, &w, sizeof(w));
}

static int alice, bob;

static void setup(void)
{
	alice = mq_bound("alice");
	bob = mq_bound("bob");
}

/* It was refused, and nothing came of it. */
static void check_refused(struct written w, int error)
{
	MQ_EQ(put(alice, w), error);
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(alice);
}

MQ_TEST(frame_header_layout, "the header has 64 bytes, with each field where the interface says")
{
	struct mq_frame frame = mq_frame_make("bob", 0, 0x1122334455667788, 3);
	unsigned char raw[72] = { 0 };

	setup();
	MQ_EQ(sizeof(struct mq_frame), 64);
	MQ_EQ(offsetof(struct mq_frame, size), 0);
	MQ_EQ(offsetof(struct mq_frame, flags), 4);
	MQ_EQ(offsetof(struct mq_frame, sequence), 8);
	MQ_EQ(offsetof(struct mq_frame, time), 16);
	MQ_EQ(offsetof(struct mq_frame, cookie), 24);
	MQ_EQ(offsetof(struct mq_frame, pid), 32);
	MQ_EQ(offsetof(struct mq_frame, uid), 36);
	MQ_EQ(offsetof(struct mq_frame, name), 40);
	/* And the driver thinks so too. */
	memcpy(raw, &(uint32_t){ 67 }, 4);
	memcpy(raw + 24, &frame.cookie, 8);
	strcpy((char *)raw + 40, "bob");
	memcpy(raw + 64, "hi!", 3);
	MQ_EQ(mq_write(alice, raw, sizeof(raw)), sizeof(raw));
	MQ_EQ(mq_read(bob, raw, sizeof(raw)), sizeof(raw));
	MQ_EQ(*(uint32_t *)raw, 67);
	MQ_EQ(*(uint32_t *)(raw + 4), 0);
	MQ_EQ(*(uint64_t *)(raw + 8), 1);
	MQ_EQ(*(uint64_t *)(raw + 24), 0x1122334455667788);
	MQ_EQ(*(uint32_t *)(raw + 32), getpid());
	MQ_EQ(*(uint32_t *)(raw + 36), 0);
	MQ_TRUE(!strcmp((char *)raw + 40, "alice"));
	MQ_TRUE(!memcmp(raw + 64, "hi!\0\0\0\0\0", 8));
}

MQ_TEST(frame_header_size_small, "a size under 64 + 1 is EINVAL: there is no empty payload")
{
	struct written w = good();
	uint32_t size;

	setup();
	for (size = 0; size <= 64; size++) {
		w.frame.size = size;
		check_refused(w, -EINVAL);
	}
	w.frame.size = 65;
	MQ_EQ(put(alice, w), 72);
	MQ_FRAME_READS(bob, "alice", "p");
}

MQ_TEST(frame_header_size_beyond, "a size beyond what was written is EINVAL")
{
	static const uint32_t sizes[] = { 73, 80, 128, 4096, 64 + 4096,
		64 + 4097, 1 << 20, 1U << 31, ~0U - 7, ~0U };
	struct written w = good();
	size_t i;

	setup();
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		w.frame.size = sizes[i];
		check_refused(w, -EINVAL);
	}
}

MQ_TEST(frame_header_cut, "a write that ends within a header, or within a payload, is EINVAL")
{
	struct written w = good();
	size_t length;

	setup();
	for (length = 1; length < w.frame.size; length++) {
		MQ_EQ(mq_write(alice, &w, length), -EINVAL);
		MQ_FRAME_EMPTY(bob);
	}
	MQ_EQ(mq_write(alice, &w, w.frame.size), w.frame.size);
	MQ_FRAME_READS(bob, "alice", PAYLOAD);
}

MQ_TEST(frame_header_payload, "the payload has 1 to CMD_BUF_SIZE bytes, one more is EMSGSIZE",
	.params = "CMD_BUF_SIZE=100")
{
	char text[128] = "";
	int size;

	setup();
	for (size = 1; size <= 100; size++) {
		text[size - 1] = 'a' + size % 26;
		MQ_EQ(mq_frame_send_text(alice, "bob", text), 0);
		MQ_FRAME_READS(bob, "alice", text);
	}
	for (; size < 128; size++) {
		text[size - 1] = 'x';
		MQ_EQ(mq_frame_send_text(alice, "bob", text), -EMSGSIZE);
	}
	MQ_FRAME_EMPTY(bob);
}

/* TOO_MUCH bytes of payload, whole, in a frame that FRAME says. */
static void check_order(struct mq_frame frame, int error)
{
	enum { too_much = 104 };
	struct { struct mq_frame frame; char payload[too_much]; } w;

	memset(&w, 'x', sizeof(w));
	w.frame = frame;
	w.frame.size = sizeof(w);
	MQ_EQ(mq_write(alice, &w, sizeof(w)), error);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_header_malformed_first, "malformed is EINVAL before EMSGSIZE, and that is before the destination",
	.params = "CMD_BUF_SIZE=100")
{
	struct mq_frame f;

	setup();
	check_order(good().frame, -EMSGSIZE);
	f = good().frame;
	f.flags = 1U << 31;
	check_order(f, -EINVAL);
	f = good().frame;
	f.sequence = 1;
	check_order(f, -EINVAL);
	f = good().frame;
	f.time = 1;
	check_order(f, -EINVAL);
	f = good().frame;
	f.pid = 1;
	check_order(f, -EINVAL);
	f = good().frame;
	f.uid = 1;
	check_order(f, -EINVAL);
	f = good().frame;
	f.name[10] = 'x';
	check_order(f, -EINVAL);
	f = good().frame;
	f.flags = MQ_FRAME_BROADCAST;
	check_order(f, -EINVAL);
	/* The name is well-formed, but nobody's, or nobody's ever. */
	check_order(mq_frame_make("nobody", 0, 0, 1), -EMSGSIZE);
	check_order(mq_frame_make("n@body", 0, 0, 1), -EMSGSIZE);
}

MQ_TEST(frame_header_flags, "an unknown flag, or one that is only read, is EINVAL")
{
	struct written w = good();
	int bit;

	setup();
	for (bit = 0; bit < 32; bit++) {
		w.frame.flags = 1U << bit;
		if (w.frame.flags == MQ_FRAME_DONTWAIT)
			continue;
		/* With a name a broadcast and a reply are malformed, too. */
		check_refused(w, -EINVAL);
		w.frame.flags |= MQ_FRAME_DONTWAIT;
		check_refused(w, -EINVAL);
		if (bit < 4)
			continue;
		w.frame.flags = 1U << bit | MQ_FRAME_BROADCAST;
		memset(w.frame.name, 0, MQ_NAME_SIZE);
		check_refused(w, -EINVAL);
		w = good();
	}
	w = good();
	w.frame.flags = MQ_FRAME_DONTWAIT;
	MQ_EQ(put(alice, w), sizeof(w));
	/* It asks the driver for something; the reader does not get it. */
	MQ_FRAME_READS(bob, "alice", PAYLOAD);
}

MQ_TEST(frame_header_zero, "sequence, time, pid and uid must be 0 when written, else EINVAL")
{
	struct written w;
	int bit;

	setup();
	for (bit = 0; bit < 64; bit++) {
		w = good();
		w.frame.sequence = 1ULL << bit;
		check_refused(w, -EINVAL);
		w = good();
		w.frame.time = 1ULL << bit;
		check_refused(w, -EINVAL);
	}
	for (bit = 0; bit < 32; bit++) {
		w = good();
		w.frame.pid = 1U << bit;
		check_refused(w, -EINVAL);
		w = good();
		w.frame.uid = 1U << bit;
		check_refused(w, -EINVAL);
	}
	w = good();
	w.frame.pid = getpid();
	check_refused(w, -EINVAL);
}

MQ_TEST(frame_header_cookie, "the cookie is the sender's to choose, every bit of it")
{
	struct written w;
	struct mq_frame got[2];
	int bit;

	setup();
	for (bit = 0; bit < 64; bit++) {
		w = good();
		w.frame.cookie = 1ULL << bit | 1;
		MQ_EQ(put(alice, w), sizeof(w));
		MQ_EQ(mq_frame_receive(bob, got, 8), sizeof(w));
		MQ_EQ(got[0].cookie, 1ULL << bit | 1);
	}
}

MQ_TEST(frame_header_name_terminated, "a name without NUL, or with a byte behind its NUL, is EINVAL")
{
	struct written w = good();
	int i;

	setup();
	for (i = 4; i < MQ_NAME_SIZE; i++) {
		w = good();
		w.frame.name[i] = i % 2 ? 'x' : -1;
		check_refused(w, -EINVAL);
	}
	memset(w.frame.name, 'x', MQ_NAME_SIZE);
	check_refused(w, -EINVAL);
	w = good();
	w.frame.name[0] = 0;
	check_refused(w, -EINVAL);
}

MQ_TEST(frame_header_name_impossible, "an impossible name, the empty one too, is ENOENT as a destination")
{
	struct written w;
	int byte;

	setup();
	for (byte = 1; byte <= 0xff; byte++) {
		if (byte >= 0x21 && byte <= 0x7e && byte != '@')
			continue;
		w = good();
		w.frame.name[1] = byte;
		check_refused(w, -ENOENT);
		w = good();
		w.frame.name[0] = byte;
		check_refused(w, -ENOENT);
	}
	w = good();
	memset(w.frame.name, 0, MQ_NAME_SIZE);
	check_refused(w, -ENOENT);
}

MQ_TEST(frame_header_name_nobody, "a name that nobody has is ENOENT, also if it only begins as one that somebody has")
{
	setup();
	MQ_EQ(mq_frame_send_text(alice, "nobody", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "bo", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "bobo", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "Bob", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, ".bob", "hi"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "12345678901234567890123", "hi"), -ENOENT);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(frame_header_broadcast, "a broadcast is a flag with an empty name; with a name it is EINVAL")
{
	int carol = mq_bound("carol");

	setup();
	MQ_EQ(mq_frame_broadcast(alice, "to all"), 0);
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "to all");
	MQ_FRAME_READS_FLAGS(carol, "alice", MQ_FRAME_BROADCAST, "to all");
	MQ_FRAME_EMPTY(alice);
	MQ_EQ(mq_frame_send_flags(alice, "bob", MQ_FRAME_BROADCAST, "x"), -EINVAL);
	MQ_EQ(mq_frame_send_flags(alice, "alice", MQ_FRAME_BROADCAST, "x"), -EINVAL);
	MQ_EQ(mq_frame_send_flags(alice, "nobody", MQ_FRAME_BROADCAST, "x"), -EINVAL);
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(carol);
}
