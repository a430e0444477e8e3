// SPDX-License-Identifier: GPL-2.0-only
/*
 * MQ_IOC_RECEIVE: answer, and take the next frame, in one system call.
 *
 * Copyright (C) the mq authors
 */
#include "caller.h"
#include "storm_lib.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#define MS 1000000ULL

/* An answer to send, and what its size is afterwards. */
struct answer {
	char bytes[128] __attribute__((aligned(8)));
	uint32_t size;
};

static struct answer an_answer(uint64_t cookie, const char *text)
{
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.size = mq_frame_push(answer.bytes, 0, "", MQ_FRAME_REPLY, cookie,
				    text, strlen(text));
	return answer;
}

static char room[MQ_FRAME_ROOM] __attribute__((aligned(8)));

static long answer_and_take(int fd, struct answer *answer, uint64_t timeout)
{
	return mq_ioc_receive(fd, answer->bytes, &answer->size, room, sizeof(room),
			      timeout);
}

static long take(int fd, uint64_t timeout)
{
	return mq_ioc_receive(fd, NULL, NULL, room, sizeof(room), timeout);
}

/* What was taken is this one frame. */
static const struct mq_frame *check_taken(long got, const char *from,
					  uint32_t flags, const char *text)
{
	const struct mq_frame *frame;
	size_t at = 0;

	MQ_GE(got, 64);
	frame = mq_frame_next(room, got, &at);
	MQ_FRAME_IS(frame, from, flags, text);
	MQ_EQ(got, at);
	return frame;
}

/* ---- taking ------------------------------------------------------------------ */

MQ_TEST(reply_take, "without an answer it takes one frame, as read would, and no more")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");

	MQ_EQ(mq_frame_send_text(alice, "bob", "one"), 0);
	MQ_EQ(mq_frame_send_text(alice, "bob", "two more"), 0);
	MQ_EQ(check_taken(take(bob, MQ_FOREVER), "alice", 0, "one")->sequence, 1);
	MQ_EQ(mq_status_of("bob").queued, 1);
	MQ_EQ(mq_status_of("bob").delivered, 1);
	MQ_EQ(check_taken(take(bob, 0), "alice", 0, "two more")->sequence, 2);
	MQ_EQ(take(bob, 0), -ETIMEDOUT);
	MQ_EQ(mq_status_of("bob").delivered, 2);
}

static long take_forever(int fd, long arg)
{
	(void)arg;
	return take(fd, MQ_FOREVER);
}

MQ_TEST(reply_take_sleeps, "it sleeps until a frame comes")
{
	struct mq_peer *bob = mq_peer_bound("bob");
	int alice = mq_bound("alice"), i;

	for (i = 0; i < 3; i++) {
		mq_peer_do_begin(bob, take_forever, 0);
		mq_until_asleep(bob->pid, SYS_ioctl);
		MQ_TRUE(!mq_peer_is_done(bob));
		MQ_EQ(mq_frame_send_text(alice, "bob", "wake up"), 0);
		MQ_EQ(mq_peer_end(bob), 72);
	}
}

MQ_TEST(reply_take_times_out, "ETIMEDOUT, and not before")
{
	static const unsigned int times[] = { 0, 1, 50, 300 };
	int bob = mq_bound("bob"), i;
	uint64_t began;

	for (i = 0; i < 4; i++) {
		began = mq_now_ns();
		MQ_EQ(take(bob, times[i] * MS), -ETIMEDOUT);
		MQ_GE(mq_now_ns() - began, times[i] * MS);
	}
}

MQ_TEST(reply_take_nonblock, "EAGAIN when empty and O_NONBLOCK, whatever the timeout")
{
	int bob = mq_bound_nonblock("bob");

	MQ_EQ(take(bob, MQ_FOREVER), -EAGAIN);
	MQ_EQ(take(bob, 1000 * MS), -EAGAIN);
	MQ_EQ(mq_frame_send_text(bob, "bob", "hi"), 0);
	check_taken(take(bob, MQ_FOREVER), "bob", 0, "hi");
	MQ_EQ(take(bob, MQ_FOREVER), -EAGAIN);
}

MQ_TEST(reply_take_too_long, "EMSGSIZE: the frame does not fit and stays queued; EFAULT likewise")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob"), size;

	MQ_EQ(mq_frame_send_text(alice, "bob", "9 bytes.."), 0);
	for (size = 0; size < 80; size += size < 64 ? 32 : 1)
		MQ_EQ(mq_ioc_receive(bob, NULL, NULL, room, size, MQ_FOREVER), -EMSGSIZE);
	MQ_EQ(mq_ioc_receive(bob, NULL, NULL, page, 4096, MQ_FOREVER), -EFAULT);
	MQ_EQ(mq_status_of("bob").queued, 1);
	MQ_EQ(mq_status_of("bob").delivered, 0);
	MQ_EQ(mq_poll(bob), POLLIN | POLLOUT);
	MQ_EQ(mq_ioc_receive(bob, NULL, NULL, room, 80, MQ_FOREVER), 80);
	check_taken(80, "alice", 0, "9 bytes..");
}

