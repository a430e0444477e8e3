// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for the device tests; see frame.h.
 *
 * Copyright (C) the mq authors
 */
#include "frame.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define HEADER sizeof(struct mq_frame)

_Static_assert(sizeof(struct mq_frame) == 64, "a header is one cache line");

/* ---- the ioctls -------------------------------------------------------- */

long mq_ioctl(int fd, unsigned long command, void *arg)
{
	int value = ioctl(fd, command, arg);

	return value < 0 ? -errno : value;
}

long mq_ioc_info(int fd, struct mq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return mq_ioctl(fd, MQ_IOC_INFO, info);
}

long mq_ioc_totals(int fd, struct mq_totals *totals)
{
	*totals = (struct mq_totals){ .size = sizeof(*totals) };
	return mq_ioctl(fd, MQ_IOC_TOTALS, totals);
}

static void name_copy(char *to, const char *name)
{
	MQ_LE(strlen(name), MQ_NAME_MAX);
	memset(to, 0, MQ_NAME_SIZE);
	memcpy(to, name, strlen(name));
}

long mq_ioc_status(int fd, const char *name, struct mq_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	name_copy(status->name, name);
	return mq_ioctl(fd, MQ_IOC_STATUS, status);
}

long mq_ioc_list(int fd, struct mq_status *entries, uint32_t count,
		 uint32_t *position)
{
	struct mq_list list = {
		.size = sizeof(list), .entry_size = sizeof(*entries),
		.entries = (uintptr_t)entries, .count = count,
		.position = *position,
	};
	long result = mq_ioctl(fd, MQ_IOC_LIST, &list);

	*position = list.position;
	return result < 0 ? result : (long)list.count;
}

long mq_ioc_list_all(int fd, struct mq_status *entries, uint32_t max)
{
	uint32_t position = 0;
	long count = 0, got, asked;

	do {
		asked = max - count;
		got = mq_ioc_list(fd, entries + count, asked, &position);
		if (got < 0)
			return got;
		MQ_LE(got, asked);
		count += got;
	} while (got == asked && asked);
	return count;
}

static long exchange(int fd, unsigned long command, struct mq_exchange *x)
{
	x->size = sizeof(*x);
	return mq_ioctl(fd, command, x);
}

long mq_ioc_call(int fd, const void *send, size_t send_size, void *receive,
		 size_t receive_size, uint64_t timeout)
{
	struct mq_exchange x = {
		.send = (uintptr_t)send, .send_size = send_size,
		.receive = (uintptr_t)receive, .receive_size = receive_size,
		.timeout = timeout,
	};

	return exchange(fd, MQ_IOC_CALL, &x);
}

long mq_ioc_receive(int fd, const void *send, uint32_t *send_size,
		    void *receive, size_t receive_size, uint64_t timeout)
{
	struct mq_exchange x = {
		.send = (uintptr_t)send, .send_size = send_size ? *send_size : 0,
		.receive = (uintptr_t)receive, .receive_size = receive_size,
		.timeout = timeout,
	};
	long result = exchange(fd, MQ_IOC_RECEIVE, &x);

	if (send_size)
		*send_size = x.send_size;
	return result;
}

long mq_ioc_peek(int fd, void *receive, size_t receive_size)
{
	struct mq_exchange x = {
		.receive = (uintptr_t)receive, .receive_size = receive_size,
	};

	return exchange(fd, MQ_IOC_PEEK, &x);
}

/* ---- binding ----------------------------------------------------------- */

int mq_bind_fill(int fd, const char *name, struct mq_bind bind)
{
	bind.size = sizeof(bind);
	name_copy(bind.name, name);
	return mq_ioctl(fd, MQ_IOC_BIND, &bind);
}

int mq_bound_fill(const char *file, int line, int flags, const char *name,
		  struct mq_bind bind)
{
	int fd = mq_dev_flags(flags);
	int result = mq_bind_fill(fd, name, bind);

	mq_check(file, line, "bind", result == 0, result, "==", 0);
	return fd;
}

/* ---- building and parsing ---------------------------------------------- */

struct mq_frame mq_frame_make(const char *name, uint32_t flags,
			      uint64_t cookie, size_t size)
{
	struct mq_frame frame = {
		.size = HEADER + size, .flags = flags, .cookie = cookie,
	};

	name_copy(frame.name, name);
	return frame;
}

