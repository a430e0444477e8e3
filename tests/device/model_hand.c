// SPDX-License-Identifier: GPL-2.0-only
/*
 * See model_hand.h.
 *
 * Copyright (C) the mq authors
 */
#include "model_hand.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define HEADER sizeof(struct mq_frame)
#define SPACES 3

const struct mq_who mq_hand_whos[MQ_HAND_WHOS] = {
	{ .rights = ~0ULL },
	{ .uid = 1001, .gid = 1001 },
	{ .uid = 1002, .gid = 1002, .group = 1001 },
	{ .uid = 1001, .gid = 1003 },
	{ .uid = 1002, .gid = 1002, .rights = 1ULL << CAP_IPC_OWNER },
	{ .uid = 1003, .gid = 1003,
	  .rights = 1ULL << CAP_SYS_RESOURCE | 1ULL << CAP_SYS_ADMIN },
};

int mq_hand_patience = 60;
void (*mq_hand_hangs)(int hand, const char *what);

/* ---- what is told, and what comes of it -------------------------------------- */

/* One for each hand, where all of them see it. */
struct order {
	struct mq_hand_op op;
	uint64_t timeout;
	volatile int fd;		/* on which it makes the call, as the hand knows it */
	size_t length;			/* of what is sent */
	char sent[MQ_HAND_BYTES] __attribute__((aligned(8)));
	struct mq_hand_result result;
};

struct hand {
	struct mq_peer *peer;
	int sockets[2];			/* descriptors come to it by these */
};

/* Cookies of requests, in the order in which they were seen. */
struct cookies {
	uint64_t seen[4096];
	int count;
};

static struct hand hands[MQ_HANDS];
static struct order *orders;
static struct cookies cookies;
static pid_t keepers[SPACES];

/* ---- in the hand's process ----------------------------------------------------- */

static int files[MQ_HAND_FILES] = { -1, -1, -1 };

static void tell_pids(struct mq_hand_result *result)
{
	char text[32] = "";

	/* The files of the system are the first namespace's. */
	MQ_OK(readlink("/proc/self", text, sizeof(text) - 1));
	result->pid = atoi(text);
	result->own_pid = getpid();
}

static void obey_start(struct order *order)
{
	tell_pids(&order->result);
	/* As long as it may; and its memory is there, for a fault there would be no operation's. */
	mq_fault_open_again();
	memset(order->result.bytes, 0, sizeof(order->result.bytes));
	/* One who cannot do without is interrupted. */
	mq_signal_catch(0);
	if (order->op.who)
		mq_become_who(&mq_hand_whos[order->op.who]);
}

static long obey_read(struct order *order, int fd)
{
	struct mq_hand_result *result = &order->result;
	struct iovec part = { result->bytes, order->op.size };
	ssize_t got;

	if (order->op.bad)
		part.iov_base = mq_edge_new(0);
	memset(result->bytes, 0x5a, order->op.size + 8);
	if (order->op.nowait)
		got = preadv2(fd, &part, 1, -1, RWF_NOWAIT);
	else
		got = read(fd, part.iov_base, order->op.size);
	/* Nothing behind what the value says was written. */
	if (got >= 0 && result->bytes[got] != 0x5a)
		return -EIO;
	return got < 0 ? -errno : got;
}

static long obey_write(struct order *order, int fd)
{
	size_t there = order->length - order->op.cut;
	char *at = order->sent;
	ssize_t done;

	if (order->op.cut) {
		at = (char *)mq_edge_new(0) - there;
		memcpy(at, order->sent, there);
	}
	done = write(fd, at, order->length);
	return done < 0 ? -errno : done;
}

static long obey_list(struct order *order, int fd)
{
	struct mq_status *entries = (struct mq_status *)order->result.bytes;
	uint32_t position = 0;
	long got, count = 0;

	do {
		got = mq_ioc_list(fd, entries + count, order->op.size, &position);
		if (got < 0)
			return got;
		count += got;
	} while (got == (long)order->op.size);
	order->result.length = count * sizeof(*entries);
	return count;
}

