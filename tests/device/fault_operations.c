// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each operation of the interface with its first, second, third ... allocation or copy
 * made to fail by the kernel's fault injection, until there is none left: it succeeds, or
 * says ENOMEM or EFAULT, nothing has changed then, and the next try works.
 *
 * One process has everything: it is registered as "me", and its files are bound. What
 * leaks is found when the module is unloaded and by kmemleak.
 *
 * A header that is copied word by word meets no injected fault: for that frame_fault.c has
 * memory that ends in its middle.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "fault_lib.h"

#include <linux/capability.h>
#include <linux/ioctl.h>
#include <sys/epoll.h>
#include <sys/uio.h>

/* All but the last place, which those take that come and go. */
#define PLACES "MAX_DEVICES=10 QUEUE_LEN=2"

static int text, waiting, alice, bob, carol, full, reject, block, fair, watcher, hoard,
	fresh;
static char bytes[1 << 21] __attribute__((aligned(8)));
static size_t size;

static void nothing_done(long value)
{
	(void)value;
}

/* Alice's next short message finds no memory that was kept from an older one. */
static void spend_spare(void)
{
	MQ_EQ(mq_frame_send_text(alice, "hoard", "kept"), 0);
}

static void watcher_forget(void)
{
	static char events[4096] __attribute__((aligned(8)));

	while (mq_read(watcher, events, sizeof(events)) > 0)
		;
}

static void be_stranger(void)
{
	int error = mq_cmd(text, "/unr");

	MQ_TRUE(!error || error == -ENOENT);
	watcher_forget();
}

static void be_registered(void)
{
	be_stranger();
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	watcher_forget();
}

/* The others; all 9, so that "me" and "new" have the same last place. */
static void world_make(void)
{
	mq_fault_open();
	text = mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK);
	waiting = mq_dev();
	fresh = mq_dev();
	alice = mq_bound_nonblock("alice");
	bob = mq_bound_nonblock("bob");
	carol = mq_bound_nonblock("carol");
	full = mq_bound_nonblock("full");
	reject = mq_bound_nonblock("reject", .policy = MQ_POLICY_REJECT);
	block = mq_bound_nonblock("block", .policy = MQ_POLICY_BLOCK);
	fair = mq_bound_nonblock("fair", .policy = MQ_POLICY_FAIR, .depth = 2);
	watcher = mq_bound_nonblock("watcher", .flags = MQ_BIND_EVENTS);
	/* The messages of a test are fewer. */
	hoard = mq_bound_nonblock("hoard", .depth = 65536, .access = MQ_ACCESS_USER);
	watcher_forget();
}