size_t mq_frame_push(void *bytes, size_t at, const char *name, uint32_t flags,
		     uint64_t cookie, const void *data, size_t size)
{
	struct mq_frame frame = mq_frame_make(name, flags, cookie, size);
	char *to = (char *)bytes + at;
	size_t space = MQ_FRAME_SPACE(HEADER + size);

	memcpy(to, &frame, HEADER);
	memcpy(to + HEADER, data, size);
	memset(to + HEADER + size, 0, space - HEADER - size);
	return at + space;
}

size_t mq_frame_push_text(void *bytes, size_t at, const char *name,
			  const char *text)
{
	return mq_frame_push(bytes, at, name, 0, 0, text, strlen(text));
}

const struct mq_frame *mq_frame_next(const void *bytes, size_t length,
				     size_t *at)
{
	const struct mq_frame *frame;
	const char *from = (const char *)bytes + *at;
	size_t i, space;

	if (*at >= length)
		return NULL;
	MQ_GE(length - *at, HEADER);
	frame = (const struct mq_frame *)from;
	MQ_GE(frame->size, HEADER);
	space = MQ_FRAME_SPACE((size_t)frame->size);
	MQ_LE(space, length - *at);
	for (i = frame->size; i < space; i++)
		MQ_EQ(from[i], 0);
	*at += space;
	return frame;
}

const char *mq_frame_data(const struct mq_frame *frame)
{
	return (const char *)(frame + 1);
}

size_t mq_frame_data_size(const struct mq_frame *frame)
{
	return frame->size - HEADER;
}

/* ---- sending ----------------------------------------------------------- */

ssize_t mq_frame_send(int fd, const char *name, uint32_t flags,
		      uint64_t cookie, const void *data, size_t size)
{
	char *bytes = malloc(MQ_FRAME_SPACE(HEADER + size));
	size_t length = mq_frame_push(bytes, 0, name, flags, cookie, data, size);
	ssize_t done = mq_write(fd, bytes, length);

	free(bytes);
	return done;
}

static int send_whole(int fd, const char *name, uint32_t flags,
		      uint64_t cookie, const char *text)
{
	size_t size = strlen(text);
	ssize_t done = mq_frame_send(fd, name, flags, cookie, text, size);

	if (done >= 0 && (size_t)done != MQ_FRAME_SPACE(HEADER + size))
		MQ_FAIL("a frame of %zu bytes: write took %zd",
			MQ_FRAME_SPACE(HEADER + size), done);
	return done < 0 ? done : 0;
}

int mq_frame_send_text(int fd, const char *name, const char *text)
{
	return send_whole(fd, name, 0, 0, text);
}

int mq_frame_send_flags(int fd, const char *name, uint32_t flags,
			const char *text)
{
	return send_whole(fd, name, flags, 0, text);
}

int mq_frame_broadcast(int fd, const char *text)
{
	return send_whole(fd, "", MQ_FRAME_BROADCAST, 0, text);
}

int mq_frame_reply(int fd, uint64_t cookie, const char *text)
{
	return send_whole(fd, "", MQ_FRAME_REPLY, cookie, text);
}

/* ---- receiving --------------------------------------------------------- */

ssize_t mq_frame_receive(int fd, void *buffer, size_t size)
{
	return mq_read(fd, buffer, MQ_FRAME_SPACE(HEADER + size));
}

ssize_t mq_frame_receive_nowait(int fd)
{
	static __thread char buffer[MQ_FRAME_ROOM];
	struct iovec part = { buffer, sizeof(buffer) };
	ssize_t got = preadv2(fd, &part, 1, -1, RWF_NOWAIT);

	return got < 0 ? -errno : got;
}

void mq_frame_check_one(const char *file, int line,
			const struct mq_frame *frame, const char *from,
			uint32_t flags, const char *text)
{
	char name[MQ_NAME_SIZE];

	if (!frame)
		mq_fail(file, line, "no frame, should be \"%s\"", text);
	mq_check_bytes(file, line, "payload", mq_frame_data(frame),
		       mq_frame_data_size(frame), text, strlen(text));
	name_copy(name, from);
	mq_check_bytes(file, line, "name", frame->name, MQ_NAME_SIZE, name,
		       MQ_NAME_SIZE);
	mq_check(file, line, "flags", frame->flags == flags, frame->flags,
		 "==", flags);
}

