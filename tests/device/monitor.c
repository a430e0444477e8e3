// SPDX-License-Identifier: GPL-2.0-only
/*
 * A monitor: a file that gets a frame for each message that passes.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "group.h"
#include "space.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* A new one, that does not wait and gets as many bytes as it may, unless told otherwise. */
#define mq_monitor(...)							\
	monitor_new(__LINE__, (struct mq_bind){ __VA_ARGS__ })

static int monitor_new(int line, struct mq_bind bind)
{
	bind.flags = MQ_BIND_MONITOR;
	bind.depth = bind.depth ? bind.depth : 1024;
	bind.snap = bind.snap ? bind.snap : MQ_SNAP_MAX;
	return mq_bound_fill(__FILE__, line, O_RDWR | O_CLOEXEC | O_NONBLOCK, "", bind);
}

struct seen {
	struct mq_frame frame;
	struct mq_passed passed;
	char data[MQ_SNAP_MAX];
};

static struct seen seen __attribute__((aligned(8)));

/* The next frame of a monitor; the value is it, good until the next. */
#define SEES(fd, from, to, flags, result, reached, text)		\
	sees(__FILE__, __LINE__, fd, from, to, flags, result, reached, text)

static const struct seen *sees(const char *file, int line, int fd, const char *from,
			       const char *to, uint32_t flags, int result, uint32_t reached,
			       const char *text)
{
	static const char zeros[MQ_NAME_SIZE];
	long got = mq_ioc_receive(fd, NULL, NULL, &seen, sizeof(seen), 0);
	size_t size = sizeof(seen.frame) + sizeof(seen.passed) + strlen(text), len = strlen(to);

	mq_check(file, line, "a frame is there", got > 0, got, ">", 0);
	mq_check(file, line, "frame.size", seen.frame.size == size, seen.frame.size, "==", size);
	mq_check(file, line, "bytes", got == (long)MQ_FRAME_SPACE(size), got, "==",
		 MQ_FRAME_SPACE(size));
	mq_check(file, line, "frame.flags", seen.frame.flags == MQ_FRAME_MONITOR,
		 seen.frame.flags, "==", MQ_FRAME_MONITOR);
	mq_check_bytes(file, line, "from", seen.frame.name, strlen(seen.frame.name), from,
		       strlen(from));
	mq_check_bytes(file, line, "to", seen.passed.name, strlen(seen.passed.name), to, len);
	mq_check_bytes(file, line, "behind it", seen.passed.name + len, MQ_NAME_SIZE - len, zeros,
		       MQ_NAME_SIZE - len);
	mq_check(file, line, "size", seen.passed.size == sizeof(seen.passed), seen.passed.size,
		 "==", sizeof(seen.passed));
	mq_check(file, line, "flags", seen.passed.flags == flags, seen.passed.flags, "==", flags);
	mq_check(file, line, "result", seen.passed.result == (uint32_t)result,
		 seen.passed.result, "==", result);
	mq_check(file, line, "reached", seen.passed.reached == reached, seen.passed.reached, "==",
		 reached);
	mq_check(file, line, "reserved", !seen.passed.reserved, seen.passed.reserved, "==", 0);
	mq_check_bytes(file, line, "data", seen.data, strlen(text), text, strlen(text));
	return &seen;
}

/* ---- what is seen ----------------------------------------------------------- */