static void forget(int fd)
{
	while (mq_read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void forget_all(void)
{
	forget(alice);
	forget(bob);
	forget(carol);
	forget(full);
	forget(reject);
	forget(block);
	forget(fair);
	forget(watcher);
}

#define TRY(operations) do {							\
	const int files[] = {							\
		text, alice, bob, carol, full, reject, block, fair, watcher, fresh \
	};									\
										\
	mq_operations_try(operations, sizeof(operations) / sizeof(operations[0]), \
			  files, sizeof(files) / sizeof(files[0]));		\
} while (0)

/* ---- text: who comes and goes -------------------------------------------- */

static long call_reg(void)
{
	return mq_cmd(text, "/reg me");
}

static void done_reg(long value)
{
	(void)value;
	MQ_TRUE(mq_is_there("me"));
	MQ_EQ(mq_cmd(text, "/msg me hi"), 0);
	MQ_READS(text, "hi");
}

static void begin_unr(void)
{
	be_registered();
	MQ_EQ(mq_cmd(text, "/msg me unread"), 0);
}

static long call_unr(void)
{
	return mq_cmd(text, "/unr");
}

static void failed_unr(void)
{
	MQ_READS(text, "unread");
}

static void done_unr(long value)
{
	(void)value;
	MQ_TRUE(!mq_is_there("me"));
}

/* ---- text: sending ------------------------------------------------------- */

static void done_in(int fd, const char *what)
{
	MQ_FRAME_READS(fd, "me", what);
	MQ_FRAME_EMPTY(fd);
}

static long call_msg_me(void)
{
	return mq_cmd(text, "/msg me hello");
}

static void done_msg_me(long value)
{
	(void)value;
	MQ_READS(text, "hello");
	MQ_EQ(mq_poll(text), POLLOUT);
}

static long call_msg(void)
{
	return mq_cmd(text, "/msg bob hello");
}

static void done_msg(long value)
{
	(void)value;
	done_in(bob, "hello");
}

static void fill(int fd, const char *name)
{
	forget(fd);
	MQ_EQ(mq_frame_send_text(carol, name, "one"), 0);
	MQ_EQ(mq_frame_send_text(carol, name, "two"), 0);
}

static void begin_msg_full(void)
{
	be_registered();
	fill(full, "full");
}

static long call_msg_full(void)
{
	return mq_cmd(text, "/msg full new");
}

static void done_msg_full(long value)
{
	(void)value;
	MQ_FRAME_READS(full, "carol", "two");
	done_in(full, "new");
}

static void begin_msg_reject(void)
{
	be_registered();
	fill(reject, "reject");
}

static long call_msg_reject(void)
{
	return mq_cmd(text, "/msg reject new");
}

static void done_reject(long value)
{
	(void)value;
	MQ_FRAME_READS(reject, "carol", "one");
	MQ_FRAME_READS(reject, "carol", "two");
	MQ_FRAME_EMPTY(reject);
}

static long call_msg_nobody(void)
{
	return mq_cmd(text, "/msg nobody hello");
}

static void begin_all(void)
{
	be_registered();
	forget_all();
}

static long call_all(void)
{
	return mq_cmd(text, "/all hello");
}

static void done_all(long value)
{
	int receivers[] = { alice, bob, carol, full, reject, block, fair, watcher }, i;

	(void)value;
	for (i = 0; i < 8; i++) {
		MQ_FRAME_READS_FLAGS(receivers[i], "me", MQ_FRAME_BROADCAST, "hello");
		MQ_FRAME_EMPTY(receivers[i]);
	}
}

/* ---- text: reading ------------------------------------------------------- */

static void begin_read(void)
{
	be_registered();
	MQ_EQ(mq_cmd(text, "/msg me hello"), 0);
}

static long call_read(void)
{
	return mq_read(text, bytes, 64);
}

static void done_read(long value)
{
	MQ_BYTES(bytes, value, "hello");
	MQ_EQ(mq_read(text, bytes, 64), -EAGAIN);
}

static long call_read_short(void)
{
	return mq_read(text, bytes, 3);
}

static void done_read_short(long value)
{
	MQ_BYTES(bytes, value, "hel");
	MQ_READS(text, "lo");
}

static void begin_read_rest(void)
{
	begin_read();
	MQ_EQ(mq_read(text, bytes, 3), 3);
}

static void done_read_rest(long value)
{
	MQ_BYTES(bytes, value, "lo");
	MQ_EQ(mq_read(text, bytes, 64), -EAGAIN);
}

static void begin_read_prefix(void)
{
	begin_read();
	MQ_EQ(mq_cmd(text, "/from on"), 0);
}

static void done_read_prefix(long value)
{
	MQ_BYTES(bytes, value, "me hello");
	MQ_EQ(mq_read(text, bytes, 64), -EAGAIN);
}

static long call_readv(void)
{
	struct iovec iov[3] = { { bytes, 1 }, { bytes + 1, 2 }, { bytes + 3, 61 } };
	ssize_t got = readv(text, iov, 3);

	return got < 0 ? -errno : got;
}

/* ---- text: the rest ------------------------------------------------------ */

static long call_from(void)
{
	return mq_cmd(text, "/from on");
}

static void failed_from(void)
{
	MQ_EQ(mq_cmd(text, "/msg me hi"), 0);
	MQ_READS(text, "hi");
}

static void done_from(long value)
{
	(void)value;
	MQ_EQ(mq_cmd(text, "/msg me hi"), 0);
	MQ_READS(text, "me hi");
}

static long call_wait(void)
{
	return mq_cmd(waiting, "/wait");
}

static long call_wait_empty(void)
{
	return mq_cmd(waiting, "/wait 0");
}

static long call_writev(void)
{
	struct iovec iov[3] = { { "/msg ", 5 }, { "me ", 3 }, { "hello", 5 } };
	ssize_t done = writev(text, iov, 3);

	return done == 13 ? 0 : done < 0 ? -errno : done;
}

static int opened, epoll = -1;

static long call_open(void)
{
	opened = open(MQ_NODE, O_RDWR | O_CLOEXEC);
	return opened < 0 ? -errno : 0;
}

static void done_open(long value)
{
	(void)value;
	MQ_OK(close(opened));
}

static long call_poll(void)
{
	struct pollfd p[64];
	int i, ready;

	for (i = 0; i < 64; i++)
		p[i] = (struct pollfd){ .fd = text, .events = POLLIN };
	ready = poll(p, 64, 0);
	return ready < 0 ? -errno : ready;
}

static long call_epoll_add(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll < 0)
		epoll = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	return epoll_ctl(epoll, EPOLL_CTL_ADD, text, &event) ? -errno : 0;
}

static void done_epoll_add(long value)
{
	struct epoll_event event;

	(void)value;
	MQ_EQ(epoll_wait(epoll, &event, 1, 0), 1);
	MQ_READS(text, "hello");
	MQ_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	MQ_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, text, NULL));
}

#define SENDS (MQ_FAULT_SLAB | MQ_FAULT_COPY)

