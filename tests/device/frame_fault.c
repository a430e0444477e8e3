// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames where memory fails: buffers that are not there, allocations and copies that
 * the kernel's fault injection makes fail. Nothing is lost or sent twice.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "fault_lib.h"

#include <sys/uio.h>

static char bytes[8192] __attribute__((aligned(8)));

static void check_queued(const char *name, long queued, long delivered)
{
	struct mq_status s = mq_status_of(name);

	MQ_EQ(s.queued, queued);
	MQ_EQ(s.delivered, delivered);
	MQ_EQ(s.overwritten, 0);
}

static void send_three(int fd, const char *to)
{
	MQ_EQ(mq_frame_send_text(fd, to, "one"), 0);
	MQ_EQ(mq_frame_send_text(fd, to, "two"), 0);
	MQ_EQ(mq_frame_send_text(fd, to, "three"), 0);
}

static size_t push_three(void *at, const char *to)
{
	size_t size = mq_frame_push_text(at, 0, to, "one");

	size = mq_frame_push_text(at, size, to, "two");
	return mq_frame_push_text(at, size, to, "three");
}

static const char *const three[] = { "one", "two", "three" };

/* The rest of the three, from the one with this index on, each once. */
static void check_rest(int fd, int index)
{
	for (; index < 3; index++)
		MQ_FRAME_READS(fd, "alice", three[index]);
	MQ_FRAME_EMPTY(fd);
}

/* ---- buffers that are not there, or end in the middle ------------------------ */

MQ_TEST(frame_read_unmapped, "a read into an unmapped buffer is EFAULT; every frame is still there")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	char *end = mq_edge_new(0);
	struct iovec parts[2] = { { bytes, 20 }, { end, 1000 } };

	send_three(alice, "bob");
	MQ_EQ(mq_read(bob, end, 1000), -EFAULT);
	MQ_EQ(mq_read(bob, NULL, 1000), -EFAULT);
	MQ_EQ(mq_read(bob, (void *)-4096L, 1000), -EFAULT);
	MQ_ERR(readv(bob, parts, 2), EFAULT);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	check_queued("bob", 3, 0);
	check_rest(bob, 0);
	check_queued("bob", 0, 3);
}

MQ_TEST(frame_read_cliff, "a read that faults in the middle delivers whole frames only, and loses none")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), mapped;
	char *end = mq_edge_new(0);

	for (mapped = 4; mapped < 216; mapped += 4) {
		long got, whole = mapped / 72 * 72;
		size_t at = 0;
		int i = 0;

		send_three(alice, "bob");
		got = mq_read(bob, end - mapped, 1000);
		MQ_EQ(got, whole ? whole : -EFAULT);
		for (; got > 0 && (long)at < got; i++)
			MQ_FRAME_IS(mq_frame_next(end - mapped, got, &at), "alice", 0, three[i]);
		check_rest(bob, i);
	}
}

MQ_TEST(frame_write_cliff, "a write that faults in the middle sends the whole frames before it, or is EFAULT")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), mapped, i;
	char *end = mq_edge_new(0);

	push_three(bytes, "bob");
	for (mapped = 0; mapped < 208; mapped += 4) {
		/* The padding, which nobody looks at, may end in nothing. */
		int whole = mapped / 72 + (mapped % 72 >= 67);

		memcpy(end - mapped, bytes, mapped);
		MQ_EQ(mq_write(alice, end - mapped, 216), whole ? whole * 72 : -EFAULT);
		for (i = 0; i < whole; i++)
			MQ_FRAME_READS(bob, "alice", three[i]);
		MQ_FRAME_EMPTY(bob);
	}
	MQ_EQ(mq_write(alice, NULL, 72), -EFAULT);
	MQ_EQ(mq_status_of("bob").rejected, 0);
}

