// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each operation that copies from or to user memory, with a page whose fault is held up
 * by userfaultfd, as long as the test likes: it delays nobody but its owner. All others
 * register, send to him, broadcast, list, look into debugfs, die and leave; what would
 * wait for him waits for ever, and the test's timeout tells.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "fault_lib.h"
#include "poll_lib.h"

#include <sys/syscall.h>
#include <sys/uio.h>

/* A call that sleeps in the fault of PAGE; what lies in front of the page is there. */
struct held_operation {
	const char *name;
	long (*call)(int fd, void *page);
	long value;
	void (*begin)(void);
	size_t (*fill)(char *page);	/* what the page will contain; how many bytes */
	void (*done)(const char *page);	/* it has happened */
	bool keeps_mailbox;		/* bob's next reader waits */
};

static int text, alice, bob, carol, fresh, monitor;
static char bytes[8192] __attribute__((aligned(8)));
static uint64_t cookie;
static struct mq_caller *caller;

static void forget(int fd)
{
	static char room[65536] __attribute__((aligned(8)));

	while (mq_read(fd, room, sizeof(room)) > 0)
		;
}

static void forget_all(void)
{
	forget(alice);
	forget(bob);
	forget(carol);
	forget(text);
}

static void world_make(void)
{
	text = mq_dev_flags(O_RDWR | O_CLOEXEC | O_NONBLOCK);
	fresh = mq_dev();
	alice = mq_bound_nonblock("alice");
	bob = mq_bound_nonblock("bob");
	carol = mq_bound_nonblock("carol");
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
}

/* ---- the others ---------------------------------------------------------- */

static void send_to_all(int fd)
{
	static const char *const held[] = { "alice", "bob", "carol", "me" };
	int i, error;

	for (i = 0; i < 4; i++) {
		error = mq_frame_send_text(fd, held[i], "to the held one");
		MQ_TRUE(!error || (i == 3 && error == -ENOENT));
	}
}

/* By files and processes of their own. */
static void others_go_on(void)
{
	int one = mq_bound_nonblock("one"), i;
	int two = mq_bound_nonblock("two", .flags = MQ_BIND_EVENTS);
	struct mq_peer *peer = mq_peer_start(), *dies = mq_peer_start();
	static struct mq_counters counters[16];
	static struct mq_status list[16];

	MQ_EQ(mq_peer_cmd(peer, "/reg peer"), 0);
	MQ_EQ(mq_peer_cmd(dies, "/reg dies"), 0);
	for (i = 0; i < 5; i++) {
		send_to_all(one);
		MQ_EQ(mq_frame_broadcast(one, "everybody"), 0);
		MQ_PEER_READS(peer, "everybody");
		MQ_EQ(mq_peer_cmd(peer, "/all you too"), 0);
		MQ_EQ(mq_peer_cmd(peer, "/msg bob hello"), 0);
		forget(two);
		MQ_EQ(mq_peer_cmd(peer, "/msg two hello"), 0);
		MQ_FRAME_READS(two, "peer", "hello");
		MQ_GE(mq_ioc_list_all(one, list, 16), 7);
		MQ_GE(mq_counters_all(counters, 16), 7);
		MQ_EQ(mq_status_of("bob").name[0], 'b');
		MQ_EQ(mq_call(one, "bob", "anybody?", .timeout = 1000000), -ETIMEDOUT);
		MQ_EQ(mq_bind(fresh, "bob"), -EEXIST);
	}
	mq_peer_kill(dies, SIGKILL);
	MQ_TRUE(!mq_is_there("dies"));
	MQ_EQ(mq_peer_cmd(peer, "/unr"), 0);
	mq_peer_exit(peer);
	close(one);
	close(two);
	MQ_TRUE(!mq_is_there("one"));
}

/* Other threads of the held process, on the same files. */
static void same_files_go_on(bool keeps_mailbox)
{
	forget(carol);
	MQ_EQ(mq_frame_send_text(alice, "carol", "by another thread"), 0);
	MQ_FRAME_READS(carol, "alice", "by another thread");
	MQ_EQ(mq_frame_broadcast(alice, "everybody"), 0);
	MQ_EQ(mq_frame_send_text(bob, "carol", "by another thread"), 0);
	MQ_GE(mq_ioc_peek(bob, bytes, sizeof(bytes)), 72);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_poll(alice), POLLIN | POLLOUT);
	if (keeps_mailbox)
		MQ_EQ(mq_frame_receive_nowait(bob), -EAGAIN);
	else
		forget(bob);
}