static const struct mq_operation text_operations[] = {
	{ "open", be_registered, call_open, 0, .done = done_open, .kinds = MQ_FAULT_SLAB },
	{ "/reg", be_stranger, call_reg, 0, .done = done_reg, .kinds = SENDS },
	{ "/unr", begin_unr, call_unr, 0, .done = done_unr, .failed = failed_unr, .kinds = SENDS },
	{ "/msg", be_registered, call_msg, 0, .done = done_msg, .kinds = SENDS },
	{ "/msg to oneself", be_registered, call_msg_me, 0, .done = done_msg_me, .kinds = SENDS },
	{ "/msg to a full one", begin_msg_full, call_msg_full, 0, .done = done_msg_full,
	  .kinds = SENDS },
	{ "/msg to one that rejects", begin_msg_reject, call_msg_reject, -ENOBUFS,
	  .done = done_reject, .kinds = SENDS },
	{ "/msg to nobody", be_registered, call_msg_nobody, -ENOENT, .done = nothing_done,
	  .kinds = SENDS },
	{ "/msg from pieces", be_registered, call_writev, 0, .done = done_msg_me, .kinds = SENDS },
	{ "/all", begin_all, call_all, 0, .done = done_all, .kinds = SENDS },
	{ "/from", be_registered, call_from, 0, .done = done_from, .failed = failed_from,
	  .kinds = SENDS },
	{ "/wait", begin_read, call_wait, 0, .done = nothing_done, .kinds = SENDS },
	{ "/wait 0", be_registered, call_wait_empty, -ETIMEDOUT, .done = nothing_done,
	  .kinds = SENDS },
	{ "read", begin_read, call_read, 5, .done = done_read, .kinds = MQ_FAULT_COPY },
	{ "short read", begin_read, call_read_short, 3, .done = done_read_short,
	  .kinds = MQ_FAULT_COPY },
	{ "read of a rest", begin_read_rest, call_read, 2, .done = done_read_rest,
	  .kinds = MQ_FAULT_COPY },
	{ "read with the sender", begin_read_prefix, call_read, 8, .done = done_read_prefix,
	  .kinds = MQ_FAULT_COPY },
	{ "read into pieces", begin_read, call_readv, 5, .done = done_read, .kinds = MQ_FAULT_COPY },
	{ "poll", begin_read, call_poll, 64, .done = nothing_done, .kinds = SENDS },
	{ "epoll_ctl", begin_read, call_epoll_add, 0, .done = done_epoll_add, .kinds = SENDS },
};

MQ_TEST(fault_text, "each operation of the text protocol with each fault: ENOMEM or EFAULT, and nothing has changed",
	.params = PLACES, .timeout = 200)
{
	world_make();
	TRY(text_operations);
}

/* ---- frames: bind, and the end ------------------------------------------- */

static struct mq_bind bind_how;

#define BIND(id, ...)								\
	static long call_bind_##id(void)					\
	{									\
		bind_how = (struct mq_bind){ .size = sizeof(bind_how), __VA_ARGS__ }; \
		return mq_ioctl(fresh, MQ_IOC_BIND, &bind_how);			\
	}

BIND(overwrite, .name = "new")
BIND(reject, .name = "new", .policy = MQ_POLICY_REJECT, .access = MQ_ACCESS_GROUP)
BIND(block, .name = "new", .policy = MQ_POLICY_BLOCK, .access = MQ_ACCESS_USER)
BIND(fair, .name = "new", .policy = MQ_POLICY_FAIR)
BIND(deep_fair, .name = "new", .policy = MQ_POLICY_FAIR, .depth = MQ_FAIR_DEPTH_MAX)
BIND(events, .name = "new", .flags = MQ_BIND_EVENTS)
BIND(anonymous, .flags = MQ_BIND_EVENTS)
BIND(deep, .name = "new", .depth = 65536)
BIND(deep_events, .name = "new", .depth = 65536, .flags = MQ_BIND_EVENTS)
BIND(taken, .name = "alice")

/* Its GONE, and the COME of the next one, may find no memory: that is no failure. */
static void done_bind(long value)
{
	if (!value && bind_how.name[0]) {
		MQ_EQ(mq_frame_send_text(fresh, "new", "hi"), 0);
		MQ_FRAME_READS(fresh, "new", "hi");
	}
	close(fresh);
	MQ_TRUE(!mq_is_there("new"));
	fresh = mq_dev();
	watcher_forget();
}

static void begin_close(void)
{
	call_bind_events();
	MQ_EQ(mq_frame_send_text(alice, "new", "unread"), 0);
	watcher_forget();
}

static long call_close(void)
{
	return close(fresh) ? -errno : 0;
}

static void done_close(long value)
{
	(void)value;
	MQ_TRUE(!mq_is_there("new"));
	MQ_EQ(mq_dev(), fresh);
	watcher_forget();
}

static const struct mq_operation bind_operations[] = {
	{ "bind", be_stranger, call_bind_overwrite, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (reject)", be_stranger, call_bind_reject, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (block)", be_stranger, call_bind_block, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (fair)", be_stranger, call_bind_fair, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (events)", be_stranger, call_bind_events, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (anonymous)", be_stranger, call_bind_anonymous, 0, .done = done_bind,
	  .kinds = SENDS },
	{ "bind (deep)", be_stranger, call_bind_deep, 0, .done = done_bind,
	  .kinds = MQ_FAULT_ALL },
	{ "bind (taken)", be_stranger, call_bind_taken, -EEXIST, .done = done_bind,
	  .kinds = SENDS },
	{ "close", begin_close, call_close, 0, .done = done_close },
};

MQ_TEST(fault_bind, "bind with each fault: no name, no place taken, the file may be bound later; close always works",
	.params = PLACES, .timeout = 300)
{
	world_make();
	TRY(bind_operations);
}

/* Root, who is held to no limit, without the right for that. */
static void limits_begin(void)
{
	const uint64_t rights = ~(1ULL << CAP_SYS_RESOURCE) & ((1ULL << 40) - 1);

	mq_rights_set(rights, rights);
	close(text);
	close(fresh);
	text = mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK);
	fresh = mq_dev();
}