MQ_TEST(monitor_frame, "a frame: one is seen, with sender, destination, time, cookie, payload and a number",
	.open_to_all = true)
{
	struct mq_peer *alice = mq_peer_start_as(1001, 1001);
	int see = mq_monitor(), bob = mq_bound("bob");
	uint64_t began = mq_now_ns();
	const struct seen *s;
	uint64_t time;

	MQ_EQ(mq_peer_bind(alice, "alice"), 0);
	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "hello"), 0);
	s = SEES(see, "alice", "bob", 0, 0, 1, "hello");
	MQ_EQ(s->frame.pid, alice->pid);
	MQ_EQ(s->frame.uid, 1001);
	MQ_EQ(s->frame.sequence, 1);
	MQ_EQ(s->frame.cookie, 0);
	MQ_EQ(s->passed.length, 5);
	MQ_GE(s->frame.time, began);
	time = s->frame.time;
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "hello")->time, time);
	MQ_EQ(mq_frame_send(bob, "bob", 0, 77, "to me", 5), 72);
	s = SEES(see, "bob", "bob", 0, 0, 1, "to me");
	MQ_EQ(s->frame.cookie, 77);
	MQ_EQ(s->frame.sequence, 2);
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_text, "a text message likewise, to a process and to a file")
{
	int see = mq_monitor(), text = mq_dev(), bob = mq_bound("bob");
	uint64_t began = mq_now_ns(), time;

	MQ_EQ(mq_cmd(text, "/reg me"), 0);
	MQ_EQ(mq_cmd(text, "/msg me hi there"), 0);
	time = SEES(see, "me", "me", 0, 0, 1, "hi there")->frame.time;
	MQ_GE(time, began);
	MQ_READS(text, "hi there");
	MQ_EQ(mq_cmd(text, "/msg bob  x\n"), 0);
	time = SEES(see, "me", "bob", 0, 0, 1, " x\n")->frame.time;
	MQ_EQ(MQ_FRAME_READS(bob, "me", " x\n")->time, time);
	/* What is no message. */
	MQ_EQ(mq_cmd(text, "/from on"), 0);
	MQ_EQ(mq_cmd(text, "/wait 0"), -ETIMEDOUT);
	MQ_EQ(mq_cmd(text, "/unr"), 0);
	MQ_EQ(mq_cmd(text, "/msg bob hi"), -EACCES);
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_broadcast, "a broadcast is one, and tells how many it reached",
	.params = "MAX_DEVICES=600", .timeout = 120)
{
	int see = mq_monitor(), text = mq_dev(), alice = mq_bound("alice"), i;
	int full = mq_bound("full", .policy = MQ_POLICY_REJECT, .depth = 1);
	char name[MQ_NAME_SIZE];

	MQ_EQ(mq_frame_broadcast(alice, "first"), 0);
	SEES(see, "alice", "", MQ_FRAME_BROADCAST, 0, 1, "first");
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_frame_broadcast(alice, "second"), 0);
	SEES(see, "alice", "", MQ_FRAME_BROADCAST, 0, 1, "second");
	MQ_EQ(mq_cmd(text, "/all third"), 0);
	SEES(see, "text", "", MQ_FRAME_BROADCAST, 0, 1, "third");
	close(full);
	/* Several rounds of the walk. */
	for (i = 0; i < 550; i++) {
		sprintf(name, "n%d", i);
		mq_bound(name);
	}
	MQ_EQ(mq_frame_broadcast(alice, "many"), 0);
	SEES(see, "alice", "", MQ_FRAME_BROADCAST, 0, 551, "many");
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_call, "a request is seen when it is in the mailbox, then its reply, with one cookie")
{
	int see = mq_monitor(), alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping", .cookie = 5);
	uint64_t cookie = SEES(see, "alice", "bob", MQ_FRAME_CALL, 0, 1, "ping")->frame.cookie;

	MQ_FRAME_EMPTY(see);
	MQ_EQ(MQ_CALL_RECEIVES(bob, "alice", "ping"), cookie);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
	MQ_EQ(SEES(see, "bob", "alice", MQ_FRAME_REPLY, 0, 1, "pong")->frame.cookie, cookie);
	/* Nobody waits for a second one. */
	MQ_EQ(mq_frame_reply(bob, cookie, "late"), -ENOENT);
	SEES(see, "bob", "", MQ_FRAME_REPLY, ENOENT, 0, "late");
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_call_ends, "a request that was sent is seen as that, however the call ends")
{
	int see = mq_monitor(), alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 1);
	struct mq_caller *call;

	MQ_EQ(mq_call(alice, "bob", "one", .timeout = 1), -ETIMEDOUT);
	SEES(see, "alice", "bob", MQ_FRAME_CALL, 0, 1, "one");
	call = mq_call_begin(alice, "bob", "two");
	SEES(see, "alice", "bob", MQ_FRAME_CALL, 0, 1, "two");
	MQ_EQ(mq_frame_send_text(alice, "bob", "three"), 0);
	MQ_EQ(mq_call_end(call), -ENOBUFS);
	SEES(see, "alice", "bob", 0, 0, 1, "three");
	call = mq_call_begin(alice, "bob", "four");
	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
	SEES(see, "alice", "bob", MQ_FRAME_CALL, 0, 1, "four");
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_call_room, "a request that waits for room is seen when it has got some, and its caller sleeps on")
{
	int see = mq_monitor(), alice = mq_bound("alice"), i;
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK, .depth = 1);
	struct mq_caller *call;
	struct pollfd p = { .fd = see, .events = POLLIN };
	uint64_t cookie;

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	SEES(see, "alice", "bob", 0, 0, 1, "full");
	/* It gives up. */
	MQ_EQ(mq_call(alice, "bob", "early", .timeout = 1), -ETIMEDOUT);
	SEES(see, "alice", "bob", MQ_FRAME_CALL, ETIMEDOUT, 0, "early");
	for (i = 0; i < 2; i++) {
		call = mq_call_begin(alice, "bob", "ask");
		MQ_FRAME_EMPTY(see);
		MQ_FRAME_READS(bob, "alice", "full");
		MQ_EQ(poll(&p, 1, -1), 1);
		cookie = SEES(see, "alice", "bob", MQ_FRAME_CALL, 0, 1, "ask")->frame.cookie;
		mq_until_asleep(call->tid, SYS_ioctl);
		MQ_EQ(MQ_CALL_RECEIVES(bob, "alice", "ask"), cookie);
		if (i)
			break;
		MQ_EQ(mq_frame_reply(bob, cookie, "answer"), 0);
		MQ_CALL_GETS(call, "bob", "answer");
		SEES(see, "bob", "alice", MQ_FRAME_REPLY, 0, 1, "answer");
		MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
		SEES(see, "alice", "bob", 0, 0, 1, "full");
	}
	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_waits, "a message that waits for room is seen when that ends: sent, interrupted, or nobody is there any more")
{
	/* Before bob, whose file they do not inherit. */
	struct mq_peer *alice = mq_peer_bound("alice"), *carol = mq_peer_bound("carol");
	int see = mq_monitor(), bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK, .depth = 1);

	MQ_EQ(mq_peer_frame_send_text(alice, "bob", "one"), 0);
	SEES(see, "alice", "bob", 0, 0, 1, "one");
	mq_peer_frame_send_asleep(alice, "bob", "two");
	MQ_FRAME_EMPTY(see);
	MQ_FRAME_READS(bob, "alice", "one");
	MQ_EQ(mq_peer_end(alice), 0);
	SEES(see, "alice", "bob", 0, 0, 1, "two");
	mq_peer_frame_send_asleep(carol, "bob", "three");
	mq_peer_frame_send_asleep(alice, "bob", "four");
	mq_peer_kill(carol, SIGKILL);
	SEES(see, "carol", "bob", 0, EINTR, 0, "three");
	close(bob);
	MQ_EQ(mq_peer_end(alice), -EPIPE);
	SEES(see, "alice", "bob", 0, EPIPE, 0, "four");
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_refused, "what is refused is seen with the errno that its sender gets",
	.open_to_all = true)
{
	struct mq_peer *eve = mq_peer_start_as(1005, 1005);
	int see = mq_monitor(), alice = mq_bound_nonblock("alice"), text = mq_dev();

	mq_bound("reject", .policy = MQ_POLICY_REJECT, .depth = 1);
	mq_bound("block", .policy = MQ_POLICY_BLOCK, .depth = 1);
	mq_bound("mine", .access = MQ_ACCESS_USER);
	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	MQ_EQ(mq_peer_bind(eve, "eve"), 0);

	MQ_EQ(mq_frame_send_text(alice, "nobody", "hi"), -ENOENT);
	SEES(see, "alice", "nobody", 0, ENOENT, 0, "hi");
	MQ_EQ(mq_frame_send_text(alice, "n@body", "hi"), -ENOENT);
	SEES(see, "alice", "", 0, ENOENT, 0, "hi");
	MQ_EQ(mq_cmd(text, "/msg nobody hi"), -ENOENT);
	SEES(see, "text", "nobody", 0, ENOENT, 0, "hi");
	MQ_EQ(mq_cmd(text, "/msg n@body hi"), -ENOENT);
	SEES(see, "text", "", 0, ENOENT, 0, "hi");
	MQ_EQ(mq_peer_frame_send_text(eve, "mine", "hi"), -EACCES);
	SEES(see, "eve", "mine", 0, EACCES, 0, "hi");
	MQ_EQ(mq_call(alice, "text", "hi"), -EOPNOTSUPP);
	SEES(see, "alice", "text", MQ_FRAME_CALL, EOPNOTSUPP, 0, "hi");
	MQ_EQ(mq_call(alice, "nobody", "hi"), -ENOENT);
	SEES(see, "alice", "nobody", MQ_FRAME_CALL, ENOENT, 0, "hi");

	MQ_EQ(mq_frame_send_text(alice, "reject", "1"), 0);
	SEES(see, "alice", "reject", 0, 0, 1, "1");
	MQ_EQ(mq_frame_send_text(alice, "reject", "2"), -ENOBUFS);
	SEES(see, "alice", "reject", 0, ENOBUFS, 0, "2");
	MQ_EQ(mq_cmd(text, "/msg block 1"), 0);
	SEES(see, "text", "block", 0, 0, 1, "1");
	MQ_EQ(mq_cmd(text, "/msg block 2"), -ENOBUFS);
	SEES(see, "text", "block", 0, ENOBUFS, 0, "2");
	MQ_EQ(mq_frame_send_text(alice, "block", "2"), -EAGAIN);
	SEES(see, "alice", "block", 0, EAGAIN, 0, "2");
	MQ_EQ(mq_poll(alice), 0);
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_no_message, "what is no frame, or has no sender, is no message and not seen")
{
	char bytes[128] __attribute__((aligned(8)));
	int see = mq_monitor(), alice = mq_bound("alice"), text = mq_dev();
	struct mq_frame *frame = (struct mq_frame *)bytes;
	size_t size = mq_frame_push_text(bytes, 0, "bob", "hi");

	memset(frame->name, 'b', sizeof(frame->name));
	MQ_EQ(mq_write(alice, bytes, size), -EINVAL);
	size = mq_frame_push_text(bytes, 0, "bob", "hi");
	frame->name[10] = 'b';
	MQ_EQ(mq_write(alice, bytes, size), -EINVAL);
	size = mq_frame_push(bytes, 0, "alice", MQ_FRAME_BROADCAST, 0, "hi", 2);
	MQ_EQ(mq_write(alice, bytes, size), -EINVAL);
	size = mq_frame_push_text(bytes, 0, "alice", "hi");
	MQ_EQ(mq_write(alice, bytes, size - 8), -EINVAL);
	MQ_EQ(mq_cmd(text, "/msg alice hi"), -EACCES);
	MQ_EQ(mq_cmd(text, "/msg alice"), -EINVAL);
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_several, "frames that are written together are seen one by one, in order")
{
	char bytes[8000] __attribute__((aligned(8))), number[16];
	int see = mq_monitor(), alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 100), i;
	size_t size = 0;

	mq_bound("carol", .policy = MQ_POLICY_REJECT, .depth = 2);
	for (i = 0; i < 80; i++) {
		sprintf(number, "%d", i);
		size = mq_frame_push_text(bytes, size, "bob", number);
	}
	MQ_EQ(mq_write(alice, bytes, size), size);
	for (i = 0; i < 80; i++) {
		sprintf(number, "%d", i);
		SEES(see, "alice", "bob", 0, 0, 1, number);
		MQ_FRAME_READS(bob, "alice", number);
	}
	for (i = 0, size = 0; i < 5; i++)
		size = mq_frame_push_text(bytes, size, "carol", "x");
	MQ_EQ(mq_write(alice, bytes, size), 2 * 72);
	SEES(see, "alice", "carol", 0, 0, 1, "x");
	SEES(see, "alice", "carol", 0, 0, 1, "x");
	SEES(see, "alice", "carol", 0, ENOBUFS, 0, "x");
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_since, "it sees what is sent from its bind to its end")
{
	int alice = mq_bound("alice"), first, second, i;

	mq_bound("bob", .depth = 100);
	MQ_EQ(mq_frame_send_text(alice, "bob", "before"), 0);
	for (i = 0; i < 3; i++) {
		first = mq_monitor();
		MQ_EQ(mq_frame_send_text(alice, "bob", "one"), 0);
		second = mq_monitor();
		MQ_EQ(mq_frame_send_text(alice, "bob", "two"), 0);
		SEES(first, "alice", "bob", 0, 0, 1, "one");
		SEES(first, "alice", "bob", 0, 0, 1, "two");
		close(first);
		MQ_EQ(mq_frame_send_text(alice, "bob", "three"), 0);
		SEES(second, "alice", "bob", 0, 0, 1, "two");
		SEES(second, "alice", "bob", 0, 0, 1, "three");
		MQ_FRAME_EMPTY(second);
		close(second);
		MQ_EQ(mq_frame_send_text(alice, "bob", "nobody sees"), 0);
	}
	MQ_EQ(mq_status_of("bob").queued, 13);
}