/* ---- text ---------------------------------------------------------------- */

static size_t fill_text(char *page, const char *command)
{
	return strlen(strcpy(page, command));
}

static long call_text(int fd, void *page, const char *command)
{
	(void)fd;
	return mq_cmd_bytes(text, page, strlen(command));
}

#define TEXT(id, command)							\
	static long call_##id(int fd, void *page)				\
	{									\
		return call_text(fd, page, command);				\
	}									\
										\
	static size_t fill_##id(char *page)					\
	{									\
		return fill_text(page, command);				\
	}

TEXT(msg, "/msg bob late")
TEXT(all, "/all late")
TEXT(reg, "/reg me")
TEXT(unr, "/unr ")
TEXT(from, "/from off")
TEXT(wait, "/wait 0")

static void done_msg(const char *page)
{
	(void)page;
	MQ_FRAME_READS(bob, "me", "late");
}

static void done_all(const char *page)
{
	(void)page;
	MQ_FRAME_READS_FLAGS(alice, "me", MQ_FRAME_BROADCAST, "late");
	MQ_FRAME_READS_FLAGS(bob, "me", MQ_FRAME_BROADCAST, "late");
}

static void begin_reg(void)
{
	MQ_EQ(mq_cmd(text, "/unr"), 0);
}

static void done_reg(const char *page)
{
	(void)page;
	MQ_TRUE(mq_is_there("me"));
}

static void done_unr(const char *page)
{
	(void)page;
	MQ_TRUE(!mq_is_there("me"));
	MQ_EQ(mq_cmd(text, "/reg me"), 0);
}

static void begin_text(void)
{
	forget(text);
	MQ_EQ(mq_cmd(text, "/msg me first"), 0);
}

static long call_read_text(int fd, void *page)
{
	(void)fd;
	return mq_read(text, page, MQ_PAGE);
}

static void done_read_text(const char *page)
{
	MQ_EQ(memcmp(page, "first", 5), 0);
}

static long call_readv_text(int fd, void *page)
{
	struct iovec iov[2] = { { bytes, 2 }, { page, 100 } };
	ssize_t got = readv(text, iov, 2);

	(void)fd;
	return got < 0 ? -errno : got;
}

static void done_readv_text(const char *page)
{
	MQ_EQ(memcmp(page, "rst", 3), 0);
}

/* ---- frames: sending ----------------------------------------------------- */

static long call_write(int fd, void *page)
{
	(void)fd;
	return mq_write(alice, page, 72);
}

static size_t fill_frame(char *page)
{
	return mq_frame_push_text(page, 0, "bob", "late");
}

static void done_write(const char *page)
{
	(void)page;
	MQ_FRAME_READS(bob, "alice", "late");
}

static long call_writev(int fd, void *page)
{
	struct iovec iov[2] = { { bytes + 4096, 8 }, { (char *)page + 8, 64 } };
	ssize_t done;

	(void)fd;
	fill_frame(bytes + 4096);
	done = writev(alice, iov, 2);
	return done < 0 ? -errno : done;
}

static size_t fill_broadcast(char *page)
{
	return mq_frame_push(page, 0, "", MQ_FRAME_BROADCAST, 0, "late", 4);
}

static void done_broadcast(const char *page)
{
	(void)page;
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "late");
	MQ_FRAME_READS_FLAGS(carol, "alice", MQ_FRAME_BROADCAST, "late");
}

/* The first frame is there, the second one ends in the page. */
static long call_write_run(int fd, void *page)
{
	char *at = (char *)page - 80;

	(void)fd;
	mq_frame_push_text(at, 0, "bob", "late");
	memcpy(at + 72, at, 8);
	return mq_write(alice, at, 144);
}

static size_t fill_run(char *page)
{
	fill_frame(bytes);
	memcpy(page, bytes + 8, 64);
	return 64;
}

static void done_run(const char *page)
{
	done_write(page);
	done_write(page);
}

/* ---- frames: receiving --------------------------------------------------- */