static const struct mq_operation limit_operations[] = {
	{ "/reg", be_stranger, call_reg, 0, .done = done_reg, .kinds = SENDS },
	{ "bind", be_stranger, call_bind_overwrite, 0, .done = done_bind, .kinds = SENDS },
	{ "bind (anonymous)", be_stranger, call_bind_anonymous, 0, .done = done_bind,
	  .kinds = SENDS },
	{ "bind (one too many)", be_registered, call_bind_overwrite, -EDQUOT, .done = done_bind,
	  .kinds = SENDS },
};

MQ_TEST(fault_limits, "who may have one endpoint has all of that after each fault",
	.params = "MAX_DEVICES=20 QUEUE_LEN=2 ROOT_DEVICES=0 USER_ENDPOINTS=1", .timeout = 200)
{
	world_make();
	limits_begin();
	TRY(limit_operations);
}

static const struct mq_operation bind_deep_operations[] = {
	{ "bind (deep, fair)", be_stranger, call_bind_deep_fair, 0, .done = done_bind,
	  .kinds = MQ_FAULT_ALL },
	{ "bind (deep, events)", be_stranger, call_bind_deep_events, 0, .done = done_bind,
	  .kinds = MQ_FAULT_ALL },
};

MQ_TEST(fault_bind_deep, "so with the memory of two long arrays",
	.params = PLACES, .timeout = 300)
{
	world_make();
	TRY(bind_deep_operations);
}

/* ---- frames: sending ----------------------------------------------------- */

static void begin_send(void)
{
	forget_all();
	spend_spare();
	size = mq_frame_push_text(bytes, 0, "bob", "hi");
}

static long call_write(void)
{
	return mq_write(alice, bytes, size);
}

static void done_send(long value)
{
	MQ_EQ(value, 72);
	MQ_FRAME_READS(bob, "alice", "hi");
	MQ_FRAME_EMPTY(bob);
}

static long call_write_pieces(void)
{
	struct iovec iov[3] = { { bytes, 10 }, { bytes + 10, 57 }, { bytes + 67, size - 67 } };
	ssize_t done = writev(alice, iov, 3);

	return done < 0 ? -errno : done;
}

/* An address that is no multiple of 8. */
static long call_write_odd(void)
{
	static char odd[128];

	memcpy(odd + 1, bytes, size);
	return mq_write(alice, odd + 1, size);
}

static void begin_send_full(void)
{
	begin_send();
	fill(full, "full");
	size = mq_frame_push_text(bytes, 0, "full", "hi");
}

static void done_send_full(long value)
{
	MQ_EQ(value, 72);
	MQ_FRAME_READS(full, "carol", "two");
	MQ_FRAME_READS(full, "alice", "hi");
	MQ_FRAME_EMPTY(full);
}

/* A full one that says whose message gives way. */
static void begin_send_fair(void)
{
	begin_send();
	fill(fair, "fair");
	size = mq_frame_push_text(bytes, 0, "fair", "hi");
}

static void done_send_fair(long value)
{
	MQ_EQ(value, 72);
	MQ_FRAME_READS(fair, "carol", "two");
	MQ_FRAME_READS(fair, "alice", "hi");
	MQ_FRAME_EMPTY(fair);
}

static void begin_send_reject(void)
{
	begin_send();
	fill(reject, "reject");
	size = mq_frame_push_text(bytes, 0, "reject", "hi");
}

static void begin_send_block(void)
{
	begin_send();
	fill(block, "block");
	size = mq_frame_push(bytes, 0, "block", MQ_FRAME_DONTWAIT, 0, "hi", 2);
}

static void done_send_block(long value)
{
	(void)value;
	MQ_FRAME_READS(block, "carol", "one");
	MQ_FRAME_READS(block, "carol", "two");
	MQ_FRAME_EMPTY(block);
}

static void begin_send_nobody(void)
{
	begin_send();
	size = mq_frame_push_text(bytes, 0, "nobody", "hi");
}

/* Frames to these, in this order, with their number as payload. */
static const char *batch[64];
static int batch_size;

static int file_of(const char *name)
{
	return *name == 'b' ? bob : *name == 'c' ? carol : reject;
}

static void batch_push(void)
{
	char number[16];
	int i;

	for (i = 0, size = 0; i < batch_size; i++) {
		sprintf(number, "%d", i);
		size = mq_frame_push_text(bytes, size, batch[i], number);
	}
}

static void begin_batch(void)
{
	static const char *const to[] = { "bob", "carol", "reject", "bob", "carol" };

	forget_all();
	spend_spare();
	batch_size = 5;
	memcpy(batch, to, sizeof(to));
	batch_push();
}

/* Exactly what the write said was sent. */
static void done_batch(long value)
{
	char number[16];
	int i;

	MQ_TRUE(value >= 72 && value % 72 == 0);
	for (i = 0; i < value / 72; i++) {
		sprintf(number, "%d", i);
		MQ_FRAME_READS(file_of(batch[i]), "alice", number);
	}
	MQ_FRAME_EMPTY(bob);
	MQ_FRAME_EMPTY(carol);
	MQ_FRAME_EMPTY(reject);
}