MQ_TEST(monitor_itself, "its own messages are seen as any; its frames, those of others and events are not")
{
	int see = mq_monitor(), other = mq_monitor(), bob = mq_bound("bob");
	int watch = mq_bound("watch", .flags = MQ_BIND_EVENTS);

	close(mq_bound("carol"));
	MQ_FRAME_READS_FLAGS(watch, "carol", MQ_FRAME_EVENT | MQ_FRAME_COME, "");
	MQ_FRAME_EMPTY(see);
	MQ_EQ(mq_frame_send_text(see, "bob", "hi"), 0);
	SEES(see, "", "bob", 0, 0, 1, "hi");
	SEES(other, "", "bob", 0, 0, 1, "hi");
	MQ_FRAME_READS(bob, "", "hi");
	MQ_EQ(mq_frame_broadcast(bob, "all"), 0);
	SEES(see, "bob", "", MQ_FRAME_BROADCAST, 0, 1, "all");
	SEES(other, "bob", "", MQ_FRAME_BROADCAST, 0, 1, "all");
	MQ_FRAME_EMPTY(see);
	MQ_FRAME_EMPTY(other);
}

/* ---- the filter --------------------------------------------------------------- */

/* One message of each kind, in the order of the kinds' bits. */
static void send_each(int alice, int bob)
{
	struct mq_caller *call;

	MQ_EQ(mq_frame_send_text(alice, "bob", "message"), 0);
	MQ_FRAME_READS(bob, "alice", "message");
	MQ_EQ(mq_frame_broadcast(alice, "broadcast"), 0);
	MQ_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_BROADCAST, "broadcast");
	call = mq_call_begin(alice, "bob", "call");
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "call"), "reply"), 0);
	MQ_CALL_GETS(call, "bob", "reply");
	MQ_EQ(mq_frame_send_text(alice, "nobody", "refused"), -ENOENT);
}