static void begin_frames(void)
{
	forget(bob);
	MQ_EQ(mq_frame_send_text(alice, "bob", "first"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "second"), 0);
}

static long call_read(int fd, void *page)
{
	(void)fd;
	return mq_read(bob, page, 72);
}

static void done_read(const char *page)
{
	size_t at = 0;

	MQ_FRAME_IS(mq_frame_next(page, 72, &at), "alice", 0, "first");
}

static long call_read_run(int fd, void *page)
{
	(void)fd;
	return mq_read(bob, (char *)page - 72, 144);
}

static void done_read_run(const char *page)
{
	size_t at = 0;

	MQ_FRAME_IS(mq_frame_next(page - 72, 144, &at), "alice", 0, "first");
	MQ_FRAME_IS(mq_frame_next(page - 72, 144, &at), "alice", 0, "second");
}

static long call_readv(int fd, void *page)
{
	struct iovec iov[2] = { { bytes, 8 }, { (char *)page + 8, 64 } };
	ssize_t got = readv(bob, iov, 2);

	(void)fd;
	return got < 0 ? -errno : got;
}

static void done_readv(const char *page)
{
	memcpy(bytes + 8, page + 8, 64);
	done_read(bytes);
}

/* ---- a monitor ------------------------------------------------------------ */

#define SEEN (sizeof(struct mq_frame) + sizeof(struct mq_passed) + 8)

static void begin_monitor(void)
{
	forget_all();
	monitor = mq_bound_nonblock("", .flags = MQ_BIND_MONITOR, .snap = 8);
	MQ_EQ(mq_frame_send_text(alice, "bob", "seen"), 0);
}

static long call_read_monitor(int fd, void *page)
{
	(void)fd;
	return mq_read(monitor, page, SEEN);
}

static void done_read_monitor(const char *page)
{
	const struct mq_frame *frame = (const struct mq_frame *)page;

	MQ_EQ(frame->flags, MQ_FRAME_MONITOR);
	MQ_EQ(frame->sequence, 1);
	MQ_EQ(memcmp(page + SEEN - 8, "seen", 4), 0);
	close(monitor);
}

/* ---- ioctls: their structures -------------------------------------------- */

#define STRUCTURE(id, file, command, type, ...)					\
	static long call_##id(int fd, void *page)				\
	{									\
		(void)fd;							\
		return mq_ioctl(file, command, page);				\
	}									\
										\
	static size_t fill_##id(char *page)					\
	{									\
		type structure = { .size = sizeof(structure), __VA_ARGS__ };	\
										\
		memcpy(page, &structure, sizeof(structure));			\
		return sizeof(structure);					\
	}

STRUCTURE(info, bob, MQ_IOC_INFO, struct mq_info)
STRUCTURE(bind, fresh, MQ_IOC_BIND, struct mq_bind, .name = "new")
STRUCTURE(bind_monitor, fresh, MQ_IOC_BIND, struct mq_bind, .flags = MQ_BIND_MONITOR)
STRUCTURE(totals, bob, MQ_IOC_TOTALS, struct mq_totals)
STRUCTURE(status, bob, MQ_IOC_STATUS, struct mq_status, .name = "bob")
STRUCTURE(list, bob, MQ_IOC_LIST, struct mq_list, .entry_size = sizeof(struct mq_status),
	  .entries = (uintptr_t)bytes, .count = 2)
STRUCTURE(peek, bob, MQ_IOC_PEEK, struct mq_exchange, .receive = (uintptr_t)bytes,
	  .receive_size = 72)
STRUCTURE(receive, bob, MQ_IOC_RECEIVE, struct mq_exchange, .receive = (uintptr_t)bytes,
	  .receive_size = 72)
STRUCTURE(call, alice, MQ_IOC_CALL, struct mq_exchange, .receive = (uintptr_t)bytes,
	  .receive_size = 72, .send = (uintptr_t)bytes + 4096, .send_size = 72)

static void done_info(const char *page)
{
	MQ_EQ(((struct mq_info *)page)->max_devices, 64);
}

static void done_bind(const char *page)
{
	(void)page;
	MQ_TRUE(mq_is_there("new"));
	close(fresh);
	fresh = mq_dev();
}