static long take_within(int fd, long ms)
{
	return take(fd, ms * MS);
}

MQ_TEST(reply_take_monotonic, "a clock that is set does not change how long it waits")
{
	static const long shifts[] = { 100000, -100000 };
	struct mq_peer *bob = mq_peer_bound("bob");
	uint64_t began;
	int i;

	for (i = 0; i < 2; i++) {
		began = mq_now_ns();
		mq_peer_do_begin(bob, take_within, 3000);
		mq_until_asleep(bob->pid, SYS_ioctl);
		mq_clock_shift(shifts[i]);
		MQ_EQ(mq_peer_end(bob), -ETIMEDOUT);
		MQ_GE(mq_now_ns() - began, 3000 * MS);
	}
}

static long take_caught(int fd, long flags)
{
	long result;

	mq_signal_catch(flags);
	result = take(fd, 2000000 * MS);
	MQ_EQ(mq_signals, 1);
	return result;
}

MQ_TEST(reply_take_handler, "a signal handler ends a timed one with EINTR, also with SA_RESTART")
{
	static const int flags[] = { 0, SA_RESTART };
	struct mq_peer *bob = mq_peer_bound("bob");
	int i;

	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(bob, take_caught, flags[i]);
		mq_until_asleep(bob->pid, SYS_ioctl);
		MQ_OK(kill(bob->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(bob), -EINTR);
	}
}

static volatile int *caught;	/* shared with the peer */

static void catch(int signal)
{
	(void)signal;
	++*caught;
}

static long take_forever_caught(int fd, long flags)
{
	struct sigaction action = { .sa_handler = catch, .sa_flags = flags };

	MQ_OK(sigaction(SIGUSR1, &action, NULL));
	return take(fd, MQ_FOREVER);
}

MQ_TEST(reply_take_restarts, "an untimed one restarts after a handler with SA_RESTART, else EINTR")
{
	struct mq_peer *bob;
	int alice;

	caught = mq_shared(sizeof(*caught));
	bob = mq_peer_bound("bob");
	alice = mq_bound("alice");
	mq_peer_do_begin(bob, take_forever_caught, 0);
	mq_until_asleep(bob->pid, SYS_ioctl);
	MQ_OK(kill(bob->pid, SIGUSR1));
	MQ_EQ(mq_peer_end(bob), -EINTR);

	*caught = 0;
	mq_peer_do_begin(bob, take_forever_caught, SA_RESTART);
	mq_until_asleep(bob->pid, SYS_ioctl);
	MQ_OK(kill(bob->pid, SIGUSR1));
	mq_shared_until(caught, 1);
	mq_until_asleep(bob->pid, SYS_ioctl);
	MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
	MQ_EQ(mq_peer_end(bob), 72);
}

MQ_TEST(reply_take_stopped, "after a stop it goes on, timed or not")
{
	static const mq_peer_function waits[] = { take_forever, take_within };
	struct mq_peer *bob = mq_peer_bound("bob");
	int alice = mq_bound("alice"), i;

	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(bob, waits[i], 2000000);
		mq_until_asleep(bob->pid, SYS_ioctl);
		mq_process_stop(bob->pid);
		mq_process_continue(bob->pid);
		mq_until_asleep(bob->pid, SYS_ioctl);
		MQ_TRUE(!mq_peer_is_done(bob));
		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
		MQ_EQ(mq_peer_end(bob), 72);
	}
}

/* ---- answering and taking ---------------------------------------------------- */

MQ_TEST(reply_and_take, "it answers one request and takes the next; send_size becomes 0")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;
	struct mq_caller *call = mq_call_begin(alice, "bob", "ask 0"), *next;
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ask 0");
	struct answer answer;
	char text[16];

	for (i = 1; i < 5; i++) {
		sprintf(text, "ask %d", i);
		next = mq_call_begin(alice, "bob", text);
		sprintf(text, "say %d", i - 1);
		answer = an_answer(cookie, text);
		cookie = 0;
		answer_and_take(bob, &answer, MQ_FOREVER);
		MQ_EQ(answer.size, 0);
		MQ_CALL_GETS(call, "bob", text);
		sprintf(text, "ask %d", i);
		cookie = check_taken(72, "alice", MQ_FRAME_CALL, text)->cookie;
		call = next;
	}
	close(bob);
	MQ_EQ(mq_call_end(call), -EPIPE);
}

