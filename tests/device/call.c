// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_CALL and the flag REPLY: request and reply in one system call.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define COOKIE 0x1122334455667788ULL
#define MS 1000000ULL

static struct mq_exchange an_exchange(const void *send, size_t send_size,
				      void *receive, size_t receive_size)
{
	return (struct mq_exchange){
		.size = sizeof(struct mq_exchange),
		.send = (uintptr_t)send, .send_size = send_size,
		.receive = (uintptr_t)receive, .receive_size = receive_size,
	};
}

/* ---- a call ------------------------------------------------------------------ */

MQ_TEST(call_reply, "a call sends a request and returns its reply, with the caller's own cookie")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping", .cookie = COOKIE);
	uint64_t began = mq_now_ns(), cookie;
	const struct mq_frame *reply;

	cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
	MQ_NE(cookie, COOKIE);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong back"), 0);
	reply = MQ_CALL_GETS(call, "bob", "pong back");
	MQ_EQ(call->result, MQ_FRAME_SPACE(64 + strlen("pong back")));
	MQ_EQ(reply->pid, getpid());
	MQ_EQ(reply->uid, 0);
	MQ_GE(reply->time, began);
	MQ_LE(reply->time, mq_now_ns());
}

/* In a peer: answers the next request, whoever it is from. */
static long answer_one(int fd, long arg)
{
	char bytes[MQ_FRAME_ROOM] __attribute__((aligned(8)));
	const struct mq_frame *request = (const void *)bytes;

	(void)arg;
	MQ_GE(mq_read(fd, bytes, MQ_FRAME_SPACE(64 + 4)), 64);
	MQ_EQ(request->flags, MQ_FRAME_CALL);
	return mq_frame_reply(fd, request->cookie, "done");
}

MQ_TEST(call_identity, "request and reply tell each side's name, process and user",
	.open_to_all = true)
{
	struct mq_peer *bob = mq_peer_start_as(1002, 1002);
	int alice = mq_bound("alice");
	struct mq_caller *call;
	const struct mq_frame *frame;

	MQ_EQ(mq_peer_bind(bob, "bob"), 0);
	mq_peer_do_begin(bob, answer_one, 0);
	call = mq_call_start(alice, "bob", "ping");
	frame = MQ_CALL_GETS(call, "bob", "done");
	MQ_EQ(frame->pid, bob->pid);
	MQ_EQ(frame->uid, 1002);
	MQ_EQ(mq_peer_end(bob), 0);

	call = mq_call_begin(alice, "bob", "ping");
	frame = MQ_PEER_FRAME_READS_FLAGS(bob, "alice", MQ_FRAME_CALL, "ping");
	MQ_EQ(frame->pid, getpid());
	MQ_EQ(frame->uid, 0);
	MQ_EQ(frame->sequence, 2);
	mq_peer_kill(bob, SIGKILL);
	MQ_EQ(mq_call_end(call), -EPIPE);
}

MQ_TEST(call_anonymous, "who has no name calls, too")
{
	int nobody = mq_bound(""), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(nobody, "bob", "ping", .cookie = 7);

	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "", "ping"), "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_largest, "64 + CMD_BUF_SIZE is room for any reply, and as large may a request be",
	.params = "CMD_BUF_SIZE=4000")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	char text[4001], room[MQ_FRAME_SPACE(64 + 4000)] __attribute__((aligned(8)));
	struct mq_caller *call;

	memset(text, 'x', 4000);
	text[4000] = 0;
	call = mq_call_begin(alice, "bob", text, .room = room, .room_size = sizeof(room));
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", text), text), 0);
	MQ_CALL_GETS(call, "bob", text);
}

MQ_TEST(call_no_mailbox, "a reply enters no mailbox: it needs no room there and none is used",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice", .policy = MQ_POLICY_REJECT);
	int bob = mq_bound("bob"), i;
	struct mq_status s;

	MQ_EQ(mq_frame_send_text(bob, "alice", "full"), 0);
	for (i = 0; i < 3; i++) {
		struct mq_caller *call = mq_call_begin(alice, "bob", "ping");

		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
		MQ_CALL_GETS(call, "bob", "pong");
	}
	s = mq_status_of("alice");
	MQ_EQ(s.accepted, 1);
	MQ_EQ(s.rejected, 0);
	MQ_EQ(MQ_FRAME_READS(alice, "bob", "full")->sequence, 1);
	MQ_FRAME_EMPTY(alice);
	/* Nor does it use a number. */
	MQ_EQ(mq_frame_send_text(bob, "alice", "next"), 0);
	MQ_EQ(MQ_FRAME_READS(alice, "bob", "next")->sequence, 2);
}