/* More than go into one hold of the lock, to one that keeps the last two. */
static void begin_run(void)
{
	forget_all();
	spend_spare();
	for (batch_size = 0; batch_size < 40; batch_size++)
		batch[batch_size] = "bob";
	batch_push();
}

static void done_run(long value)
{
	int sent = value / 72, i;
	char number[16];

	MQ_TRUE(value >= 72 && value % 72 == 0);
	for (i = sent > 2 ? sent - 2 : 0; i < sent; i++) {
		sprintf(number, "%d", i);
		MQ_FRAME_READS(bob, "alice", number);
	}
	MQ_FRAME_EMPTY(bob);
}

static void begin_broadcast(void)
{
	be_stranger();
	forget_all();
	spend_spare();
	size = mq_frame_push(bytes, 0, "", MQ_FRAME_BROADCAST, 0, "hi", 2);
}

static void done_broadcast(long value)
{
	int receivers[] = { bob, carol, full, reject, block, fair, watcher }, i;

	MQ_EQ(value, 72);
	for (i = 0; i < 7; i++) {
		MQ_FRAME_READS_FLAGS(receivers[i], "alice", MQ_FRAME_BROADCAST, "hi");
		MQ_FRAME_EMPTY(receivers[i]);
	}
	MQ_FRAME_EMPTY(alice);
}

static const struct mq_operation send_operations[] = {
	{ "write", begin_send, call_write, 72, .done = done_send, .kinds = SENDS },
	{ "write from pieces", begin_send, call_write_pieces, 72, .done = done_send,
	  .kinds = SENDS },
	{ "write from an odd address", begin_send, call_write_odd, 72, .done = done_send,
	  .kinds = SENDS },
	{ "write to a full one", begin_send_full, call_write, 72, .done = done_send_full,
	  .kinds = SENDS },
	{ "write to a full fair one", begin_send_fair, call_write, 72, .done = done_send_fair,
	  .kinds = SENDS },
	{ "write to one that rejects", begin_send_reject, call_write, -ENOBUFS,
	  .done = done_reject, .kinds = SENDS },
	{ "write to one that blocks", begin_send_block, call_write, -EAGAIN,
	  .done = done_send_block, .kinds = SENDS },
	{ "write to nobody", begin_send_nobody, call_write, -ENOENT, .done = nothing_done,
	  .kinds = SENDS },
	{ "write of several", begin_batch, call_write, 5 * 72, .piece = 72, .done = done_batch,
	  .kinds = SENDS },
	{ "write of a run", begin_run, call_write, 40 * 72, .piece = 72, .done = done_run,
	  .kinds = SENDS },
	{ "broadcast", begin_broadcast, call_write, 72, .done = done_broadcast, .kinds = SENDS },
};

MQ_TEST(fault_send, "each way to send frames with each fault: nothing is queued, or exactly what the write says",
	.params = PLACES, .timeout = 300)
{
	world_make();
	TRY(send_operations);
}

/* ---- frames: receiving --------------------------------------------------- */

static const char *const three[] = { "one", "two", "three" };

/* A stage that has never held several, before each try. */
static void begin_read_frames(void)
{
	int i;

	close(bob);
	MQ_EQ(mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK), bob);
	MQ_EQ(mq_bind(bob, "bob", .depth = 4), 0);
	watcher_forget();
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", three[i]), 0);
}

static long call_read_one(void)
{
	return mq_read(bob, bytes, 72);
}

static long call_read_all(void)
{
	return mq_read(bob, bytes, 1000);
}

static long call_read_odd(void)
{
	return mq_read(bob, bytes + 1, 1000);
}

static long call_read_pieces(void)
{
	struct iovec iov[3] = { { bytes, 70 }, { bytes + 70, 100 }, { bytes + 170, 1000 } };
	ssize_t got = readv(bob, iov, 3);

	return got < 0 ? -errno : got;
}

static void done_read_from(const char *at, long value)
{
	size_t position = 0;
	int i = 0;

	/* Frames at an odd address are looked at elsewhere. */
	memmove(bytes, at, value);
	for (; (long)position < value; i++)
		MQ_FRAME_IS(mq_frame_next(bytes, value, &position), "alice", 0, three[i]);
	for (; i < 3; i++)
		MQ_FRAME_READS(bob, "alice", three[i]);
	MQ_FRAME_EMPTY(bob);
}

static void done_read_frames(long value)
{
	done_read_from(bytes, value);
}

static void done_read_odd(long value)
{
	done_read_from(bytes + 1, value);
}

/* What another read could not copy is staged. */
static void begin_read_staged(void)
{
	begin_read_frames();
	MQ_EQ(mq_read(bob, NULL, 1000), -EFAULT);
}

static long call_receive(void)
{
	return mq_ioc_receive(bob, NULL, NULL, bytes, 72, 0);
}

static long call_receive_empty(void)
{
	return mq_ioc_receive(carol, NULL, NULL, bytes, 72, 0);
}