static const struct mq_frame *check_only(const char *file, int line,
					 const void *bytes, ssize_t got,
					 const char *from, uint32_t flags,
					 const char *text)
{
	const struct mq_frame *frame;
	size_t at = 0;

	mq_check(file, line, "reading a frame", got > 0, got, ">", 0);
	frame = mq_frame_next(bytes, got, &at);
	mq_frame_check_one(file, line, frame, from, flags, text);
	mq_check(file, line, "bytes of one frame", (size_t)got == at, got,
		 "==", at);
	return frame;
}

const struct mq_frame *mq_frame_check(const char *file, int line, int fd,
				      const char *from, uint32_t flags,
				      const char *text)
{
	static __thread char bytes[8192] __attribute__((aligned(8)));
	size_t size = strlen(text);

	MQ_LE(MQ_FRAME_SPACE(HEADER + size), sizeof(bytes));
	memset(bytes, 0x5a, sizeof(bytes));
	return check_only(file, line, bytes, mq_frame_receive(fd, bytes, size),
			  from, flags, text);
}

/* ---- what the driver says about an endpoint ---------------------------- */

/* accepted = delivered + overwritten + discarded + queued */
void mq_status_check(const struct mq_status *s)
{
	if (s->accepted == s->delivered + s->overwritten + s->discarded + s->queued)
		return;
	MQ_FAIL("%s: accepted %llu, delivered %llu, overwritten %llu, discarded %llu, queued %u",
		s->name, (unsigned long long)s->accepted,
		(unsigned long long)s->delivered,
		(unsigned long long)s->overwritten,
		(unsigned long long)s->discarded, s->queued);
}

struct mq_status mq_status_of(const char *name)
{
	struct mq_status status;
	int fd = mq_dev();
	long result = mq_ioc_status(fd, name, &status);

	close(fd);
	if (result)
		MQ_FAIL("status of %s: %s", name, strerror(-result));
	mq_status_check(&status);
	return status;
}

void mq_totals_check(const struct mq_totals *totals)
{
	MQ_EQ(totals->size, sizeof(*totals));
	MQ_EQ(totals->flags, 0);
	MQ_EQ(totals->accepted, totals->delivered + totals->overwritten + totals->discarded +
				totals->queued);
	MQ_EQ(totals->come, totals->gone + totals->names + totals->anonymous);
	MQ_GE(totals->endpoints, totals->names + totals->anonymous);
}

void mq_totals_check_later(const struct mq_totals *before, const struct mq_totals *now)
{
	MQ_GE(now->accepted, before->accepted);
	MQ_GE(now->delivered, before->delivered);
	MQ_GE(now->overwritten, before->overwritten);
	MQ_GE(now->discarded, before->discarded);
	MQ_GE(now->rejected, before->rejected);
	MQ_GE(now->come, before->come);
	MQ_GE(now->gone, before->gone);
	MQ_GE(now->broadcasts, before->broadcasts);
	MQ_GE(now->calls, before->calls);
}

struct mq_totals mq_totals_now(void)
{
	struct mq_totals totals;
	int fd = mq_dev();

	MQ_EQ(mq_ioc_totals(fd, &totals), 0);
	close(fd);
	mq_totals_check(&totals);
	return totals;
}

bool mq_is_there(const char *name)
{
	struct mq_status status;
	int fd = mq_dev();
	long result = mq_ioc_status(fd, name, &status);

	close(fd);
	if (result && result != -ENOENT)
		MQ_FAIL("status of %s: %s", name, strerror(-result));
	return !result;
}

/* ---- peers ------------------------------------------------------------- */

/*
 * What a peer is told, in memory that every process of the tests shares. Each
 * order has a place of its own, so that many can be under way.
 */
struct order {
	struct mq_bind bind;
	char name[MQ_NAME_SIZE];
	uint32_t flags;
	char text[4096];
};

#define ORDERS 1024

static struct order *orders;
static unsigned int next_order;