MQ_TEST(call_no_poll, "neither a call nor its reply makes the caller's file readable")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_poll(alice), POLLOUT);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_EQ(mq_poll(alice), POLLOUT);
	MQ_CALL_GETS(call, "bob", "pong");
	MQ_EQ(mq_poll(alice), POLLOUT);
}

/* ---- who may answer, and when ------------------------------------------------ */

MQ_TEST(call_only_asked, "only the endpoint that was asked may answer")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	int carol = mq_bound("carol"), nobody = mq_bound("");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_frame_reply(carol, cookie, "not me"), -ENOENT);
	MQ_EQ(mq_frame_reply(nobody, cookie, "not me"), -ENOENT);
	MQ_EQ(mq_frame_reply(alice, cookie, "not me"), -ENOENT);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_only_asked_once_bound, "another endpoint that has taken the name may not")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), second;
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
	second = mq_bound("bob");
	call = mq_call_begin(alice, "bob", "ping again");
	MQ_EQ(mq_frame_reply(second, cookie, "late"), -ENOENT);
	MQ_EQ(mq_frame_reply(second, MQ_CALL_RECEIVES(second, "alice", "ping again"), "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_once, "a request is answered once")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);
	MQ_CALL_GETS(call, "bob", "pong");
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);
	/* The next call on the same file has a cookie of its own. */
	call = mq_call_begin(alice, "bob", "ping");
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);
	MQ_NE(cookie, MQ_CALL_RECEIVES(bob, "alice", "ping"));
	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
}

MQ_TEST(call_no_such_cookie, "a reply that nobody waits for is ENOENT, and a malformed one EINVAL")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	static const uint64_t wrong[] = { 0, COOKIE, ~0ULL };
	struct mq_caller *call;
	uint64_t cookie;
	unsigned int i;

	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_reply(bob, wrong[i], "pong"), -ENOENT);
	MQ_EQ(mq_frame_send_text(alice, "bob", "no call"), 0);
	cookie = MQ_FRAME_READS(bob, "alice", "no call")->cookie;
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);

	call = mq_call_begin(alice, "bob", "ping", .cookie = COOKIE);
	cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
	for (i = 0; i < 3; i++)
		MQ_EQ(mq_frame_reply(bob, wrong[i], "pong"), -ENOENT);
	MQ_EQ(mq_frame_send(bob, "alice", MQ_FRAME_REPLY, cookie, "x", 1), -EINVAL);
	MQ_EQ(mq_frame_send(bob, "", MQ_FRAME_REPLY | MQ_FRAME_BROADCAST, cookie, "x", 1), -EINVAL);
	MQ_EQ(mq_frame_send(bob, "", MQ_FRAME_REPLY | MQ_FRAME_CALL, cookie, "x", 1), -EINVAL);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_answered_by_child, "the endpoint that was asked answers from any process that has its file")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	pid_t child = mq_fork();

	if (!child) {
		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
		_exit(0);
	}
	mq_join(child);
	MQ_EQ(MQ_CALL_GETS(call, "bob", "pong")->pid, getpid());
}

MQ_TEST(call_reply_in_batch, "one write may hold replies to several calls, and messages")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	char bytes[1024] __attribute__((aligned(8)));
	struct mq_caller *one = mq_call_begin(alice, "bob", "one");
	struct mq_caller *two = mq_call_begin(alice, "bob", "two");
	uint64_t first = MQ_CALL_RECEIVES(bob, "alice", "one");
	uint64_t second = MQ_CALL_RECEIVES(bob, "alice", "two");
	size_t at;

	at = mq_frame_push(bytes, 0, "", MQ_FRAME_REPLY, second, "2nd", 3);
	at = mq_frame_push_text(bytes, at, "alice", "between");
	at = mq_frame_push(bytes, at, "", MQ_FRAME_REPLY, first, "1st", 3);
	MQ_EQ(mq_write(bob, bytes, at), at);
	MQ_CALL_GETS(one, "bob", "1st");
	MQ_CALL_GETS(two, "bob", "2nd");
	MQ_FRAME_READS(alice, "bob", "between");
}