static const struct mq_operation receive_operations[] = {
	{ "read of one", begin_read_frames, call_read_one, 72, .done = done_read_frames,
	  .kinds = MQ_FAULT_COPY },
	{ "read of several", begin_read_frames, call_read_all, 216, .piece = 72,
	  .done = done_read_frames, .kinds = SENDS },
	{ "read to an odd address", begin_read_frames, call_read_odd, 216, .piece = 72,
	  .done = done_read_odd, .kinds = SENDS },
	{ "read into pieces", begin_read_frames, call_read_pieces, 216, .piece = 72,
	  .done = done_read_frames, .kinds = SENDS },
	{ "read of what is staged", begin_read_staged, call_read_all, 216, .piece = 72,
	  .done = done_read_frames, .kinds = MQ_FAULT_COPY },
	{ "RECEIVE", begin_read_frames, call_receive, 72, .done = done_read_frames,
	  .kinds = MQ_FAULT_COPY },
	{ "RECEIVE of nothing", forget_all, call_receive_empty, -EAGAIN, .done = nothing_done },
};

MQ_TEST(fault_receive, "each way to take frames with each fault: whole frames, none lost, none twice",
	.params = PLACES, .timeout = 200)
{
	world_make();
	TRY(receive_operations);
}

/* ---- calls --------------------------------------------------------------- */

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

static void begin_call(void)
{
	spend_spare();
	size = mq_frame_push_text(bytes, 0, "server", "ping");
}

static long call_call(void)
{
	return mq_ioc_call(alice, bytes, size, bytes + 4096, 4096, MQ_FOREVER);
}

static void done_call(long value)
{
	size_t at = 0;

	MQ_FRAME_IS(mq_frame_next(bytes + 4096, value, &at), "server", MQ_FRAME_REPLY, "pong");
	MQ_EQ(mq_status_of("alice").accepted, 0);
}

static const struct mq_operation call_operations[] = {
	{ "CALL", begin_call, call_call, 72, .done = done_call, .leaves_traces = true,
	  .kinds = SENDS },
};

MQ_TEST(fault_call, "a call with each fault ends, and the next one works", .timeout = 200)
{
	pthread_t server;
	int served;

	mq_fault_open();
	alice = mq_bound("alice");
	hoard = mq_bound("hoard", .depth = 65536);
	served = mq_bound("server");
	MQ_EQ(pthread_create(&server, NULL, answer_all, &served), 0);
	mq_operations_try(call_operations, 1, &alice, 1);
	MQ_EQ(mq_frame_send_text(alice, "server", "stop"), 0);
	MQ_EQ(pthread_join(server, NULL), 0);
}

static struct mq_caller *caller;
static uint32_t answer_size;

/* Carol waits for her answer in another thread; behind her request stands a message. */
static void begin_answer(void)
{
	uint64_t cookie;

	forget_all();
	caller = mq_call_begin(carol, "alice", "ping");
	cookie = MQ_CALL_RECEIVES(alice, "carol", "ping");
	MQ_EQ(mq_frame_send_text(bob, "alice", "next"), 0);
	spend_spare();
	answer_size = mq_frame_push(bytes, 0, "", MQ_FRAME_REPLY, cookie, "pong", 4);
}

static long call_reply(void)
{
	return mq_write(alice, bytes, answer_size);
}

static void done_reply(long value)
{
	MQ_EQ(value, 72);
	MQ_CALL_GETS(caller, "alice", "pong");
	MQ_FRAME_READS(alice, "bob", "next");
}

/* Once it was answered the same call again does not: the driver has cleared the size. */
static long call_answer(void)
{
	return mq_ioc_receive(alice, bytes, &answer_size, bytes + 4096, 4096, 0);
}

static void done_answer(long value)
{
	size_t at = 0;

	MQ_EQ(answer_size, 0);
	MQ_CALL_GETS(caller, "alice", "pong");
	MQ_FRAME_IS(mq_frame_next(bytes + 4096, value, &at), "bob", 0, "next");
	MQ_FRAME_EMPTY(alice);
}

static const struct mq_operation answer_operations[] = {
	{ "reply", begin_answer, call_reply, 72, .done = done_reply, .kinds = SENDS },
	{ "RECEIVE with an answer", begin_answer, call_answer, 72, .done = done_answer,
	  .kinds = SENDS },
};

MQ_TEST(fault_answer, "an answer with each fault is given once: either it was, or it can be repeated; and nothing is taken",
	.params = PLACES, .timeout = 200)
{
	world_make();
	TRY(answer_operations);
}

/* ---- what is seen of it --------------------------------------------------- */

static int see;
static uint64_t seen;	/* the monitor's newest number */

/* Behind this the monitor has got what was sent before, or it is a gap. */
static void see_all(void)
{
	static char frames[16384] __attribute__((aligned(8)));
	const struct mq_frame *frame;
	ssize_t got;
	size_t at;

	MQ_EQ(mq_frame_send_text(carol, "hoard", "seen"), 0);
	while ((got = mq_read(see, frames, sizeof(frames))) > 0)
		for (at = 0; (frame = mq_frame_next(frames, got, &at));)
			seen = frame->sequence;
	MQ_EQ(got, -EAGAIN);
}

/* COUNT messages are seen or missed, and the one of see_all(). */
static void check_seen(long count)
{
	uint64_t before = seen;

	see_all();
	MQ_EQ(seen, before + count + 1);
}

#define SEEN(id, count)								\
	static void begin_##id##_seen(void)					\
	{									\
		begin_##id();							\
		see_all();							\
	}									\
	static void done_##id##_seen(long value)				\
	{									\
		done_##id(value);						\
		check_seen(count);						\
	}