static void done_bind_monitor(const char *page)
{
	(void)page;
	MQ_EQ(mq_frame_send_text(alice, "bob", "seen"), 0);
	MQ_EQ(mq_poll(fresh), POLLIN | POLLOUT);
	close(fresh);
	fresh = mq_dev();
}

static void done_totals(const char *page)
{
	const struct mq_totals *t = (const struct mq_totals *)page;

	MQ_GE(t->accepted, 1);
	mq_totals_check(t);
}

static void done_status(const char *page)
{
	mq_status_check((struct mq_status *)page);
}

static void done_list(const char *page)
{
	MQ_EQ(((struct mq_list *)page)->count, 2);
}

static void begin_call(void)
{
	mq_frame_push_text(bytes, 4096, "bob", "ping");
}

static void done_nothing(const char *page)
{
	(void)page;
}

/* ---- ioctls: what they point at ------------------------------------------ */

static long call_list_entries(int fd, void *page)
{
	uint32_t position = 0;

	(void)fd;
	return mq_ioc_list(bob, page, 2, &position);
}

static long call_peek_room(int fd, void *page)
{
	(void)fd;
	return mq_ioc_peek(bob, page, 72);
}

static long call_receive_room(int fd, void *page)
{
	(void)fd;
	return mq_ioc_receive(bob, NULL, NULL, page, 72, 0);
}

static void begin_answer(void)
{
	forget_all();
	caller = mq_call_begin(alice, "bob", "ping");
	cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
}

static long call_answer(int fd, void *page)
{
	uint32_t size = 72;
	char room[72] __attribute__((aligned(8)));

	(void)fd;
	return mq_ioc_receive(bob, page, &size, room, 72, 0);
}

static size_t fill_answer(char *page)
{
	return mq_frame_push(page, 0, "", MQ_FRAME_REPLY, cookie, "pong", 4);
}

static void done_answer(const char *page)
{
	(void)page;
	MQ_CALL_GETS(caller, "bob", "pong");
}

static long call_send(int fd, void *page)
{
	char room[72] __attribute__((aligned(8)));

	(void)fd;
	return mq_ioc_call(alice, page, 72, room, 72, 1);
}

/* The page fault comes with the reply, which another thread has written. */
static pthread_t server;

static void *answer_one(void *arg)
{
	struct pollfd p = { .fd = bob, .events = POLLIN };

	(void)arg;
	MQ_OK(poll(&p, 1, -1));
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
	return NULL;
}

static void begin_reply(void)
{
	forget_all();
	begin_call();
	MQ_EQ(pthread_create(&server, NULL, answer_one, NULL), 0);
}

static long call_reply_room(int fd, void *page)
{
	(void)fd;
	return mq_ioc_call(alice, bytes + 4096, 72, page, 72, MQ_FOREVER);
}

static void reply_check(const char *page)
{
	size_t at = 0;

	MQ_FRAME_IS(mq_frame_next(page, 72, &at), "bob", MQ_FRAME_REPLY, "pong");
}

static void done_reply_room(const char *page)
{
	MQ_EQ(pthread_join(server, NULL), 0);
	reply_check(page);
}

/* ---- all of them --------------------------------------------------------- */