MQ_TEST(call_reply_needs_no_access, "who may not send to the caller may answer him",
	.open_to_all = true)
{
	struct mq_peer *bob = mq_peer_start_as(1002, 1002);
	int alice = mq_bound("alice", .access = MQ_ACCESS_USER);
	struct mq_caller *call;

	MQ_EQ(mq_peer_bind(bob, "bob"), 0);
	MQ_EQ(mq_peer_frame_send_text(bob, "alice", "hi"), -EACCES);
	mq_peer_do_begin(bob, answer_one, 0);
	call = mq_call_start(alice, "bob", "ping");
	MQ_CALL_GETS(call, "bob", "done");
	MQ_EQ(mq_peer_end(bob), 0);
}

static long call_bob(int fd, long timeout)
{
	return mq_call(fd, "bob", "ping", .timeout = timeout);
}

MQ_TEST(call_access, "who may not send may not call: EACCES, and nothing is queued",
	.open_to_all = true)
{
	struct mq_peer *eve = mq_peer_start_as(1005, 1005);
	int bob = mq_bound("bob", .access = MQ_ACCESS_USER);

	MQ_EQ(mq_peer_bind(eve, "eve"), 0);
	MQ_EQ(mq_peer_do(eve, call_bob, 0), -EACCES);
	MQ_FRAME_EMPTY(bob);
	MQ_EQ(mq_status_of("bob").accepted, 0);
	MQ_EQ(mq_status_of("bob").rejected, 0);
}

/* ---- how else a call ends ---------------------------------------------------- */

MQ_TEST(call_nobody, "ENOENT: no such name")
{
	int alice = mq_bound("alice");

	MQ_EQ(mq_call(alice, "bob", "ping"), -ENOENT);
	MQ_EQ(mq_call(alice, "no@name", "ping"), -ENOENT);
}

MQ_TEST(call_server_ends, "EPIPE when the server's endpoint ends, before and after it took the request")
{
	int alice = mq_bound("alice"), bob, taken;
	struct mq_caller *call;

	for (taken = 0; taken < 2; taken++) {
		bob = mq_bound("bob");
		call = mq_call_begin(alice, "bob", "ping");
		if (taken)
			MQ_CALL_RECEIVES(bob, "alice", "ping");
		close(bob);
		MQ_EQ(mq_call_end(call), -EPIPE);
	}
}

MQ_TEST(call_server_killed, "EPIPE when the server is killed, before and after it took the request")
{
	struct mq_peer *bob[2] = { mq_peer_start(), mq_peer_start() };
	int alice = mq_bound("alice"), taken;
	struct mq_caller *call;

	for (taken = 0; taken < 2; taken++) {
		MQ_EQ(mq_peer_bind(bob[taken], "bob"), 0);
		call = mq_call_begin(alice, "bob", "ping");
		if (taken)
			MQ_PEER_FRAME_READS_FLAGS(bob[taken], "alice", MQ_FRAME_CALL, "ping");
		mq_peer_kill(bob[taken], SIGKILL);
		MQ_EQ(mq_call_end(call), -EPIPE);
	}
}

MQ_TEST(call_server_ends_all, "every call that waits for an endpoint ends with it")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	struct mq_caller *calls[8];

	for (i = 0; i < 8; i++)
		calls[i] = mq_call_begin(alice, "bob", "ping");
	for (i = 0; i < 4; i++)
		MQ_CALL_RECEIVES(bob, "alice", "ping");
	close(bob);
	for (i = 0; i < 8; i++)
		MQ_EQ(mq_call_end(calls[i]), -EPIPE);
}

MQ_TEST(call_overwritten, "ENOBUFS when the request is overwritten", .params = "QUEUE_LEN=2")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *one = mq_call_begin(alice, "bob", "one");
	struct mq_caller *two = mq_call_begin(alice, "bob", "two");

	MQ_EQ(mq_frame_send_text(alice, "bob", "three"), 0);
	MQ_EQ(mq_call_end(one), -ENOBUFS);
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "two"), "pong"), 0);
	MQ_CALL_GETS(two, "bob", "pong");
	MQ_FRAME_READS(bob, "alice", "three");
	MQ_EQ(mq_status_of("bob").overwritten, 1);
}