static long obey_ask(struct order *order, int fd)
{
	struct mq_hand_result *result = &order->result;
	long value;

	if (order->op.kind == MQ_HAND_INFO) {
		value = mq_ioc_info(fd, (struct mq_info *)result->bytes);
		result->length = value ? 0 : sizeof(struct mq_info);
	} else {
		value = mq_ioc_status(fd, order->op.name, (struct mq_status *)result->bytes);
		result->length = value ? 0 : sizeof(struct mq_status);
	}
	return value;
}

static long obey_bind(const struct mq_hand_op *op, int fd)
{
	struct mq_bind bind = {
		.policy = op->policy, .depth = op->depth, .access = op->access,
		.flags = op->flags,
	};

	return mq_bind_fill(fd, op->name, bind);
}

static long obey_file(struct order *order)
{
	const struct mq_hand_op *op = &order->op;
	struct mq_hand_result *result = &order->result;
	int *fd = &files[op->file];

	order->fd = *fd;
	switch (op->kind) {
	case MQ_HAND_OPEN:
		*fd = mq_dev_flags(O_RDWR | O_CLOEXEC | (op->nonblock ? O_NONBLOCK : 0));
		return 0;
	case MQ_HAND_CLOSE:
		close(*fd);
		*fd = -1;
		return 0;
	case MQ_HAND_TEXT:
	case MQ_HAND_WRITE:
		return obey_write(order, *fd);
	case MQ_HAND_READ:
		return obey_read(order, *fd);
	case MQ_HAND_BIND:
		return obey_bind(op, *fd);
	case MQ_HAND_CALL:
		return mq_ioc_call(*fd, order->sent, order->length, result->bytes, op->size,
				   order->timeout);
	case MQ_HAND_RECEIVE:
		result->send_size = order->length;
		return mq_ioc_receive(*fd, order->sent, &result->send_size, result->bytes,
				      op->size, order->timeout);
	case MQ_HAND_PEEK:
		return mq_ioc_peek(*fd, result->bytes, op->size);
	case MQ_HAND_POLL:
		return mq_poll(*fd);
	case MQ_HAND_LIST:
		return obey_list(order, *fd);
	default:
		return obey_ask(order, *fd);
	}
}

static void obey_one(struct order *order)
{
	struct mq_hand_result *result = &order->result;

	tell_pids(result);
	result->length = 0;
	if (order->op.nth)
		mq_fault_begin(order->op.nth);
	result->value = obey_file(order);
	result->has_failed = order->op.nth && mq_fault_end();
	if (!result->length && result->value > 0)
		result->length = result->value;
}

static long obey(int fd, long arg)
{
	struct order *order = (struct order *)arg;
	pid_t pid;

	(void)fd;
	switch (order->op.kind) {
	case MQ_HAND_START:
		obey_start(order);
		return 0;
	case MQ_HAND_BECOME:
		mq_become_who(&mq_hand_whos[order->op.who]);
		return 0;
	case MQ_HAND_PASS:
		mq_file_send(hands[order->op.other].sockets[0], files[order->op.file]);
		return 0;
	case MQ_HAND_KINDS:	/* the other side of it */
		files[order->op.other_file] = mq_file_receive(order->op.size);
		return 0;
	}
	if (!order->op.child) {
		obey_one(order);
		return order->result.value;
	}
	pid = mq_fork();
	if (!pid) {
		obey_one(order);
		_exit(0);
	}
	mq_join(pid);
	return order->result.value;
}

/* ---- frames ------------------------------------------------------------------------ */

static void fill(char *bytes, size_t size, uint32_t number)
{
	char text[16];
	size_t i, length = sprintf(text, "%u.", number);

	for (i = 0; i < size; i++)
		bytes[i] = text[i % length];
}