static void see_kinds(int fd, uint32_t see)
{
	if (see & MQ_SEE_MESSAGE)
		SEES(fd, "alice", "bob", 0, 0, 1, "message");
	if (see & MQ_SEE_BROADCAST)
		SEES(fd, "alice", "", MQ_FRAME_BROADCAST, 0, 1, "broadcast");
	if (see & MQ_SEE_CALL)
		SEES(fd, "alice", "bob", MQ_FRAME_CALL, 0, 1, "call");
	if (see & MQ_SEE_REPLY)
		SEES(fd, "bob", "alice", MQ_FRAME_REPLY, 0, 1, "reply");
	if (see & MQ_SEE_REFUSED)
		SEES(fd, "alice", "nobody", 0, ENOENT, 0, "refused");
	MQ_FRAME_EMPTY(fd);
}

MQ_TEST(monitor_kinds, "each message is of one kind, and a monitor sees those that it asked for; none: all")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), fd;
	uint32_t see;

	for (see = 0; see < 32; see++) {
		fd = mq_monitor(.see = see);
		send_each(alice, bob);
		see_kinds(fd, see ? see : 31);
		close(fd);
	}
}

#define FROM_BOB (1 << 0)
#define TO_BOB (1 << 1)
#define SELF (1 << 2)
#define OTHER (1 << 3)
#define ALL (1 << 4)

