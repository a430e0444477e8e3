// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames where memory fails: buffers that are not there or end in the middle, and events
 * without memory. Nothing is lost or sent twice.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "fault_lib.h"

#include <sys/syscall.h>
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
		MQ_IOC_STATUS, MQ_IOC_LIST, MQ_IOC_TOTALS
	};
	static const uint32_t sizes[] = {
		sizeof(struct mq_info), sizeof(struct mq_bind), sizeof(struct mq_exchange),
		sizeof(struct mq_exchange), sizeof(struct mq_exchange),
		sizeof(struct mq_status), sizeof(struct mq_list), sizeof(struct mq_totals)
	};
	int bob = mq_bound("bob"), fresh = mq_dev(), i;
	char *end = mq_edge_new(0);
	uint32_t mapped;

	for (i = 0; i < 8; i++) {
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

/* ---- events without memory; all else is in fault_operations.c ------------------ */

static int bob, file;

/*
 * Bound and closed, one of it with the nth fault: was there one? In front of each, if somebody
 * SLEEPS for events, until he does.
 */
static bool come_and_go(int nth, bool in_close, uint64_t *changes, void (*sleeps)(void))
{
	struct mq_bind bind = { .size = sizeof(bind), .name = "new" };
	bool hit = false;
	long result;

	file = mq_dev();
	if (sleeps)
		sleeps();
	if (!in_close)
		mq_fault_begin(nth);
	result = mq_ioctl(file, MQ_IOC_BIND, &bind);
	if (!in_close)
		hit = mq_fault_end();
	if (sleeps)
		sleeps();
	if (in_close)
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
		hit = come_and_go(nth, in_close, changes, NULL);
		MQ_EQ(mq_status_of("bob").accepted, *changes);
	}
	return mq_status_of("bob").overwritten;
}

/* The kernel allocates for itself, too, so a sweep may miss the event: it is repeated. */
#define SWEEPS 50

MQ_TEST(frame_fault_events,
	"an event that finds no memory is lost as a gap; what caused it does not fail for that")
{
	uint64_t changes = 1, lost = 0, before;
	int how, sweep;

	mq_fault_open();
	bob = mq_bound("bob", .flags = MQ_BIND_EVENTS, .depth = 65536);
	/* While this waits, nothing but a gap shows what is lost. */
	MQ_EQ(mq_frame_send_text(bob, "bob", "waits"), 0);
	for (how = 0; how < 2; how++) {
		before = lost;
		for (sweep = 0; sweep < SWEEPS && lost == before; sweep++)
			lost = come_and_go_all(how, &changes);
		if (lost == before)
			MQ_FAIL("no event was lost at the %s", how ? "end" : "bind");
	}
	MQ_LE(changes, 65536);
	MQ_FRAME_READS(bob, "bob", "waits");
	for (changes--; changes - lost > 0; changes--)
		MQ_EQ(mq_read(bob, bytes, 64), 64);
	/* The last change was no fault's. */
	MQ_FRAME_EMPTY(bob);
}

static struct sleeper {
	pid_t pid;
	uint64_t sequence;
	uint64_t gaps;
} *sleeper;

/* Until it gets a message. */
static void sleep_for_events(void *arg)
{
	const struct mq_frame *frame = (const void *)bytes;
	int fd = mq_bound("sleeper", .flags = MQ_BIND_EVENTS);
	struct sleeper *self = arg;

	do {
		MQ_GE(mq_read(fd, bytes, 72), 64);
		if (frame->flags == MQ_FRAME_EVENT) {
			MQ_EQ(strcmp(frame->name, "sleeper"), 0);
			MQ_EQ(frame->sequence, self->sequence + 2);
			self->gaps++;
		}
		__atomic_store_n(&self->sequence, frame->sequence, __ATOMIC_RELEASE);
	} while (frame->flags);
}

/* He has read all, the newest number too. */
static void until_sleeper_sleeps(void)
{
	while (__atomic_load_n(&sleeper->sequence, __ATOMIC_ACQUIRE) !=
	       mq_status_of("sleeper").accepted)
		mq_sleep_ms(1);
	mq_until_asleep(sleeper->pid, SYS_read);
}

static void come_and_go_watched(bool in_close)
{
	uint64_t changes = 0;
	bool hit = true;
	int nth;

	for (nth = 1; hit; nth++)
		hit = come_and_go(nth, in_close, &changes, until_sleeper_sleeps);
	until_sleeper_sleeps();
}

MQ_TEST(frame_fault_events_wake,
	"an event that finds no memory wakes nevertheless who sleeps for it")
{
	uint64_t before;
	int how, sweep;

	mq_fault_open();
	sleeper = mq_shared(sizeof(*sleeper));
	sleeper->pid = mq_run(sleep_for_events, sleeper);
	while (!mq_is_there("sleeper"))
		mq_sleep_ms(1);
	for (how = 0; how < 2; how++) {
		before = sleeper->gaps;
		for (sweep = 0; sweep < SWEEPS && sleeper->gaps == before; sweep++)
			come_and_go_watched(how);
		if (sleeper->gaps == before)
			MQ_FAIL("no event was lost at the %s", how ? "end" : "bind");
	}
	MQ_EQ(mq_frame_send_text(mq_bound(""), "sleeper", "end"), 0);
	mq_join(sleeper->pid);
}
