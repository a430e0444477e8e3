// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_PEEK: the next frames, without taking them.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"

#include <sys/mman.h>

static char room[MQ_FRAME_ROOM] __attribute__((aligned(8)));

static long peek(int fd, size_t size)
{
	memset(room, 0x5a, sizeof(room));
	return mq_ioc_peek(fd, room, size);
}

/* Peeking shows these texts of alice, with these numbers, and nothing else. */
static void check_peek(int fd, int count, const char *const *texts, const int *numbers)
{
	long got = peek(fd, sizeof(room));
	const struct mq_frame *frame;
	size_t at = 0;
	int i;

	MQ_GE(got, 0);
	for (i = 0; i < count; i++) {
		frame = mq_frame_next(room, got, &at);
		MQ_FRAME_IS(frame, "alice", 0, texts[i]);
		MQ_EQ(frame->sequence, numbers[i]);
	}
	MQ_EQ(got, at);
}

static bool is_same(const struct mq_status *a, const struct mq_status *b)
{
	return a->queued == b->queued && a->accepted == b->accepted &&
	       a->delivered == b->delivered && a->overwritten == b->overwritten &&
	       a->discarded == b->discarded && a->rejected == b->rejected;
}

MQ_TEST(peek_takes_nothing, "peek shows what read will give, and consumes and counts nothing")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	struct mq_status before, after;
	char again[72];

	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	before = mq_status_of("bob");
	for (i = 0; i < 5; i++) {
		MQ_EQ(peek(bob, sizeof(room)), 72);
		MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	}
	after = mq_status_of("bob");
	MQ_TRUE(is_same(&before, &after));
	MQ_EQ(mq_read(bob, again, sizeof(again)), 72);
	MQ_EQ(memcmp(room, again, 72), 0);
	MQ_EQ(mq_status_of("bob").delivered, 1);
}

MQ_TEST(peek_several, "as many frames as fit, in order, padded as read does it")
{
	static const char *const texts[] = { "one", "the second", "3" };
	static const int numbers[] = { 1, 2, 3 };
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	size_t size;

	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", texts[i]), 0);
	check_peek(bob, 3, texts, numbers);
	/* 72, 80 and 72 bytes: where each ends, and one byte less. */
	for (size = 72; size <= 224; size++) {
		long whole = size < 152 ? 72 : size < 224 ? 152 : 224;

		MQ_EQ(peek(bob, size), whole);
		for (i = whole; i < (int)sizeof(room); i++)
			MQ_EQ(room[i], 0x5a);
	}
	check_peek(bob, 3, texts, numbers);
	for (i = 0; i < 3; i++)
		MQ_FRAME_READS(bob, "alice", texts[i]);
}

MQ_TEST(peek_empty, "0 when there is nothing, at once, however the file was opened")
{
	int bob = mq_bound("bob"), nonblock = mq_bound_nonblock("");

	MQ_EQ(peek(bob, sizeof(room)), 0);
	MQ_EQ(peek(bob, 0), 0);
	MQ_EQ(peek(nonblock, sizeof(room)), 0);
	MQ_EQ(mq_frame_send_text(nonblock, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "", "hi");
	MQ_EQ(peek(bob, sizeof(room)), 0);
}

MQ_TEST(peek_too_small, "EMSGSIZE when not even the first fits")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), size;

	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	for (size = 0; size < 72; size++)
		MQ_EQ(peek(bob, size), -EMSGSIZE);
	MQ_EQ(peek(bob, 72), 72);
}

MQ_TEST(peek_staged, "what is staged comes first, and then the mailbox", .params = "QUEUE_LEN=2")
{
	static const char *const texts[] = { "one", "three", "four" };
	static const int numbers[] = { 1, 3, 4 };
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;

	MQ_EQ(mq_frame_send_text(alice, "bob", "one"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "two"), 0);
	MQ_EQ(mq_read(bob, page, 72), -EFAULT);
	MQ_EQ(mq_frame_send_text(alice, "bob", "three"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "four"), 0);
	check_peek(bob, 3, texts, numbers);
	MQ_EQ(peek(bob, 72), 72);
	MQ_FRAME_IS((struct mq_frame *)room, "alice", 0, "one");
	check_peek(bob, 3, texts, numbers);
	for (i = 0; i < 3; i++)
		MQ_EQ(MQ_FRAME_READS(bob, "alice", texts[i])->sequence, numbers[i]);
}

MQ_TEST(peek_unmapped, "EFAULT: nothing is lost")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_EQ(mq_ioc_peek(bob, page, 4096), -EFAULT);
	MQ_EQ(mq_ioc_peek(bob, NULL, 4096), -EFAULT);
	MQ_EQ(mq_status_of("bob").queued, 1);
	MQ_FRAME_READS(bob, "alice", "hi");
}