#define begin_msg	be_registered
#define done_send_nobody nothing_done

SEEN(msg, 1)
SEEN(send, 1)
SEEN(send_full, 1)
SEEN(send_nobody, 1)
SEEN(run, value / 72)
SEEN(broadcast, 1)

static void done_bind_monitor(long value)
{
	(void)value;
	check_seen(0);
	close(fresh);
	fresh = mq_dev();
}

BIND(monitor, .flags = MQ_BIND_MONITOR, .depth = 1000, .from = "bob")

static const struct mq_operation seen_operations[] = {
	{ "bind (monitor)", see_all, call_bind_monitor, 0, .done = done_bind_monitor,
	  .kinds = SENDS },
	{ "/msg", begin_msg_seen, call_msg, 0, .done = done_msg_seen, .kinds = SENDS },
	{ "write", begin_send_seen, call_write, 72, .done = done_send_seen, .kinds = SENDS },
	{ "write to a full one", begin_send_full_seen, call_write, 72,
	  .done = done_send_full_seen, .kinds = SENDS },
	{ "write to nobody", begin_send_nobody_seen, call_write, -ENOENT,
	  .done = done_send_nobody_seen, .kinds = SENDS },
	{ "write of a run", begin_run_seen, call_write, 40 * 72, .piece = 72,
	  .done = done_run_seen, .kinds = SENDS },
	{ "broadcast", begin_broadcast_seen, call_write, 72, .done = done_broadcast_seen,
	  .kinds = SENDS },
};

MQ_TEST(fault_monitor, "with a monitor likewise: each message is seen, or is a gap where there was no memory for that, and nothing else is",
	.params = PLACES, .timeout = 300)
{
	world_make();
	see = mq_bound_nonblock("", .flags = MQ_BIND_MONITOR, .depth = 1000, .snap = 100);
	TRY(seen_operations);
}

/* ---- questions ----------------------------------------------------------- */

static void begin_ask(void)
{
	fill(bob, "bob");
}

static long call_peek(void)
{
	return mq_ioc_peek(bob, bytes, 72 * 2);
}

static void done_peek(long value)
{
	size_t at = 0;

	MQ_FRAME_IS(mq_frame_next(bytes, value, &at), "carol", 0, "one");
}

static long call_list(void)
{
	struct mq_status list[4];
	uint32_t position = 0;

	return mq_ioc_list(bob, list, 4, &position);
}

static long call_status(void)
{
	struct mq_status status;

	return mq_ioc_status(bob, "bob", &status);
}

static long call_info(void)
{
	struct mq_info info;

	return mq_ioc_info(bob, &info);
}

static long call_totals(void)
{
	struct mq_totals totals;

	return mq_ioc_totals(bob, &totals);
}

static long call_debugfs(void)
{
	int fd = open(MQ_ENDPOINTS, O_RDONLY | O_CLOEXEC);
	long got;

	if (fd < 0)
		return -errno;
	got = mq_read(fd, bytes, 4);
	close(fd);
	return got;
}

static const struct mq_operation ask_operations[] = {
	{ "PEEK", begin_ask, call_peek, 144, .piece = 72, .done = done_peek,
	  .kinds = MQ_FAULT_COPY },
	{ "LIST", begin_ask, call_list, 4, .done = nothing_done, .kinds = MQ_FAULT_COPY },
	{ "STATUS", begin_ask, call_status, 0, .done = nothing_done, .kinds = MQ_FAULT_COPY },
	{ "INFO", begin_ask, call_info, 0, .done = nothing_done, .kinds = MQ_FAULT_COPY },
	{ "TOTALS", begin_ask, call_totals, 0, .done = nothing_done, .kinds = MQ_FAULT_COPY },
	{ "debugfs", begin_ask, call_debugfs, 4, .done = nothing_done, .kinds = SENDS },
};

MQ_TEST(fault_ask, "peek, list, status, info, totals and debugfs with each fault change nothing",
	.params = PLACES, .timeout = 200)
{
	world_make();
	TRY(ask_operations);
}

/* ---- long messages ------------------------------------------------------- */

static size_t payload;

static void begin_long_msg(void)
{
	be_registered();
	memset(bytes, 'x', payload);
	memcpy(bytes, "/msg bob ", 9);
}

static long call_long_msg(void)
{
	return mq_cmd_bytes(text, bytes, payload);
}

static void done_long_msg(long value)
{
	(void)value;
	MQ_EQ(mq_read(bob, bytes, sizeof(bytes)), MQ_FRAME_SPACE(64 + payload - 9));
	MQ_FRAME_EMPTY(bob);
}

static void begin_long_frame(void)
{
	static char data[1 << 20];

	be_stranger();
	forget_all();
	memset(data, 'y', payload);
	size = mq_frame_push(bytes, 0, "bob", 0, 0, data, payload);
}

static long call_long_write(void)
{
	return mq_write(alice, bytes, size) == (long)size ? 0 : -errno;
}

static void done_long_write(long value)
{
	(void)value;
	MQ_EQ(mq_read(bob, bytes, sizeof(bytes)), MQ_FRAME_SPACE(64 + payload));
	MQ_FRAME_EMPTY(bob);
}