MQ_TEST(frame_reply_cliff, "a reply that cannot be copied is EFAULT, and the call goes on")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), mapped;
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
	char *end = mq_edge_new(0);
	uint32_t size = 72;

	mq_frame_push(bytes, 0, "", MQ_FRAME_REPLY, cookie, "pong", 4);
	for (mapped = 0; mapped < 68; mapped += 4) {
		memcpy(end - mapped, bytes, mapped);
		MQ_EQ(mq_write(bob, end - mapped, 72), -EFAULT);
		MQ_EQ(mq_ioc_receive(bob, end - mapped, &size, bytes + 4096, 4096, 0), -EFAULT);
		MQ_EQ(size, 72);
	}
	MQ_EQ(mq_write(bob, bytes, 72), 72);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(frame_ioctl_cliff, "an ioctl whose structure ends in nothing is EFAULT, and does nothing")
{
	static const unsigned long commands[] = {
		MQ_IOC_INFO, MQ_IOC_BIND, MQ_IOC_CALL, MQ_IOC_RECEIVE, MQ_IOC_PEEK,
		MQ_IOC_STATUS, MQ_IOC_LIST
	};
	static const uint32_t sizes[] = {
		sizeof(struct mq_info), sizeof(struct mq_bind), sizeof(struct mq_exchange),
		sizeof(struct mq_exchange), sizeof(struct mq_exchange),
		sizeof(struct mq_status), sizeof(struct mq_list)
	};
	int bob = mq_bound("bob"), fresh = mq_dev(), i;
	char *end = mq_edge_new(0);
	uint32_t mapped;

	for (i = 0; i < 7; i++) {
		for (mapped = 0; mapped < sizes[i]; mapped += 4) {
			memset(end - mapped, 0, mapped);
			if (mapped)
				memcpy(end - mapped, &sizes[i], 4);
			MQ_EQ(mq_ioctl(i == 1 ? fresh : bob, commands[i], end - mapped), -EFAULT);
		}
	}
	MQ_EQ(mq_poll(fresh), POLLERR | POLLOUT);
	check_queued("bob", 0, 0);
	MQ_EQ(mq_bind(fresh, "fresh"), 0);
}

MQ_TEST(frame_list_cliff, "entries that cannot be copied are EFAULT")
{
	int fd = mq_bound("alice"), mapped;
	char *end = mq_edge_new(0);
	uint32_t position;

	mq_bound("bob");
	for (mapped = 0; mapped < (int)(2 * sizeof(struct mq_status)); mapped += 8) {
		position = 0;
		MQ_EQ(mq_ioc_list(fd, (void *)(end - mapped), 2, &position), -EFAULT);
	}
	position = 0;
	MQ_EQ(mq_ioc_list(fd, (void *)(end - mapped), 2, &position), 2);
}

MQ_TEST(frame_peek_cliff, "a peek that faults in the middle shows whole frames, and takes none")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), mapped;
	char *end = mq_edge_new(0);

	send_three(alice, "bob");
	for (mapped = 0; mapped < 216; mapped += 4) {
		long whole = mapped / 72 * 72;

		MQ_EQ(mq_ioc_peek(bob, end - mapped, 1000), whole ? whole : -EFAULT);
	}
	check_queued("bob", 3, 0);
	check_rest(bob, 0);
}

/* ---- each allocation and copy fails once ------------------------------------- */

static int alice, bob, carol, file;

static long call_bind(int fd)
{
	struct mq_bind bind = { .size = sizeof(bind), .flags = MQ_BIND_EVENTS,
				.depth = 65536, .name = "new" };

	(void)fd;
	return mq_ioctl(file, MQ_IOC_BIND, &bind);
}

static void undo_bind(int fd)
{
	(void)fd;
	MQ_EQ(mq_frame_send_text(file, "new", "hi"), 0);
	MQ_FRAME_READS(file, "new", "hi");
	close(file);
	file = mq_dev();
}

static void check_bind(int fd)
{
	(void)fd;
	MQ_TRUE(!mq_is_there("new"));
	MQ_EQ(mq_poll(file), POLLERR | POLLOUT);
}

MQ_TEST(frame_fault_bind, "bind with failing memory: no name, no place taken, and the file may be bound later",
	.params = "MAX_DEVICES=1", .timeout = 180)
{
	struct mq_attempt bind = { call_bind, 0, undo_bind, check_bind, true };

	mq_fault_open();
	file = mq_dev();
	mq_attempt_all(&bind, file);
}

static size_t one_size;

static long call_write(int fd)
{
	long done = mq_write(fd, bytes, one_size);

	return done == (long)one_size ? 0 : done;
}

static void undo_send(int fd)
{
	(void)fd;
	MQ_FRAME_READS(bob, "alice", "hi");
	MQ_FRAME_EMPTY(bob);
}

static void check_not_sent(int fd)
{
	(void)fd;
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").queued, 0);
}

MQ_TEST(frame_fault_send, "a send with failing memory is ENOMEM or EFAULT, and nothing is queued")
{
	struct mq_attempt send = { call_write, 0, undo_send, check_not_sent, true };

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	one_size = mq_frame_push_text(bytes, 0, "bob", "hi");
	mq_attempt_all(&send, alice);
}

static int receivers[3];

static void undo_broadcast(int fd)
{
	int i;

	(void)fd;
	for (i = 0; i < 3; i++) {
		MQ_FRAME_READS_FLAGS(receivers[i], "alice", MQ_FRAME_BROADCAST, "hi");
		MQ_FRAME_EMPTY(receivers[i]);
	}
}

static void check_broadcast(int fd)
{
	int i;

	(void)fd;
	for (i = 0; i < 3; i++)
		MQ_FRAME_EMPTY(receivers[i]);
}