/* Which of five messages this filter lets through. */
static int through(struct mq_bind bind)
{
	static const char *const texts[] = { "from bob", "to bob", "self", "other", "all" };
	int alice = mq_bound("alice"), bob = mq_bound("bob"), carol = mq_bound("carol");
	int fd, seen_here = 0, i;

	bind.flags = MQ_BIND_MONITOR;
	bind.snap = 100;
	fd = mq_bound_fill(__FILE__, __LINE__, O_RDWR | O_NONBLOCK, "", bind);
	MQ_EQ(mq_frame_send_text(bob, "alice", texts[0]), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", texts[1]), 0);
	MQ_EQ(mq_frame_send_text(bob, "bob", texts[2]), 0);
	MQ_EQ(mq_frame_send_text(alice, "carol", texts[3]), 0);
	MQ_EQ(mq_frame_broadcast(bob, texts[4]), 0);
	while (mq_ioc_receive(fd, NULL, NULL, &seen, sizeof(seen), 0) > 0)
		for (i = 0; i < 5; i++)
			if (!memcmp(seen.data, texts[i], strlen(texts[i])))
				seen_here |= 1 << i;
	close(fd);
	close(alice);
	close(bob);
	close(carol);
	return seen_here;
}

MQ_TEST(monitor_names, "it sees messages from a name, to a name, from one to another, or where one of the two fits")
{
	MQ_EQ(through((struct mq_bind){ }), FROM_BOB | TO_BOB | SELF | OTHER | ALL);
	MQ_EQ(through((struct mq_bind){ .from = "bob" }), FROM_BOB | SELF | ALL);
	MQ_EQ(through((struct mq_bind){ .to = "bob" }), TO_BOB | SELF);
	MQ_EQ(through((struct mq_bind){ .from = "alice", .to = "bob" }), TO_BOB);
	MQ_EQ(through((struct mq_bind){ .from = "bob", .to = "bob" }), SELF);
	MQ_EQ(through((struct mq_bind){ .from = "bob", .to = "bob", .see = MQ_SEE_EITHER }),
	      FROM_BOB | TO_BOB | SELF | ALL);
	MQ_EQ(through((struct mq_bind){ .from = "alice", .to = "alice", .see = MQ_SEE_EITHER }),
	      FROM_BOB | TO_BOB | OTHER);
	MQ_EQ(through((struct mq_bind){ .from = "bob", .see = MQ_SEE_BROADCAST }), ALL);
	MQ_EQ(through((struct mq_bind){ .from = "bo" }), 0);
	MQ_EQ(through((struct mq_bind){ .to = "bobby" }), 0);
}

MQ_TEST(monitor_reply_name, "a reply is to the name of who asked")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	int to = mq_monitor(.to = "alice"), from = mq_monitor(.from = "alice");

	send_each(alice, bob);
	SEES(to, "bob", "alice", MQ_FRAME_REPLY, 0, 1, "reply");
	MQ_FRAME_EMPTY(to);
	see_kinds(from, 31 & ~MQ_SEE_REPLY);
}

MQ_TEST(monitor_snap, "it gets as many of a message's first bytes as it asked for, and learns the length")
{
	static const uint32_t snaps[] = { 1, 7, 8, 100, 4000, MQ_SNAP_MAX };
	int alice = mq_bound("alice"), fd;
	char text[4097], start[4097];
	size_t i, length;

	mq_bound("bob");
	for (i = 0; i < 4096; i++)
		text[i] = 'a' + i % 23;
	for (i = 0; i < sizeof(snaps) / sizeof(*snaps); i++) {
		fd = mq_monitor(.snap = snaps[i]);
		for (length = 1; length <= 4096; length = length * 3 + 1) {
			MQ_EQ(mq_frame_send(alice, "bob", 0, 0, text, length),
			      MQ_FRAME_SPACE(64 + length));
			sprintf(start, "%.*s", (int)(length < snaps[i] ? length : snaps[i]), text);
			MQ_EQ(SEES(fd, "alice", "bob", 0, 0, 1, start)->passed.length, length);
		}
		close(fd);
	}
}