MQ_TEST(call_taken_is_safe, "a request that was taken is not overwritten any more",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_frame_send_text(alice, "bob", "one"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "two"), 0);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_rejected, "ENOBUFS at once from a full mailbox that rejects", .params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice");
	int bob = mq_bound("bob", .policy = MQ_POLICY_REJECT);

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	MQ_EQ(mq_call(alice, "bob", "ping"), -ENOBUFS);
	MQ_EQ(mq_status_of("bob").rejected, 1);
	MQ_FRAME_READS(bob, "alice", "full");
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(call_process, "EOPNOTSUPP to a process endpoint, and nothing is queued there")
{
	int alice = mq_bound("alice"), text = mq_dev();

	MQ_EQ(mq_cmd(text, "/reg bob"), 0);
	MQ_EQ(mq_call(alice, "bob", "ping"), -EOPNOTSUPP);
	MQ_EQ(mq_poll(text), POLLOUT);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(call_oneself, "one thread may answer what another asks by the same file; a full one is ENOBUFS",
	.params = "QUEUE_LEN=1")
{
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	struct mq_caller *call = mq_call_begin(bob, "bob", "ping");

	MQ_EQ(mq_call(bob, "bob", "no room"), -ENOBUFS);
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "bob", "ping"), "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

/* ---- time -------------------------------------------------------------------- */

MQ_TEST(call_times_out, "ETIMEDOUT, and not before; then an answer is ENOENT")
{
	static const unsigned int times[] = { 0, 1, 50, 300 };
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	char room[MQ_FRAME_ROOM], request[72];
	uint64_t began;
	unsigned int i;

	mq_frame_push_text(request, 0, "bob", "ping");
	for (i = 0; i < 4; i++) {
		began = mq_now_ns();
		MQ_EQ(mq_ioc_call(alice, request, sizeof(request), room, sizeof(room),
				  times[i] * MS), -ETIMEDOUT);
		MQ_GE(mq_now_ns() - began, times[i] * MS);
	}
	/* "May still be carried out": what is still there tells the server so. */
	while (mq_poll(bob) & POLLIN)
		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), -ENOENT);
}

MQ_TEST(call_longest_timeout, "the longest timeouts are long")
{
	static const uint64_t times[] = { MQ_FOREVER - 1, 1ULL << 63, ~0ULL >> 1, 1ULL << 62 };
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;

	for (i = 0; i < 4; i++) {
		struct mq_caller *call = mq_call_begin(alice, "bob", "ping", .timeout = times[i]);

		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
		MQ_CALL_GETS(call, "bob", "pong");
	}
}

MQ_TEST(call_times_out_for_room, "the timeout covers the waiting for room; then no request was sent",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	uint64_t began = mq_now_ns();

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	MQ_EQ(mq_call(alice, "bob", "ping", .timeout = 100 * MS), -ETIMEDOUT);
	MQ_GE(mq_now_ns() - began, 100 * MS);
	MQ_EQ(mq_status_of("bob").accepted, 1);
	MQ_FRAME_READS(bob, "alice", "full");
	MQ_FRAME_EMPTY(bob);
}

/* Room comes after three quarters of the time: did the call get in, and end within it? */
static bool ends_in_all(int alice, uint64_t all)
{
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	uint64_t began = mq_now_ns(), middle, ended;
	struct mq_caller *call;
	bool came;

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	call = mq_call_begin(alice, "bob", "ping", .timeout = all);
	while (mq_now_ns() - began < all / 4 * 3)
		mq_sleep_ms(10);
	MQ_FRAME_READS(bob, "alice", "full");
	middle = mq_now_ns();
	MQ_EQ(mq_call_end(call), -ETIMEDOUT);
	ended = mq_now_ns();
	MQ_GE(ended - began, all);
	came = mq_status_of("bob").accepted == 2;
	close(bob);
	return came && ended - middle < all;
}

MQ_TEST(call_times_out_in_all, "time spent waiting for room is not given again for the reply",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), i;

	/* A slow machine may miss it now and then; a call with time given again always does. */
	for (i = 0; i < 5; i++)
		if (ends_in_all(alice, 4000 * MS))
			return;
	MQ_FAIL("no call that waited for room ended in its time");
}