MQ_TEST(frame_fault_broadcast, "a broadcast with failing memory reaches everyone or nobody")
{
	struct mq_attempt all = { call_write, 0, undo_broadcast, check_broadcast, true };
	char name[8];
	int i;

	mq_fault_open();
	alice = mq_bound("alice");
	for (i = 0; i < 3; i++) {
		sprintf(name, "r%d", i);
		receivers[i] = mq_bound(name);
	}
	one_size = mq_frame_push(bytes, 0, "", MQ_FRAME_BROADCAST, 0, "hi", 2);
	mq_attempt_all(&all, alice);
}

/* Returns whether some write failed, and some sent only a part. */
static bool batch_fails(const char *const to[3], bool *partly)
{
	bool hit = true, failed = false;
	int nth, i;

	*partly = false;
	for (nth = 1; hit; nth++) {
		size_t size = 0;
		long done;

		for (i = 0; i < 3; i++)
			size = mq_frame_push_text(bytes, size, to[i], three[i]);
		mq_fault_begin(nth);
		done = mq_write(alice, bytes, 216);
		hit = mq_fault_end();
		MQ_TRUE(done == 216 || hit);
		MQ_TRUE(done == -ENOMEM || done == -EFAULT || (done > 0 && done % 72 == 0));
		failed |= done < 0;
		*partly |= done > 0 && done < 216;
		for (i = 0; i < (done > 0 ? done / 72 : 0); i++)
			MQ_FRAME_READS(*to[i] == 'b' ? bob : carol, "alice", three[i]);
		MQ_FRAME_EMPTY(bob);
		MQ_FRAME_EMPTY(carol);
	}
	return failed;
}

MQ_TEST(frame_fault_batch, "of a batch with failing memory exactly what the write says was sent")
{
	static const char *const one_name[] = { "bob", "bob", "bob" };
	static const char *const two_names[] = { "bob", "carol", "bob" };
	bool partly;

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	carol = mq_bound("carol");
	/* What goes to one name may share its memory: then all of it fails, or nothing. */
	MQ_TRUE(batch_fails(one_name, &partly));
	batch_fails(two_names, &partly);
	MQ_TRUE(partly);
}

MQ_TEST(frame_fault_read, "a read with failing memory or copy delivers whole frames, and loses none")
{
	bool hit = true, failed = false;
	int nth, i;

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	for (nth = 1; hit; nth++) {
		size_t at = 0;
		long got;

		send_three(alice, "bob");
		mq_fault_begin(nth);
		got = mq_read(bob, bytes, 1000);
		hit = mq_fault_end();
		MQ_TRUE(got == 216 || hit);
		MQ_TRUE(got == -ENOMEM || got == -EFAULT || (got > 0 && got % 72 == 0));
		failed |= got < 0;
		for (i = 0; got > 0 && (long)at < got; i++)
			MQ_FRAME_IS(mq_frame_next(bytes, got, &at), "alice", 0, three[i]);
		check_rest(bob, i);
	}
	MQ_TRUE(failed);
}

static long call_peek(int fd)
{
	long got = mq_ioc_peek(fd, bytes, 72);

	return got < 0 ? got : got != 72;
}

static void check_three(int fd)
{
	(void)fd;
	check_queued("bob", 3, 0);
}

static long call_list(int fd)
{
	struct mq_status list[4];
	uint32_t position = 0;

	return mq_ioc_list(fd, list, 4, &position);
}

static long call_status(int fd)
{
	struct mq_status status;

	return mq_ioc_status(fd, "bob", &status);
}

static long call_info(int fd)
{
	struct mq_info info;

	return mq_ioc_info(fd, &info);
}

MQ_TEST(frame_fault_ask, "peek, list, status and info with failing copies change nothing")
{
	struct mq_attempt peek = { call_peek, 0, check_three, check_three, false };
	struct mq_attempt list = { call_list, 2, check_three, check_three, false };
	struct mq_attempt status = { call_status, 0, check_three, check_three, false };
	struct mq_attempt info = { call_info, 0, check_three, check_three, false };

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	send_three(alice, "bob");
	mq_attempt_all(&peek, bob);
	mq_attempt_all(&list, bob);
	mq_attempt_all(&status, bob);
	mq_attempt_all(&info, bob);
	check_rest(bob, 0);
}

/* Answers every request, in a thread of its own, which has no faults. */
static void *answer_all(void *arg)
{
	char request[128] __attribute__((aligned(8)));
	const struct mq_frame *frame = (const void *)request;

	for (;;) {
		MQ_EQ(mq_read(*(int *)arg, request, 72), 72);
		if (!(frame->flags & MQ_FRAME_CALL))
			return NULL;
		/* The caller may have run into his fault. */
		mq_frame_reply(*(int *)arg, frame->cookie, "pong");
	}
}