MQ_TEST(monitor_long, "of the longest messages likewise; a read with less room is EMSGSIZE, and it stays",
	.params = "CMD_BUF_SIZE=1048576")
{
	int alice = mq_bound("alice"), see = mq_monitor();
	char *text = malloc(1 << 20), *start = malloc(MQ_SNAP_MAX + 1);

	mq_bound("bob");
	memset(text, 'x', 1 << 20);
	sprintf(start, "%.*s", MQ_SNAP_MAX, text);
	MQ_EQ(mq_frame_send(alice, "bob", 0, 0, text, 1 << 20), 64 + (1 << 20));
	MQ_EQ(mq_read(see, &seen, sizeof(seen) - 8), -EMSGSIZE);
	MQ_EQ(SEES(see, "alice", "bob", 0, 0, 1, start)->passed.length, 1 << 20);
	MQ_FRAME_EMPTY(see);
}

/* ---- what is missed ------------------------------------------------------------ */

MQ_TEST(monitor_lost_oldest, "overwrite: what finds no room takes the place of the oldest; the gap is exactly what was lost")
{
	int alice = mq_bound("alice"), see = mq_monitor(.depth = 4), i;
	char number[16];

	mq_bound("bob", .depth = 1);
	for (i = 0; i < 104; i++) {
		sprintf(number, "%d", i);
		MQ_EQ(mq_frame_send_text(alice, "bob", number), 0);
	}
	for (i = 100; i < 104; i++) {
		sprintf(number, "%d", i);
		MQ_EQ(SEES(see, "alice", "bob", 0, 0, 1, number)->frame.sequence, i + 1);
	}
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_lost_newest, "reject: what finds no room is lost itself; the gap shows with the next one")
{
	int alice = mq_bound("alice"), i;
	int see = mq_monitor(.depth = 4, .policy = MQ_POLICY_REJECT);

	mq_bound("bob", .depth = 1);
	for (i = 0; i < 104; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", i < 4 ? "early" : "lost"), 0);
	for (i = 0; i < 4; i++)
		MQ_EQ(SEES(see, "alice", "bob", 0, 0, 1, "early")->frame.sequence, i + 1);
	MQ_FRAME_EMPTY(see);
	MQ_EQ(mq_frame_send_text(alice, "bob", "late"), 0);
	MQ_EQ(SEES(see, "alice", "bob", 0, 0, 1, "late")->frame.sequence, 105);
}

/* All that a bob with these counters was sent, and how the senders fared. */
static void traffic(int alice, int text, int bob)
{
	int i;

	for (i = 0; i < 100; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
		MQ_EQ(mq_cmd(text, "/msg bob x"), 0);
		MQ_EQ(mq_frame_broadcast(alice, "x"), 0);
		MQ_EQ(mq_frame_send_text(alice, "nobody", "x"), -ENOENT);
		MQ_EQ(mq_call(alice, "text", "x"), -EOPNOTSUPP);
		MQ_EQ(mq_frame_reply(bob, 1, "x"), -ENOENT);
	}
}

MQ_TEST(monitor_harmless, "senders, receivers and counters are what they are without one, also when it does not read",
	.log_may = "mq_driver: ")
{
	int alice = mq_bound("alice"), text = mq_dev(), bob = mq_bound("bob"), i;
	struct mq_status before, after;

	MQ_EQ(mq_cmd(text, "/reg text"), 0);
	traffic(alice, text, bob);
	before = mq_status_of("bob");
	for (i = 0; i < 3; i++)
		mq_monitor(.depth = 3, .policy = i % 2 ? MQ_POLICY_REJECT : MQ_POLICY_OVERWRITE);
	traffic(alice, text, bob);
	after = mq_status_of("bob");
	MQ_EQ(after.accepted, 2 * before.accepted);
	MQ_EQ(after.overwritten, before.overwritten + before.accepted);
	MQ_EQ(after.rejected, before.rejected);
	MQ_EQ(after.queued, before.queued);
}

MQ_TEST(monitor_silent, "a monitor that overflows, and one that ends with frames unread, log nothing")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), see = mq_monitor(.depth = 2), i;
	int log = mq_log_open(), level;
	char line[500];

	for (i = 0; i < 5; i++) {
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
		MQ_FRAME_READS(bob, "alice", "x");
	}
	close(see);
	while (mq_log_next(log, line, sizeof(line), &level))
		MQ_TRUE(!strstr(line, "mq_driver"));
}

#define GROUP "mq-monitor"
#define DEEP 60000

struct poor {
	volatile int step;
	volatile long read, gaps;
	char room[MQ_FRAME_ROOM * 4] __attribute__((aligned(8)));
};