static const struct held_operation operations[] = {
	{ "/msg", call_msg, 0, forget_all, fill_msg, .done = done_msg },
	{ "/all", call_all, 0, forget_all, fill_all, .done = done_all },
	{ "/reg", call_reg, 0, begin_reg, fill_reg, .done = done_reg },
	{ "/unr", call_unr, 0, forget_all, fill_unr, .done = done_unr },
	{ "/from", call_from, 0, forget_all, fill_from, .done = done_nothing },
	{ "/wait", call_wait, -EAGAIN, forget_all, fill_wait, .done = done_nothing },
	{ "text read", call_read_text, 5, begin_text, NULL, .done = done_read_text },
	{ "text readv", call_readv_text, 5, begin_text, NULL, .done = done_readv_text },
	{ "write", call_write, 72, forget_all, fill_frame, .done = done_write },
	{ "writev", call_writev, 72, forget_all, fill_frame, .done = done_write },
	{ "broadcast", call_write, 72, forget_all, fill_broadcast, .done = done_broadcast },
	{ "write of a run", call_write_run, 144, forget_all, fill_run, .done = done_run },
	{ "read", call_read, 72, begin_frames, NULL, .done = done_read, .keeps_mailbox = true },
	{ "read of several", call_read_run, 144, begin_frames, NULL, .done = done_read_run, .keeps_mailbox = true },
	{ "readv", call_readv, 72, begin_frames, NULL, .done = done_readv, .keeps_mailbox = true },
	{ "a monitor's read", call_read_monitor, SEEN, begin_monitor, NULL, .done = done_read_monitor },
	{ "INFO", call_info, 0, forget_all, fill_info, .done = done_info },
	{ "BIND", call_bind, 0, forget_all, fill_bind, .done = done_bind },
	{ "BIND of a monitor", call_bind_monitor, 0, forget_all, fill_bind_monitor, .done = done_bind_monitor },
	{ "TOTALS", call_totals, 0, forget_all, fill_totals, .done = done_totals },
	{ "STATUS", call_status, 0, forget_all, fill_status, .done = done_status },
	{ "LIST", call_list, 0, forget_all, fill_list, .done = done_list },
	{ "LIST's entries", call_list_entries, 2, forget_all, NULL, .done = done_nothing },
	{ "PEEK", call_peek, 0, forget_all, fill_peek, .done = done_nothing },
	{ "PEEK's room", call_peek_room, 72, begin_frames, NULL, .done = done_read },
	{ "RECEIVE", call_receive, -EAGAIN, forget_all, fill_receive, .done = done_nothing },
	{ "RECEIVE's room", call_receive_room, 72, begin_frames, NULL, .done = done_read, .keeps_mailbox = true },
	{ "RECEIVE's answer", call_answer, -EAGAIN, begin_answer, fill_answer, .done = done_answer },
	{ "CALL", call_call, -ETIMEDOUT, begin_call, fill_call, .done = done_nothing },
	{ "CALL's request", call_send, -ETIMEDOUT, forget_all, fill_frame, .done = done_nothing },
	{ "CALL's reply", call_reply_room, 72, begin_reply, NULL, .done = done_reply_room },
};

static void held_try(const struct held_operation *op)
{
	struct mq_held *held;
	char content[256] __attribute__((aligned(8)));
	size_t size = 0;
	long value;

	op->begin();
	held = mq_held_begin(op->call, -1);
	others_go_on();
	same_files_go_on(op->keeps_mailbox);
	/* Only what comes now is looked for. */
	forget_all();
	if (op->fill)
		size = op->fill(content);
	value = mq_held_end(held, content, size);
	if (value != op->value)
		MQ_FAIL("%s: %ld, should be %ld", op->name, value, op->value);
	op->done(held->page);
}

MQ_TEST(held_operations, "each operation that sleeps in a page fault, wherever its page is, holds up nobody else",
	.params = "QUEUE_LEN=4", .timeout = 200)
{
	size_t i;

	mq_held_need();
	world_make();
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		held_try(&operations[i]);
}

/* ---- the file and the process of the held one ---------------------------- */

static int dave;

static long call_read_dave(int fd, void *page)
{
	return mq_read(fd, page, 72);
}

static void *second_reader(void *arg)
{
	volatile pid_t *tid = arg;
	char room[128] __attribute__((aligned(8)));

	*tid = gettid();
	return (void *)mq_read(dave, room, 72);
}

MQ_TEST(held_second, "a second reader of that file waits, and gets the next frame; closing it waits for nobody")
{
	volatile pid_t tid = 0;
	struct mq_held *held;
	pthread_t second;
	void *result;

	mq_held_need();
	world_make();
	dave = mq_bound("dave");
	MQ_EQ(mq_frame_send_text(alice, "dave", "first"), 0);
	held = mq_held_begin(call_read_dave, dave);
	MQ_EQ(pthread_create(&second, NULL, second_reader, (void *)&tid), 0);
	while (!tid)
		mq_sleep_ms(1);
	mq_until_asleep(tid, SYS_read);
	close(dave);
	MQ_TRUE(mq_is_there("dave"));
	MQ_EQ(mq_frame_send_text(alice, "dave", "next"), 0);
	MQ_EQ(mq_held_end(held, "", 0), 72);
	MQ_EQ(pthread_join(second, &result), 0);
	MQ_EQ((long)result, 72);
	MQ_TRUE(!mq_is_there("dave"));
}