__attribute__((constructor)) static void make_orders(void)
{
	orders = mmap(NULL, ORDERS * sizeof(*orders), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (orders == MAP_FAILED)
		abort();
}

static struct order *new_order(void)
{
	return &orders[next_order++ % ORDERS];
}

static long obey_bind(int fd, long arg)
{
	struct order *order = (struct order *)arg;

	return mq_bind_fill(fd, order->name, order->bind);
}

int mq_peer_bind_fill(struct mq_peer *peer, const char *name,
		      struct mq_bind bind)
{
	struct order *order = new_order();

	order->bind = bind;
	name_copy(order->name, name);
	return mq_peer_do(peer, obey_bind, (long)order);
}

struct mq_peer *mq_peer_bound_fill(const char *file, int line,
				   const char *name, struct mq_bind bind)
{
	struct mq_peer *peer = mq_peer_start();
	int result = mq_peer_bind_fill(peer, name, bind);

	mq_check(file, line, "bind", result == 0, result, "==", 0);
	return peer;
}

static long obey_send(int fd, long arg)
{
	struct order *order = (struct order *)arg;

	return mq_frame_send_flags(fd, order->name, order->flags, order->text);
}

static void send_begin(struct mq_peer *peer, const char *name, uint32_t flags,
		       const char *text)
{
	struct order *order = new_order();

	MQ_LE(strlen(text) + 1, sizeof(order->text));
	name_copy(order->name, name);
	order->flags = flags;
	strcpy(order->text, text);
	mq_peer_do_begin(peer, obey_send, (long)order);
}

void mq_peer_frame_send_begin(struct mq_peer *peer, const char *name,
			      const char *text)
{
	send_begin(peer, name, 0, text);
}

void mq_peer_frame_send_asleep(struct mq_peer *peer, const char *name,
			       const char *text)
{
	send_begin(peer, name, 0, text);
	mq_until_asleep(peer->pid, SYS_write);
	MQ_TRUE(!mq_peer_is_done(peer));
}

int mq_peer_frame_send_flags(struct mq_peer *peer, const char *name,
			     uint32_t flags, const char *text)
{
	send_begin(peer, name, flags, text);
	return mq_peer_end(peer);
}

int mq_peer_frame_send_text(struct mq_peer *peer, const char *name,
			    const char *text)
{
	return mq_peer_frame_send_flags(peer, name, 0, text);
}

const struct mq_frame *mq_peer_frame_check(const char *file, int line,
					   struct mq_peer *peer,
					   const char *from, uint32_t flags,
					   const char *text)
{
	static __thread char bytes[8192] __attribute__((aligned(8)));
	size_t space = MQ_FRAME_SPACE(HEADER + strlen(text));

	MQ_LE(space, sizeof(bytes));
	return check_only(file, line, bytes, mq_peer_read(peer, bytes, space),
			  from, flags, text);
}

/* ---- rights ------------------------------------------------------------ */

void mq_rights_set(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = effective, .permitted = permitted },
		{ .effective = effective >> 32, .permitted = permitted >> 32 },
	};

	MQ_OK(syscall(SYS_capset, &head, data));
}

void mq_become_who(const struct mq_who *who)
{
	MQ_OK(setgroups(who->group ? 1 : 0, &who->group));
	MQ_OK(prctl(PR_SET_KEEPCAPS, 1));
	MQ_OK(setresgid(who->gid, who->gid, who->gid));
	MQ_OK(setresuid(who->uid, who->uid, who->uid));
	mq_rights_set(who->rights, who->rights);
}

static long obey_become(int fd, long arg)
{
	int again;

	mq_become_who((const struct mq_who *)arg);
	again = mq_dev();
	MQ_OK(dup3(again, fd, O_CLOEXEC));
	close(again);
	return 0;
}

void mq_peer_become(struct mq_peer *peer, const struct mq_who *who)
{
	mq_peer_do(peer, obey_become, (long)who);
}

struct mq_peer *mq_peer_start_who(const struct mq_who *who)
{
	struct mq_peer *peer = mq_peer_start();

	mq_peer_become(peer, who);
	return peer;
}

/* ---- descriptors, by SCM_RIGHTS ---------------------------------------- */

void mq_file_send(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	char byte = 'f';
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	MQ_EQ(sendmsg(socket, &message, 0), 1);
}

int mq_file_receive(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	MQ_EQ(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* ---- times ------------------------------------------------------------- */

uint64_t mq_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}