static void spoil(struct mq_frame *frame, uint32_t fault)
{
	switch (fault) {
	case MQ_FAULT_SIZE_SMALL:
		frame->size = 63;
		break;
	case MQ_FAULT_SIZE_NONE:
		frame->size = 64;
		break;
	case MQ_FAULT_SIZE_BEYOND:
		frame->size += 4096;
		break;
	case MQ_FAULT_SEQUENCE:
		frame->sequence = 1;
		break;
	case MQ_FAULT_TIME:
		frame->time = 1;
		break;
	case MQ_FAULT_PID:
		frame->pid = 1;
		break;
	case MQ_FAULT_UID:
		frame->uid = 1;
		break;
	case MQ_FAULT_NAME_END:
		memset(frame->name, 'x', MQ_NAME_SIZE);
		break;
	case MQ_FAULT_NAME_BEHIND:
		frame->name[MQ_NAME_SIZE - 2] = 'x';
		break;
	}
}

static uint64_t cookie_of(const struct mq_hand_frame *frame)
{
	if (!(frame->flags & MQ_FRAME_REPLY))
		return frame->number;
	return (int)frame->call < cookies.count ? cookies.seen[cookies.count - 1 - frame->call] : 1;
}

/* Only the last frame of a write may sleep: who reads meanwhile might be faster or not. */
static size_t build(char *bytes, const struct mq_hand_op *op)
{
	size_t at = 0, end;
	uint32_t flags;
	int i;

	for (i = 0; i < MQ_HAND_FRAMES && op->frames[i].to; i++) {
		const struct mq_hand_frame *f = &op->frames[i];
		char payload[8192];

		flags = f->flags;
		if (i + 1 < MQ_HAND_FRAMES && op->frames[i + 1].to && !(flags & MQ_FRAME_REPLY))
			flags |= MQ_FRAME_DONTWAIT;
		fill(payload, f->size, f->number);
		end = mq_frame_push(bytes, at, f->to, flags, cookie_of(f), payload, f->size);
		spoil((struct mq_frame *)(bytes + at), f->fault);
		at = end;
	}
	return at;
}

/* Each request that is read or looked at shows its cookie. */
static void note_cookies(const struct mq_hand_op *op, const struct mq_hand_result *result)
{
	const struct mq_frame *frame;
	size_t at = 0;
	int i;

	if (op->kind != MQ_HAND_READ && op->kind != MQ_HAND_RECEIVE && op->kind != MQ_HAND_PEEK)
		return;
	while (at + HEADER <= result->length) {
		frame = (const struct mq_frame *)(result->bytes + at);
		if (frame->size < HEADER || frame->size > result->length - at)
			return;
		at += MQ_FRAME_SPACE(frame->size);
		if (!(frame->flags & MQ_FRAME_CALL))
			continue;
		for (i = 0; i < cookies.count && cookies.seen[i] != frame->cookie; i++)
			;
		if (i == cookies.count && i < 4096)
			cookies.seen[cookies.count++] = frame->cookie;
	}
}

/* ---- beginning and ending ------------------------------------------------------------- */

static void hang(int hand, const char *what)
{
	if (mq_hand_hangs)
		mq_hand_hangs(hand, what);
	MQ_FAIL("hand %d %s", hand, what);
}

static pid_t keeper_of(uint32_t space)
{
	int own;

	if (keepers[space])
		return keepers[space];
	own = MQ_OK(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
	MQ_OK(unshare(CLONE_NEWPID));
	keepers[space] = mq_fork();
	if (!keepers[space]) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	MQ_OK(setns(own, CLONE_NEWPID));
	close(own);
	return keepers[space];
}

/* In a namespace of pids below ours, which lasts as long as this process. */
static struct mq_peer *start_in(uint32_t space)
{
	struct mq_peer *peer;
	char path[64];
	int fd, own;

	if (!space)
		return mq_peer_start();
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", keeper_of(space));
	own = MQ_OK(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
	fd = MQ_OK(open(path, O_RDONLY | O_CLOEXEC));
	MQ_OK(setns(fd, CLONE_NEWPID));
	peer = mq_peer_start();
	MQ_OK(setns(own, CLONE_NEWPID));
	close(own);
	close(fd);
	return peer;
}

static void prepare(void)
{
	int i;

	if (orders)
		return;
	orders = mq_shared(MQ_HANDS * sizeof(*orders));
	for (i = 0; i < MQ_HANDS; i++)
		MQ_OK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, hands[i].sockets));
}