MQ_TEST(call_monotonic, "a clock that is set does not change how long a call waits, for room or a reply",
	.params = "QUEUE_LEN=1")
{
	static const long shifts[] = { 100000, -100000 };
	int alice = mq_bound("alice"), i;
	struct mq_caller *call, *room;
	uint64_t began;

	mq_bound("bob");
	mq_bound("full", .policy = MQ_POLICY_BLOCK);
	MQ_EQ(mq_frame_send_text(alice, "full", "full"), 0);
	for (i = 0; i < 2; i++) {
		began = mq_now_ns();
		call = mq_call_begin(alice, "bob", "ping", .timeout = 3000 * MS);
		room = mq_call_begin(alice, "full", "ping", .timeout = 3000 * MS);
		mq_clock_shift(shifts[i]);
		MQ_EQ(mq_call_end(call), -ETIMEDOUT);
		MQ_EQ(mq_call_end(room), -ETIMEDOUT);
		MQ_GE(mq_now_ns() - began, 3000 * MS);
	}
}

/* ---- room -------------------------------------------------------------------- */

MQ_TEST(call_waits_for_room, "a call sleeps for room in a blocking mailbox, then for the reply",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	struct mq_caller *call;

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	call = mq_call_begin(alice, "bob", "ping", .cookie = COOKIE);
	MQ_EQ(mq_status_of("bob").accepted, 1);
	MQ_FRAME_READS(bob, "alice", "full");
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

MQ_TEST(call_no_room, "EAGAIN with O_NONBLOCK or DONTWAIT, EPIPE when the endpoint ends meanwhile",
	.params = "QUEUE_LEN=1")
{
	int alice = mq_bound("alice"), nonblock = mq_bound_nonblock("nonblock");
	int bob = mq_bound("bob", .policy = MQ_POLICY_BLOCK);
	struct mq_caller *call;

	MQ_EQ(mq_frame_send_text(alice, "bob", "full"), 0);
	MQ_EQ(mq_call(nonblock, "bob", "ping"), -EAGAIN);
	MQ_EQ(mq_call(alice, "bob", "ping", .flags = MQ_FRAME_DONTWAIT), -EAGAIN);
	MQ_EQ(mq_status_of("bob").rejected, 2);
	call = mq_call_begin(alice, "bob", "ping");
	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
}

/* ---- threads ----------------------------------------------------------------- */

#define CALLS 12

MQ_TEST(call_threads, "any number of threads call on one file; each gets the answer to its own request")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i, j;
	struct mq_caller *calls[CALLS];
	uint64_t cookies[CALLS];
	char text[16];

	for (i = 0; i < CALLS; i++) {
		sprintf(text, "ask %d", i);
		/* Their own cookies may be the same. */
		calls[i] = mq_call_begin(alice, "bob", text, .cookie = i / 2);
		cookies[i] = MQ_CALL_RECEIVES(bob, "alice", text);
		for (j = 0; j < i; j++)
			MQ_NE(cookies[i], cookies[j]);
	}
	for (i = CALLS - 1; i >= 0; i--) {
		sprintf(text, "say %d", i);
		MQ_EQ(mq_frame_reply(bob, cookies[i], text), 0);
	}
	for (i = 0; i < CALLS; i++) {
		sprintf(text, "say %d", i);
		MQ_CALL_GETS(calls[i], "bob", text);
	}
}

MQ_TEST(call_and_go_on, "while a thread calls, others send, receive and poll by the same file")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_frame_send_text(alice, "bob", "aside"), 0);
	MQ_FRAME_READS(bob, "alice", "aside");
	MQ_EQ(mq_frame_send_text(bob, "alice", "no reply"), 0);
	MQ_EQ(mq_poll(alice), POLLIN | POLLOUT);
	MQ_FRAME_READS(alice, "bob", "no reply");
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
}

/* ---- interruption ------------------------------------------------------------ */

/* In a peer: calls bob, or the full one, with SIGUSR1 caught so. */
static long call_caught(int fd, long flags)
{
	long result;

	mq_signal_catch(flags);
	result = mq_call(fd, "bob", "ping", .timeout = 2000000 * MS);
	MQ_EQ(mq_signals, 1);
	return result;
}

static long call_caught_for_room(int fd, long flags)
{
	long result;

	mq_signal_catch(flags);
	result = mq_call(fd, "full", "ping");
	MQ_EQ(mq_signals, 1);
	return result;
}

MQ_TEST(call_handler, "a signal handler ends a call with EINTR, also with SA_RESTART")
{
	static const int flags[] = { 0, SA_RESTART };
	struct mq_peer *alice = mq_peer_bound("alice");
	int bob = mq_bound("bob"), i;

	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(alice, call_caught, flags[i]);
		mq_until_asleep(alice->pid, SYS_ioctl);
		MQ_OK(kill(alice->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(alice), -EINTR);
	}
	/* It was never restarted: at most one request each. */
	MQ_LE(mq_status_of("bob").accepted, 2);
	while (mq_poll(bob) & POLLIN)
		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), -ENOENT);
}

