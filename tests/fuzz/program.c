// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations. Each takes its system calls' arguments from few small tables: most are sound, so that the calls get
 * deep into the driver, and each has its defects.
 *
 * Copyright (C) the mq authors
 */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mq_driver.h>

#define ROOM	(256 * 1024)

static __thread char *memory;		/* ROOM bytes, and behind them a page that faults */
static __thread char *scratch;		/* what is written, before it is put into place */

static const char *const names[8] = {
	"ann", "bob", "cat", "dan", "eve", "abcdefghijklmnopqrstuvw", ".sys", "a@b",
};

/* Of a mailbox. */
static const uint32_t depths[8] = { 0, 1, 2, 3, 20, 4097, 65536, 65537 };

/* How many of a message's bytes a monitor asks for. */
static const uint32_t snaps[8] = { MQ_SNAP_MAX, 0, 24, 1000, 1, 100, MQ_SNAP_MAX - 1, MQ_SNAP_MAX + 1 };

static const char *const verbs[FUZZ_VERBS + 1] = {
	"open", "close", "bind", "text", "frame", "read", "poll", "epoll", "call", "receive", "peek", "status", "list",
	"info", "ioctl", "fork", "pass", "become", "kill", "signal", "monitor", "totals", "clean",
};

const char *fuzz_verb_name(enum fuzz_verb verb)
{
	return verbs[verb];
}

void fuzz_memory_init(void)
{
	memory = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	scratch = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || scratch == MAP_FAILED || mprotect(memory + ROOM, 4096, PROT_NONE))
		abort();
}

static long outcome(long value)
{
	return value < 0 ? -errno : value;
}

/* The empty name too. */
static const char *name_of(unsigned int which)
{
	return which % 9 == 8 ? "" : names[which % 9];
}

static void name_set(char *to, const char *name)
{
	memset(to, 0, MQ_NAME_SIZE);
	memcpy(to, name, strlen(name));
}

/* ---- memory ---- */

/* Where LEN bytes for the driver lie, most often whole and aligned; SOUND is how many of them are memory. */
static char *place(unsigned int how, size_t len, size_t *sound)
{
	*sound = len;
	switch (how % 8) {
	case 4:
		return memory + 1;
	case 5:
		return memory + ROOM - len;
	case 6:
		*sound = len / 2;
		return memory + ROOM - len / 2;
	case 7:
		*sound = 0;
		return memory + ROOM;
	default:
		return memory;
	}
}

static char *place_scratch(unsigned int how, size_t len)
{
	size_t sound;
	char *at = place(how, len, &sound);

	memcpy(at, scratch, sound);
	return at;
}

/* Sizes around what changes the way of a message. */
static size_t size_of(unsigned int which)
{
	static const size_t sizes[16] = {
		1, 7, 8, 24, 100, 184, 185, 200, 208, 1000, 4590, 4600, 4700, FUZZ_CMD_BUF - 1, FUZZ_CMD_BUF, FUZZ_CMD_BUF + 1,
	};

	return sizes[which % 16];
}

/* Each byte of a payload says which one comes next. */
static void fill(char *to, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = 'a' + (seed + i) % 26;
}

static bool is_filled(const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] < 'a' || data[i] > 'z' || (i && (data[i] - 'a') != (data[i - 1] - 'a' + 1) % 26))
			return false;
	return true;
}

static ssize_t write_how(int fd, char *at, size_t len, unsigned int how)
{
	struct iovec parts[3] = { { at, len } };

	switch (how % 4) {
	case 1:
		parts[0].iov_len = len / 2;
		parts[1] = (struct iovec) { at + len / 2, len - len / 2 };
		return writev(fd, parts, 2);
	case 2:
		parts[0].iov_len = len / 3;
		parts[1] = (struct iovec) { at + len / 3, 0 };
		parts[2] = (struct iovec) { at + len / 3, len - len / 3 };
		return writev(fd, parts, 3);
	case 3:
		return pwritev2(fd, parts, 1, -1, RWF_NOWAIT);
	default:
		return write(fd, at, len);
	}
}