/* In its own group: monitors, sleeps while others send, then reads all. */
static void poor_main(void *arg)
{
	struct poor *poor = arg;
	const struct mq_frame *frame;
	uint64_t sequence = 0;
	ssize_t got;
	int fd;

	mq_group_enter_locked(GROUP);
	fd = mq_monitor(.depth = DEEP);
	poor->step = 1;
	while (poor->step == 1)
		sched_yield();
	while ((got = mq_read(fd, poor->room, sizeof(poor->room))) > 0) {
		size_t at = 0;

		while ((frame = mq_frame_next(poor->room, got, &at))) {
			poor->gaps += frame->sequence - sequence - 1;
			sequence = frame->sequence;
			poor->read++;
		}
	}
	MQ_EQ(got, -EAGAIN);
}

MQ_TEST(monitor_memory, "its frames are charged to its group; at the limit they are lost as a gap, and no sender fails",
	.timeout = 180)
{
	struct poor *poor = mq_shared(sizeof(*poor));
	int alice = mq_bound("alice"), rich, i;
	pid_t pid;

	mq_bound("bob");
	mq_stay();
	mq_group_new(GROUP);
	pid = mq_run(poor_main, poor);
	while (!poor->step)
		mq_sleep_ms(1);
	rich = mq_monitor(.depth = 20000);
	mq_group_limit(GROUP, mq_group_usage(GROUP) + 512 * 1024);
	for (i = 0; i < 10000; i++)
		MQ_EQ(mq_frame_send_text(alice, "bob", "x"), 0);
	mq_group_check_nobody_killed(GROUP);
	mq_group_limit(GROUP, 1LL << 40);
	MQ_EQ(mq_frame_send_text(alice, "bob", "last"), 0);
	poor->step = 2;
	mq_join(pid);
	MQ_GE(poor->gaps, 1000);
	MQ_EQ(poor->gaps + poor->read, 10001);
	for (i = 0; i < 10000; i++)
		MQ_EQ(SEES(rich, "alice", "bob", 0, 0, 1, "x")->frame.sequence, i + 1);
	mq_group_free(GROUP);
}

/* ---- who may, and how to ask --------------------------------------------------- */

static int monitor_here(int fd)
{
	return mq_bind(fd, "", .flags = MQ_BIND_MONITOR);
}

MQ_TEST(monitor_rights, "it needs CAP_SYS_ADMIN, of who binds and of who opened the file; nobody else sees anything",
	.open_to_all = true)
{
	const uint64_t all = (1ULL << 40) - 1, rights = all & ~(1ULL << CAP_SYS_ADMIN);
	struct mq_who poor = { .uid = 0, .gid = 0, .rights = rights };
	struct mq_who strong = { .uid = 1001, .gid = 1001, .rights = 1ULL << CAP_SYS_ADMIN };
	struct mq_peer *peer = mq_peer_start_who(&poor);
	int before, after;

	MQ_EQ(mq_peer_bind(peer, "", .flags = MQ_BIND_MONITOR), -EPERM);
	MQ_EQ(mq_peer_bind(peer, "bob"), 0);
	MQ_EQ(mq_peer_bind(mq_peer_start_as(1001, 1001), "", .flags = MQ_BIND_MONITOR), -EPERM);
	MQ_EQ(mq_peer_bind(mq_peer_start_who(&strong), "", .flags = MQ_BIND_MONITOR), 0);
	/* Opened with the right and bound without, and the other way. */
	before = mq_dev();
	mq_rights_set(rights, all);
	MQ_EQ(monitor_here(before), -EPERM);
	after = mq_dev();
	mq_rights_set(all, all);
	MQ_EQ(monitor_here(after), -EPERM);
	MQ_EQ(monitor_here(before), 0);
	MQ_EQ(monitor_here(mq_dev()), 0);
}

static void inside_main(void *arg)
{
	(void)arg;
	MQ_EQ(monitor_here(mq_dev()), -EPERM);
}

MQ_TEST(monitor_namespace, "a right in a user namespace of one's own counts for nothing",
	.open_to_all = true)
{
	const struct mq_space_user own = {
		.uid = 1001, .gid = 1001, .uids = "0 1001 1", .gids = "0 1001 1",
	};

	mq_join(mq_space_run(&own, inside_main, NULL));
}

static long read_one(int fd, long arg)
{
	(void)fd;
	MQ_EQ(mq_ioc_receive(arg, NULL, NULL, &seen, sizeof(seen), 0), 120);
	MQ_TRUE(!memcmp(seen.data, "hi", 2));
	return seen.frame.pid;
}

MQ_TEST(monitor_passed_on, "who gets the descriptor reads on, as with any file")
{
	int see = mq_monitor(), alice = mq_bound("alice");
	struct mq_peer *peer = mq_peer_start();

	MQ_EQ(mq_frame_send_text(alice, "alice", "hi"), 0);
	MQ_EQ(mq_peer_do(peer, read_one, see), getpid());
	MQ_FRAME_EMPTY(see);
}