static long second_receive(char *room, size_t size)
{
	return mq_ioc_receive(dave, NULL, NULL, room, size, 0);
}

static long second_readv(char *room, size_t size)
{
	struct iovec part = { room, size };
	ssize_t got = preadv2(dave, &part, 1, -1, RWF_NOWAIT);

	return got < 0 ? -errno : got;
}

static long second_timed(char *room, size_t size)
{
	return mq_ioc_receive(dave, NULL, NULL, room, size, 1000000);
}

/* Another process, which has the file too. */
static struct mq_peer *second;

static long receive_caught(int fd, long size)
{
	(void)fd;
	mq_signal_catch(0);
	return mq_ioc_receive(dave, NULL, NULL, bytes, size, MQ_FOREVER);
}

static long second_interrupted(char *room, size_t size)
{
	(void)room;
	mq_peer_do_begin(second, receive_caught, size);
	mq_until_asleep(second->pid, SYS_ioctl);
	kill(second->pid, SIGUSR1);
	return mq_peer_end(second);
}

/* SECOND does not wait, or not for ever, and is told ERROR. */
static void edge_check(long (*read_second)(char *room, size_t size), int error)
{
	int set = MQ_OK(epoll_create1(EPOLL_CLOEXEC));
	char room[128] __attribute__((aligned(8)));
	struct mq_held *held;

	dave = mq_bound("dave");
	second = mq_peer_start();
	mq_epoll_add(set, dave, EPOLLIN | EPOLLET);
	MQ_EQ(mq_frame_send_text(alice, "dave", "first"), 0);
	MQ_EQ(mq_frame_send_text(alice, "dave", "next"), 0);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	held = mq_held_begin(call_read_dave, dave);
	MQ_EQ(read_second(room, sizeof(room)), -error);
	MQ_EQ(mq_epoll_now(set), 0);
	MQ_EQ(mq_held_end(held, "", 0), 72);
	MQ_EQ(mq_epoll_next(set), EPOLLIN);
	MQ_FRAME_READS(dave, "alice", "next");
	mq_peer_exit(second);
	close(dave);
	close(set);
}

MQ_TEST(held_second_edge, "a second reader that does not wait, or gives up, has an edge for what is left")
{
	mq_held_need();
	world_make();
	edge_check(second_readv, EAGAIN);
	edge_check(second_receive, ETIMEDOUT);
	edge_check(second_timed, ETIMEDOUT);
	edge_check(second_interrupted, EINTR);
}

MQ_TEST(held_call, "a caller that sleeps in the page fault of its reply has it, wherever its server and its own file are now")
{
	struct mq_held *held;

	mq_held_need();
	world_make();
	begin_reply();
	held = mq_held_begin(call_reply_room, -1);
	/* Its call may go on for a moment: the file lives as long. */
	MQ_EQ(pthread_join(server, NULL), 0);
	close(bob);
	close(alice);
	MQ_TRUE(!mq_is_there("bob"));
	MQ_TRUE(mq_is_there("alice"));
	MQ_EQ(mq_held_end(held, "", 0), 72);
	reply_check(held->page);
	MQ_TRUE(!mq_is_there("alice"));
}

static void held_in_child(void *arg)
{
	dave = mq_bound("dave");
	MQ_EQ(mq_frame_send_text(dave, "dave", "first"), 0);
	mq_held_begin(call_read_dave, dave);
	*(volatile int *)arg = 1;
	pause();
}

MQ_TEST(held_killed, "SIGKILL ends a reader in a page fault; the name is free after waitpid")
{
	volatile int *ready = mq_shared(sizeof(*ready));
	pid_t pid;

	mq_held_need();
	world_make();
	pid = mq_run(held_in_child, (void *)ready);
	while (!*ready)
		mq_sleep_ms(1);
	MQ_EQ(mq_frame_send_text(alice, "dave", "to the held one"), 0);
	MQ_OK(kill(pid, SIGKILL));
	MQ_TRUE(WIFSIGNALED(mq_wait_status(pid)));
	MQ_TRUE(!mq_is_there("dave"));
	close(mq_bound("dave"));
}