static ssize_t read_how(int fd, char *at, size_t len, unsigned int how)
{
	struct iovec parts[2] = { { at, len } };

	switch (how % 4) {
	case 1:
		parts[0].iov_len = len / 2;
		parts[1] = (struct iovec) { at + len / 2, len - len / 2 };
		return readv(fd, parts, 2);
	case 3:
		return preadv2(fd, parts, 1, -1, RWF_NOWAIT);
	default:
		return read(fd, at, len);
	}
}

/* ---- files ---- */

static int *file_of(struct fuzz_actor *actor)
{
	return &fuzz->processes[actor->process].files[actor->op.file % FUZZ_FILES];
}

static void file_set(int *file, int fd)
{
	int old = __atomic_exchange_n(file, fd, __ATOMIC_SEQ_CST);

	if (old >= 0)
		close(old);
}

static int op_open(struct fuzz_actor *actor)
{
	static const int modes[8] = {
		O_RDWR, O_RDWR | O_NONBLOCK, O_RDWR | O_NONBLOCK, O_RDWR | O_NONBLOCK, O_RDWR | O_NONBLOCK, O_RDWR,
		O_RDONLY | O_NONBLOCK, O_WRONLY | O_NONBLOCK,
	};
	int fd = open("/dev/mq", modes[actor->op.a % 8] | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	file_set(file_of(actor), fd);
	return 0;
}

/* Whoever needs a file that is not open opens it: one operation less to find. */
static int file_get(struct fuzz_actor *actor)
{
	int fd = __atomic_load_n(file_of(actor), __ATOMIC_SEQ_CST);

	if (fd >= 0)
		return fd;
	fd = open("/dev/mq", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		file_set(file_of(actor), fd);
	return fd;
}

static long op_close(struct fuzz_actor *actor)
{
	file_set(file_of(actor), -1);
	return 0;
}

static long op_pass(struct fuzz_actor *actor)
{
	struct fuzz_process *other = &fuzz->processes[actor->other];
	int from = other->files[actor->op.a % FUZZ_FILES];
	int pidfd = syscall(SYS_pidfd_open, other->pid, 0);
	int fd = syscall(SYS_pidfd_getfd, pidfd, from, 0);
	int err = errno;

	close(pidfd);
	if (fd < 0)
		return -err;
	file_set(file_of(actor), fd);
	return 0;
}

/* ---- text ---- */

static size_t text_command(const struct fuzz_op *op)
{
	static const char *const words[8] = {
		"/unr", "/from on", "/from off", "/wait 0", "/wait 2", "/wait", "/wait 4294967296", "/from",
	};

	return sprintf(scratch, "%s%s", words[op->b % 8], op->c & 1 ? "\n" : "");
}

static size_t text_message(const struct fuzz_op *op)
{
	size_t head = op->a & 1 ? sprintf(scratch, "/msg %s ", name_of(op->name)) : sprintf(scratch, "/all ");
	size_t size = size_of(op->c & 15);

	/* The longest that may be and one more are meant with what stands in front. */
	if (size >= FUZZ_CMD_BUF - 1)
		size -= head;
	fill(scratch + head, size, op->b);
	return head + size;
}

static long op_text(struct fuzz_actor *actor)
{
	const struct fuzz_op *op = &actor->op;
	int fd = file_get(actor);
	size_t len;

	switch (op->a % 8) {
	case 0:
	case 2:
		len = sprintf(scratch, "/reg %.8s%s", name_of(op->name), op->c & 1 ? "\n" : "");
		break;
	case 4:
		len = text_command(op);
		break;
	case 6:
		/* anything: two operations' worth of bytes */
		len = sprintf(scratch, "/%.3s%c%c%s", (const char *)&op->b, op->c, op->d, name_of(op->name));
		if (!strncmp(scratch, "/msg", 4) || !strncmp(scratch, "/all", 4))
			scratch[0] = '!';
		break;
	default:
		len = text_message(op);
		break;
	}
	return outcome(write_how(fd, place_scratch(op->d, len), len, op->d >> 3));
}

/* ---- frames ---- */

static struct mq_frame *frame_build(char *at, const struct fuzz_actor *actor, unsigned int name, unsigned int flags,
				    size_t size)
{
	static const uint32_t words[8] = {
		0, MQ_FRAME_DONTWAIT, MQ_FRAME_BROADCAST, MQ_FRAME_REPLY, MQ_FRAME_BROADCAST | MQ_FRAME_DONTWAIT, 0, 0,
		MQ_FRAME_CALL,
	};
	struct mq_frame *frame = (struct mq_frame *)at;

	memset(frame, 0, sizeof(*frame));
	frame->size = sizeof(*frame) + size;
	frame->flags = words[flags % 8];
	frame->cookie = frame->flags & MQ_FRAME_REPLY ? actor->cookie : name;
	if (!(frame->flags & (MQ_FRAME_BROADCAST | MQ_FRAME_REPLY)))
		name_set(frame->name, name_of(name));
	/* Behind it too, where padding is, or a longer one's payload. */
	fill(at + sizeof(*frame), size + 8, name + flags);
	return frame;
}

/* *LEN is what is written of it. */
static void frame_spoil(struct mq_frame *frame, unsigned int how, size_t *len)
{
	switch (how % 16) {
	case 1:
		frame->size += 8;
		break;
	case 2:
		frame->size = how & 16 ? ~0U : sizeof(*frame);
		break;
	case 3:
		frame->flags |= 1U << (how / 16 + 3);
		break;
	case 4:
		frame->sequence = 1;
		break;
	case 5:
		memset(frame->name, 'x', sizeof(frame->name));
		break;
	case 6:
		frame->name[20] = 'x';
		break;
	case 7:
		frame->flags |= MQ_FRAME_BROADCAST | MQ_FRAME_REPLY;
		break;
	case 8:
		*len -= *len % 8 ? *len % 8 : 1;
		break;
	case 9:
		frame->cookie ^= 1;
		break;
	case 10:
		name_set(frame->name, "bob");
		break;
	case 11:
		*len = how;
		break;
	default:
		break;
	}
}

static long op_frame(struct fuzz_actor *actor)
{
	static const unsigned int counts[8] = { 1, 1, 2, 3, 5, 17, 33, 40 };
	const struct fuzz_op *op = &actor->op;
	unsigned int i, count = counts[op->d % 8];
	size_t size = size_of(op->c), len = 0;
	struct mq_frame *last = NULL;
	int fd = file_get(actor);

	if (count * (size + 72) > ROOM / 2)
		count = 2;
	for (i = 0; i < count; i++) {
		len = MQ_FRAME_SPACE(len);
		last = frame_build(scratch + len, actor, op->name + (op->a & 3 ? 0 : i), op->b, size);
		len += last->size;
	}
	/* Padding behind the last one, or none. */
	if (op->a & 4)
		len = MQ_FRAME_SPACE(len);
	frame_spoil(last, op->d >> 3 | (op->a & 0x30), &len);
	return outcome(write_how(fd, place_scratch(op->b >> 3, len), len, op->c >> 4));
}

/* What stands on a frame that is read. */
static bool is_received(uint32_t flags)
{
	switch (flags) {
	case 0:
	case MQ_FRAME_BROADCAST:
	case MQ_FRAME_CALL:
	case MQ_FRAME_REPLY:
	case MQ_FRAME_EVENT:
	case MQ_FRAME_EVENT | MQ_FRAME_COME:
	case MQ_FRAME_EVENT | MQ_FRAME_GONE:
	case MQ_FRAME_MONITOR:
		return true;
	default:
		return false;
	}
}

static bool is_padded(const char *name)
{
	size_t len = strnlen(name, MQ_NAME_SIZE);

	while (len < MQ_NAME_SIZE && !name[len])
		len++;
	return !name[MQ_NAME_MAX] && len == MQ_NAME_SIZE;
}

/* Whether a monitor gets GOT bytes of a message of LEN: all of them, or as many as it asked for. */
static bool is_snap(size_t got, size_t len)
{
	size_t i;

	if (got > len || got > MQ_SNAP_MAX)
		return false;
	for (i = 0; i < sizeof(snaps) / sizeof(*snaps); i++)
		if (got == snaps[i])
			return true;
	return got == len;
}

/* GOT bytes of the message are behind it. */
static void passed_check(struct fuzz_actor *actor, const struct mq_passed *passed, size_t got)
{
	bool broadcast = passed->flags == MQ_FRAME_BROADCAST;

	if (passed->size != sizeof(*passed) || passed->reserved)
		sprintf(actor->wrong, "a monitor's structure of %u bytes, reserved %u", passed->size, passed->reserved);
	if (!is_received(passed->flags) || passed->flags >= MQ_FRAME_EVENT || passed->result > EHWPOISON)
		sprintf(actor->wrong, "a monitor is told flags %#x and errno %u", passed->flags, passed->result);
	if (!passed->length || passed->length > FUZZ_CMD_BUF || !is_snap(got, passed->length))
		sprintf(actor->wrong, "a monitor gets %zu of %u bytes", got, passed->length);
	if (broadcast ? passed->reached > FUZZ_DEVICES : passed->reached != !passed->result)
		sprintf(actor->wrong, "a monitor is told flags %#x, errno %u, and that it reached %u", passed->flags, passed->result,
			passed->reached);
	if (!is_padded(passed->name) || (broadcast && passed->name[0]))
		sprintf(actor->wrong, "a monitor is told flags %#x, and a name that is none", passed->flags);
}

/* What is behind a frame's header: bytes that somebody sent, in a monitor's behind what it is told of them. */
static void payload_check(struct fuzz_actor *actor, uint32_t flags, const char *data, size_t len)
{
	const struct mq_passed *passed = (const void *)data;

	if (flags == MQ_FRAME_MONITOR) {
		if (len < sizeof(*passed)) {
			sprintf(actor->wrong, "a monitor's frame with a payload of %zu bytes", len);
			return;
		}
		data += sizeof(*passed);
		len -= sizeof(*passed);
		passed_check(actor, passed, len);
	}
	if (!is_filled(data, len) || (flags & MQ_FRAME_EVENT && len))
		sprintf(actor->wrong, "a payload of %zu bytes that nobody sent", len);
}

static void frames_check(struct fuzz_actor *actor, const char *bytes, size_t len)
{
	const struct mq_frame *frame;
	size_t at = 0, size, pad;

	for (; at < len; at += MQ_FRAME_SPACE(size)) {
		frame = (const void *)(bytes + at);
		size = frame->size;
		if (len - at < sizeof(*frame) || size < sizeof(*frame) || MQ_FRAME_SPACE(size) > len - at) {
			sprintf(actor->wrong, "a frame of %zu bytes where %zu are left", size, len - at);
			return;
		}
		for (pad = size; pad < MQ_FRAME_SPACE(size); pad++)
			if (bytes[at + pad])
				sprintf(actor->wrong, "padding that is not zero");
		if (!is_padded(frame->name) || !is_received(frame->flags))
			sprintf(actor->wrong, "a frame with flags %#x or a name without an end", frame->flags);
		payload_check(actor, frame->flags, bytes + at + sizeof(*frame), size - sizeof(*frame));
		if (frame->flags & MQ_FRAME_CALL)
			actor->cookie = frame->cookie;
	}
}

static size_t room_of(unsigned int which)
{
	static const size_t rooms[8] = { 300, 64 + FUZZ_CMD_BUF, 64 * 1024, 72, 8, 5000, 160, 63 };

	return rooms[which % 8];
}

/* What came is read as frames only where the name could not be text: a bound file's. */
static long op_read(struct fuzz_actor *actor)
{
	const struct fuzz_op *op = &actor->op;
	size_t sound, room = op->c & 8 ? 0 : room_of(op->a);
	int fd = file_get(actor);
	char *at = place(op->b, room, &sound);
	long got = outcome(read_how(fd, at, room, op->c));

	if (got >= 64 && (size_t)got <= sound && (unsigned char)at[3] == 0 && !(at[0] & 0x60 && at[1] & 0x60))
		frames_check(actor, at, got);
	return got;
}

/* ---- waiting ---- */

static long op_poll(struct fuzz_actor *actor)
{
	struct pollfd one = { .fd = file_get(actor), .events = actor->op.a & 1 ? POLLIN : POLLOUT };
	long got = outcome(poll(&one, 1, actor->op.b % 3));

	return got > 0 ? one.revents : got;
}

static long op_epoll(struct fuzz_actor *actor)
{
	static const int doings[8] = {
		EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLL_CTL_ADD, EPOLL_CTL_ADD,
	};
	struct fuzz_process *process = &fuzz->processes[actor->process];
	const struct fuzz_op *op = &actor->op;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | (op->b & 1 ? EPOLLET : 0) };

	if (process->epoll < 0)
		process->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (op->a % 8 < 6)
		return outcome(epoll_ctl(process->epoll, doings[op->a % 8], file_get(actor), &event));
	return outcome(epoll_wait(process->epoll, &event, 1, op->b % 3));
}

/* ---- ioctls ---- */

/*
 * A structure of SIZE bytes at scratch, the first word of which says so, is put in place: as it is, as of a longer or
 * a shorter program, or where it faults.
 */
static void *place_struct(unsigned int how, size_t size)
{
	uint32_t says = size;

	memset(scratch + size, 0, 64);
	switch (how % 16) {
	case 9:
		says = size + 16;
		break;
	case 10:
		says = size + 16;
		scratch[size + 8] = 1;
		break;
	case 11:
		says = size - 8;
		break;
	case 12:
		says = 0;
		break;
	case 13:
		says = 1 << 20;
		break;
	case 14:
		memcpy(scratch, &says, sizeof(says));
		return place_scratch(6, size);
	case 15:
		memcpy(scratch, &says, sizeof(says));
		return place_scratch(7, size);
	}
	memcpy(scratch, &says, sizeof(says));
	return place_scratch(0, size + 64);
}

static long op_bind(struct fuzz_actor *actor)
{
	const struct fuzz_op *op = &actor->op;
	struct mq_bind *bind = (struct mq_bind *)scratch;

	*bind = (struct mq_bind) {
		.flags = op->a & 1 ? MQ_BIND_EVENTS : 0,
		.policy = op->b % 5,
		.depth = depths[op->c % 8],
		.access = op->a / 2 % 4,
	};
	name_set(bind->name, name_of(op->name));
	if (op->a >> 4 == 15)
		bind->reserved = 1;
	if (op->a >> 4 == 14)
		bind->flags |= 4;
	if (op->a >> 4 == 13)
		bind->name[22] = 1;
	return outcome(ioctl(file_get(actor), MQ_IOC_BIND, place_struct(op->d, sizeof(*bind))));
}

static long op_monitor(struct fuzz_actor *actor)
{
	static const uint32_t kinds[8] = {
		0, 0, MQ_SEE_MESSAGE, MQ_SEE_BROADCAST, MQ_SEE_CALL, MQ_SEE_REPLY, MQ_SEE_REFUSED, MQ_SEE_EITHER,
	};
	const struct fuzz_op *op = &actor->op;
	struct mq_bind *bind = (struct mq_bind *)scratch;

	*bind = (struct mq_bind) {
		.flags = MQ_BIND_MONITOR,
		.policy = op->b & 1 ? MQ_POLICY_REJECT : MQ_POLICY_OVERWRITE,
		.depth = depths[(op->c & 3) + (op->c >> 4 & 4)],
		/* Numbers that are not small are all combinations, and what is none. */
		.see = op->a < 8 ? kinds[op->a] : op->a,
		.snap = snaps[op->b >> 1 & 7],
	};
	name_set(bind->from, op->c & 4 ? name_of(op->name) : "");
	name_set(bind->to, op->c & 8 ? name_of(op->name + 1) : "");
	if (op->b >> 4 == 15)
		bind->policy = MQ_POLICY_BLOCK;
	if (op->b >> 4 == 14)
		bind->flags |= MQ_BIND_EVENTS;
	if (op->b >> 4 == 13)
		name_set(bind->name, name_of(op->name));
	if (op->b >> 4 == 12)
		bind->to[22] = 1;
	return outcome(ioctl(file_get(actor), MQ_IOC_BIND, place_struct(op->d, sizeof(*bind))));
}

static uint64_t timeout_of(unsigned int which)
{
	static const uint64_t times[8] = { 0, 1000, 1000000, 2000000, MQ_FOREVER, MQ_FOREVER - 1, 1ULL << 63, 1 };

	return times[which % 8];
}

/* The frame to send lies at the end of the actor's memory, the room for one in the middle. */
static long op_exchange(struct fuzz_actor *actor, unsigned long command, bool sends)
{
	const struct fuzz_op *op = &actor->op;
	char *frame = memory + ROOM / 4, *room = memory + ROOM / 2;
	struct mq_exchange *exchange = (struct mq_exchange *)scratch;
	size_t size = size_of(op->c), len = sizeof(struct mq_frame) + size;
	long got;

	*exchange = (struct mq_exchange) {
		.receive = (uintptr_t)room,
		.receive_size = room_of(op->b >> 4 & 8 ? op->b >> 4 : 1),
		.timeout = timeout_of(op->a),
		.flags = op->a >> 4 == 15,
	};
	if (sends) {
		frame_spoil(frame_build(frame, actor, op->name, op->b, size), op->d >> 4 ? 0 : op->c >> 4, &len);
		exchange->send = (uintptr_t)frame;
		exchange->send_size = len + (op->a & 8 ? 8 : 0);
	}
	if (op->a >> 4 == 14)
		exchange->receive = (uintptr_t)memory + ROOM - 32;
	if (op->a >> 4 == 13)
		exchange->send = (uintptr_t)memory + ROOM - 70;
	got = outcome(ioctl(file_get(actor), command, place_struct(op->d, sizeof(*exchange))));
	if (got > 0 && op->a >> 4 != 14)
		frames_check(actor, room, got);
	return got;
}

static long op_receive(struct fuzz_actor *actor)
{
	bool answers = actor->op.a & 0x80 || actor->op.name & 1;

	/* a reply, most often */
	if (answers && actor->op.b & 8)
		actor->op.b = (actor->op.b & ~7) | 3;
	return op_exchange(actor, MQ_IOC_RECEIVE, answers);
}

static long op_peek(struct fuzz_actor *actor)
{
	if (actor->op.name < 0xf0)
		actor->op.a &= 0xf8;
	return op_exchange(actor, MQ_IOC_PEEK, actor->op.name > 0xf8);
}

static long op_status(struct fuzz_actor *actor)
{
	struct mq_status *status = (struct mq_status *)scratch;

	memset(status, 0, sizeof(*status));
	name_set(status->name, name_of(actor->op.name));
	if (actor->op.a == 0xff)
		memset(status->name, 'x', sizeof(status->name));
	return outcome(ioctl(file_get(actor), MQ_IOC_STATUS, place_struct(actor->op.d, sizeof(*status))));
}

static long op_list(struct fuzz_actor *actor)
{
	const struct fuzz_op *op = &actor->op;
	struct mq_list *list = (struct mq_list *)scratch;
	size_t sound;

	*list = (struct mq_list) {
		.entry_size = sizeof(struct mq_status) + (op->b >> 4 == 15 ? -8 : op->b >> 4 == 14 ? 4096 : op->b >> 4),
		.entries = (uintptr_t)place(op->c, 8 * sizeof(struct mq_status), &sound),
		.count = op->a % 9,
		.position = op->b % 8 == 7 ? ~0U : op->b % 8,
	};
	/* The structure itself lies elsewhere. */
	if (op->c % 8 < 4)
		list->entries += ROOM / 2;
	return outcome(ioctl(file_get(actor), MQ_IOC_LIST, place_struct(op->d, sizeof(*list))));
}

static long op_info(struct fuzz_actor *actor)
{
	memset(scratch, 0, sizeof(struct mq_info));
	return outcome(ioctl(file_get(actor), MQ_IOC_INFO, place_struct(actor->op.d, sizeof(struct mq_info))));
}

/* Counts up, by the offset in struct mq_totals. */
static const size_t counts_up[] = {
	offsetof(struct mq_totals, come), offsetof(struct mq_totals, gone), offsetof(struct mq_totals, accepted),
	offsetof(struct mq_totals, delivered), offsetof(struct mq_totals, overwritten), offsetof(struct mq_totals, discarded),
	offsetof(struct mq_totals, rejected), offsetof(struct mq_totals, broadcasts), offsetof(struct mq_totals, calls),
};

void fuzz_totals_check(const struct mq_totals *now, char *wrong)
{
	static __thread struct mq_totals before;
	uint64_t was, is;
	size_t i;

	if (now->size != sizeof(*now) || now->flags)
		sprintf(wrong, "totals of %u bytes, flags %#x", now->size, now->flags);
	if (now->accepted != now->delivered + now->overwritten + now->discarded + now->queued)
		sprintf(wrong, "in all accepted %llu, but %llu delivered, %llu overwritten, %llu discarded, %llu queued",
			now->accepted, now->delivered, now->overwritten, now->discarded, now->queued);
	if (now->come != now->gone + now->names + now->anonymous || now->names > FUZZ_DEVICES)
		sprintf(wrong, "%llu have come, but %llu gone, %llu have a name, %llu none", now->come, now->gone, now->names,
			now->anonymous);
	/* Those that there are have a mailbox; of those that have ended the memory may be left. */
	if (now->names + now->anonymous > now->endpoints || now->names + now->anonymous > now->slots)
		sprintf(wrong, "%llu with and %llu without a name, but %llu endpoints with %llu slots", now->names, now->anonymous,
			now->endpoints, now->slots);
	for (i = 0; i < sizeof(counts_up) / sizeof(*counts_up); i++) {
		memcpy(&was, (char *)&before + counts_up[i], sizeof(was));
		memcpy(&is, (const char *)now + counts_up[i], sizeof(is));
		if (is < was)
			sprintf(wrong, "the totals' number at %zu was %lu and is %lu", counts_up[i], was, is);
	}
	before = *now;
}

static long op_totals(struct fuzz_actor *actor)
{
	struct mq_totals *totals = (struct mq_totals *)scratch;
	void *at;
	long got;

	memset(totals, 0, sizeof(*totals));
	totals->flags = actor->op.a == 0xff;
	at = place_struct(actor->op.d, sizeof(*totals));
	got = outcome(ioctl(file_get(actor), MQ_IOC_TOTALS, at));
	if (!got)
		fuzz_totals_check(at, actor->wrong);
	return got;
}

static long op_ioctl(struct fuzz_actor *actor)
{
	unsigned int command = MQ_IOC_INFO + actor->op.a % 16;

	memset(memory, actor->op.c, 256);
	return outcome(ioctl(file_get(actor), command, memory));
}

/* ---- processes ---- */

/* A child has its parent's files, but no registration. */
static void child(struct fuzz_actor *actor, int fd)
{
	const struct fuzz_op *op = &actor->op;
	char line[40];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fuzz_cover_begin(FUZZ_ACTORS + (actor - fuzz->actors));
	if (op->a & 1)
		write(fd, line, sprintf(line, "/reg %.8s", name_of(op->name)));
	if (op->a & 2)
		write(fd, line, sprintf(line, "/msg %s abc", name_of(op->name + 1)));
	if (op->a & 4)
		read(fd, memory, 100);
	if (op->a & 8)
		close(fd);
	if (op->a & 16)
		write(open("/dev/mq", O_RDWR), "/all abc", 8);
	syscall(SYS_exit_group, 0);
}

static long op_fork(struct fuzz_actor *actor)
{
	int fd = file_get(actor);
	/* In a pid namespace of its own, now and then: with ISOLATE=1 it has other names. */
	pid_t pid = syscall(SYS_clone, SIGCHLD | (actor->op.b & 2 ? CLONE_NEWPID : 0), 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (!pid)
		child(actor, fd);
	if (actor->op.b & 1)
		kill(pid, SIGKILL);
	/* It may sleep: then what interrupts us kills it. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		kill(pid, SIGKILL);
	return 0;
}

/* Of one thread, as the kernel has it: who opens and who registers may differ. */
static long op_become(struct fuzz_actor *actor)
{
	static const uid_t uids[4] = { 0, 1001, 1002, 0 };

	return outcome(syscall(SYS_setresuid, -1, uids[actor->op.a % 4], -1));
}

/* Behind each input, by each actor. */
static long op_clean(struct fuzz_actor *actor)
{
	struct fuzz_process *process = &fuzz->processes[actor->process];
	int fd, i;

	syscall(SYS_setresuid, -1, 0, -1);
	actor->cookie = 0;
	for (i = 0; i < FUZZ_FILES; i++)
		file_set(&process->files[i], -1);
	if (process->epoll >= 0)
		close(process->epoll);
	process->epoll = -1;
	fd = open("/dev/mq", O_RDWR | O_CLOEXEC);
	write(fd, "/unr", 4);
	close(fd);
	return 0;
}

long fuzz_op_run(struct fuzz_actor *actor)
{
	switch (actor->op.verb) {
	case FUZZ_OPEN: return op_open(actor);
	case FUZZ_CLOSE: return op_close(actor);
	case FUZZ_BIND: return op_bind(actor);
	case FUZZ_TEXT: return op_text(actor);
	case FUZZ_FRAME: return op_frame(actor);
	case FUZZ_READ: return op_read(actor);
	case FUZZ_POLL: return op_poll(actor);
	case FUZZ_EPOLL: return op_epoll(actor);
	case FUZZ_CALL: return op_exchange(actor, MQ_IOC_CALL, true);
	case FUZZ_RECEIVE: return op_receive(actor);
	case FUZZ_PEEK: return op_peek(actor);
	case FUZZ_STATUS: return op_status(actor);
	case FUZZ_LIST: return op_list(actor);
	case FUZZ_INFO: return op_info(actor);
	case FUZZ_IOCTL: return op_ioctl(actor);
	case FUZZ_FORK: return op_fork(actor);
	case FUZZ_PASS: return op_pass(actor);
	case FUZZ_BECOME: return op_become(actor);
	case FUZZ_MONITOR: return op_monitor(actor);
	case FUZZ_TOTALS: return op_totals(actor);
	case FUZZ_CLEAN: return op_clean(actor);
	default: return -EINVAL;
	}
}