MQ_TEST(reply_first, "the answer goes out before it sleeps for the next frame")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	struct answer answer = an_answer(MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong");

	MQ_EQ(answer_and_take(bob, &answer, 1 * MS), -ETIMEDOUT);
	MQ_EQ(answer.size, 0);
	MQ_CALL_GETS(call, "bob", "pong");
	/* The same call again, as it was left, only takes. */
	MQ_EQ(mq_frame_send_text(alice, "bob", "next"), 0);
	check_taken(answer_and_take(bob, &answer, MQ_FOREVER), "alice", 0, "next");
}

MQ_TEST(reply_fails, "if the answer fails its error is returned, and nothing is taken")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct answer answer = an_answer(12345, "nobody asked");
	uint32_t size = answer.size;

	MQ_EQ(mq_frame_send_text(alice, "bob", "next"), 0);
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -ENOENT);
	MQ_EQ(answer.size, size);
	MQ_EQ(mq_ioc_receive(bob, page, &size, room, sizeof(room), MQ_FOREVER), -EFAULT);
	MQ_EQ(size, answer.size);
	answer.bytes[5] = 0x70;		/* unknown flags */
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -EINVAL);
	memset(answer.bytes + 4, 0, 4);	/* no flags: a frame, but no answer */
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -EINVAL);
	answer.size = 63;
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -EINVAL);
	MQ_EQ(mq_status_of("bob").queued, 1);
	MQ_EQ(mq_status_of("bob").delivered, 0);
	MQ_EQ(MQ_FRAME_READS(bob, "alice", "next")->sequence, 1);
	/* It does not sleep first either. */
	answer = an_answer(12345, "nobody asked");
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -ENOENT);
}

MQ_TEST(reply_too_long, "an answer over CMD_BUF_SIZE is EMSGSIZE, and the call goes on",
	.params = "CMD_BUF_SIZE=16")
{
	int alice = mq_bound("alice"), bob = mq_bound("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	uint64_t cookie = MQ_CALL_RECEIVES(bob, "alice", "ping");
	struct answer answer = an_answer(cookie, "seventeen bytes..");

	MQ_EQ(answer_and_take(bob, &answer, 0), -EMSGSIZE);
	MQ_EQ(answer.size, MQ_FRAME_SPACE(64 + 17));
	answer = an_answer(cookie, "sixteen bytes...");
	MQ_EQ(answer_and_take(bob, &answer, 0), -ETIMEDOUT);
	MQ_CALL_GETS(call, "bob", "sixteen bytes...");
}

MQ_TEST(reply_then_no_room, "once answered it is answered, also if the next frame does not fit or cannot be copied")
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int alice = mq_bound("alice"), bob = mq_bound("bob"), i;

	for (i = 0; i < 2; i++) {
		struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
		struct answer answer = an_answer(MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong");

		MQ_EQ(mq_frame_send_text(alice, "bob", "9 bytes.."), 0);
		MQ_EQ(mq_ioc_receive(bob, answer.bytes, &answer.size, i ? page : room,
				     i ? 4096 : 79, MQ_FOREVER), i ? -EFAULT : -EMSGSIZE);
		MQ_EQ(answer.size, 0);
		MQ_CALL_GETS(call, "bob", "pong");
		MQ_FRAME_READS(bob, "alice", "9 bytes..");
	}
}

MQ_TEST(reply_nonblock, "with O_NONBLOCK it answers, then EAGAIN")
{
	int alice = mq_bound("alice"), bob = mq_bound_nonblock("bob");
	struct mq_caller *call = mq_call_begin(alice, "bob", "ping");
	struct answer answer = an_answer(MQ_CALL_RECEIVES(bob, "alice", "ping"), "pong");

	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -EAGAIN);
	MQ_EQ(answer.size, 0);
	MQ_CALL_GETS(call, "bob", "pong");
	MQ_EQ(answer_and_take(bob, &answer, MQ_FOREVER), -EAGAIN);
}

static struct answer last_answer;

/* In a peer: answers the next request, and is interrupted in taking another. */
static long answer_interrupted(int fd, long flags)
{
	long result;

	MQ_EQ(take(fd, MQ_FOREVER), 72);
	last_answer = an_answer(((struct mq_frame *)room)->cookie, "pong");
	mq_signal_catch(flags);
	result = answer_and_take(fd, &last_answer, MQ_FOREVER);
	MQ_EQ(mq_signals, 1);
	MQ_EQ(last_answer.size, 0);
	return result;
}

/* The program goes on with what it has, which only reads. */
static long answer_again(int fd, long arg)
{
	(void)arg;
	return answer_and_take(fd, &last_answer, MQ_FOREVER);
}