static long call_long_pieces(void)
{
	struct iovec iov[2] = { { bytes, 2000 }, { bytes + 2000, size - 2000 } };

	return writev(alice, iov, 2) == (long)size ? 0 : -errno;
}

static void begin_long_broadcast(void)
{
	begin_long_frame();
	memset(bytes + offsetof(struct mq_frame, name), 0, MQ_NAME_SIZE);
	((struct mq_frame *)bytes)->flags = MQ_FRAME_BROADCAST;
}

static void done_long_broadcast(long value)
{
	int receivers[] = { bob, carol, full, reject, block, fair, watcher }, i;

	(void)value;
	for (i = 0; i < 7; i++) {
		MQ_EQ(mq_read(receivers[i], bytes, sizeof(bytes)), MQ_FRAME_SPACE(64 + payload));
		MQ_FRAME_EMPTY(receivers[i]);
	}
}

static void begin_long_read(void)
{
	begin_long_frame();
	MQ_EQ(call_long_write(), 0);
}

static long call_long_read(void)
{
	return mq_read(bob, bytes, sizeof(bytes)) == (long)MQ_FRAME_SPACE(64 + payload) ? 0 :
	       -errno;
}

static void done_long_read(long value)
{
	(void)value;
	MQ_EQ(bytes[64 + payload - 1], 'y');
	MQ_FRAME_EMPTY(bob);
}

/* A message is of KINDS. Where one kind of memory fails there may be another: then it succeeds. */
static void long_try(size_t length, unsigned int kinds)
{
	const struct mq_operation operations[] = {
		{ "long /msg", begin_long_msg, call_long_msg, 0, .done = done_long_msg,
		  .kinds = kinds },
		{ "write of a long one", begin_long_frame, call_long_write, 0,
		  .done = done_long_write, .kinds = kinds },
		{ "write of a long one in pieces", begin_long_frame, call_long_pieces, 0,
		  .done = done_long_write, .kinds = kinds },
		{ "broadcast of a long one", begin_long_broadcast, call_long_write, 0,
		  .done = done_long_broadcast, .kinds = kinds },
		{ "read of a long one", begin_long_read, call_long_read, 0,
		  .done = done_long_read, .kinds = MQ_FAULT_COPY },
	};

	world_make();
	payload = length;
	TRY(operations);
}

MQ_TEST(fault_long_slab, "messages of over a page, the last ones from a slab cache, with each fault",
	.params = PLACES, .timeout = 200)
{
	long_try(4096, MQ_FAULT_SLAB | MQ_FAULT_COPY);
}

MQ_TEST(fault_long_pages, "messages that are longer than any slab cache's memory", .timeout = 200,
	.params = PLACES " CMD_BUF_SIZE=65536")
{
	long_try(20000, MQ_FAULT_PAGE | MQ_FAULT_COPY);
}

MQ_TEST(fault_long_virtual, "messages of 1 MiB, and a /reg with a mailbox of 65,536", .timeout = 300,
	.params = "MAX_DEVICES=10 QUEUE_LEN=65536 CMD_BUF_SIZE=1048576")
{
	static const struct mq_operation virtual_operations[] = {
		{ "/reg", be_stranger, call_reg, 0, .done = done_reg, .kinds = MQ_FAULT_ALL },
		{ "long /msg", begin_long_msg, call_long_msg, 0, .done = done_long_msg,
		  .kinds = MQ_FAULT_PAGE | MQ_FAULT_COPY },
		{ "write of a long one", begin_long_frame, call_long_write, 0,
		  .done = done_long_write, .kinds = MQ_FAULT_PAGE | MQ_FAULT_COPY },
	};

	world_make();
	payload = 1 << 20;
	TRY(virtual_operations);
}

/* ---- the end of a process ------------------------------------------------ */

static void exit_with_fault(void *nth)
{
	mq_fault_open();
	text = mq_dev();
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	MQ_EQ(mq_cmd(text, "/msg me unread"), 0);
	fresh = mq_bound("new", .policy = MQ_POLICY_BLOCK, .flags = MQ_BIND_EVENTS);
	MQ_EQ(mq_frame_send_text(fresh, "new", "unread"), 0);
	mq_fault_begin((long)nth);
	_exit(0);
}

MQ_TEST(fault_exit, "a process whose end runs into any fault leaves nothing behind",
	.params = "MAX_DEVICES=3", .timeout = 200)
{
	struct mq_state before, now;
	siginfo_t info;
	bool hit = true;
	long nth;
	pid_t pid;

	mq_fault_open();
	text = mq_dev();
	watcher = mq_bound_nonblock("watcher");
	mq_state_take(&before, &watcher, 1);
	for (nth = 1; hit; nth++) {
		pid = mq_run(exit_with_fault, (void *)nth);
		MQ_OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
		hit = mq_fault_was_hit(pid);
		mq_join(pid);
		MQ_EQ(mq_cmd(text, "/reg me"), 0);
		close(mq_bound("new"));
		MQ_EQ(mq_cmd(text, "/unr"), 0);
		mq_state_take(&now, &watcher, 1);
		mq_state_check(&before, &now, "after an exit");
	}
	/* The first number was one at all. */
	MQ_GE(nth, 3);
}