static long call_call(int fd)
{
	long got = mq_ioc_call(fd, bytes, one_size, bytes + 4096, 4096, MQ_FOREVER);

	return got < 0 ? got : got != 72;
}

static void check_call(int fd)
{
	MQ_EQ(mq_poll(fd), POLLOUT);
	MQ_EQ(mq_status_of("alice").accepted, 0);
}

MQ_TEST(frame_fault_call, "a call with failing memory ends, and the next one works")
{
	struct mq_attempt call = { call_call, 0, check_call, check_call, true };
	pthread_t server;

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	MQ_EQ(pthread_create(&server, NULL, answer_all, &bob), 0);
	one_size = mq_frame_push_text(bytes, 0, "bob", "ping");
	mq_attempt_all(&call, alice);
	MQ_EQ(mq_frame_send_text(alice, "bob", "stop"), 0);
	MQ_EQ(pthread_join(server, NULL), 0);
}

MQ_TEST(frame_fault_reply, "an answer with failing memory is given once: either it was, or it can be repeated")
{
	bool hit = true, failed = false;
	int nth;

	mq_fault_open();
	alice = mq_bound("alice");
	bob = mq_bound("bob");
	for (nth = 1; hit; nth++) {
		struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
		uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
		uint32_t size = mq_frame_push(bytes, 0, "", MQ_FRAME_REPLY, cookie, "pong", 4);
		long result;

		mq_fault_begin(nth);
		result = mq_ioc_receive(bob, bytes, &size, bytes + 4096, 4096, 0);
		hit = mq_fault_end();
		if (result != -ETIMEDOUT) {
			MQ_TRUE(hit);
			MQ_TRUE(result == -ENOMEM || result == -EFAULT);
			failed = true;
			result = mq_frame_reply(bob, cookie, "pong");
			MQ_TRUE(!result || result == -ENOENT);
		}
		MQ_CALL_GETS(call, "bob", "pong");
	}
	MQ_TRUE(failed);
}

/* Bound and closed, one of it with the nth fault: was there one? */
static bool come_and_go(int nth, bool in_close, uint64_t *changes)
{
	struct mq_bind bind = { .size = sizeof(bind), .name = "new" };
	bool hit = false;
	long result;

	file = mq_dev();
	if (!in_close)
		mq_fault_begin(nth);
	result = mq_ioctl(file, MQ_IOC_BIND, &bind);
	if (!in_close)
		hit = mq_fault_end();
	else
		mq_fault_begin(nth);
	close(file);
	if (in_close)
		hit = mq_fault_end();
	MQ_TRUE(!result || (hit && (result == -ENOMEM || result == -EFAULT)));
	*changes += result ? 0 : 2;
	return hit;
}

/* Each fault there can be; how many events were lost in all. */
static uint64_t come_and_go_all(bool in_close, uint64_t *changes)
{
	bool hit = true;
	int nth;

	for (nth = 1; hit; nth++) {
		hit = come_and_go(nth, in_close, changes);
		MQ_EQ(mq_status_of("bob").accepted, *changes);
	}
	return mq_status_of("bob").overwritten;
}

/* The kernel allocates for itself, too, so a sweep may miss the event: it is repeated. */
#define SWEEPS 50

MQ_TEST(frame_fault_events,
	"an event that finds no memory is lost as a gap; what caused it does not fail for that")
{
	uint64_t changes = 0, lost = 0, before;
	int how, sweep;

	mq_fault_open();
	bob = mq_bound("bob", .flags = MQ_BIND_EVENTS, .depth = 65536);
	for (how = 0; how < 2; how++) {
		before = lost;
		for (sweep = 0; sweep < SWEEPS && lost == before; sweep++)
			lost = come_and_go_all(how, &changes);
		if (lost == before)
			MQ_FAIL("no event was lost at the %s", how ? "end" : "bind");
	}
	MQ_LE(changes, 65536);
	for (; changes - lost > 0; changes--)
		MQ_EQ(mq_read(bob, bytes, 64), 64);
	MQ_FRAME_EMPTY(bob);
}

static void exit_with_fault(void *nth)
{
	mq_fault_open();
	file = mq_bound("new", .policy = MQ_POLICY_BLOCK);
	MQ_EQ(mq_frame_send_text(file, "new", "unread"), 0);
	mq_fault_begin((long)nth);
	_exit(0);
}

MQ_TEST(frame_fault_exit, "a process whose exit runs into faults leaves no name",
	.params = "MAX_DEVICES=1")
{
	long nth;

	mq_fault_open();
	for (nth = 1; nth <= 20; nth++) {
		mq_join(mq_run(exit_with_fault, (void *)nth));
		close(mq_bound("new"));
	}
}