MQ_TEST(call_handler_for_room, "so it does while the call waits for room: then no request is sent",
	.params = "QUEUE_LEN=1")
{
	static const int flags[] = { 0, SA_RESTART };
	struct mq_peer *alice = mq_peer_bound("alice");
	int full = mq_bound("full", .policy = MQ_POLICY_BLOCK), i;

	MQ_EQ(mq_frame_send_text(full, "full", "full"), 0);
	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(alice, call_caught_for_room, flags[i]);
		mq_until_asleep(alice->pid, SYS_ioctl);
		MQ_OK(kill(alice->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(alice), -EINTR);
	}
	MQ_EQ(mq_status_of("full").accepted, 1);
}

static long call_forever(int fd, long name)
{
	return mq_call(fd, (const char *)name, "ping");
}

MQ_TEST(call_stopped, "a stop ends a call with EINTR, whether it waits for room or for the reply",
	.params = "QUEUE_LEN=1")
{
	static const char *const names[] = { "bob", "full" };
	struct mq_peer *alice = mq_peer_bound("alice");
	int bob = mq_bound("bob"), full = mq_bound("full", .policy = MQ_POLICY_BLOCK), i;

	MQ_EQ(mq_frame_send_text(full, "full", "full"), 0);
	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(alice, call_forever, (long)names[i]);
		mq_until_asleep(alice->pid, SYS_ioctl);
		mq_process_stop(alice->pid);
		mq_process_continue(alice->pid);
		MQ_EQ(mq_peer_end(alice), -EINTR);
	}
	MQ_EQ(mq_status_of("full").accepted, 1);
	MQ_LE(mq_status_of("bob").accepted, 1);
	while (mq_poll(bob) & POLLIN)
		MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), -ENOENT);
}

MQ_TEST(call_traced, "a tracer that comes and goes ends a call with EINTR")
{
	struct mq_peer *alice = mq_peer_bound("alice");
	int status;

	mq_bound("bob");
	mq_peer_do_begin(alice, call_forever, (long)"bob");
	mq_until_asleep(alice->pid, SYS_ioctl);
	MQ_OK(ptrace(PTRACE_SEIZE, alice->pid, 0, 0));
	MQ_OK(ptrace(PTRACE_INTERRUPT, alice->pid, 0, 0));
	MQ_EQ(waitpid(alice->pid, &status, __WALL), alice->pid);
	MQ_TRUE(WIFSTOPPED(status));
	MQ_OK(ptrace(PTRACE_DETACH, alice->pid, 0, 0));
	MQ_EQ(mq_peer_end(alice), -EINTR);
}

static long ignore_signals(int fd, long arg)
{
	(void)fd;
	(void)arg;
	MQ_TRUE(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	return 0;
}

MQ_TEST(call_ignored_signals, "signals that do nothing do not end a call")
{
	struct mq_peer *alice = mq_peer_bound("alice");
	int bob = mq_bound("bob");

	mq_peer_do(alice, ignore_signals, 0);
	mq_peer_do_begin(alice, call_forever, (long)"bob");
	mq_until_asleep(alice->pid, SYS_ioctl);
	MQ_OK(kill(alice->pid, SIGUSR1));
	MQ_OK(kill(alice->pid, SIGCHLD));
	MQ_OK(kill(alice->pid, SIGURG));
	mq_until_asleep(alice->pid, SYS_ioctl);
	MQ_TRUE(!mq_peer_is_done(alice));
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong"), 0);
	MQ_EQ(mq_peer_end(alice), 72);
}

MQ_TEST(call_killed, "SIGKILL ends a caller; then an answer is ENOENT", .params = "QUEUE_LEN=1")
{
	static const char *const names[] = { "bob", "full" };
	struct mq_peer *peers[2] = { mq_peer_start(), mq_peer_start() };
	int bob = mq_bound("bob"), full = mq_bound("full", .policy = MQ_POLICY_BLOCK), i;
	uint64_t cookie = 0;

	MQ_EQ(mq_frame_send_text(full, "full", "full"), 0);
	for (i = 0; i < 2; i++) {
		MQ_EQ(mq_peer_bind(peers[i], "alice"), 0);
		mq_peer_do_begin(peers[i], call_forever, (long)names[i]);
		mq_until_asleep(peers[i]->pid, SYS_ioctl);
		if (!i)
			cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
		mq_peer_kill(peers[i], SIGKILL);
		MQ_TRUE(!mq_is_there("alice"));
	}
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);
	MQ_FRAME_READS(full, "full", "full");
	MQ_FRAME_EMPTY(full);
}