MQ_TEST(reply_interrupted, "once answered, an interrupted taking ends with EINTR, also with SA_RESTART")
{
	static const int flags[] = { 0, SA_RESTART };
	struct mq_peer *bob = mq_peer_bound("bob");
	int alice = mq_bound("alice"), i;
	struct mq_caller *call;

	for (i = 0; i < 2; i++) {
		mq_peer_do_begin(bob, answer_interrupted, flags[i]);
		call = mq_call_start(alice, "bob", "ping");
		MQ_CALL_GETS(call, "bob", "pong");
		mq_until_asleep(bob->pid, SYS_ioctl);
		MQ_OK(kill(bob->pid, SIGUSR1));
		MQ_EQ(mq_peer_end(bob), -EINTR);
		mq_peer_do_begin(bob, answer_again, 0);
		MQ_EQ(mq_frame_send_text(alice, "bob", "next"), 0);
		MQ_EQ(mq_peer_end(bob), 72);
	}
}

/* As a program would go on after EINTR; it may also not be interrupted at all. */
static long answer_stopped(int fd, long arg)
{
	struct answer answer;
	long result;

	(void)arg;
	MQ_EQ(take(fd, MQ_FOREVER), 72);
	answer = an_answer(((struct mq_frame *)room)->cookie, "pong");
	do
		result = answer_and_take(fd, &answer, MQ_FOREVER);
	while (result == -EINTR);
	MQ_EQ(answer.size, 0);
	return result;
}

MQ_TEST(reply_stopped, "an answer is never repeated, also when a stop comes between it and the taking")
{
	struct mq_peer *bob = mq_peer_bound("bob");
	int alice = mq_bound("alice");
	struct mq_caller *call;

	mq_peer_do_begin(bob, answer_stopped, 0);
	call = mq_call_start(alice, "bob", "ping");
	MQ_CALL_GETS(call, "bob", "pong");
	mq_until_asleep(bob->pid, SYS_ioctl);
	mq_process_stop(bob->pid);
	mq_process_continue(bob->pid);
	mq_until_asleep(bob->pid, SYS_ioctl);
	MQ_EQ(mq_frame_send_text(alice, "bob", "next"), 0);
	/* A second answer would have been ENOENT. */
	MQ_EQ(mq_peer_end(bob), 72);
}

/* ---- a service --------------------------------------------------------------- */

#define CLIENTS 4
#define ROUNDS 200

/* A whole service in one system call per request, until told to stop. */
static void serve(void *arg)
{
	int fd = *(int *)arg;
	struct answer answer = { .size = 0 };
	const struct mq_frame *request = (const void *)room;
	long result;

	for (;;) {
		result = answer_and_take(fd, &answer, MQ_FOREVER);
		MQ_GE(result, 64);
		if (!(request->flags & MQ_FRAME_CALL))
			return;
		memset(&answer, 0, sizeof(answer));
		answer.size = mq_frame_push(answer.bytes, 0, "", MQ_FRAME_REPLY,
					    request->cookie, mq_frame_data(request),
					    mq_frame_data_size(request));
	}
}

static void *client_main(void *arg)
{
	int fd = *(int *)arg, i;
	struct mq_caller call;
	char text[32];

	for (i = 0; i < ROUNDS; i++) {
		size_t size = sprintf(text, "%d of %d", i, gettid());
		long result;

		call.request_size = mq_frame_push(call.request, 0, "bob", 0, i, text, size);
		result = mq_ioc_call(fd, call.request, call.request_size, call.reply,
				     sizeof(call.reply), MQ_FOREVER);
		MQ_EQ(result, MQ_FRAME_SPACE(64 + size));
		MQ_FRAME_IS((struct mq_frame *)call.reply, "bob", MQ_FRAME_REPLY, text);
		MQ_EQ(((struct mq_frame *)call.reply)->cookie, i);
	}
	return NULL;
}

MQ_TEST(reply_service, "a service with one system call per request answers many threads",
	.timeout = 120)
{
	int bob = mq_bound("bob"), alice[2], i;
	pthread_t clients[CLIENTS];
	pid_t server = mq_run(serve, &bob);

	alice[0] = mq_bound("alice");
	alice[1] = mq_bound("");
	for (i = 0; i < CLIENTS; i++)
		MQ_EQ(pthread_create(&clients[i], NULL, client_main, &alice[i % 2]), 0);
	for (i = 0; i < CLIENTS; i++)
		MQ_EQ(pthread_join(clients[i], NULL), 0);
	MQ_EQ(mq_frame_send_text(alice[0], "bob", "stop"), 0);
	mq_join(server);
	MQ_EQ(mq_status_of("bob").delivered, CLIENTS * ROUNDS + 1);
	MQ_EQ(mq_status_of("alice").accepted, 0);
}