MQ_TEST(monitor_bind, "a monitor has no name, no events, and a policy that neither waits nor is fair; unknown bits, long snaps and what is no name are EINVAL")
{
	int fd = mq_dev_flags(O_RDWR | O_NONBLOCK), bit, alice = mq_bound("alice");
	char name[MQ_NAME_SIZE] = "bob";

#define REFUSED(...) \
	MQ_EQ(mq_bind(fd, "", .flags = MQ_BIND_MONITOR, ##__VA_ARGS__), -EINVAL)
	MQ_EQ(mq_bind(fd, "name", .flags = MQ_BIND_MONITOR), -EINVAL);
	MQ_EQ(mq_bind(fd, "", .flags = MQ_BIND_MONITOR | MQ_BIND_EVENTS), -EINVAL);
	REFUSED(.policy = MQ_POLICY_BLOCK);
	REFUSED(.policy = MQ_POLICY_FAIR);
	REFUSED(.snap = MQ_SNAP_MAX + 1);
	REFUSED(.snap = ~0U);
	REFUSED(.from = "n@body");
	REFUSED(.to = "no body");
	for (bit = 6; bit < 32; bit++)
		REFUSED(.see = 1U << bit);
	/* Not terminated, and not zero behind. */
	for (bit = 0; bit < 2; bit++) {
		struct mq_bind bind = { .flags = MQ_BIND_MONITOR };

		memset(name, 'b', sizeof(name));
		name[5] = bit ? 0 : 'b';
		memcpy(bit ? bind.from : bind.to, name, sizeof(name));
		MQ_EQ(mq_bind_fill(fd, "", bind), -EINVAL);
	}
	/* Without the flag there is nothing to see. */
	MQ_EQ(mq_bind(fd, "bob", .see = 1), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .snap = 1), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .from = "a"), -EINVAL);
	MQ_EQ(mq_bind(fd, "bob", .to = "a"), -EINVAL);
	MQ_EQ(monitor_here(fd), 0);
	MQ_EQ(monitor_here(fd), -EBUSY);
	MQ_EQ(mq_frame_send_text(alice, "alice", "hi"), 0);
	SEES(fd, "alice", "alice", 0, 0, 1, "");
	MQ_FRAME_EMPTY(fd);
}

MQ_TEST(monitor_shorter, "the structure of version 0.1.0 with the flag: all kinds, no bytes")
{
	struct mq_bind *edge = mq_edge_new(offsetof(struct mq_bind, see));
	int fd = mq_dev_flags(O_RDWR | O_NONBLOCK), alice = mq_bound("alice");

	memset(edge, 0, offsetof(struct mq_bind, see));
	edge->size = offsetof(struct mq_bind, see);
	edge->flags = MQ_BIND_MONITOR;
	MQ_EQ(mq_ioctl(fd, MQ_IOC_BIND, edge), 0);
	MQ_EQ(mq_frame_send_text(alice, "alice", "hi"), 0);
	SEES(fd, "alice", "alice", 0, 0, 1, "");
}

MQ_TEST(monitor_feature, "the driver says that it has monitors")
{
	struct mq_info info;

	MQ_EQ(mq_ioc_info(mq_dev(), &info), 0);
	MQ_EQ(info.features & MQ_FEATURE_MONITOR, MQ_FEATURE_MONITOR);
}

MQ_TEST(monitor_places, "there are 16 at most: EUSERS; the end of one makes room, a failed bind takes none")
{
	int files[16], i, round, late = mq_dev(), alice = mq_bound("alice"), log = mq_log_open();
	char line[500];
	int level;

	for (i = 0; i < 16; i++)
		files[i] = mq_monitor();
	for (round = 0; round < 3; round++) {
		MQ_EQ(monitor_here(late), -EUSERS);
		MQ_EQ(mq_frame_send_text(alice, "alice", "hi"), 0);
		for (i = 0; i < 16; i++) {
			SEES(files[i], "alice", "alice", 0, 0, 1, "hi");
			MQ_FRAME_EMPTY(files[i]);
		}
		close(files[round * 5]);
		files[round * 5] = mq_monitor();
	}
	close(files[3]);
	MQ_EQ(monitor_here(late), 0);
	while (mq_log_next(log, line, sizeof(line), &level))
		MQ_TRUE(!strstr(line, "mq_driver: registry"));
}

MQ_TEST(monitor_isolate, "with ISOLATE=1 a monitor sees all spaces; a pid that it cannot see is 0",
	.params = "ISOLATE=1")
{
	struct mq_peer *inner = mq_space_peer();
	int see = mq_monitor(), bob = mq_bound("bob");
	const struct seen *s;

	MQ_EQ(mq_peer_bind(inner, "bob"), 0);
	MQ_EQ(mq_peer_frame_send_text(inner, "bob", "inner"), 0);
	s = SEES(see, "bob", "bob", 0, 0, 1, "inner");
	MQ_EQ(s->frame.pid, inner->pid);
	MQ_EQ(mq_frame_send_text(bob, "bob", "outer"), 0);
	SEES(see, "bob", "bob", 0, 0, 1, "outer");
	MQ_EQ(mq_frame_broadcast(bob, "all"), 0);
	SEES(see, "bob", "", MQ_FRAME_BROADCAST, 0, 0, "all");
	MQ_FRAME_EMPTY(see);
}