MQ_TEST(peek_checked, "send, send_size and timeout must be 0")
{
	struct mq_exchange x = { .size = sizeof(x), .receive = (uintptr_t)room,
				 .receive_size = sizeof(room) };
	int bob = mq_bound("bob");

	MQ_EQ(mq_ioctl(bob, MQ_IOC_PEEK, &x), 0);
	x.send_size = 72;
	MQ_EQ(mq_ioctl(bob, MQ_IOC_PEEK, &x), -EINVAL);
	x.send_size = 0;
	x.timeout = 1;
	MQ_EQ(mq_ioctl(bob, MQ_IOC_PEEK, &x), -EINVAL);
	x.timeout = MQ_FOREVER;
	MQ_EQ(mq_ioctl(bob, MQ_IOC_PEEK, &x), -EINVAL);
}

MQ_TEST(peek_all_kinds, "messages, broadcasts, requests, events and text are seen as they will be read")
{
	int bob = mq_bound("bob", .flags = MQ_BIND_EVENTS), text = mq_dev(), alice;
	struct mq_caller *call;
	char again[5 * 72];

	alice = mq_bound("alice");			/* 64 */
	MQ_EQ(mq_frame_broadcast(alice, "all"), 0);	/* 72 */
	call = mq_call_begin(alice, "bob", "ping");	/* 72 */
	MQ_EQ(mq_cmd(text, "/reg carol"), 0);		/* 64 */
	MQ_EQ(mq_cmd(text, "/msg bob text"), 0);	/* 72 */
	MQ_EQ(peek(bob, sizeof(room)), 344);
	MQ_EQ(mq_read(bob, again, sizeof(again)), 344);
	MQ_EQ(memcmp(room, again, 344), 0);
	/* Peeking has not taken the request: it was answered to a reader. */
	MQ_EQ(mq_frame_reply(bob, ((struct mq_frame *)(room + 136))->cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(peek_gives_no_room, "peek makes no room: who waits for it goes on waiting",
	.params = "QUEUE_LEN=1")
{
	struct mq_peer *alice = mq_peer_bound("alice");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);

	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "one"), 0);
	mq_peer_frame_send_asleep(alice, "bob", "two");
	MQ_EQ(peek(bob, sizeof(room)), 72);
	MQ_EQ(peek(bob, sizeof(room)), 72);
	MQ_EQ(mq_status_of("bob").accepted, 1);
	MQ_TRUE(!mq_peer_is_done(alice));
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_EQ(mq_peer_end(alice), 0);
	MQ_FRAME_READS(bob, "alice", "two");
}

/* ---- while another thread reads, and others write ---------------------------- */

#define MESSAGES 3000

struct busy {
	int alice, bob;
	volatile bool done;
};

static void *busy_sender(void *arg)
{
	struct busy *busy = arg;
	char text[32];
	int i;

	for (i = 1; i <= MESSAGES; i++) {
		sprintf(text, "message %d", i);
		MQ_EQ(mq_frame_send_text(busy->alice, "bob", text), 0);
	}
	return NULL;
}

static void *busy_reader(void *arg)
{
	struct busy *busy = arg;
	char bytes[256] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	uint64_t last = 0;

	while (last < MESSAGES) {
		ssize_t got = mq_read(busy->bob, bytes, sizeof(bytes));
		size_t at = 0;

		MQ_GE(got, 72);
		while ((frame = mq_frame_next(bytes, got, &at)))
			MQ_EQ(frame->sequence, ++last);
	}
	busy->done = true;
	return NULL;
}

/* Whole frames, each its own text and number, in ascending order. */
static void busy_check(long got)
{
	const struct mq_frame *frame;
	uint64_t last = 0;
	char text[32];
	size_t at = 0;

	while ((frame = mq_frame_next(room, got, &at))) {
		MQ_GE(frame->sequence, last + 1);
		last = frame->sequence;
		sprintf(text, "message %llu", (unsigned long long)last);
		MQ_FRAME_IS(frame, "alice", 0, text);
	}
}

MQ_TEST(peek_concurrent, "peeks while others read and send show whole frames in order, and disturb nobody",
	.params = "QUEUE_LEN=8", .timeout = 120)
{
	struct busy busy = { .done = false };
	pthread_t sender, reader;
	struct mq_status s;
	long got;

	busy.alice = mq_bound("alice");
	busy.bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	MQ_EQ(pthread_create(&sender, NULL, busy_sender, &busy), 0);
	/* Once at least, before the reader has had them all. */
	while (!peek(busy.bob, sizeof(room)))
		;
	MQ_EQ(pthread_create(&reader, NULL, busy_reader, &busy), 0);
	while (!busy.done) {
		got = peek(busy.bob, sizeof(room));
		MQ_GE(got, 0);
		busy_check(got);
	}
	MQ_EQ(pthread_join(sender, NULL), 0);
	MQ_EQ(pthread_join(reader, NULL), 0);
	s = mq_status_of("bob");
	MQ_EQ(s.delivered, MESSAGES);
	MQ_EQ(s.overwritten, 0);
}