/* ---- replies that are lost --------------------------------------------------- */

MQ_TEST(call_reply_too_long, "a reply that does not fit is lost: EMSGSIZE to the caller, success to the server")
{
	static const size_t sizes[] = { 0, 1, 63, 64, 71, 79 };
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	char room[80] __attribute__((aligned(8)));
	struct mq_caller *call;
	uint64_t cookie;

	for (i = 0; i < 6; i++) {
		call = mq_call_begin(alice, "bob", "ping", .room = room, .room_size = sizes[i]);
		cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
		MQ_EQ(mq_frame_reply(bob, cookie, "9 bytes.."), 0);
		MQ_EQ(mq_call_end(call), -EMSGSIZE);
		MQ_EQ(mq_frame_reply(bob, cookie, "9 bytes.."), -ENOENT);
	}
	MQ_FRAME_EMPTY(alice);
	call = mq_call_begin(alice, "bob", "ping", .room = room, .room_size = 80);
	MQ_EQ(mq_frame_reply(bob, MQ_CALL_RECEIVES(bob, "alice", "ping"), "9 bytes.."), 0);
	MQ_CALL_GETS(call, "bob", "9 bytes..");
}

MQ_TEST(call_reply_unmapped, "a reply that cannot be copied is lost: EFAULT to the caller, success to the server")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping", .room = page,
					       .room_size = 4096);
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_EQ(mq_call_end(call), -EFAULT);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), -ENOENT);
	MQ_FRAME_EMPTY(alice);
}

/* ---- the caller's file ------------------------------------------------------- */

MQ_TEST(call_keeps_file, "a file in a call is alive until the call ends, though it is closed")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping", .cookie = 9);
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");

	MQ_OK(close(alice));
	MQ_TRUE(mq_is_there("alice"));
	MQ_EQ(mq_frame_send_text(bob, "alice", "still here"), 0);
	MQ_EQ(mq_frame_reply(bob, cookie, "pong"), 0);
	MQ_CALL_GETS(call, "bob", "pong");
	MQ_TRUE(!mq_is_there("alice"));
	MQ_EQ(mq_frame_send_text(bob, "alice", "gone"), -ENOENT);
}

/* ---- what is wrong with a call ----------------------------------------------- */