struct mq_peer *mq_hand_peer(int hand)
{
	return hands[hand].peer;
}

const struct mq_hand_result *mq_hand_result(int hand)
{
	return &orders[hand].result;
}

const char *mq_hand_bytes(int hand, size_t *length, size_t *there)
{
	*length = orders[hand].length;
	*there = orders[hand].length - orders[hand].op.cut;
	return orders[hand].sent;
}

void mq_hand_shorten(int hand, size_t length)
{
	orders[hand].length = length;
}

static long number_of_call(uint32_t kind)
{
	switch (kind) {
	case MQ_HAND_TEXT:
	case MQ_HAND_WRITE:
		return SYS_write;
	case MQ_HAND_READ:
		return SYS_read;
	default:
		return SYS_ioctl;
	}
}

/*
 * The number of the call that it sleeps in, and its first argument. A hand sleeps in a read
 * for its orders too.
 */
static bool is_asleep(const char *text, long number, int fd)
{
	unsigned long first;
	long is;

	return sscanf(text, "%ld %lx", &is, &first) == 2 && is == number && (int)first == fd;
}

/* As mq_until_asleep(), but it ends too if the call does, or when patience does. */
static void until_asleep(int hand)
{
	long number = number_of_call(orders[hand].op.kind);
	long long until = mq_now_ms() + mq_hand_patience * 1000LL;
	char path[64], text[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", hands[hand].peer->pid);
	while (!mq_peer_is_done(hands[hand].peer)) {
		fd = MQ_OK(open(path, O_RDONLY | O_CLOEXEC));
		got = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[got > 0 ? got : 0] = 0;
		if (is_asleep(text, number, orders[hand].fd))
			return;
		if (mq_now_ms() > until)
			hang(hand, "neither ends nor falls asleep");
		mq_sleep_ms(1);
	}
}

void mq_hand_build(const struct mq_hand_op *op)
{
	struct order *order = &orders[op->hand];

	memcpy(&order->op, op, sizeof(*op));
	order->timeout = op->now ? 0 : MQ_FOREVER;
	order->fd = -1;
	if (op->kind == MQ_HAND_TEXT) {
		order->length = strlen(op->text);
		memcpy(order->sent, op->text, order->length);
	} else {
		order->length = build(order->sent, op);
	}
	if (op->cut > order->length)
		order->op.cut = order->length;
}

void mq_hand_run_begin(const struct mq_hand_op *op, bool sleeps)
{
	struct order *order = &orders[op->hand];

	mq_hand_build(op);
	mq_peer_do_begin(hands[op->hand].peer, obey, (long)order);
	if (sleeps)
		until_asleep(op->hand);
}

bool mq_hand_is_done(int hand)
{
	return mq_peer_is_done(hands[hand].peer);
}

long mq_hand_end(int hand)
{
	struct pollfd p = { .fd = hands[hand].peer->socket, .events = POLLIN };
	struct order *order = &orders[hand];

	if (!poll(&p, 1, mq_hand_patience * 1000))
		hang(hand, "does not end");
	mq_peer_end(hands[hand].peer);
	note_cookies(&order->op, &order->result);
	return order->result.value;
}

static long pass(const struct mq_hand_op *op)
{
	struct mq_hand_op taking = {
		.hand = op->other, .kind = MQ_HAND_KINDS, .other_file = op->other_file,
		.size = hands[op->other].sockets[1],
	};

	mq_hand_run_begin(op, false);
	mq_hand_end(op->hand);
	mq_hand_run_begin(&taking, false);
	mq_hand_end(op->other);
	return 0;
}

/*
 * Once a process was waited for its name is free; who listens is told soon. Whoever makes an
 * endpoint finds the dead gone, so afterwards it has been told.
 */
static void settle(void)
{
	close(mq_bound(""));
}

long mq_hand_run(const struct mq_hand_op *op)
{
	prepare();
	switch (op->kind) {
	case MQ_HAND_START:
		hands[op->hand].peer = start_in(op->space);
		break;
	case MQ_HAND_PASS:
		return pass(op);
	case MQ_HAND_EXIT:
		mq_peer_exit(hands[op->hand].peer);
		hands[op->hand].peer = NULL;
		settle();
		return 0;
	case MQ_HAND_KILL:
		mq_peer_kill(hands[op->hand].peer, SIGKILL);
		hands[op->hand].peer = NULL;
		settle();
		return 0;
	case MQ_HAND_INTERRUPT:
		MQ_OK(kill(hands[op->hand].peer->pid, SIGUSR1));
		return 0;
	}
	mq_hand_run_begin(op, false);
	mq_hand_end(op->hand);
	if (op->child)
		settle();
	return orders[op->hand].result.value;
}

void mq_hand_kill_all(void)
{
	int i;

	for (i = 0; i < MQ_HANDS; i++)
		if (hands[i].peer)
			mq_peer_kill(hands[i].peer, SIGKILL);
	for (i = 0; i < SPACES; i++) {
		if (!keepers[i])
			continue;
		kill(keepers[i], SIGKILL);
		mq_wait_status(keepers[i]);
	}
}

const struct mq_frame *mq_hand_frame(int hand, int index)
{
	const struct mq_hand_result *result = &orders[hand].result;
	const struct mq_frame *frame;
	size_t at = 0;

	do {
		frame = mq_frame_next(result->bytes, result->length, &at);
		if (!frame)
			MQ_FAIL("hand %d has not read that many frames", hand);
	} while (index--);
	return frame;
}

/* ---- as C ---------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	"START", "OPEN", "CLOSE", "PASS", "BECOME", "TEXT", "WRITE", "READ", "BIND", "CALL",
	"RECEIVE", "PEEK", "POLL", "STATUS", "LIST", "INFO", "INTERRUPT", "EXIT", "KILL",
};

static char shown[4096];
static size_t shown_length;

static void show(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void show(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	shown_length += vsnprintf(shown + shown_length, sizeof(shown) - shown_length, format, args);
	va_end(args);
}

static void show_string(const char *name, const char *text)
{
	if (!text)
		return;
	show(", .%s = \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			show("\\%c", *text);
		else if (*text >= ' ' && *text <= '~')
			show("%c", *text);
		else
			show("\\%03o", (unsigned char)*text);
	}
	show("\"");
}

static void show_number(const char *name, uint32_t number)
{
	if (number)
		show(", .%s = %u", name, number);
}

static void show_frames(const struct mq_hand_frame *frames)
{
	int i;

	if (!frames[0].to)
		return;
	show(", .frames = {");
	for (i = 0; i < MQ_HAND_FRAMES && frames[i].to; i++) {
		show(" { \"%s\", .number = %u, .size = %u", frames[i].to, frames[i].number,
		     frames[i].size);
		show_number("flags", frames[i].flags);
		show_number("call", frames[i].call);
		show_number("fault", frames[i].fault);
		show(" },");
	}
	show(" }");
}

const char *mq_hand_show(const struct mq_hand_op *op, bool begins)
{
	shown_length = 0;
	show("mq_hand_%s(%u, %s", begins ? "begin" : "do", op->hand, kinds[op->kind]);
	show_number("file", op->file);
	show_number("child", op->child);
	show_string("text", op->text);
	show_string("name", op->name);
	show_frames(op->frames);
	show_number("other", op->other);
	show_number("other_file", op->other_file);
	show_number("who", op->who);
	show_number("space", op->space);
	show_number("size", op->size);
	show_number("cut", op->cut);
	show_number("policy", op->policy);
	show_number("depth", op->depth);
	show_number("access", op->access);
	show_number("flags", op->flags);
	show_number("nonblock", op->nonblock);
	show_number("nowait", op->nowait);
	show_number("bad", op->bad);
	show_number("now", op->now);
	show_number("nth", op->nth);
	show(")");
	return shown;
}