MQ_TEST(call_unbound, "ENOTCONN on a file that is not bound, as receive and peek")
{
	int fd = mq_dev(), text = mq_dev();
	char room[MQ_FRAME_ROOM];

	mq_bound("bob");
	MQ_EQ(mq_cmd(text, "/reg alice"), 0);
	MQ_EQ(mq_call(fd, "bob", "ping"), -ENOTCONN);
	MQ_EQ(mq_call(text, "bob", "ping"), -ENOTCONN);
	MQ_EQ(mq_ioc_receive(fd, NULL, NULL, room, sizeof(room), 0), -ENOTCONN);
	MQ_EQ(mq_ioc_peek(fd, room, sizeof(room)), -ENOTCONN);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(call_open_mode, "EBADF: to call takes a file that reads and writes, to receive and peek one that reads")
{
	int fd = mq_dev_flags(O_WRONLY | O_CLOEXEC), bob = mq_bound("bob");
	char room[MQ_FRAME_ROOM];

	MQ_EQ(mq_bind(mq_dev_flags(O_RDONLY | O_CLOEXEC), "reader"), -EBADF);
	MQ_EQ(mq_bind(fd, "writer"), 0);
	MQ_EQ(mq_frame_send_text(fd, "bob", "hi"), 0);
	MQ_FRAME_READS(bob, "writer", "hi");
	MQ_EQ(mq_call(fd, "bob", "ping", .timeout = 1), -EBADF);
	MQ_EQ(mq_ioc_receive(fd, NULL, NULL, room, sizeof(room), 0), -EBADF);
	MQ_EQ(mq_ioc_peek(fd, room, sizeof(room)), -EBADF);
	MQ_FRAME_EMPTY(bob);
}

MQ_TEST(call_malformed, "EINVAL: what is no frame, or has a flag that no request has; nothing is sent")
{
	static const uint32_t flags[] = {
		MQ_FRAME_BROADCAST, MQ_FRAME_CALL, MQ_FRAME_REPLY, MQ_FRAME_EVENT,
		MQ_FRAME_COME, MQ_FRAME_GONE, 1U << 7, 1U << 31
	};
	char bytes[160] __attribute__((aligned(8))), room[MQ_FRAME_ROOM];
	struct mq_frame *frame = (struct mq_frame *)bytes;
	int alice = mq_bound("alice");
	unsigned int i;

	mq_bound("bob");
	for (i = 0; i < 8; i++) {
		mq_frame_push(bytes, 0, "bob", flags[i], 0, "ping", 4);
		MQ_EQ(mq_ioc_call(alice, bytes, 72, room, sizeof(room), 0), -EINVAL);
	}
	for (i = 0; i < 68; i++) {
		mq_frame_push_text(bytes, 0, "bob", "ping");
		MQ_EQ(mq_ioc_call(alice, bytes, i, room, sizeof(room), 0), -EINVAL);
	}
	frame->size = 64;
	MQ_EQ(mq_ioc_call(alice, bytes, 72, room, sizeof(room), 0), -EINVAL);
	/* One call is one frame. */
	mq_frame_push_text(bytes, mq_frame_push_text(bytes, 0, "bob", "ping"), "bob", "ping");
	MQ_EQ(mq_ioc_call(alice, bytes, 144, room, sizeof(room), 0), -EINVAL);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(call_padding, "padding behind the request may be missing, and is ignored")
{
	char bytes[72] __attribute__((aligned(8))), room[MQ_FRAME_ROOM];
	int alice = mq_bound("alice");

	mq_bound("bob");
	mq_frame_push_text(bytes, 0, "bob", "ping");
	bytes[69] = 'x';
	MQ_EQ(mq_ioc_call(alice, bytes, 68, room, sizeof(room), 0), -ETIMEDOUT);
	MQ_EQ(mq_ioc_call(alice, bytes, 72, room, sizeof(room), 0), -ETIMEDOUT);
	MQ_LE(mq_status_of("bob").accepted, 2);
}

MQ_TEST(call_unmapped_request, "EFAULT: the request cannot be copied, and is not sent")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice");
	char room[MQ_FRAME_ROOM];

	mq_bound("bob");
	MQ_EQ(mq_ioc_call(alice, page, 72, room, sizeof(room), 0), -EFAULT);
	MQ_EQ(mq_ioc_call(alice, NULL, 72, room, sizeof(room), 0), -EFAULT);
	MQ_EQ(mq_status_of("bob").accepted, 0);
}

MQ_TEST(call_exchange_checked, "struct mq_exchange: EINVAL too short or a flag, E2BIG an unknown tail, EFAULT")
{
	static const unsigned long commands[] = { MQ_IOC_CALL, MQ_IOC_RECEIVE, MQ_IOC_PEEK };
	struct { struct mq_exchange x; uint64_t tail[64]; } longer = { 0 };
	int bob = mq_bound("bob"), i;
	char room[MQ_FRAME_ROOM];
	struct mq_exchange x;

	for (i = 0; i < 3; i++) {
		x = an_exchange(NULL, 0, room, sizeof(room));
		x.flags = 1;
		MQ_EQ(mq_ioctl(bob, commands[i], &x), -EINVAL);
		x.flags = 1U << 31;
		MQ_EQ(mq_ioctl(bob, commands[i], &x), -EINVAL);
		x.flags = 0;
		for (x.size = 0; x.size < 4; x.size++)
			MQ_EQ(mq_ioctl(bob, commands[i], &x), -EINVAL);
		longer.x = an_exchange(NULL, 0, room, sizeof(room));
		longer.x.size = sizeof(longer);
		longer.tail[63] = 1;
		MQ_EQ(mq_ioctl(bob, commands[i], &longer), -E2BIG);
		longer.tail[63] = 0;
		MQ_EQ(mq_ioctl(bob, commands[i], NULL), -EFAULT);
	}
	/* A longer one of a newer program is taken if the tail is zero. */
	MQ_EQ(mq_ioctl(bob, MQ_IOC_PEEK, &longer), 0);
	longer.x.size = sizeof(longer);
	MQ_EQ(mq_ioctl(bob, MQ_IOC_RECEIVE, &longer), -ETIMEDOUT);
}
